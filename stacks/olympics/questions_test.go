package olympics

import (
	_ "embed"
	"slices"
	"testing"

	"github.com/lakekeel/lakekeel/constructs/quicksight/topic"
	"github.com/lakekeel/lakekeel/internal/question"
)

//go:embed questions.yaml
var questionsText []byte

func allQuestions(t *testing.T) []question.Question {
	t.Helper()
	all, err := question.Read(questionsText)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheTopicMakesTheSQLOfEachQuestion(t *testing.T) {
	for _, q := range allQuestions(t) {
		got, err := question.Answer(subject, q)
		switch {
		case err != nil:
			t.Error(err)
		case got != q.SQL:
			t.Errorf("question %q: the topic makes\n%s\nwant\n%s", q.Text, got, q.SQL)
		}
	}
}

func TestEveryKindOfQuestionIsAsked(t *testing.T) {
	for _, kind := range question.Kinds {
		if !slices.ContainsFunc(allQuestions(t), func(q question.Question) bool { return q.Kind == kind }) {
			t.Errorf("no question is of the kind %s", kind)
		}
	}
}

// changed is the topic with one field of a dataset changed.
func changed(of, column string, change func(*topic.Field)) topic.Definition {
	d := subject
	d.Datasets = slices.Clone(d.Datasets)
	s := &d.Datasets[slices.IndexFunc(d.Datasets, func(s topic.Dataset) bool { return s.Name == of })]
	s.Fields = slices.Clone(s.Fields)
	change(&s.Fields[slices.IndexFunc(s.Fields, func(f topic.Field) bool { return f.Column == column })])
	return d
}

// TestAChangeOfAFieldBreaksTheQuestionsThatUseIt plants what the table of questions is for, and compares what is said of it.
func TestAChangeOfAFieldBreaksTheQuestionsThatUseIt(t *testing.T) {
	tests := map[string]struct {
		of, column string
		change     func(*topic.Field)
		want       string // the first thing that is said; empty where the SQL becomes another
	}{
		"a field is excluded": {
			"Olympics 2021 Details", "gender", func(f *topic.Field) { f.Excluded = true },
			`question "How many medals did women win in swimming?": field "sex" is excluded from Olympics 2021 Details`,
		},
		"a field is renamed": {
			"Medals 2021", "gold", func(f *topic.Field) { f.Name = "Golds" },
			`question "Show gold, silver and bronze by country": field "gold" is not in Medals 2021; want a name or synonym of one; nearest is "golds"`,
		},
		"a synonym is gone": {
			"Olympics 2021 Details", "birth_date", func(f *topic.Field) { f.Synonyms = nil },
			`question "How many medals went to sportsmen who were born in the last 30 years?": field "born" is not in Olympics 2021 Details; want a name or synonym of one`,
		},
		"an aggregate is disallowed": {
			"Women in the Olympic Movement", "womens_participants", func(f *topic.Field) { f.Default, f.Never = "", []topic.Aggregate{topic.Sum} },
			`question "How did the number of women's participants change from games to games?": field "Women's Participants": neither the question nor the topic says how it is summed up`,
		},
		"what the question asks for is disallowed": {
			"Olympics History", "athlete_name", func(f *topic.Field) { f.Never = []topic.Aggregate{topic.DistinctCount} },
			`question "How many players are in each age group?": field "Player Name" must not be summed up by DISTINCT_COUNT`,
		},
		"a measure becomes a dimension": {
			"Medals 2021", "silver", func(f *topic.Field) { f.Role = topic.Dimension },
			`question "Show gold, silver and bronze by country": field "Silver" is a dimension, which can be counted but has no SUM`,
		},
		"nobody is who": {
			"Olympics 2021 Details", "athlete_name", func(f *topic.Field) { f.Excluded = true },
			`question "Who won gold in swimming?": no field of Olympics 2021 Details says who; one must have the semantic type "Person" or "Organization"`,
		},
		"nowhere is where": {
			"Olympics 2021 Details", "country", func(f *topic.Field) { f.Semantic = "" },
			`question "Where do the winners of gold in athletics come from?": no field of Olympics 2021 Details says where; one must have the semantic type "Location"`,
		},
		"a field of an entity is excluded": {
			"Olympics History", "age", func(f *topic.Field) { f.Excluded = true },
			`question "List the player profiles of Norway in 2016": entity "Player Profile": field "age" is excluded from Olympics History, or not in it`,
		},
		"a filter's field is excluded": {
			"Women in the Olympic Movement", "olympics_season", func(f *topic.Field) { f.Excluded = true },
			`question "How did the number of women's participants change from games to games?": filter "Summer": field "olympics_season" is excluded from Women in the Olympic Movement, or not in it`,
		},
		"a value's synonym is gone": {"Olympics 2021 Details", "gender", func(f *topic.Field) { f.Values = nil }, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d, other := changed(test.of, test.column, test.change), false
			for _, q := range allQuestions(t) {
				got, err := question.Answer(d, q)
				other = other || err == nil && got != q.SQL
				if err == nil {
					continue
				}
				if test.want == "" || err.Error() != test.want {
					t.Errorf("got  %v\nwant %s", err, test.want)
				}
				return
			}
			if test.want != "" || !other {
				t.Errorf("no question notices; want %s", test.want)
			}
		})
	}
}
