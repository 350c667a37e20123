package report

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

func testARN(resource string) string {
	return "arn:aws:quicksight:eu-west-1:111111111111:" + resource
}

var trades = []dataset.Column{
	{Name: "day", Type: dataset.DateTime}, {Name: "fund", Type: dataset.String}, {Name: "amount", Type: dataset.Decimal}, {Name: "country", Type: dataset.String},
}

func by(column string) []Dimension { return []Dimension{{Column: column}} }
func sum(column string) []Measure  { return []Measure{{Column: column}} }

// sound has one of each kind of chart, filter, parameter and control.
func sound() Definition {
	least, most := 0.0, 1e6
	return Definition{
		Datasets:   []Dataset{{Name: "Trades", ID: "trades", Columns: trades}, {Name: "Funds", ID: "funds", Columns: []dataset.Column{{Name: "symbol", Type: dataset.String}}}},
		Calculated: []Calculated{{Dataset: "Trades", Name: "net", Type: dataset.Decimal, Expression: "{amount} * ${rate}"}},
		Parameters: []Parameter{
			{Name: "rate", Type: dataset.Decimal, Defaults: []string{"0.8"}}, {Name: "fund", Type: dataset.String, Many: true, Defaults: []string{"A", "B"}},
			{Name: "since", Type: dataset.DateTime, Rolling: "now()"}, {Name: "day", Type: dataset.DateTime, Defaults: []string{"2026-01-31"}}, {Name: "top", Type: dataset.Integer, Defaults: []string{"10"}},
		},
		Filters: []Filter{
			{ID: "funds", Column: "fund", Match: OneOf{}},
			{ID: "not-a", Column: "fund", Match: OneOf{Values: []string{"A"}, Not: true}},
			{ID: "since", Column: "day", Match: Between{FromParameter: "since", Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}, On: []Scope{{Sheet: "one", Visuals: []string{"lines"}}}},
			{ID: "recent", Column: "day", Match: Recent{Last: 30, Unit: Day}, On: []Scope{{Sheet: "two"}}, Off: true},
			{ID: "paid", Column: "amount", Match: Range{Least: &least, Most: &most}},
			{ID: "best", Column: "fund", Match: Top{Limit: 10, By: Measure{Column: "amount", Aggregate: Average}, Bottom: true}},
			{ID: "chosen", Column: "fund", Match: Compare{How: StartsWith, Parameter: "fund"}, AllDatasets: true},
			{ID: "or-a", Column: "fund", Match: Compare{Value: "A"}, Group: "either"}, {ID: "or-b", Column: "country", Match: Compare{Value: "B"}, Group: "either"},
		},
		Sheets: []Sheet{
			{ID: "one", Name: "One", Title: "First", Description: "The first sheet",
				Visuals: []Visual{
					{ID: "kpi", Title: "Total", Subtitle: "in EUR", Chart: KPI{Values: sum("amount"), Targets: sum("net"), Trend: []Dimension{{Column: "day", By: Month}}}, At: Box{Width: 18, Height: 6}},
					{ID: "pie", Chart: Pie{Category: by("fund"), Values: sum("amount"), Limit: 10}, At: Box{Column: 18, Width: 18, Height: 6}},
					{ID: "map", Chart: FilledMap{Place: by("country"), Values: []Measure{{Column: "fund", Aggregate: DistinctCount}}}, At: Box{0, 6, 36, 8}},
					{ID: "lines", Chart: Line{Category: by("day"), Values: sum("amount"), Right: []Measure{{Column: "net", Aggregate: Average}}, Missing: Zero, MissingRight: Continuous, Points: 366}, At: Box{0, 14, 36, 8}},
					{ID: "areas", Chart: Line{Category: by("fund"), Values: sum("amount"), Colors: by("country"), Fill: StackedArea, Colour: 10}, At: Box{0, 22, 36, 8}},
					{ID: "bars", Chart: Bar{Category: by("fund"), Values: sum("amount"), Sort: []Sort{{By: "amount", Descending: true}}, Horizontal: true, Arrangement: StackedPercent}, At: Box{0, 30, 18, 8},
						Links: []Link{{Name: "Open", Sheet: "two", Menu: true, Set: []Set{{"fund", "fund"}}}}},
					{ID: "combo", Chart: Combo{Category: by("fund"), Bars: []Measure{{Column: "amount", ID: "bars"}}, Lines: []Measure{{Expression: "sum({amount})"}}, Limit: 5, Sort: []Sort{{By: "bars"}}}, At: Box{18, 30, 18, 8}},
				},
				Controls: []Control{
					{ID: "c-funds", Title: "Fund", Filter: "funds", Kind: Dropdown}, {ID: "c-paid", Title: "Paid", Filter: "paid", Kind: Slider, Least: 0, Most: 10, By: 1},
					{ID: "c-day", Title: "Day", Parameter: "day", Kind: DatePicker}, {ID: "c-fund", Title: "Chosen", Parameter: "fund", Kind: List, Column: "fund"}, {ID: "c-top", Title: "Top", Parameter: "top", Kind: Dropdown, Single: true, Values: []string{"5", "10"}},
				}},
			{ID: "two", Name: "Two",
				Visuals: []Visual{
					{ID: "rows", Chart: Table{Rows: []string{"day", "fund"}}, At: Box{0, 0, 18, 12}},
					{ID: "groups", Chart: Table{GroupBy: by("fund"), Values: sum("amount"), Sort: []Sort{{By: "fund"}}}, At: Box{18, 0, 18, 12}},
					{ID: "cross", Chart: PivotTable{Rows: by("fund"), Columns: []Dimension{{Column: "day", By: Quarter}}, Values: sum("amount")}, At: Box{0, 12, 18, 12}},
					{ID: "spread", Chart: Histogram{Column: "amount", Bins: 20}, At: Box{18, 12, 18, 12}},
					{ID: "wide", Chart: Histogram{Column: "amount", Width: 2.5}, At: Box{0, 24, 18, 12}},
					{ID: "symbols", Dataset: "Funds", Chart: Table{GroupBy: by("symbol")}, At: Box{18, 24, 18, 12}},
				},
				Texts: []Text{{ID: "note", Content: "<text-box>x</text-box>", At: Box{0, 36, 36, 2}}}},
		},
	}
}

