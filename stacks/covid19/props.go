package covid19

import (
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/constructs/glue"
	"github.com/lakekeel/lakekeel/internal/check"
)

// Props are the facts about an environment that the Covid-19 stack depends on.
type Props struct {
	// Schedule is when the workflow starts, AWS's cron in UTC; if empty, [Schedule].
	// With [OnDemand] it starts only when it is asked to, which it can be in any case.
	Schedule string

	// Source is an existing place, s3://bucket/folder, with one folder for each of the
	// four tables: neherlab_case_counts/ and so on. If empty, the stack makes a bucket
	// covid19-source-ACCOUNT-REGION.
	Source string
	// SourceKey is the ARN of the KMS key that encrypts an existing Source; if empty,
	// it is encrypted with S3's own keys.
	SourceKey string
	// SampleData puts the sample that the project ships into the bucket that the stack
	// makes, if there is no data in it yet.
	SampleData bool

	// DestroyData is this environment's key of two to delete data with the stack, the
	// source that the stack made included. The system's own key is turned.
	DestroyData bool

	Env *awscdk.Environment // if nil, wherever the template is deployed
}

// source takes Source apart: the bucket's name, and the folder with a closing slash, or
// empty. It is false if there is none.
func (p Props) source() (bucket, prefix string, ok bool) {
	rest, ok := strings.CutPrefix(p.Source, "s3://")
	bucket, prefix, _ = strings.Cut(strings.TrimRight(rest, "/"), "/")
	if prefix != "" {
		prefix += "/"
	}
	return bucket, prefix, ok
}

var (
	sourceURL = regexp.MustCompile(`^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/*\s]+)*/?$`)
	keyArn    = regexp.MustCompile(`^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)
)

// Validate reports every fault in the props as a [check.Fault]. It touches nothing but
// the props, so it may be called without a CDK app.
func (p Props) Validate() error {
	faults := check.Of("covid19.Props")
	if p.Schedule != "" && p.Schedule != OnDemand {
		err := glue.ValidateSchedule(p.Schedule)
		faults.Want(err == nil, "Schedule", p.Schedule, `AWS's cron of six fields, e.g. "`+Schedule+`", "`+OnDemand+`", or nothing`)
	}
	faults.Want(p.Source == "" || sourceURL.MatchString(p.Source), "Source", p.Source, "s3://bucket or s3://bucket/folder, or nothing")
	faults.Want(p.SourceKey == "" || keyArn.MatchString(p.SourceKey), "SourceKey", p.SourceKey, "the ARN of a KMS key, or nothing")
	faults.Want(p.SourceKey == "" || p.Source != "", "SourceKey", p.SourceKey, "nothing, since there is no Source: the stack's own bucket has the stack's key")
	faults.Want(!p.SampleData || p.Source == "", "SampleData", p.SampleData, "false, since Source is a bucket of somebody else")
	return faults.Err()
}
