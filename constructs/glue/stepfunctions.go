package glue

import (
	"cmp"
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// RunStepProps describes the Step Functions state that [Workflow.RunStep] makes.
type RunStepProps struct {
	Timeout time.Duration // how long a run is waited for; if zero, four hours
	Poll    time.Duration // time between two looks at the run, whole seconds; if zero, 30 s

	RunProperties map[string]string // what the run begins with; if empty, the workflow's

	// ResultPath is where the report goes in the state's input: Name, RunId and
	// Statistics. If empty, the report replaces the input.
	ResultPath string
}

// maxPolls keeps a state machine below its 25,000 events of history: one look takes
// 13. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html.
const maxPolls = 1500

func (p RunStepProps) timeout() time.Duration { return cmp.Or(p.Timeout, 4*time.Hour) }
func (p RunStepProps) poll() time.Duration    { return cmp.Or(p.Poll, 30*time.Second) }

// polls is how often the run is looked at before it is given up.
func (p RunStepProps) polls() int { return int((p.timeout() + p.poll() - 1) / p.poll()) }

// Validate reports every fault in the props as a [check.Fault].
func (p RunStepProps) Validate() error {
	faults := check.Of("glue.RunStepProps")
	sound := p.poll() >= time.Second && p.poll()%time.Second == 0
	faults.Want(sound, "Poll", p.Poll, "whole seconds, 1s or more, or 0 for 30s")
	faults.Want(p.timeout() >= p.poll(), "Timeout", p.Timeout, "at least as long as Poll, or 0 for 4h0m0s")
	if sound {
		faults.Want(p.polls() <= maxPolls, "Timeout", p.Timeout, fmt.Sprintf("at most %d times Poll, for the history of the state machine; lengthen Poll", maxPolls))
	}
	faults.Want(p.ResultPath == "" || len(p.ResultPath) > 2 && p.ResultPath[:2] == "$.", "ResultPath", p.ResultPath, `a path that begins with "$.", or nothing`)
	for _, key := range sorted(p.RunProperties) {
		faults.Want(isName(key), "RunProperties", key, "keys of "+wantName)
	}
	return faults.Err()
}

// maxStepID leaves room for what goes behind the id in the names of the inner states:
// Step Functions takes 80 characters.
const maxStepID = 60

// RunStep returns a Step Functions state that starts the workflow and waits for the
// run's end (aws-cdk#29001). It fails with Glue.WorkflowFailed if the run was stopped or
// any of its actions failed, timed out, was stopped or ended in an error, and with
// Glue.WorkflowTimeout if the run has not ended in time; the run then goes on. Catch
// and retry it as one state. Its state machine needs [Workflow.GrantStart].
//
// It is one CustomState that holds the loop, and not a chain of tasks: the package of
// those imports half of the CDK.
func (w *Workflow) RunStep(scope constructs.Construct, id string, props RunStepProps) awsstepfunctions.CustomState {
	faults := check.Of("glue.RunStep")
	faults.Want(id != "" && len(id) <= maxStepID, "id", id, fmt.Sprintf("1 to %d characters", maxStepID))
	faults.Add(props.Validate())
	if err := faults.Err(); err != nil {
		panic(err)
	}
	state := props.state(id, w.Name, policy.Here().Partition)
	return awsstepfunctions.NewCustomState(scope, &id, &awsstepfunctions.CustomStateProps{StateJson: &state})
}

type asl = map[string]any

// state is the loop in Amazon States Language. States are named after the id, since
// names are unique in a whole state machine.
func (p RunStepProps) state(id, workflow, partition string) asl {
	name := func(s string) string { return id + ": " + s }
	sdk := func(action string) string { return "arn:" + partition + ":states:::aws-sdk:glue:" + action }
	parameters := asl{"Name": workflow}
	if len(p.RunProperties) > 0 {
		parameters["RunProperties"] = p.RunProperties
	}
	states := asl{
		name("start"): asl{
			"Type": "Task", "Resource": sdk("startWorkflowRun"), "Parameters": parameters,
			"ResultSelector": asl{"Name": workflow, "RunId.$": "$.RunId", "Polls": 0}, "Next": name("wait"),
		},
		name("wait"): asl{"Type": "Wait", "Seconds": int(p.poll().Seconds()), "Next": name("look")},
		name("look"): asl{
			"Type": "Task", "Resource": sdk("getWorkflowRun"), "Parameters": asl{"Name": workflow, "RunId.$": "$.RunId"},
			"ResultSelector": asl{"Status.$": "$.Run.Status", "Statistics.$": "$.Run.Statistics"}, "ResultPath": "$.Run",
			"Retry": []any{asl{"ErrorEquals": []string{"States.TaskFailed"}, "IntervalSeconds": 2, "MaxAttempts": 6, "BackoffRate": 2}},
			"Next":  name("decide"),
		},
		name("decide"): asl{"Type": "Choice", "Choices": p.choices(name), "Default": name("done")},
		name("count"): asl{
			"Type":       "Pass",
			"Parameters": asl{"Name.$": "$.Name", "RunId.$": "$.RunId", "Polls.$": "States.MathAdd($.Polls, 1)"},
			"Next":       name("wait"),
		},
		name("timeout"): asl{"Type": "Fail", "Error": "Glue.WorkflowTimeout", "Cause": fmt.Sprintf("workflow %s has not ended after %v", workflow, p.timeout())},
		name("failed"): asl{
			"Type": "Fail", "Error": "Glue.WorkflowFailed",
			"CausePath": "States.Format('workflow {}, run {}, ended {}: {}', $.Name, $.RunId, $.Run.Status, States.JsonToString($.Run.Statistics))",
		},
		name("done"): asl{"Type": "Pass", "End": true},
	}
	state := asl{
		"Type":           "Parallel",
		"Branches":       []any{asl{"StartAt": name("start"), "States": states}},
		"ResultSelector": asl{"Name.$": "$[0].Name", "RunId.$": "$[0].RunId", "Statistics.$": "$[0].Run.Statistics"},
	}
	if p.ResultPath != "" {
		state["ResultPath"] = p.ResultPath
	}
	return state
}

// choices decide what to do after a look at the run: wait on, give up, or fail. A run
// of which some actions failed is COMPLETED all the same; its statistics tell.
func (p RunStepProps) choices(name func(string) string) []any {
	status := func(is string) asl { return asl{"Variable": "$.Run.Status", "StringEquals": is} }
	under := asl{"Or": []any{status("RUNNING"), status("STOPPING")}}
	var bad []any
	for _, count := range []string{"FailedActions", "TimeoutActions", "StoppedActions", "ErroredActions"} {
		path := "$.Run.Statistics." + count
		bad = append(bad, asl{"And": []any{
			asl{"Variable": path, "IsPresent": true},
			asl{"Variable": path, "NumericGreaterThan": 0},
		}})
	}
	next := func(rule asl, state string) asl { rule["Next"] = name(state); return rule }
	return []any{
		next(asl{"And": []any{under, asl{"Variable": "$.Polls", "NumericLessThan": p.polls() - 1}}}, "count"),
		next(asl{"Or": under["Or"]}, "timeout"),
		next(asl{"Not": status("COMPLETED")}, "failed"),
		next(asl{"Or": bad}, "failed"),
	}
}
