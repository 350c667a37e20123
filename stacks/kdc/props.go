package kdc

import (
	"cmp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	"github.com/lakekeel/lakekeel/constructs/emr"
	"github.com/lakekeel/lakekeel/constructs/kerberos"
	"github.com/lakekeel/lakekeel/internal/check"
)

// Props are the facts about an environment that the stack depends on.
type Props struct {
	Name   string // of the KDC, unique in the account and region; if empty, "main"
	Realm  string // in capitals, e.g. "EMR.EXAMPLE.COM"
	Domain string // of the clients' hosts; if empty, the realm in small letters

	Project string // value of the tag "project" on everything; if empty, no tag

	Zones        []string                  // two; if empty, the region's first two
	CIDR         string                    // of the VPC that is made; if empty, 10.0.0.0/16
	PublicCIDRs  []string                  // of its public subnets; if empty, parts of CIDR
	PrivateCIDRs []string                  // of its private subnets; if empty, parts of CIDR
	Existing     *kerberos.ExistingNetwork // if nil, a network is made

	Nodes        int    // 2 to 7; if zero, 2
	InstanceType string // of the nodes; if empty, t3.medium
	Image        string // name of the parameter with the nodes' image; if empty, Amazon Linux 2023
	Storage      string // "efs" or "fsx-ontap"; if empty, "efs"
	SecretName   string // folder of the secrets' names; if empty, "kdc/NAME"

	Certificates string   // S3 URL of a zip of PEM files for the clusters; if empty, Kerberos alone encrypts
	Cluster      *Cluster // if nil, no cluster is made

	// DestroyData is this environment's key of two to delete data with the stack. The
	// system's own key is turned.
	DestroyData bool

	Env *awscdk.Environment // if nil, wherever the template is deployed
}

// Cluster is an EMR cluster beside the KDC; see emr.ClusterProps.
type Cluster struct {
	Release     string // if empty, emr.DefaultRelease
	Masters     int    // 1 or 3; if zero, 1
	Workers     int    // if zero, 2
	WorkerType  string // if empty, emr.DefaultInstanceType
	Unprotected bool   // whether a call may terminate it
}

func (p Props) orDefaults() Props {
	p.Name = cmp.Or(p.Name, "main")
	return p
}

func (p Props) network(key awskms.IKey) kerberos.NetworkProps {
	return kerberos.NetworkProps{Existing: p.Existing, Zones: p.Zones, CIDR: p.CIDR, PublicCIDRs: p.PublicCIDRs, PrivateCIDRs: p.PrivateCIDRs, Key: key}
}

func (p Props) kdc(network *kerberos.Network, key awskms.IKey) kerberos.KDCProps {
	return kerberos.KDCProps{
		Name: p.Name, Realm: p.Realm, Domain: p.Domain, Network: network, Key: key,
		Nodes: p.Nodes, InstanceType: p.InstanceType, Image: p.Image, Storage: kerberos.Storage(p.Storage),
		SecretName: p.SecretName, DestroyData: p.DestroyData,
	}
}

func (p Props) security(server, admin string, key awskms.IKey) emr.SecurityConfigurationProps {
	return emr.SecurityConfigurationProps{KDC: emr.KDC{Server: server, Admin: admin}, Key: key, Certificates: p.Certificates}
}

func (c Cluster) props(name, realm string) emr.ClusterProps {
	return emr.ClusterProps{
		Name: name, Release: c.Release, Masters: c.Masters, Workers: c.Workers, WorkerType: c.WorkerType, Realm: realm, Unprotected: c.Unprotected,
	}
}

// someKey stands for a key that is yet to be made: Validate asks no more than whether
// there is one.
type someKey struct{ awskms.IKey }

// Validate reports every fault in the props as a [check.Fault], named by the field of the
// construct that it is for. It touches nothing but the props.
func (p Props) Validate() error {
	p = p.orDefaults()
	faults := check.Of("kdc.Props")
	faults.Want(len(p.Project) <= 256, "Project", p.Project, "at most 256 characters")
	faults.Add(p.network(someKey{}).Validate())
	faults.Add(p.kdc(&kerberos.Network{}, someKey{}).Validate())
	faults.Add(p.security("kdc:88", "kdc:749", someKey{}).Validate())
	if p.Cluster != nil {
		c := p.Cluster.props("cluster", "A")
		c.VPC, c.Subnet, c.ClientGroup, c.Logs = "vpc-00000000", "subnet-00000000", "sg-00000000", "s3://logs/emr/"
		c.Security, c.KdcAdmin = &emr.SecurityConfiguration{}, emr.SecretValue{ARN: "arn:aws-x:secretsmanager:x:000000000000:secret:x", Field: "x"}
		faults.Add(c.Validate())
	}
	return faults.Err()
}
