package glue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/internal/check"
)

const (
	// maxParts is how many jobs, crawlers and triggers a workflow may have
	// together; with more, Glue may fail to stop or resume a run:
	// https://docs.aws.amazon.com/glue/latest/dg/blueprint_workflow_restrictions.html.
	maxParts = 100
	// maxConditions is the longest predicate of a trigger:
	// https://docs.aws.amazon.com/glue/latest/webapi/API_Predicate.html.
	maxConditions = 500
)

// A trigger is what the graph makes of the steps that start together.
type trigger struct {
	name  string
	after []Condition // empty for the start
	any   bool
	steps []Step
}

// startTrigger is the name of the trigger that starts the workflow.
func (p WorkflowProps) startTrigger() string { return cmp.Or(p.StartTrigger, "t_start") }

// triggerOf is the name of the trigger that starts the step.
func (p WorkflowProps) triggerOf(s Step) string {
	if len(s.After) == 0 {
		return cmp.Or(s.Trigger, p.startTrigger())
	}
	return cmp.Or(s.Trigger, "t_"+plainName(s.name()))
}

// triggers derives the triggers of a sound graph, in the order of [WorkflowProps.TriggerOrder].
func (p WorkflowProps) triggers() []trigger {
	byName := map[string]*trigger{}
	for _, s := range p.Steps {
		name := p.triggerOf(s)
		t := byName[name]
		if t == nil {
			t = &trigger{name: name, after: s.After, any: s.Any}
			byName[name] = t
		}
		t.steps = append(t.steps, s)
	}
	var list []trigger
	for _, name := range p.TriggerOrder() {
		list = append(list, *byName[name])
	}
	return list
}

