package glue

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
)

// SecurityConfigurationProps describes a [SecurityConfiguration].
type SecurityConfigurationProps struct {
	Name string      // 1 to 128 of letters, digits, - and _, unique in the account; a crawler takes no longer one
	Key  awskms.IKey // symmetric; encrypts data, logs and bookmarks
}

// SecurityConfiguration makes the jobs and crawlers that have it encrypt what they
// write with one KMS key: objects in S3 (SSE-KMS), logs (SSE-KMS) and job bookmarks
// (client-side). CloudWatch Logs is allowed to use the key for Glue's log groups.
type SecurityConfiguration struct {
	Construct constructs.Construct // the L2 awsglue.SecurityConfiguration
	Name      string               // as in the props
	Key       awskms.IKey

	ref    *string
	keyArn *string
}

// NewSecurityConfiguration defines a security configuration in scope. It panics with
// the error of [SecurityConfigurationProps.Validate] if the props are not sound.
func NewSecurityConfiguration(scope constructs.Construct, id string, props SecurityConfigurationProps) *SecurityConfiguration {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	configuration := awsglue.NewSecurityConfiguration(scope, &id, &awsglue.SecurityConfigurationProps{
		SecurityConfigurationName: &props.Name,
		RemovalPolicy:             awscdk.RemovalPolicy_DESTROY, // it holds no data, and would be in the way of the next stack
		S3Encryption:              awsglue.S3Encryption_Kms(props.Key),
		CloudWatchEncryption:      awsglue.CloudWatchEncryption_Kms(props.Key),
		JobBookmarksEncryption:    awsglue.JobBookmarksEncryption_ClientSideKms(props.Key),
	})
	allowLogs(props.Key)
	return &SecurityConfiguration{
		Construct: configuration,
		Name:      props.Name,
		Key:       props.Key,
		ref:       configuration.SecurityConfigurationName(),
		keyArn:    props.Key.KeyArn(),
	}
}

// allowLogs lets CloudWatch Logs encrypt Glue's log groups with the key; without it
// AssociateKmsKey fails and the job has no log:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html.
// An imported key cannot be changed from here; its owner has to allow the same.
func allowLogs(key awskms.IKey) {
	h := here()
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("logs."+h.region+".amazonaws.com"), nil)},
		Actions:    jsii.Strings("kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"),
		Resources:  jsii.Strings("*"), // in a key's policy, this key
		Conditions: &map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": h.arn("logs", "log-group:/aws-glue/*")}},
	}), jsii.Bool(true))
}

// use is what a job or crawler needs to encrypt with the key and read back.
func (s *SecurityConfiguration) use() statement {
	return statement{
		actions:   []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"},
		resources: []string{*s.keyArn},
	}
}

var securityConfigurationName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// Validate reports every fault in the props as a [check.Fault].
func (p SecurityConfigurationProps) Validate() error {
	faults := check.Of("glue.SecurityConfigurationProps")
	faults.Want(securityConfigurationName.MatchString(p.Name), "Name", p.Name, "1 to 128 of letters, digits, - and _")
	faults.Want(p.Key != nil, "Key", nil, "a KMS key")
	return faults.Err()
}
