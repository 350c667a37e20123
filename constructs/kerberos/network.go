package kerberos

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/network"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// NetworkProps describes a [Network].
type NetworkProps struct {
	// Existing is a network that is there already; if nil, one is made, and the other
	// fields say how.
	Existing *ExistingNetwork

	// Zones are the two zones, e.g. "eu-west-1a" and "eu-west-1b". If empty, the first
	// two that the region gives to the account, which are never the same.
	Zones []string

	CIDR         string   // of the VPC, /16 to /24; if empty, 10.0.0.0/16
	PublicCIDRs  []string // of the public subnets, one for each zone; if empty, the first two sixteenths of CIDR
	PrivateCIDRs []string // of the private subnets, one for each zone; if empty, the last two quarters of CIDR

	Key awskms.IKey // encrypts the log of refused packets; wanted for a network that is made
}

// ExistingNetwork is a VPC that somebody else made. Its private subnets need a way to
// AWS's services: NAT, or endpoints for S3, DynamoDB, Secrets Manager, Systems Manager,
// Auto Scaling, CloudWatch and its logs.
type ExistingNetwork struct {
	VPC     string   // id, e.g. "vpc-0123456789abcdef0"
	CIDR    string   // of the VPC
	Zones   []string // of the private subnets, in their order; at least two, all different
	Subnets []string // ids of the private subnets

	// RouteTables are ids of the private subnets' route tables, which FSx for ONTAP writes
	// its addresses into; if empty, it takes the VPC's main one.
	RouteTables []string
}

// Network is where the KDC and the clusters are: private subnets in two zones, with a way
// out and nothing from outside.
type Network struct {
	Construct constructs.Construct // of a network that is made; nil for an existing one
	VPC       string               // id; may be a token
	CIDR      string               // of the VPC
	Subnets   []string             // ids of the private subnets, one for each zone; may be tokens
	Zones     []string             // of the subnets, in their order; may be tokens

	// RouteTables are those of the private subnets; empty for an existing network that
	// does not name them.
	RouteTables []string

	// ways must be there before somebody in a private subnet reaches the outside.
	ways []constructs.IDependable
}

// endpoints are the services that a node needs before and while it serves, by an
// interface each, so that a broken NAT stops neither the secret nor a person's session.
// S3 and DynamoDB, which hold the node's files and the lease, have gateways.
var endpoints = []string{"ec2messages", "secretsmanager", "ssm", "ssmmessages"}

// NewNetwork defines a network in scope, or finds the existing one. It panics with the
// error of [NetworkProps.Validate] if the props are not sound.
func NewNetwork(scope constructs.Construct, id string, props NetworkProps) *Network {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	if e := props.Existing; e != nil {
		return &Network{VPC: e.VPC, CIDR: e.CIDR, Subnets: e.Subnets, Zones: e.Zones, RouteTables: e.RouteTables}
	}
	n := &Network{Construct: constructs.NewConstruct(scope, &id), CIDR: props.cidr(), Zones: props.zones()}
	vpc := awsec2.NewCfnVPC(n.Construct, jsii.String("Vpc"), &awsec2.CfnVPCProps{
		CidrBlock: &n.CIDR, EnableDnsHostnames: true, EnableDnsSupport: true, Tags: network.Named(n.Construct),
	})
	n.VPC = *vpc.Ref()
	gateway := awsec2.NewCfnInternetGateway(n.Construct, jsii.String("InternetGateway"), &awsec2.CfnInternetGatewayProps{Tags: network.Named(n.Construct)})
	attached := awsec2.NewCfnVPCGatewayAttachment(n.Construct, jsii.String("InternetGatewayAttachment"), &awsec2.CfnVPCGatewayAttachmentProps{
		VpcId: vpc.Ref(), InternetGatewayId: gateway.Ref(),
	})
	for i := range n.Zones {
		n.addZone(i, props.publicCIDRs()[i], props.privateCIDRs()[i], gateway, attached)
	}
	n.addEndpoints()
	network.LogRefused(n.Construct, n.VPC, props.Key)
	return n
}

