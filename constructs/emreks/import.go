package emreks

import (
	"cmp"
	"net/netip"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// ImportProps describes a cluster that exists. Its authentication mode must be
// API_AND_CONFIG_MAP, network policies must be on in its CNI, and the stack's
// deployer must be allowed to make access entries there.
type ImportProps struct {
	Name                 string       // as in [ClusterProps]
	Endpoint             string       // https:// URL of the API server; may be a token
	CertificateAuthority string       // of the API server, PEM in base64; may be a token
	SecurityGroup        string       // id of the cluster's own security group; may be a token
	Issuer               string       // https:// URL of the issuer of its identity tokens, for tenants with WebIdentity
	Network              Network      // where it is
	ServiceCIDR          string       // of its Kubernetes services; if empty, ServiceCIDR
	Auto                 bool         // it is in EKS Auto Mode
	Karpenter            bool         // its nodes are made by a Karpenter of its own
	NodeRole             awsiam.IRole // of its nodes; needed by tenants with nodes of their own

	// PlatformExists says that another app of this library has made cluster roles and
	// priority classes there. Otherwise they are made, with no class as the default of
	// the cluster, since there can be one only and it may have one.
	PlatformExists bool
}

// ImportCluster stands for a cluster that exists, and defines in scope what tenants on
// it need. It panics with the error of [ImportProps.Validate] if the props are not sound.
func ImportCluster(scope constructs.Construct, id string, props ImportProps) *Cluster {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	c := &Cluster{
		Construct: constructs.NewConstruct(scope, &id), Name: props.Name, name: &props.Name, Arn: policy.Here().Arn("eks", "cluster/"+props.Name),
		Auto: props.Auto, pools: props.Auto || props.Karpenter, Network: props.Network, SecurityGroup: props.SecurityGroup,
	}
	if props.Issuer != "" {
		c.issuer = afterScheme(&props.Issuer)
	}
	c.nodeRole = props.NodeRole
	c.connect(api{
		cluster: c.name, endpoint: &props.Endpoint, authority: &props.CertificateAuthority,
		network: props.Network, securityGroup: &props.SecurityGroup,
	}, cmp.Or(props.ServiceCIDR, ServiceCIDR), Placeholders{}, true, !props.PlatformExists)
	return c
}

// Validate reports every fault in the props as a [check.Fault].
func (p ImportProps) Validate() error {
	faults := check.Of("emreks.ImportProps")
	faults.Want(clusterName.MatchString(p.Name), "Name", p.Name, wantClusterName)
	faults.Want(policy.HasToken(p.Endpoint) || isHTTPS(p.Endpoint), "Endpoint", p.Endpoint, "the https:// URL of the API server")
	faults.Want(p.CertificateAuthority != "", "CertificateAuthority", p.CertificateAuthority, "the cluster's certificate authority, in base64")
	faults.Want(p.SecurityGroup != "", "SecurityGroup", p.SecurityGroup, "the id of the cluster's security group")
	faults.Want(p.Issuer == "" || policy.HasToken(p.Issuer) || isHTTPS(p.Issuer), "Issuer", p.Issuer, "an https:// URL, or nothing")
	faults.Want(!p.Auto || !p.Karpenter, "Karpenter", p.Karpenter, "false; Auto Mode is EKS's own")
	p.Network.check(faults, "Network")
	cidr := cmp.Or(p.ServiceCIDR, ServiceCIDR)
	prefix, err := netip.ParsePrefix(cidr)
	faults.Want(err == nil && prefix.Addr().Is4() && prefix.Bits() <= 24, "ServiceCIDR", cidr, "a range of IPv4 addresses, /24 or wider")
	return faults.Err()
}

func isHTTPS(url string) bool {
	const scheme = "https://"
	return len(url) > len(scheme) && url[:len(scheme)] == scheme
}