func TestSoundIsSound(t *testing.T) {
	if err := sound().Validate(); err != nil {
		t.Error(err)
	}
}

// What is written is read as what it was, with nothing left over.
func TestReadIsTheInverseOfJSON(t *testing.T) {
	want := sound()
	got, err := Read(want.JSON(testARN), map[string][]dataset.Column{"trades": trades, "funds": want.Datasets[1].Columns})
	if err != nil {
		t.Fatal(err)
	}
	if got.More != nil {
		t.Errorf("left over: %v", got.More)
	}
	for i, sheet := range got.Sheets {
		if sheet.More != nil {
			t.Errorf("left over of sheet %q: %v", sheet.ID, sheet.More)
		}
		for j, visual := range sheet.Visuals {
			if visual.More != nil {
				t.Errorf("left over of visual %q: %v", visual.ID, visual.More)
			}
			if !reflect.DeepEqual(visual, want.Sheets[i].Visuals[j]) {
				t.Errorf("visual %q is\n%+v; want\n%+v", visual.ID, visual, want.Sheets[i].Visuals[j])
			}
		}
	}
	if diff := jsontree.Diff(jsontree.Plain(want.JSON(testARN)).(map[string]any), jsontree.Plain(got.JSON(testARN)).(map[string]any)); diff != nil {
		t.Errorf("written again it differs by %v", diff)
	}
	if !reflect.DeepEqual(got.Parameters[0], want.Parameters[0]) || !reflect.DeepEqual(got.Filters[4], want.Filters[4]) {
		t.Errorf("read %+v and %+v", got.Parameters[0], got.Filters[4])
	}
}