func (p NetworkProps) cidr() string { return cmp.Or(p.CIDR, "10.0.0.0/16") }

// zones are those given, or two of the region's by their number: the same number twice is
// what would put both subnets into one zone.
func (p NetworkProps) zones() []string {
	if len(p.Zones) > 0 {
		return p.Zones
	}
	return network.Zones(2)
}

// addZone makes the two subnets of a zone: the public one with a NAT gateway of its own,
// so that the loss of the other zone takes nothing away here, and the private one behind
// it.
func (n *Network) addZone(i int, publicCIDR, privateCIDR string, gateway awsec2.CfnInternetGateway, attached awsec2.CfnVPCGatewayAttachment) {
	zone := constructs.NewConstruct(n.Construct, jsii.String("Zone"+strconv.Itoa(i+1)))
	public := n.newSubnet(zone, "Public", n.Zones[i], publicCIDR)
	route := awsec2.NewCfnRoute(public.scope, jsii.String("DefaultRoute"), &awsec2.CfnRouteProps{
		RouteTableId: public.table, DestinationCidrBlock: jsii.String("0.0.0.0/0"), GatewayId: gateway.Ref(),
	})
	route.AddResourceDependency(attached, nil)
	address := awsec2.NewCfnEIP(public.scope, jsii.String("Address"), &awsec2.CfnEIPProps{Domain: jsii.String("vpc"), Tags: network.Named(public.scope)})
	nat := awsec2.NewCfnNatGateway(public.scope, jsii.String("Nat"), &awsec2.CfnNatGatewayProps{
		SubnetId: public.id, AllocationId: address.AttrAllocationId(), Tags: network.Named(public.scope),
	})
	nat.Node().AddDependency(route, public.association)
	private := n.newSubnet(zone, "Private", n.Zones[i], privateCIDR)
	out := awsec2.NewCfnRoute(private.scope, jsii.String("DefaultRoute"), &awsec2.CfnRouteProps{
		RouteTableId: private.table, DestinationCidrBlock: jsii.String("0.0.0.0/0"), NatGatewayId: nat.Ref(),
	})
	n.Subnets = append(n.Subnets, *private.id)
	n.RouteTables = append(n.RouteTables, *private.table)
	n.ways = append(n.ways, out, private.association)
}

type subnet struct {
	scope       constructs.Construct
	id, table   *string
	association constructs.IDependable
}

func (n *Network) newSubnet(zone constructs.Construct, id, name, cidr string) subnet {
	s := subnet{scope: constructs.NewConstruct(zone, &id)}
	s.id = awsec2.NewCfnSubnet(s.scope, jsii.String("Resource"), &awsec2.CfnSubnetProps{
		VpcId: &n.VPC, CidrBlock: &cidr, AvailabilityZone: &name, MapPublicIpOnLaunch: false, Tags: network.Named(s.scope),
	}).Ref()
	s.table = awsec2.NewCfnRouteTable(s.scope, jsii.String("RouteTable"), &awsec2.CfnRouteTableProps{VpcId: &n.VPC, Tags: network.Named(s.scope)}).Ref()
	s.association = awsec2.NewCfnSubnetRouteTableAssociation(s.scope, jsii.String("RouteTableAssociation"), &awsec2.CfnSubnetRouteTableAssociationProps{
		SubnetId: s.id, RouteTableId: s.table,
	})
	return s
}

// addEndpoints defines the VPC endpoints.
func (n *Network) addEndpoints() {
	scope := constructs.NewConstruct(n.Construct, jsii.String("Endpoints"))
	for _, service := range []string{"dynamodb", "s3"} {
		n.ways = append(n.ways, network.Gateway(scope, service, n.VPC, n.RouteTables))
	}
	group := network.EndpointGroup(scope, n.VPC, n.CIDR)
	for _, service := range endpoints {
		n.ways = append(n.ways, network.Interface(scope, service, n.VPC, n.Subnets, group))
	}
}

