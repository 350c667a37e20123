package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/internal/cloud"
	"github.com/lakekeel/lakekeel/internal/endpoint"
)

func (a *app) upCommand() *cobra.Command {
	var options endpoint.Options
	var env bool
	c := &cobra.Command{
		Use:   "up",
		Short: "Start the local endpoint, which stands for an AWS account",
		Long: `Starts the local endpoint and waits until it answers. It listens on 127.0.0.1 alone.
Running already, it stays as it is. What it prints makes any AWS tool talk to it.`,
		Example: `  lakekeel up
  lakekeel up --port 4566 --persist     keep buckets, catalog and stacks for next time
  eval "$(lakekeel up --env)"           let the aws command in this shell talk to it`,
		Args: exactly(),
		RunE: func(c *cobra.Command, _ []string) error { return a.up(c.Context(), options, env) },
	}
	c.Flags().IntVar(&options.Port, "port", 0, "port on 127.0.0.1; 0 takes any that is free")
	c.Flags().BoolVar(&options.Persist, "persist", false, "keep the state when the endpoint stops")
	c.Flags().BoolVar(&options.RecordUnknown, "record-unknown", false, "record CloudFormation types that nothing backs, instead of refusing them")
	c.Flags().BoolVar(&env, "env", false, "print nothing but the export lines")
	return c
}

func (a *app) up(ctx context.Context, options endpoint.Options, env bool) error {
	if options.Port < 0 || options.Port > 65535 {
		return errUsage{fmt.Errorf("--port is %d; want 0 to 65535", options.Port)}
	}
	h, err := a.home()
	if err != nil {
		return err
	}
	record, started, err := endpoint.Start(ctx, h, options)
	if err != nil {
		return err
	}
	if env {
		a.printEnvironment(record, "")
		return nil
	}
	fmt.Fprintln(a.out.Out, upSentence(record, started))
	if !started {
		for _, remark := range differences(record, options) {
			fmt.Fprintln(a.err.Out, "lakekeel: "+remark+"; to change it: lakekeel down, then lakekeel up again")
		}
	}
	if started && options.RecordUnknown {
		fmt.Fprintln(a.err.Out, "lakekeel: CloudFormation types that nothing backs are only written down: a green deployment proves nothing about them")
	}
	a.printEnvironment(record, "  ")
	return nil
}

func upSentence(record endpoint.Record, started bool) string {
	word := "the local endpoint is up at"
	if !started {
		word = "the local endpoint was up already at"
	}
	kept := "its state ends with it"
	if record.Persist {
		kept = "its state is kept"
	}
	return fmt.Sprintf("%s %s (process %d, account %s in %s; %s)", word, record.URL, record.PID, record.Account, record.Region, kept)
}

// differences says where a running endpoint is not what was asked for.
func differences(record endpoint.Record, options endpoint.Options) []string {
	var remarks []string
	if options.Port != 0 && options.Port != record.Port {
		remarks = append(remarks, fmt.Sprintf("it listens on port %d, not %d", record.Port, options.Port))
	}
	if options.Persist && !record.Persist {
		remarks = append(remarks, "its state is not kept")
	}
	return remarks
}

func (a *app) printEnvironment(record endpoint.Record, indent string) {
	for _, variable := range cloud.Local(record.URL, record.Account, record.Region).Environment() {
		name, value, _ := strings.Cut(variable, "=")
		fmt.Fprintf(a.out.Out, "%sexport %s=%s\n", indent, name, value)
	}
}

func (a *app) downCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "down",
		Short:   "Stop the local endpoint and whatever runs in it",
		Example: "  lakekeel down",
		Args:    exactly(),
		RunE:    func(c *cobra.Command, _ []string) error { return a.down(c.Context()) },
	}
}

func (a *app) down(ctx context.Context) error {
	h, err := a.home()
	if err != nil {
		return err
	}
	record, err := endpoint.Stop(ctx, h)
	switch {
	case errors.Is(err, endpoint.ErrDown):
		fmt.Fprintln(a.out.Out, "no local endpoint was running")
		return nil
	case err != nil:
		return err
	}
	kept := "its state is gone"
	if record.Persist {
		kept = "its state is kept"
	}
	fmt.Fprintf(a.out.Out, "stopped the local endpoint (process %d); %s\n", record.PID, kept)
	return nil
}
