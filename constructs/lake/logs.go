package lake

import (
	"cmp"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
)

// AccessLogsProps describes [AccessLogs].
type AccessLogsProps struct {
	Keep time.Duration // age at which a log is deleted, whole days; if zero, 90 days
}

// AccessLogs is a bucket that S3 writes into who read and wrote other buckets of the same
// account and region. It is always kept when its stack is deleted: its logs expire.
//
// Its objects are encrypted with S3's own keys, because S3 writes no access log into a
// bucket that encrypts with KMS:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html.
type AccessLogs struct {
	Construct constructs.Construct
	Bucket    awss3.Bucket
}

// NewAccessLogs defines a bucket for access logs in scope. It panics with the error of
// [AccessLogsProps.Validate] if the props are not sound.
func NewAccessLogs(scope constructs.Construct, id string, props AccessLogsProps) *AccessLogs {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	l := &AccessLogs{Construct: constructs.NewConstruct(scope, &id)}
	l.Bucket = newBucket(l.Construct, &awss3.BucketProps{
		Encryption:    awss3.BucketEncryption_S3_MANAGED,
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:                                  jsii.String("old-logs"),
			AbortIncompleteMultipartUploadAfter: days(abortMultipart),
			Expiration:                          days(cmp.Or(props.Keep, 90*day)),
		}},
	})
	l.Bucket.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("AllowAccessLogs"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("logging.s3.amazonaws.com"), nil)},
		Actions:    jsii.Strings("s3:PutObject"),
		Resources:  &[]*string{l.Bucket.ArnForObjects(jsii.String("*"))},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}},
	}))
	return l
}

// log makes S3 write the bucket's access logs below prefix/. It is done on the Cfn
// resource because the L2 bucket grants by ACL, which these buckets do not have, unless
// the app sets a feature flag.
func (l *AccessLogs) log(bucket awss3.Bucket, prefix string) {
	resource := bucket.Node().DefaultChild().(awss3.CfnBucket)
	resource.SetLoggingConfiguration(&awss3.CfnBucket_LoggingConfigurationProperty{
		DestinationBucketName: l.Bucket.BucketName(),
		LogFilePrefix:         jsii.String(prefix + "/"),
	})
}

// Validate reports every fault in the props as a [check.Fault].
func (p AccessLogsProps) Validate() error {
	faults := check.Of("lake.AccessLogsProps")
	faults.Want(p.Keep == 0 || isDays(p.Keep), "Keep", p.Keep, "whole days, or 0 for 90 days")
	return faults.Err()
}
