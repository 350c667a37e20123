package glue

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

// faultCase is props, and the whole message that Validate gives of them; no message
// means that they are sound.
type faultCase struct {
	props interface{ Validate() error }
	want  string
}

func runFaults(t *testing.T, cases map[string]faultCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			checktest.Message(t, c.props.Validate(), c.want)
		})
	}
}

var (
	long = strings.Repeat("x", 256)
	a, b = ImportJob("j_a"), ImportJob("j_b")
	c    = ImportCrawler("c_c")
)

// workflow is sound but for its steps.
func workflow(steps ...Step) WorkflowProps { return WorkflowProps{Name: "W", Steps: steps} }

func started(start Start) WorkflowProps {
	return WorkflowProps{Name: "W", Start: start, Steps: []Step{{Run: a}}}
}

// row is a workflow of n actions, one after the other, each by its own trigger.
func row(n int) WorkflowProps {
	var steps []Step
	for i := range n {
		step := Step{Run: ImportJob(fmt.Sprintf("j_%03d", i))}
		if i > 0 {
			step.After = Succeeded(fmt.Sprintf("j_%03d", i-1))
		}
		steps = append(steps, step)
	}
	return workflow(steps...)
}

func TestWorkflowPropsValidate(t *testing.T) {
	runFaults(t, map[string]faultCase{
		"one step is a workflow":           {workflow(Step{Run: a}), ""},
		"steps may be listed in any order": {workflow(Step{Run: b, After: Succeeded("j_a")}, Step{Run: a}), ""},
		"fifty in a row are the most":      {row(50), ""},
		"an action may wait for either end of another": {
			workflow(Step{Run: a}, Step{Run: b, After: append(Succeeded("j_a"), Failed("j_a")...), Any: true}), "",
		},
		"steps that name a trigger and have its conditions share it": {
			workflow(Step{Run: a}, Step{Run: b, After: Succeeded("j_a"), Trigger: "t_x"}, Step{Run: c, After: Succeeded("j_a"), Trigger: "t_x"}), "",
		},
		"shared conditions may come in another order": {
			workflow(Step{Run: a}, Step{Run: b},
				Step{Run: ImportJob("j_d"), After: Succeeded("j_a", "j_b"), Trigger: "t_x"},
				Step{Run: c, After: Succeeded("j_b", "j_a"), Trigger: "t_x"}), "",
		},
		"a crawler may be waited for until somebody stops it": {workflow(Step{Run: c}, Step{Run: a, After: Stopped("c_c")}), ""},
		"no name":             {WorkflowProps{Steps: []Step{{Run: a}}}, `glue.WorkflowProps.Name is ""; want 1 to 255 bytes on a single line, in plain text`},
		"a name of two lines": {WorkflowProps{Name: "a\nb", Steps: []Step{{Run: a}}}, `glue.WorkflowProps.Name is "a\nb"; want 1 to 255 bytes on a single line, in plain text`},
		"a name of 256 bytes": {WorkflowProps{Name: long, Steps: []Step{{Run: a}}}, `glue.WorkflowProps.Name is "` + long + `"; want 1 to 255 bytes on a single line, in plain text`},
		"128 letters of two bytes": {
			WorkflowProps{Name: strings.Repeat("é", 128), Steps: []Step{{Run: a}}},
			`glue.WorkflowProps.Name is "` + strings.Repeat("é", 128) + `"; want 1 to 255 bytes on a single line, in plain text`,
		},
		"a name that is a token":  {WorkflowProps{Name: "${Token[TOKEN.7]}", Steps: []Step{{Run: a}}}, `glue.WorkflowProps.Name is "${Token[TOKEN.7]}"; want 1 to 255 bytes on a single line, in plain text`},
		"a long description":      {WorkflowProps{Name: "W", Description: strings.Repeat("x", 120001), Steps: []Step{{Run: a}}}, `glue.WorkflowProps.Description is "120001 bytes"; want at most 120000 bytes`},
		"fewer than no runs":      {WorkflowProps{Name: "W", MaxConcurrentRuns: -1, Steps: []Step{{Run: a}}}, `glue.WorkflowProps.MaxConcurrentRuns is -1; want 1 or more, or 0 for 1`},
		"a property without name": {WorkflowProps{Name: "W", RunProperties: map[string]string{"": "v"}, Steps: []Step{{Run: a}}}, `glue.WorkflowProps.RunProperties is ""; want keys of 1 to 255 bytes on a single line, in plain text`},
		"no steps":                {workflow(), `glue.WorkflowProps.Steps is []; want at least one step`},
		"a step of nothing":       {workflow(Step{}), `glue.WorkflowProps.Steps[0].Run is <nil>; want a job, a crawler, or an import of one`},
		"a nil job":               {workflow(Step{Run: (*Job)(nil)}), `glue.WorkflowProps.Steps[0].Run is <nil>; want a job, a crawler, or an import of one`},
		"an import without name":  {workflow(Step{Run: ImportJob("")}), `glue.WorkflowProps.Steps[0].Run is ""; want 1 to 255 bytes on a single line, in plain text`},
		"a repeated action":       {workflow(Step{Run: a}, Step{Run: a}), `glue.WorkflowProps.Steps[1].Run is "j_a"; want an action that no other step has`},
		"a crawler of a job's name": {
			workflow(Step{Run: a}, Step{Run: ImportCrawler("j_a")}), `glue.WorkflowProps.Steps[1].Run is "j_a"; want an action that no other step has`,
		},
		"an action after itself": {workflow(Step{Run: a}, Step{Run: b, After: Succeeded("j_b")}), `glue.WorkflowProps.Steps[1].After[0] is "j_b"; want another action than the step's own`},
		"an action after nothing": {
			workflow(Step{Run: a}, Step{Run: b, After: Succeeded("j_x", "j_unknown")}),
			`glue.WorkflowProps.Steps[1].After[0] is "j_x"; want the name of an action of the workflow; nearest is "j_a"` + "\n" +
				`glue.WorkflowProps.Steps[1].After[1] is "j_unknown"; want the name of an action of the workflow`,
		},
		"a cycle of two": {
			workflow(Step{Run: a, After: Succeeded("j_b")}, Step{Run: b, After: Succeeded("j_a")}),
			`glue.WorkflowProps.Steps[0].After is "j_a → j_b → j_a"; want no cycle, which would never start`,
		},
		"a cycle of three, behind a sound step": {
			workflow(Step{Run: ImportJob("j_s")}, Step{Run: a, After: Succeeded("j_s", "c_c")}, Step{Run: b, After: Failed("j_a")}, Step{Run: c, After: Succeeded("j_b")}),
			`glue.WorkflowProps.Steps[1].After is "j_a → j_b → c_c → j_a"; want no cycle, which would never start`,
		},
		"two cycles": {
			workflow(
				Step{Run: a, After: Succeeded("j_b")}, Step{Run: b, After: Succeeded("j_a")},
				Step{Run: c, After: Succeeded("j_d")}, Step{Run: ImportJob("j_d"), After: Succeeded("c_c")}),
			`glue.WorkflowProps.Steps[0].After is "j_a → j_b → j_a"; want no cycle, which would never start` + "\n" +
				`glue.WorkflowProps.Steps[2].After is "c_c → j_d → c_c"; want no cycle, which would never start`,
		},
		"contradictory ends": {
			workflow(Step{Run: a}, Step{Run: b, After: append(Succeeded("j_a"), Failed("j_a")...)}),
			`glue.WorkflowProps.Steps[1].After[1] is {j_a FAILED}; want no second end of "j_a", which must be SUCCEEDED already; or set Any`,
		},
		"a condition twice": {
			workflow(Step{Run: a}, Step{Run: b, After: Succeeded("j_a", "j_a"), Any: true}),
			`glue.WorkflowProps.Steps[1].After[1] is {j_a SUCCEEDED}; want a condition that the step does not have yet`,
		},
		"a crawler that times out": {
			workflow(Step{Run: c}, Step{Run: b, After: TimedOut("c_c")}),
			`glue.WorkflowProps.Steps[1].After[0] is {c_c TIMEOUT}; want "SUCCEEDED", "FAILED" or "STOPPED" of a crawler`,
		},
		"a state that no trigger can wait for": {
			workflow(Step{Run: a}, Step{Run: b, After: []Condition{{"j_a", "RUNNING"}}}),
			`glue.WorkflowProps.Steps[1].After[0] is {j_a RUNNING}; want "SUCCEEDED", "FAILED", "STOPPED" or "TIMEOUT" of a job`,
		},
		"any of nothing":         {workflow(Step{Run: a, Any: true}), `glue.WorkflowProps.Steps[0].Any is true; want false, since the step has no conditions`},
		"arguments of a crawler": {workflow(Step{Run: c, Arguments: map[string]string{"k": "v"}}), `glue.WorkflowProps.Steps[0].Arguments is map[k:v]; want nothing, since a crawler takes none`},
		"timeout of a crawler":   {workflow(Step{Run: c, Timeout: time.Minute}), `glue.WorkflowProps.Steps[0].Timeout is 1m0s; want nothing, since a crawler has none`},
		"timeout of a job": {
			workflow(Step{Run: a, Timeout: 90 * time.Second}),
			`glue.WorkflowProps.Steps[0].Timeout is 1m30s; want whole minutes, from 1m0s to 168h0m0s, or 0 for the default`,
		},
		"an argument with dashes": {
			workflow(Step{Run: a, Arguments: map[string]string{"--k": "v"}}),
			`glue.WorkflowProps.Steps[0].Arguments is "--k"; want keys of letters, digits, ".", "_" and "-", without the leading "--"`,
		},
		"an argument of Glue's": {
			workflow(Step{Run: a, Arguments: map[string]string{"JOB_NAME": "v"}}),
			`glue.WorkflowProps.Steps[0].Arguments is "JOB_NAME"; want no argument that Glue sets itself`,
		},
		"a start by another trigger": {
			workflow(Step{Run: a, Trigger: "t_other"}),
			`glue.WorkflowProps.Steps[0].Trigger is "t_other"; want "t_start" or nothing, since a step without conditions starts with the workflow`,
		},
		"a condition on the start": {
			workflow(Step{Run: a}, Step{Run: b, After: Succeeded("j_a"), Trigger: "t_start"}),
			`glue.WorkflowProps.Steps[1].Trigger is "t_start"; want a name other than the start's, since the step has conditions`,
		},
		"a derived trigger of the start's name": {
			workflow(Step{Run: a}, Step{Run: ImportJob("j_start"), After: Succeeded("j_a")}),
			`glue.WorkflowProps.Steps[1].Trigger is "t_start"; want a name other than the start's, since the step has conditions`,
		},
		"two derived triggers of one name": {
			workflow(Step{Run: a}, Step{Run: b, After: Succeeded("j_a")}, Step{Run: ImportCrawler("c_b"), After: Succeeded("j_a")}),
			`glue.WorkflowProps.Steps[2].Trigger is "t_b"; want a name that step "j_b" does not have`,
		},
		"a shared trigger of other conditions": {
			workflow(Step{Run: a}, Step{Run: b, After: Succeeded("j_a"), Trigger: "t_x"}, Step{Run: c, After: Failed("j_a"), Trigger: "t_x"}),
			`glue.WorkflowProps.Steps[2].Trigger is "t_x"; want the conditions of step "j_b", which has this trigger too, or another name`,
		},
		"a trigger's long name": {
			workflow(Step{Run: a}, Step{Run: b, After: Succeeded("j_a"), Trigger: long}),
			`glue.WorkflowProps.Steps[1].Trigger is "` + long + `"; want 1 to 255 bytes on a single line, in plain text`,
		},
		"a start trigger of two lines": {
			WorkflowProps{Name: "W", StartTrigger: "t\n", Steps: []Step{{Run: a}}},
			`glue.WorkflowProps.StartTrigger is "t\n"; want 1 to 255 bytes on a single line, in plain text`,
		},
		"more parts than a workflow may have": {row(51), `glue.WorkflowProps.Steps is "102 jobs, crawlers and triggers"; want at most 100 in one workflow; split it`},
		"a batch of 101 events":               {started(Event(EventBatch{Size: 101})), `glue.WorkflowProps.Start.Size is 101; want 1 to 100 events, or 0 for 1`},
		"a window of 16 minutes":              {started(Event(EventBatch{Window: 16 * time.Minute})), `glue.WorkflowProps.Start.Window is 16m0s; want whole seconds, from 1s to 15m0s, or 0 for 15m0s`},
		"a window of half a second":           {started(Event(EventBatch{Window: 500 * time.Millisecond})), `glue.WorkflowProps.Start.Window is 500ms; want whole seconds, from 1s to 15m0s, or 0 for 15m0s`},
		"a schedule of nothing":               {started(Schedule("")), `glue.WorkflowProps.Start is ""; want cron(minutes hours day-of-month month day-of-week year), six fields, in UTC`},
		"every fault at once": {
			WorkflowProps{Start: Schedule("rate(5 minutes)"), Steps: []Step{{Run: a, After: Succeeded("j_b")}, {Run: b, After: Succeeded("j_a"), Timeout: time.Second}}},
			`glue.WorkflowProps.Name is ""; want 1 to 255 bytes on a single line, in plain text
glue.WorkflowProps.Start is "rate(5 minutes)"; want cron(minutes hours day-of-month month day-of-week year), six fields, in UTC
glue.WorkflowProps.Steps[1].Timeout is 1s; want whole minutes, from 1m0s to 168h0m0s, or 0 for the default
glue.WorkflowProps.Steps[0].After is "j_a → j_b → j_a"; want no cycle, which would never start`,
		},
	})
}

