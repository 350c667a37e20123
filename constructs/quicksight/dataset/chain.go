package dataset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// A chain walks a dataset's steps once. On the way it checks each step against the columns
// known there, and writes it in the service's shape. Steps stand under the name of their
// table and a number.
type chain struct {
	faults *check.Faults
	all    *Definition
	steps  map[string]any  // written, by id; shared by the chains of all tables
	joined map[string]bool // tables in use; shared

	table   string
	count   int      // steps of the table so far
	columns []Column // known now
	lost    bool     // whether a fault left open which columns there are; nothing more is said of them
}

// start walks the steps of a table, from its source on.
func (c *chain) start(table Table, steps []Step, field string) *chain {
	c.joined[table.Name] = true
	own := &chain{faults: c.faults, all: c.all, steps: c.steps, joined: c.joined, table: table.Name, columns: slices.Clone(table.Columns)}
	own.write("ImportTableStep", jsontree.Object("Alias", table.Name, "Source", map[string]any{"SourceTableId": c.all.id("source/" + table.Name)}))
	for i, step := range steps {
		if step == nil {
			c.faults.Want(false, fmt.Sprintf("%s[%d]", field, i), "nothing", "a step")
			continue
		}
		step.do(own, fmt.Sprintf("%s[%d]", field, i))
	}
	return own
}

// last is the id of the newest step.
func (c *chain) last() string { return c.all.id(fmt.Sprintf("step/%s-%d", c.table, c.count-1)) }

// source points at the newest step.
func (c *chain) source() map[string]any { return map[string]any{"TransformOperationId": c.last()} }

func (c *chain) write(kind string, body map[string]any) {
	id := c.all.id(fmt.Sprintf("step/%s-%d", c.table, c.count))
	c.steps[id] = map[string]any{kind: body}
	c.count++
}

// next writes a step that follows the newest one.
func (c *chain) next(kind, member string, list []any) {
	c.write(kind, jsontree.Object("Alias", fmt.Sprintf("%s-%d", c.table, c.count), "Source", c.source(), member, list))
}

// want records a fault unless the column is known here.
func (c *chain) want(field, name string) (Column, bool) {
	if column, ok := Find(c.columns, name); ok || c.lost {
		return column, ok
	}
	return WantColumn(c.faults, c.columns, field, name, "a column known here")
}

// expression checks an expression, but for its columns if nobody knows which there are.
func (c *chain) expression(field, expression string, most int) {
	columns := c.columns
	if names, _ := References(expression); c.lost {
		for _, name := range names {
			columns = append(columns, Column{Name: name})
		}
	}
	CheckExpression(c.faults, columns, field, expression, most)
}

// fresh records a fault unless name can be a new column's.
func (c *chain) fresh(field, name string) {
	_, taken := Find(c.columns, name)
	c.faults.Want(name != "" && len(name) <= 128 && !taken, field, name, "1 to 128 characters that no column has here")
}

func (j Join) do(c *chain, field string) {
	i := slices.IndexFunc(c.all.Tables, func(t Table) bool { return t.Name == j.Table })
	if i < 0 || c.joined[j.Table] {
		c.faults.Want(false, field+".Table", j.Table, check.Suggest("the name of a table that nothing joins yet", j.Table, c.free()))
		c.lost = true
		return
	}
	c.faults.Want(j.Type == "" || slices.Contains(joinTypes, j.Type), field+".Type", string(j.Type), check.OneOf(joinTypes))
	c.faults.Want(len(j.On) > 0, field+".On", 0, "at least one pair of columns")
	other := c.start(c.all.Tables[i], c.all.Tables[i].Steps, fmt.Sprintf("Tables[%d].Steps", i))
	c.likeTypes(j, field, other)
	renamed := other.makeRoom(c.columns)
	clause := j.clause(renamed)
	c.faults.Want(len(clause) <= 512, field+".On", len(clause), "at most 512 characters as a clause; shorten the names by a step of renames")
	kind := j.Type
	if kind == "" {
		kind = Inner
	}
	c.write("JoinStep", jsontree.Object("Alias", fmt.Sprintf("%s-%d", c.table, c.count), "LeftOperand", c.source(), "RightOperand", other.source(),
		"Type", string(kind), "OnClause", clause))
	c.columns = append(c.columns, other.columns...)
	c.lost = c.lost || other.lost
}

