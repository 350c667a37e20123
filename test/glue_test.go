package test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/glue"
	"github.com/lakekeel/lakekeel/internal/cdktest"
)

func glueStack() awscdk.Stack {
	return awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Glue"), nil)
}

// glueEverything uses every option of the constructs at least once.
func glueEverything(stack awscdk.Stack) *glue.Workflow {
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	security := glue.NewSecurityConfiguration(stack, "Security", glue.SecurityConfigurationProps{Name: "shop", Key: key})
	database := glue.NewDatabase(stack, "Database", glue.DatabaseProps{Name: "shop", Description: "orders and who made them"})
	data := awss3.Bucket_FromBucketName(stack, jsii.String("Data"), jsii.String("shop-data"))
	glue.NewTable(stack, "Raw", glue.TableProps{
		Database: database, Name: "raw_orders", Description: "orders as they come", Location: "s3://shop-data/raw/", Format: glue.CSV,
		Columns: []glue.Column{{Name: "id", Type: "string"}},
	})
	glue.NewTable(stack, "Typed", glue.TableProps{
		Database: database, Name: "orders", Location: "s3://shop-data/typed/", Format: glue.Parquet,
		Columns: []glue.Column{{Name: "id", Type: "int"}, {Name: "amount", Type: "decimal(12,2)"}},
	})
	glue.NewView(stack, "View", glue.ViewProps{
		Database: database, Name: "known", Description: "orders with an id", SQL: "SELECT id FROM raw_orders WHERE id <> ''", Columns: []glue.Column{{Name: "id", Type: "string"}},
	})
	fetch := glue.NewJob(stack, "Fetch", glue.JobProps{
		Name: "j_fetch", Description: "fetches the day's orders", Type: glue.PythonShell, Script: "s3://scripts/fetch.py",
		MaxCapacity: 1, Connections: []string{"vpc"}, SecurityConfiguration: security,
	})
	orders := glue.NewCrawler(stack, "Orders", glue.CrawlerProps{
		Name: "c_orders", Description: "orders", Database: database, TablePrefix: "raw_", SecurityConfiguration: security,
		S3Targets:  []string{*data.S3UrlForObject(jsii.String("orders/"))},
		Exclusions: []string{"**/_temporary/**"}, SampleSize: 10, Classifiers: []string{"orders"},
		Grouping: glue.Grouping{Level: 2, CombineCompatibleSchemas: true}, Schedule: "cron(0 1 * * ? *)",
		Recrawl: glue.RecrawlNewFolders, SchemaChange: glue.SchemaChangePolicy{Update: glue.UpdateLog},
	})
	customers := glue.NewCrawler(stack, "Customers", glue.CrawlerProps{
		Name: "c_customers", Database: database, SecurityConfiguration: security,
		JDBCTargets:  []glue.JDBCTarget{{Connection: "crm", Path: "crm/public/%", Exclusions: []string{"tmp_*"}}},
		SchemaChange: glue.SchemaChangePolicy{Delete: glue.DeleteFromDatabase},
	})
	join := glue.NewJob(stack, "Join", glue.JobProps{
		Name: "j_join", Script: "s3://scripts/join.py", TempDir: "s3://temp/join/", GlueVersion: "5.0",
		WorkerType: glue.G2X, Workers: 4, Timeout: 2 * time.Hour, Retries: 2, MaxConcurrentRuns: 3,
		Bookmark: glue.BookmarkEnabled, SecurityConfiguration: security,
		Arguments: map[string]string{"database": database.Name, "enable-glue-datacatalog": "true"},
	})
	database.GrantWrite(join)
	workflow := glue.NewWorkflow(stack, "Workflow", glue.WorkflowProps{
		Name: "Shop", Description: "orders joined with customers", MaxConcurrentRuns: 2,
		RunProperties: map[string]string{"day": "today"},
		Start:         glue.Event(glue.EventBatch{Size: 5, Window: 5 * time.Minute}),
		Steps: []glue.Step{
			{Run: fetch},
			{Run: orders, After: glue.Succeeded("j_fetch")},
			{Run: customers, After: glue.Succeeded("j_fetch")},
			{Run: join, After: glue.Succeeded("c_orders", "c_customers"), Arguments: map[string]string{"mode2": "all"}, Timeout: time.Hour},
			{
				Run: glue.ImportJob("page"), Trigger: "t_alarm", Any: true,
				After: slices.Concat(glue.Failed("j_join", "c_orders"), glue.TimedOut("j_join"), glue.Stopped("j_join", "c_orders")),
			},
			{
				Run: glue.ImportCrawler("c_losses"), Trigger: "t_alarm", Any: true,
				After: slices.Concat(glue.Failed("j_join", "c_orders"), glue.TimedOut("j_join"), glue.Stopped("j_join", "c_orders")),
			},
		},
	})
	awsevents.NewRule(stack, jsii.String("Rule"), &awsevents.RuleProps{
		EventPattern: &awsevents.EventPattern{Source: jsii.Strings("aws.s3")},
		Targets:      &[]awsevents.IRuleTarget{workflow.EventTarget()},
	})
	return workflow
}

