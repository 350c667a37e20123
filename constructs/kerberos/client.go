package kerberos

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// A Client is how clients reach a KDC.
type Client struct {
	Realm, Domain string
	Server        string // host:port of the KDC: the one that EMR's settings have room for
	Admin         string // host:port of the admin server
	Group         string // security group to give to clients; a token

	// Bootstrap is the S3 URL of the script that puts a proxy on a client's own loopback,
	// and BootstrapArguments what it wants. The proxy is what makes a login succeed while
	// a node is lost: it asks again, which Java does not, and within a fraction of a second,
	// which MIT's library does not. A host without it reaches the balancer by the same name.
	Bootstrap          string
	BootstrapArguments []string
	Bundle             string // S3 URL of the nodes' files, which the script fetches the proxy from

	// AdminSecret is the ARN of the secret that holds the administrator's password, and
	// AdminField the field of it.
	AdminSecret, AdminField string
}

// addName gives the balancer a name that does not change with it, in a private zone of
// its own, which shadows no other name of the domain.
func (k *KDC) addName() {
	scope := constructs.NewConstruct(k.Construct, jsii.String("Name"))
	zone := awsroute53.NewCfnHostedZone(scope, jsii.String("Zone"), &awsroute53.CfnHostedZoneProps{
		Name:             jsii.String(k.host()),
		HostedZoneConfig: &awsroute53.CfnHostedZone_HostedZoneConfigProperty{Comment: jsii.String("The balancer of KDC " + k.props.Name)},
		Vpcs:             []any{&awsroute53.CfnHostedZone_VPCProperty{VpcId: &k.props.Network.VPC, VpcRegion: jsii.String(policy.Here().Region)}},
	})
	record := awsroute53.NewCfnRecordSet(scope, jsii.String("Record"), &awsroute53.CfnRecordSetProps{
		HostedZoneId: zone.AttrId(), Name: jsii.String(k.host()), Type: jsii.String("A"),
		AliasTarget: &awsroute53.CfnRecordSet_AliasTargetProperty{
			DnsName: k.balancer.resource.AttrDnsName(), HostedZoneId: k.balancer.resource.AttrCanonicalHostedZoneId(), EvaluateTargetHealth: true,
		},
	})
	k.ready = append(k.ready, record)
}

// host is the name by which clients know the KDC.
func (k *KDC) host() string { return "kdc." + k.props.Domain }

// Client says how clients reach the KDC.
func (k *KDC) Client() Client {
	return Client{
		Realm: k.props.Realm, Domain: k.props.Domain,
		Server: fmt.Sprintf("%s:%d", k.host(), kdcPort), Admin: fmt.Sprintf("%s:%d", k.host(), adminPort),
		Group:     *k.groups.clients.AttrGroupId(),
		Bootstrap: k.clientScript, BootstrapArguments: []string{k.host(), *k.balancer.resource.AttrDnsName(), k.bundleURL, NodeDigest()},
		Bundle:      k.bundleURL,
		AdminSecret: *k.admin.Ref(), AdminField: adminField,
	}
}

// Krb5Conf is the text of krb5.conf for a host outside of EMR, which writes its own. TCP
// is a must: with UDP first a login waits for a second where UDP is not answered. Timeouts
// are Java's alone (https://web.mit.edu/kerberos/krb5-latest/doc/admin/conf_files/krb5_conf.html).
// Proxied says whether the client runs the proxy of [Client.Bootstrap].
func (c Client) Krb5Conf(proxied bool) string {
	server, admin := c.Server, c.Admin
	if proxied {
		server, admin = fmt.Sprintf("127.0.0.1:%d", kdcPort), fmt.Sprintf("127.0.0.1:%d", adminPort)
	}
	// The name three times is three attempts for MIT's library; the proxy attempts by itself.
	kdcs := strings.Repeat("    kdc = "+server+"\n", map[bool]int{false: 3, true: 1}[proxied])
	return fmt.Sprintf(`[libdefaults]
  default_realm = %[1]s
  udp_preference_limit = 1
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  kdc_timeout = 3s
  max_retries = 3
[realms]
  %[1]s = {
%[3]s    admin_server = %[4]s
  }
[domain_realm]
  .%[2]s = %[1]s
  %[2]s = %[1]s
`, c.Realm, c.Domain, kdcs, admin)
}
