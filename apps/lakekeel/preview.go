package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/internal/preview"
	"github.com/lakekeel/lakekeel/internal/query"
)

// previewFlags are the flags of lakekeel preview.
type previewFlags struct {
	from, data, out string
	port            int
	query           query.Options
}

func (a *app) previewCommand() *cobra.Command {
	var f previewFlags
	c := &cobra.Command{
		Use:   "preview [DASHBOARD…]",
		Short: "Draw dashboards in a browser before they are deployed",
		Long: `Draws the QuickSight dashboards of the synthesized app, one page each, from the rows
that the local run has written. Filters, parameters and sheets work on the page. It is
a preview: QuickSight draws the deployed dashboard, and may draw it otherwise.`,
		Example: `  lakekeel preview                          all dashboards in cdk.out, at a free port
  lakekeel preview Fund-Analysis --out site  one of them, as files
  lakekeel preview --from dashboard.json --data rows`,
		RunE: func(c *cobra.Command, names []string) error { return a.preview(c.Context(), names, f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.from, "from", "cdk.out", "folder of the synthesized app, or a file with a definition")
	flags.StringVar(&f.data, "data", "", "folder with the rows of data sets: ID.csv, ID.parquet or a folder ID (default: ask Athena)")
	flags.StringVar(&f.out, "out", "", "folder to write the pages to (default: serve them)")
	flags.IntVar(&f.port, "port", 0, "port of this machine to serve at (default: a free one)")
	flags.StringVar(&f.query.Database, "database", "", "database of tables that name none (default: the only one there is)")
	flags.StringVar(&f.query.Workgroup, "workgroup", "", `Athena workgroup (default "primary")`)
	c.RegisterFlagCompletionFunc("database", a.completeDatabase)
	return c
}

func (a *app) preview(ctx context.Context, names []string, f previewFlags) error {
	if f.out != "" && f.port != 0 {
		return errUsage{errors.New("--out and --port are given; want one of them")}
	}
	dashboards, err := preview.Load(f.from)
	if err != nil {
		return err
	}
	picked, err := dashboards.Pick(names)
	if err != nil {
		return err
	}
	options, err := a.previewOptions(ctx, f)
	if err != nil {
		return err
	}
	if f.out != "" {
		options.Folder = f.out
		pages, err := preview.Build(ctx, dashboards, picked, options)
		for _, page := range pages {
			fmt.Fprintln(a.out.Out, page)
		}
		return err
	}
	return a.servePreview(ctx, dashboards, picked, options, f.port)
}

func (a *app) previewOptions(ctx context.Context, f previewFlags) (preview.Options, error) {
	h, err := a.home()
	if err != nil {
		return preview.Options{}, err
	}
	options := preview.Options{Charts: h.Path("node", "node_modules")}
	if f.data != "" {
		options.Rows, options.From = preview.Files(f.data, h.Python()), "rows in "+f.data
		return options, nil
	}
	c, err := a.cloud(ctx)
	if err != nil {
		return preview.Options{}, err
	}
	options.Rows, options.From = preview.Athena(c, f.query), "rows of "+c.String()
	return options, nil
}

func (a *app) servePreview(ctx context.Context, all preview.Dashboards, picked []preview.Dashboard, options preview.Options, port int) error {
	listener, err := preview.Listen(port)
	if err != nil {
		return err
	}
	defer listener.Close()
	if options.Folder, err = os.MkdirTemp("", "lakekeel-preview-"); err != nil {
		return err
	}
	defer os.RemoveAll(options.Folder)
	pages, err := preview.Build(ctx, all, picked, options)
	if err != nil {
		return err
	}
	for _, page := range pages {
		fmt.Fprintf(a.out.Out, "http://%s/%s\n", listener.Addr(), page)
	}
	fmt.Fprintln(a.err.Out, "Ctrl-C ends the preview")
	return preview.Serve(ctx, listener, options.Folder)
}
