// Package question says which SQL a question comes to that is asked in a topic's words: which column a name or synonym
// means, which value a value's synonym, how a field is summed up, which filters hold without being named.
//
// It reads no plain words, as QuickSight's Q does: a question stands beside what is asked. So a table of questions shows
// what a topic's metadata must make possible, and a field that is renamed, excluded or no longer summed up breaks it.
package question

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/lakekeel/lakekeel/constructs/quicksight/topic"
	"github.com/lakekeel/lakekeel/internal/check"
)

// Question is one row of a table of questions.
type Question struct {
	Kind string // one of [Kinds]
	Text string `yaml:"question"`
	Ask  Ask
	SQL  string // over the topic's datasets as tables, by their names in double quotes
}

// Kinds are what Q answers: https://docs.aws.amazon.com/quicksight/latest/user/quicksight-q-ask.html#quicksight-q-ask-types.
var Kinds = []string{
	"group by", "filter", "date group", "several metrics", "period over period", "relative date", "time range", "top/bottom", "sort",
	"aggregate filter", "list", "OR filter", "percent of total", "where", "when", "who", "exclude",
}

// Ask is what a question is about. Fields stand by their names or synonyms, whatever their case.
type Ask struct {
	Of string // name of the dataset

	Show []Figure // what is summed up; if there is none, what By and the like give is listed, each once
	By   []string // fields that rows are grouped by, or the name of an entity

	Who, Where, When bool // group by the person, the place, the dataset's date

	Each   topic.Granularity // group by the dataset's date, cut to this
	Change bool              // add how the figures changed since the one before; wants Each
	Share  bool              // add what percentage of the total each figure is

	If      []Condition // that all hold
	Or      []Condition // of which one must hold
	Filters []string    // of the topic, by their names

	Above      *float64 // the first figure must be more than this
	Sort       string   // a field in the answer; if empty, all that rows are grouped by, from the left
	Descending bool
	Top        int // how many rows; if zero, all
}

// Figure is a field that is summed up.
type Figure struct {
	Field string
	As    topic.Aggregate // if empty, the field's default
}

// Condition is what a field is compared with: one of text, numbers or dates.
type Condition struct {
	Field       string
	Is, Not     []string
	Least, Most *float64
	From, Until string // dates, as "2006-01-02", both included
	Last        int    // so many of Unit, the current one among them
	Unit        topic.Granularity
}

// Read reads a table of questions in YAML; an unknown key is an error.
func Read(text []byte) ([]Question, error) {
	var questions []Question
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.DisallowUnknownField()).Decode(&questions); err != nil {
		return nil, err
	}
	for _, q := range questions {
		if !slices.Contains(Kinds, q.Kind) {
			return nil, fmt.Errorf("question %q: kind is %q; want %s", q.Text, q.Kind, check.Suggest("one that Q answers", q.Kind, Kinds))
		}
	}
	return questions, nil
}

// Answer is the SQL that the topic makes of a question, or an error that names the question and the field in its way.
func Answer(t topic.Definition, q Question) (string, error) {
	text, err := answer(t, q.Ask)
	if err != nil {
		return "", fmt.Errorf("question %q: %w", q.Text, err)
	}
	return text, nil
}

func answer(t topic.Definition, ask Ask) (string, error) {
	var names []string
	for _, s := range t.Datasets {
		if s.Name == ask.Of {
			return statementOf(subject{s}, ask)
		}
		names = append(names, s.Name)
	}
	return "", fmt.Errorf("the topic has no dataset %q; want %s", ask.Of, check.Suggest("one of its datasets", ask.Of, names))
}
