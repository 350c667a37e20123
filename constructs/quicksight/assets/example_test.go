package assets_test

import (
	"fmt"
	"slices"

	"github.com/lakekeel/lakekeel/constructs/quicksight/assets"
)

// What a dashboard's JSON says becomes plain values; what has no type is kept as it is.
func ExampleRead() {
	set := assets.Read(map[string]map[string]any{
		"datasource/lake": {"DataSourceId": "lake", "Name": "Lake", "Type": "ATHENA"},
		"theme/house":     {"ThemeId": "house", "Name": "House", "BaseThemeId": "CLASSIC", "Configuration": map[string]any{"UIColorPalette": map[string]any{"Accent": "#112233"}}},
	})
	fmt.Println(set.Themes[0].Name, set.Themes[0].Accent)
	fmt.Println(set.Others[0].Type, set.Others[0].ID)
	// Output:
	// House #112233
	// datasource lake
}

func ExampleSet_JSON() {
	set := assets.Set{Others: []assets.Other{{Type: "datasource", ID: "lake", Properties: map[string]any{"DataSourceId": "lake"}}}}
	for name, properties := range set.JSON(func(resource string) string { return resource }) {
		fmt.Println(name, slices.Contains([]any{"lake"}, properties["DataSourceId"]))
	}
	// Output: datasource/lake true
}
