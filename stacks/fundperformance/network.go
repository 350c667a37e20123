package fundperformance

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/network"
)

const cidr = "10.0.0.0/24" // of a VPC that is made

// subnetCIDRs are the halves of cidr, one for each zone.
var subnetCIDRs = []string{"10.0.0.0/25", "10.0.0.128/25"}

// endpoints are the services that runs and the rotation of the password call. S3 has a gateway.
var endpoints = []string{"glue", "kms", "logs", "monitoring", "secretsmanager", "sts"}

// privateNetwork is where the database and Glue's runs are: private subnets, and who may call whom in them.
type privateNetwork struct {
	scope   constructs.Construct
	vpc     string
	subnets []string // in two zones at least
	zone    string   // of the first subnet

	clients  string                   // security group of whoever calls the database
	database string                   // security group of the database
	ways     []constructs.IDependable // must be there before somebody in the subnets reaches anything
}

// newNetwork makes a VPC without any way to the internet, or takes the existing one, and makes the
// security groups in it.
func newNetwork(stack awscdk.Stack, props Props, key awskms.IKey) *privateNetwork {
	n := &privateNetwork{scope: constructs.NewConstruct(stack, jsii.String("Network"))}
	if e := props.Existing; e != nil {
		n.vpc, n.subnets, n.zone = e.VPC, e.Subnets, e.Zone
		n.addGroups()
		return n
	}
	n.vpc = *awsec2.NewCfnVPC(n.scope, jsii.String("Vpc"), &awsec2.CfnVPCProps{
		CidrBlock: jsii.String(cidr), EnableDnsHostnames: true, EnableDnsSupport: true, Tags: network.Named(n.scope),
	}).Ref()
	n.addGroups()
	n.addEndpoints(n.addSubnets())
	if !props.Local {
		network.LogRefused(n.scope, n.vpc, key)
	}
	return n
}

// addSubnets makes a subnet in each of the first two zones, and returns their route table.
func (n *privateNetwork) addSubnets() string {
	table := awsec2.NewCfnRouteTable(n.scope, jsii.String("Routes"), &awsec2.CfnRouteTableProps{VpcId: &n.vpc, Tags: network.Named(n.scope)}).Ref()
	for i, zone := range network.Zones(len(subnetCIDRs)) {
		subnet := awsec2.NewCfnSubnet(n.scope, jsii.String("Private"+strconv.Itoa(i+1)), &awsec2.CfnSubnetProps{
			VpcId: &n.vpc, CidrBlock: &subnetCIDRs[i], AvailabilityZone: &zone, MapPublicIpOnLaunch: false, Tags: network.Named(n.scope),
		})
		routed := awsec2.NewCfnSubnetRouteTableAssociation(subnet, jsii.String("Routes"), &awsec2.CfnSubnetRouteTableAssociationProps{
			SubnetId: subnet.Ref(), RouteTableId: table,
		})
		n.subnets = append(n.subnets, *subnet.Ref())
		n.ways = append(n.ways, routed)
		if i == 0 {
			n.zone = *subnet.AttrAvailabilityZone()
		}
	}
	return *table
}

// addEndpoints makes the ways to AWS's services.
func (n *privateNetwork) addEndpoints(table string) {
	scope := constructs.NewConstruct(n.scope, jsii.String("Endpoints"))
	n.ways = append(n.ways, network.Gateway(scope, "s3", n.vpc, []string{table}))
	group := n.newGroup("Endpoints", "VPC endpoints")
	n.allow("EndpointsFromClients", group, n.clients, 443, 443, "HTTPS")
	for _, service := range endpoints {
		n.ways = append(n.ways, network.Interface(scope, service, n.vpc, n.subnets, &group))
	}
}

// addGroups makes the groups of the database and of those that call it. Glue wants its own to let all
// members reach each other: the workers of a run do.
func (n *privateNetwork) addGroups() {
	n.clients, n.database = n.newGroup("Clients", "Calls the database of trades", map[string]any{
		"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIp": "0.0.0.0/0", "description": "AWS services, by the endpoints of the VPC",
	}), n.newGroup("Database", "The database of trades")
	n.allow("Workers", n.clients, n.clients, 0, 65535, "workers of a run")
	n.allow("DatabaseFromClients", n.database, n.clients, port, port, "MySQL")
}

// newGroup makes a security group. Without egress it has a rule that nothing matches, in place of the one to everywhere that EC2
// would put there.
func (n *privateNetwork) newGroup(id, description string, egress ...any) string {
	if len(egress) == 0 {
		egress = network.NoEgress("it only answers")
	}
	return *awsec2.NewCfnSecurityGroup(n.scope, jsii.String(id+"Group"), &awsec2.CfnSecurityGroupProps{
		GroupDescription: &description, VpcId: &n.vpc, SecurityGroupEgress: egress,
	}).AttrGroupId()
}

// allow lets members of one group call members of another: out of the one, into the other.
func (n *privateNetwork) allow(id, to, from string, first, last float64, what string) {
	in := awsec2.NewCfnSecurityGroupIngress(n.scope, jsii.String(id+"In"), &awsec2.CfnSecurityGroupIngressProps{
		GroupId: &to, SourceSecurityGroupId: &from, IpProtocol: jsii.String("tcp"), FromPort: &first, ToPort: &last, Description: &what,
	})
	out := awsec2.NewCfnSecurityGroupEgress(n.scope, jsii.String(id+"Out"), &awsec2.CfnSecurityGroupEgressProps{
		GroupId: &from, DestinationSecurityGroupId: &to, IpProtocol: jsii.String("tcp"), FromPort: &first, ToPort: &last, Description: &what,
	})
	n.ways = append(n.ways, in, out)
}
