package runner

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"github.com/lakekeel/lakekeel/internal/cloud"
	"github.com/lakekeel/lakekeel/internal/graph"
	"github.com/lakekeel/lakekeel/internal/report"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func at(seconds float64) *time.Time {
	t := noon.Add(time.Duration(seconds * float64(time.Second)))
	return &t
}

// sample has an action in each situation: well, retried, failed, running, not begun.
func sample() (graph.Graph, types.WorkflowRun) {
	job := func(name string, runs ...types.JobRun) types.Node {
		return types.Node{Type: types.NodeTypeJob, Name: &name, JobDetails: &types.JobNodeDetails{JobRuns: runs}}
	}
	crawler := func(name string, crawls ...types.Crawl) types.Node {
		return types.Node{Type: types.NodeTypeCrawler, Name: &name, CrawlerDetails: &types.CrawlerNodeDetails{Crawls: crawls}}
	}
	g := graph.Graph{Name: "w", Actions: []graph.Action{{Kind: graph.Job, Name: "start"}, {Kind: graph.Crawler, Name: "scan"},
		{Kind: graph.Job, Name: "again"}, {Kind: graph.Job, Name: "bad"}, {Kind: graph.Crawler, Name: "start"}, {Kind: graph.Job, Name: "end"}}}
	run := types.WorkflowRun{Name: aws.String("w"), WorkflowRunId: aws.String("wr_1"), Status: types.WorkflowRunStatusRunning, StartedOn: at(0),
		Graph: &types.WorkflowGraph{Nodes: []types.Node{
			{Type: types.NodeTypeTrigger, Name: aws.String("t_start"), TriggerDetails: &types.TriggerNodeDetails{}},
			job("end"),
			job("bad", types.JobRun{Id: aws.String("jr_bad"), JobRunState: types.JobRunStateFailed, StartedOn: at(2), CompletedOn: at(5),
				ErrorMessage: aws.String("ValueError: no\n  rows")}),
			job("again",
				types.JobRun{Id: aws.String("jr_2"), JobRunState: types.JobRunStateRunning, StartedOn: at(6), Attempt: 1},
				types.JobRun{Id: aws.String("jr_1"), JobRunState: types.JobRunStateTimeout, StartedOn: at(2), CompletedOn: at(5)}),
			crawler("scan", types.Crawl{State: types.CrawlStateFailed, StartedOn: at(2), CompletedOn: at(2.5), ErrorMessage: aws.String("no objects")}),
			crawler("start", types.Crawl{State: types.CrawlStateRunning, StartedOn: at(20)}),
			job("start", types.JobRun{JobRunState: types.JobRunStateSucceeded, StartedOn: at(0), CompletedOn: at(1.5)}),
		}}}
	return g, run
}

func TestTasks(t *testing.T) {
	g, run := sample()
	want := []report.Task{
		{Name: "start", Kind: "job", State: report.Done, Word: "succeeded", Elapsed: 1500 * time.Millisecond},
		{Name: "scan", Kind: "crawler", State: report.Failed, Word: "failed", Elapsed: 500 * time.Millisecond},
		{Name: "again", Kind: "job", State: report.Running, Word: "running, attempt 2", Elapsed: 4 * time.Second},
		{Name: "bad", Kind: "job", State: report.Failed, Word: "failed", Elapsed: 3 * time.Second},
		{Name: "start", Kind: "crawler", State: report.Running, Word: "running"}, // its clock is ahead of ours
		{Name: "end", Kind: "job"},
	}
	if got := Tasks(g, run, *at(10)); !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	run.Status = types.WorkflowRunStatusCompleted
	if got := Tasks(g, run, *at(10))[5].Word; got != "not run" {
		t.Errorf("after the end, an action that never began is %q", got)
	}
	run.Graph = nil
	if got := Tasks(g, run, *at(10)); len(got) != 6 {
		t.Errorf("without a graph: %v", got)
	}
}

func TestEveryStateOfTheServiceIsKnown(t *testing.T) {
	for _, state := range types.JobRunState("").Values() {
		if stateOf(string(state)) == report.Waiting && state != types.JobRunStateWaiting {
			t.Errorf("job run state %s is not sorted", state)
		}
	}
	for _, state := range types.CrawlState("").Values() {
		if stateOf(string(state)) == report.Waiting {
			t.Errorf("crawl state %s is not sorted", state)
		}
	}
}

func TestFailures(t *testing.T) {
	g, run := sample()
	want := []Failure{
		{Action: graph.Action{Kind: graph.Crawler, Name: "scan"}, State: "FAILED", Message: "no objects"},
		{Action: graph.Action{Kind: graph.Job, Name: "bad"}, State: "FAILED", Message: "ValueError: no rows", RunID: "jr_bad"},
	}
	if got := Failures(g, run); !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestOutcome(t *testing.T) {
	statistics := func(total, succeeded, failed, stopped int32) *types.WorkflowRunStatistics {
		return &types.WorkflowRunStatistics{TotalActions: total, SucceededActions: succeeded, FailedActions: failed, StoppedActions: stopped}
	}
	tests := map[string]struct {
		run       types.WorkflowRun
		summary   string
		succeeded bool
	}{
		"all well": {types.WorkflowRun{Status: types.WorkflowRunStatusCompleted, StartedOn: at(0), CompletedOn: at(38.25), Statistics: statistics(7, 7, 0, 0)},
			"completed in 38.3s: 7 of 7 succeeded", true},
		"completed is not succeeded": {types.WorkflowRun{Status: types.WorkflowRunStatusCompleted, StartedOn: at(0), CompletedOn: at(1), Statistics: statistics(7, 5, 1, 0)},
			"completed in 1.0s: 5 of 7 succeeded, 1 failed", false},
		"stopped": {types.WorkflowRun{Status: types.WorkflowRunStatusStopped, StartedOn: at(0), CompletedOn: at(75), Statistics: statistics(7, 1, 0, 2)},
			"stopped in 1m15s: 1 of 7 succeeded, 2 stopped", false},
		"in error, without numbers": {types.WorkflowRun{Status: types.WorkflowRunStatusError}, "error", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Summary(test.run, *at(100)); got != test.summary {
				t.Errorf("got  %s\nwant %s", got, test.summary)
			}
			if got := Succeeded(test.run); got != test.succeeded {
				t.Errorf("Succeeded = %v", got)
			}
		})
	}
}

