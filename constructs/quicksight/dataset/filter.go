package dataset

import (
	"fmt"
	"time"

	"github.com/lakekeel/lakekeel/internal/jsontree"
)

func (f Filter) do(c *chain, field string) {
	c.faults.Want(len(f) > 0 && len(f) <= 128, field, len(f), "1 to 128 conditions")
	var list []any
	for i, condition := range f {
		at := fmt.Sprintf("%s[%d]", field, i)
		condition.check(c, at)
		list = append(list, condition.json())
	}
	c.next("FiltersStep", "FilterOperations", list)
}

func (f Condition) kinds() (text, number, date bool) {
	return len(f.In)+len(f.NotIn) > 0, f.Least != nil || f.Most != nil, !f.From.IsZero() || !f.Until.IsZero()
}

func (f Condition) check(c *chain, field string) {
	text, number, date := f.kinds()
	if f.Expression != "" {
		c.faults.Want(f.Column == "" && !text && !number && !date, field, "an expression and more", "an expression alone")
		c.expression(field+".Expression", f.Expression, 4096)
		return
	}
	column, ok := c.want(field+".Column", f.Column)
	if !ok {
		return
	}
	wanted := map[Type]bool{String: text && !number && !date, DateTime: date && !text && !number}
	for _, t := range []Type{Integer, Decimal, Float} {
		wanted[t] = number && !text && !date
	}
	c.faults.Want(wanted[column.Type], field, f.Column, comparison(column.Type))
	c.faults.Want(len(f.In) == 0 || len(f.NotIn) == 0, field, f.Column, "either In or NotIn")
	c.faults.Want(len(f.In)+len(f.NotIn) <= 1000, field, len(f.In)+len(f.NotIn), "at most 1000 values")
	c.faults.Want(f.Least == nil || f.Most == nil || *f.Least <= *f.Most, field, f.Column, "a Least that is not above Most")
	c.faults.Want(f.From.IsZero() || f.Until.IsZero() || f.From.Before(f.Until), field, f.Column, "a From that is before Until")
}

// comparison says what a column of a type can be compared with.
func comparison(t Type) string {
	switch {
	case t == String:
		return "In or NotIn alone, for the column holds text"
	case t == DateTime:
		return "From or Until alone, for the column holds dates"
	case t.Number():
		return "Least or Most alone, for the column holds numbers"
	}
	return "an expression, for the column holds neither text nor numbers nor dates"
}

func (f Condition) json() any {
	text, number, _ := f.kinds()
	switch {
	case f.Expression != "":
		return map[string]any{"ConditionExpression": f.Expression}
	case text:
		operator, values := "INCLUDE", f.In
		if len(f.NotIn) > 0 {
			operator, values = "EXCLUDE", f.NotIn
		}
		return condition("StringFilterCondition", f.Column, "ListFilterCondition", map[string]any{"Operator": operator, "Values": map[string]any{"StaticValues": jsontree.Plain(values)}})
	case number:
		return condition("NumericFilterCondition", f.Column, "RangeFilterCondition", jsontree.Object(
			"RangeMinimum", bound(f.Least), "IncludeMinimum", jsontree.When(f.Least != nil, true),
			"RangeMaximum", bound(f.Most), "IncludeMaximum", jsontree.When(f.Most != nil, true)))
	}
	return condition("DateFilterCondition", f.Column, "RangeFilterCondition", jsontree.Object(
		"RangeMinimum", moment(f.From), "IncludeMinimum", jsontree.When(!f.From.IsZero(), true),
		"RangeMaximum", moment(f.Until), "IncludeMaximum", jsontree.When(!f.Until.IsZero(), false)))
}

func condition(kind, column, how string, body map[string]any) any {
	return map[string]any{kind: map[string]any{"ColumnName": column, how: body}}
}

func bound(v *float64) any {
	if v == nil {
		return nil
	}
	return map[string]any{"StaticValue": *v}
}

func moment(t time.Time) any {
	return jsontree.When(!t.IsZero(), map[string]any{"StaticValue": t.UTC().Format(time.RFC3339)})
}

// readCondition reads a condition; ok is false for one that has no form here.
func readCondition(n jsontree.Node) (f Condition, ok bool) {
	if expression := n.At("ConditionExpression").Text(); expression != "" {
		return Condition{Expression: expression}, true
	}
	body := n.At(n.Only())
	f.Column = body.At("ColumnName").Text()
	list, span := body.At("ListFilterCondition"), body.At("RangeFilterCondition")
	switch n.Only() {
	case "StringFilterCondition":
		f.In = list.At("Values", "StaticValues").Texts()
		if list.At("Operator").Text() == "EXCLUDE" {
			f.In, f.NotIn = nil, f.In
		}
		return f, list.Is()
	case "NumericFilterCondition":
		f.Least, f.Most = readBound(span.At("RangeMinimum")), readBound(span.At("RangeMaximum"))
		return f, span.Is() && inclusive(span, "Minimum") && inclusive(span, "Maximum")
	case "DateFilterCondition":
		f.From, _ = time.Parse(time.RFC3339, span.At("RangeMinimum", "StaticValue").Text())
		f.Until, _ = time.Parse(time.RFC3339, span.At("RangeMaximum", "StaticValue").Text())
		return f, span.Is() && inclusive(span, "Minimum") && !span.At("IncludeMaximum").True()
	}
	return f, false
}

func inclusive(span jsontree.Node, end string) bool {
	return !span.At("Range"+end).Is() || span.At("Include"+end).True()
}

func readBound(n jsontree.Node) *float64 {
	if !n.At("StaticValue").Is() {
		return nil
	}
	value := n.At("StaticValue").Number()
	return &value
}
