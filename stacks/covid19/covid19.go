// Package covid19 deploys the Covid-19 system: every month a Glue workflow looks at four
// tables of CSV files, joins them into one table of Parquet, and says on EventBridge when
// it began and when it ended.
package covid19

import (
	"cmp"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/glue"
	"github.com/lakekeel/lakekeel/constructs/lake"
	etl "github.com/lakekeel/lakekeel/etlScripts/covid19"
	"github.com/lakekeel/lakekeel/etlScripts/shared"
	"github.com/lakekeel/lakekeel/internal/system"
)

const (
	// Schedule is when the workflow starts unless Props say otherwise: at 10:00 UTC on
	// the first day of each month.
	Schedule = "cron(0 10 1 * ? *)"
	// OnDemand, as Props.Schedule, makes a workflow that runs only when it is asked to.
	OnDemand = "none"

	// Workflow is the workflow's name. Names of jobs, crawlers and triggers are fixed
	// too, so an account and region hold the system once.
	Workflow = "Covid_19"
	// Actions is how many actions a good run reports: three jobs and four crawlers.
	Actions = 7

	database    = "covid19db"
	output      = "neherlab_denormalized" // the table, and its folder in the output bucket
	eventSource = "Covid19 workflow"

	// The sample takes seconds and the real data half a minute, after the start of two workers.
	jobTimeout = 30 * time.Minute
)

// tables are the catalog's tables of the source. Each is a folder below the source and
// is filled by one crawler, which names the table for the folder.
var tables = []string{"neherlab_case_counts", "neherlab_country_codes", "neherlab_icu_capacity", "neherlab_population"}

// columns are those of the published table, of which hospitalCapacity is a part; further
// ones of the source are carried along.
var columns = slices.Concat([]string{
	"country", "location", "date", "datetime", "cases", "deaths", "hospitalized", "icu", "recovered", "ecdc-countries", "percent_of_total", "gdp",
	"alpha_2", "alpha_3", "country_code", "iso_3166_2", "region", "sub_region", "intermediate_region", "region_code", "sub_region_code",
	"intermediate_region_code", "population", "population_country", "suspected_cases_mar_1st", "imports_per_day", "hemisphere",
}, HospitalCapacity)

// HospitalCapacity are the published table's columns about beds.
var HospitalCapacity = []string{
	"acute_care", "acute_care_per_100k", "imcu", "icu_capacity_icu", "critical_care", "critical_care_per_100k", "hospital_beds", "icu_beds",
}

// Covid19 holds the stack, its workflow, and what that fills.
type Covid19 struct {
	Stack    awscdk.Stack
	Workflow *glue.Workflow
	Lake     *system.Lake
}

// New defines the Covid-19 stack. It panics with the error of [Props.Validate] if the
// props are not sound.
func New(scope constructs.Construct, id string, props Props) *Covid19 {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	stack := awscdk.NewStack(scope, &id, &awscdk.StackProps{
		Env:         props.Env,
		Description: jsii.String("Covid-19: monthly Glue workflow " + Workflow + ", from four CSV tables to one of Parquet"),
	})
	if props.DestroyData {
		lake.AllowDestroy(stack)
	}
	s := newStore(stack, props)
	w := s.newWorkflow(stack, props)
	for _, o := range []struct{ name, value string }{
		{"WorkflowName", w.Name},
		{"Database", database},
		{"SourceUri", s.source.URL(s.prefix)},
		{"OutputUri", s.output.URL(output + "/")},
	} {
		awscdk.NewCfnOutput(stack, &o.name, &awscdk.CfnOutputProps{Value: &o.value})
	}
	return &Covid19{Stack: stack, Workflow: w, Lake: s.lake}
}

// store is where the system keeps what it reads and writes.
type store struct {
	stack    awscdk.Stack
	key      *lake.Key
	config   *lake.Bucket // scripts, and temporary files
	output   *lake.Bucket
	source   *lake.Bucket
	prefix   string // of the source in its bucket: empty, or with a closing slash
	scripts  *lake.Scripts
	modules  *lake.Scripts // that the scripts import
	database *glue.Database
	security *glue.SecurityConfiguration
	lake     *system.Lake
}

