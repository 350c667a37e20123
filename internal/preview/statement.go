package preview

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/check"
)

// A statement is SQL that does the steps of a data set, one common table expression a step.
type statement struct {
	all   map[string]dataset.Definition
	parts []string
}

// selectOf is a statement that gives the columns of a data set.
func selectOf(id string, columns []dataset.Column, all map[string]dataset.Definition) (string, error) {
	s := &statement{all: all}
	last, err := s.dataset(id, nil)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("WITH %s\nSELECT %s FROM %s", strings.Join(s.parts, ",\n"), names(dataset.Names(columns)), last), nil
}

func names(columns []string) string {
	list := make([]string, len(columns))
	for i, column := range columns {
		list[i] = name(column)
	}
	return strings.Join(list, ", ")
}

// add makes a part and returns its name.
func (s *statement) add(format string, args ...any) string {
	made := fmt.Sprintf("step%d", len(s.parts))
	s.parts = append(s.parts, fmt.Sprintf("%s AS (%s)", made, fmt.Sprintf(format, args...)))
	return made
}

// dataset adds a data set; inside are those that it is part of.
func (s *statement) dataset(id string, inside []string) (string, error) {
	d, known := s.all[id]
	if !known || len(d.Tables) == 0 {
		return "", fmt.Errorf("the data set %q is in no template; give its rows with --data", id)
	}
	if slices.Contains(inside, id) {
		return "", fmt.Errorf("the data set %q is made of itself", id)
	}
	last, _, err := s.table(d, d.Tables[0], d.Steps, append(inside, id))
	if err != nil {
		return "", fmt.Errorf("the data set %q: %w", id, err)
	}
	return last, nil
}

func (s *statement) table(d dataset.Definition, table dataset.Table, steps []dataset.Step, inside []string) (string, []string, error) {
	columns := dataset.Names(table.Columns)
	last := ""
	switch from := table.From.(type) {
	case dataset.Relation:
		place := name(from.Table)
		if from.Schema != "" {
			place = name(from.Schema) + "." + place
		}
		last = s.add("SELECT %s FROM %s", names(columns), place)
	case dataset.SQL:
		last = s.add("SELECT %s FROM (%s) AS given", names(columns), strings.TrimSuffix(strings.TrimSpace(from.Query), ";"))
	case dataset.Parent:
		parent, err := s.dataset(from.Dataset, inside)
		if err != nil {
			return "", nil, err
		}
		last = s.add("SELECT %s FROM %s", names(columns), parent)
	default:
		return "", nil, fmt.Errorf("table %s has its rows in files that a manifest lists; give the data set's rows with --data", table.Name)
	}
	for _, step := range steps {
		var err error
		if last, columns, err = s.step(d, last, columns, step, inside); err != nil {
			return "", nil, err
		}
	}
	return last, columns, nil
}

// step adds a step, and returns its name and the columns after it.
func (s *statement) step(d dataset.Definition, last string, columns []string, step dataset.Step, inside []string) (string, []string, error) {
	switch step := step.(type) {
	case dataset.Join:
		return s.join(d, last, columns, step, inside)
	case dataset.Rename:
		return s.rename(last, columns, step)
	case dataset.Project:
		return s.add("SELECT %s FROM %s", names(step), last), step, nil
	case dataset.Cast:
		return s.cast(last, columns, step)
	case dataset.Calculate:
		return s.calculate(last, columns, step)
	case dataset.Filter:
		return s.filter(last, columns, step)
	case dataset.Aggregate:
		return s.aggregate(last, step)
	}
	return "", nil, fmt.Errorf("a step of type %T is not in the preview", step)
}

var joins = map[dataset.JoinType]string{dataset.Inner: "INNER", dataset.Left: "LEFT", dataset.Right: "RIGHT", dataset.Outer: "FULL OUTER"}

func (s *statement) join(d dataset.Definition, last string, columns []string, j dataset.Join, inside []string) (string, []string, error) {
	i := slices.IndexFunc(d.Tables, func(t dataset.Table) bool { return t.Name == j.Table })
	if i < 0 {
		return "", nil, fmt.Errorf("there is no table %s to join", j.Table)
	}
	other, more, err := s.table(d, d.Tables[i], d.Tables[i].Steps, inside)
	if err != nil {
		return "", nil, err
	}
	var on, list []string
	for _, pair := range j.On {
		on = append(on, fmt.Sprintf("l.%s = r.%s", name(pair.Left), name(pair.Right)))
	}
	for _, column := range columns {
		list = append(list, "l."+name(column))
	}
	for _, column := range more {
		list = append(list, "r."+name(column))
	}
	kind := joins[cmp.Or(j.Type, dataset.Inner)]
	return s.add("SELECT %s FROM %s AS l %s JOIN %s AS r ON %s", strings.Join(list, ", "), last, kind, other, strings.Join(on, " AND ")), slices.Concat(columns, more), nil
}

func (s *statement) rename(last string, columns []string, step dataset.Rename) (string, []string, error) {
	after := slices.Clone(columns)
	for _, r := range step {
		if i := slices.Index(after, r.Column); i >= 0 {
			after[i] = r.To
		}
	}
	list := make([]string, len(columns))
	for i, column := range columns {
		list[i] = name(column) + " AS " + name(after[i])
	}
	return s.add("SELECT %s FROM %s", strings.Join(list, ", "), last), after, nil
}

