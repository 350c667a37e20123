package glue

import (
	"fmt"
	"time"

	"github.com/lakekeel/lakekeel/internal/check"
)

// A Start is what sets a [Workflow] off. The zero Start is on demand: somebody or
// something calls StartWorkflowRun. A workflow of any start can be started on demand too.
type Start struct {
	schedule string
	event    bool
	batch    EventBatch
	set      bool // tells Schedule("") from on demand
}

// OnDemand starts the workflow when it is asked to. It is the zero [Start].
func OnDemand() Start { return Start{} }

// Schedule starts the workflow at the times of AWS's cron expression of six fields,
// in UTC, e.g. "cron(0 10 1 * ? *)"; see [ValidateSchedule].
func Schedule(cron string) Start { return Start{schedule: cron, set: true} }

// Event starts the workflow on events that an EventBridge rule hands to its
// [Workflow.EventTarget].
func Event(batch EventBatch) Start { return Start{event: true, batch: batch, set: true} }

// EventBatch says how many events start one run. The zero EventBatch starts a run
// with every event; see https://docs.aws.amazon.com/glue/latest/webapi/API_EventBatchingCondition.html.
type EventBatch struct {
	Size   int           // events that start a run, 1 to 100; if zero, 1
	Window time.Duration // starts a run with fewer events, whole seconds from 1 s to 15 min after the first; if zero, 15 min
}

// type of the trigger that starts the workflow.
func (s Start) triggerType() string {
	switch {
	case s.event:
		return "EVENT"
	case s.set:
		return "SCHEDULED"
	}
	return "ON_DEMAND"
}

func (s Start) check(faults *check.Faults) {
	if s.triggerType() == "SCHEDULED" {
		wantCron(faults, "Start", s.schedule)
	}
	size, window := s.batch.Size, s.batch.Window
	faults.Want(size >= 0 && size <= 100, "Start.Size", size, "1 to 100 events, or 0 for 1")
	sound := window == 0 || window >= time.Second && window <= 900*time.Second && window%time.Second == 0
	faults.Want(sound, "Start.Window", window, fmt.Sprintf("whole seconds, from 1s to %v, or 0 for %[1]v", 900*time.Second))
}
