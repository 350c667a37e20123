package glue

import (
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
)

// An Action is what a [Step] of a workflow runs: a [Job], a [Crawler], or an
// import of either that exists already. Its name is plain text, so that the
// graph can be checked without a CDK app.
type Action interface {
	// ActionName is the name of the job or crawler at Glue.
	ActionName() string

	kind() kind
	construct() constructs.Construct // nil if the thing is not in the app
}

type kind int

const (
	job kind = iota
	crawler
)

func (k kind) String() string { return [...]string{"job", "crawler"}[k] }

type imported struct {
	name string
	of   kind
}

// ImportJob stands for the existing job of that name, in the account and region
// that the workflow is deployed to.
func ImportJob(name string) Action { return imported{name, job} }

// ImportCrawler stands for the existing crawler of that name, in the account and
// region that the workflow is deployed to.
func ImportCrawler(name string) Action { return imported{name, crawler} }

func (i imported) ActionName() string { return i.name }
func (i imported) kind() kind         { return i.of }

func (i imported) construct() constructs.Construct { return nil }

// State is how a run of a job or crawler ended.
type State string

// The ends that a trigger can wait for; see
// https://docs.aws.amazon.com/glue/latest/webapi/API_Condition.html.
const (
	StateSucceeded State = "SUCCEEDED"
	StateFailed    State = "FAILED"
	StateStopped   State = "STOPPED" // by a user; Glue calls it CANCELLED of a crawler
	StateTimedOut  State = "TIMEOUT" // of jobs only
)

// crawlStates are the states that crawlers share with jobs, in Glue's words for them.
var crawlStates = map[State]string{StateSucceeded: "SUCCEEDED", StateFailed: "FAILED", StateStopped: "CANCELLED"}

// A Condition is one action of the workflow and how its run must have ended.
// Make conditions with [Succeeded], [Failed], [Stopped] and [TimedOut], and join
// them with append.
type Condition struct {
	Action string // name of a step's action in the same workflow
	State  State
}

// Succeeded waits for runs of the named actions that succeeded.
func Succeeded(names ...string) []Condition { return conditions(names, StateSucceeded) }

// Failed waits for runs of the named actions that failed.
func Failed(names ...string) []Condition { return conditions(names, StateFailed) }

// Stopped waits for runs of the named actions that somebody stopped.
func Stopped(names ...string) []Condition { return conditions(names, StateStopped) }

// TimedOut waits for runs of the named jobs that outlived their timeout. Crawlers
// have none.
func TimedOut(names ...string) []Condition { return conditions(names, StateTimedOut) }

func conditions(names []string, state State) []Condition {
	list := make([]Condition, len(names))
	for i, name := range names {
		list[i] = Condition{name, state}
	}
	return list
}

// plainName is an action's name without the letter that says what it is: "curate"
// of "j_curate".
func plainName(action string) string {
	for _, prefix := range []string{"j_", "c_"} {
		if rest, ok := strings.CutPrefix(action, prefix); ok && rest != "" {
			return rest
		}
	}
	return action
}