func newStore(stack awscdk.Stack, props Props) *store {
	s := &store{stack: stack}
	s.key = lake.NewKey(stack, "Key", lake.KeyProps{Description: "Covid-19: buckets, logs and bookmarks", DestroyData: true})
	logs := lake.NewAccessLogs(stack, "AccessLogs", lake.AccessLogsProps{})
	bucket := func(id, stem string, temporary map[string]time.Duration) *lake.Bucket {
		return lake.NewBucket(stack, id, lake.BucketProps{
			Stem: stem, Key: s.key.Key, AccessLogs: logs, Temporary: temporary, DestroyData: true,
		})
	}
	s.config = bucket("Config", "covid19-glue-config", map[string]time.Duration{"temp/": 7 * 24 * time.Hour})
	s.output = bucket("Output", "neherlab-denormalized-dataset", nil)
	if name, prefix, ok := props.source(); ok {
		s.source, s.prefix = lake.ImportBucket(stack, "Source", name, props.SourceKey), prefix
	} else {
		s.source = bucket("Source", "covid19-source", nil)
	}
	if props.SampleData {
		lake.NewSampleData(stack, "SampleData", lake.SampleDataProps{Bucket: s.source, Folder: etl.Files, Files: sampleFiles()})
	}
	s.scripts = lake.NewScripts(stack, "Scripts", lake.ScriptsProps{
		Bucket: s.config, Folder: etl.Files,
		Files: []string{"emit_start_event.py", "neherlab_denorm.py", "emit_ended_event.py"},
	})
	s.modules = lake.NewScripts(stack, "Modules", lake.ScriptsProps{Bucket: s.config, Folder: shared.Files, Files: []string{"publish.py"}})
	s.database = glue.NewDatabase(stack, "Catalog", glue.DatabaseProps{
		Name: database, Description: "Covid-19 case counts and hospital capacity", DestroyData: props.DestroyData,
	})
	s.lake = &system.Lake{
		Database: database, Table: output, Schema: columns, Bucket: s.output.Bucket, Folder: output + "/", KeyARN: *s.key.Key.KeyArn(),
		Writers: map[string]awsiam.IGrantable{},
	}
	s.security = glue.NewSecurityConfiguration(stack, "Security", glue.SecurityConfigurationProps{Name: "covid19", Key: s.key.Key})
	return s
}

// sampleFiles gives the key in the source bucket of each file of the sample.
func sampleFiles() map[string]string {
	files := map[string]string{}
	for _, table := range tables {
		files["sample/"+table+".csv"] = table + "/" + table + ".csv"
	}
	return files
}

func (s *store) newWorkflow(stack awscdk.Stack, props Props) *glue.Workflow {
	start := glue.Schedule(cmp.Or(props.Schedule, Schedule))
	if props.Schedule == OnDemand {
		start = glue.OnDemand()
	}
	started, denormalize, ended := s.emitter("EmitStartEvent", "emit_start_event"), s.denormalizer(), s.emitter("EmitEndedEvent", "emit_ended_event")
	steps := []glue.Step{{Run: started}}
	var crawled []string
	for _, table := range tables {
		crawler := s.crawler(table)
		steps = append(steps, glue.Step{Run: crawler, After: glue.Succeeded(started.Name)})
		crawled = append(crawled, crawler.Name)
	}
	steps = append(steps,
		glue.Step{Run: denormalize, After: glue.Succeeded(crawled...)},
		glue.Step{Run: ended, After: glue.Succeeded(denormalize.Name), Trigger: "t_end"},
	)
	return glue.NewWorkflow(stack, "Workflow", glue.WorkflowProps{
		Name:        Workflow,
		Description: "Crawls the four neherlab tables and joins them",
		Start:       start,
		Steps:       steps,
	})
}