func TestGlueWorkflowWithEverything(t *testing.T) {
	stack := glueStack()
	workflow := glueEverything(stack)
	template := cdktest.Synth(t, stack)
	t.Run("names its triggers in the order in which they are made", func(t *testing.T) {
		if want := []string{"t_alarm", "t_customers", "t_join", "t_orders", "t_start"}; !slices.Equal(workflow.Triggers, want) {
			t.Errorf("got %q; want %q", workflow.Triggers, want)
		}
	})
	t.Run("starts by event, without StartOnCreation", func(t *testing.T) {
		start := template.Resources[template.Has(t, "AWS::Glue::Trigger", cdktest.Props{
			"Name": "t_start", "Type": "EVENT", "Actions": []any{cdktest.Props{"JobName": "j_fetch"}},
			"EventBatchingCondition": cdktest.Props{"BatchSize": 5, "BatchWindow": 300},
		})]
		if _, set := start.Properties["StartOnCreation"]; set {
			t.Error("StartOnCreation is set")
		}
	})
	t.Run("switches conditional triggers on, with an operator in each condition", func(t *testing.T) {
		template.Has(t, "AWS::Glue::Trigger", cdktest.Props{
			"Name": "t_join", "Type": "CONDITIONAL", "StartOnCreation": true,
			"Actions": []any{cdktest.Props{"JobName": "j_join", "Arguments": cdktest.Props{"--mode2": "all"}, "Timeout": 60}},
			"Predicate": cdktest.Props{"Logical": "AND", "Conditions": []any{
				cdktest.Props{"LogicalOperator": "EQUALS", "CrawlerName": "c_orders", "CrawlState": "SUCCEEDED"},
				cdktest.Props{"LogicalOperator": "EQUALS", "CrawlerName": "c_customers", "CrawlState": "SUCCEEDED"},
			}},
		})
		template.Has(t, "AWS::Glue::Trigger", cdktest.Props{
			"Name": "t_orders",
			"Predicate": cdktest.Props{"Conditions": []any{
				cdktest.Props{"LogicalOperator": "EQUALS", "JobName": "j_fetch", "State": "SUCCEEDED"},
			}},
		})
	})
	t.Run("lets steps share a trigger, and knows a stopped crawler as cancelled", func(t *testing.T) {
		template.Has(t, "AWS::Glue::Trigger", cdktest.Props{
			"Name": "t_alarm", "Actions": []any{cdktest.Props{"JobName": "page"}, cdktest.Props{"CrawlerName": "c_losses"}},
			"Predicate": cdktest.Props{"Logical": "ANY", "Conditions": []any{
				cdktest.Props{"JobName": "j_join", "State": "FAILED"},
				cdktest.Props{"CrawlerName": "c_orders", "CrawlState": "FAILED"},
				cdktest.Props{"JobName": "j_join", "State": "TIMEOUT"},
				cdktest.Props{"JobName": "j_join", "State": "STOPPED"},
				cdktest.Props{"CrawlerName": "c_orders", "CrawlState": "CANCELLED"},
			}},
		})
	})
	t.Run("batches events at the start only", func(t *testing.T) {
		for id, r := range template.Of("AWS::Glue::Trigger") {
			if _, set := r.Properties["EventBatchingCondition"]; set != (r.Properties["Type"] == "EVENT") {
				t.Errorf("%s of type %v has EventBatchingCondition: %v", id, r.Properties["Type"], set)
			}
		}
	})
	t.Run("makes jobs, crawlers, roles and grants before the first trigger", func(t *testing.T) {
		first := template.Resources[template.Has(t, "AWS::Glue::Trigger", cdktest.Props{"Name": "t_alarm"})]
		for _, kind := range []string{"AWS::Glue::Job", "AWS::Glue::Crawler", "AWS::IAM::Policy"} {
			for id := range template.Of(kind) {
				if !slices.Contains(first.DependsOn, id) {
					t.Errorf("%s is not among %q", id, first.DependsOn)
				}
			}
		}
	})
	t.Run("is the template last reviewed", func(t *testing.T) {
		template.Golden(t, "test/testdata/glue.json")
	})
}

