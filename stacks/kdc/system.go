package kdc

import (
	"reflect"
	"strings"

	"github.com/lakekeel/lakekeel/constructs/emr"
	"github.com/lakekeel/lakekeel/constructs/kerberos"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/config"
	"github.com/lakekeel/lakekeel/internal/system"
)

// System is the KDC as something that an environment can switch on. The names of its
// nodes, secrets and backups are fixed, so an account and region hold it once.
func System() system.System {
	return system.System{
		Name: "kdc",
		Doc:  "A Kerberos realm for EMR: a KDC of several nodes that outlives any of them, its network, and perhaps a cluster.",
		Once: true,
		New:  func() system.Settings { return &settings{} },
	}
}

// settings is the block kdc of an environment. Its keys are the fields of [Props], which
// says what they mean, with a small first letter.
type settings struct {
	props    Props // without existing network and cluster
	existing kerberos.ExistingNetwork
	cluster  Cluster
}

// What the file refuses by itself are values of the wrong shape; what is wrong with a value
// of the right shape is said by the props.
var (
	wantZone  = config.Text{Want: "a zone such as eu-west-1a"}
	wantRange = config.Text{Want: "a range of addresses such as 10.0.0.0/24"}
	wantID    = config.Text{Want: "an id"}
)

func (s *settings) Fields() []config.Field {
	p := &s.props
	text := func(to *string, want, otherwise string) config.Text {
		return config.Text{To: to, Want: want, Default: otherwise}
	}
	return []config.Field{
		{Name: "realm", Value: text(&p.Realm, "a realm in capitals, e.g. EMR.EXAMPLE.COM", ""),
			Doc: "The Kerberos realm, in capitals. A live database keeps it: another one is refused."},
		{Name: "domain", Value: text(&p.Domain, "a domain in small letters", ""),
			Doc: "Domain of the clients' hosts. If left out, the realm in small letters."},
		{Name: "project", Value: text(&p.Project, "a name", ""),
			Doc: "Value of the tag project on everything. If left out, no tag."},
		{Name: "zones", Value: config.Texts{To: &p.Zones, Each: wantZone},
			Doc: "The two availability zones, never the same. If left out, the region's first two."},
		{Name: "cidr", Value: text(&p.CIDR, "a range of addresses from /16 to /24", "10.0.0.0/16"),
			Doc: "Range of the VPC that is made. If left out, 10.0.0.0/16."},
		{Name: "publicCIDRs", Value: config.Texts{To: &p.PublicCIDRs, Each: wantRange},
			Doc: "Ranges of the two public subnets. If left out, the first two sixteenths of cidr."},
		{Name: "privateCIDRs", Value: config.Texts{To: &p.PrivateCIDRs, Each: wantRange},
			Doc: "Ranges of the two private subnets. If left out, the last two quarters of cidr."},
		{Name: "existing", Value: config.Block{Fields: existingFields(&s.existing)},
			Doc: "A network that is there already. If left out, one is made."},
		{Name: "nodes", Value: config.Number{To: &p.Nodes, Least: 2, Most: 7, Default: 2},
			Doc: "How many nodes there are, one zone after the other. If left out, 2."},
		{Name: "instanceType", Value: text(&p.InstanceType, "an instance type", kerberos.DefaultInstanceType),
			Doc: "What the nodes are. If left out, " + kerberos.DefaultInstanceType + "."},
		{Name: "image", Value: text(&p.Image, "the name of a Systems Manager parameter", ""),
			Doc: "Name of the Systems Manager parameter with the id of the nodes' image. If left out, that of the current Amazon Linux 2023."},
		{Name: "storage", Value: config.Text{To: &p.Storage, OneOf: []string{string(kerberos.EFS), string(kerberos.FSx)}, Default: string(kerberos.EFS)},
			Doc: "Service of the file system for the hourly dumps. If left out, efs."},
		{Name: "secretName", Value: text(&p.SecretName, "a name", "kdc/main"),
			Doc: "Folder of the names of the KDC's secrets. If left out, kdc/main. A live database keeps it."},
		{Name: "certificates", Value: text(&p.Certificates, "the S3 URL of a zip", ""),
			Doc: "S3 URL of a zip of PEM files with which clusters speak TLS. If left out, Kerberos alone encrypts what they send."},
		{Name: "cluster", Value: config.Block{Fields: clusterFields(&s.cluster)},
			Doc: "An EMR cluster that uses the realm. If left out, none is made."},
	}
}

