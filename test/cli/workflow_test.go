package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/lakekeel/lakekeel/internal/cloud"
)

const bucket = "cli-test"

// scripts are the Python-shell jobs by name; they start in well under a second.
var scripts = map[string]string{
	"j_first": "print('hello from the job')\n",
	"j_bad":   "import sys\nprint('about to fail', file=sys.stderr)\nraise ValueError('no rows in the input')\n",
	"j_slow":  "import time\ntime.sleep(120)\n",
}

// handMade puts into the endpoint what no app of ours deployed: workflows made
// by calls. Good: job, then crawler. Bad: a job that fails before another. Slow: one long job.
func handMade(t *testing.T, s shell) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(s.home, "endpoint", "endpoint.json"))
	must(t, err)
	var record struct{ URL, Account, Region string }
	must(t, json.Unmarshal(content, &record))
	c, ctx := cloud.Local(record.URL, record.Account, record.Region), context.Background()
	storage, client := c.S3(), c.Glue()
	_, err = storage.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(bucket),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(record.Region)}})
	must(t, err)
	_, err = client.CreateDatabase(ctx, &glue.CreateDatabaseInput{DatabaseInput: &types.DatabaseInput{Name: aws.String("people_db")}})
	must(t, err)
	role := aws.String("arn:aws:iam::" + record.Account + ":role/any")
	for name, script := range scripts {
		key := "scripts/" + name + ".py"
		_, err = storage.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(script)})
		must(t, err)
		_, err = client.CreateJob(ctx, &glue.CreateJobInput{Name: aws.String(name), Role: role, MaxCapacity: aws.Float64(0.0625),
			Command: &types.JobCommand{Name: aws.String("pythonshell"), PythonVersion: aws.String("3.9"), ScriptLocation: aws.String("s3://" + bucket + "/" + key)}})
		must(t, err)
	}
	_, err = client.CreateCrawler(ctx, &glue.CreateCrawlerInput{Name: aws.String("c_people"), Role: role, DatabaseName: aws.String("people_db"),
		Targets: &types.CrawlerTargets{S3Targets: []types.S3Target{{Path: aws.String("s3://" + bucket + "/raw/people/")}}}})
	must(t, err)
	workflow(t, client, "Good", start("j_first"), after("j_first", types.Action{CrawlerName: aws.String("c_people")}))
	workflow(t, client, "Bad", start("j_bad"), after("j_bad", types.Action{JobName: aws.String("j_first")}))
	workflow(t, client, "Slow", start("j_slow"))
}

func start(job string) types.Trigger {
	return types.Trigger{Type: types.TriggerTypeOnDemand, Actions: []types.Action{{JobName: &job}}}
}

func after(job string, action types.Action) types.Trigger {
	return types.Trigger{Type: types.TriggerTypeConditional, Actions: []types.Action{action}, Predicate: &types.Predicate{
		Conditions: []types.Condition{{JobName: &job, State: types.JobRunStateSucceeded, LogicalOperator: types.LogicalOperatorEquals}}}}
}

func workflow(t *testing.T, client *glue.Client, name string, triggers ...types.Trigger) {
	t.Helper()
	_, err := client.CreateWorkflow(context.Background(), &glue.CreateWorkflowInput{Name: &name})
	must(t, err)
	for i, trigger := range triggers {
		_, err := client.CreateTrigger(context.Background(), &glue.CreateTriggerInput{Name: aws.String("t_" + name + string(rune('0'+i))), WorkflowName: &name,
			Type: trigger.Type, Actions: trigger.Actions, Predicate: trigger.Predicate, StartOnCreation: trigger.Type == types.TriggerTypeConditional})
		must(t, err)
	}
}

