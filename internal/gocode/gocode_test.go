package gocode

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/constructs/quicksight/assets"
	"github.com/lakekeel/lakekeel/internal/assetbundle"
)

func TestWhatIsReadHasTypes(t *testing.T) {
	for name, want := range map[string]string{
		"fund":  "1 datasets with 2 schedules, 0 topics, 0 themes, 0 analyses, 1 dashboards, others [datasource]",
		"topic": "1 datasets with 2 schedules, 1 topics, 1 themes, 1 analyses, 1 dashboards, others [datasource folder]",
	} {
		set := read(t, name)
		kinds := []string{}
		for _, o := range set.Others {
			kinds = append(kinds, o.Type)
		}
		got := fmt.Sprintf("%d datasets with %d schedules, %d topics, %d themes, %d analyses, %d dashboards, others %v",
			len(set.Datasets), len(set.Datasets[0].Refresh), len(set.Topics), len(set.Themes), len(set.Analyses), len(set.Dashboards), kinds)
		if got != want {
			t.Errorf("%s: %s; want %s", name, got, want)
		}
	}
}

// read is a bundle that was exported at the local endpoint.
func read(t *testing.T, name string) assets.Set {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name+".qs"))
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := assetbundle.Read(content)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]any{}
	for _, asset := range bundle.Assets {
		all[asset.Name()] = asset.Properties()
	}
	return assets.Read(all)
}

// What a reader of the package sees first: names of what people see, constants, datasets by their variables.
func TestThePackageReadsWell(t *testing.T) {
	files, err := Write(read(t, "fund"), "fund", "fund.qs")
	if err != nil {
		t.Fatal(err)
	}
	for name, part := range map[string]string{
		"all.go":        "var All = assets.Set{\n\tDatasets:   []dataset.Definition{FundAnalysisDataset},\n\tDashboards: []assets.Report{FundPerformanceDashboard},\n",
		"datasets.go":   "{ID: \"recent-trades\", Incremental: true, Every: dataset.Every15Minutes}",
		"dashboards.go": "Datasets: []report.Dataset{report.Of(FundAnalysisDataset)},",
		"others.go":     "\"DataSourceParameters\": map[string]any{\"AthenaParameters\": map[string]any{\"WorkGroup\": \"primary\"}},",
	} {
		if !strings.Contains(string(files[name]), part) {
			t.Errorf("%s has no %s:\n%s", name, part, files[name])
		}
	}
}

func TestNamesAreReadable(t *testing.T) {
	for _, test := range []struct{ kind, label, id, want string }{
		{"Dataset", "Olympics 2021 – Details", "x", "Olympics2021DetailsDataset"},
		{"Dataset", "", "7d2a-41", "Dataset7d2a41"},
		{"Dashboard", "2021 medals", "x", "Dashboard2021Medals"},
		{"Dashboard", "Sales Dashboard", "x", "SalesDashboard"},
		{"Theme", "汇总", "z", "Theme汇总"},
		{"Theme", "—", "plain", "PlainTheme"},
	} {
		w := &writer{names: map[string]bool{}}
		if got := w.free(test.kind, test.label, test.id); got != test.want {
			t.Errorf("%q, %q: %s; want %s", test.label, test.id, got, test.want)
		}
	}
	w := &writer{names: map[string]bool{}}
	if first, second := w.free("Topic", "a b", "1"), w.free("Topic", "a-b", "2"); first != "ABTopic" || second != "ABTopic2" {
		t.Errorf("%s and %s; want ABTopic and ABTopic2", first, second)
	}
}

func TestLiterals(t *testing.T) {
	half := 0.5
	for _, test := range []struct {
		value any
		want  string
	}{
		{"plain", `"plain"`},
		{`say "x"`, "`say \"x\"`"},
		{"a`b\"", "\"a`b\\\"\""},
		{map[string]any{"b": []any{1.0, true, nil}, "a": "x"}, `map[string]any{"a": "x", "b": []any{1.0, true, nil}}`},
		{struct{ Least *float64 }{&half}, "{Least: new(0.5)}"},
	} {
		p := &printer{imports: map[string]bool{}}
		if got := p.literal(reflect.ValueOf(test.value), reflect.TypeOf(test.value).Kind() == reflect.Struct); got != test.want {
			t.Errorf("%v: %s; want %s", test.value, got, test.want)
		}
	}
}

func TestTheNameOfAPackageIsChecked(t *testing.T) {
	_, err := Write(assets.Set{}, "My-Reports", "x")
	if want := `"My-Reports" is no name of a Go package; want small letters and digits`; err == nil || err.Error() != want {
		t.Errorf("%v; want %s", err, want)
	}
}
