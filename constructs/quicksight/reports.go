package quicksight

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/split"
)

// ReportsProps describes [Reports].
type ReportsProps struct {
	Dashboards []DashboardProps // in any order; each id once

	// Stacks is how many stacks the dashboards are spread over, 1 to 256; if zero, 32. A
	// dashboard's stack follows from its id and this number alone, so that a new one moves no other.
	// Another number moves some of them, which takes them down first.
	Stacks int

	Env *awscdk.Environment // of the stacks; may be nil
}

// Reports are many dashboards, spread over stacks that stay below CloudFormation's limits.
type Reports struct {
	Stacks     []awscdk.Stack // those with a dashboard in them, in order
	Dashboards map[string]*Dashboard
}

// defaultStacks is how many stacks reports are spread over. It can never change.
const defaultStacks = 32

// CloudFormation's limits: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html. What
// the CDK adds to a template (metadata, the rules of bootstrapping) and to a resource is taken off.
const (
	maxResources     = 499
	maxTemplateBytes = 1024*1024 - 16*1024
	resourceBytes    = 4 * 1024 // of a dashboard besides its definition: permissions, options, ARNs as joins
)

// NewReports defines stacks in scope, named id and a number, with the dashboards in them. It
// panics with the error of [ReportsProps.Validate] if the props are not sound.
func NewReports(scope constructs.Construct, id string, props ReportsProps) *Reports {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	reports := &Reports{Dashboards: map[string]*Dashboard{}}
	dashboards := map[string]DashboardProps{}
	for _, d := range props.Dashboards {
		dashboards[d.ID] = d
	}
	pieces, _ := props.split()
	for i, ids := range pieces {
		if len(ids) == 0 {
			continue
		}
		name := fmt.Sprintf("%s-%03d", id, i)
		stack := awscdk.NewStack(scope, &name, &awscdk.StackProps{
			Env: props.Env, SuppressTemplateIndentation: jsii.Bool(true), // a megabyte is counted with its blanks
		})
		reports.Stacks = append(reports.Stacks, stack)
		for _, id := range ids {
			reports.Dashboards[id] = NewDashboard(stack, id, dashboards[id])
		}
	}
	return reports
}

// split spreads the ids over stacks.
func (p ReportsProps) split() ([][]string, error) {
	ids, weights := make([]string, len(p.Dashboards)), map[string]int{}
	for i, d := range p.Dashboards {
		ids[i] = d.ID
		text, err := json.Marshal(d.Definition.JSON(func(resource string) string { return resource }))
		if err != nil {
			return nil, err
		}
		weights[d.ID] = len(text) + resourceBytes
	}
	stacks := cmp.Or(p.Stacks, defaultStacks)
	if _, err := split.Stacks(ids, stacks, maxResources, nil); err != nil {
		return nil, fmt.Errorf("resources: %w", err)
	}
	pieces, err := split.Stacks(ids, stacks, maxTemplateBytes, func(id string) int { return weights[id] })
	if err != nil {
		return nil, fmt.Errorf("bytes of template: %w", err)
	}
	return pieces, nil
}

// Validate reports every fault in the props and in all definitions as a [check.Fault].
func (p ReportsProps) Validate() error {
	faults := check.Of("quicksight.ReportsProps")
	faults.Want(p.Stacks >= 0 && p.Stacks <= 256, "Stacks", p.Stacks, fmt.Sprintf("1 to 256, or 0 for %d", defaultStacks))
	seen := map[string]bool{}
	for i, d := range p.Dashboards {
		faults.Want(!seen[d.ID], fmt.Sprintf("Dashboards[%d].ID", i), d.ID, "an id that no other dashboard has")
		seen[d.ID] = true
		faults.Add(d.Validate())
	}
	if err := faults.Err(); err != nil {
		return err
	}
	if _, err := p.split(); err != nil {
		faults.Want(false, "Stacks", cmp.Or(p.Stacks, defaultStacks), "more: "+err.Error())
	}
	return faults.Err()
}
