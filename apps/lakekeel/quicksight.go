package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/internal/assetbundle"
	"github.com/lakekeel/lakekeel/internal/cloud"
	"github.com/lakekeel/lakekeel/internal/promotion"
	"github.com/lakekeel/lakekeel/internal/promotion/transfer"
	"github.com/lakekeel/lakekeel/internal/report"
)

func (a *app) quicksightCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "quicksight",
		Short: "Bring QuickSight's reports from account to account, and into code",
		Long: `Reports are built once and promoted: export writes an asset bundle of an account's
reports, promote carries them to the next account, import turns a bundle into Go.`,
		Example: `  lakekeel quicksight export dashboard/Sales --from dev -o sales.qs
  lakekeel quicksight promote dashboard/Sales --from dev --to prod --yes-run-on-aws
  lakekeel quicksight import sales.qs --out reports/sales`,
		Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.quicksightExportCommand(), a.quicksightImportCommand(), a.quicksightPromoteCommand())
	return c
}

// placeHelp is what --from and --to take.
const placeHelp = `A place is a profile of the AWS configuration, an account of the local endpoint (twelve
digits), or the ARN of a role, which is taken by --profile or at the local endpoint. A
region may follow: prod@eu-central-1.`

var (
	accountPlace = regexp.MustCompile(`^[0-9]{12}$`)
	rolePlace    = regexp.MustCompile(`^arn:[a-z-]+:iam::[0-9]{12}:role/.+$`)
)

// place is the account that a flag names; the program's own target if it names none.
func (a *app) place(ctx context.Context, flag, value string) (*cloud.Cloud, error) {
	name, region, _ := strings.Cut(value, "@")
	switch {
	case value == "":
		return a.cloud(ctx)
	case accountPlace.MatchString(name):
		local, err := a.local(ctx)
		if err != nil {
			return nil, err
		}
		return cloud.Local(local.URL, name, cmp.Or(region, local.Region)), nil
	case rolePlace.MatchString(name):
		own, err := a.cloud(ctx)
		if err != nil {
			return nil, err
		}
		return own.Take(ctx, name, cmp.Or(region, own.Region))
	case a.url != "":
		return nil, errUsage{fmt.Errorf("%s is %q; want twelve digits or the ARN of a role, for --endpoint is given", flag, value)}
	}
	there, err := cloud.Profile(ctx, name)
	if err == nil && region != "" {
		there = there.In(region)
	}
	return there, err
}

func (a *app) quicksightExportCommand() *cobra.Command {
	var from, file string
	c := &cobra.Command{
		Use:   "export ASSET…",
		Short: "Write reports, and all that they need, to an asset bundle",
		Long: `Exports assets by name, e.g. dashboard/Sales or topic/olympics, with the datasets, data
sources, themes and folders that they need, to an asset bundle: a .qs file. Data and
passwords are never in it. The service's bundles have no topics; this program puts them beside.

` + placeHelp,
		Example: `  lakekeel quicksight export dashboard/Fund-Analysis -o fund.qs
  lakekeel quicksight export dashboard/Sales topic/sales --from dev -o sales.qs`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errUsage{fmt.Errorf("ASSET is missing; see: %s --help", c.CommandPath())}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.quicksightExport(c.Context(), args, from, file) },
	}
	c.Flags().StringVar(&from, "from", "", "place to export from (default: the local endpoint, or --profile)")
	c.Flags().StringVarP(&file, "output", "o", "bundle.qs", "file to write")
	return c
}

func (a *app) quicksightExport(ctx context.Context, assets []string, from, file string) error {
	if err := (promotion.Plan{Assets: assets}).Validate(); err != nil {
		return errUsage{err}
	}
	source, err := a.place(ctx, "--from", from)
	if err != nil {
		return err
	}
	bundle, err := a.export(ctx, source, assets)
	if err != nil {
		return err
	}
	content, err := bundle.Write()
	if err == nil {
		err = os.WriteFile(file, content, 0o600)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", file, err)
	}
	for _, name := range bundle.Names() {
		fmt.Fprintln(a.out.Out, name)
	}
	return nil
}

// export exports with progress.
func (a *app) export(ctx context.Context, source *cloud.Cloud, assets []string) (*assetbundle.Bundle, error) {
	var bundle *assetbundle.Bundle
	err := a.watch("export from "+source.Place(), func(show transfer.Show) (err error) {
		bundle, err = transfer.Export(ctx, source, assets, show)
		return err
	})
	return bundle, err
}

// watch shows how far a job is, on standard error.
func (a *app) watch(name string, work func(transfer.Show) error) error {
	progress := report.NewProgress(a.err, name)
	defer progress.Finish()
	set := func(state report.State, word string) {
		progress.Change(name, func(t *report.Task) { t.State, t.Word = state, word })
	}
	set(report.Running, "starts")
	err := work(func(state string) { set(report.Running, strings.ToLower(strings.ReplaceAll(state, "_", " "))) })
	switch {
	case err == nil:
		set(report.Done, "done")
	case errors.Is(err, context.Canceled):
		set(report.Stopped, "interrupted; it goes on there, and the same command waits for it")
	default:
		set(report.Failed, "failed")
	}
	return err
}

// promoteRequest is what the flags of promote say.
type promoteRequest struct {
	plan                   promotion.Plan
	from, to, file, bundle string
	sources, connections   []string
	consent                bool
}

