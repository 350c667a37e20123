package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/lakekeel/lakekeel/internal/report"
)

// progress shows the steps of a deployment, then its stacks, as tasks.
type progress struct{ *report.Progress }

func (p progress) start(name string) {
	p.Add(name)
	p.begin(name)
}

func (p progress) begin(name string) {
	p.Change(name, func(task *report.Task) {
		if task.State == report.Waiting {
			task.State = report.Running
		}
	})
}

func (p progress) done(name string, well bool, note string) {
	p.Change(name, func(task *report.Task) {
		task.State, task.Note = report.Done, cmp.Or(note, task.Note)
		if !well {
			task.State = report.Failed
		}
	})
}

// What cdk deploy prints (2.1148.1, --progress events): the beginning of a
// stack, each event with how many resources are done, and the end.
var (
	beginning = regexp.MustCompile(`^(\S+): (?:creating CloudFormation changeset|deploying)\.\.\.`)
	event     = regexp.MustCompile(`^(\S+) \| +(\d+/\d+) \|`)
	success   = regexp.MustCompile(`^ ✅  (\S+)( \(no changes\))?|^✅  (\S+)( \(no changes\))?`)
	failed    = regexp.MustCompile(`^ ?❌  (\S+) failed`)
)

// read follows one line of what the CDK prints.
func (p progress) read(line string) {
	if match := beginning.FindStringSubmatch(line); match != nil {
		p.begin(p.named(match[1]))
	}
	if match := event.FindStringSubmatch(line); match != nil {
		p.Change(match[1], func(task *report.Task) { task.Note = match[2] + " resources" })
	}
	if match := success.FindStringSubmatch(line); match != nil {
		note := ""
		if match[2]+match[4] != "" {
			note = "no changes"
		}
		p.done(p.named(match[1]+match[3]), true, note)
	}
	if match := failed.FindStringSubmatch(line); match != nil {
		p.done(p.named(match[1]), false, "")
	}
}

// named returns the stack's name for what the CDK calls it: its id, or, when that differs, the id with the name.
func (p progress) named(shown string) string {
	hyphened := strings.ReplaceAll(shown, "/", "-")
	for _, task := range p.Tasks() {
		if task.Name == shown || task.Name == hyphened {
			return task.Name
		}
	}
	return shown
}

// failures says, from the stacks' events since a time, which resources failed and why.
func (d deployment) failures(ctx context.Context, stacks []Stack, since time.Time) error {
	client := d.Cloud.CloudFormation()
	var faults []error
	for _, stack := range stacks {
		events, err := client.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: &stack.Name})
		if err != nil {
			continue // a stack that was never begun has none
		}
		slices.Reverse(events.StackEvents) // oldest first
		for _, e := range events.StackEvents {
			reason := strings.TrimSpace(aws.ToString(e.ResourceStatusReason))
			if !strings.HasSuffix(string(e.ResourceStatus), "_FAILED") || aws.ToTime(e.Timestamp).Before(since) ||
				aws.ToString(e.ResourceType) == "AWS::CloudFormation::Stack" || consequence(reason) {
				continue
			}
			faults = append(faults, fmt.Errorf("%s: %s (%s): %s", stack.Name, aws.ToString(e.LogicalResourceId), aws.ToString(e.ResourceType), oneLine(reason)))
		}
	}
	return errors.Join(faults...)
}

// consequence reports a failure that only follows from another.
func consequence(reason string) bool {
	return reason == "" || strings.HasPrefix(reason, "Resource creation cancelled") || strings.HasPrefix(reason, "Resource update cancelled")
}

// words keeps what is to be said when the CDK fails: an error line of the CDK or of the app, else the last line.
type words struct{ last, fault string }

var (
	colour = regexp.MustCompile("\x1b\\[[0-9;]*m")
	space  = regexp.MustCompile(`\s+`)
	// A stack trace, an epilogue of the CDK or of go run: not what went wrong.
	chatter = regexp.MustCompile(`^(at |exit status|goroutine |\s*$|.*Subprocess exited with error|.*--app is required|\[ERROR\]|.*NOTICES)`)
	ours    = regexp.MustCompile(`(?i)(^lakekeel(-app)?: |^(\w*error|❌)|failed: )`)
)

func (w *words) read(line string) {
	line = oneLine(colour.ReplaceAllString(line, ""))
	if chatter.MatchString(line) {
		return
	}
	w.last = line
	if ours.MatchString(line) {
		w.fault = line
	}
}

func (w *words) of(fallback string) string {
	return strings.TrimPrefix(cmp.Or(w.fault, w.last, fallback), "lakekeel-app: ")
}

func oneLine(s string) string { return strings.TrimSpace(space.ReplaceAllString(s, " ")) }
