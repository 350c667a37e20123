package test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/fsxlustre"
	"github.com/lakekeel/lakekeel/internal/cdktest"
)

func TestFsxlustreFileSystem(t *testing.T) {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Fsx"), nil)
	vpc := awsec2.Vpc_FromVpcAttributes(stack, jsii.String("Vpc"), &awsec2.VpcAttributes{VpcId: jsii.String("vpc-0123456789abcdef0"), AvailabilityZones: jsii.Strings("eu-west-1a")})
	files := fsxlustre.NewFileSystem(stack, "Shared", fsxlustre.FileSystemProps{
		Name: "shared", Namespace: "sales", VPC: vpc, Subnet: "subnet-0123456789abcdef0", Clients: []string{"sg-0123456789abcdef0"},
		Repository: &fsxlustre.Repository{URL: "s3://lake/shared"},
	})
	template := cdktest.Synth(t, stack)
	t.Run("is PERSISTENT_2 of 2,400 GiB at 500 MB/s per TiB, kept", func(t *testing.T) {
		id := template.Has(t, "AWS::FSx::FileSystem", cdktest.Props{
			"StorageCapacity": 2400, "StorageType": "SSD",
			"LustreConfiguration": cdktest.Props{"DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 500},
		})
		if policy := template.Resources[id].DeletionPolicy; policy != "Retain" {
			t.Errorf("DeletionPolicy is %q; want Retain", policy)
		}
	})
	t.Run("keeps the bucket and /data alike", func(t *testing.T) {
		events := []string{"NEW", "CHANGED", "DELETED"}
		template.Has(t, "AWS::FSx::DataRepositoryAssociation", cdktest.Props{
			"FileSystemPath": "/data", "DataRepositoryPath": "s3://lake/shared",
			"S3": cdktest.Props{"AutoImportPolicy": cdktest.Props{"Events": events}, "AutoExportPolicy": cdktest.Props{"Events": events}},
		})
	})
	t.Run("has a volume for one claim", func(t *testing.T) {
		manifests := files.Manifests()
		reference := manifests[0]["spec"].(map[string]any)["claimRef"].(map[string]any)
		if reference["namespace"] != "sales" || reference["name"] != files.Claim {
			t.Errorf("the volume is for %v", reference)
		}
	})
	t.Run("is the template last reviewed", func(t *testing.T) { template.Golden(t, "test/testdata/fsxlustre.json") })
}

func TestFsxlustreDynamic(t *testing.T) {
	class := fsxlustre.NewDynamic(fsxlustre.DynamicProps{Subnet: "subnet-1", Groups: []string{"sg-1", "sg-2"}})
	text, err := json.Marshal(append(class.Manifests(), class.Claim(fsxlustre.ClaimProps{Name: "scratch", Namespace: "sales"})...))
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"labels":{"app.kubernetes.io/managed-by":"lakekeel"},"name":"fsx"},"mountOptions":["flock"],` +
		`"parameters":{"dataCompressionType":"LZ4","deploymentType":"SCRATCH_2","fileSystemTypeVersion":"2.15","securityGroupIds":"sg-1,sg-2","storageType":"SSD","subnetId":"subnet-1"},` +
		`"provisioner":"fsx.csi.aws.com","reclaimPolicy":"Retain","volumeBindingMode":"Immediate"},` +
		`{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"labels":{"app.kubernetes.io/managed-by":"lakekeel"},"name":"scratch","namespace":"sales"},` +
		`"spec":{"accessModes":["ReadWriteMany"],"resources":{"requests":{"storage":"2000Gi"}},"storageClassName":"fsx"}}]`
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}