// newLog makes a log group whose name CloudFormation chooses.
func newLog(scope constructs.Construct, id string, key awskms.IKey, days float64) awslogs.CfnLogGroup {
	log := awslogs.NewCfnLogGroup(scope, &id, &awslogs.CfnLogGroupProps{KmsKeyId: key.KeyArn(), RetentionInDays: &days})
	log.ApplyRemovalPolicy(awscdk.RemovalPolicy_DESTROY, nil) // says what happened; holds nothing that is not elsewhere
	return log
}

var (
	vpcID        = regexp.MustCompile(`^vpc-([0-9a-f]{8}|[0-9a-f]{17})$`)
	subnetID     = regexp.MustCompile(`^subnet-([0-9a-f]{8}|[0-9a-f]{17})$`)
	routeTableID = regexp.MustCompile(`^rtb-([0-9a-f]{8}|[0-9a-f]{17})$`)
	zoneName     = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$`)
)

// Validate reports every fault in the props as a [check.Fault]. It touches nothing but
// the props, so it may be called without a CDK app.
func (p NetworkProps) Validate() error {
	faults := check.Of("kerberos.NetworkProps")
	if p.Existing != nil {
		p.Existing.check(faults)
		none := len(p.Zones) == 0 && p.CIDR == "" && len(p.PublicCIDRs) == 0 && len(p.PrivateCIDRs) == 0
		faults.Want(none, "Existing", p.Existing.VPC, "nothing beside Zones, CIDR, PublicCIDRs or PrivateCIDRs, which are of a network that is made")
		return faults.Err()
	}
	faults.Want(len(p.Zones) == 0 || len(p.Zones) == 2, "Zones", p.Zones, "two zones, or none for the region's first two")
	checkZones(faults, "Zones", p.Zones)
	p.checkCIDRs(faults)
	faults.Want(p.Key != nil, "Key", nil, "a KMS key for the network's log")
	return faults.Err()
}

func checkZones(faults *check.Faults, field string, zones []string) {
	for i, zone := range zones {
		at := fmt.Sprintf("%s[%d]", field, i)
		faults.Want(zoneName.MatchString(zone) || policy.HasToken(zone), at, zone, `a zone such as "eu-west-1a"`)
		faults.Want(!slices.Contains(zones[:i], zone), at, zone, "a zone that is not there yet: the loss of one must leave the other")
	}
}

func (e *ExistingNetwork) check(faults *check.Faults) {
	faults.Want(vpcID.MatchString(e.VPC) || policy.HasToken(e.VPC), "Existing.VPC", e.VPC, `the id of a VPC, e.g. "vpc-0123456789abcdef0"`)
	_, ok := parseRange(e.CIDR)
	faults.Want(ok || policy.HasToken(e.CIDR), "Existing.CIDR", e.CIDR, `a range of IPv4 addresses, e.g. "10.0.0.0/16"`)
	faults.Want(len(e.Zones) >= 2, "Existing.Zones", e.Zones, "at least two zones")
	checkZones(faults, "Existing.Zones", e.Zones)
	faults.Want(len(e.Subnets) == len(e.Zones), "Existing.Subnets", e.Subnets, "one private subnet for each of the zones")
	for i, id := range e.Subnets {
		faults.Want(subnetID.MatchString(id) || policy.HasToken(id), fmt.Sprintf("Existing.Subnets[%d]", i), id, `the id of a subnet, e.g. "subnet-0123456789abcdef0"`)
	}
	for i, id := range e.RouteTables {
		faults.Want(routeTableID.MatchString(id) || policy.HasToken(id), fmt.Sprintf("Existing.RouteTables[%d]", i), id, `the id of a route table, e.g. "rtb-0123456789abcdef0"`)
	}
}
