package report

import (
	"reflect"
	"testing"

	"github.com/lakekeel/lakekeel/internal/jsontree"
)

func TestAThemeIsReadAsItWasWritten(t *testing.T) {
	for name, theme := range map[string]Theme{
		"the base's own": {ID: "t", Name: "T"},
		"all of it": {ID: "t", Name: "T", Base: "MIDNIGHT", Data: []string{"#112233", "#445566"}, Background: "#FFFFFF", Foreground: "#000000", Accent: "#0000FF",
			Font: "Roboto", NoBorders: true, More: map[string]any{"Sheet": map[string]any{"TileLayout": map[string]any{"Gutter": map[string]any{"Show": false}}}}},
	} {
		read := ReadTheme(theme.JSON())
		if !reflect.DeepEqual(jsontree.Plain(read.JSON()), jsontree.Plain(theme.JSON())) || !reflect.DeepEqual(read, theme) {
			t.Errorf("%s: %+v; want %+v", name, read, theme)
		}
	}
}