func TestGlueConstructsPassCDKNag(t *testing.T) {
	stack := glueStack()
	glueEverything(stack)
	cdktest.Nag(t, stack)
}

func TestGlueStarts(t *testing.T) {
	for name, c := range map[string]struct {
		start   glue.Start
		want    cdktest.Props
		without []string
	}{
		"on demand":          {glue.Start{}, cdktest.Props{"Type": "ON_DEMAND"}, []string{"StartOnCreation", "Schedule", "EventBatchingCondition"}},
		"on demand, by name": {glue.OnDemand(), cdktest.Props{"Type": "ON_DEMAND"}, []string{"StartOnCreation"}},
		"on schedule": {
			glue.Schedule("cron(0 10 1 * ? *)"),
			cdktest.Props{"Type": "SCHEDULED", "Schedule": "cron(0 10 1 * ? *)", "StartOnCreation": true},
			[]string{"EventBatchingCondition"},
		},
		"by every event": {glue.Event(glue.EventBatch{}), cdktest.Props{"Type": "EVENT"}, []string{"StartOnCreation", "EventBatchingCondition"}},
		"by five events": {glue.Event(glue.EventBatch{Size: 5}), cdktest.Props{"EventBatchingCondition": cdktest.Props{"BatchSize": 5, "BatchWindow": 900}}, nil},
		"by a window":    {glue.Event(glue.EventBatch{Window: time.Second}), cdktest.Props{"EventBatchingCondition": cdktest.Props{"BatchSize": 1, "BatchWindow": 1}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			stack := glueStack()
			glue.NewWorkflow(stack, "W", glue.WorkflowProps{Name: "W", Start: c.start, Steps: []glue.Step{{Run: glue.ImportJob("j")}}})
			template := cdktest.Synth(t, stack)
			trigger := template.Resources[template.Has(t, "AWS::Glue::Trigger", c.want)]
			for _, property := range c.without {
				if v, set := trigger.Properties[property]; set {
					t.Errorf("%s is %v; want none", property, v)
				}
			}
		})
	}
}

// glueRow defines a workflow of n jobs, each started by a trigger of its own.
func glueRow(scope constructs.Construct, name string, n int) {
	var steps []glue.Step
	for i := range n {
		job := glue.NewJob(scope, fmt.Sprintf("%s-%d", name, i), glue.JobProps{Name: fmt.Sprintf("%s_%d", name, i), Script: "s3://scripts/a.py"})
		step := glue.Step{Run: job, Trigger: fmt.Sprintf("t_%s_%02d", name, i)}
		if i == 0 {
			step.Trigger = ""
		} else {
			step.After = glue.Succeeded(fmt.Sprintf("%s_%d", name, i-1))
		}
		steps = append(steps, step)
	}
	glue.NewWorkflow(scope, name, glue.WorkflowProps{Name: name, StartTrigger: "t_" + name, Steps: steps})
}

// glueDepth is the longest way from a trigger to a trigger by DependsOn, counted in
// triggers: what CloudFormation has to make one after the other.
func glueDepth(template *cdktest.Template) int {
	triggers := template.Of("AWS::Glue::Trigger")
	known := map[string]int{}
	var depth func(id string) int
	depth = func(id string) int {
		r, ok := triggers[id]
		if !ok || known[id] > 0 {
			return known[id]
		}
		deepest := 0
		for _, on := range r.DependsOn {
			deepest = max(deepest, depth(on))
		}
		known[id] = deepest + 1
		return known[id]
	}
	deepest := 0
	for id := range triggers {
		deepest = max(deepest, depth(id))
	}
	return deepest
}

