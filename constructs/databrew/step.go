package databrew

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/lakekeel/lakekeel/internal/check"
)

// A Step changes the rows or columns that the step before left. It is one of [Rename], [Delete],
// [RemoveMissing], [DeleteDuplicateRows], [Split], [ChangeType] and [Action].
type Step interface {
	// do checks the step against the columns known so far and changes them.
	do(c *chain)
	// action is the operation and its parameters in DataBrew's words.
	action() (operation string, parameters map[string]any)
}

// Rename gives a column another name:
// https://docs.aws.amazon.com/databrew/latest/dg/recipe-actions.RENAME.html.
type Rename struct{ Column, To string }

// Delete deletes columns: https://docs.aws.amazon.com/databrew/latest/dg/recipe-actions.DELETE.html.
type Delete []string

// RemoveMissing keeps the rows that have a value in the column:
// https://docs.aws.amazon.com/databrew/latest/dg/recipe-actions.REMOVE_MISSING.html.
type RemoveMissing struct{ Column string }

// DeleteDuplicateRows deletes rows that are equal to an earlier one in every column:
// https://docs.aws.amazon.com/databrew/latest/dg/recipe-actions.DELETE_DUPLICATE_ROWS.html.
type DeleteDuplicateRows struct{}

// Split cuts a column's text at a separator into new columns, named for it with _1, _2 and so on; the last takes what
// remains. The column itself stays: https://docs.aws.amazon.com/databrew/latest/dg/recipe-actions.SPLIT_COLUMN_SINGLE_DELIMITER.html
// says nothing of either, this is what the service's console shows.
type Split struct {
	Column string
	At     string // the separator, which is dropped
	Times  int    // 1 to 20; there is one new column more
}

// ChangeType gives a column another type; a value that has no such form becomes null:
// https://docs.aws.amazon.com/databrew/latest/dg/recipe-actions.CHANGE_DATA_TYPE.html.
type ChangeType struct {
	Column string
	To     Type
}

// Type is the type of a column's values.
type Type string

// The types of [ChangeType].
const (
	Byte      Type = "byte"    // 8 bits, as all integers signed
	Short     Type = "short"   // 16 bits
	Int       Type = "int"     // 32 bits
	Long      Type = "long"    // 64 bits
	Float     Type = "float"   // single precision
	Double    Type = "double"  // double precision
	Decimal   Type = "decimal" // up to 38 digits, 18 of them after the point
	String    Type = "string"
	Boolean   Type = "boolean"
	Timestamp Type = "timestamp"
	Date      Type = "date"
)

var types = []Type{Byte, Short, Int, Long, Float, Double, Decimal, String, Boolean, Timestamp, Date}

// Action is any other of DataBrew's operations. The columns that it names must be told, since
// nothing is known of it here.
type Action struct {
	Operation  string            // e.g. "UPPER_CASE"
	Parameters map[string]string // by DataBrew's names, e.g. "sourceColumn"
	Needs      []string          // columns that it reads
	Adds       []string          // columns that it makes
}

// A chain walks a recipe's steps once, with the columns known at each.
type chain struct {
	faults  *check.Faults
	field   string // of the step in hand
	columns []string
}

// want records a fault unless the column is known here.
func (c *chain) want(field, name string) bool {
	ok := slices.Contains(c.columns, name)
	c.faults.Want(ok, c.field+field, name, check.Suggest("a column known at this step", name, c.columns))
	return ok
}

const wantFresh = "a name that no column has at this step"

// fresh records a fault unless name can be a new column's, and adds it.
func (c *chain) fresh(field, name string) {
	c.faults.Want(name != "" && !slices.Contains(c.columns, name), c.field+field, name, wantFresh)
	c.columns = append(c.columns, name)
}

func (c *chain) drop(name string) {
	c.columns = slices.DeleteFunc(c.columns, func(other string) bool { return other == name })
}

func (s Rename) do(c *chain) {
	known := c.want(".Column", s.Column)
	c.faults.Want(s.To != "" && !slices.Contains(c.columns, s.To), c.field+".To", s.To, wantFresh)
	if known {
		c.columns[slices.Index(c.columns, s.Column)] = s.To
	}
}

func (s Rename) action() (string, map[string]any) {
	return "RENAME", map[string]any{"SourceColumn": s.Column, "TargetColumn": s.To}
}

func (s Delete) do(c *chain) {
	c.faults.Want(len(s) > 0, c.field, len(s), "at least one column")
	for i, name := range s {
		c.want(fmt.Sprintf("[%d]", i), name)
		c.drop(name)
	}
}

func (s Delete) action() (string, map[string]any) {
	return "DELETE", map[string]any{"SourceColumns": list(s)}
}

func (s RemoveMissing) do(c *chain) { c.want(".Column", s.Column) }

func (s RemoveMissing) action() (string, map[string]any) {
	return "REMOVE_MISSING", map[string]any{"SourceColumn": s.Column}
}

func (s DeleteDuplicateRows) do(*chain) {}

func (s DeleteDuplicateRows) action() (string, map[string]any) { return "DELETE_DUPLICATE_ROWS", nil }

const mostSplits = 20

func (s Split) do(c *chain) {
	known := c.want(".Column", s.Column)
	c.faults.Want(s.At != "", c.field+".At", s.At, "one or more characters")
	sound := s.Times >= 1 && s.Times <= mostSplits
	c.faults.Want(sound, c.field+".Times", s.Times, "1 to 20")
	for i := 1; known && sound && i <= s.Times+1; i++ {
		c.fresh(".Column", s.Column+"_"+strconv.Itoa(i))
	}
}

func (s Split) action() (string, map[string]any) {
	return "SPLIT_COLUMN_SINGLE_DELIMITER", map[string]any{
		"SourceColumn": s.Column, "Pattern": s.At, "Limit": strconv.Itoa(s.Times), "IncludeInSplit": "false",
	}
}

func (s ChangeType) do(c *chain) {
	c.want(".Column", s.Column)
	c.faults.Want(slices.Contains(types, s.To), c.field+".To", string(s.To), check.OneOf(types))
}

func (s ChangeType) action() (string, map[string]any) {
	return "CHANGE_DATA_TYPE", map[string]any{"SourceColumn": s.Column, "ColumnDataType": string(s.To)}
}

// operationName is the service's pattern:
// https://docs.aws.amazon.com/databrew/latest/dg/API_RecipeAction.html.
var operationName = regexp.MustCompile(`^[A-Z_]{1,128}$`)

func (s Action) do(c *chain) {
	c.faults.Want(operationName.MatchString(s.Operation), c.field+".Operation", s.Operation, "an operation of the recipe reference, in capitals")
	for i, name := range s.Needs {
		c.want(fmt.Sprintf(".Needs[%d]", i), name)
	}
	for i, name := range s.Adds {
		c.fresh(fmt.Sprintf(".Adds[%d]", i), name)
	}
}

func (s Action) action() (string, map[string]any) {
	parameters := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Parameters)) {
		parameters[capital(name)] = s.Parameters[name]
	}
	return s.Operation, parameters
}

// capital makes DataBrew's name of a parameter that of CloudFormation's.
func capital(name string) string {
	if name == "" {
		return name
	}
	return string(name[0]&^0x20) + name[1:]
}

// list is a list of names as a parameter's text.
func list(names []string) string {
	text, _ := json.Marshal(names) // text is always JSON
	return string(text)
}
