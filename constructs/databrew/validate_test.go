package databrew

import (
	"slices"
	"testing"
	"time"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

// sound is a recipe in which every kind of step stands.
func sound() RecipeProps {
	return RecipeProps{
		Name: "clean orders", Columns: []string{"id", "kind", "day", "note"},
		Steps: []Step{
			RemoveMissing{"id"}, DeleteDuplicateRows{}, Split{Column: "kind", At: " ", Times: 1}, Delete{"kind", "kind_2"}, Rename{"kind_1", "kind"},
			ChangeType{"day", Date}, Action{Operation: "UPPER_CASE", Parameters: map[string]string{"sourceColumn": "note"}, Needs: []string{"note"}, Adds: []string{"more"}},
		},
	}
}

func TestRecipeProps(t *testing.T) {
	if got, want := sound().Output(), []string{"id", "day", "note", "kind", "more"}; !slices.Equal(got, want) {
		t.Errorf("the recipe leaves %q; want %q", got, want)
	}
	step := func(place int, s Step) func(*RecipeProps) { return func(p *RecipeProps) { p.Steps[place] = s } }
	tests := map[string]struct {
		plant func(*RecipeProps)
		want  string
	}{
		"sound":                   {func(*RecipeProps) {}, ""},
		"a name with a low line":  {func(p *RecipeProps) { p.Name = "clean_orders" }, `Name is "clean_orders"; want 1 to 255 letters, digits, hyphens, periods and spaces`},
		"no columns":              {func(p *RecipeProps) { p.Columns, p.Steps = nil, []Step{DeleteDuplicateRows{}} }, "Columns is 0; want the columns of the dataset"},
		"a column twice":          {func(p *RecipeProps) { p.Columns[3] = "day"; p.Steps = p.Steps[:1] }, `Columns[3] is "day"; want a name that no other column has`},
		"no steps":                {func(p *RecipeProps) { p.Steps = nil }, "Steps is 0; want 1 to 100 steps"},
		"a step that is none":     {step(0, nil), `Steps[0] is "nothing"; want a step`},
		"a column misspelt":       {step(0, RemoveMissing{"kidn"}), `Steps[0].Column is "kidn"; want a column known at this step`},
		"a column nearly right":   {step(5, ChangeType{"days", Date}), `Steps[5].Column is "days"; want a column known at this step; nearest is "day"`},
		"a column that is gone":   {step(5, ChangeType{"kind_1", Date}), `Steps[5].Column is "kind_1"; want a column known at this step; nearest is "kind"`},
		"a name that is taken":    {step(4, Rename{"kind_1", "note"}), `Steps[4].To is "note"; want a name that no column has at this step`},
		"a rename to nothing":     {step(4, Rename{"kind_1", ""}), `Steps[4].To is ""; want a name that no column has at this step`},
		"a type that is none":     {step(5, ChangeType{"day", "integer"}), `Steps[5].To is "integer"; want "byte", "short", "int", "long", "float", "double", "decimal", "string", "boolean", "timestamp" or "date"`},
		"too many splits":         {step(2, Split{Column: "kind", At: " ", Times: 21}), `Steps[2].Times is 21; want 1 to 20` + "\n" + `databrew.RecipeProps.Steps[3][1] is "kind_2"; want a column known at this step` + "\n" + `databrew.RecipeProps.Steps[4].Column is "kind_1"; want a column known at this step`},
		"a split at nothing":      {step(2, Split{Column: "kind", Times: 1}), `Steps[2].At is ""; want one or more characters`},
		"nothing to delete":       {step(6, Delete{}), `Steps[6] is 0; want at least one column`},
		"nothing left":            {step(6, Delete{"id", "day", "note", "kind"}), `Steps is 0; want at least one column left`},
		"an operation in letters": {step(6, Action{Operation: "upperCase"}), `Steps[6].Operation is "upperCase"; want an operation of the recipe reference, in capitals`},
		"a column of an action":   {step(6, Action{Operation: "UPPER_CASE", Needs: []string{"nota"}}), `Steps[6].Needs[0] is "nota"; want a column known at this step; nearest is "note"`},
		"a new one that is there": {step(6, Action{Operation: "MERGE", Adds: []string{"id"}}), `Steps[6].Adds[0] is "id"; want a name that no column has at this step`},
	}
	for name, test := range tests {
		props := sound()
		test.plant(&props)
		want := test.want
		if want != "" {
			want = "databrew.RecipeProps." + want
		}
		checktest.Case(t, name, props.Validate(), want)
	}
}

func TestDatasetProps(t *testing.T) {
	columns := []string{"id"}
	checktest.Case(t, "sound", DatasetProps{Name: "orders", Bucket: "b", Folder: "raw/", Columns: columns}.Validate(), "")
	checktest.Case(t, "nothing", DatasetProps{}.Validate(), `databrew.DatasetProps.Name is ""; want 1 to 255 letters, digits, hyphens, periods and spaces
databrew.DatasetProps.Bucket is ""; want the name of a bucket
databrew.DatasetProps.Folder is ""; want a key, or a folder such as "raw/orders/"
databrew.DatasetProps.Columns is 0; want the columns of the files`)
	checktest.Case(t, "a path and a format", DatasetProps{Name: "o", Bucket: "b", Folder: "/raw/", Format: "XLSX", Columns: columns}.Validate(),
		`databrew.DatasetProps.Folder is "/raw/"; want a key, or a folder such as "raw/orders/"
databrew.DatasetProps.Format is "XLSX"; want "CSV", "JSON" or "PARQUET"`)
}

func TestJobProps(t *testing.T) {
	data, recipe := &Dataset{Name: "orders", Columns: []string{"id", "kind"}}, &Recipe{Name: "clean", reads: []string{"id", "knd"}}
	checktest.Case(t, "sound", JobProps{Name: "j", Dataset: data, Recipe: &Recipe{reads: []string{"id"}}, Bucket: "b", Folder: "clean/"}.Validate(), "")
	checktest.Case(t, "nothing", JobProps{}.Validate(), `databrew.JobProps.Name is ""; want 1 to 240 letters, digits, hyphens, periods and spaces
databrew.JobProps.Dataset is <nil>; want a dataset
databrew.JobProps.Recipe is <nil>; want a recipe
databrew.JobProps.Bucket is ""; want the name of a bucket
databrew.JobProps.Folder is ""; want a folder such as "clean/orders/"`)
	checktest.Case(t, "all that is wrong", JobProps{
		Name: "j", Dataset: data, Recipe: recipe, Bucket: "b", Folder: "clean", Format: "ORC", Nodes: 1, Timeout: 90 * time.Second, Retries: -1,
	}.Validate(), `databrew.JobProps.Recipe.Columns[1] is "knd"; want a column of the dataset; nearest is "kind"
databrew.JobProps.Folder is "clean"; want a folder such as "clean/orders/"
databrew.JobProps.Format is "ORC"; want "CSV", "JSON" or "PARQUET"
databrew.JobProps.Nodes is 1; want 2 or more, or 0 for 5
databrew.JobProps.Timeout is 1m30s; want whole minutes, or 0 for an hour
databrew.JobProps.Retries is -1; want 0 or more`)
}
