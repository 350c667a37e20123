package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/internal/cloud"
	"github.com/lakekeel/lakekeel/internal/report"
	"github.com/lakekeel/lakekeel/internal/runner"
)

// runOptions are the flags of lakekeel run.
type runOptions struct {
	data    string        // folder to upload first; may be empty
	json    bool          // print the run as aws glue get-workflow-run does
	graph   bool          // with json: and its graph
	timeout time.Duration // zero waits for as long as it takes
	consent bool          // run on a real account
}

func (a *app) runCommand() *cobra.Command {
	var options runOptions
	c := &cobra.Command{
		Use:   "run WORKFLOW",
		Short: "Run a deployed workflow and show how it goes",
		Long: `Starts a run of a deployed Glue workflow and shows its jobs and crawlers as they go.
Exit status 1 when an action fails, 130 on Ctrl-C, which also stops the run.

With --data, each file FOLDER/x.csv (or all that is in the sub-folder FOLDER/x) first
takes the place of what is at the crawler target whose path ends in x. Files without
a target, and targets without a file, are reported before anything is uploaded.`,
		Example: `  lakekeel run Covid_19
  lakekeel run Covid_19 --data sample --timeout 10m
  lakekeel run Covid_19 --json | jq .Run.Statistics`,
		Args:              exactly("WORKFLOW"),
		ValidArgsFunction: a.completeWorkflow,
		RunE:              func(c *cobra.Command, args []string) error { return a.run(c.Context(), args[0], options) },
	}
	flags := c.Flags()
	flags.StringVar(&options.data, "data", "", "folder whose files are uploaded first")
	flags.BoolVar(&options.json, "json", false, "print the run as aws glue get-workflow-run does; progress goes to standard error")
	flags.BoolVar(&options.graph, "include-graph", false, "with --json: the run's graph, too")
	flags.DurationVar(&options.timeout, "timeout", 0, "stop the run when it takes longer, e.g. 10m (default: no limit)")
	flags.BoolVar(&options.consent, "yes-run-on-aws", false, "with --profile: run on the real account, which costs money")
	c.MarkFlagDirname("data")
	return c
}

