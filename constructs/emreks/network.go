package emreks

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"

	"github.com/lakekeel/lakekeel/internal/check"
)

// ServiceCIDR is the range of the addresses of Kubernetes services on clusters made here.
const ServiceCIDR = "172.20.0.0/16"

// podIdentityAgent is where the agent gives pods their credentials:
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html.
const podIdentityAgent = "169.254.170.23/32"

// closed are the addresses of a node's own metadata. Whoever reaches them has the node's
// role, so no policy may let them through.
var closed = []netip.Addr{netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("fd00:ec2::254")}

// A Network is where a cluster is, or is to be.
type Network struct {
	VPC            awsec2.IVpc
	NodeSubnets    []string // ids of private subnets with a way out, for nodes; at least two zones
	ControlSubnets []string // ids of subnets for the API server's interfaces and VPC endpoints; at least two zones

	// ControlCIDRs are the ranges of the control subnets. Pods of tenants may
	// speak to port 443 there and nowhere else, so nothing but the API server and
	// VPC endpoints should be in them.
	ControlCIDRs []string
}

func (n Network) check(faults *check.Faults, field string) {
	faults.Want(n.VPC != nil, field+".VPC", nil, "the VPC")
	faults.Want(len(n.NodeSubnets) >= 2, field+".NodeSubnets", n.NodeSubnets, "ids of at least two subnets, in different zones")
	faults.Want(len(n.ControlSubnets) >= 2, field+".ControlSubnets", n.ControlSubnets, "ids of at least two subnets, in different zones")
	faults.Want(len(n.ControlCIDRs) > 0, field+".ControlCIDRs", n.ControlCIDRs, "the ranges of the control subnets, which tenants may reach")
	for i, cidr := range n.ControlCIDRs {
		wantNarrow(faults, fmt.Sprintf("%s.ControlCIDRs[%d]", field, i), cidr)
	}
}

// Egress lets the pods of a tenant reach something outside of their namespace.
type Egress struct {
	CIDR  string // at most as wide as /8 (IPv6: /32), e.g. "10.20.0.0/24"; never the metadata address
	Ports []int  // TCP, at least one
}

func (e Egress) check(faults *check.Faults, field string) {
	wantNarrow(faults, field+".CIDR", e.CIDR)
	faults.Want(len(e.Ports) > 0, field+".Ports", e.Ports, "at least one TCP port")
	for i, port := range e.Ports {
		faults.Want(port >= 1 && port <= 65535, fmt.Sprintf("%s.Ports[%d]", field, i), port, "1 to 65535")
	}
}

// wantNarrow records a fault unless cidr is a range that a policy may open. The width
// is bounded because a policy of 0.0.0.0/1 and 128.0.0.0/1 is one of 0.0.0.0/0.
func wantNarrow(faults *check.Faults, field, cidr string) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil || prefix != prefix.Masked() {
		faults.Want(false, field, cidr, `a range of addresses such as "10.20.0.0/24"`)
		return
	}
	widest := 8
	if prefix.Addr().Is6() {
		widest = 32
	}
	faults.Want(prefix.Bits() >= widest, field, cidr, fmt.Sprintf("a range no wider than /%d; open egress is what a tenant's fence is against", widest))
	for _, address := range closed {
		faults.Want(prefix.Bits() < widest || !prefix.Contains(address), field, cidr, fmt.Sprintf("a range without %v, which gives a pod the role of its node", address))
	}
}

// addresses are those of a cluster that every tenant needs, as ranges.
type addresses struct {
	api     []string // API server, and VPC endpoints
	dns     string   // the cluster's DNS service
	service string   // the service "kubernetes"
}

// serviceAddresses are those that Kubernetes gives to its first services: the first
// address is the API server, the tenth is DNS on EKS.
func serviceAddresses(cidr string) (api, dns string) {
	address := netip.MustParsePrefix(cidr).Masked().Addr()
	for i := range 10 {
		address = address.Next()
		if i == 0 {
			api = address.String() + "/32"
		}
	}
	return api, address.String() + "/32"
}

// fence is the network policy of a namespace: within it, everything; in from outside,
// nothing; out, what a Spark job needs and what the tenant lists. Nothing here is wider
// than a named range, and none of them holds the metadata address.
func fence(namespace string, cluster addresses, egress []Egress) Manifest {
	inside := map[string]any{"podSelector": map[string]any{}}
	dns := []any{
		map[string]any{
			"namespaceSelector": map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": "kube-system"}},
			"podSelector":       map[string]any{"matchLabels": map[string]any{"k8s-app": "kube-dns"}},
		},
		// EKS Auto Mode answers on the node, where no pod can be selected.
		block(cluster.dns),
	}
	var api []any
	for _, cidr := range slices.Concat(cluster.api, []string{cluster.service}) {
		api = append(api, block(cidr))
	}
	out := []any{
		map[string]any{"to": []any{inside}},
		map[string]any{"to": dns, "ports": []any{map[string]any{"protocol": "UDP", "port": 53}, map[string]any{"protocol": "TCP", "port": 53}}},
		map[string]any{"to": api, "ports": ports(443)},
		map[string]any{"to": []any{block(podIdentityAgent)}, "ports": ports(80)},
	}
	for _, e := range egress {
		out = append(out, map[string]any{"to": []any{block(e.CIDR)}, "ports": ports(e.Ports...)})
	}
	return with(object("networking.k8s.io/v1", "NetworkPolicy", namespace, "fence"), map[string]any{"spec": map[string]any{
		"podSelector": map[string]any{},
		"policyTypes": []any{"Ingress", "Egress"},
		"ingress":     []any{map[string]any{"from": []any{inside}}},
		"egress":      out,
	}})
}
