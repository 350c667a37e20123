package kdc

import (
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/constructs/kerberos"
	"github.com/lakekeel/lakekeel/internal/check/checktest"
	"github.com/lakekeel/lakekeel/internal/config"
)

func TestPropsValidate(t *testing.T) {
	for name, c := range map[string]struct {
		props Props
		want  string // the whole message; empty if the props are sound
	}{
		"a realm is all that is needed": {props: Props{Realm: "EMR.EXAMPLE.COM"}},
		"a cluster of defaults":         {props: Props{Realm: "EMR.EXAMPLE.COM", Cluster: &Cluster{}}},
		"a network that exists": {props: Props{Realm: "EMR.EXAMPLE.COM", Existing: &kerberos.ExistingNetwork{
			VPC: "vpc-01234567", CIDR: "10.0.0.0/16", Zones: []string{"eu-west-1a", "eu-west-1b"}, Subnets: []string{"subnet-01234567", "subnet-12345678"},
		}}},
		"what the constructs refuse, all at once": {
			props: Props{Realm: "emr.example.com", Zones: []string{"eu-west-1a", "eu-west-1a"}, Nodes: 1, Storage: "nfs", Certificates: "tls.zip", Cluster: &Cluster{Masters: 2}},
			want: `kerberos.NetworkProps.Zones[1] is "eu-west-1a"; want a zone that is not there yet: the loss of one must leave the other
kerberos.KDCProps.Realm is "emr.example.com"; want a realm in capitals, e.g. "EXAMPLE.COM"; nearest is "EMR.EXAMPLE.COM"
kerberos.KDCProps.Nodes is 1; want 2 to 7, or 0 for 2: one node alone is no service while it is replaced
kerberos.KDCProps.Storage is "nfs"; want "efs" or "fsx-ontap", or nothing for "efs"; nearest is "efs"
emr.SecurityConfigurationProps.Certificates is "tls.zip"; want the S3 URL of a zip, e.g. "s3://bucket/certificates.zip", or nothing
emr.ClusterProps.Masters is 2; want 1 or 3, or 0 for 1`,
		},
		"a project too long for a tag": {
			props: Props{Realm: "EMR.EXAMPLE.COM", Project: strings.Repeat("p", 257)},
			want:  `kdc.Props.Project is "` + strings.Repeat("p", 257) + `"; want at most 256 characters`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			checktest.Message(t, c.props.Validate(), c.want)
		})
	}
}

func TestTheFileIsToldWhereAFaultStands(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"all that can be said": {text: `
realm: EMR.EXAMPLE.COM
domain: hadoop.internal
project: lake
zones: [eu-west-1a, eu-west-1b]
cidr: 10.1.0.0/16
publicCIDRs: [10.1.0.0/24, 10.1.1.0/24]
privateCIDRs: [10.1.16.0/20, 10.1.32.0/20]
nodes: 3
instanceType: m7g.medium
image: /images/kdc
storage: fsx-ontap
secretName: lake/kdc
certificates: s3://tls-1/emr.zip
cluster: {release: emr-7.12.0, masters: 3, workers: 9, workerType: r6i.xlarge, unprotected: true}`},
		"a network that exists": {text: `
realm: EMR.EXAMPLE.COM
existing: {vpc: vpc-01234567, cidr: 10.0.0.0/16, zones: [eu-west-1a, eu-west-1b], subnets: [subnet-01234567, subnet-12345678]}`},
		"no realm": {text: "\nnodes: 2", want: `f.yaml:1: kdc.realm is missing; want a realm in capitals, e.g. EMR.EXAMPLE.COM`},
		"one of everything wrong": {text: `
realm: emr.example.com
zones: [eu-west-1a]
nodes: 1
storage: nfs
certificates: tls.zip
cluster: {masters: 2, release: emr-6.9.0}`, want: `f.yaml:2: kdc.realm is "emr.example.com"; want a realm in capitals, e.g. "EXAMPLE.COM"; nearest is "EMR.EXAMPLE.COM"
f.yaml:3: kdc.zones is [eu-west-1a]; want two zones, or none for the region's first two
f.yaml:4: kdc.nodes is 1; want a whole number from 2 to 7
f.yaml:5: kdc.storage is "nfs"; want one of efs, fsx-ontap ("efs"?)
f.yaml:6: kdc.certificates is "tls.zip"; want the S3 URL of a zip, e.g. "s3://bucket/certificates.zip", or nothing
f.yaml:7: kdc.cluster.release is "emr-6.9.0"; want a release of EMR 7 such as emr-7.13.0
f.yaml:7: kdc.cluster.masters is 2; want 1 or 3, or 0 for 1`},
		"ranges that overlap": {text: `
realm: EMR.EXAMPLE.COM
publicCIDRs: [10.0.0.0/24, 10.0.0.0/25]
privateCIDRs: [10.0.16.0/20, 10.0.32.0/20]`, want: `f.yaml:3: kdc.publicCIDRs[1] is "10.0.0.0/25"; want a range apart from 10.0.0.0/24, which another subnet has`},
	} {
		t.Run(name, func(t *testing.T) {
			s := &settings{}
			text := "kdc:" + strings.ReplaceAll(c.text, "\n", "\n  ")
			doc := config.Read("f.yaml", []byte(text), []config.Field{{Name: "kdc", Doc: "It.", Value: config.Block{Fields: s.Fields()}}})
			s.Check(doc, "kdc")
			checktest.Message(t, doc.Err(), c.want)
		})
	}
}
