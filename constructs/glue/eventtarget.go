package glue

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawsevents"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// EventTarget returns the workflow as the target of EventBridge rules (aws-cdk#18853),
// with a role that may notify this workflow and nothing else. It panics if the
// workflow does not start on an [Event], since Glue would ignore the notices.
//
// See https://docs.aws.amazon.com/glue/latest/dg/starting-workflow-eventbridge.html.
func (w *Workflow) EventTarget() awsevents.IRuleTarget {
	faults := check.Of("glue.Workflow " + w.Name)
	faults.Want(w.start.event, "Start", w.start.triggerType(), "an event; make it with glue.Event")
	if err := faults.Err(); err != nil {
		panic(err)
	}
	if w.events == nil {
		w.events = &eventTarget{arn: w.ARN(), role: w.eventRole()}
	}
	return w.events
}

// eventRole is what EventBridge runs as when it notifies the workflow.
func (w *Workflow) eventRole() awsiam.IRole {
	notify := policy.Statement{Actions: []string{"glue:NotifyEvent"}, Resources: []string{w.ARN()}}
	return awsiam.NewRole(w.Construct, jsii.String("EventsRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": policy.Here().Account}},
		}),
		InlinePolicies: policy.Inline("Notify", []policy.Statement{notify}),
	})
}

// eventTarget implements awsevents.IRuleTarget.
type eventTarget struct {
	arn  string
	role awsiam.IRole
}

// Bind implements awsevents.IRuleTarget.
func (t *eventTarget) Bind(interfacesawsevents.IRuleRef, *string) *awsevents.RuleTargetConfig {
	return &awsevents.RuleTargetConfig{Arn: &t.arn, Role: t.role}
}
