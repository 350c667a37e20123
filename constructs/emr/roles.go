package emr

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/network"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// keyUse is what encrypting disks and objects with a key takes.
func (p ClusterProps) keyUse() policy.Statement {
	return policy.Statement{
		Actions:   []string{"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"},
		Resources: []string{*p.Security.Props.Key.KeyArn()},
	}
}

// newNodeRole makes the role of the nodes. It has Session Manager in place of SSH, reads
// the bootstrap scripts and writes the logs; what else jobs need is granted to the cluster.
// AWS's AmazonElasticMapReduceforEC2Role is not used: it reads and writes every bucket.
func newNodeRole(scope constructs.Construct, p ClusterProps) awsiam.Role {
	logs := policy.Here().S3(strings.TrimPrefix(p.Logs, "s3://"))
	bucket, _, _ := strings.Cut(strings.TrimPrefix(p.Logs, "s3://"), "/")
	rights := []policy.Statement{
		p.keyUse(),
		{Actions: []string{"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"}, Resources: []string{logs + "*"}, Wildcard: "the logs of a cluster are many objects below one folder"},
		{Actions: []string{"s3:GetBucketLocation", "s3:ListBucket"}, Resources: []string{policy.Here().S3(bucket)}},
	}
	files := p.bootstrapFiles()
	if p.Security.Props.Certificates != "" {
		files = append(files, policy.Here().S3(strings.TrimPrefix(p.Security.Props.Certificates, "s3://")))
	}
	if len(files) > 0 {
		rights = append(rights, policy.Statement{Actions: []string{"s3:GetObject"}, Resources: files})
	}
	role := awsiam.NewRole(scope, jsii.String("NodeRole"), &awsiam.RoleProps{
		Description:     jsii.String("Nodes of EMR cluster " + p.Name),
		AssumedBy:       awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
		ManagedPolicies: &[]awsiam.IManagedPolicy{awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String(sessionPolicy))},
		InlinePolicies:  policy.Inline("Node", rights),
	})
	explain(role, rights, sessionPolicy, "Session Manager asks for it, in place of SSH keys; it reads no data")
	return role
}

func (p ClusterProps) bootstrapFiles() []string {
	var arns []string
	for _, b := range p.Bootstraps {
		for _, url := range append([]string{b.Script}, b.Reads...) {
			arns = append(arns, policy.Here().S3(strings.TrimPrefix(url, "s3://")))
		}
	}
	return arns
}

// newServiceRole makes the role by which EMR makes the nodes: AWS's second version of its
// policy, which touches only what has [Tag], and the right to give the nodes their role:
// https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-iam-role.html.
func newServiceRole(scope constructs.Construct, p ClusterProps, nodes awsiam.Role) awsiam.Role {
	rights := []policy.Statement{
		p.keyUse(),
		{
			Actions: []string{"iam:PassRole"}, Resources: []string{*nodes.RoleArn()},
			Conditions: map[string]any{"StringLike": map[string]any{"iam:PassedToService": "ec2.amazonaws.com*"}},
		},
	}
	if p.Masters > 1 {
		// https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-plan-ha-placementgroup.html
		rights = append(rights, policy.Statement{
			Actions:   []string{"ec2:CreatePlacementGroup", "ec2:DeletePlacementGroup"},
			Resources: []string{policy.Here().Arn("ec2", "placement-group/EMR_*")},
			Wildcard:  "EMR names the placement group of the masters for the cluster, which has no id yet",
		})
	}
	role := awsiam.NewRole(scope, jsii.String("ServiceRole"), &awsiam.RoleProps{
		Description: jsii.String("EMR, for cluster " + p.Name),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("elasticmapreduce.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": policy.Here().Account}},
		}),
		ManagedPolicies: &[]awsiam.IManagedPolicy{awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String(servicePolicy))},
		InlinePolicies:  policy.Inline("Nodes", rights),
	})
	explain(role, rights, servicePolicy, "EMR's own, bound to resources with its tag; EMR changes it with its releases")
	return role
}

const (
	sessionPolicy = "AmazonSSMManagedInstanceCore"
	servicePolicy = "service-role/AmazonEMRServicePolicy_v2"
)

// explain says why a role has a managed policy, and why its own have wildcards.
func explain(role awsiam.Role, rights []policy.Statement, managed, why string) {
	resource := role.Node().DefaultChild().(awscdk.CfnResource)
	policy.ExplainManaged(resource, why, managed)
	policy.ExplainWildcards(resource, rights)
}

// groups are the security groups of a cluster in a private subnet. EMR would add these
// rules itself if they were missing:
// https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-man-sec-groups.html.
type groups struct{ masters, workers, service awsec2.CfnSecurityGroup }

func newGroups(scope constructs.Construct, p ClusterProps) groups {
	scope = constructs.NewConstruct(scope, jsii.String("Groups"))
	group := func(id, description string, out []any) awsec2.CfnSecurityGroup {
		return awsec2.NewCfnSecurityGroup(scope, &id, &awsec2.CfnSecurityGroupProps{
			GroupDescription: jsii.String(description), VpcId: &p.VPC, SecurityGroupEgress: out,
			Tags: &[]*awscdk.CfnTag{{Key: jsii.String(Tag), Value: jsii.String("true")}},
		})
	}
	services := []any{map[string]any{"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIp": "0.0.0.0/0", "description": "AWS's services"}}
	g := groups{
		masters: group("Masters", "Masters of EMR cluster "+p.Name, services),
		workers: group("Workers", "Workers of EMR cluster "+p.Name, services),
		service: group("Service", "EMR itself, for cluster "+p.Name, network.NoEgress("see the rules to the nodes")),
	}
	nodes := map[string]awsec2.CfnSecurityGroup{"masters": g.masters, "workers": g.workers}
	for _, from := range []string{"masters", "workers"} {
		for _, to := range []string{"masters", "workers"} {
			connect(scope, from, nodes[from], to, nodes[to], "-1", 0)
		}
		connect(scope, "service", g.service, from, nodes[from], "tcp", 8443)
	}
	connect(scope, "masters", g.masters, "service", g.service, "tcp", 9443)
	return g
}

// connect opens a port between two groups, on both sides; protocol "-1" is all of them.
func connect(scope constructs.Construct, from string, source awsec2.CfnSecurityGroup, to string, target awsec2.CfnSecurityGroup, protocol string, port int) {
	id, why := from+"-"+to, jsii.String(from+" to "+to)
	in := &awsec2.CfnSecurityGroupIngressProps{GroupId: target.AttrGroupId(), SourceSecurityGroupId: source.AttrGroupId(), IpProtocol: &protocol, Description: why}
	out := &awsec2.CfnSecurityGroupEgressProps{GroupId: source.AttrGroupId(), DestinationSecurityGroupId: target.AttrGroupId(), IpProtocol: &protocol, Description: why}
	if port > 0 {
		number := jsii.Number(port)
		in.FromPort, in.ToPort, out.FromPort, out.ToPort = number, number, number, number
	}
	awsec2.NewCfnSecurityGroupIngress(scope, jsii.String(id+"-in"), in)
	awsec2.NewCfnSecurityGroupEgress(scope, jsii.String(id+"-out"), out)
}