// TestGlueTriggersAreMadeOneAfterTheOther measures the depth that the package promises:
// that of the longest workflow, however many workflows there are.
func TestGlueTriggersAreMadeOneAfterTheOther(t *testing.T) {
	for _, c := range []struct{ workflows, triggers int }{{1, 1}, {1, 7}, {4, 7}} {
		stack := glueStack()
		for i := range c.workflows {
			glueRow(stack, fmt.Sprintf("w%d", i), c.triggers)
		}
		template := cdktest.Synth(t, stack)
		template.Count(t, "AWS::Glue::Trigger", c.workflows*c.triggers)
		if got := glueDepth(template); got != c.triggers {
			t.Errorf("%d workflows of %d triggers have depth %d; want %d", c.workflows, c.triggers, got, c.triggers)
		}
		for id, r := range template.Of("AWS::Glue::Job") {
			if len(r.DependsOn) > 0 {
				t.Errorf("job %s waits for %q", id, r.DependsOn)
			}
		}
	}
}

func TestGlueConstructsAreAtHomeInEveryPartition(t *testing.T) {
	cdktest.SameInEveryPartition(t, func(env *awscdk.Environment) awscdk.Stack {
		stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Glue"), &awscdk.StackProps{Env: env})
		glueEverything(stack).RunStep(stack, "Run", glue.RunStepProps{})
		return stack
	})
}

// glueStatements are the statements of all roles and policies in the template.
func glueStatements(t *testing.T, template *cdktest.Template) (statements []map[string]any) {
	t.Helper()
	var documents []any
	for _, r := range template.Of("AWS::IAM::Role") {
		policies, _ := r.Properties["Policies"].([]any)
		for _, p := range policies {
			documents = append(documents, p.(map[string]any)["PolicyDocument"])
		}
		if r.Properties["ManagedPolicyArns"] != nil {
			t.Errorf("a role has managed policies: %v", r.Properties["ManagedPolicyArns"])
		}
	}
	for _, r := range template.Of("AWS::IAM::Policy") {
		documents = append(documents, r.Properties["PolicyDocument"])
	}
	for _, d := range documents {
		for _, s := range d.(map[string]any)["Statement"].([]any) {
			statements = append(statements, s.(map[string]any))
		}
	}
	return statements
}

