package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Chart is what a [Visual] draws: a [Table], [PivotTable], [KPI], [Bar], [Combo], [Line],
// [Pie], [FilledMap], [Histogram] or [Other].
type Chart interface {
	// form is how the service writes the chart.
	form() form
}

// A form is a chart in the service's terms: its kind, its field wells, and what else there is.
type form struct {
	kind    string // e.g. "BarChartVisual"
	group   string // the member of FieldWells that holds the wells; if empty, FieldWells does
	wells   []well
	sort    string // the member of SortConfiguration that sorts; if empty, the chart sorts nothing
	sorted  []Sort
	limits  map[string]int // members of SortConfiguration that limit how much is shown; 0 is the service's own
	options func(id func(well string, i int) string) map[string]any
	check   func(faults *check.Faults, at string)
}

// A well is a named list of fields.
type well struct {
	name        string
	dimensions  []Dimension
	measures    []Measure
	least, most int
}

// Sort is an order of what is shown.
type Sort struct {
	By         string // id of a field of the chart, or its column
	Descending bool
}

// Table lists groups with their values, or rows as they are.
type Table struct {
	GroupBy []Dimension
	Values  []Measure
	Rows    []string // columns of the rows as they are; then there is no GroupBy and no Values
	Sort    []Sort
}

// PivotTable has groups in both directions and values where they cross.
type PivotTable struct {
	Rows, Columns []Dimension // at most 40 each
	Values        []Measure   // at most 40
}

// KPI is one number, perhaps beside the one it should be, or over time.
type KPI struct {
	Values  []Measure // at least one
	Targets []Measure
	Trend   []Dimension
}

// Arrangement is how the bars of one category stand.
type Arrangement string

// The arrangements of bars.
const (
	Clustered      Arrangement = "CLUSTERED"
	Stacked        Arrangement = "STACKED"
	StackedPercent Arrangement = "STACKED_PERCENT"
)

var arrangements = []Arrangement{Clustered, Stacked, StackedPercent}

// Bar draws a bar for each category and value.
type Bar struct {
	Category       []Dimension // at least one; more than one can be drilled down
	Values         []Measure   // at least one, and one alone with Colors
	Colors         []Dimension
	SmallMultiples []Dimension // at most one
	Arrangement    Arrangement // if empty, Clustered
	Horizontal     bool
	Sort           []Sort
	Limit          int // categories shown; if zero, the service's own limit
}

// Combo draws bars and lines over the same categories, e.g. a clustered bar combo.
type Combo struct {
	Category    []Dimension // at least one
	Bars        []Measure
	Lines       []Measure
	Colors      []Dimension
	Arrangement Arrangement // if empty, Clustered
	Sort        []Sort
	Limit       int // categories shown; if zero, the service's own limit
}

// Pie draws a slice for each category.
type Pie struct {
	Category       []Dimension // at least one
	Values         []Measure   // at least one
	SmallMultiples []Dimension // at most one
	Sort           []Sort
	Limit          int // slices shown; if zero, the service's own limit
}

// FilledMap colours places by a value.
type FilledMap struct {
	Place  []Dimension // one, a column with a geographical role
	Values []Measure   // at most one
}

// Histogram counts how often values fall into bins.
type Histogram struct {
	Column string  // of numbers
	ID     string  // of the field; if empty, made of the visual's id
	Bins   int     // how many; if zero, the service chooses
	Width  float64 // of a bin, in place of Bins
}

// Other is a chart that has no type here. Its JSON stands in [Visual.More]; columns in it are not checked.
type Other struct {
	Kind string // member of the service's Visual, e.g. "SankeyDiagramVisual"
}

func (c Table) form() form {
	f := form{kind: "TableVisual", group: "TableAggregatedFieldWells", sort: "RowSort", sorted: c.Sort,
		wells: []well{{"GroupBy", c.GroupBy, nil, 0, 200}, {"Values", nil, c.Values, 0, 200}}}
	f.check = func(faults *check.Faults, at string) {
		grouped := len(c.GroupBy)+len(c.Values) > 0
		faults.Want(grouped != (len(c.Rows) > 0), at, len(c.Rows), "rows, or groups and values, but not both")
	}
	return f
}

func (c PivotTable) form() form {
	f := form{kind: "PivotTableVisual", group: "PivotTableAggregatedFieldWells",
		wells: []well{{"Rows", c.Rows, nil, 0, 40}, {"Columns", c.Columns, nil, 0, 40}, {"Values", nil, c.Values, 0, 40}}}
	f.check = func(faults *check.Faults, at string) {
		faults.Want(len(c.Rows)+len(c.Columns)+len(c.Values) > 0, at, 0, "at least one field")
	}
	return f
}