func TestAPredicateHasAtMost500Conditions(t *testing.T) {
	step := Step{Run: a, Any: true}
	for i := range 501 {
		step.After = append(step.After, Succeeded(fmt.Sprintf("j_%d", i))...)
	}
	err := workflow(step).Validate()
	if want := `glue.WorkflowProps.Steps[0].After is "501 conditions"; want at most 500`; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %.200v", err)
	}
}

func TestJobPropsValidate(t *testing.T) {
	sound := JobProps{Name: "j_a", Script: "s3://scripts/a.py"}
	with := func(change func(*JobProps)) JobProps { p := sound; change(&p); return p }
	shell := func(change func(*JobProps)) JobProps { p := sound; p.Type = PythonShell; change(&p); return p }
	runFaults(t, map[string]faultCase{
		"a Spark job":                    {sound, ""},
		"a Python shell job":             {shell(func(p *JobProps) { p.MaxCapacity = 1 }), ""},
		"a script in a bucket of tokens": {with(func(p *JobProps) { p.Script = "s3://${Token[TOKEN.12]}/x/a.py" }), ""},
		"Glue 6.0":                       {with(func(p *JobProps) { p.GlueVersion = "6.0" }), ""},
		"no name":                        {with(func(p *JobProps) { p.Name = "" }), `glue.JobProps.Name is ""; want 1 to 255 bytes on a single line, in plain text`},
		"a description with a bell":      {with(func(p *JobProps) { p.Description = "\a" }), `glue.JobProps.Description is "\a"; want at most 2048 bytes, without control characters`},
		"no script":                      {with(func(p *JobProps) { p.Script = "" }), `glue.JobProps.Script is ""; want the s3:// URL of an object`},
		"a script on disk":               {with(func(p *JobProps) { p.Script = "etlScripts/a.py" }), `glue.JobProps.Script is "etlScripts/a.py"; want the s3:// URL of an object`},
		"a script that is a bucket":      {with(func(p *JobProps) { p.Script = "s3://scripts" }), `glue.JobProps.Script is "s3://scripts"; want the s3:// URL of an object`},
		"a temp folder on disk":          {with(func(p *JobProps) { p.TempDir = "temp" }), `glue.JobProps.TempDir is "temp"; want the s3:// URL of a folder, or nothing`},
		"half a minute":                  {with(func(p *JobProps) { p.Timeout = 30 * time.Second }), `glue.JobProps.Timeout is 30s; want whole minutes, from 1m0s to 168h0m0s, or 0 for the default`},
		"eight days":                     {with(func(p *JobProps) { p.Timeout = 8 * 24 * time.Hour }), `glue.JobProps.Timeout is 192h0m0s; want whole minutes, from 1m0s to 168h0m0s, or 0 for the default`},
		"a negative timeout":             {with(func(p *JobProps) { p.Timeout = -time.Minute }), `glue.JobProps.Timeout is -1m0s; want whole minutes, from 1m0s to 168h0m0s, or 0 for the default`},
		"eleven retries":                 {with(func(p *JobProps) { p.Retries = 11 }), `glue.JobProps.Retries is 11; want 0 to 10`},
		"minus one run":                  {with(func(p *JobProps) { p.MaxConcurrentRuns = -1 }), `glue.JobProps.MaxConcurrentRuns is -1; want 1 or more, or 0 for 1`},
		"one worker":                     {with(func(p *JobProps) { p.Workers = 1 }), `glue.JobProps.Workers is 1; want 2 or more, or 0 for 2`},
		"a worker of no such type": {
			with(func(p *JobProps) { p.WorkerType = "G.3X" }),
			`glue.JobProps.WorkerType is "G.3X"; want "G.1X", "G.2X", "G.4X", "G.8X", "G.12X", "G.16X", "R.1X", "R.2X", "R.4X" or "R.8X"`,
		},
		"capacity of a Spark job": {with(func(p *JobProps) { p.MaxCapacity = 10 }), `glue.JobProps.MaxCapacity is 10; want nothing; a Spark job has WorkerType and Workers`},
		"Glue 2.0":                {with(func(p *JobProps) { p.GlueVersion = "2.0" }), `glue.JobProps.GlueVersion is "2.0"; want "3.0", "4.0", "5.0", "5.1" or "6.0"`},
		"a bookmark of no such kind": {
			with(func(p *JobProps) { p.Bookmark = "on" }),
			`glue.JobProps.Bookmark is "on"; want "job-bookmark-disable", "job-bookmark-enable" or "job-bookmark-pause"`,
		},
		"an argument with dashes": {
			with(func(p *JobProps) { p.Arguments = map[string]string{"--x": "1"} }),
			`glue.JobProps.Arguments is "--x"; want keys of letters, digits, ".", "_" and "-", without the leading "--"`,
		},
		"an argument of the service": {with(func(p *JobProps) { p.Arguments = map[string]string{"JOB_RUN_ID": "1"} }), `glue.JobProps.Arguments is "JOB_RUN_ID"; want no argument that Glue sets itself`},
		"an argument with a field": {
			with(func(p *JobProps) { p.Arguments = map[string]string{"TempDir": "s3://x", "job-bookmark-option": "x"} }),
			`glue.JobProps.Arguments is "TempDir"; want no argument that the job sets itself; set TempDir
glue.JobProps.Arguments is "job-bookmark-option"; want no argument that the job sets itself; set Bookmark`,
		},
		"arguments of 300 KB":         {with(func(p *JobProps) { p.Arguments = map[string]string{"x": strings.Repeat("y", 300<<10)} }), `glue.JobProps.Arguments is "307203 bytes"; want at most 266240 bytes`},
		"a connection of the app":     {with(func(p *JobProps) { p.Connections = []string{"${Token[Connection.3]}"} }), ""},
		"a module":                    {with(func(p *JobProps) { p.PyFiles = []string{"s3://scripts/publish.py"} }), ""},
		"a module that is a folder":   {with(func(p *JobProps) { p.PyFiles = []string{"s3://scripts/a.py", "s3://scripts"} }), `glue.JobProps.PyFiles[1] is "s3://scripts"; want the s3:// URL of an object, without a comma`},
		"two modules in one":          {with(func(p *JobProps) { p.PyFiles = []string{"s3://scripts/a.py,b.py"} }), `glue.JobProps.PyFiles[0] is "s3://scripts/a.py,b.py"; want the s3:// URL of an object, without a comma`},
		"a connection twice":          {with(func(p *JobProps) { p.Connections = []string{"vpc", "vpc"} }), `glue.JobProps.Connections[1] is "vpc"; want the name of a connection, each once`},
		"workers of a Python shell":   {shell(func(p *JobProps) { p.Workers, p.WorkerType = 2, G1X }), "glue.JobProps.WorkerType is \"G.1X\"; want nothing; a Python shell job has MaxCapacity\nglue.JobProps.Workers is 2; want nothing; a Python shell job has MaxCapacity"},
		"half a DPU":                  {shell(func(p *JobProps) { p.MaxCapacity = 0.5 }), `glue.JobProps.MaxCapacity is 0.5; want 0.0625 or 1 DPU, or 0 for 0.0625`},
		"version of a Python shell":   {shell(func(p *JobProps) { p.GlueVersion = "5.1" }), `glue.JobProps.GlueVersion is "5.1"; want nothing; a Python shell job runs Python 3.9`},
		"bookmarks of a Python shell": {shell(func(p *JobProps) { p.Bookmark = BookmarkEnabled }), `glue.JobProps.Bookmark is "job-bookmark-enable"; want nothing; a Python shell job has no bookmarks`},
		"no such type":                {with(func(p *JobProps) { p.Type = 7 }), `glue.JobProps.Type is 7; want glue.Spark or glue.PythonShell`},
	})
}

