package lake

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
)

const (
	day = 24 * time.Hour

	// abortMultipart is how long an upload that was begun may take. Its parts cost
	// money and show in no listing.
	abortMultipart = 7 * day

	minimumTLS = 1.2
)

// BucketProps describes a [Bucket].
type BucketProps struct {
	// Name is the whole name, or Stem the beginning of it: "-ACCOUNT-REGION" is put
	// after the stem, which makes it unique in the world. If both are empty,
	// CloudFormation makes a name up. A bucket with a name is replaced by hand only.
	Name string // 3 to 63 of a-z, 0-9 and "-"
	Stem string // 3 to 35 of a-z, 0-9 and "-"

	Key        awskms.IKey // encrypts every object, with a bucket key to spare calls
	AccessLogs *AccessLogs // where S3 writes who read and wrote; if nil, nowhere

	// NoncurrentAge is how long a deleted or replaced version is kept, whole days;
	// if zero, 30 days.
	NoncurrentAge time.Duration

	// Temporary gives, by prefix, the age at which objects are deleted, whole days;
	// e.g. {"temp/": 7 * 24 * time.Hour}.
	Temporary map[string]time.Duration

	// DestroyData empties and deletes the bucket when it leaves the app, if the
	// environment agrees too; see [AllowDestroy].
	DestroyData bool
}

// Bucket is a private, versioned S3 bucket: encrypted with a KMS key, refusing requests
// without TLS 1.2 or with another encryption, its objects owned by the bucket's
// account, kept when its stack is deleted.
type Bucket struct {
	Construct constructs.Construct
	Bucket    awss3.IBucket

	keyArn string // empty for an imported bucket without a key of its own
}

// NewBucket defines a bucket in scope. It panics with the error of
// [BucketProps.Validate] if the props are not sound.
func NewBucket(scope constructs.Construct, id string, props BucketProps) *Bucket {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	b := &Bucket{Construct: constructs.NewConstruct(scope, &id), keyArn: *props.Key.KeyArn()}
	rules := lifecycle(props.NoncurrentAge, props.Temporary)
	bucket := newBucket(b.Construct, &awss3.BucketProps{
		BucketName:       props.bucketName(),
		Encryption:       awss3.BucketEncryption_KMS,
		EncryptionKey:    props.Key,
		BucketKeyEnabled: jsii.Bool(true),
		Versioned:        jsii.Bool(true),
		LifecycleRules:   &rules,
		RemovalPolicy:    removalPolicy(scope, props.DestroyData),
	})
	b.Bucket = bucket
	b.refuseOtherEncryption()
	if props.AccessLogs != nil {
		props.AccessLogs.log(bucket, id)
	}
	if destroys(scope, props.DestroyData) {
		b.emptyOnDelete()
	}
	return b
}

// ImportBucket stands for a bucket that exists already. KeyArn is that of the KMS key
// which encrypts its objects; if empty, they are encrypted with S3's own keys. Rights
// are given to roles of the app only: neither the bucket's nor the key's policy changes.
func ImportBucket(scope constructs.Construct, id, name, keyArn string) *Bucket {
	construct := constructs.NewConstruct(scope, &id)
	bucket := awss3.Bucket_FromBucketName(construct, jsii.String("Resource"), &name)
	return &Bucket{Construct: construct, Bucket: bucket, keyArn: keyArn}
}

// newBucket adds what every bucket has. Versioning is not in it.
func newBucket(scope constructs.Construct, props *awss3.BucketProps) awss3.Bucket {
	props.BlockPublicAccess = awss3.BlockPublicAccess_BLOCK_ALL()
	props.ObjectOwnership = awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED
	props.EnforceSSL = jsii.Bool(true)
	props.MinimumTLSVersion = jsii.Number(minimumTLS)
	return awss3.NewBucket(scope, jsii.String("Resource"), props)
}

func (p BucketProps) bucketName() *string {
	if p.Stem != "" {
		return jsii.String(fmt.Sprintf("%s-%s-%s", p.Stem, *awscdk.Aws_ACCOUNT_ID(), *awscdk.Aws_REGION()))
	}
	if p.Name != "" {
		return &p.Name
	}
	return nil
}

func lifecycle(noncurrent time.Duration, temporary map[string]time.Duration) []*awss3.LifecycleRule {
	rules := []*awss3.LifecycleRule{{
		Id:                                  jsii.String("old-versions"),
		AbortIncompleteMultipartUploadAfter: days(abortMultipart),
		NoncurrentVersionExpiration:         days(cmp.Or(noncurrent, 30*day)),
		ExpiredObjectDeleteMarker:           jsii.Bool(true),
	}}
	for _, prefix := range slices.Sorted(maps.Keys(temporary)) {
		rules = append(rules, &awss3.LifecycleRule{
			Id:         jsii.String("expire-" + prefix),
			Prefix:     jsii.String(prefix),
			Expiration: days(temporary[prefix]),
		})
	}
	return rules
}

