package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/internal/doctor"
	"github.com/lakekeel/lakekeel/internal/endpoint"
	"github.com/lakekeel/lakekeel/internal/report"
	"github.com/lakekeel/lakekeel/internal/toolchain"
)

func (a *app) setupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "setup",
		Short: "Install the pinned tools under the home folder",
		Long: `Installs what the local endpoint and the deployments need under the home folder
and nowhere else: the Python packages, the CDK command line, and the jars by which
Spark reads S3. Every download is checked against a digest. What is there already
is kept; interrupted, it is simply run again.`,
		Example: "  lakekeel setup\n  lakekeel setup --home /var/tmp/lakekeel",
		Args:    exactly(),
		RunE:    func(c *cobra.Command, _ []string) error { return a.setup(c.Context()) },
	}
}

func (a *app) setup(ctx context.Context) error {
	h, err := a.home()
	if err != nil {
		return err
	}
	if len(toolchain.Missing(h)) == 0 {
		fmt.Fprintf(a.out.Out, "set up already in %s\n", h)
		return nil
	}
	if record, err := endpoint.Find(ctx, h); !errors.Is(err, endpoint.ErrDown) {
		return fmt.Errorf("the tools have changed, but the local endpoint (%s) runs on the old ones; run lakekeel down first", cmp.Or(record.URL, "starting"))
	}
	machine := doctor.Examine(ctx, h)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := machine.Err(); err != nil {
		return err
	}
	progress := setupProgress{report.NewProgress(a.out, toolchain.Titles()...)}
	err = toolchain.Setup(ctx, h, toolchain.Tools{Python: machine.Python(), NPM: machine.NPM()}, progress)
	progress.Finish()
	if ctx.Err() != nil {
		fmt.Fprintln(a.err.Out, "lakekeel: interrupted; run lakekeel setup again to go on")
		return ctx.Err()
	}
	if err == nil {
		fmt.Fprintf(a.out.Out, "set up in %s\n", h)
	}
	return err
}

// setupProgress shows the parts of a set-up as tasks.
type setupProgress struct{ *report.Progress }

// Start implements toolchain.Progress.
func (p setupProgress) Start(part string) {
	p.Change(part, func(task *report.Task) { task.State, task.Word = report.Running, "installing" })
}

// Done implements toolchain.Progress.
func (p setupProgress) Done(part string, made bool, err error) {
	p.Change(part, func(task *report.Task) {
		task.State, task.Word = report.Done, "installed"
		if err != nil {
			task.State, task.Word = report.Failed, "failed"
		} else if !made {
			task.Word = "there"
		}
	})
}
