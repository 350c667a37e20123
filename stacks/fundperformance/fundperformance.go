// Package fundperformance deploys the fund-performance system: trades of money-market funds in a MySQL
// database and a feed of ratings become one table, and that a dashboard in QuickSight.
package fundperformance

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/glue"
	"github.com/lakekeel/lakekeel/constructs/lake"
	etl "github.com/lakekeel/lakekeel/etlScripts/fundperformance"
	"github.com/lakekeel/lakekeel/etlScripts/shared"
	"github.com/lakekeel/lakekeel/internal/batch"
	"github.com/lakekeel/lakekeel/internal/policy"
)

const (
	// Schedule is when the workflow starts unless Props say otherwise: at 06:00 UTC, every day.
	Schedule = "cron(0 6 * * ? *)"
	// OnDemand, as Props.Schedule, makes a workflow that runs only when it is asked to.
	OnDemand = "none"

	// Workflow is the workflow's name. Names of jobs, crawlers and triggers are fixed
	// too, so an account and region hold the system once.
	Workflow = "Fund_Performance"

	catalog     = "trade_analysis_db"
	merged      = "tradesratingsmerged" // the table, and its folder in the output bucket
	trades      = "dbdev_mft_activity"  // as the crawler names DBDEV's mft_activity
	feed        = "morningstar"         // the table, and its folder in the feed's bucket
	analysisJob = "Trade-Analysis-Job"

	jobTimeout = 30 * time.Minute
)

// FundPerformance holds the stack and its workflow.
type FundPerformance struct {
	Stack    awscdk.Stack
	Workflow *glue.Workflow
	Actions  int // how many jobs and crawlers a good run reports
}

// New defines the fund-performance stack. It panics with the error of [Props.Validate] if the
// props are not sound.
func New(scope constructs.Construct, id string, props Props) *FundPerformance {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	stack := awscdk.NewStack(scope, &id, &awscdk.StackProps{
		Env: props.Env, Description: jsii.String("Fund performance: workflow " + Workflow + ", from trades in MySQL and a feed of ratings to one table"),
	})
	if props.DestroyData {
		lake.AllowDestroy(stack)
	}
	s := newStore(stack, props)
	steps := s.steps(props)
	start := glue.Schedule(cmp.Or(props.Schedule, Schedule))
	if props.Schedule == OnDemand {
		start = glue.OnDemand()
	}
	w := glue.NewWorkflow(stack, "Workflow", glue.WorkflowProps{
		Name: Workflow, Description: "Crawls trades and ratings, and joins them", Start: start, StartTrigger: "t_fund_start", Steps: steps,
	})
	if props.Dashboards {
		newDashboard(stack, props.Readers)
	}
	for _, o := range []struct{ name, value string }{
		{"WorkflowName", w.Name}, {"CatalogDatabase", catalog}, {"FeedUri", s.feed.URL(feed + "/")}, {"OutputUri", s.output.URL(merged + "/")}, {"SecretName", secretName},
	} {
		awscdk.NewCfnOutput(stack, &o.name, &awscdk.CfnOutputProps{Value: &o.value})
	}
	return &FundPerformance{Stack: stack, Workflow: w, Actions: len(steps)}
}

// store is where the system keeps what it reads and writes.
type store struct {
	stack      awscdk.Stack
	key        *lake.Key
	config     *lake.Bucket // scripts, and temporary files
	feed       *lake.Bucket
	output     *lake.Bucket
	scripts    *lake.Scripts
	modules    *lake.Scripts // that scripts of several systems import
	catalog    *glue.Database
	security   *glue.SecurityConfiguration
	connection *glue.Connection
}

func newStore(stack awscdk.Stack, props Props) *store {
	s := &store{stack: stack}
	s.key = lake.NewKey(stack, "Key", lake.KeyProps{Description: "Fund performance: database, buckets, logs and the password", DestroyData: true})
	logs := lake.NewAccessLogs(stack, "AccessLogs", lake.AccessLogsProps{})
	bucket := func(id, stem string, temporary map[string]time.Duration) *lake.Bucket {
		return lake.NewBucket(stack, id, lake.BucketProps{Stem: stem, Key: s.key.Key, AccessLogs: logs, Temporary: temporary, DestroyData: true})
	}
	s.config = bucket("Config", "fund-glue-config", map[string]time.Duration{"temp/": 7 * 24 * time.Hour})
	s.feed = bucket("Feed", "fund-ratings-feed", nil)
	s.output = bucket("Output", "fund-analysis", nil)
	if props.SampleData {
		lake.NewSampleData(stack, "SampleData", lake.SampleDataProps{
			Bucket: s.feed, Folder: etl.Files, Files: map[string]string{"sample/Morningstar.csv": feed + "/Morningstar.csv"},
		})
	}
	s.scripts = lake.NewScripts(stack, "Scripts", lake.ScriptsProps{
		Bucket: s.config, Folder: etl.Files, Files: []string{"trade_analysis.py", "load_trades.py", "funds.py"},
	})
	s.modules = lake.NewScripts(stack, "Modules", lake.ScriptsProps{Bucket: s.config, Folder: shared.Files, Files: []string{"publish.py"}})
	s.catalog = glue.NewDatabase(stack, "Catalog", glue.DatabaseProps{
		Name: catalog, Description: "Trades and ratings of money-market funds", DestroyData: props.DestroyData,
	})
	s.security = glue.NewSecurityConfiguration(stack, "Security", glue.SecurityConfigurationProps{Name: "fund-performance", Key: s.key.Key})
	if !props.Local && props.Existing == nil {
		// CloudFormation makes the name of the network's log of the stack's.
		batch.Allow(s.key.Key, policy.EncryptLogs(*awscdk.Aws_STACK_NAME()+"-*"))
	}
	s.connection = newDatabase(stack, newNetwork(stack, props, s.key.Key), s.key.Key, props)
	return s
}