// Definitions made by hand in the console say more than the types here: it all comes back, whether or not the
// datasets' columns are known.
func TestReadKeepsWhatIsNotOurs(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.json")
	if len(files) < 3 {
		t.Fatalf("%d definitions; want three of different make-up", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var definition map[string]any
			if err := json.Unmarshal(text, &definition); err != nil {
				t.Fatal(err)
			}
			d, err := Read(definition, nil)
			if err != nil {
				t.Fatal(err)
			}
			again := jsontree.Plain(d.JSON(testARN)).(map[string]any)
			if diff := jsontree.Diff(definition, again); diff != nil {
				t.Errorf("differs by %v", diff)
			}
			if err := d.Validate(); err != nil {
				t.Errorf("what the service has is refused: %v", err)
			}
		})
	}
}

// A field that the types hold is changed in the types: nothing of it is left in More, which would lie over the change.
func TestReadLeavesNoFieldInMore(t *testing.T) {
	text, err := os.ReadFile("testdata/console.json")
	if err != nil {
		t.Fatal(err)
	}
	var definition map[string]any
	if err := json.Unmarshal(text, &definition); err != nil {
		t.Fatal(err)
	}
	d, err := Read(definition, nil)
	if err != nil {
		t.Fatal(err)
	}
	bar := d.Sheets[0].Visuals[0]
	wells := jsontree.Of(bar.More).At("ChartConfiguration", "FieldWells", "BarChartAggregatedFieldWells")
	if got := wells.Keys(); !reflect.DeepEqual(got, []string{"SmallMultiples"}) {
		t.Errorf("More holds %q of the wells; want the empty one alone", got)
	}
	if d.Calculated[1].Type != dataset.String || bar.Chart.(Bar).Colors[0].Column != "size" {
		t.Errorf("read %+v and %+v", d.Calculated[1], bar.Chart)
	}
}

func TestReadRefusesADefinitionOfNothing(t *testing.T) {
	if _, err := Read(map[string]any{}, nil); err == nil || err.Error() != "the definition declares no dataset" {
		t.Errorf("got %v", err)
	}
}

func TestBoxesFlowBelowThoseThatArePlaced(t *testing.T) {
	sheet := Sheet{Visuals: []Visual{{ID: "a", At: Box{Width: 36, Height: 4}}, {ID: "b"}, {ID: "c"}, {ID: "d"}}}
	want := []Box{{0, 0, 36, 4}, {0, 4, 18, 12}, {18, 4, 18, 12}, {0, 16, 18, 12}}
	if got := sheet.Boxes(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v; want %v", got, want)
	}
}

func TestMissingDataIsBrokenUnlessSaid(t *testing.T) {
	for treatment, want := range map[Missing]string{"": "SHOW_AS_BLANK", Continuous: "INTERPOLATE", Zero: "SHOW_AS_ZERO"} {
		for _, fill := range fills {
			d := sound()
			d.Sheets[0].Visuals[3].Chart = Line{Category: by("day"), Values: sum("amount"), Missing: treatment, Fill: fill}
			chart := jsontree.Of(jsontree.Plain(d.JSON(testARN))).At("Sheets").List()[0].At("Visuals").List()[3].At("LineChartVisual", "ChartConfiguration")
			if got := chart.At("PrimaryYAxisDisplayOptions", "MissingDataConfigurations").List()[0].At("TreatmentOption").Text(); got != want {
				t.Errorf("%q of %q is %q; want %q", treatment, fill, got, want)
			}
			if chart.At("SecondaryYAxisDisplayOptions").Is() {
				t.Error("a right axis without measures")
			}
		}
	}
}