func existingFields(e *kerberos.ExistingNetwork) []config.Field {
	return []config.Field{
		{Name: "vpc", Required: true, Value: config.Text{To: &e.VPC, Want: wantID.Want}, Doc: "Id of the VPC."},
		{Name: "cidr", Required: true, Value: config.Text{To: &e.CIDR, Want: wantRange.Want}, Doc: "Range of the VPC."},
		{Name: "zones", Required: true, Value: config.Texts{To: &e.Zones, Each: wantZone}, Doc: "Zones of the private subnets, in their order; at least two."},
		{Name: "subnets", Required: true, Value: config.Texts{To: &e.Subnets, Each: wantID}, Doc: "Ids of the private subnets."},
		{Name: "routeTables", Value: config.Texts{To: &e.RouteTables, Each: wantID}, Doc: "Ids of their route tables, for storage fsx-ontap. If left out, the VPC's main one."},
	}
}

func clusterFields(c *Cluster) []config.Field {
	return []config.Field{
		{Name: "release", Value: config.Text{To: &c.Release, Want: "a release of EMR 7", Default: emr.DefaultRelease}, Doc: "Release label. If left out, " + emr.DefaultRelease + "."},
		{Name: "masters", Value: config.Number{To: &c.Masters, Least: 1, Most: 3, Default: 1}, Doc: "1, or 3 for a cluster that outlives a master. If left out, 1."},
		{Name: "workers", Value: config.Number{To: &c.Workers, Least: 1, Most: 2000, Default: 2}, Doc: "How many workers there are. If left out, 2."},
		{Name: "workerType", Value: config.Text{To: &c.WorkerType, Want: "an instance type", Default: emr.DefaultInstanceType}, Doc: "What they are. If left out, " + emr.DefaultInstanceType + "."},
		{Name: "unprotected", Value: config.Flag{To: &c.Unprotected}, Doc: "Whether a call may terminate it. If left out, it may not."},
	}
}

// Check says of each fault of the props where in the file it stands.
func (s *settings) Check(doc *config.Document, path string) {
	if !doc.Has(path + ".realm") {
		doc.Missing(path+".realm", "a realm in capitals, e.g. EMR.EXAMPLE.COM")
		return
	}
	if doc.Has(path + ".existing") {
		s.props.Existing = &s.existing
	}
	if doc.Has(path + ".cluster") {
		s.props.Cluster = &s.cluster
	}
	report(doc, path, s.props.Validate())
}

// report records the faults of the constructs' props at the keys that they come from, but
// for values that the file's own description has refused already, which were left empty.
func report(doc *config.Document, path string, err error) {
	switch err := err.(type) {
	case *check.Fault:
		if reflect.ValueOf(err.Got).IsZero() {
			return
		}
		props, field, _ := strings.Cut(err.Field, "Props.")
		at := path
		if props == "emr.Cluster" {
			at += ".cluster"
		}
		for part := range strings.SplitSeq(field, ".") {
			at += "." + key(part)
		}
		doc.Want(false, at, err.Got, err.Want)
	case interface{ Unwrap() []error }:
		for _, each := range err.Unwrap() {
			report(doc, path, each)
		}
	}
}

// key is a field's name in the file: with a small first letter, an acronym small.
func key(field string) string {
	name, index, indexed := strings.Cut(field, "[")
	if name == strings.ToUpper(name) {
		name = strings.ToLower(name)
	} else {
		name = strings.ToLower(name[:1]) + name[1:]
	}
	if indexed {
		name += "[" + index
	}
	return name
}

func (s *settings) Define(place system.Place) []system.Workflow {
	props := s.props
	props.DestroyData, props.Env = place.DestroyData, place.Env()
	New(place.Scope, place.StackID("Kdc"), props)
	return nil
}
