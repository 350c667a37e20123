package emreks

import (
	"cmp"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/network"
)

// endpoints are the services that jobs and nodes call, each by an interface in the
// control subnets, so that a tenant needs no way to the internet.
var endpoints = []string{"dynamodb", "ecr.api", "ecr.dkr", "eks-auth", "glue", "kms", "lakeformation", "logs", "s3", "secretsmanager", "sts"}

// defaultCIDR is the range of a VPC that names none.
const defaultCIDR = "10.0.0.0/16"

// network is the existing one, or a new VPC of three tiers: public for the way out, nodes,
// and control for the API server's interfaces and VPC endpoints and nothing else. It also
// returns what must be there for somebody in the node subnets to reach the outside.
func (p ClusterProps) network(scope constructs.Construct) (Network, []constructs.IDependable) {
	if p.Existing != nil {
		return *p.Existing, nil
	}
	cidr := cmp.Or(p.CIDR, defaultCIDR)
	vpc := awsec2.NewVpc(scope, jsii.String("Vpc"), &awsec2.VpcProps{
		VpcName:                      &p.Name,
		IpAddresses:                  awsec2.IpAddresses_Cidr(&cidr),
		AvailabilityZones:            jsii.Strings(network.Zones(cmp.Or(p.Zones, 2))...),
		RestrictDefaultSecurityGroup: jsii.Bool(false), // it is a Lambda-backed resource; nothing uses that group
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{
			{Name: jsii.String("Control"), SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED, CidrMask: jsii.Number(26)},
			{Name: jsii.String("Public"), SubnetType: awsec2.SubnetType_PUBLIC, CidrMask: jsii.Number(26), MapPublicIpOnLaunch: jsii.Bool(false)},
			{Name: jsii.String("Nodes"), SubnetType: awsec2.SubnetType_PRIVATE_WITH_EGRESS},
		},
		FlowLogs: &map[string]*awsec2.FlowLogOptions{"Flow": {TrafficType: awsec2.FlowLogTrafficType_REJECT}},
	})
	nameParts(vpc, p.Name)
	n := Network{VPC: vpc}
	var ways []constructs.IDependable
	for _, subnet := range *vpc.PrivateSubnets() {
		n.NodeSubnets = append(n.NodeSubnets, *subnet.SubnetId())
		for _, part := range []string{"DefaultRoute", "RouteTableAssociation"} {
			ways = append(ways, subnet.Node().FindChild(&part))
		}
	}
	for _, subnet := range *vpc.IsolatedSubnets() {
		n.ControlSubnets = append(n.ControlSubnets, *subnet.SubnetId())
		n.ControlCIDRs = append(n.ControlCIDRs, *subnet.Ipv4CidrBlock())
	}
	return n, append(ways, addEndpoints(scope, *vpc.VpcId(), cidr, n.ControlSubnets))
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
func addEndpoints(scope constructs.Construct, vpc, cidr string, subnets []string) constructs.Construct {
	scope = constructs.NewConstruct(scope, jsii.String("Endpoints"))
	group := network.EndpointGroup(scope, vpc, cidr)
	for _, service := range endpoints {
		endpoint := network.Interface(scope, service, vpc, subnets, group)
		if service == "s3" {
			endpoint.SetDnsOptions(&awsec2.CfnVPCEndpoint_DnsOptionsSpecificationProperty{PrivateDnsOnlyForInboundResolverEndpoint: jsii.String("AllResolvers")})
		}
	}
	return scope
}
