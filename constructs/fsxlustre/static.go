package fsxlustre

import (
	"cmp"
	"fmt"
	"path"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsfsx"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
)

// A Repository is a bucket, or a folder of one, that a file system shows at Path: what is
// new, changed or deleted on one side becomes so on the other.
type Repository struct {
	URL  string // s3:// URL; may hold tokens
	Path string // in the file system; if empty, "/data"
}

// FileSystemProps describes a [FileSystem].
type FileSystemProps struct {
	Name      string // of volume and claim: 1 to 40 of a-z, 0-9 and "-", unique in the namespace
	Namespace string // in which pods claim it

	VPC     awsec2.IVpc
	Subnet  string   // id of the subnet, and by it the zone, in which it is; may be a token
	Clients []string // ids of the security groups of the nodes, at least one; may be tokens

	Capacity   int         // GiB: 1200, 2400 or a multiple of 2400; if zero, 2400
	Deployment Deployment  // if empty, Persistent2
	Throughput int         // MB/s per TiB; if zero, 500 of Persistent2 and 200 of Persistent1
	Repository *Repository // if nil, none; the file system is then backed up for a week
	Key        awskms.IKey // if nil, AWS's own key for FSx

	DestroyData bool // deletes the file system with its stack; otherwise it is kept
}

// FileSystem is a file system for Lustre that CloudFormation makes, with the volume and
// the claim by which pods of one namespace share it.
type FileSystem struct {
	Construct constructs.Construct
	Claim     string // name of the PersistentVolumeClaim
	ID        *string

	props     FileSystemProps
	mountName *string
	dnsName   string
}

// NewFileSystem defines a file system in scope. It panics with the error of
// [FileSystemProps.Validate] if the props are not sound.
func NewFileSystem(scope constructs.Construct, id string, props FileSystemProps) *FileSystem {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	props = props.orDefaults()
	f := &FileSystem{Construct: constructs.NewConstruct(scope, &id), Claim: props.Name, props: props}
	resource := awsfsx.NewCfnFileSystem(f.Construct, jsii.String("Resource"), props.resource(f.newGroup()))
	policy := awscdk.RemovalPolicy_RETAIN
	if props.DestroyData {
		policy = awscdk.RemovalPolicy_DESTROY
	}
	resource.ApplyRemovalPolicy(policy, nil)
	f.ID, f.mountName = resource.Ref(), resource.AttrLustreMountName()
	f.dnsName = *resource.AttrDnsName()
	if props.Repository != nil {
		f.associate(*props.Repository)
	}
	return f
}

// newGroup lets the nodes in on the ports of Lustre:
// https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html.
func (f *FileSystem) newGroup() *string {
	var rules []any
	add := func(source any, from, to int) {
		rules = append(rules, map[string]any{"ipProtocol": "tcp", "fromPort": from, "toPort": to, "sourceSecurityGroupId": source, "description": "Lustre"})
	}
	for _, client := range f.props.Clients {
		add(client, 988, 988)
		add(client, 1018, 1023)
	}
	group := awsec2.NewCfnSecurityGroup(f.Construct, jsii.String("Group"), &awsec2.CfnSecurityGroupProps{
		GroupDescription: jsii.String("FSx for Lustre file system " + f.props.Name), VpcId: f.props.VPC.VpcId(), SecurityGroupIngress: rules,
	})
	for _, span := range [][2]int{{988, 988}, {1018, 1023}} { // the servers also speak to each other
		awsec2.NewCfnSecurityGroupIngress(f.Construct, jsii.String(fmt.Sprintf("Self%d", span[0])), &awsec2.CfnSecurityGroupIngressProps{
			GroupId: group.AttrGroupId(), SourceSecurityGroupId: group.AttrGroupId(), IpProtocol: jsii.String("tcp"),
			FromPort: jsii.Number(span[0]), ToPort: jsii.Number(span[1]), Description: jsii.String("Lustre"),
		})
	}
	return group.AttrGroupId()
}

func (p FileSystemProps) resource(group *string) *awsfsx.CfnFileSystemProps {
	lustre := &awsfsx.CfnFileSystem_LustreConfigurationProperty{
		DeploymentType: jsii.String(string(p.Deployment)), DataCompressionType: jsii.String("LZ4"),
	}
	if p.Throughput > 0 {
		lustre.PerUnitStorageThroughput = jsii.Number(p.Throughput)
	}
	if p.Deployment == Persistent2 {
		lustre.MetadataConfiguration = &awsfsx.CfnFileSystem_MetadataConfigurationProperty{Mode: jsii.String("AUTOMATIC")}
	}
	if p.Deployment != Scratch2 {
		days := 7
		if p.Repository != nil {
			days = 0 // FSx backs up no file system with a repository: the bucket has the data
		}
		lustre.AutomaticBackupRetentionDays = jsii.Number(days)
	}
	props := &awsfsx.CfnFileSystemProps{
		FileSystemType: jsii.String("LUSTRE"), FileSystemTypeVersion: jsii.String("2.15"),
		StorageCapacity: jsii.Number(p.Capacity), StorageType: jsii.String("SSD"),
		SubnetIds: jsii.Strings(p.Subnet), SecurityGroupIds: &[]*string{group}, LustreConfiguration: lustre,
		Tags: &[]*awscdk.CfnTag{{Key: jsii.String("Name"), Value: jsii.String(p.Namespace + "-" + p.Name)}},
	}
	if p.Key != nil {
		props.KmsKeyId = p.Key.KeyArn()
	}
	return props
}

