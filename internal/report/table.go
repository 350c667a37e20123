package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// A Column of a table.
type Column struct {
	Name string
	Type string // Athena's name of it, e.g. "bigint"; empty means text
}

// numeric reports whether the values of the column are numbers.
func (c Column) numeric() bool {
	switch c.Type {
	case "tinyint", "smallint", "integer", "int", "bigint", "float", "real", "double", "decimal":
		return true
	}
	return false
}

// A Cell is one value as text; nil is no value.
type Cell = *string

// A Table is what a query gives.
type Table struct {
	Columns []Column
	Rows    [][]Cell
}

// Text prints the table aligned, numbers to the right, and nothing where there is no value.
func (t Table) Text(terminal Terminal) {
	w := table.NewWriter()
	w.SetStyle(style(terminal))
	var header table.Row
	var configs []table.ColumnConfig
	for i, column := range t.Columns {
		header = append(header, column.Name)
		if column.numeric() {
			configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	w.SetColumnConfigs(configs)
	w.AppendHeader(header)
	for _, row := range t.Rows {
		var cells table.Row
		for _, cell := range row {
			cells = append(cells, value(cell))
		}
		w.AppendRow(cells)
	}
	for line := range strings.Lines(w.Render()) {
		fmt.Fprintln(terminal.Out, strings.TrimRight(line, " \n"))
	}
}

func style(terminal Terminal) table.Style {
	style := table.StyleLight
	style.Format.Header = text.FormatDefault // names of columns are the user's
	style.Options = table.Options{SeparateColumns: true, SeparateHeader: true}
	style.Box.PaddingLeft, style.Box.PaddingRight = "", ""
	style.Box.MiddleVertical = "  "
	style.Box.MiddleSeparator = "  "
	if terminal.Color {
		style.Color.Header = text.Colors{text.Bold}
	}
	return style
}

func value(cell Cell) string {
	if cell == nil {
		return ""
	}
	return *cell
}

// CSV prints the table as RFC 4180 has it, header first. No value
// and an empty text are both nothing, which is all that CSV can say.
func (t Table) CSV(out io.Writer) error {
	w := csv.NewWriter(out)
	var header []string
	for _, column := range t.Columns {
		header = append(header, column.Name)
	}
	if err := w.Write(header); err != nil {
		return err
	}
	for _, row := range t.Rows {
		var cells []string
		for _, cell := range row {
			cells = append(cells, value(cell))
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// JSON prints the rows as an array of objects whose members stand in the order
// of the columns; numbers and booleans are JSON's own, no value is null.
func (t Table) JSON(out io.Writer) error {
	if len(t.Rows) == 0 {
		_, err := fmt.Fprintln(out, "[]")
		return err
	}
	for i, row := range t.Rows {
		opening := ","
		if i == 0 {
			opening = "["
		}
		line, err := t.object(row)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s%s", opening+"\n  ", line); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(out, "\n]")
	return err
}

func (t Table) object(row []Cell) ([]byte, error) {
	object := []byte{'{'}
	for i, cell := range row {
		if i > 0 {
			object = append(object, ", "...)
		}
		name, err := json.Marshal(t.Columns[i].Name)
		if err != nil {
			return nil, err
		}
		value, err := t.Columns[i].json(cell)
		if err != nil {
			return nil, err
		}
		object = append(append(append(object, name...), ": "...), value...)
	}
	return append(object, '}'), nil
}

// json is a cell as JSON. A number keeps its digits; what JSON cannot say as a number (NaN) stays text.
func (c Column) json(cell Cell) ([]byte, error) {
	switch {
	case cell == nil:
		return []byte("null"), nil
	case c.numeric() && json.Valid([]byte(*cell)):
		if _, err := strconv.ParseFloat(*cell, 64); err == nil {
			return []byte(*cell), nil
		}
	case c.Type == "boolean" && (*cell == "true" || *cell == "false"):
		return []byte(*cell), nil
	}
	return json.Marshal(*cell)
}
