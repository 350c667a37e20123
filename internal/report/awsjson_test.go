package report

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
)

func TestAWS(t *testing.T) {
	started := time.Date(2026, 11, 23, 10, 0, 0, 250_000_000, time.UTC)
	run := types.WorkflowRun{
		Name: aws.String("Covid_19"), Status: types.WorkflowRunStatusCompleted, StartedOn: &started,
		Statistics:            &types.WorkflowRunStatistics{TotalActions: 7, SucceededActions: 7},
		WorkflowRunProperties: map[string]string{"day": "1"},
		Graph: &types.WorkflowGraph{Nodes: []types.Node{{Type: types.NodeTypeJob, Name: aws.String("j"), JobDetails: &types.JobNodeDetails{
			JobRuns: []types.JobRun{{Id: aws.String("jr_1"), JobRunState: types.JobRunStateSucceeded}}}}}, Edges: []types.Edge{}},
	}
	var out strings.Builder
	if err := AWS(&out, "Run", run); err != nil {
		t.Fatal(err)
	}
	want := `{
    "Run": {
        "Graph": {
            "Edges": [],
            "Nodes": [
                {
                    "JobDetails": {
                        "JobRuns": [
                            {
                                "AllocatedCapacity": 0,
                                "Attempt": 0,
                                "ExecutionTime": 0,
                                "Id": "jr_1",
                                "JobRunState": "SUCCEEDED"
                            }
                        ]
                    },
                    "Name": "j",
                    "Type": "JOB"
                }
            ]
        },
        "Name": "Covid_19",
        "StartedOn": "2026-11-23T10:00:00.250000+00:00",
        "Statistics": {
            "ErroredActions": 0,
            "FailedActions": 0,
            "RunningActions": 0,
            "StoppedActions": 0,
            "SucceededActions": 7,
            "TimeoutActions": 0,
            "TotalActions": 7,
            "WaitingActions": 0
        },
        "Status": "COMPLETED",
        "WorkflowRunProperties": {
            "day": "1"
        }
    }
}
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s", got)
	}
}
