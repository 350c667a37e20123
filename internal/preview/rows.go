package preview

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/cloud"
	"github.com/lakekeel/lakekeel/internal/query"
)

// A Request is what a preview needs to know of a data set's rows.
type Request struct {
	Name, ID string
	Columns  []dataset.Column
	All      map[string]dataset.Definition // data sets by id
}

// Rows gives each row of a data set, with a text or nil for each column of the request.
type Rows func(ctx context.Context, request Request, take func(row []*string) error) error

// Athena runs the data set's tables, joins and other steps as one statement.
func Athena(c *cloud.Cloud, options query.Options) Rows {
	return func(ctx context.Context, r Request, take func([]*string) error) error {
		statement, err := selectOf(r.ID, r.Columns, r.All)
		if err != nil {
			return err
		}
		options := options
		options.Database = cmp.Or(options.Database, databaseOf(r))
		table, err := query.Run(ctx, c, statement, options)
		if err != nil {
			return fmt.Errorf("the data set %q: %w", r.ID, err)
		}
		for _, row := range table.Rows {
			cells := make([]*string, len(row))
			for i, cell := range row {
				cells[i] = cell
			}
			if err := take(cells); err != nil {
				return err
			}
		}
		return nil
	}
}

// databaseOf is the database of the first table that names one. The statement names them all, but Athena wants one beside it.
func databaseOf(r Request) string {
	for _, table := range r.All[r.ID].Tables {
		switch from := table.From.(type) {
		case dataset.Relation:
			return from.Schema
		case dataset.Parent:
			return databaseOf(Request{ID: from.Dataset, All: r.All})
		}
	}
	return ""
}

//go:embed rows.py
var rowsScript string

// missingText is what rows.py writes where there is no value.
const missingText = `\N`

// Files reads the file, or the folder of files, in folder that has a data set's id or name: CSV or Parquet. They hold
// the rows of the data set after all its steps. DuckDB, by the given Python, reads them.
func Files(folder, python string) Rows {
	return func(ctx context.Context, r Request, take func([]*string) error) error {
		path, err := find(folder, r)
		if err != nil {
			return err
		}
		// By a file: a COPY of a million rows to a pipe was once seen never to end.
		scratch, err := os.MkdirTemp("", "lakekeel-rows-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(scratch)
		out := filepath.Join(scratch, "rows.csv")
		var stderr strings.Builder
		command := exec.CommandContext(ctx, python, append([]string{"-c", rowsScript, path, out}, dataset.Names(r.Columns)...)...)
		command.Stderr = &stderr
		err = command.Run()
		var exit *exec.ExitError
		switch {
		case errors.As(err, &exit):
			return fmt.Errorf("%s: %s", path, explain(stderr.String(), r))
		case err != nil:
			return fmt.Errorf("%s cannot be read: %w; lakekeel setup installs what reads it", path, err)
		}
		rows, err := os.Open(out)
		if err != nil {
			return err
		}
		defer rows.Close()
		return takeAll(rows, take)
	}
}

// explain is the last line of what Python says, or which column is not there.
func explain(stderr string, r Request) string {
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	last := lines[len(lines)-1]
	if wanted, there, is := strings.Cut(strings.TrimPrefix(last, "missing: "), "\t"); is {
		return fmt.Sprintf("the data set %q has no column %q; want %s", r.Name, wanted, check.Suggest("one of its columns", wanted, strings.Split(there, "\t")))
	}
	return last
}

func takeAll(out io.Reader, take func([]*string) error) error {
	reader := csv.NewReader(out)
	reader.ReuseRecord = true
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		row := make([]*string, len(record))
		for i := range record {
			if text := record[i]; text != missingText {
				row[i] = &text
			}
		}
		if err := take(row); err != nil {
			return err
		}
	}
}

// find is the file or folder with the rows.
func find(folder string, r Request) (string, error) {
	var names []string
	for _, name := range slices.Compact([]string{r.ID, r.Name}) {
		for _, ending := range []string{".csv", ".parquet", ""} {
			path := filepath.Join(folder, name+ending)
			if _, err := os.Stat(path); err == nil {
				return path, nil
			}
			names = append(names, name+ending)
		}
	}
	return "", fmt.Errorf("the rows of data set %q are not in %s; want %s", r.Name, folder, check.OneOf(names))
}
