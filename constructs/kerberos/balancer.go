package kerberos

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/network"
)

// How the balancer looks at a node. The interval is the shortest that it has for HTTP;
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html.
const (
	checkSeconds  = 5
	checksToFail  = 2
	checksToServe = 2

	// drainSeconds is how long a node that leaves may finish what it began. The longest
	// exchange with kadmind is shorter by far.
	drainSeconds = 30
)

// balancer is the way in: the one host that EMR's settings have room for.
type balancer struct {
	resource  awselasticloadbalancingv2.CfnLoadBalancer
	targets   []awselasticloadbalancingv2.CfnTargetGroup // of the KDC's port and the admin server's
	listeners []constructs.IDependable
}

type attribute struct{ key, value string }

func newBalancer(scope constructs.Construct, n *Network, g *groups, protect bool) *balancer {
	scope = constructs.NewConstruct(scope, jsii.String("Balancer"))
	b := &balancer{}
	b.resource = awselasticloadbalancingv2.NewCfnLoadBalancer(scope, jsii.String("Resource"), &awselasticloadbalancingv2.CfnLoadBalancerProps{
		Type: jsii.String("network"), Scheme: jsii.String("internal"), IpAddressType: jsii.String("ipv4"),
		Subnets: network.List(n.Subnets), SecurityGroups: &[]any{g.balancer.AttrGroupId()},
		LoadBalancerAttributes: balancerAttributes([]attribute{
			{"deletion_protection.enabled", strconv.FormatBool(protect)},
			{"load_balancing.cross_zone.enabled", "true"},
			{"zonal_shift.config.enabled", "true"},
		}),
	})
	waive(b.resource, "AwsSolutions-ELB2", "a network load balancer logs TLS listeners only; Kerberos has no TLS, and each node logs every exchange")
	for _, port := range []int{kdcPort, adminPort} {
		b.listen(scope, n, port)
	}
	return b
}

func (b *balancer) listen(scope constructs.Construct, n *Network, port int) {
	scope = constructs.NewConstruct(scope, jsii.String("Tcp"+strconv.Itoa(port)))
	targets := awselasticloadbalancingv2.NewCfnTargetGroup(scope, jsii.String("Targets"), &awselasticloadbalancingv2.CfnTargetGroupProps{
		VpcId: &n.VPC, TargetType: jsii.String("instance"), Protocol: jsii.String("TCP"), Port: jsii.Number(port),
		HealthCheckProtocol: jsii.String("HTTP"), HealthCheckPort: jsii.String(strconv.Itoa(healthPort)), HealthCheckPath: jsii.String(healthPath),
		HealthCheckIntervalSeconds: jsii.Number(checkSeconds), HealthCheckTimeoutSeconds: jsii.Number(checkSeconds - 1),
		UnhealthyThresholdCount: jsii.Number(checksToFail), HealthyThresholdCount: jsii.Number(checksToServe),
		TargetGroupAttributes: targetAttributes([]attribute{
			{"deregistration_delay.timeout_seconds", strconv.Itoa(drainSeconds)},
			{"deregistration_delay.connection_termination.enabled", "true"},
			// A connection to a node that is gone would hang until the client gives up.
			{"target_health_state.unhealthy.connection_termination.enabled", "true"},
			// Else a node could not reach itself through the balancer.
			{"preserve_client_ip.enabled", "false"},
		}),
	})
	listener := awselasticloadbalancingv2.NewCfnListener(scope, jsii.String("Listener"), &awselasticloadbalancingv2.CfnListenerProps{
		LoadBalancerArn: b.resource.Ref(), Protocol: jsii.String("TCP"), Port: jsii.Number(port),
		DefaultActions: []any{&awselasticloadbalancingv2.CfnListener_ActionProperty{Type: jsii.String("forward"), TargetGroupArn: targets.Ref()}},
	})
	b.targets, b.listeners = append(b.targets, targets), append(b.listeners, listener)
}

func balancerAttributes(list []attribute) []any {
	var out []any
	for _, a := range list {
		out = append(out, &awselasticloadbalancingv2.CfnLoadBalancer_LoadBalancerAttributeProperty{Key: jsii.String(a.key), Value: jsii.String(a.value)})
	}
	return out
}

func targetAttributes(list []attribute) []any {
	var out []any
	for _, a := range list {
		out = append(out, &awselasticloadbalancingv2.CfnTargetGroup_TargetGroupAttributeProperty{Key: jsii.String(a.key), Value: jsii.String(a.value)})
	}
	return out
}
