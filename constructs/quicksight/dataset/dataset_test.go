package dataset

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

func testARN(resource string) string {
	return "arn:aws:quicksight:eu-west-1:111111111111:" + resource
}

// medals is a dataset with every step and every source but one.
func medals() Definition {
	young := 14.0
	return Definition{
		ID: "olympics-details", Name: "Olympics 2021 Details",
		Tables: []Table{
			{Name: "medals", From: Relation{Source: "athena-olympics", Catalog: "AwsDataCatalog", Schema: "olympics", Table: "medals_athletes_2021"}, Columns: []Column{
				{"athlete_name", String}, {"discipline_code", String}, {"country_code", String}, {"medal_date", String}, {"medal_type", String}, {"points", Integer},
			}},
			{Name: "athletes", From: SQL{Source: "athena-olympics", Query: "select * from athletes_full_2021"}, Columns: []Column{
				{"athlete_name", String}, {"discipline_code", String}, {"country_code", String}, {"age", Integer},
			}, Steps: []Step{Rename{{"age", "Age"}}}},
			{Name: "coaches", From: Parent{Dataset: "coaches"}, Columns: []Column{{"country_code", String}, {"coach", String}}},
		},
		Steps: []Step{
			Join{Table: "athletes", Type: Left, On: On("athlete_name", "discipline_code", "country_code")},
			Join{Table: "coaches", Type: Left, On: []Pair{{"country_code", "country_code"}}},
			Cast{{Column: "medal_date", To: DateTime, Format: "yyyy-MM-dd"}},
			Calculate{{Name: "Age Group", Type: String, Expression: "ifelse({Age} <= 20, '0–20', {Age} <= 40, '21–40', 'above {not a column}')"}},
			Filter{{Expression: "isNotNull({athlete_name})"}, {Column: "medal_type", In: []string{"Gold"}}, {Column: "Age", Least: &young},
				{Column: "medal_date", From: time.Date(2021, 7, 23, 0, 0, 0, 0, time.UTC)}},
			Project{"athlete_name", "country_code", "Age", "Age Group", "medal_date", "medal_type", "points", "coach"},
			Rename{{"athlete_name", "Player Name"}},
		},
		Columns:     []About{{Column: "country_code", Description: "three letters", Place: Country}},
		Folders:     []Folder{{Path: "People", Columns: []string{"Player Name", "Age"}}},
		Hierarchies: []Hierarchy{{Name: "Where", Columns: []string{"country_code"}}},
		Rows:        RowRules{Dataset: "who-sees-what"},
		Tags:        []TagRule{{Tag: "country", Column: "country_code", All: "*"}},
		Hidden:      []ColumnRule{{Columns: []string{"Age"}, For: []string{"group/default/doctors"}}},
		UniqueKey:   "Player Name",
		Refresh:     []Refresh{{ID: "nightly", Every: Daily, At: "02:00", Zone: "Europe/Berlin"}},
	}
}