func glueList(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func TestGlueRolesCanDoNoMoreThanTheyMust(t *testing.T) {
	stack := glueStack()
	glueEverything(stack)
	template := cdktest.Synth(t, stack)
	for _, s := range glueStatements(t, template) {
		for _, action := range glueList(s["Action"]) {
			if strings.Contains(action.(string), "*") {
				t.Errorf("action %v", action)
			}
			describes := strings.HasPrefix(action.(string), "ec2:Describe")
			if !describes && slices.Contains(glueList(s["Resource"]), any("*")) {
				t.Errorf("%v on every resource", action)
			}
		}
	}
	for id, r := range template.Of("AWS::IAM::Role") {
		statement := r.Properties["AssumeRolePolicyDocument"].(map[string]any)["Statement"].([]any)
		text, _ := json.Marshal(statement)
		service := "glue"
		if strings.Contains(id, "Events") {
			service = "events"
		}
		want := `[{"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}},` +
			`"Effect":"Allow","Principal":{"Service":"` + service + `.amazonaws.com"}}]`
		if string(text) != want {
			t.Errorf("%s can be assumed by\n%s; want\n%s", id, text, want)
		}
	}
}

func TestGlueCrawlerDeletesFromTheCatalogOnlyWhenTold(t *testing.T) {
	for _, remove := range []glue.DeleteBehavior{"", glue.DeleteLog, glue.DeleteDeprecate, glue.DeleteFromDatabase} {
		stack := glueStack()
		glue.NewCrawler(stack, "C", glue.CrawlerProps{
			Name: "c", Database: glue.NewDatabase(stack, "D", glue.DatabaseProps{Name: "d"}),
			S3Targets: []string{"s3://data/c"}, SchemaChange: glue.SchemaChangePolicy{Delete: remove},
		})
		text, _ := json.Marshal(glueStatements(t, cdktest.Synth(t, stack)))
		if got, want := strings.Contains(string(text), "Delete"), remove == glue.DeleteFromDatabase; got != want {
			t.Errorf("policy %q: the role may delete: %v; want %v", remove, got, want)
		}
	}
}

func TestGlueDefaults(t *testing.T) {
	stack := glueStack()
	database := glue.NewDatabase(stack, "D", glue.DatabaseProps{Name: "d"})
	glue.NewDatabase(stack, "Gone", glue.DatabaseProps{Name: "gone", DestroyData: true})
	glue.NewJob(stack, "Spark", glue.JobProps{Name: "spark", Script: "s3://scripts/a.py"})
	glue.NewJob(stack, "Shell", glue.JobProps{Name: "shell", Script: "s3://scripts/a.py", Type: glue.PythonShell})
	glue.NewCrawler(stack, "Crawler", glue.CrawlerProps{Name: "crawler", Database: database, S3Targets: []string{"s3://data"}})
	template := cdktest.Synth(t, stack)
	template.Has(t, "AWS::Glue::Job", cdktest.Props{
		"Name": "spark", "GlueVersion": "5.1", "WorkerType": "G.1X", "NumberOfWorkers": 2, "Timeout": 60, "MaxRetries": 0,
		"Command":           cdktest.Props{"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": "s3://scripts/a.py"},
		"DefaultArguments":  cdktest.Props{"--job-bookmark-option": "job-bookmark-disable"},
		"ExecutionProperty": cdktest.Props{"MaxConcurrentRuns": 1},
	})
	template.Has(t, "AWS::Glue::Job", cdktest.Props{
		"Name": "shell", "GlueVersion": "3.0", "MaxCapacity": 0.0625, "Timeout": 60,
		"Command": cdktest.Props{"Name": "pythonshell", "PythonVersion": "3.9"},
	})
	template.Has(t, "AWS::Glue::Crawler", cdktest.Props{
		"Name":               "crawler",
		"SchemaChangePolicy": cdktest.Props{"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"},
		"RecrawlPolicy":      cdktest.Props{"RecrawlBehavior": "CRAWL_EVERYTHING"},
		"Targets":            cdktest.Props{"S3Targets": []any{cdktest.Props{"Path": "s3://data"}}},
	})
	kept := template.Resources[template.Has(t, "AWS::Glue::Database", cdktest.Props{"DatabaseInput": cdktest.Props{"Name": "d"}})]
	gone := template.Resources[template.Has(t, "AWS::Glue::Database", cdktest.Props{"DatabaseInput": cdktest.Props{"Name": "gone"}})]
	if kept.DeletionPolicy != "Retain" || gone.DeletionPolicy != "Delete" {
		t.Errorf("deletion policies are %q and %q; want Retain and Delete", kept.DeletionPolicy, gone.DeletionPolicy)
	}
}

func TestGlueGivenRoleIsLeftAsItIs(t *testing.T) {
	stack := glueStack()
	role := awsiam.NewRole(stack, jsii.String("Mine"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("glue.amazonaws.com"), nil)})
	job := glue.NewJob(stack, "Job", glue.JobProps{Name: "j", Script: "s3://scripts/a.py", Role: role})
	if job.Role() != role {
		t.Error("the job has another role")
	}
	template := cdktest.Synth(t, stack)
	template.Count(t, "AWS::IAM::Role", 1)
	template.Count(t, "AWS::IAM::Policy", 0)
	template.Has(t, "AWS::Glue::Job", cdktest.Props{"Role": cdktest.Props{"Fn::GetAtt": []any{"MineC1B42D3A", "Arn"}}})
}

func TestGlueGrantsReachTheMadeRole(t *testing.T) {
	stack := glueStack()
	job := glue.NewJob(stack, "Job", glue.JobProps{Name: "j", Script: "s3://scripts/a.py"})
	bucket := awss3.NewBucket(stack, jsii.String("Bucket"), &awss3.BucketProps{
		EncryptionKey: awskms.NewKey(stack, jsii.String("Key"), nil),
	})
	bucket.GrantRead(job, nil)
	template := cdktest.Synth(t, stack)
	template.Count(t, "AWS::IAM::Role", 1)
	for id := range template.Of("AWS::IAM::Role") {
		policy := template.Has(t, "AWS::IAM::Policy", cdktest.Props{"Roles": []any{cdktest.Props{"Ref": id}}})
		text, _ := json.Marshal(template.Resources[policy].Properties)
		if !strings.Contains(string(text), "kms:Decrypt") || !strings.Contains(string(text), "s3:GetObject*") {
			t.Errorf("the grant is not in the policy: %s", text)
		}
	}
}

