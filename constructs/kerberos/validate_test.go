package kerberos

import (
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

// someKey is a key to Validate, which asks no more than whether there is one.
type someKey struct{ awskms.IKey }

func TestKDCPropsValidate(t *testing.T) {
	kdc := func(change func(*KDCProps)) error {
		p := KDCProps{Name: "main", Realm: "EMR.EXAMPLE.COM", Network: &Network{}, Key: someKey{}}
		change(&p)
		return p.Validate()
	}
	checktest.Case(t, "the least that can be said", kdc(func(*KDCProps) {}), "")
	checktest.Case(t, "everything said", kdc(func(p *KDCProps) {
		p.Domain, p.Nodes, p.InstanceType, p.Image, p.DiskGiB = "hadoop.internal", 3, "m7g.large", "/images/kdc", 50
		p.NodeLife, p.Storage, p.SecretName, p.RotateAfter, p.Lockout = 7*day, FSx, "teams/lake/kdc", 90*day, true
	}), "")
	checktest.Case(t, "a realm in lower case", kdc(func(p *KDCProps) { p.Realm = "emr.example.com" }),
		`kerberos.KDCProps.Realm is "emr.example.com"; want a realm in capitals, e.g. "EXAMPLE.COM"; nearest is "EMR.EXAMPLE.COM"`)
	checktest.Case(t, "no realm", kdc(func(p *KDCProps) { p.Realm, p.Domain = "", "example.com" }), `kerberos.KDCProps.Realm is ""; want a realm in capitals, e.g. "EXAMPLE.COM"`)
	checktest.Case(t, "a realm with a dot last", kdc(func(p *KDCProps) { p.Realm, p.Domain = "EXAMPLE.", "example.com" }), `kerberos.KDCProps.Realm is "EXAMPLE."; want a realm in capitals, e.g. "EXAMPLE.COM"`)
	checktest.Case(t, "a domain in capitals", kdc(func(p *KDCProps) { p.Domain = "EXAMPLE.COM" }), `kerberos.KDCProps.Domain is "EXAMPLE.COM"; want a domain in small letters, e.g. "example.com", or nothing for the realm's`)
	checktest.Case(t, "a name with capitals", kdc(func(p *KDCProps) { p.Name = "Main" }), `kerberos.KDCProps.Name is "Main"; want 1 to 24 of a-z, 0-9 and "-", a letter first and no "-" last`)
	checktest.Case(t, "a name too long for what follows from it", kdc(func(p *KDCProps) { p.Name = "a-name-of-25-letters-long" }), `kerberos.KDCProps.Name is "a-name-of-25-letters-long"; want 1 to 24 of a-z, 0-9 and "-", a letter first and no "-" last`)
	checktest.Case(t, "no network", kdc(func(p *KDCProps) { p.Network = nil }), `kerberos.KDCProps.Network is <nil>; want a network`)
	checktest.Case(t, "no key", kdc(func(p *KDCProps) { p.Key = nil }), `kerberos.KDCProps.Key is <nil>; want a KMS key`)
	checktest.Case(t, "one node", kdc(func(p *KDCProps) { p.Nodes = 1 }), `kerberos.KDCProps.Nodes is 1; want 2 to 7, or 0 for 2: one node alone is no service while it is replaced`)
	checktest.Case(t, "eight nodes", kdc(func(p *KDCProps) { p.Nodes = 8 }), `kerberos.KDCProps.Nodes is 8; want 2 to 7, or 0 for 2: one node alone is no service while it is replaced`)
	checktest.Case(t, "less than no node", kdc(func(p *KDCProps) { p.Nodes = -1 }), `kerberos.KDCProps.Nodes is -1; want 2 to 7, or 0 for 2: one node alone is no service while it is replaced`)
	checktest.Case(t, "a size for an instance type", kdc(func(p *KDCProps) { p.InstanceType = "large" }), `kerberos.KDCProps.InstanceType is "large"; want an instance type such as "t3.medium"`)
	checktest.Case(t, "an image's id for its parameter", kdc(func(p *KDCProps) { p.Image = "ami-0123456789abcdef0" }),
		`kerberos.KDCProps.Image is "ami-0123456789abcdef0"; want the name of a Systems Manager parameter, e.g. "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64", or nothing for the current image`)
	checktest.Case(t, "a disk too small for the system", kdc(func(p *KDCProps) { p.DiskGiB = 4 }), `kerberos.KDCProps.DiskGiB is 4; want 8 to 1024 GiB, or 0 for 20`)
	checktest.Case(t, "a node's life in hours", kdc(func(p *KDCProps) { p.NodeLife = 36 * time.Hour }), `kerberos.KDCProps.NodeLife is 36h0m0s; want whole days from 1 to 365, or 0 for 30`)
	checktest.Case(t, "a node's life of more than a year", kdc(func(p *KDCProps) { p.NodeLife = 366 * day }), `kerberos.KDCProps.NodeLife is 8784h0m0s; want whole days from 1 to 365, or 0 for 30`)
	checktest.Case(t, "an unknown storage service", kdc(func(p *KDCProps) { p.Storage = "nfs" }), `kerberos.KDCProps.Storage is "nfs"; want "efs" or "fsx-ontap", or nothing for "efs"; nearest is "efs"`)
	checktest.Case(t, "a storage service that is misspelt", kdc(func(p *KDCProps) { p.Storage = "fsx-on-tap" }), `kerberos.KDCProps.Storage is "fsx-on-tap"; want "efs" or "fsx-ontap", or nothing for "efs"; nearest is "fsx-ontap"`)
	checktest.Case(t, "a secret's name with a slash first", kdc(func(p *KDCProps) { p.SecretName = "/kdc" }), `kerberos.KDCProps.SecretName is "/kdc"; want 1 to 200 of letters, digits and _+=.@-, in folders by "/"`)
	checktest.Case(t, "a rotation every hour", kdc(func(p *KDCProps) { p.RotateAfter = time.Hour }), `kerberos.KDCProps.RotateAfter is 1h0m0s; want whole days from 1 to 1000, or 0 for 365`)
	checktest.Case(t, "every fault is reported", kdc(func(p *KDCProps) { p.Realm, p.Domain, p.Nodes, p.Storage = "x", "x", 1, "efz" }),
		`kerberos.KDCProps.Realm is "x"; want a realm in capitals, e.g. "EXAMPLE.COM"; nearest is "X"
kerberos.KDCProps.Nodes is 1; want 2 to 7, or 0 for 2: one node alone is no service while it is replaced
kerberos.KDCProps.Storage is "efz"; want "efs" or "fsx-ontap", or nothing for "efs"; nearest is "efs"`)
}

func TestNetworkPropsValidate(t *testing.T) {
	network := func(change func(*NetworkProps)) error {
		p := NetworkProps{Key: someKey{}}
		change(&p)
		return p.Validate()
	}
	existing := func(change func(*ExistingNetwork)) error {
		e := ExistingNetwork{
			VPC: "vpc-0123456789abcdef0", CIDR: "10.0.0.0/16", Zones: []string{"eu-west-1a", "eu-west-1b"},
			Subnets: []string{"subnet-0123456789abcdef0", "subnet-0123456789abcdef1"},
		}
		change(&e)
		return NetworkProps{Existing: &e}.Validate()
	}
	checktest.Case(t, "the region's first two zones", network(func(*NetworkProps) {}), "")
	checktest.Case(t, "two zones by name", network(func(p *NetworkProps) { p.Zones = []string{"eu-west-1b", "eu-west-1c"} }), "")
	checktest.Case(t, "all subnets by range", network(func(p *NetworkProps) {
		p.CIDR, p.PublicCIDRs, p.PrivateCIDRs = "10.9.0.0/20", []string{"10.9.0.0/24", "10.9.1.0/24"}, []string{"10.9.4.0/22", "10.9.8.0/22"}
	}), "")
	checktest.Case(t, "an existing network", existing(func(*ExistingNetwork) {}), "")
	checktest.Case(t, "no key", NetworkProps{}.Validate(), `kerberos.NetworkProps.Key is <nil>; want a KMS key for the network's log`)
	checktest.Case(t, "one zone", network(func(p *NetworkProps) { p.Zones = []string{"eu-west-1a"} }), `kerberos.NetworkProps.Zones is [eu-west-1a]; want two zones, or none for the region's first two`)
	checktest.Case(t, "the same zone twice", network(func(p *NetworkProps) { p.Zones = []string{"eu-west-1a", "eu-west-1a"} }),
		`kerberos.NetworkProps.Zones[1] is "eu-west-1a"; want a zone that is not there yet: the loss of one must leave the other`)
	checktest.Case(t, "a region for a zone", network(func(p *NetworkProps) { p.Zones = []string{"eu-west-1a", "eu-west-1"} }), `kerberos.NetworkProps.Zones[1] is "eu-west-1"; want a zone such as "eu-west-1a"`)
	checktest.Case(t, "no range", network(func(p *NetworkProps) { p.CIDR = "10.0.0.0" }), `kerberos.NetworkProps.CIDR is "10.0.0.0"; want a range of IPv4 addresses from /16 to /24, e.g. "10.0.0.0/16"`)
	checktest.Case(t, "bits behind the mask", network(func(p *NetworkProps) { p.CIDR = "10.0.1.0/16" }), `kerberos.NetworkProps.CIDR is "10.0.1.0/16"; want a range of IPv4 addresses from /16 to /24, e.g. "10.0.0.0/16"`)
	checktest.Case(t, "a range too wide for a VPC", network(func(p *NetworkProps) { p.CIDR = "10.0.0.0/8" }), `kerberos.NetworkProps.CIDR is "10.0.0.0/8"; want a range of IPv4 addresses from /16 to /24, e.g. "10.0.0.0/16"`)
	checktest.Case(t, "overlapping ranges", network(func(p *NetworkProps) {
		p.PublicCIDRs, p.PrivateCIDRs = []string{"10.0.0.0/24", "10.0.1.0/24"}, []string{"10.0.0.0/20", "10.0.16.0/20"}
	}), `kerberos.NetworkProps.PrivateCIDRs[0] is "10.0.0.0/20"; want a range apart from 10.0.0.0/24, which another subnet has
kerberos.NetworkProps.PrivateCIDRs[0] is "10.0.0.0/20"; want a range apart from 10.0.1.0/24, which another subnet has`)
	checktest.Case(t, "a subnet outside of the VPC", network(func(p *NetworkProps) {
		p.PublicCIDRs, p.PrivateCIDRs = []string{"10.0.0.0/24", "10.1.0.0/24"}, []string{"10.0.16.0/20", "10.0.32.0/20"}
	}), `kerberos.NetworkProps.PublicCIDRs[1] is "10.1.0.0/24"; want a range in the VPC's, which is 10.0.0.0/16`)
	checktest.Case(t, "a subnet of four addresses", network(func(p *NetworkProps) {
		p.PublicCIDRs, p.PrivateCIDRs = []string{"10.0.0.0/30", "10.0.1.0/24"}, []string{"10.0.16.0/20", "10.0.32.0/20"}
	}), `kerberos.NetworkProps.PublicCIDRs[0] is "10.0.0.0/30"; want a range of IPv4 addresses of /28 or wider, e.g. "10.0.1.0/24"`)
	checktest.Case(t, "one subnet for two zones", network(func(p *NetworkProps) {
		p.PublicCIDRs, p.PrivateCIDRs = []string{"10.0.0.0/24"}, []string{"10.0.16.0/20", "10.0.32.0/20"}
	}), `kerberos.NetworkProps.PublicCIDRs is [10.0.0.0/24]; want two ranges, one for each zone, or none`)
	checktest.Case(t, "half of the subnets", network(func(p *NetworkProps) { p.PublicCIDRs = []string{"10.0.0.0/24", "10.0.1.0/24"} }),
		`kerberos.NetworkProps.PrivateCIDRs is []; want ranges exactly if PublicCIDRs has some: either all four subnets are given or none`)
	checktest.Case(t, "an existing network of one zone", existing(func(e *ExistingNetwork) { e.Zones, e.Subnets = e.Zones[:1], e.Subnets[:1] }), `kerberos.NetworkProps.Existing.Zones is [eu-west-1a]; want at least two zones`)
	checktest.Case(t, "an existing network with both subnets in one zone", existing(func(e *ExistingNetwork) { e.Zones[1] = "eu-west-1a" }),
		`kerberos.NetworkProps.Existing.Zones[1] is "eu-west-1a"; want a zone that is not there yet: the loss of one must leave the other`)
	checktest.Case(t, "a subnet without zone", existing(func(e *ExistingNetwork) { e.Subnets = append(e.Subnets, "subnet-0123456789abcdef2") }),
		`kerberos.NetworkProps.Existing.Subnets is [subnet-0123456789abcdef0 subnet-0123456789abcdef1 subnet-0123456789abcdef2]; want one private subnet for each of the zones`)
	checktest.Case(t, "a VPC for a subnet", existing(func(e *ExistingNetwork) { e.Subnets[0] = "vpc-0123456789abcdef0" }), `kerberos.NetworkProps.Existing.Subnets[0] is "vpc-0123456789abcdef0"; want the id of a subnet, e.g. "subnet-0123456789abcdef0"`)
	checktest.Case(t, "a subnet for a route table", existing(func(e *ExistingNetwork) { e.RouteTables = []string{"subnet-0123456789abcdef0"} }), `kerberos.NetworkProps.Existing.RouteTables[0] is "subnet-0123456789abcdef0"; want the id of a route table, e.g. "rtb-0123456789abcdef0"`)
	checktest.Case(t, "a VPC's name for its id", existing(func(e *ExistingNetwork) { e.VPC = "lake" }), `kerberos.NetworkProps.Existing.VPC is "lake"; want the id of a VPC, e.g. "vpc-0123456789abcdef0"`)
	checktest.Case(t, "a range for a network that exists", NetworkProps{CIDR: "10.0.0.0/16", Existing: &ExistingNetwork{
		VPC: "vpc-01234567", CIDR: "10.0.0.0/16", Zones: []string{"eu-west-1a", "eu-west-1b"}, Subnets: []string{"subnet-01234567", "subnet-12345678"},
	}}.Validate(), `kerberos.NetworkProps.Existing is "vpc-01234567"; want nothing beside Zones, CIDR, PublicCIDRs or PrivateCIDRs, which are of a network that is made`)
}

func TestCarve(t *testing.T) {
	for vpc, want := range map[string][4]string{
		"10.0.0.0/16":    {"10.0.0.0/20", "10.0.16.0/20", "10.0.128.0/18", "10.0.192.0/18"},
		"172.16.8.0/22":  {"172.16.8.0/26", "172.16.8.64/26", "172.16.10.0/24", "172.16.11.0/24"},
		"192.168.7.0/24": {"192.168.7.0/28", "192.168.7.16/28", "192.168.7.128/26", "192.168.7.192/26"},
	} {
		p := NetworkProps{CIDR: vpc}
		if got := [4]string(append(p.publicCIDRs(), p.privateCIDRs()...)); got != want {
			t.Errorf("%s: %v; want %v", vpc, got, want)
		}
	}
}

func TestImageFollowsTheArchitecture(t *testing.T) {
	for kind, want := range map[string]string{
		"t3.medium": "x86_64", "m6i.large": "x86_64", "g5.xlarge": "x86_64", "m7g.medium": "arm64", "t4g.small": "arm64", "c7gn.large": "arm64", "im4gn.large": "arm64", "m8gd.large": "arm64",
	} {
		if got := (KDCProps{InstanceType: kind}).image(); got != "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"+want {
			t.Errorf("%s: %s; want %s", kind, got, want)
		}
	}
}

func TestKrb5Conf(t *testing.T) {
	client := Client{Realm: "EMR.TEST", Domain: "emr.test", Server: "kdc.emr.test:88", Admin: "kdc.emr.test:749"}
	want := `[libdefaults]
  default_realm = EMR.TEST
  udp_preference_limit = 1
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  kdc_timeout = 3s
  max_retries = 3
[realms]
  EMR.TEST = {
    kdc = 127.0.0.1:88
    admin_server = 127.0.0.1:749
  }
[domain_realm]
  .emr.test = EMR.TEST
  emr.test = EMR.TEST
`
	if got := client.Krb5Conf(true); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