// TriggerOrder names the triggers of the workflow in the order in which
// CloudFormation makes them, one after the other; it deletes them backwards. The
// start comes last, so that a schedule cannot begin a run whose other triggers are
// not there yet; the others are in order of their names, so that the order in which
// steps are listed does not matter and a new step changes one dependency.
func (p WorkflowProps) TriggerOrder() []string {
	start := p.startTrigger()
	var names []string
	for _, s := range p.Steps {
		if name := p.triggerOf(s); name != start && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return append(names, start)
}

// A graph is the steps while they are being checked.
type graph struct {
	*check.Faults
	props WorkflowProps
	names []string       // of the actions, in order of the steps
	first map[string]int // the first step with an action's name
}

// checkGraph records every fault of the steps and of what would be derived from them.
func (p WorkflowProps) checkGraph(faults *check.Faults) {
	g := graph{Faults: faults, props: p, first: map[string]int{}}
	faults.Want(len(p.Steps) > 0, "Steps", p.Steps, "at least one step")
	for i, s := range p.Steps {
		name := s.name()
		g.names = append(g.names, name)
		if _, seen := g.first[name]; !seen {
			g.first[name] = i
		}
	}
	for i, s := range p.Steps {
		g.checkStep(i, s)
	}
	for i, s := range p.Steps {
		g.checkConditions(i, s)
	}
	g.checkTriggers()
	g.checkCycles()
	parts := len(p.Steps) + len(p.TriggerOrder())
	g.Want(parts <= maxParts, "Steps", fmt.Sprintf("%d jobs, crawlers and triggers", parts), fmt.Sprintf("at most %d in one workflow; split it", maxParts))
}

func at(i int, field string) string { return fmt.Sprintf("Steps[%d].%s", i, field) }

func (g graph) checkStep(i int, s Step) {
	if isNil(s.Run) {
		g.Want(false, at(i, "Run"), nil, "a job, a crawler, or an import of one")
		return
	}
	name := s.name()
	g.Want(isName(name), at(i, "Run"), name, wantName)
	g.Want(g.first[name] == i, at(i, "Run"), name, "an action that no other step has")
	if s.Run.kind() == crawler {
		g.Want(len(s.Arguments) == 0, at(i, "Arguments"), s.Arguments, "nothing, since a crawler takes none")
		g.Want(s.Timeout == 0, at(i, "Timeout"), s.Timeout, "nothing, since a crawler has none")
		return
	}
	g.Want(isTimeout(s.Timeout), at(i, "Timeout"), s.Timeout, wantMinutes)
	wantArguments(g.Faults, at(i, "Arguments"), s.Arguments)
}

// checkConditions looks at what the step waits for.
func (g graph) checkConditions(i int, s Step) {
	g.Want(len(s.After) > 0 || !s.Any, at(i, "Any"), s.Any, "false, since the step has no conditions")
	g.Want(len(s.After) <= maxConditions, at(i, "After"), fmt.Sprintf("%d conditions", len(s.After)), fmt.Sprintf("at most %d", maxConditions))
	ends := map[string]State{}
	for j, c := range s.After {
		field := at(i, fmt.Sprintf("After[%d]", j))
		k, known := g.first[c.Action]
		switch {
		case c.Action == s.name():
			g.Want(false, field, c.Action, "another action than the step's own")
		case !known:
			g.Want(false, field, c.Action, check.Suggest("the name of an action of the workflow", c.Action, g.names))
		default:
			g.checkState(field, c, g.props.Steps[k])
		}
		if before, seen := ends[c.Action]; seen && before == c.State {
			g.Want(false, field, c, "a condition that the step does not have yet")
		} else if seen && !s.Any {
			g.Want(false, field, c, fmt.Sprintf("no second end of %q, which must be %s already; or set Any", c.Action, before))
		}
		ends[c.Action] = c.State
	}
}

func (g graph) checkState(field string, c Condition, on Step) {
	if isNil(on.Run) || c.Action == "" {
		return // told already
	}
	states := []State{StateSucceeded, StateFailed, StateStopped}
	want := "of a crawler"
	if on.Run.kind() == job {
		states, want = append(states, StateTimedOut), "of a job"
	}
	g.Want(slices.Contains(states, c.State), field, c, check.OneOf(states)+" "+want)
}

// checkTriggers looks at the triggers' names, and at who shares one.
func (g graph) checkTriggers() {
	start := g.props.startTrigger()
	g.Want(isName(start), "StartTrigger", start, wantName)
	owner := map[string]int{}
	for i, s := range g.props.Steps {
		if isNil(s.Run) {
			continue
		}
		name := g.props.triggerOf(s)
		k, taken := owner[name]
		switch {
		case len(s.After) == 0:
			g.Want(name == start, at(i, "Trigger"), name, fmt.Sprintf("%q or nothing, since a step without conditions starts with the workflow", start))
		case name == start:
			g.Want(false, at(i, "Trigger"), name, "a name other than the start's, since the step has conditions")
		case !taken:
			owner[name] = i
			g.Want(isName(name), at(i, "Trigger"), name, wantName)
		case s.Trigger == "" || g.props.Steps[k].Trigger == "":
			g.Want(false, at(i, "Trigger"), name, fmt.Sprintf("a name that step %q does not have", g.names[k]))
		default:
			g.Want(sameConditions(s, g.props.Steps[k]), at(i, "Trigger"), name, fmt.Sprintf("the conditions of step %q, which has this trigger too, or another name", g.names[k]))
		}
	}
}

func sameConditions(a, b Step) bool {
	order := func(list []Condition) []Condition {
		return slices.SortedFunc(slices.Values(list), func(x, y Condition) int {
			return cmp.Or(cmp.Compare(x.Action, y.Action), cmp.Compare(x.State, y.State))
		})
	}
	return a.Any == b.Any && slices.Equal(order(a.After), order(b.After))
}

// checkCycles records one fault for each way in which steps wait for each other in a
// circle, with the path in the order in which the actions would run.
func (g graph) checkCycles() {
	const visiting, done = 1, 2
	state := make([]int, len(g.names))
	var path []int
	var visit func(i int)
	visit = func(i int) {
		state[i] = visiting
		path = append(path, i)
		for _, c := range g.props.Steps[i].After {
			k, known := g.first[c.Action]
			switch {
			case !known || k == i:
			case state[k] == visiting:
				g.cycle(path[slices.Index(path, k):])
			case state[k] == 0:
				visit(k)
			}
		}
		path = path[:len(path)-1]
		state[i] = done
	}
	for i := range g.names {
		if g.first[g.names[i]] == i && state[i] == 0 {
			visit(i)
		}
	}
}

// cycle records the circle in which each step waits for the next and the last for the first.
func (g graph) cycle(waits []int) {
	order := slices.Clone(waits)
	slices.Reverse(order)
	// begin with the step that is listed first, so that the message does not
	// depend on where the search began
	least := slices.Index(order, slices.Min(order))
	order = append(order[least:], order[:least]...)
	var names []string
	for _, i := range append(order, order[0]) {
		names = append(names, g.names[i])
	}
	g.Want(false, at(order[0], "After"), strings.Join(names, " → "), "no cycle, which would never start")
}
