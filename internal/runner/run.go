package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/cloud"
	"github.com/lakekeel/lakekeel/internal/graph"
)

// pollLocal and pollAWS are how often a run is asked about: often enough to
// look live, and on AWS far below Glue's request limits.
const (
	pollLocal = 150 * time.Millisecond
	pollAWS   = 5 * time.Second
)

// stopLimit is how long a stopped run may take until its actions have ended.
const stopLimit = 20 * time.Second

// A Workflow is one that is deployed.
type Workflow struct {
	Graph graph.Graph

	cloud *cloud.Cloud
	glue  *glue.Client
}

// Find reads the deployed workflow called name. When there is none, the error
// names the nearest ones that there are.
func Find(ctx context.Context, c *cloud.Cloud, name string) (*Workflow, error) {
	w := &Workflow{cloud: c, glue: c.Glue()}
	if _, err := w.glue.GetWorkflow(ctx, &glue.GetWorkflowInput{Name: &name}); err != nil {
		var missing *types.EntityNotFoundException
		if !errors.As(err, &missing) {
			return nil, w.explain(err)
		}
		names, err := Names(ctx, c)
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("no workflow %q at %s; %s", name, c, known(name, names))
	}
	triggers, err := w.triggers(ctx)
	if err != nil {
		return nil, err
	}
	w.Graph = graph.Of(name, triggers)
	return w, nil
}

// known says which workflows there are, the nearest to the one asked for first.
func known(name string, names []string) string {
	if len(names) == 0 {
		return "nothing is deployed there (lakekeel deploy)"
	}
	if near, ok := check.Nearest(name, names); ok {
		return "did you mean " + near + "?"
	}
	const most = 10
	if len(names) > most {
		return fmt.Sprintf("there are %s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return "there is " + strings.Join(names, ", ")
}

// Names lists the deployed workflows, sorted.
func Names(ctx context.Context, c *cloud.Cloud) ([]string, error) {
	var names []string
	pages := glue.NewListWorkflowsPaginator(c.Glue(), nil)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explain(c, err)
		}
		names = append(names, page.Workflows...)
	}
	slices.Sort(names)
	return names, nil
}

func (w *Workflow) triggers(ctx context.Context) ([]types.Trigger, error) {
	var triggers []types.Trigger
	pages := glue.NewGetTriggersPaginator(w.glue, nil)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, w.explain(err)
		}
		triggers = append(triggers, page.Triggers...)
	}
	return triggers, nil
}

// Start begins a run and returns its id.
func (w *Workflow) Start(ctx context.Context) (string, error) {
	if len(w.Graph.Actions) == 0 {
		return "", fmt.Errorf("workflow %s has nothing to run: no trigger of it starts a job or a crawler", w.Graph.Name)
	}
	started, err := w.glue.StartWorkflowRun(ctx, &glue.StartWorkflowRunInput{Name: &w.Graph.Name})
	if err != nil {
		return "", w.explain(err)
	}
	return aws.ToString(started.RunId), nil
}

// Get returns a run with its graph.
func (w *Workflow) Get(ctx context.Context, id string) (types.WorkflowRun, error) {
	got, err := w.glue.GetWorkflowRun(ctx, &glue.GetWorkflowRunInput{Name: &w.Graph.Name, RunId: &id, IncludeGraph: aws.Bool(true)})
	if err != nil {
		return types.WorkflowRun{}, w.explain(err)
	}
	if got.Run == nil {
		return types.WorkflowRun{}, fmt.Errorf("%s answers without the run %s", w.cloud, id)
	}
	return *got.Run, nil
}

// Watch calls show with the run until it has ended, and returns how it ended.
// When ctx ends before, the error is the context's.
func (w *Workflow) Watch(ctx context.Context, id string, show func(types.WorkflowRun)) (types.WorkflowRun, error) {
	interval := pollAWS
	if w.cloud.Local() {
		interval = pollLocal
	}
	for {
		run, err := w.Get(ctx, id)
		if ctx.Err() != nil {
			return run, ctx.Err()
		}
		if err != nil {
			return run, err
		}
		show(run)
		if ended(run) {
			return run, nil
		}
		select {
		case <-ctx.Done():
			return run, ctx.Err()
		case <-time.After(interval):
		}
	}
}

// Stop stops a run and waits, for a while, until its actions have ended.
func (w *Workflow) Stop(id string, show func(types.WorkflowRun)) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	_, err := w.glue.StopWorkflowRun(ctx, &glue.StopWorkflowRunInput{Name: &w.Graph.Name, RunId: &id})
	var over *types.IllegalWorkflowStateException // it ended by itself just now
	if err != nil && !errors.As(err, &over) {
		return w.explain(err)
	}
	_, err = w.Watch(ctx, id, show)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("run %s is asked to stop but still has actions running", id)
	}
	return err
}

// Recent returns the last runs of the workflow, newest first, at most limit of them.
func (w *Workflow) Recent(ctx context.Context, limit int) ([]types.WorkflowRun, error) {
	var runs []types.WorkflowRun
	pages := glue.NewGetWorkflowRunsPaginator(w.glue, &glue.GetWorkflowRunsInput{Name: &w.Graph.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, w.explain(err)
		}
		runs = append(runs, page.Runs...)
	}
	slices.SortStableFunc(runs, func(a, b types.WorkflowRun) int {
		return aws.ToTime(b.StartedOn).Compare(aws.ToTime(a.StartedOn))
	})
	return runs[:min(limit, len(runs))], nil
}

func (w *Workflow) explain(err error) error { return explain(w.cloud, err) }

// explain makes one sentence of what a call returned.
func explain(c *cloud.Cloud, err error) error {
	switch {
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case c.Local() && cloud.Gone(err):
		return fmt.Errorf("%s is gone; start it again with: lakekeel up", c)
	}
	return errors.New(cloud.Explain(err))
}
