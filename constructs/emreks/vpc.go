package emreks

import (
	"cmp"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// endpoints are the services that jobs and nodes call, each by an interface in the
// control subnets, so that a tenant needs no way to the internet.
var endpoints = []string{"dynamodb", "ecr.api", "ecr.dkr", "eks-auth", "glue", "kms", "lakeformation", "logs", "s3", "secretsmanager", "sts"}

// defaultCIDR is the range of a VPC that names none.
const defaultCIDR = "10.0.0.0/16"

// zones are the first of those that the account has in the region. Their names are left
// to the deployment: they are not the same in every account.
func zones(count int) *[]*string {
	var list []*string
	for i := range count {
		list = append(list, awscdk.Fn_Select(jsii.Number(i), awscdk.Fn_GetAzs(nil)))
	}
	return &list
}

// network is the existing one, or a new VPC of three tiers: public for the way out, nodes,
// and control for the API server's interfaces and VPC endpoints and nothing else. It also
// returns what must be there for somebody in the node subnets to reach the outside.
func (p ClusterProps) network(scope constructs.Construct) (Network, []constructs.IDependable) {
	if p.Existing != nil {
		return *p.Existing, nil
	}
	cidr := jsii.String(cmp.Or(p.CIDR, defaultCIDR))
	vpc := awsec2.NewVpc(scope, jsii.String("Vpc"), &awsec2.VpcProps{
		VpcName:                      &p.Name,
		IpAddresses:                  awsec2.IpAddresses_Cidr(cidr),
		AvailabilityZones:            zones(cmp.Or(p.Zones, 2)),
		RestrictDefaultSecurityGroup: jsii.Bool(false), // it is a Lambda-backed resource; nothing uses that group
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{
			{Name: jsii.String("Control"), SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED, CidrMask: jsii.Number(26)},
			{Name: jsii.String("Public"), SubnetType: awsec2.SubnetType_PUBLIC, CidrMask: jsii.Number(26), MapPublicIpOnLaunch: jsii.Bool(false)},
			{Name: jsii.String("Nodes"), SubnetType: awsec2.SubnetType_PRIVATE_WITH_EGRESS},
		},
		FlowLogs: &map[string]*awsec2.FlowLogOptions{"Flow": {TrafficType: awsec2.FlowLogTrafficType_REJECT}},
	})
	nameParts(vpc, p.Name)
	network := Network{VPC: vpc}
	var ways []constructs.IDependable
	for _, subnet := range *vpc.PrivateSubnets() {
		network.NodeSubnets = append(network.NodeSubnets, *subnet.SubnetId())
		for _, part := range []string{"DefaultRoute", "RouteTableAssociation"} {
			ways = append(ways, subnet.Node().FindChild(&part))
		}
	}
	for _, subnet := range *vpc.IsolatedSubnets() {
		network.ControlSubnets = append(network.ControlSubnets, *subnet.SubnetId())
		network.ControlCIDRs = append(network.ControlCIDRs, *subnet.Ipv4CidrBlock())
	}
	return network, append(ways, addEndpoints(scope, vpc, network, cidr))
}

// nameParts names what the CDK names after the path in the app, which is another in a
// pipeline than without one, so that the same stack would be changed by the other way.
func nameParts(vpc awsec2.Vpc, cluster string) {
	name := func(part constructs.IConstruct, name string) {
		awscdk.Tags_Of(part).Add(jsii.String("Name"), jsii.String(cluster+"-"+name), &awscdk.TagProps{Priority: jsii.Number(200)})
	}
	name(vpc.Node().FindChild(jsii.String("Flow")), "flow")
	for _, tier := range []struct {
		name    string
		subnets *[]awsec2.ISubnet
	}{{"control", vpc.IsolatedSubnets()}, {"public", vpc.PublicSubnets()}, {"nodes", vpc.PrivateSubnets()}} {
		for i, subnet := range *tier.subnets {
			name(subnet, fmt.Sprintf("%s-%d", tier.name, i+1))
		}
	}
}

// addEndpoints defines the VPC endpoints. That of S3 answers for the whole VPC, which
// needs the gateway endpoint not at all:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html.
func addEndpoints(scope constructs.Construct, vpc awsec2.Vpc, network Network, cidr *string) constructs.Construct {
	scope = constructs.NewConstruct(scope, jsii.String("Endpoints"))
	group := awsec2.NewCfnSecurityGroup(scope, jsii.String("Group"), &awsec2.CfnSecurityGroupProps{
		GroupDescription: jsii.String("VPC endpoints"), VpcId: vpc.VpcId(),
		SecurityGroupIngress: []any{map[string]any{
			"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIp": cidr, "description": "HTTPS from the VPC",
		}},
		SecurityGroupEgress: []any{map[string]any{
			"ipProtocol": "icmp", "fromPort": 252, "toPort": 86, "cidrIp": "255.255.255.255/32", "description": "nothing; endpoints only answer",
		}},
	})
	var subnets []any
	for _, id := range network.ControlSubnets {
		subnets = append(subnets, id)
	}
	for _, service := range endpoints {
		props := &awsec2.CfnVPCEndpointProps{
			VpcId: vpc.VpcId(), ServiceName: jsii.String("com.amazonaws." + policy.Here().Region + "." + service), VpcEndpointType: jsii.String("Interface"),
			PrivateDnsEnabled: true, SubnetIds: &subnets, SecurityGroupIds: &[]any{group.AttrGroupId()},
		}
		if service == "s3" {
			props.DnsOptions = &awsec2.CfnVPCEndpoint_DnsOptionsSpecificationProperty{PrivateDnsOnlyForInboundResolverEndpoint: jsii.String("AllResolvers")}
		}
		awsec2.NewCfnVPCEndpoint(scope, &service, props)
	}
	return scope
}
