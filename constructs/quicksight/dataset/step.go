package dataset

import (
	"time"
)

// A Step changes the rows or columns of the step before. It is one of [Join], [Rename],
// [Cast], [Calculate], [Filter], [Aggregate] and [Project].
//
// A step can name only the columns that the step before it left, under the names that it
// left them with.
type Step interface {
	// do checks the step against the columns known so far, changes them, and writes it.
	do(c *chain, field string)
}

// Join brings the columns of another table beside those known so far.
//
// A column of the other table whose name is taken is called "name[table]" afterwards, as
// the service's console calls it. So no name is ever there twice.
type Join struct {
	Table string   // name of the other table, which nothing else joins
	Type  JoinType // if empty, Inner
	On    []Pair   // at least one
}

// JoinType is which rows without a match are kept.
type JoinType string

// What a [Join] keeps: rows with a match, all rows so far, all rows of the other table, or
// all rows of both.
const (
	Inner JoinType = "INNER"
	Left  JoinType = "LEFT"
	Right JoinType = "RIGHT"
	Outer JoinType = "OUTER"
)

var joinTypes = []JoinType{Inner, Left, Right, Outer}

// A Pair are two columns whose values must be equal, of like types.
type Pair struct {
	Left  string // a column known so far
	Right string // a column of the other table, after its own steps
}

// On are pairs of columns of equal names.
func On(columns ...string) []Pair {
	pairs := make([]Pair, len(columns))
	for i, name := range columns {
		pairs[i] = Pair{name, name}
	}
	return pairs
}

// Rename gives columns other names, one after the other.
type Rename []NewName

// NewName is the new name of a column, 1 to 128 characters.
type NewName struct{ Column, To string }

// Cast gives columns other types.
type Cast []NewType

// NewType is the new type of a column.
type NewType struct {
	Column string
	To     Type // not Boolean

	// Format is how text or a number is to be read as a date, in the letters of
	// https://docs.aws.amazon.com/quicksight/latest/user/supported-date-formats.html,
	// e.g. "yyyy-MM-dd". Text needs one; nothing but dates has one.
	Format string
}

// Calculate adds columns. They may name each other.
type Calculate []Formula

// A Formula is a column made from others by an expression of QuickSight.
type Formula struct {
	Name string
	Type Type // of its values

	// Expression names columns in braces: ifelse({age} <= 20, '0-20', 'older'). See
	// https://docs.aws.amazon.com/quicksight/latest/user/calculated-field-reference.html.
	Expression string
}

// Filter keeps the rows that meet all its conditions.
type Filter []Condition

// A Condition is an expression, or a column with what it is compared with.
type Condition struct {
	Expression string // true for the rows to keep, 1 to 4096 characters; then nothing else is said

	Column string
	In     []string  // text: one of these, at most 1000
	NotIn  []string  // text: none of these
	Least  *float64  // number: this or more
	Most   *float64  // number: this or less
	From   time.Time // date: this or later
	Until  time.Time // date: earlier than this
}

// Aggregate groups rows and computes a value for each group.
type Aggregate struct {
	By     []string // columns that stay; may be empty for one row in all
	Values []Total  // at least one
}

// A Total is a new column with a value for each group.
type Total struct {
	Name   string
	Of     string // the column that is summed up; for Count it may be empty
	Figure Figure
}

// Figure is how many values become one.
type Figure string

// The figures of an [Aggregate].
const (
	Count         Figure = "COUNT"
	DistinctCount Figure = "DISTINCT_COUNT"
	Sum           Figure = "SUM"
	Average       Figure = "AVERAGE"
	Max           Figure = "MAX"
	Min           Figure = "MIN"
)

var figures = []Figure{Count, DistinctCount, Sum, Average, Max, Min}

// Project keeps these columns only, in this order.
type Project []string