func TestWorkflows(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.ok("up")
	if got := s.ok("status"); !strings.HasSuffix(got, "no workflow is deployed: lakekeel deploy\n") {
		t.Errorf("status of nothing: %s", got)
	}
	handMade(t, s)
	data := filepath.Join(s.dir, "data")
	write(t, filepath.Join(data, "people.csv"), "name,age\nAda,36\nÅsa,41\n")
	write(t, filepath.Join(data, "README.md"), "not data")

	t.Run("run", func(t *testing.T) { testRun(t, s, data) })
	t.Run("query", func(t *testing.T) { testQuery(t, s) })
	t.Run("failing run", func(t *testing.T) { testFailingRun(t, s) })
	t.Run("interrupted run", func(t *testing.T) { testInterruptedRun(t, s) })
	t.Run("run that takes too long", func(t *testing.T) {
		s.refused(1, "lakekeel: run wr_… took longer than 2s and was stopped", "run", "Slow", "--timeout", "2s")
	})
	t.Run("wrong input", func(t *testing.T) { testWrongInput(t, s) })
	t.Run("status", func(t *testing.T) { testStatus(t, s) })
	t.Run("graph", func(t *testing.T) { testGraph(t, s) })
	t.Run("completion", func(t *testing.T) {
		if got := s.ok("__complete", "run", "S"); !strings.HasPrefix(got, "Slow\n:4\n") {
			t.Errorf("got %s", got)
		}
	})
	t.Run("endpoint killed in a run", func(t *testing.T) { testKilledEndpoint(t, s) })
}

func testRun(t *testing.T, s shell, data string) {
	out := s.ok("run", "Good", "--data", data)
	want := `1 file to s3://cli-test/raw/people
Good, run wr_…
…✓ j_first   job      succeeded…✓ c_people  crawler  succeeded…
Good completed…: 2 of 2 succeeded
  TotalActions       2
  SucceededActions   2
  FailedActions      0
`
	if !matches(want, out) {
		t.Errorf("got\n%s", out)
	}
	if strings.Contains(out, "\x1b") {
		t.Error("escape sequences, and no terminal")
	}
	r := s.run("run", "Good", "--json")
	var printed struct {
		Run struct {
			Name, WorkflowRunId, Status string
			StartedOn, CompletedOn      time.Time
			Statistics                  map[string]int
			Graph                       *struct{ Nodes []any }
		}
	}
	must(t, json.Unmarshal([]byte(r.out), &printed))
	if run := printed.Run; run.Name != "Good" || run.Status != "COMPLETED" || run.Statistics["SucceededActions"] != 2 || len(run.Statistics) != 8 ||
		run.CompletedOn.Before(run.StartedOn) || run.Graph != nil {
		t.Errorf("got\n%s", r.out)
	}
	if !strings.Contains(r.err, "c_people") {
		t.Errorf("no progress on standard error: %s", r.err)
	}
}

