package question

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/constructs/quicksight/topic"
	"github.com/lakekeel/lakekeel/internal/check"
)

// A statement is the SQL in the making.
type statement struct {
	subject
	ask Ask

	groups  []item
	figures []item
	where   []string
}

// An item is an expression of the SELECT and its name.
type item struct{ sql, name string }

func statementOf(s subject, ask Ask) (string, error) {
	w := &statement{subject: s, ask: ask}
	for _, gather := range []func() error{w.group, w.show, w.compare, w.filter} {
		if err := gather(); err != nil {
			return "", err
		}
	}
	return w.text()
}

// group gathers what rows are grouped by.
func (w *statement) group() error {
	add := func(f field, err error) error {
		if err == nil {
			w.groups = append(w.groups, item{f.SQL, f.Name})
		}
		return err
	}
	var errs []error
	if w.ask.Each != "" {
		errs = append(errs, w.period()) // the first: changes are from one to the next
	}
	if w.ask.Who {
		errs = append(errs, add(w.meaning("who", topic.Person, topic.Organization)))
	}
	if w.ask.Where {
		errs = append(errs, add(w.meaning("where", topic.Location)))
	}
	if w.ask.When {
		errs = append(errs, add(w.date()))
	}
	for _, word := range w.ask.By {
		fields, is, err := w.entity(word)
		errs = append(errs, err)
		for _, f := range fields {
			add(f, nil)
		}
		if !is {
			errs = append(errs, add(w.find(word)))
		}
	}
	return errors.Join(errs...)
}

// granularities are from the longest time to the shortest.
var granularities = []topic.Granularity{topic.Year, topic.Quarter, topic.Month, topic.Week, topic.Day, topic.Hour, topic.Minute, topic.Second}

func (w *statement) period() error {
	f, err := w.date()
	if err != nil {
		return err
	}
	if !slices.Contains(granularities, w.ask.Each) {
		return fmt.Errorf("each is %q; want %s", w.ask.Each, check.OneOf(granularities))
	}
	if by := f.By; by != "" && slices.Index(granularities, w.ask.Each) > slices.Index(granularities, by) {
		return fmt.Errorf("field %q stands for a %s, so nothing can be said by %s", f.Name, by, w.ask.Each)
	}
	w.groups = append(w.groups, item{fmt.Sprintf("date_trunc('%s', %s)", strings.ToLower(string(w.ask.Each)), f.SQL), f.Name})
	return nil
}

// show gathers what is summed up.
func (w *statement) show() error {
	for _, figure := range w.ask.Show {
		f, err := w.find(figure.Field)
		if err != nil {
			return err
		}
		sql, err := f.sum(figure.As)
		if err != nil {
			return err
		}
		w.figures = append(w.figures, item{sql, f.Name})
	}
	return nil
}

// compare adds figures made of figures.
func (w *statement) compare() error {
	for _, f := range slices.Clone(w.figures) {
		if w.ask.Share {
			w.figures = append(w.figures, item{fmt.Sprintf("100.0 * %s / sum(%s) OVER ()", f.sql, f.sql), "Percent of " + f.name})
		}
		if w.ask.Change {
			if w.ask.Each == "" {
				return errors.New("a change wants a period: each")
			}
			w.figures = append(w.figures, item{fmt.Sprintf("%s - lag(%s) OVER (ORDER BY %s)", f.sql, f.sql, w.groups[0].sql), "Change of " + f.name})
		}
	}
	return nil
}

// filter gathers the question's conditions, and the topic's filters that hold.
func (w *statement) filter() error {
	asked := map[string]bool{} // columns that the question has a condition of
	one := func(c Condition) (string, error) {
		f, err := w.find(c.Field)
		if err == nil {
			err = c.check(f)
		}
		asked[f.Column] = true
		return c.sql(f), err
	}
	for _, c := range w.ask.If {
		text, err := one(c)
		if err != nil {
			return err
		}
		w.where = append(w.where, text)
	}
	var either []string
	for _, c := range w.ask.Or {
		text, err := one(c)
		if err != nil {
			return err
		}
		either = append(either, text)
	}
	if len(either) > 0 {
		w.where = append(w.where, "("+strings.Join(either, " OR ")+")")
	}
	return w.topicFilters(asked)
}

func (w *statement) topicFilters(asked map[string]bool) error {
	left := slices.Clone(w.ask.Filters)
	for _, f := range w.Filters {
		i := slices.Index(left, f.Name)
		holds := i >= 0 || f.Apply == topic.Always || f.Apply == topic.Unless && !asked[f.Column]
		if i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
		if !holds {
			continue
		}
		column, err := w.column(f.Column)
		if err != nil {
			return fmt.Errorf("filter %q: %w", f.Name, err)
		}
		c := Condition{Is: f.In, Not: f.NotIn, Least: f.Least, Most: f.Most, From: f.From, Until: f.Until, Last: f.Last, Unit: f.Unit}
		w.where = append(w.where, c.sql(column))
	}
	if len(left) > 0 {
		return fmt.Errorf("%s has no filter %q", w.Name, left[0])
	}
	return nil
}