func (a *app) run(ctx context.Context, name string, options runOptions) error {
	if a.profile != "" && !options.consent {
		return errUsage{errors.New("--profile is a real account; add --yes-run-on-aws if the workflow shall run there")}
	}
	if options.timeout < 0 {
		return errUsage{fmt.Errorf("--timeout is %s; want a time such as 10m", options.timeout)}
	}
	c, err := a.cloud(ctx)
	if err != nil {
		return err
	}
	workflow, err := runner.Find(ctx, c, name)
	if err != nil {
		return err
	}
	terminal := a.out
	if options.json {
		terminal = a.err
	}
	if options.data != "" {
		if err := upload(ctx, c, workflow, options.data, terminal); err != nil {
			return err
		}
	}
	id, err := workflow.Start(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(terminal.Out, "%s, run %s\n", name, id)
	return a.follow(ctx, workflow, id, terminal, options)
}

// upload puts the data of a folder where the workflow's crawlers read it.
func upload(ctx context.Context, c *cloud.Cloud, workflow *runner.Workflow, folder string, terminal report.Terminal) error {
	targets, err := workflow.Targets(ctx)
	if err != nil {
		return err
	}
	uploads, err := runner.Match(folder, targets)
	if err != nil {
		return err
	}
	return runner.Put(ctx, c, uploads, func(u runner.Upload) {
		files := "1 file"
		if len(u.Files) != 1 {
			files = fmt.Sprintf("%d files", len(u.Files))
		}
		fmt.Fprintf(terminal.Out, "%s to s3://%s/%s\n", files, u.Target.Bucket, u.Target.Prefix)
	})
}

// follow shows a run until it has ended, and tells how it ended.
func (a *app) follow(ctx context.Context, workflow *runner.Workflow, id string, terminal report.Terminal, options runOptions) error {
	watch := ctx
	if options.timeout > 0 {
		var cancel context.CancelFunc
		watch, cancel = context.WithTimeout(ctx, options.timeout)
		defer cancel()
	}
	board := report.NewBoard(terminal)
	var last types.WorkflowRun
	show := func(run types.WorkflowRun) {
		last = run
		board.Show(runner.Tasks(workflow.Graph, run, time.Now()))
	}
	_, err := workflow.Watch(watch, id, show)
	if interrupted := watch.Err(); interrupted != nil {
		stopped := workflow.Stop(id, show)
		board.Finish(runner.Tasks(workflow.Graph, last, time.Now()))
		return stopReason(ctx, id, options.timeout, stopped)
	}
	board.Finish(runner.Tasks(workflow.Graph, last, time.Now()))
	if err != nil {
		return err
	}
	return a.tell(workflow, last, terminal, options)
}

// stopReason says why a run was stopped, and whether that went well.
func stopReason(ctx context.Context, id string, timeout time.Duration, stopped error) error {
	why := fmt.Errorf("run %s took longer than %s and was stopped", id, timeout)
	if ctx.Err() != nil {
		why = fmt.Errorf("run %s was stopped", id)
	}
	if stopped != nil {
		why = fmt.Errorf("run %s is not stopped: %w", id, stopped)
	}
	if ctx.Err() == nil {
		return why
	}
	fmt.Fprintln(os.Stderr, "lakekeel: interrupted; "+why.Error())
	return ctx.Err()
}

// tell prints the final report of a run.
func (a *app) tell(workflow *runner.Workflow, run types.WorkflowRun, terminal report.Terminal, options runOptions) error {
	colour := report.Good
	if !runner.Succeeded(run) {
		colour = report.Bad
	}
	fmt.Fprintf(terminal.Out, "%s %s\n", workflow.Graph.Name, terminal.Paint(colour, runner.Summary(run, time.Now())))
	if options.json {
		if !options.graph {
			run.Graph = nil
		}
		if err := report.AWS(a.out.Out, "Run", run); err != nil {
			return err
		}
	} else if run.Statistics != nil {
		printStatistics(terminal, run)
	}
	if runner.Succeeded(run) {
		return nil
	}
	return a.failure(workflow, run)
}

// printStatistics prints the numbers of get-workflow-run, under their own names.
func printStatistics(terminal report.Terminal, run types.WorkflowRun) {
	s := run.Statistics
	for _, line := range []struct {
		name   string
		number int32
		always bool
	}{
		{"TotalActions", s.TotalActions, true}, {"SucceededActions", s.SucceededActions, true}, {"FailedActions", s.FailedActions, true},
		{"TimeoutActions", s.TimeoutActions, false}, {"StoppedActions", s.StoppedActions, false}, {"ErroredActions", s.ErroredActions, false},
		{"RunningActions", s.RunningActions, false}, {"WaitingActions", s.WaitingActions, false},
	} {
		if line.always || line.number > 0 {
			fmt.Fprintf(terminal.Out, "  %-16s %3d\n", line.name, line.number)
		}
	}
}

// failure says what went wrong in a run: each action's own error and where its log is.
func (a *app) failure(workflow *runner.Workflow, run types.WorkflowRun) error {
	failures := runner.Failures(workflow.Graph, run)
	var errs []error
	for _, f := range failures {
		message := f.Message
		if message == "" {
			message = "no reason given"
		}
		err := fmt.Errorf("%s %s: %s", f.Action.Name, words(f.State), message)
		if where := a.logOf(f.RunID); where != "" {
			err = fmt.Errorf("%w (log: %s)", err, where)
		}
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		message := "not every action succeeded"
		if run.ErrorMessage != nil {
			message = *run.ErrorMessage
		}
		errs = append(errs, fmt.Errorf("run %s: %s", *run.WorkflowRunId, message))
	}
	return errors.Join(errs...)
}

func words(state string) string {
	switch state {
	case "TIMEOUT":
		return "timed out"
	case "ERROR", "FAILED":
		return "failed"
	case "STOPPED", "CANCELLED":
		return "was stopped"
	}
	return "is " + state
}

// logOf is where the log of a job run is found: the file when it is on this machine, else the command that shows it.
func (a *app) logOf(id string) string {
	if id == "" {
		return ""
	}
	if h, err := a.home(); err == nil && a.profile == "" && a.url == "" {
		file := filepath.Join(h.Endpoint(), "runs", id, "stderr")
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	return "lakekeel logs " + id
}
