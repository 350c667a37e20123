package graph

import (
	"bytes"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
)

var update = flag.Bool("update", false, "rewrite the golden pictures")

// covid is the workflow of the first system, as GetTriggers gives it.
func covid() []types.Trigger {
	job := func(name string) types.Action { return types.Action{JobName: &name} }
	crawler := func(name string) types.Action { return types.Action{CrawlerName: &name} }
	afterJob := func(name string) types.Condition {
		return types.Condition{JobName: &name, State: types.JobRunStateSucceeded, LogicalOperator: types.LogicalOperatorEquals}
	}
	afterCrawl := func(name string) types.Condition {
		return types.Condition{CrawlerName: &name, CrawlState: types.CrawlStateSucceeded, LogicalOperator: types.LogicalOperatorEquals}
	}
	trigger := func(name string, action types.Action, logical types.Logical, conditions ...types.Condition) types.Trigger {
		return types.Trigger{Name: &name, WorkflowName: aws.String("Covid_19"), Type: types.TriggerTypeConditional, State: types.TriggerStateActivated,
			Actions: []types.Action{action}, Predicate: &types.Predicate{Logical: logical, Conditions: conditions}}
	}
	triggers := []types.Trigger{
		{Name: aws.String("t_start"), WorkflowName: aws.String("Covid_19"), Type: types.TriggerTypeScheduled, Schedule: aws.String("cron(0 10 1 * ? *)"),
			State: types.TriggerStateActivated, Actions: []types.Action{job("j_emit_start_event")}},
		trigger("t_end", job("j_emit_ended_event"), types.LogicalAnd, afterJob("j_neherlab_denorm")),
	}
	var crawled []types.Condition
	for _, name := range []string{"population", "case_counts", "icu_capacity", "country_codes"} {
		triggers = append(triggers, trigger("t_neherlab_"+name, crawler("c_neherlab_"+name), types.LogicalAnd, afterJob("j_emit_start_event")))
		crawled = append(crawled, afterCrawl("c_neherlab_"+name))
	}
	return append(triggers, trigger("t_neherlab_denorm", job("j_neherlab_denorm"), types.LogicalAnd, crawled...),
		types.Trigger{Name: aws.String("t_other"), WorkflowName: aws.String("Other"), Type: types.TriggerTypeOnDemand})
}

// strange has what our own construct refuses and other hands may deploy.
func strange() []types.Trigger {
	in := func(t types.Trigger) types.Trigger { t.WorkflowName = aws.String(`A <"strange"> one`); return t }
	return []types.Trigger{
		in(types.Trigger{Name: aws.String("begin"), Type: types.TriggerTypeEvent, EventBatchingCondition: &types.EventBatchingCondition{BatchSize: aws.Int32(5), BatchWindow: aws.Int32(900)},
			Actions: []types.Action{{JobName: aws.String("a & b")}, {CrawlerName: aws.String("a & b")}}}),
		in(types.Trigger{Name: aws.String("either"), Type: types.TriggerTypeConditional, State: types.TriggerStateCreated,
			Actions: []types.Action{{JobName: aws.String("last")}},
			Predicate: &types.Predicate{Logical: types.LogicalAny, Conditions: []types.Condition{
				{JobName: aws.String("a & b"), State: types.JobRunStateFailed}, {CrawlerName: aws.String("nobody starts it"), CrawlState: types.CrawlStateSucceeded}}}}),
		in(types.Trigger{Name: aws.String("again"), Type: types.TriggerTypeConditional, State: types.TriggerStateActivated,
			Actions:   []types.Action{{JobName: aws.String("last")}},
			Predicate: &types.Predicate{Conditions: []types.Condition{{JobName: aws.String("last"), State: types.JobRunStateTimeout}}}}),
	}
}

func TestOrder(t *testing.T) {
	g := Of("Covid_19", covid())
	var triggers, actions []string
	for _, trigger := range g.Triggers {
		triggers = append(triggers, trigger.Name)
	}
	for _, action := range g.Actions {
		actions = append(actions, string(action.Kind)+" "+action.Name)
	}
	if got, want := strings.Join(triggers, " "), "t_start t_neherlab_case_counts t_neherlab_country_codes t_neherlab_icu_capacity t_neherlab_population t_neherlab_denorm t_end"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := strings.Join(actions, ", "), "job j_emit_start_event, crawler c_neherlab_case_counts, crawler c_neherlab_country_codes, crawler c_neherlab_icu_capacity, crawler c_neherlab_population, job j_neherlab_denorm, job j_emit_ended_event"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestPictures(t *testing.T) {
	for name, g := range map[string]Graph{"covid": Of("Covid_19", covid()), "strange": Of(`A <"strange"> one`, strange()), "empty": Of("empty", nil)} {
		for _, format := range Formats() {
			t.Run(name+" "+format, func(t *testing.T) {
				picture, err := g.Draw(format)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, filepath.Join("testdata", name+"."+format), picture)
				if format == "svg" {
					wellFormed(t, picture)
				}
			})
		}
	}
}

func TestPicturesDoNotDependOnTheOrderOfTheService(t *testing.T) {
	backwards := covid()
	slices.Reverse(backwards)
	if Of("Covid_19", covid()).DOT() != Of("Covid_19", backwards).DOT() {
		t.Error("the order of the triggers changes the picture")
	}
}

func TestUnknownFormat(t *testing.T) {
	_, err := Graph{}.Draw("png")
	if want := `--format is "png"; want one of mermaid, svg, dot`; err == nil || err.Error() != want {
		t.Errorf("got %v; want %s", err, want)
	}
}

func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from %s (-update rewrites it):\n%s", path, got)
	}
}

func wellFormed(t *testing.T, picture []byte) {
	t.Helper()
	if err := xml.Unmarshal(picture, new(struct{})); err != nil {
		t.Errorf("no XML: %v", err)
	}
}
