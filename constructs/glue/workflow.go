package glue

import (
	"cmp"
	"fmt"
	"reflect"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/batch"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// A Step is one action of a [Workflow] and what it waits for.
type Step struct {
	Run Action // a job, a crawler, or an import of one; each in one step only

	// After is what must have happened first: all of it, or any of it if Any.
	// If empty, the step starts with the workflow.
	After []Condition
	Any   bool

	// Trigger names the trigger that starts the step. Steps that name the same
	// one and have the same conditions share it. If empty, "t_" and the
	// action's name without its j_ or c_; for a step without After, the
	// workflow's StartTrigger. Glue knows triggers by name in the whole account.
	Trigger string

	Arguments map[string]string // replace those of the job, keyed without the leading "--"; jobs only
	Timeout   time.Duration     // replaces that of the job, whole minutes; if zero, the job's; jobs only
}

func (s Step) name() string {
	if isNil(s.Run) {
		return ""
	}
	return s.Run.ActionName()
}

// isNil also sees a nil *Job that hides in the interface.
func isNil(a Action) bool {
	return a == nil || reflect.ValueOf(a).Kind() == reflect.Pointer && reflect.ValueOf(a).IsNil()
}

// WorkflowProps describes a [Workflow].
type WorkflowProps struct {
	Name        string // 1 to 255 bytes, unique in the account
	Description string // at most 120,000 bytes
	Start       Start  // if zero, on demand

	// StartTrigger names the trigger that starts the workflow; if empty,
	// "t_start". Glue knows triggers by name in the whole account and region,
	// so of two workflows there at most one can leave this empty.
	StartTrigger string

	Steps []Step // at least one, at most 100 together with the triggers they need

	// MaxConcurrentRuns is how many runs may be under way at once; if zero, 1,
	// which is also the default of the jobs in it.
	MaxConcurrentRuns int

	RunProperties map[string]string // what every run begins with; jobs read and change them
}

// Workflow runs jobs and crawlers in the order that its steps give. Its triggers are
// made one after the other; see the package's description.
//
// It stands on CfnWorkflow and CfnTrigger, not on the L2 awsglue.Workflow: that one
// lets a cycle, a second start and an empty predicate through, leaves conditional
// triggers switched off, writes EventBatchingCondition on them, orders nothing, and
// gives no handle on the triggers that it makes, by which they could be ordered.
type Workflow struct {
	Construct constructs.Construct
	Name      string   // as in the props
	Triggers  []string // names, in the order in which they are made

	start  Start
	events *eventTarget // nil until somebody asks for it
}

// NewWorkflow defines a workflow and its triggers in scope. It panics with the error
// of [WorkflowProps.Validate] if the props are not sound.
func NewWorkflow(scope constructs.Construct, id string, props WorkflowProps) *Workflow {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	w := &Workflow{
		Name:     props.Name,
		Triggers: props.TriggerOrder(),
		start:    props.Start,
	}
	w.Construct, _ = batch.Make(scope, append([]batch.Resource{batch.Group(id), props.workflow()}, props.chain()...), props.actions()...)
	return w
}

func (p WorkflowProps) workflow() batch.Resource {
	return batch.Resource{Type: "aws-cdk-lib.aws_glue.CfnWorkflow", ID: "Resource", Props: &awsglue.CfnWorkflowProps{
		Name:                 &p.Name,
		Description:          optional(p.Description),
		DefaultRunProperties: stringMap(p.RunProperties),
		MaxConcurrentRuns:    jsii.Number(cmp.Or(p.MaxConcurrentRuns, 1)),
	}}
}

// actions are the jobs and crawlers of the workflow that are in the app.
func (p WorkflowProps) actions() []constructs.IDependable {
	var list []constructs.IDependable
	for _, s := range p.Steps {
		if c := s.Run.construct(); c != nil {
			list = append(list, c)
		}
	}
	return list
}

// chain is the triggers one after the other, which is the service's rule. The first
// of them waits for the jobs and crawlers, with their roles and what these were granted,
// and so do all others through it: Glue refuses a trigger of a job that is not there.
// It stands behind the group and the workflow in the batch.
func (p WorkflowProps) chain() []batch.Resource {
	kinds := map[string]kind{}
	for _, s := range p.Steps {
		kinds[s.name()] = s.Run.kind()
	}
	var list []batch.Resource
	for i, t := range p.triggers() {
		resource := &awsglue.CfnTriggerProps{Name: &t.name, WorkflowName: jsii.String(batch.Made(1, "ref")), Actions: t.actions()}
		if t.name == p.startTrigger() {
			p.Start.apply(resource)
		} else {
			resource.Type = jsii.String("CONDITIONAL")
			resource.StartOnCreation = true // else the trigger stays CREATED and the run stalls before it
			resource.Predicate = t.predicate(kinds)
		}
		next := batch.Resource{Type: "aws-cdk-lib.aws_glue.CfnTrigger", ID: t.name, Props: resource, Waits: i == 0}
		if i > 0 {
			next.After = 1 + i // the trigger before it, behind the group and the workflow
		}
		list = append(list, next)
	}
	return list
}

// apply sets what is different between the ways to start. Glue refuses
// StartOnCreation for ON_DEMAND, and documents it for SCHEDULED and CONDITIONAL only.
func (s Start) apply(p *awsglue.CfnTriggerProps) {
	p.Type = jsii.String(s.triggerType())
	switch s.triggerType() {
	case "SCHEDULED":
		p.Schedule = &s.schedule
		p.StartOnCreation = true
	case "EVENT":
		if s.batch != (EventBatch{}) {
			p.EventBatchingCondition = &awsglue.CfnTrigger_EventBatchingConditionProperty{
				BatchSize:   jsii.Number(cmp.Or(s.batch.Size, 1)),
				BatchWindow: jsii.Number(cmp.Or(s.batch.Window, 900*time.Second).Seconds()),
			}
		}
	}
}

func (t trigger) actions() []*awsglue.CfnTrigger_ActionProperty {
	var list []*awsglue.CfnTrigger_ActionProperty
	for _, s := range t.steps {
		action := &awsglue.CfnTrigger_ActionProperty{}
		if s.Run.kind() == crawler {
			action.CrawlerName = jsii.String(s.name())
		} else {
			action.JobName = jsii.String(s.name())
			action.Arguments = argumentMap(s.Arguments)
			action.Timeout = minutesOf(s.Timeout)
		}
		list = append(list, action)
	}
	return list
}

// predicate says when the trigger fires. Glue wants a LogicalOperator in each
// condition, even in a single one (aws-cdk#34652).
func (t trigger) predicate(kinds map[string]kind) *awsglue.CfnTrigger_PredicateProperty {
	var list []*awsglue.CfnTrigger_ConditionProperty
	for _, c := range t.after {
		condition := &awsglue.CfnTrigger_ConditionProperty{LogicalOperator: jsii.String("EQUALS")}
		if kinds[c.Action] == crawler {
			condition.CrawlerName, condition.CrawlState = &c.Action, jsii.String(crawlStates[c.State])
		} else {
			condition.JobName, condition.State = &c.Action, jsii.String(string(c.State))
		}
		list = append(list, condition)
	}
	logical := "AND"
	if t.any {
		logical = "ANY"
	}
	return &awsglue.CfnTrigger_PredicateProperty{Logical: &logical, Conditions: list}
}

// ARN is the name of the workflow in policies.
func (w *Workflow) ARN() string { return policy.Here().Arn("glue", "workflow/"+w.Name) }

// GrantStart lets grantee start this workflow and look at its runs, e.g. the state
// machine of [Workflow.RunStep].
func (w *Workflow) GrantStart(grantee awsiam.IGrantable) {
	grant(grantee, policy.Statement{Actions: []string{"glue:StartWorkflowRun", "glue:GetWorkflowRun"}, Resources: []string{w.ARN()}})
}

// Validate reports every fault in the props and in the graph that they give, as
// [check.Fault]s. It touches nothing but the props, so it may be called without a CDK app.
func (p WorkflowProps) Validate() error {
	faults := check.Of("glue.WorkflowProps")
	faults.Want(isName(p.Name), "Name", p.Name, wantName)
	faults.Want(len(p.Description) <= 120000, "Description", fmt.Sprintf("%d bytes", len(p.Description)), "at most 120000 bytes")
	faults.Want(p.MaxConcurrentRuns >= 0, "MaxConcurrentRuns", p.MaxConcurrentRuns, "1 or more, or 0 for 1")
	for _, key := range sorted(p.RunProperties) {
		faults.Want(isName(key), "RunProperties", key, "keys of "+wantName)
	}
	p.Start.check(faults)
	p.checkGraph(faults)
	return faults.Err()
}
