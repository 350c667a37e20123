package emr_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/emr"
)

// A cluster that uses a KDC which somebody else runs.
func Example() {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Lake"), nil)
	password := awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("Admin"), jsii.String("kdc/admin"))
	security := emr.NewSecurityConfiguration(stack, "Security", emr.SecurityConfigurationProps{
		KDC: emr.KDC{Server: "kdc.example.internal:88", Admin: "kdc.example.internal:749"},
		Key: awskms.NewKey(stack, jsii.String("Key"), nil),
	})
	emr.NewCluster(stack, "Cluster", emr.ClusterProps{
		Name: "lake", Masters: 3, Workers: 10, Security: security, Realm: "EXAMPLE.INTERNAL",
		VPC: "vpc-0123456789abcdef0", Subnet: "subnet-0123456789abcdef0", ClientGroup: "sg-0123456789abcdef0",
		KdcAdmin: emr.SecretValue{ARN: *password.SecretArn(), Field: "password"},
		Logs:     "s3://example-logs/emr/",
	})
}
