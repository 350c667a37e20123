package glue

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
)

func names(triggers []trigger) []string {
	var list []string
	for _, t := range triggers {
		var actions []string
		for _, s := range t.steps {
			actions = append(actions, s.name())
		}
		list = append(list, t.name+": "+strings.Join(actions, " "))
	}
	return list
}

func TestTriggersAreDerivedFromTheGraph(t *testing.T) {
	p := workflow(
		Step{Run: a},
		Step{Run: c, After: Succeeded("j_a")},
		Step{Run: ImportCrawler("c_d"), After: Succeeded("j_a")},
		Step{Run: b, After: Succeeded("c_c", "c_d")},
		Step{Run: ImportJob("mail"), After: Failed("j_b", "c_c"), Any: true, Trigger: "t_alarm"},
		Step{Run: ImportJob("page"), After: Failed("c_c", "j_b"), Any: true, Trigger: "t_alarm"},
	)
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	got := names(p.triggers())
	want := []string{"t_alarm: mail page", "t_b: j_b", "t_c: c_c", "t_d: c_d", "t_start: j_a"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestTheStartComesLastAndIsNamedByTheProps(t *testing.T) {
	p := workflow(Step{Run: a}, Step{Run: b, After: Succeeded("j_a"), Trigger: "t_z"})
	p.StartTrigger = "a_start"
	if got, want := p.TriggerOrder(), []string{"t_z", "a_start"}; !slices.Equal(got, want) {
		t.Errorf("got %q; want %q", got, want)
	}
}

// after gives each trigger's predecessor in the chain, which is what it depends on.
func after(p WorkflowProps) map[string]string {
	chain := map[string]string{}
	order := p.TriggerOrder()
	for i := 1; i < len(order); i++ {
		chain[order[i]] = order[i-1]
	}
	return chain
}

func TestANewStepChangesOneDependency(t *testing.T) {
	before := workflow(Step{Run: a}, Step{Run: b, After: Succeeded("j_a")}, Step{Run: c, After: Succeeded("j_b")})
	grown := before
	grown.Steps = append([]Step{{Run: ImportJob("j_bb"), After: Succeeded("j_a")}}, before.Steps...)
	changed := 0
	now := after(grown)
	for name, was := range after(before) {
		if now[name] != was {
			changed++
		}
	}
	if changed != 1 {
		t.Errorf("%d dependencies of earlier triggers changed; want 1\nbefore %v\nnow    %v", changed, after(before), now)
	}
}

func TestTheOrderOfStepsDoesNotMatter(t *testing.T) {
	p := row(20)
	want := p.TriggerOrder()
	slices.Reverse(p.Steps)
	if got := p.TriggerOrder(); !slices.Equal(got, want) {
		t.Errorf("got %q; want %q", got, want)
	}
}

func TestTheWaitingStepIsBoundedAndFailsOnAnyBadCount(t *testing.T) {
	state := RunStepProps{ResultPath: "$.run"}.state("Run", "W", "aws-cn")
	states := state["Branches"].([]any)[0].(asl)["States"].(asl)
	for name, resource := range map[string]string{"Run: start": "startWorkflowRun", "Run: look": "getWorkflowRun"} {
		if got, want := states[name].(asl)["Resource"], "arn:aws-cn:states:::aws-sdk:glue:"+resource; got != want {
			t.Errorf("%s is %v; want %s", name, got, want)
		}
	}
	if state["ResultPath"] != "$.run" {
		t.Errorf("ResultPath is %v", state["ResultPath"])
	}
	for name := range reachable(states, "Run: start") {
		if _, there := states[name]; !there {
			t.Errorf("a state leads to %q, which is not there", name)
		}
	}
	if got := len(reachable(states, "Run: start")); got != len(states) {
		t.Errorf("%d of %d states can be reached", got, len(states))
	}
	for name, want := range map[string]struct {
		status string
		polls  int
		counts map[string]int
	}{
		"Run: count":   {"RUNNING", 0, nil},
		"Run: timeout": {"RUNNING", 479, nil}, // four hours of half minutes
		"Run: done":    {"COMPLETED", 479, map[string]int{"FailedActions": 0, "SucceededActions": 7}},
		"Run: failed":  {"STOPPED", 1, nil},
	} {
		if got := decide(t, states["Run: decide"].(asl), want.status, want.polls, want.counts); got != name {
			t.Errorf("%s after %d looks with %v leads to %q; want %q", want.status, want.polls, want.counts, got, name)
		}
	}
	for _, count := range []string{"FailedActions", "TimeoutActions", "StoppedActions", "ErroredActions"} {
		if got := decide(t, states["Run: decide"].(asl), "COMPLETED", 1, map[string]int{count: 1}); got != "Run: failed" {
			t.Errorf("a run with %s leads to %q", count, got)
		}
	}
}

func reachable(states asl, from string) map[string]bool {
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		state, _ := states[name].(asl)
		if seen[name] {
			return
		}
		seen[name] = true
		for _, key := range []string{"Next", "Default"} {
			if next, ok := state[key].(string); ok {
				visit(next)
			}
		}
		choices, _ := state["Choices"].([]any)
		for _, c := range choices {
			visit(c.(asl)["Next"].(string))
		}
	}
	visit(from)
	return seen
}

// decide does what Step Functions does in a Choice state, for the rules used here.
func decide(t *testing.T, choice asl, status string, polls int, counts map[string]int) string {
	t.Helper()
	var holds func(rule asl) bool
	holds = func(rule asl) bool {
		some := func(list []any, is bool) bool {
			return slices.ContainsFunc(list, func(r any) bool { return holds(r.(asl)) == is })
		}
		switch {
		case rule["And"] != nil:
			return !some(rule["And"].([]any), false)
		case rule["Or"] != nil:
			return some(rule["Or"].([]any), true)
		case rule["Not"] != nil:
			return !holds(rule["Not"].(asl))
		}
		path := rule["Variable"].(string)
		count, present := counts[strings.TrimPrefix(path, "$.Run.Statistics.")]
		switch {
		case path == "$.Run.Status":
			return rule["StringEquals"] == status
		case path == "$.Polls":
			return polls < rule["NumericLessThan"].(int)
		case rule["IsPresent"] != nil:
			return present == rule["IsPresent"].(bool)
		case rule["NumericGreaterThan"] != nil:
			if !present {
				t.Errorf("looks at %s, which is not there: Step Functions would fail", path)
			}
			return count > rule["NumericGreaterThan"].(int)
		}
		t.Fatalf("unknown rule %v", rule)
		return false
	}
	for _, c := range choice["Choices"].([]any) {
		if holds(c.(asl)) {
			return c.(asl)["Next"].(string)
		}
	}
	return choice["Default"].(string)
}

// TestGraphsAtRandom makes graphs whose steps wait for earlier ones only, which are
// sound, and turns one edge round, which is not.
func TestGraphsAtRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		p := row(2 + random.IntN(20))
		for i := 2; i < len(p.Steps); i++ {
			for j := range i - 1 {
				if random.IntN(4) == 0 {
					p.Steps[i].After = append(p.Steps[i].After, Succeeded(p.Steps[j].name())...)
				}
			}
		}
		random.Shuffle(len(p.Steps), func(i, j int) { p.Steps[i], p.Steps[j] = p.Steps[j], p.Steps[i] })
		if err := p.Validate(); err != nil {
			t.Fatalf("%v in\n%v", err, p.Steps)
		}
		first := slices.IndexFunc(p.Steps, func(s Step) bool { return s.name() == "j_000" })
		p.Steps[first].After = Succeeded("j_001")
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "want no cycle") {
			t.Fatalf("a cycle was accepted: %v in\n%v", err, p.Steps)
		}
	}
}

func TestNamesThatTakePrefixesOff(t *testing.T) {
	got := map[string]string{}
	for _, name := range []string{"j_a", "c_a", "a", "j_", "jc_a"} {
		got[name] = plainName(name)
	}
	want := map[string]string{"j_a": "a", "c_a": "a", "a": "a", "j_": "j_", "jc_a": "jc_a"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

// What the rest of the CDK may do with the constructs.
var (
	_ awsiam.IGrantable     = (*Job)(nil)
	_ awsiam.IGrantable     = (*Crawler)(nil)
	_ awsevents.IRuleTarget = (*eventTarget)(nil)
	_ Action                = (*Job)(nil)
	_ Action                = (*Crawler)(nil)
)
