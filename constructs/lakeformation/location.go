package lakeformation

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslakeformation"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// DataLocationProps describes a [DataLocation].
type DataLocationProps struct {
	Name   string        // what grants call it, as [Principal].Name
	Bucket awss3.IBucket // its policy need not change
	Prefix string        // folder in the bucket, with a closing slash; if empty, the whole bucket

	// KeyARN is the KMS key that encrypts the data; if empty, S3's own keys do.
	KeyARN string

	// ReadOnly gives the role no right to write: for data that nothing under Lake
	// Formation changes.
	ReadOnly bool

	// ServiceLinkedRole registers the location with AWSServiceRoleForLakeFormationDataAccess
	// in place of a role of its own. AWS widens that role for each location, and it cannot
	// be used for data of another account or behind a key whose policy does not name it.
	ServiceLinkedRole bool

	// Hybrid lets IAM policies still decide for whoever was not opted in to Lake Formation:
	// https://docs.aws.amazon.com/lake-formation/latest/dg/hybrid-access-mode.html.
	Hybrid bool
}

// DataLocation is a bucket or a folder of it under Lake Formation: who may read a table
// there gets temporary credentials from Lake Formation, and needs no right in S3.
type DataLocation struct {
	Construct constructs.Construct
	Location  Location // to grant on

	Role awsiam.CfnRole // by which Lake Formation reads; nil with the service-linked one
}

// NewDataLocation registers a location in scope. It panics with the error of
// [DataLocationProps.Validate] if the props are not sound.
func NewDataLocation(scope constructs.Construct, id string, props DataLocationProps) *DataLocation {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	d := &DataLocation{Construct: constructs.NewConstruct(scope, &id)}
	arn := *props.Bucket.BucketArn()
	if props.Prefix != "" {
		arn += "/" + props.Prefix
	}
	registration := &awslakeformation.CfnResourceProps{
		ResourceArn: &arn, UseServiceLinkedRole: &props.ServiceLinkedRole, HybridAccessEnabled: &props.Hybrid,
	}
	if !props.ServiceLinkedRole {
		d.Role = props.newRole(d.Construct)
		registration.RoleArn = d.Role.AttrArn()
	}
	resource := awslakeformation.NewCfnResource(d.Construct, jsii.String("Resource"), registration)
	d.Location = Location{props.Name, arn, resource}
	return d
}

// newRole is what Lake Formation reads and writes by:
// https://docs.aws.amazon.com/lake-formation/latest/dg/registration-role.html.
func (p DataLocationProps) newRole(scope constructs.Construct) awsiam.CfnRole {
	bucket := *p.Bucket.BucketArn()
	objects := []string{"s3:GetObject"}
	key := []string{"kms:Decrypt", "kms:DescribeKey"}
	if !p.ReadOnly {
		objects = append(objects, "s3:DeleteObject", "s3:PutObject")
		key = append(key, "kms:Encrypt", "kms:GenerateDataKey")
	}
	listing := policy.Statement{Actions: []string{"s3:ListBucket"}, Resources: []string{bucket}}
	if p.Prefix != "" {
		listing.Conditions = map[string]any{"StringLike": map[string]any{"s3:prefix": []string{p.Prefix + "*", p.Prefix[:len(p.Prefix)-1]}}}
	}
	statements := []policy.Statement{
		{Actions: objects, Resources: []string{bucket + "/" + p.Prefix + "*"}, Wildcard: "the keys of the objects in a location are data"},
		listing,
	}
	if p.KeyARN != "" {
		statements = append(statements, policy.Statement{Actions: key, Resources: []string{p.KeyARN}})
	}
	role := awsiam.NewCfnRole(scope, jsii.String("Role"), &awsiam.CfnRoleProps{
		AssumeRolePolicyDocument: policy.Raw(policy.Trust("lakeformation")),
		Description:              jsii.String("Lake Formation reads and writes the location " + p.Name + " by it"),
		Policies:                 []any{&awsiam.CfnRole_PolicyProperty{PolicyName: jsii.String("Data"), PolicyDocument: policy.JSON(statements)}},
	})
	policy.ExplainWildcards(role, statements)
	return role
}

var (
	locationARN = regexp.MustCompile(`^arn:[a-z-]+:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^*]*)?$`)
	prefix      = regexp.MustCompile(`^([^/*]+/)+$`)
	keyARN      = regexp.MustCompile(`^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)
)

// Validate reports every fault in the props as a [check.Fault].
func (p DataLocationProps) Validate() error {
	faults := check.Of("lakeformation.DataLocationProps")
	faults.Want(principalName.MatchString(p.Name), "Name", p.Name, `1 to 64 letters, digits, "_" and "-"`)
	faults.Want(p.Bucket != nil, "Bucket", nil, "a bucket")
	faults.Want(p.Prefix == "" || prefix.MatchString(p.Prefix), "Prefix", p.Prefix, `a folder with a closing slash, e.g. "curated/orders/", or nothing`)
	faults.Want(p.KeyARN == "" || policy.HasToken(p.KeyARN) || keyARN.MatchString(p.KeyARN), "KeyARN", p.KeyARN, "the ARN of a KMS key, or nothing")
	faults.Want(!p.ServiceLinkedRole || !p.ReadOnly, "ReadOnly", p.ReadOnly, "false, for the service-linked role always writes")
	faults.Want(!p.ServiceLinkedRole || p.KeyARN == "", "KeyARN", p.KeyARN, "nothing, for the service-linked role gets no right on a key from here")
	return faults.Err()
}
