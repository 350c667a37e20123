package fsxlustre

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/lakekeel/lakekeel/internal/check"
)

// DynamicProps describes a [Dynamic].
type DynamicProps struct {
	Class string // name of the storage class, unique on the cluster; if empty, "fsx"

	Subnet string   // id of the subnet in which file systems are made; may be a token
	Groups []string // ids of the security groups of the file systems, at least one; may be tokens

	Deployment Deployment // if empty, Scratch2
	Throughput int        // MB/s per TiB; if zero, 500 of Persistent2 and 200 of Persistent1

	// Repository is a bucket whose files the file system shows from the beginning; what
	// changes there is taken over, what is written here goes to it. Only of Scratch2 and Persistent1.
	Repository string // s3:// URL; may hold tokens; if empty, none

	DestroyData bool // deletes a file system with its claim; otherwise it stays, and costs
}

// Dynamic is a storage class by which the CSI driver makes a file system for each claim.
type Dynamic struct {
	Class string
	props DynamicProps
}

// NewDynamic returns a storage class. It panics with the error of
// [DynamicProps.Validate] if the props are not sound. It makes nothing in AWS: the
// driver does, when a pod first asks.
func NewDynamic(props DynamicProps) *Dynamic {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	props = props.orDefaults()
	return &Dynamic{Class: props.Class, props: props}
}

// Manifests are the storage class.
func (d *Dynamic) Manifests() []Manifest {
	p := d.props
	parameters := map[string]any{
		"subnetId": p.Subnet, "securityGroupIds": strings.Join(p.Groups, ","), "deploymentType": string(p.Deployment),
		"storageType": "SSD", "dataCompressionType": "LZ4", "fileSystemTypeVersion": "2.15",
	}
	if p.Throughput > 0 {
		parameters["perUnitStorageThroughput"] = fmt.Sprint(p.Throughput)
	}
	if p.Repository != "" {
		parameters["s3ImportPath"], parameters["s3ExportPath"] = p.Repository, p.Repository
		parameters["autoImportPolicy"] = "NEW_CHANGED_DELETED"
	}
	reclaim := "Retain"
	if p.DestroyData {
		reclaim = "Delete"
	}
	return []Manifest{object("storage.k8s.io/v1", "StorageClass", "", p.Class, map[string]any{
		"provisioner": driver, "parameters": parameters, "reclaimPolicy": reclaim, "volumeBindingMode": "Immediate", "mountOptions": []any{"flock"},
	})}
}

// ClaimProps describes a claim of a [Dynamic].
type ClaimProps struct {
	Name      string // 1 to 63 of a-z, 0-9 and "-", unique in the namespace
	Namespace string
	Capacity  int // GiB; if zero, 2000. The file system has what [RoundUp] says
}

// Claim is a claim by which the pods of a namespace share a file system. It panics with the
// error of [ClaimProps.Validate] if the props are not sound.
func (d *Dynamic) Claim(props ClaimProps) []Manifest {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	return []Manifest{claim(props.Namespace, props.Name, d.Class, "", cmp.Or(props.Capacity, 2000))}
}

func (p DynamicProps) orDefaults() DynamicProps {
	p.Class = cmp.Or(p.Class, "fsx")
	p.Deployment = cmp.Or(p.Deployment, Scratch2)
	p.Throughput = cmp.Or(p.Throughput, defaultThroughput[p.Deployment])
	return p
}

// Validate reports every fault in the props as a [check.Fault].
func (p DynamicProps) Validate() error {
	faults := check.Of("fsxlustre.DynamicProps")
	d := p.orDefaults()
	faults.Want(label.MatchString(d.Class), "Class", d.Class, wantLabel)
	faults.Want(isSubnet(p.Subnet), "Subnet", p.Subnet, `the id of one subnet, "subnet-…"`)
	faults.Want(len(p.Groups) > 0, "Groups", p.Groups, "at least one security group")
	for i, id := range p.Groups {
		faults.Want(isGroup(id), fmt.Sprintf("Groups[%d]", i), id, `the id of a security group, "sg-…"`)
	}
	d.Deployment.check(faults, d.Throughput)
	if p.Repository != "" {
		faults.Want(bucket.MatchString(p.Repository), "Repository", p.Repository, "the s3:// URL of a bucket or folder, or nothing")
		faults.Want(d.Deployment != Persistent2, "Repository", p.Repository,
			"nothing; the driver makes no data repository association, which PERSISTENT_2 needs (aws-fsx-csi-driver#412): take SCRATCH_2 or PERSISTENT_1, or a FileSystem")
	}
	return faults.Err()
}

// Validate reports every fault in the props as a [check.Fault].
func (p ClaimProps) Validate() error {
	faults := check.Of("fsxlustre.ClaimProps")
	faults.Want(label.MatchString(p.Name), "Name", p.Name, wantLabel)
	faults.Want(label.MatchString(p.Namespace), "Namespace", p.Namespace, wantLabel)
	faults.Want(p.Capacity >= 0 && p.Capacity <= 1_000_000, "Capacity", p.Capacity, "1 to 1000000 GiB, or 0 for 2000")
	return faults.Err()
}
