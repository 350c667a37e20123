package kerberos

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/network"
)

// groups are the security groups of a KDC. Only groups are let in, never a range of
// addresses, which is somebody else's tomorrow.
type groups struct {
	clients  awsec2.CfnSecurityGroup // whoever has it may log in and create principals
	balancer awsec2.CfnSecurityGroup
	nodes    awsec2.CfnSecurityGroup
}

func newGroups(scope constructs.Construct, n *Network) *groups {
	scope = constructs.NewConstruct(scope, jsii.String("Groups"))
	g := &groups{
		clients:  newGroup(scope, "Clients", n, "Clients of the KDC", network.NoEgress("the group says who a client is")),
		balancer: newGroup(scope, "Balancer", n, "Balancer of the KDC", network.NoEgress("see the rules to the nodes")),
		nodes: newGroup(scope, "Nodes", n, "Nodes of the KDC", []any{map[string]any{
			"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIp": "0.0.0.0/0", "description": "AWS's services",
		}}),
	}
	for _, port := range []int{kdcPort, adminPort} {
		connect(scope, "clients", g.clients, "balancer", g.balancer, port)
		connect(scope, "clients", g.clients, "nodes", g.nodes, port) // a client's proxy learns the nodes' addresses from the first
		connect(scope, "balancer", g.balancer, "nodes", g.nodes, port)
	}
	for _, port := range peerPorts {
		connect(scope, "nodes", g.nodes, "nodes", g.nodes, port)
	}
	connect(scope, "balancer", g.balancer, "nodes", g.nodes, healthPort)
	return g
}

func newGroup(scope constructs.Construct, id string, n *Network, description string, out []any) awsec2.CfnSecurityGroup {
	return awsec2.NewCfnSecurityGroup(scope, &id, &awsec2.CfnSecurityGroupProps{
		GroupDescription: &description, VpcId: &n.VPC, SecurityGroupEgress: out, Tags: network.Named(scope, id),
	})
}

// connect opens a port between two groups, on both sides.
func connect(scope constructs.Construct, from string, source awsec2.CfnSecurityGroup, to string, target awsec2.CfnSecurityGroup, port int) {
	id := fmt.Sprintf("%s-%s-%d", from, to, port)
	why := jsii.String(fmt.Sprintf("%s to %s", from, to))
	number := jsii.Number(port)
	awsec2.NewCfnSecurityGroupIngress(scope, jsii.String(id+"-in"), &awsec2.CfnSecurityGroupIngressProps{
		GroupId: target.AttrGroupId(), SourceSecurityGroupId: source.AttrGroupId(), IpProtocol: jsii.String("tcp"), FromPort: number, ToPort: number, Description: why,
	})
	awsec2.NewCfnSecurityGroupEgress(scope, jsii.String(id+"-out"), &awsec2.CfnSecurityGroupEgressProps{
		GroupId: source.AttrGroupId(), DestinationSecurityGroupId: target.AttrGroupId(), IpProtocol: jsii.String("tcp"), FromPort: number, ToPort: number, Description: why,
	})
}
