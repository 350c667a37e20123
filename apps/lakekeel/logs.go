package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/internal/runner"
)

func (a *app) logsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "logs JOB_RUN_ID",
		Short: "Print what a job run wrote to its log",
		Long: `Prints what a job run wrote, from CloudWatch Logs: first its error stream, then its
output. The id of a failed job's run stands in what lakekeel run prints.`,
		Example: "  lakekeel logs jr_0123456789abcdef",
		Args:    exactly("JOB_RUN_ID"),
		RunE:    func(c *cobra.Command, args []string) error { return a.logs(c.Context(), args[0]) },
	}
}

func (a *app) logs(ctx context.Context, id string) error {
	c, err := a.cloud(ctx)
	if err != nil {
		return err
	}
	return runner.Logs(ctx, c, id, a.out.Out)
}
