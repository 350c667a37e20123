package test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/emr"
	"github.com/lakekeel/lakekeel/internal/cdktest"
)

func TestEmrCluster(t *testing.T) {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Emr"), nil)
	secret := func(name string) string {
		return *stack.FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("secretsmanager"), Resource: jsii.String("secret"), ResourceName: &name, ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
		})
	}
	security := emr.NewSecurityConfiguration(stack, "Security", emr.SecurityConfigurationProps{
		Key: awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)}),
		KDC: emr.KDC{
			Server: "kdc.example.internal:88", Admin: "kdc.example.internal:749",
			Trust: &emr.Trust{Realm: "AD.EXAMPLE.COM", Domain: "ad.example.com", Server: "dc1.ad.example.com"},
		},
	})
	emr.NewCluster(stack, "Cluster", emr.ClusterProps{
		Name: "lake", Masters: 3, Workers: 5, Security: security, Realm: "EMR.EXAMPLE.COM",
		VPC: "vpc-0123456789abcdef0", Subnet: "subnet-0123456789abcdef0", ClientGroup: "sg-0123456789abcdef0",
		KdcAdmin: emr.SecretValue{ARN: secret("kdc/main/admin-AbCdEf"), Field: "admin_password"},
		Join: &emr.Join{
			User:              "joiner",
			Password:          emr.SecretValue{ARN: secret("ad-AbCdEf"), Field: "join"},
			PrincipalPassword: emr.SecretValue{ARN: secret("ad-AbCdEf"), Field: "principal"},
		},
		Logs: "s3://logs/emr/",
	})
	cdktest.Nag(t, stack)
	template := cdktest.Synth(t, stack)

	t.Run("every password is a dynamic reference", func(t *testing.T) {
		for _, r := range template.Of("AWS::EMR::Cluster") {
			attributes := r.Properties["KerberosAttributes"].(map[string]any)
			for field, name := range map[string]string{"KdcAdminPassword": "admin_password", "ADDomainJoinPassword": "join", "CrossRealmTrustPrincipalPassword": "principal"} {
				got := fmt.Sprint(attributes[field])
				if !strings.Contains(got, "{{resolve:secretsmanager:") || !strings.Contains(got, ":SecretString:"+name+"}}") {
					t.Errorf("%s is %s", field, got)
				}
			}
		}
	})
	t.Run("three masters stand on three hosts", func(t *testing.T) {
		template.Has(t, "AWS::EMR::Cluster", cdktest.Props{
			"Instances":             cdktest.Props{"MasterInstanceGroup": cdktest.Props{"InstanceCount": 3}, "CoreInstanceGroup": cdktest.Props{"InstanceCount": 5}, "TerminationProtected": true},
			"PlacementGroupConfigs": []any{cdktest.Props{"InstanceRole": "MASTER", "PlacementStrategy": "SPREAD"}},
		})
	})
	t.Run("disks, S3 and metadata are closed", func(t *testing.T) {
		template.Has(t, "AWS::EMR::SecurityConfiguration", cdktest.Props{"SecurityConfiguration": cdktest.Props{
			"EncryptionConfiguration": cdktest.Props{
				"EnableAtRestEncryption":           true,
				"AtRestEncryptionConfiguration":    cdktest.Props{"LocalDiskEncryptionConfiguration": cdktest.Props{"EnableEbsEncryption": true}},
				"EnableInTransitEncryption":        false,
				"InTransitEncryptionConfiguration": nil,
			},
			"InstanceMetadataServiceConfiguration": cdktest.Props{"MinimumInstanceMetadataServiceVersion": 2},
			"AuthenticationConfiguration": cdktest.Props{"KerberosConfiguration": cdktest.Props{"ExternalKdcConfiguration": cdktest.Props{
				"AdIntegrationConfiguration": cdktest.Props{"AdRealm": "AD.EXAMPLE.COM", "AdDomain": "ad.example.com", "AdServer": "dc1.ad.example.com"},
			}}},
		}})
	})
	t.Run("nobody is let in by address", func(t *testing.T) {
		for id, rule := range template.Of("AWS::EC2::SecurityGroupIngress") {
			if rule.Properties["SourceSecurityGroupId"] == nil {
				t.Errorf("%s lets in %v", id, rule.Properties)
			}
		}
	})
	t.Run("is the template last reviewed", func(t *testing.T) { template.Golden(t, "test/testdata/emr.json") })
}
