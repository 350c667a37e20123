package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/cloud"
	"github.com/lakekeel/lakekeel/internal/endpoint"
	"github.com/lakekeel/lakekeel/internal/home"
	"github.com/lakekeel/lakekeel/internal/report"
	"github.com/lakekeel/lakekeel/internal/runner"
)

// app is what the flags that every command has say, and where to write.
type app struct {
	homeFlag string // --home
	url      string // --endpoint
	profile  string // --profile

	out report.Terminal // results
	err report.Terminal // progress and remarks, when out is for a program
}

func newRoot() *cobra.Command {
	a := &app{out: report.On(os.Stdout), err: report.On(os.Stderr)}
	root := &cobra.Command{
		Use:   "lakekeel",
		Short: "Run what a CDK app deploys: Glue workflows, on this machine, for real",
		Long: `Lakekeel deploys a CDK app to a local endpoint with the real cdk deploy, runs its
Glue workflows on real Spark, and answers queries over the tables they write.
No AWS account, no Docker.`,
		Example: `  lakekeel setup                        install the pinned tools, once
  lakekeel up                           start the local endpoint
  lakekeel deploy Local                 deploy the app in this folder
  lakekeel run Covid_19 --data sample   upload data, run the workflow
  lakekeel query "SELECT count(*) FROM neherlab_denormalized"
  lakekeel down                         stop the endpoint`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              unknownCommand,
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.validate() },
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return errUsage{fmt.Errorf("%w; see: %s --help", err, c.CommandPath())}
	})
	flags := root.PersistentFlags()
	flags.StringVar(&a.homeFlag, "home", "", "folder for tools and state (default $"+home.Variable+", else .lakekeel beside the nearest cdk.json)")
	flags.StringVar(&a.url, "endpoint", "", "URL of the local endpoint (default: the one that lakekeel up started)")
	flags.StringVar(&a.profile, "profile", "", "look at a real account: a profile of the AWS configuration")
	root.AddCommand(a.setupCommand(), a.doctorCommand(), a.upCommand(), a.downCommand(), a.deployCommand(), a.cdkCommand(),
		a.runCommand(), a.statusCommand(), a.queryCommand(), a.previewCommand(), a.quicksightCommand(), a.graphCommand(), a.accessCommand(), a.logsCommand(), a.rehearseCommand(), a.proveCommand(), versionCommand())
	return root
}

// unknownCommand refuses what is no command, with the nearest that is.
func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, command := range c.Commands() {
		names = append(names, command.Name())
	}
	if near, ok := check.Nearest(args[0], names); ok {
		return errUsage{fmt.Errorf("%q is no command; did you mean %s?", args[0], near)}
	}
	return errUsage{fmt.Errorf("%q is no command; see: lakekeel --help", args[0])}
}

// exactly asks for the arguments that are named, neither fewer nor more.
func exactly(names ...string) cobra.PositionalArgs {
	return between(len(names), names...)
}

// between asks for at least a number of the named arguments, and at most all of them.
func between(least int, names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return errUsage{fmt.Errorf("%s is missing; see: %s --help", strings.Join(names[len(args):least], " and "), c.CommandPath())}
		case len(args) > len(names):
			return errUsage{fmt.Errorf("%q is one argument too many; see: %s --help", args[len(names)], c.CommandPath())}
		}
		return nil
	}
}

// validate checks the flags that every command has.
func (a *app) validate() error {
	if a.url != "" && a.profile != "" {
		return errUsage{errors.New("--endpoint and --profile are given; want one of them")}
	}
	return nil
}

func (a *app) home() (home.Home, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("the working folder: %w", err)
	}
	return home.Find(folder, a.homeFlag)
}

// cloud is what the command is to look at: the profile's account, the endpoint
// at the URL that was given, or the one that lakekeel up started.
func (a *app) cloud(ctx context.Context) (*cloud.Cloud, error) {
	if a.profile != "" {
		return cloud.Profile(ctx, a.profile)
	}
	return a.local(ctx)
}

// local is the local endpoint; a real account is refused.
func (a *app) local(ctx context.Context) (*cloud.Cloud, error) {
	if a.profile != "" {
		return nil, errUsage{errors.New("--profile is for status, graph, query, logs and run; to deploy to an account, use cdk deploy")}
	}
	if a.url != "" {
		record, err := endpoint.Health(ctx, a.url)
		if err != nil {
			return nil, err
		}
		return cloud.Local(record.URL, record.Account, record.Region), nil
	}
	h, err := a.home()
	if err != nil {
		return nil, err
	}
	record, err := endpoint.Find(ctx, h)
	if err != nil {
		return nil, err
	}
	return cloud.Local(record.URL, record.Account, record.Region), nil
}

// completeWorkflow offers the names of the deployed workflows to the shell.
func (a *app) completeWorkflow(c *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	cloud, err := a.cloud(c.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, err := runner.Names(c.Context(), cloud)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, toComplete) }), cobra.ShellCompDirectiveNoFileComp
}

// oneOf completes a flag with fixed values.
func oneOf(values ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return values, cobra.ShellCompDirectiveNoFileComp
	}
}
