package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// A Dimension is a column whose values group the rows.
type Dimension struct {
	Column string
	By     Granularity // for dates; if empty, Day
	ID     string      // unique in the definition; if empty, made of the visual's id and the place in it
}

// A Measure is a column whose values are computed for each group.
type Measure struct {
	Column    string
	Aggregate Aggregate // if empty, Sum for numbers and Count for all else
	ID        string    // unique in the definition; if empty, made of the visual's id and the place in it

	// Expression is a calculation in place of a column, at most 4096 characters. Columns stand in braces.
	Expression string
}

// Granularity is the time that dates are rounded down to.
type Granularity string

// The granularities of dates.
const (
	Year    Granularity = "YEAR"
	Quarter Granularity = "QUARTER"
	Month   Granularity = "MONTH"
	Week    Granularity = "WEEK"
	Day     Granularity = "DAY"
	Hour    Granularity = "HOUR"
	Minute  Granularity = "MINUTE"
	Second  Granularity = "SECOND"
)

var granularities = []Granularity{Year, Quarter, Month, Week, Day, Hour, Minute, Second}

// Aggregate is how many values become one.
type Aggregate string

// The aggregates. Text has Count and DistinctCount, dates have Min and Max too, numbers have all.
const (
	Sum           Aggregate = "SUM"
	Average       Aggregate = "AVERAGE"
	Min           Aggregate = "MIN"
	Max           Aggregate = "MAX"
	Count         Aggregate = "COUNT"
	DistinctCount Aggregate = "DISTINCT_COUNT"
	Median        Aggregate = "MEDIAN"
	Stdev         Aggregate = "STDEV"
	StdevP        Aggregate = "STDEVP"
	Var           Aggregate = "VAR"
	VarP          Aggregate = "VARP"
	None          Aggregate = "NONE" // the values as they are; a histogram has it
)

// aggregatesOf are the aggregates of a column's type:
// https://docs.aws.amazon.com/quicksight/latest/APIReference/API_MeasureField.html.
func aggregatesOf(t dataset.Type) []Aggregate {
	switch {
	case t.Number():
		return []Aggregate{Sum, Average, Min, Max, Count, DistinctCount, Median, Stdev, StdevP, Var, VarP, None}
	case t == dataset.DateTime:
		return []Aggregate{Count, DistinctCount, Min, Max}
	}
	return []Aggregate{Count, DistinctCount}
}

// aggregate is the measure's aggregate with its default.
func (m Measure) aggregate(t dataset.Type) Aggregate {
	if t.Number() {
		return cmp.Or(m.Aggregate, Sum)
	}
	return cmp.Or(m.Aggregate, Count)
}

func (d Dimension) check(faults *check.Faults, field string, columns []dataset.Column) {
	column, ok := dataset.WantColumn(faults, columns, field+".Column", d.Column, "a column of the visual's dataset")
	faults.Want(d.By == "" || slices.Contains(granularities, d.By), field+".By", string(d.By), check.OneOf(granularities))
	faults.Want(!ok || d.By == "" || column.Type == dataset.DateTime, field+".By", string(d.By), "nothing, for the column holds no dates")
}

func (m Measure) check(faults *check.Faults, field string, columns []dataset.Column) {
	if m.Expression != "" {
		faults.Want(m.Column == "" && m.Aggregate == "", field, m.Column, "an expression without column and aggregate")
		dataset.CheckExpression(faults, columns, field+".Expression", m.Expression, 4096)
		return
	}
	column, ok := dataset.WantColumn(faults, columns, field+".Column", m.Column, "a column of the visual's dataset")
	if ok && m.Aggregate != "" {
		allowed := aggregatesOf(column.Type)
		faults.Want(slices.Contains(allowed, m.Aggregate), field+".Aggregate", string(m.Aggregate), check.OneOf(allowed)+fmt.Sprintf(" of a %s", column.Type))
	}
}

// identifier is a column in the service's shape.
func identifier(data, column string) map[string]any {
	return map[string]any{"DataSetIdentifier": data, "ColumnName": column}
}

func (d Dimension) json(v visualScope, id string) any {
	column, _ := dataset.Find(v.data.Columns, d.Column)
	body := map[string]any{"FieldId": cmp.Or(d.ID, id), "Column": identifier(v.data.Name, d.Column)}
	switch {
	case column.Type == dataset.DateTime:
		body["DateGranularity"] = string(cmp.Or(d.By, Day))
		return map[string]any{"DateDimensionField": body}
	case column.Type.Number():
		return map[string]any{"NumericalDimensionField": body}
	}
	return map[string]any{"CategoricalDimensionField": body}
}

func (m Measure) json(v visualScope, id string) any {
	id = cmp.Or(m.ID, id)
	if m.Expression != "" {
		return map[string]any{"CalculatedMeasureField": map[string]any{"FieldId": id, "Expression": m.Expression}}
	}
	column, _ := dataset.Find(v.data.Columns, m.Column)
	body := map[string]any{"FieldId": id, "Column": identifier(v.data.Name, m.Column)}
	aggregate := m.aggregate(column.Type)
	if aggregate != None {
		body["AggregationFunction"] = string(aggregate)
	}
	switch {
	case column.Type == dataset.DateTime:
		return map[string]any{"DateMeasureField": body}
	case column.Type.Number():
		if aggregate != None {
			body["AggregationFunction"] = map[string]any{"SimpleNumericalAggregation": string(aggregate)}
		}
		return map[string]any{"NumericalMeasureField": body}
	}
	return map[string]any{"CategoricalMeasureField": body}
}

// kinds are the types that the service's kinds of fields imply, where nothing better is known.
var kinds = map[string]dataset.Type{
	"CategoricalDimensionField": dataset.String, "NumericalDimensionField": dataset.Decimal, "DateDimensionField": dataset.DateTime,
	"CategoricalMeasureField": dataset.String, "NumericalMeasureField": dataset.Decimal, "DateMeasureField": dataset.DateTime,
}

// readDimension reads a field; id is what would be made for it.
func (r *reader) readDimension(n jsontree.Node, id string) Dimension {
	body := n.At(n.Only())
	d := Dimension{Column: r.field(body.At("Column"), kinds[n.Only()]), By: Granularity(body.At("DateGranularity").Text())}
	if d.By == Day {
		d.By = ""
	}
	if d.ID = body.At("FieldId").Text(); d.ID == id {
		d.ID = ""
	}
	return d
}

func (r *reader) readMeasure(n jsontree.Node, id string) Measure {
	body := n.At(n.Only())
	m := Measure{Expression: body.At("Expression").Text()}
	if m.ID = body.At("FieldId").Text(); m.ID == id {
		m.ID = ""
	}
	if m.Expression != "" {
		return m
	}
	m.Column = r.field(body.At("Column"), kinds[n.Only()])
	function := body.At("AggregationFunction")
	m.Aggregate = Aggregate(function.Text() + function.At("SimpleNumericalAggregation").Text())
	if !function.Is() {
		m.Aggregate = None
	}
	if usual := (Measure{}).aggregate(kinds[n.Only()]); m.Aggregate == usual {
		m.Aggregate = ""
	}
	return m
}