func (c KPI) form() form {
	return form{kind: "KPIVisual", wells: []well{{"Values", nil, c.Values, 1, 200}, {"TargetValues", nil, c.Targets, 0, 200}, {"TrendGroups", c.Trend, nil, 0, 200}}}
}

func (c Bar) form() form {
	orientation := "VERTICAL"
	if c.Horizontal {
		orientation = "HORIZONTAL"
	}
	f := form{kind: "BarChartVisual", group: "BarChartAggregatedFieldWells", sort: "CategorySort", sorted: c.Sort, limits: map[string]int{"CategoryItemsLimit": c.Limit},
		wells: []well{{"Category", c.Category, nil, 1, 200}, {"Values", nil, c.Values, 1, 200}, {"Colors", c.Colors, nil, 0, 200}, {"SmallMultiples", c.SmallMultiples, nil, 0, 1}}}
	f.options = func(func(string, int) string) map[string]any {
		return map[string]any{"Orientation": orientation, "BarsArrangement": string(cmp.Or(c.Arrangement, Clustered))}
	}
	f.check = func(faults *check.Faults, at string) {
		checkArrangement(faults, at, c.Arrangement)
		oneValue(faults, at+".Values", c.Values, c.Colors)
		faults.Want(c.Limit >= 0, at+".Limit", c.Limit, "1 or more, or 0 for the service's own")
	}
	return f
}

func (c Combo) form() form {
	f := form{kind: "ComboChartVisual", group: "ComboChartAggregatedFieldWells", sort: "CategorySort", sorted: c.Sort, limits: map[string]int{"CategoryItemsLimit": c.Limit},
		wells: []well{{"Category", c.Category, nil, 1, 200}, {"BarValues", nil, c.Bars, 0, 200}, {"LineValues", nil, c.Lines, 0, 200}, {"Colors", c.Colors, nil, 0, 200}}}
	f.options = func(func(string, int) string) map[string]any {
		return map[string]any{"BarsArrangement": string(cmp.Or(c.Arrangement, Clustered))}
	}
	f.check = func(faults *check.Faults, at string) {
		checkArrangement(faults, at, c.Arrangement)
		oneValue(faults, at+".Bars", c.Bars, c.Colors)
		faults.Want(len(c.Bars)+len(c.Lines) > 0, at, 0, "at least one measure in Bars or Lines")
	}
	return f
}

func (c Pie) form() form {
	return form{kind: "PieChartVisual", group: "PieChartAggregatedFieldWells", sort: "CategorySort", sorted: c.Sort, limits: map[string]int{"CategoryItemsLimit": c.Limit},
		wells: []well{{"Category", c.Category, nil, 1, 200}, {"Values", nil, c.Values, 1, 200}, {"SmallMultiples", c.SmallMultiples, nil, 0, 1}}}
}

func (c FilledMap) form() form {
	return form{kind: "FilledMapVisual", group: "FilledMapAggregatedFieldWells", wells: []well{{"Geospatial", c.Place, nil, 1, 1}, {"Values", nil, c.Values, 0, 1}}}
}

func (c Histogram) form() form {
	f := form{kind: "HistogramVisual", group: "HistogramAggregatedFieldWells", wells: []well{{"Values", nil, []Measure{{Column: c.Column, Aggregate: None, ID: c.ID}}, 1, 1}}}
	f.options = func(func(string, int) string) map[string]any {
		switch {
		case c.Bins > 0:
			return map[string]any{"BinOptions": map[string]any{"SelectedBinType": "BIN_COUNT", "BinCount": map[string]any{"Value": c.Bins}}}
		case c.Width > 0:
			return map[string]any{"BinOptions": map[string]any{"SelectedBinType": "BIN_WIDTH", "BinWidth": map[string]any{"Value": c.Width}}}
		}
		return nil
	}
	f.check = func(faults *check.Faults, at string) {
		faults.Want(c.Bins >= 0 && c.Width >= 0 && (c.Bins == 0 || c.Width == 0), at+".Bins", c.Bins, "Bins or Width, 0 or more, but not both")
	}
	return f
}

func (c Other) form() form {
	return form{kind: c.Kind, check: func(faults *check.Faults, at string) {
		faults.Want(c.Kind != "", at+".Kind", c.Kind, "a member of the service's Visual")
	}}
}

func checkArrangement(faults *check.Faults, at string, a Arrangement) {
	faults.Want(a == "" || slices.Contains(arrangements, a), at+".Arrangement", string(a), check.OneOf(arrangements))
}

// oneValue records several values beside colours, of which the service draws one alone.
func oneValue(faults *check.Faults, at string, values []Measure, colors []Dimension) {
	faults.Want(len(colors) == 0 || len(values) <= 1, at, len(values), "one measure beside Colors")
}