func (a *app) quicksightPromoteCommand() *cobra.Command {
	var r promoteRequest
	c := &cobra.Command{
		Use:   "promote [ASSET…]",
		Short: "Carry reports from one account to the next",
		Long: `Exports assets with all that they need from one place, puts over them what is otherwise
at the other, imports them there and waits. A failed import is rolled back: what was there
before is there again. What is there already becomes a new version.

What is otherwise stands in a file (--config) or in flags: data sources and VPC connections
that are there already take the place of those in the bundle (--data-source, --vpc-connection).

` + placeHelp,
		Example: `  lakekeel quicksight promote dashboard/Sales --from 111111111111 --to 222222222222
  lakekeel quicksight promote dashboard/Sales --from dev --to prod --data-source athena-dev=athena-prod --yes-run-on-aws
  lakekeel quicksight promote --config promotion.yaml --from dev --to prod --yes-run-on-aws
  lakekeel quicksight promote --bundle sales.qs --to 222222222222`,
		RunE: func(c *cobra.Command, args []string) error { return a.promote(c.Context(), args, r) },
	}
	flags := c.Flags()
	flags.StringVar(&r.from, "from", "", "place to export from (default: the local endpoint, or --profile)")
	flags.StringVar(&r.to, "to", "", "place to import into")
	flags.StringVar(&r.bundle, "bundle", "", "a bundle to import, in place of an export")
	flags.StringVar(&r.file, "config", "", "file that says what is promoted and what is otherwise there (docs/quicksight.md)")
	flags.StringVar(&r.plan.Prefix, "prefix", "", "put before the id of everything that is imported")
	flags.StringSliceVar(&r.sources, "data-source", nil, "OLD=NEW: a data source that is there already, in place of one of the bundle")
	flags.StringSliceVar(&r.connections, "vpc-connection", nil, "OLD=NEW: a VPC connection that is there already, in place of one of the bundle")
	flags.StringSliceVar(&r.plan.Readers, "reader", nil, "group/NAMESPACE/NAME that looks at the dashboards")
	flags.StringSliceVar(&r.plan.Owners, "owner", nil, "group/NAMESPACE/NAME that may do everything with all of it")
	flags.BoolVar(&r.consent, "yes-run-on-aws", false, "change a real account")
	c.MarkFlagFilename("config", "yaml", "yml")
	c.MarkFlagFilename("bundle", "qs", "zip")
	return c
}

func (a *app) promote(ctx context.Context, assets []string, r promoteRequest) error {
	plan, err := r.read(assets)
	if err != nil {
		return err
	}
	target, err := a.place(ctx, "--to", r.to)
	if err != nil {
		return err
	}
	if !target.Local() && !r.consent {
		return errUsage{fmt.Errorf("%s is a real account; add --yes-run-on-aws if it shall be changed", target)}
	}
	bundle, err := a.bundle(ctx, r, plan, target)
	if err != nil {
		return err
	}
	err = a.watch("import into "+target.Place(), func(show transfer.Show) error { return transfer.Import(ctx, target, bundle, plan, show) })
	if err != nil {
		return err
	}
	for _, name := range bundle.Names() {
		kind, id, _ := strings.Cut(name, "/")
		fmt.Fprintf(a.out.Out, "%s/%s%s\n", kind, plan.Prefix, id)
	}
	return nil
}

// bundle is the bundle to import: that of the file, or of an export.
func (a *app) bundle(ctx context.Context, r promoteRequest, plan promotion.Plan, target *cloud.Cloud) (*assetbundle.Bundle, error) {
	if r.bundle != "" {
		return readBundle(r.bundle)
	}
	source, err := a.place(ctx, "--from", r.from)
	if err != nil {
		return nil, err
	}
	if source.Account == target.Account && source.Region == target.Region && plan.Prefix == "" {
		return nil, errUsage{fmt.Errorf("--from and --to are both %s; want two places, or a --prefix", target.Place())}
	}
	return a.export(ctx, source, plan.Assets)
}

func readBundle(file string) (*assetbundle.Bundle, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	bundle, err := assetbundle.Read(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return bundle, nil
}

// read is the plan of the file with what the flags and arguments say beside.
func (r promoteRequest) read(assets []string) (promotion.Plan, error) {
	plan := r.plan
	if r.to == "" {
		return plan, errUsage{errors.New("--to is missing; want the place to import into")}
	}
	if r.bundle != "" && (r.from != "" || len(assets) > 0) {
		return plan, errUsage{errors.New("--bundle is given beside --from or an ASSET; want a bundle, or what is to be exported")}
	}
	if r.file != "" {
		written, err := promotion.Load(r.file)
		if err != nil {
			return plan, err
		}
		plan.Assets, plan.Prefix = written.Assets, cmp.Or(plan.Prefix, written.Prefix)
		plan.Readers, plan.Owners = append(written.Readers, plan.Readers...), append(written.Owners, plan.Owners...)
		plan.DataSources, plan.VPCConnections = written.DataSources, written.VPCConnections
	}
	plan.Assets = append(plan.Assets, assets...)
	for _, pair := range r.sources {
		old, use, err := split("--data-source", pair)
		if err != nil {
			return plan, err
		}
		plan.DataSources = append(plan.DataSources, &promotion.DataSource{ID: old, Use: use})
	}
	for _, pair := range r.connections {
		old, use, err := split("--vpc-connection", pair)
		if err != nil {
			return plan, err
		}
		plan.VPCConnections = append(plan.VPCConnections, &promotion.VPCConnection{ID: old, Use: use})
	}
	validate := plan.Validate
	if r.bundle != "" {
		validate = plan.ValidateOverrides
	}
	if err := validate(); err != nil {
		return plan, errUsage{err}
	}
	return plan, nil
}

func split(flag, pair string) (old, use string, err error) {
	old, use, is := strings.Cut(pair, "=")
	if !is || old == "" || use == "" {
		return "", "", errUsage{fmt.Errorf("%s is %q; want OLD=NEW, the ids of what is in the bundle and of what takes its place", flag, pair)}
	}
	return old, use, nil
}