// free are the tables that nothing joins yet.
func (c *chain) free() []string {
	var names []string
	for _, t := range c.all.Tables {
		if !c.joined[t.Name] {
			names = append(names, t.Name)
		}
	}
	return names
}

// likeTypes records pairs of columns that cannot be equal.
func (c *chain) likeTypes(j Join, field string, other *chain) {
	for i, pair := range j.On {
		at := fmt.Sprintf("%s.On[%d]", field, i)
		left, ok := c.want(at+".Left", pair.Left)
		right, found := WantColumn(c.faults, other.columns, at+".Right", pair.Right, "a column of table "+j.Table)
		alike := left.Type == right.Type || left.Type.Number() && right.Type.Number()
		c.faults.Want(!ok || !found || alike, at, []Type{left.Type, right.Type}, "columns of like types; cast one of them first")
	}
}

// makeRoom renames the columns whose names are taken, and returns the new names.
func (c *chain) makeRoom(taken []Column) map[string]string {
	renamed := map[string]string{}
	var names Rename
	for _, column := range c.columns {
		if _, is := Find(taken, column.Name); is {
			renamed[column.Name] = fmt.Sprintf("%s[%s]", column.Name, c.table)
			names = append(names, NewName{column.Name, renamed[column.Name]})
		}
	}
	if len(names) > 0 {
		names.do(c, "")
	}
	return renamed
}

// clause is the condition of the join; renamed are new names of the right side's columns.
func (j Join) clause(renamed map[string]string) string {
	var parts []string
	for _, pair := range j.On {
		right := pair.Right
		if name, is := renamed[right]; is {
			right = name
		}
		parts = append(parts, fmt.Sprintf("{%s} = {%s}", pair.Left, right))
	}
	return strings.Join(parts, " AND ")
}

func (r Rename) do(c *chain, field string) {
	c.faults.Want(len(r) > 0, field, 0, "at least one name")
	for i, name := range r {
		at := fmt.Sprintf("%s[%d]", field, i)
		_, ok := c.want(at+".Column", name.Column)
		c.fresh(at+".To", name.To)
		if ok {
			c.columns[slices.Index(Names(c.columns), name.Column)].Name = name.To
		}
		c.lost = c.lost || !ok
	}
	c.next("RenameColumnsStep", "RenameColumnOperations", jsontree.List(r, func(_ int, n NewName) any {
		return map[string]any{"ColumnName": n.Column, "NewColumnName": n.To}
	}))
}

const dateLetters = "yMdHhmsSazZE"

func (k Cast) do(c *chain, field string) {
	c.faults.Want(len(k) > 0, field, 0, "at least one type")
	for i, cast := range k {
		at := fmt.Sprintf("%s[%d]", field, i)
		c.faults.Want(slices.Contains(castTypes, cast.To), at+".To", string(cast.To), check.OneOf(castTypes))
		if column, ok := c.want(at+".Column", cast.Column); ok {
			c.faults.Want(column.Type != cast.To, at+".To", string(cast.To), "another type than the column has")
			cast.checkFormat(c.faults, at+".Format", column.Type)
			c.columns[slices.Index(Names(c.columns), cast.Column)].Type = cast.To
		}
	}
	c.next("CastColumnTypesStep", "CastColumnTypeOperations", jsontree.List(k, func(_ int, t NewType) any {
		main, sub := t.To.split()
		return jsontree.Object("ColumnName", t.Column, "NewColumnType", main, "SubType", sub, "Format", t.Format)
	}))
}

var castTypes = []Type{String, Integer, Decimal, Float, DateTime}

