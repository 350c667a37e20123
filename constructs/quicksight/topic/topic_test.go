package topic

import (
	"errors"
	"reflect"
	"testing"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

func testARN(resource string) string {
	return "arn:aws:quicksight:eu-west-1:111111111111:" + resource
}

// sound is a topic in which everything is said.
func sound() Definition {
	old := 16.0
	return Definition{
		ID: "olympics", Name: "Olympics", Description: "Who won what", Instructions: "Years are those of the games.",
		Datasets: []Dataset{{
			ID: "details", Name: "Details",
			Columns: []dataset.Column{{Name: "player", Type: dataset.String}, {Name: "sex", Type: dataset.String}, {Name: "age", Type: dataset.Integer}, {Name: "events", Type: dataset.Integer},
				{Name: "country", Type: dataset.String}, {Name: "born", Type: dataset.DateTime}, {Name: "season", Type: dataset.String}, {Name: "code", Type: dataset.String}},
			Date: "born", By: Day,
			Fields: []Field{
				{Column: "player", Name: "Player Name", Synonyms: []string{"player", "sportsman"}, Semantic: Person},
				{Column: "sex", Values: []Value{{"F", []string{"Female"}}, {"M", []string{"Male"}}}},
				{Column: "age", Role: Dimension, Description: "in years"}, {Column: "events", Name: "Total Events", Default: Sum, Never: []Aggregate{Average}, NonAdditive: true},
				{Column: "born", Name: "Athlete Birth Date", By: Day}, {Column: "code", Excluded: true}, {Column: "country", Semantic: Location, NoIndex: true},
			},
			Calculated: []Calculated{{Field: Field{Column: "Age Groups", Synonyms: []string{"age band"}}, Type: dataset.String, Expression: "ifelse({age} <= 20, '0-20', 'older')"}},
			Filters: []Filter{
				{Name: "Summer", Column: "season", Apply: Unless, In: []string{"Summer"}}, {Name: "Adults", Column: "age", Least: &old},
				{Name: "Not Winter", Column: "season", Apply: Always, NotIn: []string{"Winter"}}, {Name: "Nineties", Column: "born", From: "1990-01-01", Until: "1999-12-31"}, {Name: "Young", Column: "born", Last: 20, Unit: Year},
			},
			Entities: []Entity{{Name: "Player Profile", Synonyms: []string{"profile"}, Fields: []Part{{Column: "player", Primary: true}, {Column: "Age Groups"}, {Column: "country", Name: "Home"}}}},
			Refresh:  Refresh{Every: Weekly, On: "MONDAY", At: "03:00", Zone: "Europe/Berlin"},
		}},
	}
}

func TestReadIsTheInverseOfJSON(t *testing.T) {
	want := sound()
	if err := want.Validate(); err != nil {
		t.Fatal(err)
	}
	got, err := Read(want.JSON(testARN), map[string][]dataset.Column{"details": want.Datasets[0].Columns})
	if err != nil {
		t.Fatal(err)
	}
	got.Datasets[0].Refresh = want.Datasets[0].Refresh // a schedule is a call of its own
	if diff := jsontree.Diff(plain(want.JSON(testARN)), plain(got.JSON(testARN))); diff != nil {
		t.Errorf("differs by %v", diff)
	}
	if got.More != nil || got.Datasets[0].More != nil || !reflect.DeepEqual(got.Datasets[0].Entities, want.Datasets[0].Entities) || len(got.Datasets[0].Fields) != 7 {
		t.Errorf("read %+v", got)
	}
}

// What the types do not hold comes back.
func TestReadKeepsWhatIsNotOurs(t *testing.T) {
	given := plain(map[string]any{"TopicId": "t", "Name": "T", "ConfigOptions": map[string]any{"QBusinessInsightsEnabled": true}, "DataSets": []any{map[string]any{
		"DatasetArn": testARN("dataset/d"), "Columns": []any{
			map[string]any{"ColumnName": "a", "ColumnDataRole": "MEASURE", "DefaultFormatting": map[string]any{"DisplayFormat": "PERCENT"}}, map[string]any{"ColumnName": "b", "SemanticType": map[string]any{"TypeName": "Boolean", "TruthyCellValue": "Y"}},
		},
		"Filters": []any{map[string]any{"FilterName": "f", "OperandFieldName": "a", "FilterType": "NUMERIC_EQUALITY_FILTER", "NumericEqualityFilter": map[string]any{"Constant": map[string]any{"ConstantType": "SINGULAR", "SingularConstant": "3"}}}},
	}}})
	d, err := Read(given, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := jsontree.Diff(given, plain(d.JSON(testARN))); diff != nil {
		t.Errorf("differs by %v", diff)
	}
}

func TestRefresh(t *testing.T) {
	for want, r := range map[string]Refresh{"": {}, "03:00": {Every: Daily, At: "03:00"}, "MONDAY 03:00": {Every: Weekly, On: "MONDAY", At: "03:00"}} {
		got := jsontree.Of(plain(r.JSON()))
		if got.At("RepeatAt").Text() != want || got.At("BasedOnSpiceSchedule").True() != (want == "") {
			t.Errorf("%+v is %v", r, got.Object())
		}
	}
}

func TestValidateRefuses(t *testing.T) {
	tests := map[string]struct {
		plant func(*Dataset)
		want  string
	}{
		"a field of no column":         {func(s *Dataset) { s.Fields[0].Column = "playr" }, `Fields[0].Column is "playr"; want a column of the dataset; nearest is "player"`},
		"a column twice":               {func(s *Dataset) { s.Fields[1] = Field{Column: "player", Name: "Other"} }, `Fields[1].Column is "player"; want a column that nothing is said of yet`},
		"a synonym of two":             {func(s *Dataset) { s.Fields[1].Synonyms = []string{"Sportsman"} }, `Fields[1].Synonyms[0] is "Sportsman"; want a name that "player" does not go by`},
		"an average that is forbidden": {func(s *Dataset) { s.Fields[3].Default = Average }, `Fields[3].Never is "AVERAGE"; want not what Default is`},
		"a sum of a dimension":         {func(s *Dataset) { s.Fields[2].Default = Sum }, `Fields[2].Default is "SUM"; want nothing, for the field is a dimension`},
		"a person to add up":           {func(s *Dataset) { s.Fields[3].Semantic = Person }, `Fields[3].Semantic is "Person"; want a dimension; a measure is nobody and nowhere`},
		"a role that is none":          {func(s *Dataset) { s.Fields[1].Role = "KEY" }, `Fields[1].Role is "KEY"; want "DIMENSION" or "MEASURE"`},
		"a filter of an excluded":      {func(s *Dataset) { s.Filters[0].Column = "code" }, `Filters[0].Column is "code"; want a field that is not excluded`},
		"a filter of no field":         {func(s *Dataset) { s.Filters[0].Column = "seson" }, `Filters[0].Column is "seson"; want a field of the dataset; nearest is "season"`},
		"a filter of text by numbers":  {func(s *Dataset) { s.Filters[1].Column = "sex" }, `Filters[1].Column is "STRING"; want a column of type DECIMAL`},
		"a filter of nothing":          {func(s *Dataset) { s.Filters[0].In = nil }, `Filters[0] is "Summer"; want one condition: In or NotIn, Least or Most, From or Until, or Last`},
		"a filter when":                {func(s *Dataset) { s.Filters[0].Apply = "OFTEN" }, `Filters[0].Apply is "OFTEN"; want "NAMED_VALUE_FILTER", "CONDITIONAL_VALUE_FILTER" or "ENFORCED_VALUE_FILTER"`},
		"a day that is none":           {func(s *Dataset) { s.Filters[3].From = "1990" }, `Filters[3].From is "1990"; want a date, e.g. "2026-01-31"`},
		"a last without a unit":        {func(s *Dataset) { s.Filters[4].Unit = "" }, `Filters[4].Last is 20; want 1 or more with its Unit, or neither`},
		"an entity of an excluded":     {func(s *Dataset) { s.Entities[0].Fields[2].Column = "code" }, `Entities[0].Fields[2].Column is "code"; want a field that is not excluded`},
		"an entity of two names":       {func(s *Dataset) { s.Entities[0].Fields[1].Primary = true }, `Entities[0].Fields is 2; want at most one that is Primary`},
		"a formula of no column":       {func(s *Dataset) { s.Calculated[0].Expression = "{ages} + 1" }, `Calculated[0].Expression is "ages"; want a column known here; nearest is "age"`},
		"a formula by a taken name":    {func(s *Dataset) { s.Calculated[0].Column = "season"; s.Entities = nil }, `Calculated[0].Column is "season"; want 1 to 256 characters that no column has`},
		"a date that is text":          {func(s *Dataset) { s.Date = "season" }, `Date is "season"; want a column of dates`},
		"a value without a synonym":    {func(s *Dataset) { s.Fields[1].Values[0].Synonyms = nil }, `Fields[1].Values[0] is "F"; want a value and what else it is called`},
		"a refresh too often":          {func(s *Dataset) { s.Refresh = Refresh{Every: "MINUTE15"} }, `Refresh.Every is "MINUTE15"; want "HOURLY", "DAILY", "WEEKLY" or "MONTHLY"` + "\ntopic.Definition.Datasets[0].Refresh.At is \"\"; want a time as \"HH:MM\" from DAILY on, and nothing else"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := sound()
			test.plant(&d.Datasets[0])
			err := d.Validate()
			if want := "topic.Definition.Datasets[0]." + test.want; err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			var fault *check.Fault
			if !errors.As(err, &fault) {
				t.Errorf("%T is no fault", err)
			}
		})
	}
}
