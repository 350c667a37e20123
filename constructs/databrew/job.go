package databrew

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// JobProps describes a [Job].
type JobProps struct {
	Name    string // 1 to 240 letters, digits, hyphens, periods and spaces, unique in the account and region
	Dataset *Dataset
	Recipe  *Recipe // one that knows the dataset's columns

	Bucket string      // where the result goes; what the folder holds is replaced
	Folder string      // in Bucket, with a "/" at its end
	Format Format      // of the result; if empty, Parquet
	Key    awskms.IKey // encrypts the result; if nil, S3's own keys do

	Nodes   int           // at most so many work on it, 2 or more; if zero, 5
	Timeout time.Duration // whole minutes; if zero, one hour
	Retries int           // after a failure
}

// Job runs a recipe over a dataset and writes the result to S3, when it is started. It is an awsiam.IGrantable: it needs
// rights to read the dataset's folder and to write its own.
type Job struct {
	Construct constructs.Construct
	Name      string
	Role      awsiam.Role
}

// NewJob defines a job in scope. It panics with the error of [JobProps.Validate] if the props are
// not sound.
func NewJob(scope constructs.Construct, id string, props JobProps) *Job {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	j := &Job{Construct: constructs.NewConstruct(scope, &id), Name: props.Name}
	logs := policy.Statement{
		Actions:   []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"},
		Resources: []string{policy.Here().Arn("logs", "log-group:/aws-glue-databrew/*")},
		Wildcard:  "DataBrew makes the group and a stream for each run",
	}
	// Without the condition of policy.Trust: no page says that DataBrew sends aws:SourceAccount.
	j.Role = awsiam.NewRole(j.Construct, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy:      awsiam.NewServicePrincipal(jsii.String("databrew.amazonaws.com"), nil),
		Description:    jsii.String("DataBrew's job " + props.Name),
		InlinePolicies: policy.Inline("Logs", []policy.Statement{logs}),
	})
	policy.ExplainWildcards(j.Role.Node().DefaultChild().(awsiam.CfnRole), []policy.Statement{logs})
	made := resource(j.Construct, "Job", props.properties(*j.Role.RoleArn()))
	made.Node().AddDependency(props.Dataset.Construct, props.Recipe.published)
	return j
}

// GrantPrincipal implements awsiam.IGrantable.
func (j *Job) GrantPrincipal() awsiam.IPrincipal { return j.Role }

func (p JobProps) properties(role string) map[string]any {
	output := map[string]any{
		"Location": map[string]any{"Bucket": p.Bucket, "Key": p.Folder}, "Format": string(cmp.Or(p.Format, Parquet)), "Overwrite": true,
	}
	if cmp.Or(p.Format, Parquet) == Parquet {
		output["CompressionFormat"] = "SNAPPY"
	}
	properties := map[string]any{
		"Name": p.Name, "Type": "RECIPE", "RoleArn": role, "DatasetName": p.Dataset.Name,
		// Not a number: UpdateRecipeJob takes no recipe, so a job would have its first version for ever.
		"Recipe":  map[string]any{"Name": p.Recipe.Name, "Version": "LATEST_PUBLISHED"},
		"Outputs": []any{output}, "LogSubscription": "ENABLE",
		"MaxCapacity": cmp.Or(p.Nodes, 5), "Timeout": int(cmp.Or(p.Timeout, time.Hour).Minutes()), "MaxRetries": p.Retries, "EncryptionMode": "SSE-S3",
	}
	if p.Key != nil {
		properties["EncryptionMode"], properties["EncryptionKeyArn"] = "SSE-KMS", p.Key.KeyArn()
	}
	return properties
}

// Validate reports every fault in the props as a [check.Fault].
func (p JobProps) Validate() error {
	faults := check.Of("databrew.JobProps")
	faults.Want(resourceName.MatchString(p.Name) && len(p.Name) <= 240, "Name", p.Name, "1 to 240 letters, digits, hyphens, periods and spaces")
	faults.Want(p.Dataset != nil, "Dataset", nil, "a dataset")
	faults.Want(p.Recipe != nil, "Recipe", nil, "a recipe")
	if p.Dataset != nil && p.Recipe != nil {
		for i, column := range p.Recipe.reads {
			known := slices.Contains(p.Dataset.Columns, column)
			faults.Want(known, fmt.Sprintf("Recipe.Columns[%d]", i), column, check.Suggest("a column of the dataset", column, p.Dataset.Columns))
		}
	}
	faults.Want(p.Bucket != "", "Bucket", p.Bucket, "the name of a bucket")
	faults.Want(strings.HasSuffix(p.Folder, "/") && p.Folder != "/", "Folder", p.Folder, `a folder such as "clean/orders/"`)
	faults.Want(p.Format == "" || slices.Contains(formats, p.Format), "Format", string(p.Format), check.OneOf(formats))
	faults.Want(p.Nodes == 0 || p.Nodes >= 2, "Nodes", p.Nodes, "2 or more, or 0 for 5")
	faults.Want(p.Timeout >= 0 && p.Timeout%time.Minute == 0, "Timeout", p.Timeout, "whole minutes, or 0 for an hour")
	faults.Want(p.Retries >= 0, "Retries", p.Retries, "0 or more")
	return faults.Err()
}