func days(d time.Duration) awscdk.Duration {
	return awscdk.Duration_Days(jsii.Number(float64(d / day)))
}

// refuseOtherEncryption denies an upload that asks for anything but KMS. One that asks for
// nothing gets the bucket's key by default, which is what most clients rely on.
func (b *Bucket) refuseOtherEncryption() {
	b.Bucket.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("RefuseOtherEncryption"),
		Effect:     awsiam.Effect_DENY,
		Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
		Actions:    jsii.Strings("s3:PutObject"),
		Resources:  &[]*string{b.Bucket.ArnForObjects(jsii.String("*"))},
		Conditions: &map[string]any{"StringNotEqualsIfExists": map[string]any{"s3:x-amz-server-side-encryption": "aws:kms"}},
	}))
}

// Name is the bucket's name, as a token unless it was given whole.
func (b *Bucket) Name() string { return *b.Bucket.BucketName() }

// URL is the s3:// URL of a key or folder in the bucket, e.g. URL("raw/orders/"). If
// the key is empty, it is that of the bucket.
func (b *Bucket) URL(key string) string { return "s3://" + b.Name() + "/" + key }

// GrantRead lets grantee read the objects in a folder, or in the whole bucket if it is
// empty, and list the bucket.
//
// The listing is not bound to the folder: S3 answers a question for an object that is
// not there with 403 instead of 404 unless the whole bucket may be listed, and Spark,
// which asks before it writes, takes that for a failure.
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html)
func (b *Bucket) GrantRead(grantee awsiam.IGrantable, folder string) {
	b.allowRead(grantee.GrantPrincipal(), folder)
}

func (b *Bucket) allowRead(to awsiam.IPrincipal, folder string) {
	b.allow(to, objects(folder), "s3:GetObject")
	grant(to, []string{"s3:GetBucketLocation", "s3:ListBucket"}, *b.Bucket.BucketArn())
	b.allowKey(to, "kms:Decrypt")
}

// GrantWrite lets grantee put, replace and delete the objects in a folder, as well as
// read and list them.
func (b *Bucket) GrantWrite(grantee awsiam.IGrantable, folder string) {
	to := grantee.GrantPrincipal()
	b.allowRead(to, folder)
	// EMR's file system, which older versions of Glue use, marks a folder by an object beside it.
	marker := strings.TrimSuffix(folder, "/") + "_$folder$"
	b.allow(to, append(objects(folder), marker), "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject")
	b.allowKey(to, "kms:GenerateDataKey")
}

func (b *Bucket) allow(to awsiam.IPrincipal, keys []string, actions ...string) {
	resources := make([]string, len(keys))
	for i, key := range keys {
		resources[i] = *b.Bucket.BucketArn() + "/" + key
	}
	grant(to, actions, resources...)
}

func (b *Bucket) allowKey(to awsiam.IPrincipal, action string) {
	if b.keyArn != "" {
		grant(to, []string{action}, b.keyArn)
	}
}

// objects are the keys of a folder: the folder itself, which Spark asks for, and all
// below it; of the empty folder, the whole bucket.
func objects(folder string) []string {
	folder = strings.TrimSuffix(folder, "/")
	if folder == "" {
		return []string{"*"}
	}
	return []string{folder, folder + "/*"}
}

// Validate reports every fault in the props as a [check.Fault]. It touches nothing but
// the props, so it may be called without a CDK app.
func (p BucketProps) Validate() error {
	faults := check.Of("lake.BucketProps")
	faults.Want(p.Name == "" || p.Stem == "", "Stem", p.Stem, "nothing, since Name is the whole name")
	if p.Name != "" {
		faults.Want(isBucketName(p.Name, 63), "Name", p.Name, fmt.Sprintf(wantBucketName, 63))
	}
	if p.Stem != "" {
		faults.Want(isBucketName(p.Stem, maxStem), "Stem", p.Stem, fmt.Sprintf(wantBucketName, maxStem))
	}
	faults.Want(p.Key != nil, "Key", nil, "a KMS key")
	faults.Want(isDays(p.NoncurrentAge) || p.NoncurrentAge == 0, "NoncurrentAge", p.NoncurrentAge, "whole days, or 0 for 30 days")
	for _, prefix := range slices.Sorted(maps.Keys(p.Temporary)) {
		field := fmt.Sprintf("Temporary[%q]", prefix)
		faults.Want(isFolder(prefix), field, prefix, wantFolder)
		faults.Want(isDays(p.Temporary[prefix]), field, p.Temporary[prefix], "whole days, 1 or more")
	}
	return faults.Err()
}

func isDays(d time.Duration) bool { return d > 0 && d%day == 0 }
