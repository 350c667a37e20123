package covid19

import (
	"github.com/lakekeel/lakekeel/constructs/glue"
	"github.com/lakekeel/lakekeel/internal/config"
	"github.com/lakekeel/lakekeel/internal/system"
)

// System is the Covid-19 workflow as something that an environment can switch on.
// The names of its workflow, database and buckets are fixed, so an account and
// region hold it once.
func System() system.System {
	return system.System{
		Name: "covid19",
		Doc:  "The Covid-19 workflow: four tables of case counts and hospital capacity, joined once a month.",
		Once: true,
		New:  func() system.Settings { return &settings{} },
	}
}

// settings is the block covid19 of an environment; see [Props] for the meaning.
type settings struct {
	schedule   string
	source     string
	sourceKey  string
	sampleData bool
}

func (s *settings) Fields() []config.Field {
	return []config.Field{
		{
			Name: "schedule",
			Doc:  "When the workflow starts, in UTC: cron(minutes hours day-of-month month day-of-week year), or none for on demand only. If left out, 10:00 on the first of each month.",
			Value: config.Text{
				To: &s.schedule, Pattern: `^(none|cron\([^()]+\))$`, Check: isSchedule, Default: Schedule,
				Want: `cron(minutes hours day-of-month month day-of-week year) as Glue takes it, e.g. "` + Schedule + `", or none`,
			},
		},
		{
			Name: "source",
			Doc:  "Folder in S3 that holds the four folders of data. If left out, the stack makes the bucket covid19-source-ACCOUNT-REGION for them.",
			Value: config.Text{
				To: &s.source, Pattern: sourceURL.String(), Want: "a folder in S3, e.g. s3://bucket/folder",
			},
		},
		{
			Name: "sourceKey",
			Doc:  "ARN of the KMS key that encrypts the source. If left out, the source is encrypted with S3's own keys.",
			Value: config.Text{
				To: &s.sourceKey, Pattern: keyArn.String(), Want: "the ARN of a KMS key, arn:PARTITION:kms:REGION:ACCOUNT:key/ID",
			},
		},
		{
			Name:  "sampleData",
			Doc:   "Whether the sample that ships with the project is put into the bucket that the stack makes. If left out, it is not.",
			Value: config.Flag{To: &s.sampleData},
		},
	}
}

func isSchedule(v string) bool { return v == OnDemand || glue.ValidateSchedule(v) == nil }

func (s *settings) Check(doc *config.Document, path string) {
	doc.Want(!s.sampleData || s.source == "", path+".sampleData", s.sampleData,
		"false beside source, for the sample goes into a bucket that the stack makes")
	doc.Want(s.sourceKey == "" || s.source != "", path+".sourceKey", s.sourceKey, "nothing without source: the stack's own bucket has the stack's key")
}

func (s *settings) Define(place system.Place) []system.Workflow {
	made := New(place.Scope, place.StackID("Covid19"), Props{
		Schedule: s.schedule, Source: s.source, SourceKey: s.sourceKey, SampleData: s.sampleData,
		DestroyData: place.DestroyData, Env: place.Env(),
	})
	return []system.Workflow{{Name: made.Workflow.Name, Actions: Actions, Lake: made.Lake}}
}