// associate shows the bucket at its path, and keeps both sides alike. No L2 has this
// (aws-cdk#34649).
func (f *FileSystem) associate(repository Repository) {
	events := jsii.Strings("NEW", "CHANGED", "DELETED")
	awsfsx.NewCfnDataRepositoryAssociation(f.Construct, jsii.String("Repository"), &awsfsx.CfnDataRepositoryAssociationProps{
		FileSystemId: f.ID, FileSystemPath: &repository.Path, DataRepositoryPath: &repository.URL,
		BatchImportMetaDataOnCreate: true,
		S3: &awsfsx.CfnDataRepositoryAssociation_S3Property{
			AutoImportPolicy: &awsfsx.CfnDataRepositoryAssociation_AutoImportPolicyProperty{Events: events},
			AutoExportPolicy: &awsfsx.CfnDataRepositoryAssociation_AutoExportPolicyProperty{Events: events},
		},
	})
}

// Manifests are the volume, which is for this claim alone, and the claim.
func (f *FileSystem) Manifests() []Manifest {
	p := f.props
	volume := p.Namespace + "-" + p.Name
	return []Manifest{
		object("v1", "PersistentVolume", "", volume, map[string]any{"spec": map[string]any{
			"capacity": map[string]any{"storage": fmt.Sprintf("%dGi", p.Capacity)}, "volumeMode": "Filesystem",
			"accessModes": []any{"ReadWriteMany"}, "persistentVolumeReclaimPolicy": "Retain", "storageClassName": "",
			"mountOptions": []any{"flock"},
			"claimRef":     map[string]any{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": p.Namespace, "name": f.Claim},
			"csi": map[string]any{
				"driver": driver, "volumeHandle": *f.ID,
				"volumeAttributes": map[string]any{"dnsname": f.dnsName, "mountname": *f.mountName},
			},
		}}),
		claim(p.Namespace, f.Claim, "", volume, p.Capacity),
	}
}

func (p FileSystemProps) orDefaults() FileSystemProps {
	p.Capacity = cmp.Or(p.Capacity, step)
	p.Deployment = cmp.Or(p.Deployment, Persistent2)
	p.Throughput = cmp.Or(p.Throughput, defaultThroughput[p.Deployment])
	if p.Repository != nil {
		p.Repository = &Repository{p.Repository.URL, cmp.Or(p.Repository.Path, "/data")}
	}
	return p
}

// Validate reports every fault in the props as a [check.Fault].
func (p FileSystemProps) Validate() error {
	faults := check.Of("fsxlustre.FileSystemProps")
	faults.Want(label.MatchString(p.Name) && len(p.Name) <= 40, "Name", p.Name, `1 to 40 of a-z, 0-9 and "-", beginning and ending with a letter or digit`)
	faults.Want(label.MatchString(p.Namespace), "Namespace", p.Namespace, wantLabel)
	faults.Want(p.VPC != nil, "VPC", nil, "the VPC of the nodes")
	faults.Want(isSubnet(p.Subnet), "Subnet", p.Subnet, `the id of one subnet, "subnet-…"`)
	faults.Want(len(p.Clients) > 0, "Clients", p.Clients, "at least one security group of the nodes")
	for i, id := range p.Clients {
		faults.Want(isGroup(id), fmt.Sprintf("Clients[%d]", i), id, `the id of a security group, "sg-…"`)
	}
	d := p.orDefaults()
	faults.Want(offered(d.Capacity), "Capacity", d.Capacity, fmt.Sprintf("1200, 2400 or a multiple of 2400 GiB; nearest is %d", nearest(d.Capacity)))
	d.Deployment.check(faults, d.Throughput)
	if d.Repository != nil {
		faults.Want(bucket.MatchString(d.Repository.URL), "Repository.URL", d.Repository.URL, "the s3:// URL of a bucket or folder")
		where := d.Repository.Path
		faults.Want(path.IsAbs(where) && path.Clean(where) == where && where != "/", "Repository.Path", where, `an absolute path below "/", e.g. "/data"`)
	}
	return faults.Err()
}
