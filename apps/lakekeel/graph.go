package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/internal/graph"
	"github.com/lakekeel/lakekeel/internal/runner"
)

func (a *app) graphCommand() *cobra.Command {
	var format, file string
	c := &cobra.Command{
		Use:   "graph WORKFLOW",
		Short: "Draw a deployed workflow: its triggers, jobs and crawlers",
		Long: `Draws a deployed workflow from what the service says about it. Triggers show what
starts them and whether all or any of their conditions must hold; dashed arrows
are conditions other than success. The same workflow gives the same bytes.`,
		Example: `  lakekeel graph Covid_19                     Mermaid, for a README
  lakekeel graph Covid_19 --format svg -o covid19.svg`,
		Args:              exactly("WORKFLOW"),
		ValidArgsFunction: a.completeWorkflow,
		RunE:              func(c *cobra.Command, args []string) error { return a.graph(c.Context(), args[0], format, file) },
	}
	c.Flags().StringVar(&format, "format", "mermaid", "one of "+strings.Join(graph.Formats(), ", "))
	c.Flags().StringVarP(&file, "output", "o", "", "file to write (default: standard output)")
	c.RegisterFlagCompletionFunc("format", oneOf(graph.Formats()...))
	return c
}

func (a *app) graph(ctx context.Context, name, format, file string) error {
	if !slices.Contains(graph.Formats(), format) {
		return errUsage{fmt.Errorf("--format is %q; want one of %s", format, strings.Join(graph.Formats(), ", "))}
	}
	c, err := a.cloud(ctx)
	if err != nil {
		return err
	}
	workflow, err := runner.Find(ctx, c, name)
	if err != nil {
		return err
	}
	picture, err := workflow.Graph.Draw(format)
	if err != nil {
		return err
	}
	if file != "" {
		return os.WriteFile(file, picture, 0o644)
	}
	_, err = a.out.Out.Write(picture)
	return err
}
