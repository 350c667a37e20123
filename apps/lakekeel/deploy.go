package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/internal/deploy"
	"github.com/lakekeel/lakekeel/internal/doctor"
	"github.com/lakekeel/lakekeel/internal/home"
	"github.com/lakekeel/lakekeel/internal/toolchain"
)

func (a *app) deployCommand() *cobra.Command {
	var stage string
	c := &cobra.Command{
		Use:   "deploy [STAGE | STACK…] [-- CDK ARGUMENTS…]",
		Short: "Deploy the app in this folder to the local endpoint, with the real cdk deploy",
		Long: `Synthesizes the CDK app of the nearest cdk.json and deploys it to the local endpoint
with the pinned CDK command line, after a bootstrap when there was none.

The stage reaches the app as the context value "stage". Without a stage it is Local;
a stack Local-Covid19 belongs to the stage Local, its name up to the first hyphen.
Apps that know no stages ignore the value. What follows -- goes to cdk deploy.`,
		Example: `  lakekeel deploy                       the stage Local
  lakekeel deploy Dev                   all stacks of a stage
  lakekeel deploy Local-Covid19         one stack
  lakekeel deploy Local -- --force --outputs-file outputs.json`,
		RunE: func(c *cobra.Command, args []string) error {
			names, rest := args, []string(nil)
			if dash := c.ArgsLenAtDash(); dash >= 0 {
				names, rest = args[:dash], args[dash:]
			}
			request := deploy.Of(names)
			if c.Flags().Changed("stage") {
				request.Stage, request.Stacks = stage, names
			}
			request.Arguments = rest
			return a.deploy(c.Context(), request)
		},
	}
	c.Flags().StringVar(&stage, "stage", "", `stage to synthesize, for names that hyphens mislead; "" gives the app no stage`)
	return c
}

func (a *app) deploy(ctx context.Context, request deploy.Request) error {
	target, err := a.cdkTarget(ctx)
	if err != nil {
		return err
	}
	if target.Project, err = project(); err != nil {
		return err
	}
	return deploy.Run(ctx, target, request, a.out)
}

func (a *app) cdkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cdk -- ARGUMENTS…",
		Short: "Run the pinned CDK command line against the local endpoint",
		Example: `  lakekeel cdk -- diff -c stage=Local
  lakekeel cdk -- destroy --all --force -c stage=Local`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errUsage{fmt.Errorf("the CDK's arguments are missing, after --; see: %s --help", c.CommandPath())}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.cdk(c.Context(), args) },
	}
}

// cdk runs the CDK with this terminal as its own, and ends as it ends.
func (a *app) cdk(ctx context.Context, args []string) error {
	target, err := a.cdkTarget(ctx)
	if err != nil {
		return err
	}
	// Ctrl-C reaches the CDK from the terminal; it ends its own work.
	command := target.Command(context.WithoutCancel(ctx), args...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = command.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return errReported // the CDK has said why
	}
	return err
}

// cdkTarget is the local endpoint with the tools that deploy to it.
func (a *app) cdkTarget(ctx context.Context) (deploy.Target, error) {
	h, err := a.home()
	if err != nil {
		return deploy.Target{}, err
	}
	if missing := toolchain.Missing(h); len(missing) > 0 {
		return deploy.Target{}, errors.New("not set up yet: " + strings.Join(missing, ", ") + "; run: lakekeel setup")
	}
	node, err := doctor.NodeProgram(ctx)
	if err != nil {
		return deploy.Target{}, err
	}
	c, err := a.local(ctx)
	if err != nil {
		return deploy.Target{}, err
	}
	return deploy.Target{Cloud: c, Home: h, Node: node}, nil
}

func project() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	root, err := home.Project(folder)
	if err != nil {
		return "", fmt.Errorf("no CDK app here: no cdk.json in %s or above it", folder)
	}
	return root, nil
}