func TestKnown(t *testing.T) {
	many := strings.Fields("a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12")
	for _, test := range []struct {
		name  string
		names []string
		want  string
	}{
		{"covid19", []string{"Covid_19", "Orders"}, "did you mean Covid_19?"},
		{"x", []string{"Covid_19", "Orders"}, "there is Covid_19, Orders"},
		{"x", nil, "nothing is deployed there (lakekeel deploy)"},
		{"workflow", many, "there are a1, a2, a3, a4, a5, a6, a7, a8, a9, a10 and 2 more"},
	} {
		if got := known(test.name, test.names); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestExplainALostEndpoint(t *testing.T) {
	local := cloud.Local("http://127.0.0.1:4566", "123456789012", "eu-west-1")
	err := explain(local, errors.New("operation error Glue: unexpected EOF"))
	if want := "the local endpoint at http://127.0.0.1:4566 is gone; start it again with: lakekeel up"; err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestMatch(t *testing.T) {
	target := func(path string) Target {
		bucket, prefix := split(path)
		return Target{Crawler: "c_" + filepath.Base(path), Bucket: bucket, Prefix: prefix}
	}
	orders, people := target("s3://raw/in/orders/"), target("s3://raw/in/people")
	tests := map[string]struct {
		files   []string
		targets []Target
		want    string // key=file, in order; or the faults
	}{
		"a file each; what is no data stays": {
			files:   []string{"orders.csv", "people.jsonl.gz", "README.md", "LICENSE", ".hidden.csv", "_SUCCESS"},
			targets: []Target{orders, people},
			want:    "in/orders/orders.csv=orders.csv in/people/people.jsonl.gz=people.jsonl.gz",
		},
		"a folder with partitions": {
			files:   []string{"orders/day=1/a.parquet", "orders/day=2/a.parquet", "orders/_temporary/x", "orders/.crc", "people.csv"},
			targets: []Target{orders, people},
			want:    "in/orders/day=1/a.parquet=orders/day=1/a.parquet in/orders/day=2/a.parquet=orders/day=2/a.parquet in/people/people.csv=people.csv",
		},
		"a bucket is a target": {files: []string{"logs.csv"}, targets: []Target{target("s3://logs")}, want: "logs.csv=logs.csv"},
		"every fault at once": {
			files:   []string{"order.csv", "zebra.csv"},
			targets: []Target{orders, people},
			want: `DIR/order.csv matches no crawler target; did you mean orders?
DIR/zebra.csv matches no crawler target; want orders, people
crawler c_orders reads s3://raw/in/orders, but DIR has neither orders.csv nor a folder orders
crawler c_people reads s3://raw/in/people, but DIR has neither people.csv nor a folder people`,
		},
		"two sources for one target": {files: []string{"orders.csv", "orders/a.csv"}, targets: []Target{orders}, want: "orders and orders.csv are both for orders; keep one"},
		"an empty folder":            {files: []string{"orders/"}, targets: []Target{orders}, want: "DIR/orders is empty; want at least one file"},
		"two targets of one name": {files: []string{"orders.csv"}, targets: []Target{orders, target("s3://other/orders")},
			want: "two crawler targets are called orders; put the data there by other means"},
		"no target": {files: []string{}, targets: nil, want: "no crawler of this workflow reads from S3, so --data has no place to go"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, file := range test.files {
				path := filepath.Join(dir, file)
				if strings.HasSuffix(file, "/") {
					must(t, os.MkdirAll(path, 0o755))
					continue
				}
				must(t, os.MkdirAll(filepath.Dir(path), 0o755))
				must(t, os.WriteFile(path, []byte("x"), 0o644))
			}
			uploads, err := Match(dir, test.targets)
			got := ""
			if err != nil {
				got = strings.ReplaceAll(err.Error(), dir, "DIR")
			} else {
				got = strings.ReplaceAll(listed(uploads), dir+"/", "")
			}
			if got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
	if _, err := Match("/nowhere/at/all", nil); err == nil || err.Error() != `--data is "/nowhere/at/all"; want a folder that can be read: no such file or directory` {
		t.Errorf("got %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func listed(uploads []Upload) string {
	var lines []string
	for _, upload := range uploads {
		for key, file := range upload.Files {
			lines = append(lines, upload.Target.key(key)+"="+file)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}

func TestSplit(t *testing.T) {
	for url, want := range map[string]string{"s3://b/a/b/": "b a/b", "b/a": "b a", "s3://b": "b ", "s3a://b/": "b "} {
		bucket, prefix := split(url)
		if got := bucket + " " + prefix; got != want {
			t.Errorf("split(%q) = %q; want %q", url, got, want)
		}
	}
}
