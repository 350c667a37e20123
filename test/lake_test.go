package test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/lake"
	"github.com/lakekeel/lakekeel/internal/cdktest"
)

// lakeStack is a stack with a key and one bucket that wants to be destroyed.
func lakeStack(allow bool) (awscdk.Stack, *lake.Bucket) {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Lake"), nil)
	if allow {
		lake.AllowDestroy(stack)
	}
	key := lake.NewKey(stack, "Key", lake.KeyProps{Description: "the lake", DestroyData: true})
	bucket := lake.NewBucket(stack, "Raw", lake.BucketProps{
		Stem:        "raw",
		Key:         key.Key,
		AccessLogs:  lake.NewAccessLogs(stack, "AccessLogs", lake.AccessLogsProps{}),
		Temporary:   map[string]time.Duration{"temp/": 7 * 24 * time.Hour},
		DestroyData: true,
	})
	return stack, bucket
}

func TestLake(t *testing.T) {
	stack, bucket := lakeStack(false)
	scripts := lake.NewScripts(stack, "Scripts", lake.ScriptsProps{
		Bucket: bucket, Folder: fstest.MapFS{"jobs/curate.py": {Data: []byte("print(1)\n")}}, Files: []string{"jobs/curate.py"},
	})
	lake.NewSampleData(stack, "Sample", lake.SampleDataProps{
		Bucket: bucket, Folder: fstest.MapFS{"a.csv": {Data: []byte("id\n1\n")}}, Files: map[string]string{"a.csv": "raw/orders/a.csv"},
	})
	role := awsiam.NewRole(stack, jsii.String("Reader"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("glue.amazonaws.com"), nil)})
	bucket.GrantWrite(role, "out/")
	awscdk.NewCfnOutput(stack, jsii.String("Script"), &awscdk.CfnOutputProps{Value: jsii.String(scripts.URL("jobs/curate.py"))})
	cdktest.Nag(t, stack)
	template := cdktest.Synth(t, stack)

	t.Run("encrypts with the key and calls it seldom", func(t *testing.T) {
		template.Has(t, "AWS::S3::Bucket", cdktest.Props{
			"BucketName": cdktest.Props{"Fn::Join": []any{"", []any{"raw-", cdktest.Props{"Ref": "AWS::AccountId"}, "-", cdktest.Props{"Ref": "AWS::Region"}}}},
			"BucketEncryption": cdktest.Props{"ServerSideEncryptionConfiguration": []any{cdktest.Props{
				"BucketKeyEnabled": true, "ServerSideEncryptionByDefault": cdktest.Props{"SSEAlgorithm": "aws:kms"},
			}}},
		})
		template.Has(t, "AWS::KMS::Key", cdktest.Props{"EnableKeyRotation": true})
	})
	t.Run("is private and versioned, and pays for no forgotten upload", func(t *testing.T) {
		template.Has(t, "AWS::S3::Bucket", cdktest.Props{
			"PublicAccessBlockConfiguration": cdktest.Props{"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true},
			"OwnershipControls":              cdktest.Props{"Rules": []any{cdktest.Props{"ObjectOwnership": "BucketOwnerEnforced"}}},
			"VersioningConfiguration":        cdktest.Props{"Status": "Enabled"},
			"LifecycleConfiguration": cdktest.Props{"Rules": []any{
				cdktest.Props{
					"AbortIncompleteMultipartUpload": cdktest.Props{"DaysAfterInitiation": 7},
					"NoncurrentVersionExpiration":    cdktest.Props{"NoncurrentDays": 30},
				},
				cdktest.Props{"Prefix": "temp/", "ExpirationInDays": 7},
			}},
			"LoggingConfiguration": cdktest.Props{"LogFilePrefix": "Raw/"},
		})
	})
	t.Run("refuses plain HTTP, old TLS and other encryption", func(t *testing.T) {
		policies := lakeText(t, template.Of("AWS::S3::BucketPolicy"))
		for _, want := range []string{`{"Bool":{"aws:SecureTransport":"false"}}`, `{"NumericLessThan":{"s3:TlsVersion":1.2}}`, `{"StringNotEqualsIfExists":{"s3:x-amz-server-side-encryption":"aws:kms"}}`} {
			if !strings.Contains(policies, want) {
				t.Errorf("no bucket policy has the condition %s: %s", want, policies)
			}
		}
	})
	t.Run("keeps the data when one of the two keys is missing", func(t *testing.T) {
		lakeKept(t, template, "Retain")
		template.Count(t, "Custom::LakekeelEmptied", 0)
	})
	t.Run("puts a script under the hash of its content", func(t *testing.T) {
		text := lakeText(t, template.Of("Custom::LakekeelFiles"))
		if !regexp.MustCompile(`"Key":"scripts/[0-9a-f]{64}/curate.py"`).MatchString(text) {
			t.Errorf("no content-addressed key in %s", text)
		}
	})
	t.Run("puts sample data only where there is none", func(t *testing.T) {
		template.Has(t, "Custom::LakekeelFiles", cdktest.Props{"IfEmpty": []any{"raw/orders/"}})
	})
	t.Run("reads no asset but its own and writes nowhere but into its folders", func(t *testing.T) {
		for id, policy := range template.Of("AWS::IAM::Policy") {
			text := lakeText(t, policy.Properties["PolicyDocument"])
			for _, bad := range []string{`"Resource":"*"`, `"s3:*"`, `"kms:*"`, `s3:Get*`, `s3:GetObject*`} {
				if strings.Contains(text, bad) {
					t.Errorf("%s allows %s: %s", id, bad, text)
				}
			}
		}
		if functions := template.Of("AWS::Lambda::Function"); len(functions) != 1 {
			t.Errorf("%d Lambda functions; want 1 for both custom resources", len(functions))
		}
	})
}

func TestLakeIsDestroyedWithBothKeys(t *testing.T) {
	stack, _ := lakeStack(true)
	cdktest.Nag(t, stack)
	template := cdktest.Synth(t, stack)

	lakeKept(t, template, "Delete")
	t.Run("empties the bucket that says so by its tag", func(t *testing.T) {
		template.Count(t, "Custom::LakekeelEmptied", 1)
		template.Has(t, "AWS::S3::Bucket", cdktest.Props{"Tags": []any{cdktest.Props{"Key": "lakekeel:destroy-data", "Value": "true"}}})
	})
	t.Run("keeps the access logs all the same", func(t *testing.T) {
		for id, bucket := range template.Of("AWS::S3::Bucket") {
			if strings.HasPrefix(id, "AccessLogs") && bucket.DeletionPolicy != "Retain" {
				t.Errorf("%s has DeletionPolicy %s; want Retain", id, bucket.DeletionPolicy)
			}
		}
	})
}

func lakeKept(t *testing.T, template *cdktest.Template, want string) {
	t.Helper()
	for _, kind := range []string{"AWS::S3::Bucket", "AWS::KMS::Key"} {
		for id, r := range template.Of(kind) {
			if !strings.HasPrefix(id, "AccessLogs") && (r.DeletionPolicy != want || r.UpdateReplacePolicy != want) {
				t.Errorf("%s has DeletionPolicy %s and UpdateReplacePolicy %s; want %s", id, r.DeletionPolicy, r.UpdateReplacePolicy, want)
			}
		}
	}
}

func lakeText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
