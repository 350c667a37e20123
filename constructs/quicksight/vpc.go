package quicksight

import (
	"cmp"
	"fmt"
	"regexp"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// VPCConnectionProps describes a [VPCConnection].
type VPCConnectionProps struct {
	ID      string   // unique in the account and region; letters, digits, hyphens, underscores
	Name    string   // 1 to 128 characters; if empty, the id
	VPC     string   // id of the VPC
	Subnets []string // ids of 2 to 15 subnets in at least two availability zones
	Reach   []Reach  // the databases that are reached; at least one
}

// Reach is a database in the VPC.
type Reach struct {
	Group string // id of its security group, perhaps one of another stack
	Port  int    // 1 to 65535
}

// VPCConnection is how QuickSight reaches private databases: network interfaces in the
// VPC, with a security group of their own.
//
// All rules between that group and those of the databases are resources of their own and stand in this
// construct's stack, those of the databases' groups too. So this stack refers to the
// databases' and never the other way round, wherever the databases stand. The interfaces'
// group is not stateful, so it must let the answers in, on any port:
// https://docs.aws.amazon.com/quicksight/latest/user/vpc-security-groups.html.
type VPCConnection struct {
	Construct     constructs.Construct
	ID            string
	SecurityGroup string // id of the security group of the interfaces
}

var (
	secretARN = regexp.MustCompile(`^arn:[-a-z]+:secretsmanager:[-a-z0-9]+:[0-9]{12}:secret:.+$`)
	ec2ID     = map[string]*regexp.Regexp{"vpc": regexp.MustCompile(`^vpc-[0-9a-f]+$`), "subnet": regexp.MustCompile(`^subnet-[0-9a-f]+$`), "sg": regexp.MustCompile(`^sg-[0-9a-f]+$`)}
)

func isToken(s string) bool { return policy.HasToken(s) }

// NewVPCConnection defines a connection in scope. It panics with the error of
// [VPCConnectionProps.Validate] if the props are not sound.
func NewVPCConnection(scope constructs.Construct, id string, props VPCConnectionProps) *VPCConnection {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	v := &VPCConnection{Construct: constructs.NewConstruct(scope, &id), ID: props.ID}
	group := resource(constructs.NewConstruct(v.Construct, jsii.String("Group")), "EC2::SecurityGroup", map[string]any{
		"GroupDescription": "QuickSight interfaces of " + props.ID, "VpcId": props.VPC,
		// An egress rule that reaches nothing keeps EC2 from adding the one that reaches everything.
		"SecurityGroupEgress": []any{map[string]any{"CidrIp": "255.255.255.255/32", "IpProtocol": "icmp", "FromPort": 252, "ToPort": 86, "Description": "none but the rules to databases"}},
	})
	v.SecurityGroup = *group.GetAtt(jsii.String("GroupId"), "").ToString()
	for i, reach := range props.Reach {
		v.rules(fmt.Sprintf("Reach%d", i), reach)
	}
	role := resource(constructs.NewConstruct(v.Construct, jsii.String("Role")), "IAM::Role", map[string]any{
		"AssumeRolePolicyDocument": policy.Raw(policy.Trust("quicksight")),
		"Policies":                 []any{map[string]any{"PolicyName": "Interfaces", "PolicyDocument": policy.JSON(v.statements(props))}},
	})
	policy.ExplainWildcards(role, v.statements(props))
	resource(v.Construct, "QuickSight::VPCConnection", map[string]any{
		"AwsAccountId": policy.Here().Account, "VPCConnectionId": props.ID, "Name": cmp.Or(props.Name, props.ID),
		"SecurityGroupIds": []string{v.SecurityGroup}, "SubnetIds": props.Subnets, "RoleArn": role.GetAtt(jsii.String("Arn"), "").ToString(),
	})
	return v
}

// rules let questions to the database out and in, and answers back.
func (v *VPCConnection) rules(id string, reach Reach) {
	scope := constructs.NewConstruct(v.Construct, &id)
	rule := func(id, kind, group string, peer map[string]any, from, to int, why string) {
		properties := map[string]any{"GroupId": group, "IpProtocol": "tcp", "FromPort": from, "ToPort": to, "Description": why}
		for key, value := range peer {
			properties[key] = value
		}
		resource(constructs.NewConstruct(scope, &id), "EC2::SecurityGroup"+kind, properties)
	}
	rule("Ask", "Egress", v.SecurityGroup, map[string]any{"DestinationSecurityGroupId": reach.Group}, reach.Port, reach.Port, "questions to the database")
	rule("Answer", "Ingress", v.SecurityGroup, map[string]any{"SourceSecurityGroupId": reach.Group}, 0, 65535, "answers of the database, on any port")
	rule("Database", "Ingress", reach.Group, map[string]any{"SourceSecurityGroupId": v.SecurityGroup}, reach.Port, reach.Port, "questions of QuickSight")
}

// statements are what https://docs.aws.amazon.com/quicksight/latest/user/vpc-creating-a-connection-in-quicksight-console.html
// asks of the role, on as little as EC2 allows.
func (v *VPCConnection) statements(props VPCConnectionProps) []policy.Statement {
	here := policy.Here()
	interfaces := here.Arn("ec2", "network-interface/*")
	create := []string{interfaces, here.Arn("ec2", "security-group/"+v.SecurityGroup)}
	for _, subnet := range props.Subnets {
		create = append(create, here.Arn("ec2", "subnet/"+subnet))
	}
	const why = "the ids of the interfaces are made when QuickSight makes them"
	return []policy.Statement{
		{Actions: []string{"ec2:CreateNetworkInterface"}, Resources: create, Wildcard: why},
		{Actions: []string{"ec2:ModifyNetworkInterfaceAttribute", "ec2:DeleteNetworkInterface"}, Resources: []string{interfaces}, Wildcard: why},
		{Actions: []string{"ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"}, Resources: []string{"*"}, Wildcard: "EC2 describes these without resources"},
	}
}

// Validate reports every fault in the props as a [check.Fault].
func (p VPCConnectionProps) Validate() error {
	faults := check.Of("quicksight.VPCConnectionProps")
	checkID(faults, p.ID)
	faults.Want(len(p.Name) <= 128, "Name", p.Name, "at most 128 characters")
	wantEC2(faults, "VPC", p.VPC, "vpc")
	faults.Want(len(p.Subnets) >= 2 && len(p.Subnets) <= 15, "Subnets", len(p.Subnets), "2 to 15 subnets")
	for i, subnet := range p.Subnets {
		wantEC2(faults, fmt.Sprintf("Subnets[%d]", i), subnet, "subnet")
	}
	faults.Want(len(p.Reach) > 0, "Reach", len(p.Reach), "at least one database")
	for i, reach := range p.Reach {
		wantEC2(faults, fmt.Sprintf("Reach[%d].Group", i), reach.Group, "sg")
		faults.Want(reach.Port >= 1 && reach.Port <= 65535, fmt.Sprintf("Reach[%d].Port", i), reach.Port, "1 to 65535")
	}
	return faults.Err()
}

func wantEC2(faults *check.Faults, field, id, kind string) {
	faults.Want(isToken(id) || ec2ID[kind].MatchString(id), field, id, kind+"- and hexadecimal digits")
}
