package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/internal/home"
	"github.com/lakekeel/lakekeel/internal/rehearsal"
)

func (a *app) rehearseCommand() *cobra.Command {
	var opts rehearsal.Options
	var cold bool
	c := &cobra.Command{
		Use:   "rehearse",
		Short: "Run the pipeline's build in a clean clone and compare what comes out",
		Long: `Takes the build commands and variables out of the synthesized pipeline, runs them
in a clean clone of the last commit with little of this machine's environment, and
compares the cloud assembly that comes out with the local one, file by file and
asset by asset. What is not committed is not rehearsed, and said so.`,
		Example: `  cdk synth && lakekeel rehearse
  lakekeel rehearse --keep              leave the clone for a look at it
  lakekeel rehearse --cold              install the tools anew, as the pipeline does`,
		Args: exactly(),
		RunE: func(c *cobra.Command, _ []string) error { return a.rehearse(c.Context(), opts, cold) },
	}
	c.Flags().StringVar(&opts.Assembly, "assembly", "cdk.out", "the local cloud assembly to compare with")
	c.Flags().BoolVar(&opts.Keep, "keep", false, "leave the clone where it is")
	c.Flags().BoolVar(&cold, "cold", false, "let the clone install its own tools")
	c.Flags().StringSliceVar(&opts.Pass, "pass", nil, "further environment variables that the commands get")
	return c
}

func (a *app) rehearse(ctx context.Context, opts rehearsal.Options, cold bool) error {
	root, err := home.Project(".")
	if err != nil {
		return err
	}
	opts.Root, opts.Out = root, a.out.Out
	if !cold {
		h, err := a.home()
		if err != nil {
			return err
		}
		opts.Home = string(h)
	}
	return rehearsal.Run(ctx, opts)
}
