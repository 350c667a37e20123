package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/internal/preview"
	"github.com/lakekeel/lakekeel/internal/query"
)

func (a *app) queryCommand() *cobra.Command {
	var options query.Options
	var datasets string
	var asJSON, asCSV bool
	c := &cobra.Command{
		Use:   `query "SELECT …"`,
		Short: "Query the tables of the catalog, as Athena would",
		Long: `Runs one SQL statement over the catalog and prints its rows as an aligned table, as
CSV or as JSON. The statement "-" is read from standard input. With --datasets the tables
are QuickSight data sets of a synthesized app, by their names in double quotes.`,
		Example: `  lakekeel query "SELECT country, max(cases) AS cases FROM neherlab_denormalized GROUP BY 1 LIMIT 10"
  lakekeel query --json "SELECT count(*) AS n FROM neherlab_denormalized"
  lakekeel query --csv - < report.sql > report.csv
  lakekeel query --datasets cdk.out 'SELECT symbol, sum(trade_amount) FROM "Fund-Analysis" GROUP BY 1'`,
		Args: exactly("the statement"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.query(c.Context(), args[0], datasets, options, asJSON, asCSV)
		},
	}
	flags := c.Flags()
	flags.StringVar(&options.Database, "database", "", "database of the tables (default: the only one there is)")
	flags.StringVar(&options.Workgroup, "workgroup", "", `Athena workgroup (default "primary")`)
	flags.StringVar(&options.Output, "output-location", "", "S3 URL for Athena's result files (default: the workgroup's)")
	flags.StringVar(&datasets, "datasets", "", "folder of a synthesized app, whose QuickSight data sets are the tables")
	flags.BoolVar(&asJSON, "json", false, "print a JSON array of objects")
	flags.BoolVar(&asCSV, "csv", false, "print CSV")
	c.RegisterFlagCompletionFunc("database", a.completeDatabase)
	return c
}

func (a *app) completeDatabase(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	cloud, err := a.cloud(c.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, _ := query.Databases(c.Context(), cloud)
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) query(ctx context.Context, statement, datasets string, options query.Options, asJSON, asCSV bool) error {
	if asJSON && asCSV {
		return errUsage{errors.New("--json and --csv are given; want one of them")}
	}
	statement, err := readStatement(statement)
	if err != nil {
		return err
	}
	if datasets != "" {
		database := ""
		if statement, database, err = preview.Over(datasets, statement); err != nil {
			return err
		}
		options.Database = cmp.Or(options.Database, database)
	}
	c, err := a.cloud(ctx)
	if err != nil {
		return err
	}
	table, err := query.Run(ctx, c, statement, options)
	switch {
	case err != nil:
		return err
	case asJSON:
		return table.JSON(a.out.Out)
	case asCSV:
		return table.CSV(a.out.Out)
	case len(table.Columns) > 0:
		table.Text(a.out)
	}
	rows := "1 row"
	if len(table.Rows) != 1 {
		rows = fmt.Sprintf("%d rows", len(table.Rows))
	}
	fmt.Fprintln(a.err.Out, rows)
	return nil
}

// readStatement returns the statement, from standard input when it is "-".
func readStatement(statement string) (string, error) {
	if statement == "-" {
		var text strings.Builder
		if _, err := os.Stdin.WriteTo(&text); err != nil {
			return "", fmt.Errorf("standard input: %w", err)
		}
		statement = text.String()
	}
	statement = strings.TrimSuffix(strings.TrimSpace(statement), ";")
	if statement == "" {
		return "", errUsage{errors.New("the statement is empty")}
	}
	return statement, nil
}
