package question

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/constructs/quicksight/topic"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/preview"
)

// A subject is a dataset of a topic, whose fields are found by what people call them.
type subject struct{ topic.Dataset }

// A field is a column or calculated field, and what is said of it.
type field struct {
	topic.Field
	Type dataset.Type
	SQL  string
}

func (s subject) fields() ([]field, error) {
	var list []field
	for _, c := range s.Columns {
		said := topic.Field{Column: c.Name}
		if i := slices.IndexFunc(s.Fields, func(f topic.Field) bool { return f.Column == c.Name }); i >= 0 {
			said = s.Fields[i]
		}
		list = append(list, named(said, c.Type, quoted(c.Name)))
	}
	for _, c := range s.Calculated {
		sql, err := preview.SQL(c.Expression)
		if err != nil {
			return nil, err
		}
		list = append(list, named(c.Field, c.Type, sql))
	}
	return list, nil
}

func named(f topic.Field, t dataset.Type, sql string) field {
	f.Name = cmp.Or(f.Name, f.Column)
	return field{f, t, sql}
}

// find is the field that people call so.
func (s subject) find(word string) (field, error) {
	fields, err := s.fields()
	if err != nil {
		return field{}, err
	}
	var words []string
	for _, f := range fields {
		called := append([]string{f.Name}, f.Synonyms...)
		is := slices.ContainsFunc(called, func(name string) bool { return strings.EqualFold(name, word) })
		switch {
		case is && !f.Excluded:
			return f, nil
		case is || f.Excluded && strings.EqualFold(f.Column, word):
			return field{}, fmt.Errorf("field %q is excluded from %s", word, s.Name)
		case !f.Excluded:
			for _, name := range called {
				words = append(words, strings.ToLower(name))
			}
		}
	}
	return field{}, fmt.Errorf("field %q is not in %s; want %s", word, s.Name, check.Suggest("a name or synonym of one", strings.ToLower(word), words))
}

// column is the field of a column.
func (s subject) column(name string) (field, error) {
	fields, err := s.fields()
	if err != nil {
		return field{}, err
	}
	i := slices.IndexFunc(fields, func(f field) bool { return f.Column == name })
	if i < 0 || fields[i].Excluded {
		return field{}, fmt.Errorf("field %q is excluded from %s, or not in it", name, s.Name)
	}
	return fields[i], nil
}

// meaning is the first field of one of the kinds.
func (s subject) meaning(word string, kinds ...topic.Semantic) (field, error) {
	fields, err := s.fields()
	if err != nil {
		return field{}, err
	}
	for _, f := range fields {
		if slices.Contains(kinds, f.Semantic) && !f.Excluded {
			return f, nil
		}
	}
	return field{}, fmt.Errorf("no field of %s says %s; one must have the semantic type %s", s.Name, word, check.OneOf(kinds))
}

// date is the field that "when" means.
func (s subject) date() (field, error) {
	if s.Date == "" {
		return field{}, fmt.Errorf("%s has no date that says when", s.Name)
	}
	return s.column(s.Date)
}

// entity are the fields of an entity, if one is called so.
func (s subject) entity(word string) ([]field, bool, error) {
	for _, e := range s.Entities {
		if !slices.ContainsFunc(append([]string{e.Name}, e.Synonyms...), func(name string) bool { return strings.EqualFold(name, word) }) {
			continue
		}
		var list []field
		for _, part := range e.Fields {
			f, err := s.column(part.Column)
			if err != nil {
				return nil, true, fmt.Errorf("entity %q: %w", e.Name, err)
			}
			list = append(list, f)
		}
		return list, true, nil
	}
	return nil, false, nil
}

var functions = map[topic.Aggregate]string{
	topic.Sum: "sum(%s)", topic.Average: "avg(%s)", topic.Min: "min(%s)", topic.Max: "max(%s)", topic.Count: "count(%s)",
	topic.DistinctCount: "count(DISTINCT %s)", topic.Median: "approx_percentile(%s, 0.5)", topic.Stdev: "stddev_samp(%s)",
	topic.StdevP: "stddev_pop(%s)", topic.Var: "var_samp(%s)", topic.VarP: "var_pop(%s)",
}

// sum is the SQL of a field that is summed up.
func (f field) sum(as topic.Aggregate) (string, error) {
	a := cmp.Or(as, f.Default)
	role := cmp.Or(f.Role, map[bool]topic.Role{true: topic.Measure, false: topic.Dimension}[f.Type.Number()])
	counts := a == topic.Count || a == topic.DistinctCount
	switch {
	case a == "":
		return "", fmt.Errorf("field %q: neither the question nor the topic says how it is summed up", f.Name)
	case role != topic.Measure && !counts:
		return "", fmt.Errorf("field %q is a dimension, which can be counted but has no %s", f.Name, a)
	case slices.Contains(f.Never, a), len(f.Only) > 0 && !slices.Contains(f.Only, a):
		return "", fmt.Errorf("field %q must not be summed up by %s", f.Name, a)
	case functions[a] == "":
		return "", fmt.Errorf("field %q: %s is no aggregate of a question", f.Name, a)
	}
	return fmt.Sprintf(functions[a], f.SQL), nil
}

// value is the cell's value that people call so.
func (f field) value(word string) string {
	for _, v := range f.Values {
		if slices.ContainsFunc(v.Synonyms, func(name string) bool { return strings.EqualFold(name, word) }) {
			return v.Value
		}
	}
	return word
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
