package olympics

import (
	"slices"
	"testing"

	"github.com/lakekeel/lakekeel/constructs/databrew"
	"github.com/lakekeel/lakekeel/constructs/glue"
)

func TestDefinitionsAreSound(t *testing.T) {
	for _, d := range datasets {
		if err := d.Validate(); err != nil {
			t.Error(err)
		}
	}
	if err := subject.Validate(); err != nil {
		t.Error(err)
	}
}

func TestRecipesLeaveTheColumnsOfTheViews(t *testing.T) {
	for _, table := range tables {
		recipe := databrew.RecipeProps{Name: "r", Columns: table.header, Steps: table.recipe}
		if err := recipe.Validate(); err != nil {
			t.Errorf("%s: %v", table.name, err)
			continue
		}
		got, want := recipe.Output(), names(table.clean)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: the recipe leaves %q\nthe view has %q", table.name, got, want)
		}
	}
}

func names(columns []glue.Column) []string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.Name
	}
	return list
}