func (t NewType) checkFormat(faults *check.Faults, field string, from Type) {
	if t.To != DateTime {
		faults.Want(t.Format == "", field, t.Format, "nothing, for the new type is no date")
		return
	}
	faults.Want(t.Format != "" || from != String, field, t.Format, `how the text is to be read, e.g. "yyyy-MM-dd"`)
	wrong := strings.IndexFunc(t.Format, func(r rune) bool {
		return (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') && !strings.ContainsRune(dateLetters, r) && r != 'T'
	})
	faults.Want(wrong < 0 && len(t.Format) <= 32, field, t.Format, "at most 32 characters, letters of "+dateLetters+" only (y is the year, M the month, d the day)")
}

func (f Calculate) do(c *chain, field string) {
	c.faults.Want(len(f) > 0 && len(f) <= 256, field, len(f), "1 to 256 formulas")
	for i, formula := range f {
		at := fmt.Sprintf("%s[%d]", field, i)
		c.fresh(at+".Name", formula.Name)
		c.faults.Want(slices.Contains(Types, formula.Type), at+".Type", string(formula.Type), check.OneOf(Types))
		c.columns = append(c.columns, Column{formula.Name, formula.Type})
	}
	for i, formula := range f {
		at := fmt.Sprintf("%s[%d].Expression", field, i)
		c.expression(at, formula.Expression, 250_000)
		names, _ := References(formula.Expression)
		c.faults.Want(!slices.Contains(names, formula.Name), at, formula.Name, "no reference to itself")
	}
	c.next("CreateColumnsStep", "Columns", jsontree.List(f, func(i int, formula Formula) any {
		return map[string]any{
			"ColumnName": formula.Name, "ColumnId": c.all.id(fmt.Sprintf("column/%s-%d-%d", c.table, c.count, i)), "Expression": formula.Expression,
		}
	}))
}

func (a Aggregate) do(c *chain, field string) {
	c.faults.Want(len(a.Values) > 0, field+".Values", 0, "at least one total")
	var left []Column
	for i, name := range a.By {
		if column, ok := c.want(fmt.Sprintf("%s.By[%d]", field, i), name); ok {
			left = append(left, column)
		}
	}
	var totals []any
	for i, total := range a.Values {
		at := fmt.Sprintf("%s.Values[%d]", field, i)
		c.faults.Want(slices.Contains(figures, total.Figure), at+".Figure", string(total.Figure), check.OneOf(figures))
		_, twice := Find(left, total.Name)
		c.faults.Want(total.Name != "" && !twice, at+".Name", total.Name, "a name that no other column of the result has")
		left = append(left, Column{total.Name, total.kind(c, at)})
		totals = append(totals, map[string]any{
			"NewColumnName": total.Name, "NewColumnId": c.all.id(fmt.Sprintf("column/%s-%d-%d", c.table, c.count, i)),
			"AggregationFunction": map[string]any{"SimpleAggregation": jsontree.Object("FunctionType", string(total.Figure), "InputColumnName", total.Of)},
		})
	}
	c.write("AggregateStep", jsontree.Object("Alias", fmt.Sprintf("%s-%d", c.table, c.count), "Source", c.source(), "GroupByColumnNames", jsontree.Plain(a.By), "Aggregations", totals))
	c.columns = left
}

// kind is the type of the total's values.
func (t Total) kind(c *chain, field string) Type {
	if t.Figure == Count && t.Of == "" {
		return Integer
	}
	of, ok := c.want(field+".Of", t.Of)
	switch t.Figure {
	case Count, DistinctCount:
		return Integer
	case Sum, Average:
		c.faults.Want(!ok || of.Type.Number(), field+".Of", t.Of, "a column of numbers")
	}
	return of.Type
}

func (p Project) do(c *chain, field string) {
	c.faults.Want(len(p) > 0, field, 0, "at least one column")
	var kept []Column
	for i, name := range p {
		at := fmt.Sprintf("%s[%d]", field, i)
		_, twice := Find(kept, name)
		c.faults.Want(!twice, at, name, "a column that is not named twice")
		column, ok := c.want(at, name)
		if ok && !twice {
			kept = append(kept, column)
		}
		c.lost = c.lost || !ok
	}
	c.next("ProjectStep", "ProjectedColumns", jsontree.List(p, func(_ int, name string) any { return name }))
	c.columns = kept
}