func TestCrawlerPropsValidate(t *testing.T) {
	sound := CrawlerProps{Name: "c_a", Database: &Database{Name: "db"}, S3Targets: []string{"s3://data/a/"}}
	with := func(change func(*CrawlerProps)) CrawlerProps { p := sound; change(&p); return p }
	jdbc := JDBCTarget{Connection: "shop", Path: "shop/public/%"}
	runFaults(t, map[string]faultCase{
		"a folder":           {sound, ""},
		"a whole bucket":     {with(func(p *CrawlerProps) { p.S3Targets = []string{"s3://data"} }), ""},
		"a database by JDBC": {with(func(p *CrawlerProps) { p.S3Targets, p.JDBCTargets = nil, []JDBCTarget{jdbc} }), ""},
		"new folders only": {
			with(func(p *CrawlerProps) {
				p.Recrawl, p.SchemaChange = RecrawlNewFolders, SchemaChangePolicy{UpdateLog, DeleteLog}
			}), "",
		},
		"no name and no database": {CrawlerProps{S3Targets: sound.S3Targets}, "glue.CrawlerProps.Name is \"\"; want 1 to 255 bytes on a single line, in plain text\nglue.CrawlerProps.Database is <nil>; want a database to fill"},
		"no target":               {with(func(p *CrawlerProps) { p.S3Targets = nil }), `glue.CrawlerProps.S3Targets is []; want at least one target, here or in JDBCTargets`},
		"a target on disk":        {with(func(p *CrawlerProps) { p.S3Targets = []string{"/data"} }), `glue.CrawlerProps.S3Targets[0] is "/data"; want the s3:// URL of a folder`},
		"a target twice":          {with(func(p *CrawlerProps) { p.S3Targets = []string{"s3://a/b/", "s3://a/b/"} }), `glue.CrawlerProps.S3Targets[1] is "s3://a/b/"; want a folder that is not a target yet`},
		"an empty exclusion":      {with(func(p *CrawlerProps) { p.Exclusions = []string{""} }), `glue.CrawlerProps.Exclusions[0] is ""; want a glob pattern`},
		"exclusions of nothing": {
			with(func(p *CrawlerProps) {
				p.S3Targets, p.JDBCTargets, p.Exclusions, p.SampleSize = nil, []JDBCTarget{jdbc}, []string{"x"}, 1
			}),
			"glue.CrawlerProps.Exclusions is [x]; want nothing, since there is no S3 target; see JDBCTarget\nglue.CrawlerProps.SampleSize is 1; want nothing, since there is no S3 target",
		},
		"a sample of 250":           {with(func(p *CrawlerProps) { p.SampleSize = 250 }), `glue.CrawlerProps.SampleSize is 250; want 1 to 249 files, or 0 for all`},
		"a JDBC target of nothing":  {with(func(p *CrawlerProps) { p.JDBCTargets = []JDBCTarget{{}} }), "glue.CrawlerProps.JDBCTargets[0].Connection is \"\"; want the name of a connection\nglue.CrawlerProps.JDBCTargets[0].Path is \"\"; want database/schema/table, with \"%\" for any"},
		"a prefix in capitals":      {with(func(p *CrawlerProps) { p.TablePrefix = "RAW_" }), `glue.CrawlerProps.TablePrefix is "RAW_"; want at most 128 of a-z, 0-9 and _`},
		"an update of no such kind": {with(func(p *CrawlerProps) { p.SchemaChange.Update = "x" }), `glue.CrawlerProps.SchemaChange.Update is "x"; want "UPDATE_IN_DATABASE" or "LOG"`},
		"a delete of no such kind": {
			with(func(p *CrawlerProps) { p.SchemaChange.Delete = "x" }),
			`glue.CrawlerProps.SchemaChange.Delete is "x"; want "LOG", "DEPRECATE_IN_DATABASE" or "DELETE_FROM_DATABASE"`,
		},
		"a recrawl of no such kind": {with(func(p *CrawlerProps) { p.Recrawl = "x" }), `glue.CrawlerProps.Recrawl is "x"; want "CRAWL_EVERYTHING" or "CRAWL_NEW_FOLDERS_ONLY"`},
		"new folders that change a table": {
			with(func(p *CrawlerProps) { p.Recrawl = RecrawlNewFolders }),
			`glue.CrawlerProps.SchemaChange is "UPDATE_IN_DATABASE and LOG"; want LOG and LOG, which Glue needs to crawl new folders only`,
		},
		"new folders of a database": {
			with(func(p *CrawlerProps) {
				p.Recrawl, p.SchemaChange, p.JDBCTargets = RecrawlNewFolders, SchemaChangePolicy{UpdateLog, DeleteLog}, []JDBCTarget{jdbc}
			}),
			`glue.CrawlerProps.Recrawl is "CRAWL_NEW_FOLDERS_ONLY"; want CRAWL_EVERYTHING, since a JDBC target has no folders`,
		},
		"a level above the bucket":  {with(func(p *CrawlerProps) { p.Grouping.Level = -1 }), `glue.CrawlerProps.Grouping.Level is -1; want 1 or more, or 0 to let the crawler find out`},
		"a classifier without name": {with(func(p *CrawlerProps) { p.Classifiers = []string{""} }), `glue.CrawlerProps.Classifiers[0] is ""; want the name of a classifier`},
		"a schedule of five fields": {
			with(func(p *CrawlerProps) { p.Schedule = "cron(0 10 1 * ?)" }),
			`glue.CrawlerProps.Schedule is "cron(0 10 1 * ?)"; want cron(minutes hours day-of-month month day-of-week year), six fields, in UTC`,
		},
	})
}