func TestGlueImportsAreNamedAndNotWaitedFor(t *testing.T) {
	stack := glueStack()
	glue.NewWorkflow(stack, "W", glue.WorkflowProps{Name: "W", Steps: []glue.Step{
		{Run: glue.ImportCrawler("there")}, {Run: glue.ImportJob("too"), After: glue.Succeeded("there")},
	}})
	template := cdktest.Synth(t, stack)
	first := template.Resources[template.Has(t, "AWS::Glue::Trigger", cdktest.Props{
		"Name": "t_too", "Actions": []any{cdktest.Props{"JobName": "too"}},
		"Predicate": cdktest.Props{"Conditions": []any{cdktest.Props{"CrawlerName": "there", "CrawlState": "SUCCEEDED"}}},
	})]
	if len(first.DependsOn) > 0 {
		t.Errorf("it waits for %q", first.DependsOn)
	}
}

func TestGlueWorkflowMayUseJobsOfAnotherStack(t *testing.T) {
	app := awscdk.NewApp(nil)
	jobs := awscdk.NewStack(app, jsii.String("Jobs"), nil)
	job := glue.NewJob(jobs, "Job", glue.JobProps{Name: "j", Script: "s3://scripts/a.py"})
	flows := awscdk.NewStack(app, jsii.String("Flows"), nil)
	glue.NewWorkflow(flows, "W", glue.WorkflowProps{Name: "W", Steps: []glue.Step{{Run: job}}})
	cdktest.Synth(t, flows).Has(t, "AWS::Glue::Trigger", cdktest.Props{"Actions": []any{cdktest.Props{"JobName": "j"}}})
	if on := *flows.Dependencies(); len(on) != 1 || *on[0].StackName() != "Jobs" {
		t.Errorf("the stack waits for %v; want the jobs' stack", on)
	}
}

func TestGlueWorkflowAsTargetOfEvents(t *testing.T) {
	stack := glueStack()
	workflow := glue.NewWorkflow(stack, "W", glue.WorkflowProps{Name: "W", Start: glue.Event(glue.EventBatch{}), Steps: []glue.Step{{Run: glue.ImportJob("j")}}})
	for _, id := range []string{"One", "Two"} {
		awsevents.NewRule(stack, &id, &awsevents.RuleProps{
			EventPattern: &awsevents.EventPattern{Source: jsii.Strings("shop")},
			Targets:      &[]awsevents.IRuleTarget{workflow.EventTarget()},
		})
	}
	template := cdktest.Synth(t, stack)
	arn := cdktest.Props{"Fn::Join": []any{"", []any{
		"arn:", cdktest.Props{"Ref": "AWS::Partition"}, ":glue:", cdktest.Props{"Ref": "AWS::Region"}, ":", cdktest.Props{"Ref": "AWS::AccountId"}, ":workflow/W",
	}}}
	template.Count(t, "AWS::IAM::Role", 1)
	role := template.Has(t, "AWS::IAM::Role", cdktest.Props{"Policies": []any{cdktest.Props{"PolicyDocument": cdktest.Props{
		"Statement": []any{cdktest.Props{"Action": "glue:NotifyEvent", "Effect": "Allow", "Resource": arn}},
	}}}})
	template.Count(t, "AWS::Events::Rule", 2)
	template.Has(t, "AWS::Events::Rule", cdktest.Props{"Targets": []any{
		cdktest.Props{"Arn": arn, "RoleArn": cdktest.Props{"Fn::GetAtt": []any{role, "Arn"}}},
	}})
}

