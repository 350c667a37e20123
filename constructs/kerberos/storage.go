package kerberos

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsefs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsfsx"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/network"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// Storage is a kind of file system that all nodes mount.
type Storage string

const (
	EFS Storage = "efs"       // Amazon EFS: grows by itself, no fixed cost
	FSx Storage = "fsx-ontap" // Amazon FSx for NetApp ONTAP, in two zones: quicker, at least 1 TiB
)

var storages = []Storage{EFS, FSx}

const (
	nfsPort = 2049

	// A file system that is frozen returns an error after about ten seconds (timeo is in
	// tenths) in place of holding whoever touches it: that is the writer of dumps alone.
	mountOptions = "soft,timeo=50,retrans=2,noatime"
)

// A fileSystem is what a node mounts by NFS 4.1.
type fileSystem struct {
	storage Storage
	arn     *string
	mount   string // what a node adds to `mount -t`: kind, options and source
	ready   []constructs.IDependable

	accessPoint *string // of EFS
}

func newFileSystem(scope constructs.Construct, g *groups, props KDCProps) *fileSystem {
	scope = constructs.NewConstruct(scope, jsii.String("Files"))
	group := newGroup(scope, "Group", props.Network, "File system of the KDC", network.NoEgress("a file system only answers"))
	connect(scope, "nodes", g.nodes, "files", group, nfsPort)
	if props.Storage == EFS {
		return newEFS(scope, group, props)
	}
	return newFSx(scope, group, props)
}

func newEFS(scope constructs.Construct, group awsec2.CfnSecurityGroup, props KDCProps) *fileSystem {
	resource := awsefs.NewCfnFileSystem(scope, jsii.String("Resource"), &awsefs.CfnFileSystemProps{
		Encrypted: true, KmsKeyId: props.Key.KeyArn(), PerformanceMode: jsii.String("generalPurpose"), ThroughputMode: jsii.String("elastic"),
		BackupPolicy: &awsefs.CfnFileSystem_BackupPolicyProperty{Status: jsii.String("DISABLED")}, // the KDC's own plan does it
		FileSystemPolicy: policy.Raw(map[string]any{
			"Sid": "OnlyByTLS", "Effect": "Deny", "Principal": map[string]any{"AWS": "*"}, "Action": "*",
			"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
		}),
	})
	resource.ApplyRemovalPolicy(props.removal(), nil)
	point := awsefs.NewCfnAccessPoint(scope, jsii.String("Root"), &awsefs.CfnAccessPointProps{
		FileSystemId: resource.Ref(),
		PosixUser:    &awsefs.CfnAccessPoint_PosixUserProperty{Uid: jsii.String("0"), Gid: jsii.String("0")},
		RootDirectory: &awsefs.CfnAccessPoint_RootDirectoryProperty{
			Path:         jsii.String("/kdc"),
			CreationInfo: &awsefs.CfnAccessPoint_CreationInfoProperty{OwnerUid: jsii.String("0"), OwnerGid: jsii.String("0"), Permissions: jsii.String("0700")},
		},
	})
	f := &fileSystem{storage: EFS, arn: resource.AttrArn(), accessPoint: point.Ref()}
	f.mount = "efs -o tls,iam,accesspoint=" + *point.Ref() + "," + mountOptions + " " + *resource.Ref() + ":/"
	for i, subnet := range props.Network.Subnets {
		f.ready = append(f.ready, awsefs.NewCfnMountTarget(scope, jsii.String("Target"+string(rune('1'+i))), &awsefs.CfnMountTargetProps{
			FileSystemId: resource.Ref(), SubnetId: &subnet, SecurityGroups: &[]any{group.AttrGroupId()},
		}))
	}
	return f
}

// newFSx makes the smallest file system that stands in two zones:
// https://docs.aws.amazon.com/fsx/latest/ONTAPGuide/high-availability-AZ.html.
func newFSx(scope constructs.Construct, group awsec2.CfnSecurityGroup, props KDCProps) *fileSystem {
	ontap := &awsfsx.CfnFileSystem_OntapConfigurationProperty{
		DeploymentType: jsii.String("MULTI_AZ_1"), ThroughputCapacity: jsii.Number(128), PreferredSubnetId: &props.Network.Subnets[0],
		AutomaticBackupRetentionDays: jsii.Number(0), // the KDC's own plan does it
	}
	if len(props.Network.RouteTables) > 0 {
		ontap.RouteTableIds = jsii.Strings(props.Network.RouteTables...)
	}
	resource := awsfsx.NewCfnFileSystem(scope, jsii.String("Resource"), &awsfsx.CfnFileSystemProps{
		FileSystemType: jsii.String("ONTAP"), StorageCapacity: jsii.Number(1024), StorageType: jsii.String("SSD"), KmsKeyId: props.Key.KeyArn(),
		SubnetIds: jsii.Strings(props.Network.Subnets[:2]...), SecurityGroupIds: &[]*string{group.AttrGroupId()},
		OntapConfiguration: ontap, Tags: network.Named(scope),
	})
	resource.ApplyRemovalPolicy(props.removal(), nil)
	machine := awsfsx.NewCfnStorageVirtualMachine(scope, jsii.String("Machine"), &awsfsx.CfnStorageVirtualMachineProps{
		FileSystemId: resource.Ref(), Name: jsii.String("kdc"), RootVolumeSecurityStyle: jsii.String("UNIX"),
	})
	machine.ApplyRemovalPolicy(props.removal(), nil)
	volume := awsfsx.NewCfnVolume(scope, jsii.String("Volume"), &awsfsx.CfnVolumeProps{
		Name: jsii.String("kdc"), VolumeType: jsii.String("ONTAP"),
		OntapConfiguration: &awsfsx.CfnVolume_OntapConfigurationProperty{
			StorageVirtualMachineId: machine.Ref(), JunctionPath: jsii.String("/kdc"), SecurityStyle: jsii.String("UNIX"),
			SizeInMegabytes: jsii.String("10240"), StorageEfficiencyEnabled: jsii.String("true"),
		},
	})
	volume.ApplyRemovalPolicy(props.removal(), nil)
	host := *machine.Ref() + "." + *resource.Ref() + ".fsx." + policy.Here().Region + "." + policy.Here().Suffix
	return &fileSystem{
		storage: FSx, arn: volume.AttrResourceArn(), ready: []constructs.IDependable{volume},
		mount: "nfs4 -o nfsvers=4.1," + mountOptions + " " + host + ":/kdc",
	}
}

// rights are those of the nodes on the file system. FSx knows no IAM.
func (f *fileSystem) rights() []policy.Statement {
	if f.storage != EFS {
		return nil
	}
	return []policy.Statement{{
		Actions: []string{"elasticfilesystem:ClientMount", "elasticfilesystem:ClientRootAccess", "elasticfilesystem:ClientWrite"}, Resources: []string{*f.arn},
		Conditions: map[string]any{"StringEquals": map[string]any{
			"elasticfilesystem:AccessPointArn": policy.Here().Arn("elasticfilesystem", "access-point/"+*f.accessPoint),
		}},
	}}
}

func (p KDCProps) removal() awscdk.RemovalPolicy {
	if p.DestroyData {
		return awscdk.RemovalPolicy_DESTROY
	}
	return awscdk.RemovalPolicy_RETAIN
}
