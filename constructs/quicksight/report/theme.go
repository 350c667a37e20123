package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Theme is colours and fonts that dashboards share.
type Theme struct {
	ID   string // unique in the account and region
	Name string // 1 to 2048 characters
	Base string // the theme that it changes: CLASSIC, MIDNIGHT, SEASIDE or RAINIER; if empty, CLASSIC

	Data       []string // colours of charts in their order, as "#RRGGBB" in capitals; at most 100
	Background string   // behind everything
	Foreground string   // of text on it
	Accent     string   // of links and buttons
	Font       string   // a family, e.g. "Roboto"; if empty, the base's
	NoBorders  bool     // whether visuals stand without a line around them

	More map[string]any // laid over its Configuration as a merge patch (RFC 7386)
}

var (
	baseThemes = []string{"CLASSIC", "MIDNIGHT", "SEASIDE", "RAINIER"}
	color      = regexp.MustCompile(`^#[A-F0-9]{6}$`)
)

// Validate reports every fault in the theme as a [check.Fault].
func (t Theme) Validate() error {
	faults := check.Of("report.Theme")
	faults.Want(idPattern.MatchString(t.ID), "ID", t.ID, wantID)
	faults.Want(t.Name != "" && len(t.Name) <= 2048, "Name", t.Name, "1 to 2048 characters")
	faults.Want(t.Base == "" || slices.Contains(baseThemes, t.Base), "Base", t.Base, check.OneOf(baseThemes))
	faults.Want(len(t.Data) <= 100, "Data", len(t.Data), "at most 100 colours")
	for i, c := range t.Data {
		faults.Want(color.MatchString(c), fmt.Sprintf("Data[%d]", i), c, `"#RRGGBB" in capitals`)
	}
	for _, c := range [][2]string{{"Background", t.Background}, {"Foreground", t.Foreground}, {"Accent", t.Accent}} {
		faults.Want(c[1] == "" || color.MatchString(c[1]), c[0], c[1], `"#RRGGBB" in capitals`)
	}
	return faults.Err()
}

// JSON are the properties of AWS::QuickSight::Theme, but for the account and the permissions.
func (t Theme) JSON() map[string]any {
	var fonts []any
	if t.Font != "" {
		fonts = []any{map[string]any{"FontFamily": t.Font}}
	}
	return map[string]any{
		"ThemeId": t.ID, "Name": t.Name, "BaseThemeId": cmp.Or(t.Base, "CLASSIC"),
		"Configuration": jsontree.Merge(jsontree.Object(
			"DataColorPalette", jsontree.Object("Colors", texts(t.Data)),
			"UIColorPalette", jsontree.Object("PrimaryBackground", t.Background, "PrimaryForeground", t.Foreground, "Accent", t.Accent),
			"Typography", jsontree.Object("FontFamilies", fonts),
			"Sheet", jsontree.When(t.NoBorders, map[string]any{"Tile": map[string]any{"Border": map[string]any{"Show": false}}}),
		), t.More),
	}
}

// Publish is what readers of a dashboard may do. The zero value is what readers expect: they may filter and
// export what they see.
type Publish struct {
	NoFilters      bool // no filters of their own
	NoExport       bool // no export to CSV
	ControlsHidden bool // controls are folded away at first
	NoMaximize     bool // visuals cannot be made to fill the page
}

// JSON are DashboardPublishOptions.
func (p Publish) JSON() map[string]any {
	status := func(off bool) map[string]any {
		return map[string]any{"AvailabilityStatus": map[bool]string{true: "DISABLED", false: "ENABLED"}[off]}
	}
	return map[string]any{
		"AdHocFilteringOption": status(p.NoFilters), "ExportToCSVOption": status(p.NoExport), "SheetLayoutElementMaximizationOption": status(p.NoMaximize),
		"SheetControlsOption": map[string]any{"VisibilityState": map[bool]string{true: "COLLAPSED", false: "EXPANDED"}[p.ControlsHidden]},
	}
}

// ReadPublish reads DashboardPublishOptions.
func ReadPublish(options map[string]any) Publish {
	n := jsontree.Of(jsontree.Plain(options))
	off := func(option string) bool { return n.At(option, "AvailabilityStatus").Text() == "DISABLED" }
	return Publish{
		NoFilters: off("AdHocFilteringOption"), NoExport: off("ExportToCSVOption"), NoMaximize: off("SheetLayoutElementMaximizationOption"),
		ControlsHidden: n.At("SheetControlsOption", "VisibilityState").Text() == "COLLAPSED",
	}
}

// ReadTheme reads the properties of a theme: what [Theme.JSON] writes, or a theme of an exported bundle.
func ReadTheme(properties map[string]any) Theme {
	n := jsontree.Of(jsontree.Plain(properties))
	c := n.At("Configuration")
	t := Theme{
		ID: n.At("ThemeId").Text(), Name: n.At("Name").Text(), Base: n.At("BaseThemeId").Text(), Data: c.At("DataColorPalette", "Colors").Texts(),
		Background: c.At("UIColorPalette", "PrimaryBackground").Text(), Foreground: c.At("UIColorPalette", "PrimaryForeground").Text(), Accent: c.At("UIColorPalette", "Accent").Text(),
	}
	if fonts := c.At("Typography", "FontFamilies").List(); len(fonts) == 1 {
		t.Font = fonts[0].At("FontFamily").Text()
	}
	border := c.At("Sheet", "Tile", "Border", "Show")
	t.NoBorders = border.Is() && !border.True()
	if t.Base == "CLASSIC" {
		t.Base = ""
	}
	written := jsontree.Of(jsontree.Plain(t.JSON())).At("Configuration").Object()
	t.More = jsontree.Diff(written, c.Object())
	return t
}