func TestLineFits(t *testing.T) {
	tests := map[string]struct {
		line            Line
		points, colours int
		want            string
	}{
		"what is there by itself": {Line{Values: sum("amount"), Colors: by("fund")}, 100, 25, ""},
		"more points":             {Line{Values: sum("amount")}, 101, 1, "report.Line.Points is 101; want at most 100 points on the X axis, or a greater Points"},
		"points that are raised":  {Line{Values: sum("amount"), Points: 400}, 366, 1, ""},
		"more colours":            {Line{Values: sum("amount"), Colors: by("fund")}, 10, 26, "report.Line.Colour is 26; want at most 25 colours, or a greater Colour"},
		"more in all": {Line{Values: sum("amount"), Colors: by("fund"), Points: 1000, Colour: 10}, 1000, 11,
			"report.Line.Colour is 11; want at most 10 colours, or a greater Colour\nreport.Line.Points is 11000; want at most 10000 data points in all"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := test.line.Fits(test.points, test.colours); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestValidateRefuses plants one mistake a case into the sound definition.
func TestValidateRefuses(t *testing.T) {
	chart := func(c Chart) func(*Definition) {
		return func(d *Definition) { d.Sheets[1].Visuals[0].Chart = c }
	}
	filter := func(f Filter) func(*Definition) {
		return func(d *Definition) { d.Filters[1] = f }
	}
	control := func(c Control) func(*Definition) {
		return func(d *Definition) { d.Sheets[0].Controls[4] = c }
	}
	parameter := func(p Parameter) func(*Definition) {
		return func(d *Definition) {
			d.Parameters[3] = p
			d.Sheets[0].Controls[2] = Control{ID: "c-day", Title: "t", Filter: "funds", Kind: List}
		}
	}
	const at = "Sheets[1].Visuals[0].Chart"
	tests := map[string]struct {
		plant func(*Definition)
		want  string
	}{
		"a column that is not there":  {chart(Bar{Category: by("fnd"), Values: sum("amount")}), at + `.Category[0].Column is "fnd"; want a column of the visual's dataset; nearest is "fund"`},
		"a sum of text":               {chart(Bar{Category: by("fund"), Values: []Measure{{Column: "country", Aggregate: Sum}}}), at + `.Values[0].Aggregate is "SUM"; want "COUNT" or "DISTINCT_COUNT" of a STRING`},
		"an average of dates":         {chart(KPI{Values: []Measure{{Column: "day", Aggregate: Average}}}), at + `.Values[0].Aggregate is "AVERAGE"; want "COUNT", "DISTINCT_COUNT", "MIN" or "MAX" of a DATETIME`},
		"months of text":              {chart(PivotTable{Rows: []Dimension{{Column: "fund", By: Month}}}), at + `.Rows[0].By is "MONTH"; want nothing, for the column holds no dates`},
		"a bar without a category":    {chart(Bar{Values: sum("amount")}), at + `.Category is 0; want 1 to 200 fields`},
		"two values beside colours":   {chart(Bar{Category: by("fund"), Values: []Measure{{Column: "amount"}, {Column: "net"}}, Colors: by("country")}), at + `.Values is 2; want one measure beside Colors`},
		"rows and groups":             {chart(Table{Rows: []string{"fund"}, GroupBy: by("fund")}), at + ` is 1; want rows, or groups and values, but not both`},
		"a row that is not there":     {chart(Table{Rows: []string{"funds"}}), at + `.Rows[0] is "funds"; want a column of the visual's dataset; nearest is "fund"`},
		"a combo of nothing":          {chart(Combo{Category: by("fund")}), at + ` is 0; want at least one measure in Bars or Lines`},
		"a combo in a heap":           {chart(Combo{Category: by("fund"), Bars: sum("amount"), Arrangement: "HEAPED"}), at + `.Arrangement is "HEAPED"; want "CLUSTERED", "STACKED" or "STACKED_PERCENT"`},
		"two places on a map":         {chart(FilledMap{Place: []Dimension{{Column: "country"}, {Column: "fund"}}}), at + `.Place is 2; want 1 field`},
		"a histogram of text":         {chart(Histogram{Column: "fund"}), at + `.Aggregate is "NONE"; want "COUNT" or "DISTINCT_COUNT" of a STRING`},
		"bins twice":                  {chart(Histogram{Column: "amount", Bins: 3, Width: 2}), at + `.Bins is 3; want Bins or Width, 0 or more, but not both`},
		"a KPI without a value":       {chart(KPI{}), at + `.Values is 0; want 1 to 200 fields`},
		"a missing treatment":         {chart(Line{Category: by("day"), Values: sum("amount"), Missing: "GUESS"}), at + `.Missing is "GUESS"; want "SHOW_AS_BLANK", "INTERPOLATE" or "SHOW_AS_ZERO"`},
		"a right axis of nothing":     {chart(Line{Category: by("day"), Values: sum("amount"), MissingRight: Zero}), at + `.MissingRight is "SHOW_AS_ZERO"; want nothing, for there is no right axis`},
		"areas with two axes":         {chart(Line{Category: by("day"), Values: sum("amount"), Right: sum("net"), Fill: Area}), at + `.Right is 1; want no measure, for areas have one axis`},
		"more points than there are":  {chart(Line{Category: by("day"), Values: sum("amount"), Colors: by("fund"), Points: 401}), at + `.Points is 10025; want at most 10000 data points in all: Points times Colour times measures`},
		"a sort by what is not there": {chart(Bar{Category: by("fund"), Values: sum("amount"), Sort: []Sort{{By: "amont"}}}), at + `.Sort[0].By is "amont"; want a field of the chart; nearest is "amount"`},
		"no chart":                    {chart(nil), at + ` is <nil>; want a chart`},
		"an expression with a hole":   {chart(KPI{Values: []Measure{{Expression: "sum({amount)"}}}), at + `.Values[0].Expression is "sum({amount)"; want a '(' before ')'`},
		"another dataset":             {func(d *Definition) { d.Sheets[1].Visuals[0].Dataset = "Trade" }, `Sheets[1].Visuals[0].Dataset is "Trade"; want the name of a dataset of the definition; nearest is "Trades"`},
		"an id twice":                 {func(d *Definition) { d.Sheets[1].Visuals[0].ID = "kpi" }, `Sheets[1].Visuals[0].ID is "kpi"; want 1 to 512 letters, digits, hyphens and underscores that nothing else of its kind has`},
		"over the edge":               {func(d *Definition) { d.Sheets[1].Visuals[5].At.Column = 20 }, `Sheets[1].Visuals[5].At.Column is 20; want 0 to 18, for the grid has 36 columns`},
		"one over the other":          {func(d *Definition) { d.Sheets[1].Visuals[5].At.Column = 17 }, `Sheets[1].Visuals[5].At is {17 24 18 12}; want a place that "wide" does not take`},
		"too high":                    {func(d *Definition) { d.Sheets[1].Texts[0].At.Height = 22 }, `Sheets[1].Texts[0].At.Height is 22; want 1 to 21 rows`},
		"a link to nowhere":           {func(d *Definition) { d.Sheets[0].Visuals[5].Links[0].Sheet = "tow" }, `Sheets[0].Visuals[5].Links[0].Sheet is "tow"; want the id of a sheet`},
		"a link that sets nothing":    {func(d *Definition) { d.Sheets[0].Visuals[5].Links[0].Set[0].Parameter = "funds" }, `Sheets[0].Visuals[5].Links[0].Set[0].Parameter is "funds"; want the name of a parameter; nearest is "fund"`},
		"a filter of text by numbers": {filter(Filter{ID: "f", Column: "amount", Match: OneOf{Values: []string{"1"}}}), `Filters[1].Match is "DECIMAL"; want a column of text`},
		"a filter with no end":        {filter(Filter{ID: "f", Column: "amount", Match: Range{}}), `Filters[1].Match is ""; want at least one end`},
		"a filter of recent text":     {filter(Filter{ID: "f", Column: "fund", Match: Recent{Last: 1, Unit: Day}}), `Filters[1].Match is "STRING"; want a column of dates`},
		"a filter on no visual":       {filter(Filter{ID: "f", Column: "fund", Match: OneOf{}, On: []Scope{{"one", []string{"line"}}}}), `Filters[1].On[0].Visuals[0] is "line"; want the id of a visual of the sheet; nearest is "lines"`},
		"a filter by a wrong type":    {filter(Filter{ID: "f", Column: "fund", Match: Compare{Parameter: "top"}}), `Filters[1].Match.Parameter is "top"; want a parameter of type "STRING"`},
		"a filter without a match":    {filter(Filter{ID: "f", Column: "fund"}), `Filters[1].Match is <nil>; want what the column is compared with`},
		"a slider for text":           {control(Control{ID: "c", Title: "t", Filter: "funds", Kind: Slider, Most: 1, By: 1}), `Sheets[0].Controls[4].Kind is "Slider"; want "Dropdown" or "List"`},
		"a slider that stands still":  {control(Control{ID: "c", Title: "t", Parameter: "top", Kind: Slider, Single: true}), `Sheets[0].Controls[4].By is 0; want a step above 0 between Least and a greater Most`},
		"a control of nothing":        {control(Control{ID: "c", Title: "t", Kind: List}), `Sheets[0].Controls[4] is ""; want a Filter or a Parameter, but not both`},
		"a list of no values":         {control(Control{ID: "c", Title: "t", Parameter: "fund", Kind: List}), `Sheets[0].Controls[4].Values is 0; want values, or a column that has them, but not both`},
		"many of one":                 {control(Control{ID: "c", Title: "t", Parameter: "top", Kind: List, Values: []string{"1"}}), `Sheets[0].Controls[4].Single is false; want true, for the parameter has one value`},
		"a default of another type":   {parameter(Parameter{Name: "n", Type: dataset.Integer, Defaults: []string{"ten"}}), `Parameters[3].Defaults[0] is "ten"; want a value of type INTEGER`},
		"a date that is none":         {parameter(Parameter{Name: "n", Type: dataset.DateTime, Defaults: []string{"31.01.2026"}}), `Parameters[3].Defaults[0] is "31.01.2026"; want a value of type DATETIME`},
		"a name with a hyphen":        {parameter(Parameter{Name: "my-day", Type: dataset.String}), `Parameters[3].Name is "my-day"; want letters and digits that no other parameter has`},
		"two values of one":           {parameter(Parameter{Name: "n", Type: dataset.String, Defaults: []string{"a", "b"}}), `Parameters[3].Defaults is 2; want at most one value, or Many`},
		"a parameter that is missing": {func(d *Definition) { d.Calculated[0].Expression = "{amount} * ${rat}" }, `Calculated[0].Expression is "rat"; want the name of a parameter; nearest is "rate"`},
		"a name that a column has": {func(d *Definition) {
			d.Calculated = append(d.Calculated, Calculated{Name: "fund", Type: dataset.String, Expression: "'x'"})
		}, `Calculated[1].Name is "fund"; want 1 to 128 characters that no column of the dataset has`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := sound()
			test.plant(&d)
			err := d.Validate()
			if want := "report.Definition." + test.want; err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			var fault *check.Fault
			if !errors.As(err, &fault) {
				t.Errorf("%T is no fault", err)
			}
		})
	}
}

func TestThemeValidateRefuses(t *testing.T) {
	err := Theme{ID: "my theme", Base: "DARK", Data: []string{"blue"}, Accent: "#ff0000"}.Validate()
	want := strings.Join([]string{
		`report.Theme.ID is "my theme"; want 1 to 512 letters, digits, hyphens and underscores that nothing else of its kind has`,
		`report.Theme.Name is ""; want 1 to 2048 characters`,
		`report.Theme.Base is "DARK"; want "CLASSIC", "MIDNIGHT", "SEASIDE" or "RAINIER"`,
		`report.Theme.Data[0] is "blue"; want "#RRGGBB" in capitals`,
		`report.Theme.Accent is "#ff0000"; want "#RRGGBB" in capitals`,
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestReadPublishIsTheInverse(t *testing.T) {
	for _, p := range []Publish{{}, {NoFilters: true, NoExport: true, ControlsHidden: true, NoMaximize: true}} {
		if got := ReadPublish(p.JSON()); got != p {
			t.Errorf("got %+v; want %+v", got, p)
		}
	}
}