// steps are the workflow's: the sample's trades if there are any, then both crawlers, then the join.
func (s *store) steps(props Props) []glue.Step {
	activity, ratings := s.tradesCrawler(), s.feedCrawler()
	steps := []glue.Step{{Run: ratings}}
	if props.SampleData {
		loader := s.loader(cmp.Or(props.Trades, 2000))
		steps = append(steps, glue.Step{Run: loader}, glue.Step{Run: activity, After: glue.Succeeded(loader.Name)})
	} else {
		steps = append(steps, glue.Step{Run: activity})
	}
	return append(steps, glue.Step{Run: s.analysis(), After: glue.Succeeded(activity.Name, ratings.Name)})
}

// loader fills the database with the sample's trades.
func (s *store) loader(rows int) *glue.Job {
	job := glue.NewJob(s.stack, "LoadTrades", glue.JobProps{
		Name: "j_fund_load_trades", Type: glue.PythonShell,
		Script: s.scripts.URL("load_trades.py"), PyFiles: []string{s.scripts.URL("funds.py")},
		// The analytics library set has PyMySQL: https://docs.aws.amazon.com/glue/latest/dg/add-job-python.html.
		Arguments:   map[string]string{"connection": connection, "rows": strconv.Itoa(rows), "library-set": "analytics"},
		Connections: []string{connection}, Timeout: jobTimeout, SecurityConfiguration: s.security,
	})
	s.letReadTrades(job, job.Construct)
	return job
}

// tradesCrawler describes the tables of the database.
func (s *store) tradesCrawler() *glue.Crawler {
	crawler := glue.NewCrawler(s.stack, "CrawlTrades", glue.CrawlerProps{
		Name: "c_fund_trades", Database: s.catalog, JDBCTargets: []glue.JDBCTarget{{Connection: connection, Path: databaseName + "/%"}},
		SecurityConfiguration: s.security,
	})
	s.letReadTrades(crawler, crawler.Construct)
	return crawler
}

// feedCrawler describes the feed's files.
func (s *store) feedCrawler() *glue.Crawler {
	crawler := glue.NewCrawler(s.stack, "CrawlRatings", glue.CrawlerProps{
		Name: "c_fund_ratings", Database: s.catalog, S3Targets: []string{s.feed.URL(feed + "/")},
		// One table for the folder: a file that differs is for the job to refuse.
		Grouping:              glue.Grouping{CombineCompatibleSchemas: true},
		SecurityConfiguration: s.security,
	})
	s.feed.GrantRead(crawler, feed+"/")
	return crawler
}

// analysis is the job that joins trades and ratings and publishes the result.
func (s *store) analysis() *glue.Job {
	job := glue.NewJob(s.stack, "TradeAnalysis", glue.JobProps{
		Name: analysisJob, Script: s.scripts.URL("trade_analysis.py"), PyFiles: []string{s.modules.URL("publish.py")},
		Arguments: map[string]string{
			"connection": connection, "database": catalog, "trades": trades, "ratings": feed, "output": s.output.URL(merged), "table": merged,
		},
		TempDir:     s.config.URL("temp/" + analysisJob + "/"),
		Connections: []string{connection}, Timeout: jobTimeout, SecurityConfiguration: s.security,
	})
	s.letReadTrades(job, job.Construct)
	s.feed.GrantRead(job, feed+"/")
	s.output.GrantWrite(job, merged+"/")
	h := policy.Here()
	table := func(name string) string { return h.Arn("glue", "table/"+catalog+"/"+name) }
	written := []string{h.Arn("glue", "catalog"), h.Arn("glue", "database/"+catalog), table(merged)}
	policy.Grant(job, policy.Statement{Actions: []string{"glue:GetTable", "glue:GetTables"}, Resources: append(slices.Clone(written), table(trades), table(feed))})
	policy.Grant(job, policy.Statement{Actions: []string{"glue:CreateTable", "glue:UpdateTable"}, Resources: written})
	// Before it deletes the folder of another run, the job asks whether that one still writes.
	policy.Grant(job, policy.Statement{Actions: []string{"glue:GetJobRun"}, Resources: []string{h.Arn("glue", "job/"+analysisJob)}})
	return job
}

// letReadTrades gives a job or crawler the password, with the key that also encrypts its script, and lets it wait for the
// connection that it names.
func (s *store) letReadTrades(to awsiam.IGrantable, construct constructs.Construct) {
	s.connection.GrantPassword(to)
	construct.Node().AddDependency(s.connection.Construct)
}
