package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/internal/report"
	"github.com/lakekeel/lakekeel/internal/runner"
)

func (a *app) statusCommand() *cobra.Command {
	var limit int
	var asJSON bool
	c := &cobra.Command{
		Use:   "status [WORKFLOW]",
		Short: "Show the last runs of a workflow, or of all",
		Example: `  lakekeel status
  lakekeel status Covid_19 --limit 20
  lakekeel status Covid_19 --profile prod     read-only look at a real account`,
		Args:              between(0, "WORKFLOW"),
		ValidArgsFunction: a.completeWorkflow,
		RunE: func(c *cobra.Command, args []string) error {
			if limit < 1 {
				return errUsage{fmt.Errorf("--limit is %d; want 1 or more", limit)}
			}
			return a.status(c.Context(), args, limit, asJSON)
		},
	}
	c.Flags().IntVar(&limit, "limit", 5, "how many runs of each workflow")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, as aws glue get-workflow-runs does")
	return c
}

func (a *app) status(ctx context.Context, names []string, limit int, asJSON bool) error {
	c, err := a.cloud(ctx)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		if names, err = runner.Names(ctx, c); err != nil {
			return err
		}
	}
	if !asJSON {
		fmt.Fprintln(a.out.Out, c)
	}
	runs := []types.WorkflowRun{}
	idle := []string{}
	for _, name := range names {
		workflow, err := runner.Find(ctx, c, name)
		if err != nil {
			return err
		}
		recent, err := workflow.Recent(ctx, limit)
		if err != nil {
			return err
		}
		if len(recent) == 0 {
			idle = append(idle, name)
		}
		runs = append(runs, recent...)
	}
	if asJSON {
		return report.AWS(a.out.Out, "Runs", runs)
	}
	a.printRuns(runs)
	for _, name := range idle {
		fmt.Fprintf(a.out.Out, "%s has not run yet: lakekeel run %s\n", name, name)
	}
	if len(names) == 0 {
		fmt.Fprintln(a.out.Out, "no workflow is deployed: lakekeel deploy")
	}
	return nil
}

func (a *app) printRuns(runs []types.WorkflowRun) {
	if len(runs) == 0 {
		return
	}
	table := report.Table{Columns: []report.Column{{Name: "workflow"}, {Name: "run"}, {Name: "started"}, {Name: "took", Type: "decimal"},
		{Name: "status"}, {Name: "actions", Type: "bigint"}, {Name: "succeeded", Type: "bigint"}, {Name: "failed", Type: "bigint"}}}
	for _, run := range runs {
		var s types.WorkflowRunStatistics
		if run.Statistics != nil {
			s = *run.Statistics
		}
		failed := s.FailedActions + s.TimeoutActions + s.StoppedActions + s.ErroredActions
		var row []report.Cell
		for _, cell := range []string{aws.ToString(run.Name), aws.ToString(run.WorkflowRunId), aws.ToTime(run.StartedOn).Local().Format("2006-01-02 15:04:05"),
			report.Duration(runner.Elapsed(run, time.Now())), string(run.Status), strconv.Itoa(int(s.TotalActions)), strconv.Itoa(int(s.SucceededActions)),
			strconv.Itoa(int(failed))} {
			row = append(row, &cell)
		}
		table.Rows = append(table.Rows, row)
	}
	table.Text(a.out)
	for _, run := range runs {
		if run.ErrorMessage != nil {
			fmt.Fprintf(a.out.Out, "%s: %s\n", aws.ToString(run.WorkflowRunId), *run.ErrorMessage)
		}
	}
}
