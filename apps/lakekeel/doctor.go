package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/internal/doctor"
	"github.com/lakekeel/lakekeel/internal/endpoint"
	"github.com/lakekeel/lakekeel/internal/report"
	"github.com/lakekeel/lakekeel/internal/toolchain"
)

func (a *app) doctorCommand() *cobra.Command {
	var asJSON, quiet, types bool
	var operations string
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is missing on this machine, and the command that mends it",
		Long: `Looks at this machine's Go, Node, npm, Python, Java, memory, disk and ports and says
what is missing or too old, with the exact command that mends it. Changes nothing.
Exit status 1 when something that is needed is missing.

With --types it lists the CloudFormation types that the local endpoint takes, and
what stands behind each; with --operations the operations of QuickSight that it answers.`,
		Example: "  lakekeel doctor\n  lakekeel doctor --json\n  lakekeel doctor --types\n  lakekeel doctor --operations quicksight",
		Args:    exactly(),
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case operations != "" && operations != "quicksight":
				return errUsage{fmt.Errorf("--operations is %q; want quicksight", operations)}
			case operations != "":
				return a.operations(c.Context(), operations)
			case types:
				return a.types(c.Context(), asJSON)
			}
			return a.doctor(c.Context(), asJSON, quiet)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&quiet, "quiet", false, "print only what is missing")
	c.Flags().BoolVar(&types, "types", false, "list the CloudFormation types that the local endpoint takes")
	c.Flags().StringVar(&operations, "operations", "", "list the operations of a service that the local endpoint answers: quicksight")
	return c
}

func (a *app) operations(ctx context.Context, service string) error {
	h, err := a.home()
	if err != nil {
		return err
	}
	return endpoint.Operations(ctx, h, service, a.out.Out)
}

func (a *app) types(ctx context.Context, asJSON bool) error {
	h, err := a.home()
	if err != nil {
		return err
	}
	return endpoint.Types(ctx, h, asJSON, a.out.Out)
}

func (a *app) doctor(ctx context.Context, asJSON, quiet bool) error {
	h, err := a.home()
	if err != nil {
		return err
	}
	machine := doctor.Examine(ctx, h)
	switch {
	case quiet:
		return machine.Err()
	case asJSON:
		encoder := json.NewEncoder(a.out.Out)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(machine); err != nil {
			return err
		}
	default:
		a.printDoctor(machine)
		if missing := toolchain.Missing(h); len(missing) > 0 && machine.Healthy() {
			fmt.Fprintf(a.out.Out, "\nThe tools are not set up yet: lakekeel setup\n")
		}
	}
	if !machine.Healthy() {
		return errReported
	}
	return nil
}

func (a *app) printDoctor(machine doctor.Report) {
	marks := map[doctor.State]string{doctor.Fine: "✓", doctor.Warning: "!", doctor.Missing: "✗"}
	colours := map[doctor.State]report.Color{doctor.Fine: report.Good, doctor.Warning: report.Busy, doctor.Missing: report.Bad}
	for _, finding := range machine.Findings {
		paint := func(s string) string { return a.out.Paint(colours[finding.State], s) }
		fmt.Fprintf(a.out.Out, "%s %-7s %s\n", paint(marks[finding.State]), finding.Name, finding.Found)
		if finding.State != doctor.Fine {
			fmt.Fprintf(a.out.Out, "          want %s; it %s\n          %s\n", finding.Want, finding.Usage, a.out.Paint(report.Bold, finding.Mend))
		}
	}
	if err := machine.Err(); err != nil {
		missing := len(err.(interface{ Unwrap() []error }).Unwrap())
		fmt.Fprintln(a.out.Out, "\n"+a.out.Paint(report.Bad, fmt.Sprintf("%d missing", missing)))
	}
}