func testQuery(t *testing.T, s shell) {
	if got, want := s.ok("query", "SELECT name, age FROM people ORDER BY name"), "name  age\n────  ───\nAda    36\nÅsa    41\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got, want := s.ok("query", "--json", "SELECT count(*) AS n, max(age) AS oldest FROM people"), "[\n  {\"n\": 2, \"oldest\": 41}\n]\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	command := s.command("query", "--csv", "--database", "people_db", "-")
	command.Stdin = strings.NewReader("SELECT name,\n age FROM people ORDER BY age DESC;\n")
	if r := s.finish(command); r.out != "name,age\nÅsa,41\nAda,36\n" {
		t.Errorf("got %+v", r)
	}
	many := s.ok("query", "--csv", "SELECT n FROM UNNEST(sequence(1, 2500)) AS t(n) ORDER BY n")
	if lines := strings.Fields(many); len(lines) != 2501 || lines[1001] != "1001" || lines[2500] != "2500" {
		t.Errorf("over several pages: %d lines", len(lines))
	}
	for _, statement := range []string{"SELEC 1", "SELECT nam FROM people", "SELECT * FROM poeple"} {
		r := s.run("query", statement)
		if r.code != 1 || strings.Count(r.err, "\n") != 1 || r.out != "" {
			t.Errorf("%s: %+v; want one line", statement, r)
		}
	}
	s.refused(1, `lakekeel: --database is "poeple_db"; did you mean people_db?`, "query", "SELECT 1", "--database", "poeple_db")
	s.refused(1, `lakekeel: no-such-folder is not there; synthesize the app with: cdk synth`, "query", "--datasets", "no-such-folder", "SELECT 1")
}

func testFailingRun(t *testing.T, s shell) {
	r := s.run("run", "Bad")
	pattern := regexp.MustCompile(`^lakekeel: j_bad failed: ValueError: no rows in the input \(log: (\S+/(jr_\w+)/stderr)\)\n$`)
	match := pattern.FindStringSubmatch(r.err)
	if r.code != 1 || match == nil {
		t.Fatalf("got %d: %s", r.code, r.err)
	}
	if !strings.Contains(r.out, "Bad completed") || !strings.Contains(r.out, "FailedActions      1") || !strings.Contains(r.out, "✗ j_bad") {
		t.Errorf("got\n%s", r.out)
	}
	log, err := os.ReadFile(match[1])
	must(t, err)
	if !bytes.Contains(log, []byte("about to fail")) {
		t.Errorf("the log holds %s", log)
	}
	if got := s.ok("logs", match[2]); !strings.Contains(got, "about to fail") {
		t.Errorf("logs: %s", got)
	}
	s.refused(1, `lakekeel: no log of a job run "jr_none" at the local endpoint at http://…`, "logs", "jr_none")
}

func testInterruptedRun(t *testing.T, s shell) {
	command := s.command("run", "Slow")
	go func() {
		time.Sleep(3 * time.Second)
		command.Process.Signal(syscall.SIGINT)
	}()
	r := s.finish(command)
	if r.code != 130 || !regexp.MustCompile(`^lakekeel: interrupted; run wr_\w+ was stopped\n$`).MatchString(r.err) {
		t.Errorf("got %d: %s", r.code, r.err)
	}
	if !strings.Contains(r.out, "■ j_slow  job  stopped") {
		t.Errorf("got\n%s", r.out)
	}
}

func testWrongInput(t *testing.T, s shell) {
	s.refused(1, `lakekeel: no workflow "good" at the local endpoint at http://…; did you mean Good?`, "run", "good")
	s.refused(1, `lakekeel: no workflow "Nightly" at the local endpoint at http://…; there is Bad, Good, Slow`, "graph", "Nightly")
	s.refused(1, `lakekeel: --data is "nowhere"; want a folder that can be read: no such file or directory`, "run", "Good", "--data", "nowhere")
	write(t, filepath.Join(s.dir, "wrong", "poeple.csv"), "x\n")
	s.refused(1, `lakekeel: wrong/poeple.csv matches no crawler target; did you mean people?
lakekeel: crawler c_people reads s3://cli-test/raw/people, but wrong has neither people.csv nor a folder people`, "run", "Good", "--data", "wrong")
	if got := s.ok("query", "--json", "SELECT count(*) AS n FROM people"); !strings.Contains(got, `"n": 2`) {
		t.Errorf("refused data has changed the table: %s", got)
	}
}

func testStatus(t *testing.T, s shell) {
	got := s.ok("status")
	for _, want := range []string{"Good ", "COMPLETED        2          2       0", "Bad ", "Slow ", "STOPPED"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	var printed struct{ Runs []struct{ Name string } }
	must(t, json.Unmarshal([]byte(s.ok("status", "Good", "--json", "--limit", "1")), &printed))
	if len(printed.Runs) != 1 || printed.Runs[0].Name != "Good" {
		t.Errorf("got %+v", printed)
	}
}

func testGraph(t *testing.T, s shell) {
	file := filepath.Join(s.dir, "good.svg")
	s.ok("graph", "Good", "--format", "svg", "-o", file)
	first, err := os.ReadFile(file)
	must(t, err)
	if second := s.ok("graph", "Good", "--format", "svg"); string(first) != second || !strings.Contains(second, ">c_people</text>") {
		t.Errorf("drawn twice:\n%s\n%s", first, second)
	}
	for format, want := range map[string]string{"mermaid": "flowchart LR", "dot": "digraph {"} {
		if got := s.ok("graph", "Good", "--format", format); !strings.Contains(got, want) {
			t.Errorf("%s: %s", format, got)
		}
	}
}

func testKilledEndpoint(t *testing.T, s shell) {
	pid := s.pid()
	command := s.command("run", "Slow")
	go func() {
		time.Sleep(3 * time.Second)
		syscall.Kill(pid, syscall.SIGKILL)
	}()
	r := s.finish(command)
	if lines := strings.Split(strings.TrimSpace(r.err), "\n"); r.code != 1 || len(lines) != 1 || !matches("lakekeel: the local endpoint at http://… is gone; start it again with: lakekeel up", lines[0]) {
		t.Errorf("got %d: %s", r.code, r.err)
	}
}

// The app is a script that writes a cloud assembly: what counts here is the
// program's side, with the real CDK command line.
func TestDeploy(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.ok("up")
	s.refused(1, "lakekeel: no CDK app here: no cdk.json in DIR or above it", "deploy")
	write(t, filepath.Join(s.dir, "app.py"), app)
	write(t, filepath.Join(s.dir, "cdk.json"), `{"app": "python3 app.py"}`)
	out := s.ok("deploy")
	for _, want := range []string{"✓ bootstrap", "✓ synthesize", "✓ Local-One", "✓ Local-Two"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if again := s.ok("deploy", "Local-Two"); strings.Contains(again, "bootstrap") || strings.Contains(again, "Local-One") || !strings.Contains(again, "no changes") {
		t.Errorf("one stack, again:\n%s", again)
	}
	if listed := s.ok("cdk", "--", "ls", "-c", "stage=Dev"); !slices.Equal(strings.Fields(listed), []string{"Dev-One", "Dev-Two"}) {
		t.Errorf("cdk ls: %s", listed)
	}
	const log = " (log: DIR/.lakekeel/log/deploy.log)"
	s.refused(1, `lakekeel: the app has no stack "Local-Twoo"; did you mean Local-Two?`+log, "deploy", "Local-Twoo")
	s.refused(1, `lakekeel: … "fault" is "app"; want anything else`+log, "deploy", "--", "-c", "fault=app")
	s.refused(1, "lakekeel: …AWS::Nobody::Knows…"+log, "deploy", "--", "-c", "fault=type")
	s.refused(1, "lakekeel: Local-Two: Second (AWS::Glue::Table): …nowhere…"+log, "deploy", "--", "-c", "fault=resource")
	if out := s.ok("deploy"); !strings.Contains(out, "✓ Local-Two") {
		t.Errorf("after the faults:\n%s", out)
	}
}

const app = `
import json, os, sys
out = os.environ["CDK_OUTDIR"]
context = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
stage, fault = context.get("stage", "None"), context.get("fault")
if fault == "app":
    sys.exit('Error: the context value "fault" is "app"; want anything else')
os.makedirs(out, exist_ok=True)

def stack(name, resources, after=()):
    with open(f"{out}/{name}.template.json", "w") as file:
        json.dump({"Resources": resources}, file)
    return {"type": "aws:cloudformation:stack", "environment": "aws://123456789012/eu-west-1", "displayName": name,
            "properties": {"templateFile": f"{name}.template.json", "stackName": name, "validateOnSynth": False}, "dependencies": list(after)}

def bucket(name):
    return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}

second = {"Topic": {"Type": "AWS::SNS::Topic"}}
if fault == "type":
    second["Thing"] = {"Type": "AWS::Nobody::Knows"}
if fault == "resource":
    second["Second"] = {"Type": "AWS::Glue::Table", "Properties": {"CatalogId": "123456789012", "DatabaseName": "nowhere", "TableInput": {"Name": "t"}}}
one, two = f"{stage}-One", f"{stage}-Two"
artifacts = {one: stack(one, {"First": bucket(f"{stage.lower()}-one")}), two: stack(two, second, [one])}
with open(f"{out}/manifest.json", "w") as file:
    json.dump({"version": "36.0.0", "artifacts": artifacts}, file)
`
