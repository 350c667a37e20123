// Package runner runs a deployed Glue workflow and says how it goes. It speaks
// the Glue API alone, so what it runs is what is deployed, wherever that is.
package runner

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"github.com/lakekeel/lakekeel/internal/graph"
	"github.com/lakekeel/lakekeel/internal/report"
)

// An attempt is one run of a job or of a crawler.
type attempt struct {
	id         string // of a job run; crawls have none
	state      string // in the service's words
	start, end *time.Time
	message    string
}

// Tasks shows a run as one task per action, in the order of the graph. Actions
// that a retry repeats show their last attempt.
func Tasks(g graph.Graph, run types.WorkflowRun, now time.Time) []report.Task {
	attempts := attemptsOf(run)
	over := ended(run)
	var tasks []report.Task
	for _, action := range g.Actions {
		tasks = append(tasks, task(action, attempts[action], over, now))
	}
	return tasks
}

func task(action graph.Action, attempts []attempt, over bool, now time.Time) report.Task {
	t := report.Task{Name: action.Name, Kind: string(action.Kind)}
	if len(attempts) == 0 {
		if over {
			t.Word = "not run"
		}
		return t
	}
	last := attempts[len(attempts)-1]
	t.State, t.Word = stateOf(last.state), strings.ToLower(last.state)
	t.Elapsed = last.elapsed(now)
	if len(attempts) > 1 {
		t.Word += fmt.Sprintf(", attempt %d", len(attempts))
	}
	return t
}

// stateOf sorts the states that Glue has for job runs and for crawls.
func stateOf(state string) report.State {
	switch state {
	case "STARTING", "RUNNING", "STOPPING", "CANCELLING":
		return report.Running
	case "SUCCEEDED":
		return report.Done
	case "STOPPED", "CANCELLED":
		return report.Stopped
	case "FAILED", "ERROR", "TIMEOUT", "EXPIRED":
		return report.Failed
	}
	return report.Waiting
}

// elapsed is how long the attempt took, or has taken so far.
func (a attempt) elapsed(now time.Time) time.Duration {
	if a.start == nil {
		return 0
	}
	if a.end != nil {
		now = *a.end
	}
	return max(0, now.Sub(*a.start))
}

// attemptsOf collects what the nodes of a run's graph say, oldest first.
func attemptsOf(run types.WorkflowRun) map[graph.Action][]attempt {
	attempts := map[graph.Action][]attempt{}
	if run.Graph == nil {
		return attempts
	}
	for _, node := range run.Graph.Nodes {
		name := aws.ToString(node.Name)
		if node.JobDetails != nil {
			action := graph.Action{Kind: graph.Job, Name: name}
			for _, r := range node.JobDetails.JobRuns {
				attempts[action] = append(attempts[action], attempt{aws.ToString(r.Id), string(r.JobRunState), r.StartedOn, r.CompletedOn, aws.ToString(r.ErrorMessage)})
			}
		}
		if node.CrawlerDetails != nil {
			action := graph.Action{Kind: graph.Crawler, Name: name}
			for _, c := range node.CrawlerDetails.Crawls {
				attempts[action] = append(attempts[action], attempt{"", string(c.State), c.StartedOn, c.CompletedOn, aws.ToString(c.ErrorMessage)})
			}
		}
	}
	for _, list := range attempts {
		slices.SortStableFunc(list, func(a, b attempt) int { return aws.ToTime(a.start).Compare(aws.ToTime(b.start)) })
	}
	return attempts
}

// ended reports whether nothing of the run will change any more.
func ended(run types.WorkflowRun) bool {
	switch run.Status {
	case types.WorkflowRunStatusCompleted, types.WorkflowRunStatusStopped, types.WorkflowRunStatusError:
		return true
	}
	return false
}

// Succeeded reports whether every action of an ended run succeeded. A run is
// COMPLETED also when actions failed, so the statistics decide.
func Succeeded(run types.WorkflowRun) bool {
	s := run.Statistics
	return run.Status == types.WorkflowRunStatusCompleted && s != nil && s.SucceededActions == s.TotalActions
}

// Elapsed is how long the run took, or has taken by now.
func Elapsed(run types.WorkflowRun, now time.Time) time.Duration {
	return attempt{start: run.StartedOn, end: run.CompletedOn}.elapsed(now)
}

// A Failure is an action that ended otherwise than well.
type Failure struct {
	Action  graph.Action
	State   string // in the service's words
	Message string // the script's or the crawler's own, in one line
	RunID   string // of the job run, by which its log is found; empty for a crawler
}

// Failures lists the actions whose last attempt did not succeed.
func Failures(g graph.Graph, run types.WorkflowRun) []Failure {
	attempts := attemptsOf(run)
	var failures []Failure
	for _, action := range g.Actions {
		list := attempts[action]
		if len(list) == 0 {
			continue
		}
		last := list[len(list)-1]
		if state := stateOf(last.state); state == report.Failed || state == report.Stopped {
			failures = append(failures, Failure{action, last.state, oneLine(last.message), last.id})
		}
	}
	return failures
}

// Summary is one line about a run: its outcome in numbers that are not zero.
func Summary(run types.WorkflowRun, now time.Time) string {
	var counts []string
	if s := run.Statistics; s != nil {
		counts = append(counts, fmt.Sprintf("%d of %d succeeded", s.SucceededActions, s.TotalActions))
		for _, count := range []struct {
			number int32
			word   string
		}{{s.FailedActions, "failed"}, {s.TimeoutActions, "timed out"}, {s.StoppedActions, "stopped"}, {s.ErroredActions, "in error"},
			{s.RunningActions, "running"}, {s.WaitingActions, "waiting"}} {
			if count.number > 0 {
				counts = append(counts, fmt.Sprintf("%d %s", count.number, count.word))
			}
		}
	}
	text := strings.ToLower(string(run.Status))
	if elapsed := report.Duration(Elapsed(run, now)); elapsed != "" {
		text += " in " + elapsed
	}
	return strings.TrimSuffix(text+": "+strings.Join(counts, ", "), ": ")
}

var space = regexp.MustCompile(`\s+`)

func oneLine(s string) string { return strings.TrimSpace(space.ReplaceAllString(s, " ")) }