// checkChart records what is wrong with the chart of a visual.
func checkChart(faults *check.Faults, at string, v visualScope, chart Chart) {
	f := chart.form()
	for _, w := range f.wells {
		name := fmt.Sprintf("%s.%s", at, fieldName(chart, w.name))
		n := len(w.dimensions) + len(w.measures)
		faults.Want(n >= w.least && n <= w.most, name, n, count(w.least, w.most))
		for i, d := range w.dimensions {
			d.check(faults, fmt.Sprintf("%s[%d]", name, i), v.data.Columns)
		}
		for i, m := range w.measures {
			m.check(faults, measureField(chart, name, i), v.data.Columns)
		}
	}
	for i, sort := range f.sorted {
		_, ok := f.find(v, sort.By)
		faults.Want(ok, fmt.Sprintf("%s.Sort[%d].By", at, i), sort.By, check.Suggest("a field of the chart", sort.By, f.names()))
	}
	if f.check != nil {
		f.check(faults, at)
	}
}

func count(least, most int) string {
	if least == most {
		return fmt.Sprintf("%d field", least)
	}
	return fmt.Sprintf("%d to %d fields", least, most)
}

// fieldName is our name of one of the service's wells.
func fieldName(chart Chart, name string) string {
	switch chart.(type) {
	case KPI:
		return map[string]string{"Values": "Values", "TargetValues": "Targets", "TrendGroups": "Trend"}[name]
	case Combo:
		return cmp.Or(map[string]string{"BarValues": "Bars", "LineValues": "Lines"}[name], name)
	case FilledMap:
		return cmp.Or(map[string]string{"Geospatial": "Place"}[name], name)
	}
	return name
}

func measureField(chart Chart, well string, i int) string {
	if _, is := chart.(Histogram); is {
		return well[:len(well)-len(".Values")]
	}
	return fmt.Sprintf("%s[%d]", well, i)
}

// find is the id of the field that has this id or column.
func (f form) find(v visualScope, name string) (string, bool) {
	for _, w := range f.wells {
		for i, d := range w.dimensions {
			if name != "" && (d.ID == name || d.Column == name) {
				return cmp.Or(d.ID, v.fieldID(w.name, i)), true
			}
		}
		for i, m := range w.measures {
			if name != "" && (m.ID == name || m.Column == name) {
				return cmp.Or(m.ID, v.fieldID(w.name, i)), true
			}
		}
	}
	return "", false
}

func (f form) names() []string {
	var names []string
	for _, w := range f.wells {
		for _, d := range w.dimensions {
			names = append(names, d.Column)
		}
		for _, m := range w.measures {
			names = append(names, m.Column)
		}
	}
	return names
}

// configuration is the chart as the service's ChartConfiguration.
func (f form) configuration(v visualScope, chart Chart) map[string]any {
	wells := map[string]any{}
	for _, w := range f.wells {
		list := jsontree.List(w.dimensions, func(i int, d Dimension) any { return d.json(v, v.fieldID(w.name, i)) })
		list = append(list, jsontree.List(w.measures, func(i int, m Measure) any { return m.json(v, v.fieldID(w.name, i)) })...)
		if len(list) > 0 {
			wells[w.name] = list
		}
	}
	group := f.group
	if table, is := chart.(Table); is && len(table.Rows) > 0 {
		group, wells = "TableUnaggregatedFieldWells", table.rows(v)
	}
	if group != "" {
		wells = map[string]any{group: wells}
	}
	configuration := map[string]any{"FieldWells": wells}
	if f.options != nil {
		configuration = jsontree.Merge(configuration, f.options(v.fieldID))
	}
	return jsontree.Merge(configuration, jsontree.Object("SortConfiguration", f.sortConfiguration(v)))
}

func (c Table) rows(v visualScope) map[string]any {
	return map[string]any{"Values": jsontree.List(c.Rows, func(i int, name string) any {
		return map[string]any{"FieldId": v.fieldID("Values", i), "Column": identifier(v.data.Name, name)}
	})}
}

func (f form) sortConfiguration(v visualScope) map[string]any {
	order := map[string]any{}
	for member, limit := range f.limits {
		if limit > 0 {
			order[member] = map[string]any{"ItemsLimit": limit, "OtherCategories": "EXCLUDE"}
		}
	}
	list := jsontree.List(f.sorted, func(_ int, s Sort) any {
		id, _ := f.find(v, s.By)
		direction := "ASC"
		if s.Descending {
			direction = "DESC"
		}
		return map[string]any{"FieldSort": map[string]any{"FieldId": id, "Direction": direction}}
	})
	if len(list) > 0 {
		order[f.sort] = list
	}
	return order
}
