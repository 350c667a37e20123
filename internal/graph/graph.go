// Package graph reads a deployed Glue workflow from its triggers and draws it:
// as Mermaid, as Graphviz's DOT, and as SVG. The same workflow gives the same
// bytes, whatever order the service lists its triggers in.
package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
)

// A Kind is what an action runs.
type Kind string

const (
	Job     Kind = "job"
	Crawler Kind = "crawler"
)

// An Action is a job or a crawler of a workflow. It can be a map's key.
type Action struct {
	Kind Kind
	Name string
}

// A Condition is what a trigger waits for.
type Condition struct {
	Action Action
	State  string // e.g. "SUCCEEDED"
}

// A Trigger starts actions: at the start of a run, or when its conditions hold.
type Trigger struct {
	Name       string
	Start      string      // how it begins a run, e.g. "on demand"; empty when it waits for conditions
	Any        bool        // one condition is enough, instead of all
	Conditions []Condition // by name
	Actions    []Action    // by name
	Inactive   bool        // it fires nothing until it is activated
}

// A Graph is a workflow: what runs after what.
type Graph struct {
	Name     string
	Triggers []Trigger // every trigger after those it waits for
	Actions  []Action  // in the order in which they can start
}

// Of returns the graph of the workflow called name, out of triggers, which may
// include those of other workflows.
func Of(name string, triggers []types.Trigger) Graph {
	g := Graph{Name: name}
	for _, trigger := range triggers {
		if aws.ToString(trigger.WorkflowName) == name {
			g.Triggers = append(g.Triggers, read(trigger))
		}
	}
	g.sort()
	return g
}

func read(from types.Trigger) Trigger {
	t := Trigger{Name: aws.ToString(from.Name)}
	switch from.Type {
	case types.TriggerTypeOnDemand:
		t.Start = "on demand"
	case types.TriggerTypeScheduled:
		t.Start = aws.ToString(from.Schedule)
	case types.TriggerTypeEvent:
		t.Start = event(from.EventBatchingCondition)
	}
	// On-demand and event triggers need no activation; the others fire only when ACTIVATED.
	waits := from.Type == types.TriggerTypeConditional || from.Type == types.TriggerTypeScheduled
	t.Inactive = waits && from.State != types.TriggerStateActivated && from.State != types.TriggerStateActivating
	if from.Predicate != nil {
		t.Any = from.Predicate.Logical == types.LogicalAny
		for _, condition := range from.Predicate.Conditions {
			action, state := Action{Crawler, aws.ToString(condition.CrawlerName)}, string(condition.CrawlState)
			if condition.JobName != nil {
				action, state = Action{Job, *condition.JobName}, string(condition.State)
			}
			t.Conditions = append(t.Conditions, Condition{action, state})
		}
	}
	for _, action := range from.Actions {
		if action.CrawlerName != nil {
			t.Actions = append(t.Actions, Action{Crawler, *action.CrawlerName})
		} else {
			t.Actions = append(t.Actions, Action{Job, aws.ToString(action.JobName)})
		}
	}
	slices.SortFunc(t.Conditions, func(a, b Condition) int {
		return cmp.Or(byName(a.Action, b.Action), strings.Compare(a.State, b.State))
	})
	slices.SortFunc(t.Actions, byName)
	return t
}

func event(batch *types.EventBatchingCondition) string {
	size := 1
	if batch != nil && batch.BatchSize != nil {
		size = int(*batch.BatchSize)
	}
	if size == 1 {
		return "on an event"
	}
	if batch.BatchWindow == nil {
		return fmt.Sprintf("on %d events", size)
	}
	return fmt.Sprintf("on %d events or %d s after the first", size, *batch.BatchWindow)
}

func byName(a, b Action) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(string(a.Kind), string(b.Kind)))
}

// sort orders the triggers by how many actions must come before them, then by
// name, and the actions by the trigger that first starts them.
func (g *Graph) sort() {
	depth := g.depths()
	slices.SortFunc(g.Triggers, func(a, b Trigger) int {
		return cmp.Or(cmp.Compare(depth[a.Name], depth[b.Name]), strings.Compare(a.Name, b.Name))
	})
	seen := map[Action]bool{}
	for _, trigger := range g.Triggers {
		for _, action := range trigger.Actions {
			if !seen[action] {
				seen[action] = true
				g.Actions = append(g.Actions, action)
			}
		}
	}
}

// depths returns, by trigger, the length of the longest chain of actions before
// it. What is deployed by other hands may hold a cycle or wait for an action
// that nothing starts: the number of rounds is bounded, so both come out last.
func (g *Graph) depths() map[string]int {
	depth := map[string]int{}
	for range g.Triggers {
		for _, trigger := range g.Triggers {
			for _, condition := range trigger.Conditions {
				for _, before := range g.Triggers {
					if slices.Contains(before.Actions, condition.Action) {
						depth[trigger.Name] = max(depth[trigger.Name], min(depth[before.Name]+1, len(g.Triggers)))
					}
				}
			}
		}
	}
	return depth
}

// waits says how a trigger's conditions combine; nothing when there are not several.
func (t Trigger) waits() string {
	switch {
	case len(t.Conditions) < 2:
		return ""
	case t.Any:
		return "ANY"
	}
	return "ALL"
}

// lines are what a trigger's box says, its name first.
func (t Trigger) lines() []string {
	lines := []string{t.Name}
	if t.Start != "" {
		lines = append(lines, t.Start)
	}
	if t.waits() != "" {
		lines = append(lines, t.waits()+" of "+fmt.Sprint(len(t.Conditions)))
	}
	if t.Inactive {
		lines = append(lines, "not activated")
	}
	return lines
}

// label names the state that a condition waits for; success goes without saying.
func (c Condition) label() string {
	if c.State == "SUCCEEDED" || c.State == "" {
		return ""
	}
	return strings.ToLower(c.State)
}

// unstarted lists the actions that a condition names and no trigger starts.
func (g Graph) unstarted() []Action {
	var missing []Action
	for _, trigger := range g.Triggers {
		for _, condition := range trigger.Conditions {
			if !slices.Contains(g.Actions, condition.Action) && !slices.Contains(missing, condition.Action) {
				missing = append(missing, condition.Action)
			}
		}
	}
	return missing
}

// all lists every action to draw.
func (g Graph) all() []Action { return append(slices.Clone(g.Actions), g.unstarted()...) }
