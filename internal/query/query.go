// Package query runs SQL over the catalog by the Athena API.
package query

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/cloud"
	"github.com/lakekeel/lakekeel/internal/report"
)

// Options say where a query runs.
type Options struct {
	Database  string // if empty, the only one there is
	Workgroup string // if empty, "primary"
	Output    string // S3 URL for the result files; if empty, the workgroup's
}

// Run runs one statement and returns its whole result.
func Run(ctx context.Context, c *cloud.Cloud, statement string, options Options) (report.Table, error) {
	r := runner{cloud: c, client: c.Athena()}
	id, err := r.start(ctx, statement, options)
	if err != nil {
		return report.Table{}, r.explain(err)
	}
	execution, err := r.wait(ctx, id)
	if err != nil {
		return report.Table{}, r.explain(err)
	}
	table, err := r.results(ctx, id, execution.StatementType == types.StatementTypeDml)
	if err != nil {
		return report.Table{}, r.explain(err)
	}
	return table, nil
}

type runner struct {
	cloud  *cloud.Cloud
	client *athena.Client
}

func (r runner) start(ctx context.Context, statement string, options Options) (string, error) {
	database, err := r.database(ctx, options.Database)
	if err != nil {
		return "", err
	}
	input := &athena.StartQueryExecutionInput{QueryString: &statement, QueryExecutionContext: &types.QueryExecutionContext{Database: &database}}
	if options.Workgroup != "" {
		input.WorkGroup = &options.Workgroup
	}
	output, err := r.output(ctx, options)
	if err != nil {
		return "", err
	}
	if output != "" {
		input.ResultConfiguration = &types.ResultConfiguration{OutputLocation: &output}
	}
	started, err := r.client.StartQueryExecution(ctx, input)
	if err != nil {
		return "", err
	}
	return aws.ToString(started.QueryExecutionId), nil
}

// database returns the one that was asked for, when it is there, or the only one there is.
func (r runner) database(ctx context.Context, asked string) (string, error) {
	names, err := Databases(ctx, r.cloud)
	if err != nil {
		return "", err
	}
	if slices.Contains(names, asked) {
		return asked, nil
	}
	if asked != "" {
		near, ok := check.Nearest(asked, names)
		if ok {
			return "", fmt.Errorf("--database is %q; did you mean %s?", asked, near)
		}
		return "", fmt.Errorf("--database is %q; want one of: %s", asked, strings.Join(names, ", "))
	}
	switch others := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "default" }); {
	case len(names) == 0:
		return "", fmt.Errorf("no database at %s; deploy and run a workflow first", r.cloud)
	case len(names) == 1:
		return names[0], nil
	case len(others) == 1:
		return others[0], nil // "default" is there whether anybody uses it or not
	}
	return "", fmt.Errorf("there are several databases; name one with --database: %s", strings.Join(names, ", "))
}

// Databases lists the catalog's databases, sorted.
func Databases(ctx context.Context, c *cloud.Cloud) ([]string, error) {
	var names []string
	pages := glue.NewGetDatabasesPaginator(c.Glue(), nil)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, database := range page.DatabaseList {
			names = append(names, aws.ToString(database.Name))
		}
	}
	slices.Sort(names)
	return names, nil
}

// output returns where Athena shall put its result files, or nothing when the
// workgroup knows. On the local endpoint a bucket is made for them, called as
// Athena's console calls the one it makes.
func (r runner) output(ctx context.Context, options Options) (string, error) {
	if options.Output != "" || !r.cloud.Local() {
		return options.Output, nil
	}
	workgroup := options.Workgroup
	if workgroup == "" {
		workgroup = "primary"
	}
	group, err := r.client.GetWorkGroup(ctx, &athena.GetWorkGroupInput{WorkGroup: &workgroup})
	if err != nil {
		return "", err
	}
	if configuration := group.WorkGroup.Configuration; configuration != nil && configuration.ResultConfiguration != nil &&
		configuration.ResultConfiguration.OutputLocation != nil {
		return "", nil
	}
	bucket := fmt.Sprintf("aws-athena-query-results-%s-%s", r.cloud.Account, r.cloud.Region)
	return "s3://" + bucket + "/", r.makeBucket(ctx, bucket)
}

func (r runner) makeBucket(ctx context.Context, bucket string) error {
	client := r.cloud.S3()
	if _, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket}); err == nil {
		return nil
	}
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket,
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(r.cloud.Region)}})
	var ours *s3types.BucketAlreadyOwnedByYou
	if errors.As(err, &ours) {
		return nil
	}
	return err
}

// wait returns the execution once it has succeeded.
func (r runner) wait(ctx context.Context, id string) (*types.QueryExecution, error) {
	interval := 50 * time.Millisecond
	for {
		got, err := r.client.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: &id})
		if err != nil {
			return nil, err
		}
		switch status := got.QueryExecution.Status; status.State {
		case types.QueryExecutionStateSucceeded:
			return got.QueryExecution, nil
		case types.QueryExecutionStateFailed, types.QueryExecutionStateCancelled:
			return nil, errors.New(Message(aws.ToString(status.StateChangeReason)))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(interval):
		}
		interval = min(2*interval, time.Second)
	}
}

// results collects all pages. The first row of a SELECT's first page repeats the names of the columns.
func (r runner) results(ctx context.Context, id string, header bool) (report.Table, error) {
	var table report.Table
	pages := athena.NewGetQueryResultsPaginator(r.client, &athena.GetQueryResultsInput{QueryExecutionId: &id})
	for first := true; pages.HasMorePages(); first = false {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return table, err
		}
		if page.ResultSet == nil {
			return table, nil
		}
		rows := page.ResultSet.Rows
		if first {
			table.Columns = columns(page.ResultSet.ResultSetMetadata)
			if header && len(rows) > 0 {
				rows = rows[1:]
			}
		}
		for _, row := range rows {
			table.Rows = append(table.Rows, cells(row, len(table.Columns)))
		}
	}
	return table, nil
}

func columns(metadata *types.ResultSetMetadata) []report.Column {
	var columns []report.Column
	if metadata != nil {
		for _, info := range metadata.ColumnInfo {
			columns = append(columns, report.Column{Name: aws.ToString(info.Name), Type: aws.ToString(info.Type)})
		}
	}
	return columns
}

// cells has one cell per column, however many the service gave.
func cells(row types.Row, width int) []report.Cell {
	cells := make([]report.Cell, width)
	for i, datum := range row.Data[:min(width, len(row.Data))] {
		cells[i] = datum.VarCharValue
	}
	return cells
}

func (r runner) explain(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case r.cloud.Local() && cloud.Gone(err):
		return fmt.Errorf("%s is gone; start it again with: lakekeel up", r.cloud)
	}
	return errors.New(cloud.Explain(err))
}

var (
	space    = regexp.MustCompile(`\s+`)
	pointer  = regexp.MustCompile(`(?m)^\s*\^\s*$`)
	echoed   = regexp.MustCompile(`(?m)^LINE \d+:.*$`)
	rewriter = regexp.MustCompile(`read_(csv|parquet|json)\w*\([^)]*\)`)
)

// Message makes one line of the reason why a statement failed. DuckDB, behind
// the local endpoint, adds the statement with a pointer under the place; in one
// line that is noise.
func Message(reason string) string {
	reason = rewriter.ReplaceAllString(pointer.ReplaceAllString(echoed.ReplaceAllString(reason, ""), ""), "the table")
	if reason = strings.TrimSpace(space.ReplaceAllString(reason, " ")); reason == "" {
		return "the query failed, and the service does not say why"
	}
	return reason
}