func TestOtherPropsValidate(t *testing.T) {
	runFaults(t, map[string]faultCase{
		"a database":                       {DatabaseProps{Name: "covid19db"}, ""},
		"a database in capitals":           {DatabaseProps{Name: "Covid19"}, `glue.DatabaseProps.Name is "Covid19"; want 1 to 255 of a-z, 0-9 and _`},
		"a database with a dash":           {DatabaseProps{Name: "covid-19"}, `glue.DatabaseProps.Name is "covid-19"; want 1 to 255 of a-z, 0-9 and _`},
		"a long description":               {DatabaseProps{Name: "d", Description: strings.Repeat("x", 2049)}, `glue.DatabaseProps.Description is "` + strings.Repeat("x", 2049) + `"; want at most 2048 bytes, without control characters`},
		"a security configuration of none": {SecurityConfigurationProps{Name: "a b"}, "glue.SecurityConfigurationProps.Name is \"a b\"; want 1 to 128 of letters, digits, - and _\nglue.SecurityConfigurationProps.Key is <nil>; want a KMS key"},
		"a step by default":                {RunStepProps{}, ""},
		"a look every half second":         {RunStepProps{Poll: 500 * time.Millisecond}, `glue.RunStepProps.Poll is 500ms; want whole seconds, 1s or more, or 0 for 30s`},
		"less time than one look":          {RunStepProps{Timeout: time.Second}, `glue.RunStepProps.Timeout is 1s; want at least as long as Poll, or 0 for 4h0m0s`},
		"more looks than a history holds":  {RunStepProps{Timeout: time.Hour, Poll: time.Second}, `glue.RunStepProps.Timeout is 1h0m0s; want at most 1500 times Poll, for the history of the state machine; lengthen Poll`},
		"a result nowhere":                 {RunStepProps{ResultPath: "run"}, `glue.RunStepProps.ResultPath is "run"; want a path that begins with "$.", or nothing`},
		"a run property without name":      {RunStepProps{RunProperties: map[string]string{"": "v"}}, `glue.RunStepProps.RunProperties is ""; want keys of 1 to 255 bytes on a single line, in plain text`},
	})
}