var sqlTypes = map[dataset.Type]string{dataset.String: "varchar", dataset.Integer: "bigint", dataset.Decimal: "double", dataset.Float: "double", dataset.DateTime: "timestamp"}

func (s *statement) cast(last string, columns []string, step dataset.Cast) (string, []string, error) {
	list := make([]string, len(columns))
	for i, column := range columns {
		list[i] = name(column)
		for _, c := range step {
			if c.Column == column {
				list[i] = casted(column, c) + " AS " + name(column)
			}
		}
	}
	return s.add("SELECT %s FROM %s", strings.Join(list, ", "), last), columns, nil
}

// casted skips what cannot be read, as the service does by default.
func casted(column string, c dataset.NewType) string {
	if c.Format == "" || c.Format == "yyyy-MM-dd" {
		return fmt.Sprintf("TRY_CAST(%s AS %s)", name(column), sqlTypes[c.To])
	}
	return fmt.Sprintf("date_parse(%s, %s)", name(column), quoted(mysqlFormat(c.Format)))
}

var dateLetters = regexp.MustCompile(`yyyy|yy|MMM|MM|M|dd|d|HH|H|hh|h|mm|m|ss|s|SSS|a`)

// mysqlFormat is a format of Java in the letters that date_parse takes.
func mysqlFormat(format string) string {
	letters := map[string]string{"yyyy": "%Y", "yy": "%y", "MMM": "%b", "MM": "%m", "M": "%c", "dd": "%d", "d": "%e", "HH": "%H", "H": "%k", "hh": "%h", "h": "%l", "mm": "%i", "m": "%i", "ss": "%s", "s": "%s", "SSS": "%f", "a": "%p"}
	return dateLetters.ReplaceAllStringFunc(strings.ReplaceAll(format, "'", ""), func(l string) string { return letters[l] })
}

// calculate adds formulas one after the other, for the later may use the earlier.
func (s *statement) calculate(last string, columns []string, step dataset.Calculate) (string, []string, error) {
	for _, formula := range step {
		text, err := sqlOf(formula.Expression)
		if err != nil {
			return "", nil, err
		}
		last = s.add("SELECT *, %s AS %s FROM %s", text, name(formula.Name), last)
		columns = append(slices.Clone(columns), formula.Name)
	}
	return last, columns, nil
}

func sqlOf(expression string) (string, error) {
	tree, err := parse(expression)
	if err != nil {
		return "", err
	}
	return tree.sql()
}

func (s *statement) filter(last string, columns []string, step dataset.Filter) (string, []string, error) {
	var conditions []string
	for _, c := range step {
		text, err := condition(c)
		if err != nil {
			return "", nil, err
		}
		conditions = append(conditions, text)
	}
	return s.add("SELECT * FROM %s WHERE %s", last, strings.Join(conditions, " AND ")), columns, nil
}

func condition(c dataset.Condition) (string, error) {
	if c.Expression != "" {
		return sqlOf(c.Expression)
	}
	var parts []string
	in := func(operator string, values []string) {
		if len(values) == 0 {
			return
		}
		list := make([]string, len(values))
		for i, v := range values {
			list[i] = quoted(v)
		}
		parts = append(parts, fmt.Sprintf("%s %s (%s)", name(c.Column), operator, strings.Join(list, ", ")))
	}
	in("IN", c.In)
	in("NOT IN", c.NotIn)
	bound := func(operator string, given bool, text func() string) {
		if given {
			parts = append(parts, fmt.Sprintf("%s %s %s", name(c.Column), operator, text()))
		}
	}
	const moment = "TIMESTAMP '2006-01-02 15:04:05'"
	bound(">=", c.Least != nil, func() string { return fmt.Sprint(*c.Least) })
	bound("<=", c.Most != nil, func() string { return fmt.Sprint(*c.Most) })
	bound(">=", !c.From.IsZero(), func() string { return c.From.UTC().Format(moment) })
	bound("<", !c.Until.IsZero(), func() string { return c.Until.UTC().Format(moment) })
	return strings.Join(parts, " AND "), nil
}

var totals = map[dataset.Figure]string{dataset.Count: "count(%s)", dataset.DistinctCount: "count(DISTINCT %s)", dataset.Sum: "sum(%s)", dataset.Average: "avg(%s)", dataset.Max: "max(%s)", dataset.Min: "min(%s)"}

func (s *statement) aggregate(last string, step dataset.Aggregate) (string, []string, error) {
	columns, list := slices.Clone(step.By), []string{}
	for _, column := range step.By {
		list = append(list, name(column))
	}
	for _, total := range step.Values {
		format, known := totals[total.Figure]
		if !known {
			return "", nil, fmt.Errorf("the figure %q; want %s", total.Figure, check.OneOf([]dataset.Figure{dataset.Count, dataset.DistinctCount, dataset.Sum, dataset.Average, dataset.Max, dataset.Min}))
		}
		of := "*"
		if total.Of != "" {
			of = name(total.Of)
		}
		list = append(list, fmt.Sprintf(format, of)+" AS "+name(total.Name))
		columns = append(columns, total.Name)
	}
	text := fmt.Sprintf("SELECT %s FROM %s", strings.Join(list, ", "), last)
	if len(step.By) > 0 {
		text += " GROUP BY " + names(step.By)
	}
	return s.add("%s", text), columns, nil
}
