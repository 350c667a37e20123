package glue

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/batch"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
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
	Construct constructs.Construct // holds the CfnSecurityConfiguration
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
	keyArn := props.Key.KeyArn()
	group, ref := batch.Make(scope, []batch.Resource{batch.Group(id), {
		Type:    "aws-cdk-lib.aws_glue.CfnSecurityConfiguration",
		ID:      "Resource",
		Props:   props.resource(keyArn),
		Removal: awscdk.RemovalPolicy_DESTROY, // it holds no data, and would be in the way of the next stack
	}})
	// Else AssociateKmsKey fails and the job has no log. An imported key cannot be changed
	// from here; its owner has to allow the same.
	batch.Allow(props.Key, policy.EncryptLogs("/aws-glue/*"))
	return &SecurityConfiguration{Construct: group, Name: props.Name, Key: props.Key, ref: &ref, keyArn: keyArn}
}

func (p SecurityConfigurationProps) resource(keyArn *string) *awsglue.CfnSecurityConfigurationProps {
	kms := jsii.String("SSE-KMS")
	return &awsglue.CfnSecurityConfigurationProps{
		Name: &p.Name,
		EncryptionConfiguration: &awsglue.CfnSecurityConfiguration_EncryptionConfigurationProperty{
			S3Encryptions:          []any{&awsglue.CfnSecurityConfiguration_S3EncryptionProperty{S3EncryptionMode: kms, KmsKeyArn: keyArn}},
			CloudWatchEncryption:   &awsglue.CfnSecurityConfiguration_CloudWatchEncryptionProperty{CloudWatchEncryptionMode: kms, KmsKeyArn: keyArn},
			JobBookmarksEncryption: &awsglue.CfnSecurityConfiguration_JobBookmarksEncryptionProperty{JobBookmarksEncryptionMode: jsii.String("CSE-KMS"), KmsKeyArn: keyArn},
		},
	}
}

// use is what a job or crawler needs to encrypt with the key and read back.
func (s *SecurityConfiguration) use() policy.Statement {
	return policy.Statement{
		Actions:   []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"},
		Resources: []string{*s.keyArn},
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