// check says whether a field can be compared so.
func (c Condition) check(f field) error {
	text, numbers, dates := len(c.Is)+len(c.Not) > 0, c.Least != nil || c.Most != nil, c.From != "" || c.Until != "" || c.Last > 0
	switch {
	case !text && !numbers && !dates:
		return fmt.Errorf("field %q is compared with nothing", f.Name)
	case text && f.Type != dataset.String, numbers && !f.Type.Number(), dates && f.Type != dataset.DateTime:
		return fmt.Errorf("field %q holds values of type %s, which cannot be compared so", f.Name, f.Type)
	case c.Last > 0 && !slices.Contains(granularities, c.Unit):
		return fmt.Errorf("field %q: unit is %q; want %s", f.Name, c.Unit, check.OneOf(granularities))
	}
	return nil
}

// sql is the comparison with a field.
func (c Condition) sql(f field) string {
	var parts []string
	in := func(operator string, words []string) {
		var values []string
		for _, word := range words {
			values = append(values, literal(f.value(word)))
		}
		if len(values) > 0 {
			parts = append(parts, fmt.Sprintf("%s %s (%s)", f.SQL, operator, strings.Join(values, ", ")))
		}
	}
	in("IN", c.Is)
	in("NOT IN", c.Not)
	bound := func(operator, value string) { parts = append(parts, fmt.Sprintf("%s %s %s", f.SQL, operator, value)) }
	if c.Least != nil {
		bound(">=", number(*c.Least))
	}
	if c.Most != nil {
		bound("<=", number(*c.Most))
	}
	if c.From != "" {
		bound(">=", "DATE "+literal(c.From))
	}
	if until, err := time.Parse(time.DateOnly, c.Until); err == nil {
		bound("<", "DATE "+literal(until.AddDate(0, 0, 1).Format(time.DateOnly)))
	}
	if c.Last > 0 {
		unit := literal(strings.ToLower(string(c.Unit)))
		bound(">=", fmt.Sprintf("date_add(%s, %d, date_trunc(%s, current_date))", unit, 1-c.Last, unit))
	}
	return strings.Join(parts, " AND ")
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (w *statement) text() (string, error) {
	order, err := w.order()
	if err != nil {
		return "", err
	}
	selected := "SELECT "
	if len(w.figures) == 0 {
		selected = "SELECT DISTINCT "
	}
	var columns, groups []string
	for i, it := range slices.Concat(w.groups, w.figures) {
		columns = append(columns, it.sql+" AS "+quoted(it.name))
		if i < len(w.groups) {
			groups = append(groups, it.sql)
		}
	}
	if len(columns) == 0 {
		return "", errors.New("nothing is asked: want something to show, or to group by")
	}
	lines := []string{selected + strings.Join(columns, ", "), "FROM " + quoted(w.Name)}
	add := func(word string, parts []string, between string) {
		if len(parts) > 0 {
			lines = append(lines, word+" "+strings.Join(parts, between))
		}
	}
	add("WHERE", w.where, " AND ")
	if len(w.figures) > 0 {
		add("GROUP BY", groups, ", ")
	}
	if w.ask.Above != nil && len(w.figures) > 0 {
		add("HAVING", []string{w.figures[0].sql + " > " + number(*w.ask.Above)}, "")
	}
	add("ORDER BY", order, ", ")
	if w.ask.Top > 0 {
		lines = append(lines, fmt.Sprintf("LIMIT %d", w.ask.Top))
	}
	return strings.Join(lines, "\n"), nil
}

// order is by what is asked, then by what rows are grouped by, so that an answer has one order only.
func (w *statement) order() ([]string, error) {
	var parts []string
	if w.ask.Sort != "" {
		f, err := w.find(w.ask.Sort)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(slices.Concat(w.groups, w.figures), func(it item) bool { return it.name == f.Name }) {
			return nil, fmt.Errorf("field %q is not in the answer, which cannot be sorted by it", f.Name)
		}
		direction := ""
		if w.ask.Descending {
			direction = " DESC"
		}
		parts = append(parts, quoted(f.Name)+direction)
	}
	for _, it := range w.groups {
		name := quoted(it.name)
		if len(parts) == 0 || !strings.HasPrefix(parts[0]+" ", name+" ") {
			parts = append(parts, name)
		}
	}
	return parts, nil
}