// emitter is a job that puts one event on the default bus, and may do nothing else there.
func (s *store) emitter(id, script string) *glue.Job {
	job := glue.NewJob(s.stack, id, glue.JobProps{
		Name:                  "j_" + script,
		Type:                  glue.PythonShell,
		Script:                s.scripts.URL(script + ".py"),
		Arguments:             map[string]string{"event_source": eventSource},
		Timeout:               jobTimeout,
		SecurityConfiguration: s.security,
	})
	s.allowKey(job)
	awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
		Grantee:      job,
		Actions:      jsii.Strings("events:PutEvents"),
		ResourceArns: jsii.Strings(s.arn("events", "event-bus/default")),
		Conditions:   &map[string]*map[string]any{"StringEquals": {"events:source": eventSource}},
	})
	return job
}

// crawler describes the files of one source table.
func (s *store) crawler(table string) *glue.Crawler {
	folder := s.prefix + table + "/"
	crawler := glue.NewCrawler(s.stack, "Crawl-"+table, glue.CrawlerProps{
		Name:      "c_" + table,
		Database:  s.database,
		S3Targets: []string{s.source.URL(folder)},
		// One table for the folder, whatever a file in it looks like: a file that
		// differs is for the job to refuse, not for the crawler to give a table of its own.
		Grouping:              glue.Grouping{CombineCompatibleSchemas: true},
		SecurityConfiguration: s.security,
	})
	s.source.GrantRead(crawler, folder)
	s.lake.Writers[crawler.Name] = crawler
	return crawler
}

// denormalizer is the job that joins the source tables and publishes the result.
func (s *store) denormalizer() *glue.Job {
	const name = "j_neherlab_denorm"
	job := glue.NewJob(s.stack, "NeherlabDenorm", glue.JobProps{
		Name:    name,
		Script:  s.scripts.URL("neherlab_denorm.py"),
		PyFiles: []string{s.modules.URL("publish.py")},
		Arguments: map[string]string{
			"database": database,
			"output":   s.output.URL(output),
			"table":    output,
		},
		TempDir:               s.config.URL("temp/" + name + "/"),
		Timeout:               jobTimeout,
		SecurityConfiguration: s.security,
	})
	s.allowKey(job)
	for _, table := range tables {
		s.source.GrantRead(job, s.prefix+table+"/")
	}
	s.output.GrantWrite(job, output+"/")
	s.allowTables(job)
	s.lake.Writers[name] = job
	// Before it deletes the folder of another run, the job asks whether that one still writes.
	allow(job, []string{"glue:GetJobRun"}, s.arn("glue", "job/"+name))
	return job
}

// allowTables lets the job read the definitions of the source tables, and make and
// change that of its output. Glue checks the catalog and the database with each table.
func (s *store) allowTables(job *glue.Job) {
	parents := []string{s.arn("glue", "catalog"), s.arn("glue", "database/"+database)}
	table := func(name string) string { return s.arn("glue", "table/"+database+"/"+name) }
	written := append(slices.Clone(parents), table(output))
	read := slices.Clone(written)
	for _, name := range tables {
		read = append(read, table(name))
	}
	allow(job, []string{"glue:GetTable", "glue:GetTables"}, read...)
	allow(job, []string{"glue:CreateTable", "glue:UpdateTable"}, written...)
}

// allowKey lets a job read its script, which is encrypted with the stack's key.
func (s *store) allowKey(job *glue.Job) { allow(job, []string{"kms:Decrypt"}, *s.key.Key.KeyArn()) }

func (s *store) arn(service, resource string) string {
	return *s.stack.FormatArn(&awscdk.ArnComponents{
		Service: &service, Resource: &resource, ArnFormat: awscdk.ArnFormat_NO_RESOURCE_NAME,
	})
}

// allow adds a statement to the policy of the job's role.
func allow(job *glue.Job, actions []string, resources ...string) {
	awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
		Grantee:      job,
		Actions:      jsii.Strings(actions...),
		ResourceArns: jsii.Strings(resources...),
	})
}