func TestOutputFollowsTheSteps(t *testing.T) {
	want := []Column{{"Player Name", String}, {"country_code", String}, {"Age", Integer}, {"Age Group", String}, {"medal_date", DateTime}, {"medal_type", String}, {"points", Integer}, {"coach", String}}
	if got := medals().Output(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if err := medals().Validate(); err != nil {
		t.Error(err)
	}
}

func TestJoinRenamesColumnsWhoseNameIsTaken(t *testing.T) {
	d := medals()
	d.Steps = d.Steps[:1]
	steps := jsontree.Of(jsontree.Plain(d.JSON(testARN))).At("DataPrepConfiguration", "TransformStepMap")
	if got, want := steps.At("medals-1", "JoinStep", "OnClause").Text(), "{athlete_name} = {athlete_name[athletes]} AND {discipline_code} = {discipline_code[athletes]} AND {country_code} = {country_code[athletes]}"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := Names(d.Output()); len(got) != 10 || got[6] != "athlete_name[athletes]" {
		t.Errorf("columns are %q", got)
	}
}

// What was written is read as what it was, and written again the same.
func TestReadIsTheInverseOfJSON(t *testing.T) {
	d := medals()
	written := jsontree.Plain(d.JSON(testARN)).(map[string]any)
	got, err := Read(written)
	if err != nil {
		t.Fatal(err)
	}
	if got.More != nil || len(got.IDs) != 0 {
		t.Errorf("left over: more %v, ids %v", got.More, got.IDs)
	}
	got.IDs, got.Refresh = nil, d.Refresh // schedules are resources of their own
	for i := range got.Tables {
		if got.Tables[i].Steps == nil {
			got.Tables[i].Steps = d.Tables[i].Steps
		}
	}
	again := jsontree.Plain(got.JSON(testARN)).(map[string]any)
	if diff := jsontree.Diff(written, again); diff != nil {
		t.Errorf("differs by %v", diff)
	}
	if !reflect.DeepEqual(got.Output(), d.Output()) {
		t.Errorf("columns are %v", got.Output())
	}
}

func readFile(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var properties map[string]any
	if err := json.Unmarshal(text, &properties); err != nil {
		t.Fatal(err)
	}
	return properties
}

// The console names things by UUIDs and says more than our types hold: all of it comes back.
func TestReadKeepsNamesAndMembersThatAreNotOurs(t *testing.T) {
	properties := readFile(t, "console.json")
	d, err := Read(properties)
	if err != nil {
		t.Fatal(err)
	}
	again := jsontree.Plain(d.JSON(testARN)).(map[string]any)
	if diff := jsontree.Diff(jsontree.Plain(properties).(map[string]any), again); diff != nil {
		t.Errorf("differs by %v", diff)
	}
	if d.Tables[0].Name != "Orders" || d.More == nil || len(d.IDs) == 0 {
		t.Errorf("read %+v", d)
	}
	if got, want := Names(d.Output()), []string{"order_id", "Customer", "amount", "customer_id", "name"}; !reflect.DeepEqual(got, want) {
		t.Errorf("columns are %q; want %q", got, want)
	}
}

// The deprecated shape is read, and becomes the current one.
func TestReadTakesLogicalTableMap(t *testing.T) {
	d, err := Read(readFile(t, "logical.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	want := []Step{
		Join{Table: "Customers", Type: Left, On: []Pair{{"customer", "id"}}},
		Cast{{Column: "day", To: DateTime, Format: "yyyy-MM-dd"}},
		Rename{{"day", "Day"}, {"name", "Customer Name"}},
		Calculate{{Name: "Net", Type: String, Expression: "{amount} * 0.8"}},
		Filter{{Expression: "{amount} > 0"}},
		Project{"Day", "Customer Name", "amount", "Net", "country"},
	}
	if !reflect.DeepEqual(d.Steps, want) {
		t.Errorf("got  %#v\nwant %#v", d.Steps, want)
	}
	if want := []About{{"country", "where they live", Country}}; !reflect.DeepEqual(d.Columns, want) {
		t.Errorf("got %v", d.Columns)
	}
	written := jsontree.Of(jsontree.Plain(d.JSON(testARN)))
	if written.At("LogicalTableMap").Is() || len(written.At("DataPrepConfiguration", "TransformStepMap").Keys()) != 8 {
		t.Errorf("written as %v", written.Object())
	}
}

func TestReadRefuses(t *testing.T) {
	tests := map[string]struct{ properties, want string }{
		"a step that is not there": {`{"DataSetId":"d","DataPrepConfiguration":{"DestinationTableMap":{"x":{"Source":{"TransformOperationId":"gone"}}}}}`,
			`dataset "d": step "gone" is not there, or is used twice`},
		"two roots": {`{"DataSetId":"d","LogicalTableMap":{"a":{},"b":{}}}`,
			`dataset "d": LogicalTableMap has 2 tables that no join uses; want one`},
		"a table of a service": {`{"DataSetId":"d","PhysicalTableMap":{"p":{"SaaSTable":{}}},"LogicalTableMap":{"a":{"Alias":"a","Source":{"PhysicalTableId":"p"}}}}`,
			`dataset "d": a table of kind "SaaSTable"; want RelationalTable, CustomSql or S3Source`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var properties map[string]any
			if err := json.Unmarshal([]byte(test.properties), &properties); err != nil {
				t.Fatal(err)
			}
			if _, err := Read(properties); err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestReadRefreshIsTheInverse(t *testing.T) {
	for _, r := range []Refresh{
		{ID: "a", Incremental: true, Every: Every15Minutes}, {ID: "b", Every: Weekly, On: "MONDAY", At: "02:00", Zone: "Europe/Berlin"}, {ID: "c", Every: Monthly, On: "28", At: "23:59"},
	} {
		if got := ReadRefresh(r.JSON()); got != r {
			t.Errorf("got %+v; want %+v", got, r)
		}
	}
}

// TestValidateRefuses plants one mistake a case into the sound definition above.
func TestValidateRefuses(t *testing.T) {
	tests := map[string]struct {
		plant func(*Definition)
		want  string
	}{
		"a join on a column that is not there": {func(d *Definition) { d.Steps[0] = Join{Table: "athletes", On: On("athlet_name")} },
			`Steps[0].On[0].Left is "athlet_name"; want a column known here; nearest is "athlete_name"` + "\n" +
				`Steps[0].On[0].Right is "athlet_name"; want a column of table athletes; nearest is "athlete_name"`},
		"a join of a table that is not there": {func(d *Definition) { d.Steps[0] = Join{Table: "athlets", On: On("athlete_name")} },
			`Steps[0].Table is "athlets"; want the name of a table that nothing joins yet; nearest is "athletes"`},
		"a join of text and numbers": {func(d *Definition) { d.Steps[1] = Join{Table: "coaches", On: []Pair{{"points", "coach"}}} },
			`Steps[1].On[0] is [INTEGER STRING]; want columns of like types; cast one of them first`},
		"a join without columns": {func(d *Definition) { d.Steps[1] = Join{Table: "coaches"} }, `Steps[1].On is 0; want at least one pair of columns`},
		"a join of a new type": {func(d *Definition) { d.Steps[1] = Join{Table: "coaches", Type: "FULL", On: On("country_code")} },
			`Steps[1].Type is "FULL"; want "INNER", "LEFT", "RIGHT" or "OUTER"`},
		"a name from before a rename": {func(d *Definition) { d.UniqueKey = "athlete_name" }, `UniqueKey is "athlete_name"; want a column of the result`},
		"a column that was projected away": {func(d *Definition) { d.Folders[0].Columns = []string{"discipline_code"} },
			`Folders[0].Columns[0] is "discipline_code"; want a column of the result`},
		"a rename to a name that is taken": {func(d *Definition) { d.Steps[6] = Rename{{"athlete_name", "Player Name"}, {"coach", "points"}} },
			`Steps[6][1].To is "points"; want 1 to 128 characters that no column has here`},
		"a date without its format": {func(d *Definition) { d.Steps[2] = Cast{{Column: "medal_date", To: DateTime}} },
			`Steps[2][0].Format is ""; want how the text is to be read, e.g. "yyyy-MM-dd"`},
		"a week year in a format": {func(d *Definition) { d.Steps[2] = Cast{{Column: "medal_date", To: DateTime, Format: "YYYY-MM-DD"}} },
			`Steps[2][0].Format is "YYYY-MM-DD"; want at most 32 characters, letters of yMdHhmsSazZE only (y is the year, M the month, d the day)`},
		"a cast to what it is": {func(d *Definition) {
			d.Steps[2] = Cast{{"medal_date", DateTime, "yyyy-MM-dd"}, {"points", Integer, ""}}
		},
			`Steps[2][1].To is "INTEGER"; want another type than the column has`},
		"a formula of a column that is not there": {func(d *Definition) { d.Steps[3] = Calculate{{"Age Group", String, "toString({age})"}} },
			`Steps[3][0].Expression is "age"; want a column known here; nearest is "Age"`},
		"a formula with a bracket open": {func(d *Definition) { d.Steps[3] = Calculate{{"Age Group", String, "toString({Age}"}} },
			`Steps[3][0].Expression is "toString({Age}"; want a bracket that closes '('`},
		"a formula of itself": {func(d *Definition) { d.Steps[3] = Calculate{{"Age Group", String, "concat({Age Group}, 'x')"}} },
			`Steps[3][0].Expression is "Age Group"; want no reference to itself`},
		"numbers compared with text": {func(d *Definition) { d.Steps[4] = Filter{{Column: "Age", In: []string{"14"}}} },
			`Steps[4][0] is "Age"; want Least or Most alone, for the column holds numbers`},
		"a filter on nothing": {func(d *Definition) { d.Steps[4] = Filter{} }, `Steps[4] is 0; want 1 to 128 conditions`},
		"a table nothing joins": {func(d *Definition) {
			d.Steps = append(d.Steps[:1:1], Rename{{"athlete_name", "Player Name"}})
			*d = Definition{ID: d.ID, Name: d.Name, Tables: d.Tables, Steps: d.Steps}
		},
			`Tables[2].Name is "coaches"; want a table that a step joins`},
		"two tables of one name": {func(d *Definition) { d.Tables[2].Name = "athletes" },
			`Tables[2].Name is "athletes"; want 1 to 60 letters, digits and hyphens that no other table has` + "\n" +
				`Steps[1].Table is "coaches"; want the name of a table that nothing joins yet`},
		"files asked directly": {func(d *Definition) { d.Tables[2].From, d.Direct, d.Refresh = Manifest{Source: "files"}, true, nil },
			`Direct is true; want false, for files in S3 can only be copied into SPICE`},
		"a refresh every five minutes": {func(d *Definition) { d.Refresh = []Refresh{{ID: "often", Every: "MINUTE5"}} },
			`Refresh[0].Every is "MINUTE5"; want "MINUTE15", "MINUTE30", "HOURLY", "DAILY", "WEEKLY" or "MONTHLY"; 15 minutes is the service's floor`},
		"all rows every quarter of an hour": {func(d *Definition) { d.Refresh = []Refresh{{ID: "often", Every: Every15Minutes}} },
			`Refresh[0].Every is "MINUTE15"; want HOURLY or longer, or an incremental refresh`},
		"an increment of what": {func(d *Definition) { d.Refresh = []Refresh{{ID: "often", Every: Every15Minutes, Incremental: true}} },
			`Lookback is "empty"; want the rows that an incremental refresh reads`},
		"a window over text, of a dataset": {func(d *Definition) { d.Lookback = Lookback{"coach", 0, "YEAR"} },
			`Lookback.Column is "coach"; want a column of dates
Lookback.Size is 0; want 1 or more
Lookback.Unit is "YEAR"; want "HOUR", "DAY" or "WEEK"
Tables[2].From is "coaches"; want a Relation or SQL: only databases can be read by increments`},
		"a day without its time": {func(d *Definition) { d.Refresh[0].At = "2am" }, `Refresh[0].At is "2am"; want a time as "HH:MM" from DAILY on, and nothing else`},
		"a week without its day": {func(d *Definition) { d.Refresh[0].Every, d.Refresh[0].On = Weekly, "Monday" },
			`Refresh[0].On is "Monday"; want a day from "MONDAY" to "SUNDAY"`},
		"a zone nobody has":            {func(d *Definition) { d.Refresh[0].Zone = "Europe/Bonn" }, `Refresh[0].Zone is "Europe/Bonn"; want the name of a time zone, e.g. "Europe/Berlin"`},
		"a schedule of a direct query": {func(d *Definition) { d.Direct = true }, `Refresh is 1; want no schedule, for a direct query is always up to date`},
		"rules of its own":             {func(d *Definition) { d.Rows.Dataset = d.ID }, `Rows.Dataset is "olympics-details"; want another dataset`},
		"a tag on a number":            {func(d *Definition) { d.Tags[0].Column = "Age" }, `Tags[0].Column is "Age"; want a column of text; cast it first`},
		"a column hidden from a name": {func(d *Definition) { d.Hidden[0].For = []string{"doctors"} },
			`Hidden[0].For[0] is "doctors"; want "user/NAMESPACE/NAME" or "group/NAMESPACE/NAME"`},
		"a place on no map": {func(d *Definition) { d.Columns[0].Place = "PLANET" },
			`Columns[0].Place is "PLANET"; want "COUNTRY", "STATE", "COUNTY", "CITY", "POSTCODE", "LONGITUDE" or "LATITUDE"`},
		"an id with a blank": {func(d *Definition) { d.ID = "my dataset" },
			`ID is "my dataset"; want an id of 1 to 512 letters, digits, hyphens and underscores`},
		"a type that is none": {func(d *Definition) { d.Tables[2].Columns[1].Type = "TEXT" },
			`Tables[2].Columns[1].Type is "TEXT"; want "STRING", "INTEGER", "DECIMAL", "FLOAT", "DATETIME" or "BOOLEAN"`},
		"a sum of text": {func(d *Definition) {
			*d = Definition{ID: d.ID, Name: d.Name, Tables: d.Tables[:1], Steps: []Step{Aggregate{By: []string{"country_code"}, Values: []Total{{"n", "medal_type", Sum}}}}}
		},
			`Steps[0].Values[0].Of is "medal_type"; want a column of numbers`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := medals()
			test.plant(&d)
			err := d.Validate()
			want := "dataset.Definition." + strings.ReplaceAll(test.want, "\n", "\ndataset.Definition.")
			if err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			var fault *check.Fault
			if !errors.As(err, &fault) {
				t.Errorf("%T is no fault", err)
			}
		})
	}
}
