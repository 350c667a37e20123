// Package network defines the parts that every private network here has: endpoints of
// AWS's services, the log of refused packets, and groups that call nobody.
package network

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// Zones are the first count of those that the account has in the region, which are never
// the same one twice. Their names are left to the deployment: they are not the same in
// every account.
func Zones(count int) []string {
	all := awscdk.Fn_GetAzs(nil)
	zones := make([]string, count)
	for i := range zones {
		zones[i] = *awscdk.Fn_Select(jsii.Number(i), all)
	}
	return zones
}

// Named is the tag by which the console shows a part of a network: the path of its scope
// in the app, and of what is below that.
func Named(scope constructs.Construct, below ...string) *[]*awscdk.CfnTag {
	path := append([]string{*scope.Node().Path()}, below...)
	return &[]*awscdk.CfnTag{{Key: jsii.String("Name"), Value: jsii.String(strings.Join(path, "/"))}}
}

// List is a list of ids as the CDK's generated types take it, which also take references.
func List(ids []string) *[]any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	return &list
}

// NoEgress is a rule that nothing matches, in place of the one to everywhere that EC2
// puts into a group without rules. It says why the group calls nobody.
func NoEgress(why string) []any {
	return []any{map[string]any{"ipProtocol": "icmp", "fromPort": 252, "toPort": 86, "cidrIp": "255.255.255.255/32", "description": "nothing; " + why}}
}

// EndpointGroup defines the security group of endpoints that everybody in the range of a
// VPC may call, and returns its id.
func EndpointGroup(scope constructs.Construct, vpc, cidr string) *string {
	return awsec2.NewCfnSecurityGroup(scope, jsii.String("Group"), &awsec2.CfnSecurityGroupProps{
		GroupDescription: jsii.String("VPC endpoints"), VpcId: &vpc,
		SecurityGroupIngress: []any{map[string]any{
			"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIp": cidr, "description": "HTTPS from the VPC",
		}},
		SecurityGroupEgress: NoEgress("endpoints only answer"),
	}).AttrGroupId()
}

// Interface defines an endpoint of a service, e.g. "glue", as an interface in each of the
// subnets that answers in the service's own name.
func Interface(scope constructs.Construct, service, vpc string, subnets []string, group *string) awsec2.CfnVPCEndpoint {
	return awsec2.NewCfnVPCEndpoint(scope, &service, &awsec2.CfnVPCEndpointProps{
		VpcId: &vpc, ServiceName: serviceName(service), VpcEndpointType: jsii.String("Interface"),
		PrivateDnsEnabled: true, SubnetIds: List(subnets), SecurityGroupIds: &[]any{group},
	})
}

// Gateway defines the endpoint of "s3" or "dynamodb" that costs nothing: an entry in route tables.
func Gateway(scope constructs.Construct, service, vpc string, tables []string) awsec2.CfnVPCEndpoint {
	return awsec2.NewCfnVPCEndpoint(scope, &service, &awsec2.CfnVPCEndpointProps{
		VpcId: &vpc, ServiceName: serviceName(service), VpcEndpointType: jsii.String("Gateway"), RouteTableIds: List(tables),
	})
}

// serviceName is the same in every partition for the services that are used here:
// https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html.
func serviceName(service string) *string {
	return jsii.String("com.amazonaws." + policy.Here().Region + "." + service)
}

// LogRefused keeps which packets of a VPC were refused, for a month: that is how a group
// that lacks a rule is found. The key's policy must let CloudWatch Logs use it.
func LogRefused(scope constructs.Construct, vpc string, key awskms.IKey) {
	scope = constructs.NewConstruct(scope, jsii.String("Refused"))
	log := awslogs.NewCfnLogGroup(scope, jsii.String("Log"), &awslogs.CfnLogGroupProps{KmsKeyId: key.KeyArn(), RetentionInDays: jsii.Number(30)})
	log.ApplyRemovalPolicy(awscdk.RemovalPolicy_DESTROY, nil) // says what happened; holds nothing that is not elsewhere
	role := awsiam.NewCfnRole(scope, jsii.String("Role"), &awsiam.CfnRoleProps{
		Description:              jsii.String("Writes which packets the network refused"),
		AssumeRolePolicyDocument: policy.Raw(policy.Trust("vpc-flow-logs")),
		Policies: []any{&awsiam.CfnRole_PolicyProperty{PolicyName: jsii.String("Write"), PolicyDocument: policy.JSON([]policy.Statement{
			{Actions: []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}, Resources: []string{*log.AttrArn()}},
		})}},
	})
	awsec2.NewCfnFlowLog(scope, jsii.String("Resource"), &awsec2.CfnFlowLogProps{
		ResourceId: &vpc, ResourceType: jsii.String("VPC"), TrafficType: jsii.String("REJECT"),
		LogGroupName: log.Ref(), DeliverLogsPermissionArn: role.AttrArn(),
	})
}