// gluePanic returns what f panics with.
func gluePanic(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

func TestGlueWorkflowWithoutEventIsNoTarget(t *testing.T) {
	stack := glueStack()
	workflow := glue.NewWorkflow(stack, "W", glue.WorkflowProps{Name: "W", Steps: []glue.Step{{Run: glue.ImportJob("j")}}})
	err := gluePanic(func() { workflow.EventTarget() })
	if want := `glue.Workflow W.Start is "ON_DEMAND"; want an event; make it with glue.Event`; fmt.Sprint(err) != want {
		t.Errorf("got %v; want %s", err, want)
	}
}

func TestGlueStepOfAStateMachine(t *testing.T) {
	stack := glueStack()
	workflow := glue.NewWorkflow(stack, "W", glue.WorkflowProps{Name: "W", Steps: []glue.Step{{Run: glue.ImportJob("j")}}})
	step := workflow.RunStep(stack, "Run it", glue.RunStepProps{Timeout: time.Hour, Poll: time.Minute, RunProperties: map[string]string{"day": "1"}})
	machine := awsstepfunctions.NewStateMachine(stack, jsii.String("Machine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(step.Next(awsstepfunctions.NewSucceed(stack, jsii.String("Then"), nil))),
	})
	workflow.GrantStart(machine)
	template := cdktest.Synth(t, stack)
	template.Has(t, "AWS::IAM::Policy", cdktest.Props{"PolicyDocument": cdktest.Props{"Statement": []any{cdktest.Props{
		"Action": []any{"glue:StartWorkflowRun", "glue:GetWorkflowRun"},
		"Resource": cdktest.Props{"Fn::Join": []any{"", []any{
			"arn:", cdktest.Props{"Ref": "AWS::Partition"}, ":glue:", cdktest.Props{"Ref": "AWS::Region"}, ":", cdktest.Props{"Ref": "AWS::AccountId"}, ":workflow/W",
		}}},
	}}}})
	for _, r := range template.Of("AWS::StepFunctions::StateMachine") {
		definition := glueDefinition(t, r.Properties["DefinitionString"])
		run := definition["States"].(map[string]any)["Run it"].(map[string]any)
		if run["Next"] != "Then" || run["Type"] != "Parallel" {
			t.Errorf("the step is a %v that leads to %v", run["Type"], run["Next"])
		}
		states := run["Branches"].([]any)[0].(map[string]any)["States"].(map[string]any)
		start := states["Run it: start"].(map[string]any)
		if got, want := start["Resource"], "arn:<AWS::Partition>:states:::aws-sdk:glue:startWorkflowRun"; got != want {
			t.Errorf("it starts with %v; want %v", got, want)
		}
		if wait := states["Run it: wait"].(map[string]any); wait["Seconds"] != 60.0 {
			t.Errorf("it waits for %v s", wait["Seconds"])
		}
	}
}

// glueDefinition reads a state machine's definition, with references in angle brackets.
func glueDefinition(t *testing.T, property any) map[string]any {
	t.Helper()
	var text strings.Builder
	parts := []any{property}
	if join, ok := property.(map[string]any); ok {
		parts = join["Fn::Join"].([]any)[1].([]any)
	}
	for _, part := range parts {
		if ref, ok := part.(map[string]any); ok {
			fmt.Fprintf(&text, "<%v>", ref["Ref"])
		} else {
			text.WriteString(part.(string))
		}
	}
	var definition map[string]any
	if err := json.Unmarshal([]byte(text.String()), &definition); err != nil {
		t.Fatalf("%v in %s", err, text.String())
	}
	return definition
}

func TestGlueConstructorsRefuseBeforeTouchingTheTree(t *testing.T) {
	stack := glueStack()
	for name, make := range map[string]func() error{
		"database": func() error {
			p := glue.DatabaseProps{}
			return glueRefusal(t, p.Validate(), func() { glue.NewDatabase(stack, "X", p) })
		},
		"security": func() error {
			p := glue.SecurityConfigurationProps{}
			return glueRefusal(t, p.Validate(), func() { glue.NewSecurityConfiguration(stack, "X", p) })
		},
		"job": func() error {
			p := glue.JobProps{}
			return glueRefusal(t, p.Validate(), func() { glue.NewJob(stack, "X", p) })
		},
		"crawler": func() error {
			p := glue.CrawlerProps{}
			return glueRefusal(t, p.Validate(), func() { glue.NewCrawler(stack, "X", p) })
		},
		"connection": func() error {
			p := glue.ConnectionProps{}
			return glueRefusal(t, p.Validate(), func() { glue.NewConnection(stack, "X", p) })
		},
		"workflow": func() error {
			p := glue.WorkflowProps{}
			return glueRefusal(t, p.Validate(), func() { glue.NewWorkflow(stack, "X", p) })
		},
	} {
		if err := make(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if children := len(*stack.Node().Children()); children > 0 {
		t.Errorf("%d constructs were made all the same", children)
	}
}

func glueRefusal(t *testing.T, want error, define func()) error {
	t.Helper()
	if got := gluePanic(define); want == nil || fmt.Sprint(got) != want.Error() {
		return fmt.Errorf("panics with %v; want %v", got, want)
	}
	return nil
}
