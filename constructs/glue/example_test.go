package glue_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/glue"
)

var stack awscdk.Stack

// A job first, then two crawlers side by side, then a job when both have succeeded.
func ExampleNewWorkflow() {
	database := glue.NewDatabase(stack, "Database", glue.DatabaseProps{Name: "shop"})
	fetch := glue.NewJob(stack, "Fetch", glue.JobProps{
		Name:   "j_fetch",
		Type:   glue.PythonShell,
		Script: "s3://scripts/fetch.py",
	})
	orders := glue.NewCrawler(stack, "Orders", glue.CrawlerProps{
		Name:      "c_orders",
		Database:  database,
		S3Targets: []string{"s3://raw/orders/"},
	})
	customers := glue.NewCrawler(stack, "Customers", glue.CrawlerProps{
		Name:      "c_customers",
		Database:  database,
		S3Targets: []string{"s3://raw/customers/"},
	})
	join := glue.NewJob(stack, "Join", glue.JobProps{
		Name:      "j_join",
		Script:    "s3://scripts/join.py",
		Arguments: map[string]string{"database": database.Name, "enable-glue-datacatalog": "true"},
	})
	database.GrantWrite(join)

	glue.NewWorkflow(stack, "Shop", glue.WorkflowProps{
		Name:  "Shop",
		Start: glue.Schedule("cron(0 2 * * ? *)"),
		Steps: []glue.Step{
			{Run: fetch},
			{Run: orders, After: glue.Succeeded(fetch.Name)},
			{Run: customers, After: glue.Succeeded(fetch.Name)},
			{Run: join, After: glue.Succeeded(orders.Name, customers.Name)},
		},
	})
}

// Everything that is wrong comes at once, before the CDK is touched.
func ExampleWorkflowProps_Validate() {
	fmt.Println(glue.WorkflowProps{
		Name:  "Shop",
		Start: glue.Schedule("cron(0 2 * * * *)"),
		Steps: []glue.Step{
			{Run: glue.ImportJob("j_fetch"), After: glue.Succeeded("j_join")},
			{Run: glue.ImportJob("j_join"), After: glue.Succeeded("j_fetch", "c_order")},
			{Run: glue.ImportCrawler("c_orders")},
		},
	}.Validate())
	// Output:
	// glue.WorkflowProps.Start is "cron(0 2 * * * *)"; want "?" in either day-of-month or day-of-week, and a value in the other
	// glue.WorkflowProps.Steps[1].After[1] is "c_order"; want the name of an action of the workflow; nearest is "c_orders"
	// glue.WorkflowProps.Steps[0].After is "j_fetch → j_join → j_fetch"; want no cycle, which would never start
}

// Two jobs that exist already, and what to do when one of them fails.
func ExampleImportJob() {
	glue.NewWorkflow(stack, "Nightly", glue.WorkflowProps{
		Name: "Nightly",
		Steps: []glue.Step{
			{Run: glue.ImportJob("load")},
			{Run: glue.ImportJob("report"), After: glue.Succeeded("load")},
			{Run: glue.ImportJob("alarm"), After: append(glue.Failed("load", "report"), glue.TimedOut("load", "report")...), Any: true},
		},
	})
}

// The workflow starts when five objects have come, or one and five minutes have passed.
func ExampleWorkflow_EventTarget() {
	workflow := glue.NewWorkflow(stack, "Arrivals", glue.WorkflowProps{
		Name:  "Arrivals",
		Start: glue.Event(glue.EventBatch{Size: 5, Window: 300e9}),
		Steps: []glue.Step{{Run: glue.ImportJob("load")}},
	})
	awsevents.NewRule(stack, jsii.String("Objects"), &awsevents.RuleProps{
		EventPattern: &awsevents.EventPattern{Source: jsii.Strings("aws.s3"), DetailType: jsii.Strings("Object Created")},
		Targets:      &[]awsevents.IRuleTarget{workflow.EventTarget()},
	})
}

// A state machine that starts the workflow, waits for it and fails with it.
func ExampleWorkflow_RunStep() {
	var workflow *glue.Workflow
	machine := awsstepfunctions.NewStateMachine(stack, jsii.String("Machine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(workflow.RunStep(stack, "Run the workflow", glue.RunStepProps{})),
	})
	workflow.GrantStart(machine)
}

// One key for what the jobs write, their logs and their bookmarks.
func ExampleNewSecurityConfiguration() {
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	security := glue.NewSecurityConfiguration(stack, "Security", glue.SecurityConfigurationProps{Name: "shop", Key: key})
	glue.NewJob(stack, "Join", glue.JobProps{
		Name:                  "j_join",
		Script:                "s3://scripts/join.py",
		SecurityConfiguration: security,
	})
}

// Files as they come in, and a view that cleanses them: no crawler and no job.
func ExampleNewView() {
	shop := glue.NewDatabase(stack, "Shop", glue.DatabaseProps{Name: "shop"})
	glue.NewTable(stack, "RawOrders", glue.TableProps{
		Database: shop, Name: "raw_orders", Location: "s3://raw/orders/", Format: glue.CSV, Columns: []glue.Column{{Name: "id", Type: "string"}, {Name: "day", Type: "string"}},
	})
	glue.NewView(stack, "Orders", glue.ViewProps{
		Database: shop, Name: "orders", SQL: "SELECT DISTINCT id, TRY_CAST(day AS date) AS day FROM raw_orders WHERE id <> ''",
		Columns: []glue.Column{{Name: "id", Type: "string"}, {Name: "day", Type: "date"}},
	})
}
