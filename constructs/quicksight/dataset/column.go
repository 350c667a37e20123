package dataset

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Type is what values a column holds.
type Type string

// The types of https://docs.aws.amazon.com/quicksight/latest/APIReference/API_InputColumn.html.
const (
	String   Type = "STRING"
	Integer  Type = "INTEGER"
	Decimal  Type = "DECIMAL" // fixed point, up to 18 digits
	Float    Type = "FLOAT"   // double precision, about 16 digits
	DateTime Type = "DATETIME"
	Boolean  Type = "BOOLEAN"
)

// Types are all of them.
var Types = []Type{String, Integer, Decimal, Float, DateTime, Boolean}

// Number says whether the type can be summed.
func (t Type) Number() bool { return t == Integer || t == Decimal || t == Float }

// A Column has a name that is unique among the columns beside it, 1 to 128 characters.
type Column struct {
	Name string
	Type Type
}

// split is the type and the subtype that the service has for it.
func (t Type) split() (main, sub string) {
	if t == Float {
		return string(Decimal), "FLOAT"
	}
	return string(t), ""
}

// joined is the inverse of split. FIXED is what DECIMAL means without a subtype, and BIT is how
// some databases write a boolean.
func joined(main, sub string) Type {
	switch {
	case main == "DECIMAL" && sub == "FLOAT":
		return Float
	case main == "BIT":
		return Boolean
	}
	return Type(main)
}

func columnsJSON(columns []Column) []any {
	return jsontree.List(columns, func(_ int, c Column) any {
		main, sub := c.Type.split()
		return jsontree.Object("Name", c.Name, "Type", main, "SubType", sub)
	})
}

func readColumns(n jsontree.Node) []Column {
	var columns []Column
	for _, c := range n.List() {
		columns = append(columns, Column{Name: c.At("Name").Text(), Type: joined(c.At("Type").Text(), c.At("SubType").Text())})
	}
	return columns
}

// Names are the names of the columns.
func Names(columns []Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

// Find is the column of that name.
func Find(columns []Column, name string) (Column, bool) {
	i := slices.IndexFunc(columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return Column{}, false
	}
	return columns[i], true
}

// WantColumn records a fault unless one of the columns has the name, with the nearest that
// has; what says what columns they are. It returns the column.
func WantColumn(faults *check.Faults, columns []Column, field, name, what string) (Column, bool) {
	column, ok := Find(columns, name)
	faults.Want(ok, field, name, check.Suggest(what, name, Names(columns)))
	return column, ok
}

func checkColumns(faults *check.Faults, field string, columns []Column) {
	faults.Want(len(columns) > 0 && len(columns) <= 2048, field, len(columns), "1 to 2048 columns")
	for i, c := range columns {
		at := fmt.Sprintf("%s[%d]", field, i)
		_, twice := Find(columns[:i], c.Name)
		faults.Want(c.Name != "" && len(c.Name) <= 128 && !twice, at+".Name", c.Name, "1 to 128 characters that no other column has")
		faults.Want(slices.Contains(Types, c.Type), at+".Type", string(c.Type), check.OneOf(Types))
	}
}

var (
	quoted     = regexp.MustCompile(`'(?:[^'\\]|\\.)*'`)
	referenced = regexp.MustCompile(`(\$?)\{([^{}]*)\}`)
)

// References are the columns and the parameters that an expression of QuickSight names:
// {column} and ${parameter}. What stands in quotes is text.
func References(expression string) (columns, parameters []string) {
	for _, match := range referenced.FindAllStringSubmatch(quoted.ReplaceAllString(expression, "''"), -1) {
		if match[1] == "$" {
			parameters = append(parameters, match[2])
		} else {
			columns = append(columns, match[2])
		}
	}
	return columns, parameters
}

// CheckExpression records what is wrong with an expression that can be seen without running it: its length, its
// brackets and the columns that it names. Columns are written in braces: sum({amount}).
func CheckExpression(faults *check.Faults, columns []Column, field, expression string, most int) {
	faults.Want(expression != "" && len(expression) <= most, field, clip(expression), fmt.Sprintf("1 to %d characters", most))
	if missing := unbalanced(quoted.ReplaceAllString(expression, "''")); missing != "" {
		faults.Want(false, field, clip(expression), missing)
		return
	}
	names, _ := References(expression)
	for _, name := range names {
		WantColumn(faults, columns, field, name, "a column known here")
	}
}

// unbalanced says which bracket is missing, if one is.
func unbalanced(expression string) string {
	var open []rune
	pairs := map[rune]rune{')': '(', '}': '{'}
	for _, r := range expression {
		switch r {
		case '(', '{':
			open = append(open, r)
		case ')', '}':
			if len(open) == 0 || open[len(open)-1] != pairs[r] {
				return fmt.Sprintf("a %q before %q", pairs[r], r)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) == 0 {
		return ""
	}
	return fmt.Sprintf("a bracket that closes %q", open[len(open)-1])
}

// clip shortens what a message shows of a long text.
func clip(text string) string {
	if len(text) <= 80 {
		return text
	}
	return text[:77] + "..."
}
