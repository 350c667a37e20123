package access

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/internal/report"
)

// columns are those of every table of rows.
var columns = []string{"account", "principal", "database", "table", "columns", "rows", "where", "actions", "to others"}

// Table shows rows; those that differ in nothing but the action are one line.
func Table(rows []Row) report.Table {
	t := report.Table{}
	for _, name := range columns {
		t.Columns = append(t.Columns, report.Column{Name: name})
	}
	for _, line := range Lines(rows) {
		t.Rows = append(t.Rows, cells(line))
	}
	return t
}

// Lines are the texts of rows, those that differ in nothing but the action joined.
func Lines(rows []Row) [][]string {
	var lines [][]string
	for _, row := range rows {
		others := "no"
		if row.Option {
			others = "yes"
		}
		if row.Kind != Granted {
			others = ""
		}
		where := row.Where
		if row.Reaches != "" {
			where += " (" + row.Reaches + ")"
		}
		action := row.Action
		if row.Kind == Tagged || row.Kind == Linked {
			action = map[Kind]string{Tagged: "bears the LF-tag", Linked: "is a link"}[row.Kind]
		}
		line := []string{row.Account, row.Principal, row.Database, row.Table, row.Columns, row.Rows, where, action, others}
		same := slices.IndexFunc(lines, func(other []string) bool {
			return slices.Equal(other[:7], line[:7]) && other[8] == line[8] && row.Kind == Granted
		})
		if same >= 0 {
			lines[same][7] += ", " + action
			continue
		}
		lines = append(lines, line)
	}
	return lines
}

func cells(line []string) []report.Cell {
	var cells []report.Cell
	for i := range line {
		cells = append(cells, &line[i])
	}
	return cells
}

// Print writes a difference for a person: + what is newly allowed, - what is taken away.
func (d Difference) Print(out io.Writer) {
	if d.Empty() {
		fmt.Fprintln(out, "nobody may see or do more, or less, than before")
		return
	}
	for _, part := range []struct {
		sign string
		rows []Row
	}{{"+", d.Allowed}, {"-", d.Taken}, {"!", d.Lost}} {
		for _, line := range Lines(part.rows) {
			fmt.Fprintln(out, part.sign, sentence(line))
		}
	}
	fmt.Fprintf(out, "%d newly allowed, %d taken away\n", len(d.Allowed), len(d.Taken))
	if len(d.Lost) > 0 {
		fmt.Fprintln(out, "! would be lost: CloudFormation gives what is new before it takes back what is old, and Lake Formation")
		fmt.Fprintln(out, "  takes back what both have in common; deploy once without the grant, and then with it")
	}
}

// sentence is a line for a person: who, what, on what.
func sentence(line []string) string {
	on := line[2]
	if line[3] != "" {
		on += "." + line[3]
	}
	if line[4] != "" {
		on += " (" + line[4] + ")"
	}
	if line[5] != "" {
		on += " where " + line[5]
	}
	text := strings.TrimSpace(strings.Join([]string{line[1], line[7], on, line[6]}, " "))
	if line[8] == "yes" {
		text += ", and may grant it to others"
	}
	return "account " + line[0] + ": " + strings.Join(strings.Fields(text), " ")
}

//go:embed page.html
var page string

var pageTemplate = template.Must(template.New("page").Parse(page))

// HTML writes one page that needs nothing but a browser: the table, with a box that filters it.
func (l List) HTML(out io.Writer) error {
	return pageTemplate.Execute(out, map[string]any{"Columns": columns, "Lines": Lines(l.Rows), "Summary": l.Summary()})
}
