package quicksight

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/constructs/quicksight/report"
	"github.com/lakekeel/lakekeel/constructs/quicksight/topic"
)

var update = flag.Bool("update", false, "rewrite what our rules say of the planted mistakes")

// The corpus stands with the guard rails, which look at the same mistakes with two tools of others: see
// test/guard/test_quicksight_mistakes.py.
const corpus = "../../test/guard/quicksight/"

// mistake is one member of a sound resource changed.
type mistake struct {
	Name     string `json:"name"`
	Resource string `json:"resource"`
	Path     string `json:"path"`
	Value    any    `json:"value"` // null deletes the member
	Lint     bool   `json:"lint"`  // whether a linter finds it with the resource's schema
	API      bool   `json:"api"`   // whether the service's own model refuses it
	Ours     string `json:"ours"`  // what our rules say; empty if nothing
}

func readCorpus(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(corpus + name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// planted is a copy of the resource with the member at path changed.
func planted(t *testing.T, properties map[string]any, path string, value any) map[string]any {
	t.Helper()
	text, _ := json.Marshal(properties)
	var plain map[string]any
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatal(err)
	}
	keys := strings.Split(path, "/")
	var at any = plain
	for _, key := range keys[:len(keys)-1] {
		switch inner := at.(type) {
		case map[string]any:
			at = inner[key]
		case []any:
			i, _ := strconv.Atoi(key)
			at = inner[i]
		}
		if at == nil {
			t.Fatalf("%s: nothing stands at %q", path, key)
		}
	}
	last := keys[len(keys)-1]
	switch inner := at.(type) {
	case map[string]any:
		if value == nil {
			delete(inner, last)
		} else {
			inner[last] = value
		}
	case []any:
		i, _ := strconv.Atoi(last)
		inner[i] = value
	default:
		t.Fatalf("%s: no member", path)
	}
	return plain
}

// ours reads a resource of CloudFormation into our types and says what is wrong with it.
func ours(resource string, properties map[string]any) error {
	known := map[string][]dataset.Column{"trades": trades.Output()}
	switch resource {
	case "AWS::QuickSight::DataSet":
		d, err := dataset.Read(properties)
		if err != nil {
			return err
		}
		return d.Validate()
	case "AWS::QuickSight::Dashboard":
		definition, _ := properties["Definition"].(map[string]any)
		d, err := report.Read(definition, known)
		if err != nil {
			return err
		}
		return d.Validate()
	case "AWS::QuickSight::Topic":
		d, err := topic.Read(properties, known)
		if err != nil {
			return err
		}
		return d.Validate()
	case "AWS::QuickSight::RefreshSchedule":
		d := trades
		schedule, _ := properties["Schedule"].(map[string]any)
		d.Refresh = []dataset.Refresh{dataset.ReadRefresh(schedule)}
		return d.Validate()
	}
	return nil
}

// trades is the dataset that the corpus is about.
var trades = dataset.Definition{
	ID: "trades", Name: "Trades",
	Tables: []dataset.Table{
		{Name: "trades", From: dataset.Relation{Source: "athena", Catalog: "AwsDataCatalog", Schema: "trades", Table: "trades"}, Columns: []dataset.Column{
			{Name: "day", Type: dataset.String}, {Name: "fund", Type: dataset.String}, {Name: "amount", Type: dataset.Decimal}, {Name: "country", Type: dataset.String},
		}},
		{Name: "ratings", From: dataset.SQL{Source: "athena", Query: "select * from ratings"}, Columns: []dataset.Column{{Name: "symbol", Type: dataset.String}, {Name: "rating", Type: dataset.Integer}}},
	},
	Steps: []dataset.Step{
		dataset.Join{Table: "ratings", Type: dataset.Outer, On: []dataset.Pair{{Left: "fund", Right: "symbol"}}},
		dataset.Cast{{Column: "day", To: dataset.DateTime, Format: "yyyy-MM-dd"}},
		dataset.Rename{{Column: "day", To: "Trade Date"}},
		dataset.Calculate{{Name: "net", Type: dataset.Decimal, Expression: "round({amount} * 0.8)"}},
		dataset.Filter{{Column: "fund", NotIn: []string{"TEST"}}},
		dataset.Project{"Trade Date", "fund", "amount", "country", "rating", "net"},
	},
	Columns:     []dataset.About{{Column: "country", Description: "where it was traded", Place: dataset.Country}},
	Hierarchies: []dataset.Hierarchy{{Name: "Where", Columns: []string{"country"}}},
	Tags:        []dataset.TagRule{{Tag: "country", Column: "country"}},
	Hidden:      []dataset.ColumnRule{{Columns: []string{"net"}, For: []string{"group/default/traders"}}},
	Lookback:    dataset.Lookback{Column: "Trade Date", Size: 2, Unit: dataset.Days},
	UniqueKey:   "Trade Date",
}

// soundCorpus is what the mistakes are planted in.
func soundCorpus() map[string]map[string]any {
	arn := func(resource string) string { return "arn:aws:quicksight:eu-west-1:123456789012:" + resource }
	amount := []report.Measure{{Column: "amount"}}
	data := report.Of(trades)
	definition := report.Definition{
		Datasets:   []report.Dataset{data},
		Parameters: []report.Parameter{{Name: "fund", Type: dataset.String, Defaults: []string{"A"}}, {Name: "since", Type: dataset.DateTime, Defaults: []string{"2026-01-01"}}},
		Calculated: []report.Calculated{{Dataset: "Trades", Name: "gross", Type: dataset.Decimal, Expression: "{amount} * 1.2"}},
		Filters: []report.Filter{
			{ID: "funds", Column: "fund", Match: report.Compare{Parameter: "fund"}}, {ID: "since", Column: "Trade Date", Match: report.Between{FromParameter: "since"}, On: []report.Scope{{Sheet: "one", Visuals: []string{"daily"}}}},
		},
		Sheets: []report.Sheet{
			{ID: "one", Name: "One", Visuals: []report.Visual{
				{ID: "daily", Title: "Daily", Chart: report.Line{Category: []report.Dimension{{Column: "Trade Date"}}, Values: amount, Colors: []report.Dimension{{Column: "fund"}}, Points: 50, Colour: 20}, At: report.Box{Width: 18, Height: 12}},
				{ID: "funds", Title: "Funds", Chart: report.Bar{Category: []report.Dimension{{Column: "fund"}}, Values: amount, Sort: []report.Sort{{By: "amount"}}}, At: report.Box{Column: 18, Width: 18, Height: 12},
					Links: []report.Link{{Name: "Open", Sheet: "two", Set: []report.Set{{Parameter: "fund", Field: "fund"}}}}},
			}, Controls: []report.Control{{ID: "since", Title: "Since", Parameter: "since", Kind: report.DatePicker}}},
			{ID: "two", Name: "Two", Visuals: []report.Visual{
				{ID: "market", Title: "Market", Chart: report.Combo{Category: []report.Dimension{{Column: "fund"}}, Bars: amount, Lines: []report.Measure{{Column: "rating", Aggregate: report.Average}}}, At: report.Box{Width: 36, Height: 12}},
				{ID: "spread", Title: "Spread", Chart: report.Histogram{Column: "amount", Bins: 10}, At: report.Box{Row: 12, Width: 36, Height: 12}},
				{ID: "where", Title: "Where", Chart: report.FilledMap{Place: []report.Dimension{{Column: "country"}}, Values: amount}, At: report.Box{Row: 24, Width: 36, Height: 12}},
				{ID: "total", Title: "Total", Chart: report.KPI{Values: amount}, At: report.Box{Row: 36, Width: 36, Height: 12}},
			}},
		},
	}
	asked := topic.Of(trades)
	asked.Fields = []topic.Field{{Column: "fund", Name: "Fund", Synonyms: []string{"symbol"}}, {Column: "amount", Default: topic.Sum, Never: []topic.Aggregate{topic.Average}}, {Column: "rating", Excluded: true}}
	asked.Calculated = []topic.Calculated{{Field: topic.Field{Column: "band"}, Type: dataset.String, Expression: "ifelse({amount} < 10, 'small', 'large')"}}
	asked.Filters = []topic.Filter{{Name: "A", Column: "fund", Apply: topic.Always, In: []string{"A"}}}
	asked.Entities = []topic.Entity{{Name: "Trade", Fields: []topic.Part{{Column: "fund", Primary: true}, {Column: "amount"}}}}
	owned := func(properties map[string]any) map[string]any {
		properties["AwsAccountId"] = "123456789012"
		return properties
	}
	return map[string]map[string]any{
		"AWS::QuickSight::DataSet":         owned(trades.JSON(arn)),
		"AWS::QuickSight::Dashboard":       owned(map[string]any{"DashboardId": "trades", "Name": "Trades", "Definition": definition.JSON(arn)}),
		"AWS::QuickSight::Topic":           owned(topic.Definition{ID: "trades", Name: "Trades", Datasets: []topic.Dataset{asked}}.JSON(arn)),
		"AWS::QuickSight::RefreshSchedule": owned(map[string]any{"DataSetId": "trades", "Schedule": dataset.Refresh{ID: "often", Incremental: true, Every: dataset.Every15Minutes}.JSON()}),
	}
}

func writeCorpus(t *testing.T, name string, v any) {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.FromSlash(corpus+name), text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestSoundCorpusIsWhatWeWrite(t *testing.T) {
	written := soundCorpus()
	if *update {
		writeCorpus(t, "sound.json", written)
	}
	var there map[string]map[string]any
	readCorpus(t, "sound.json", &there)
	text, _ := json.Marshal(written)
	var plain map[string]map[string]any
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(there, plain) {
		t.Error("sound.json differs; rewrite it with: go test ./constructs/quicksight -update")
	}
	for resource, properties := range there {
		if err := ours(resource, properties); err != nil {
			t.Errorf("%s is sound, yet: %v", resource, err)
		}
	}
}

func TestPlantedMistakes(t *testing.T) {
	var sound map[string]map[string]any
	readCorpus(t, "sound.json", &sound)
	var mistakes []mistake
	readCorpus(t, "mistakes.json", &mistakes)
	if len(mistakes) < 60 {
		t.Errorf("%d mistakes; want at least 60", len(mistakes))
	}
	for i, m := range mistakes {
		t.Run(m.Name, func(t *testing.T) {
			said := ""
			if err := ours(m.Resource, planted(t, sound[m.Resource], m.Path, m.Value)); err != nil {
				said = err.Error()
			}
			if *update {
				mistakes[i].Ours = said
			} else if said != m.Ours {
				t.Errorf("got  %s\nwant %s", said, m.Ours)
			}
			if !m.Lint && !m.API && said == "" {
				t.Error("passes all three checks")
			}
		})
	}
	if *update {
		writeCorpus(t, "mistakes.json", mistakes)
	}
}
