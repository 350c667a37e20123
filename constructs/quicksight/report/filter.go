package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Filter keeps the rows whose column matches.
type Filter struct {
	ID      string // unique in the definition; letters, digits, hyphens, underscores
	Column  string
	Dataset string // name of one of the definition's; if empty, the first
	Match   Match

	// On are the sheets that the filter works on; if empty, all sheets.
	On []Scope

	AllDatasets bool // whether it works on all datasets that have the column
	Off         bool // whether it does nothing until somebody switches it on

	Group string         // id of the service's group of the filter; if empty, made of its id
	More  map[string]any // see [Definition]
}

// Scope is a sheet, or some of its visuals.
type Scope struct {
	Sheet   string   // its id
	Visuals []string // ids; if empty, all visuals of the sheet
}

// Match is what a column is compared with: [OneOf], [Compare], [Range], [Between], [Recent],
// [Top] or [Given].
type Match interface {
	check(d Definition, faults *check.Faults, at string, data Dataset, column dataset.Column)
	json(d Definition, data Dataset) (kind string, body map[string]any)
	controls() []ControlKind
}

// OneOf matches any of the values, or with Not, none of them. Without values it matches all until somebody
// picks some.
type OneOf struct {
	Values []string
	Not    bool
}

// Compare compares text with a value or with a parameter.
type Compare struct {
	How       Comparison // if empty, Equals
	Value     string     // or
	Parameter string     // its name
}

// Comparison is how [Compare] compares.
type Comparison string

// The comparisons of text.
const (
	Equals         Comparison = "EQUALS"
	DoesNotEqual   Comparison = "DOES_NOT_EQUAL"
	Contains       Comparison = "CONTAINS"
	DoesNotContain Comparison = "DOES_NOT_CONTAIN"
	StartsWith     Comparison = "STARTS_WITH"
	EndsWith       Comparison = "ENDS_WITH"
)

var comparisons = []Comparison{Equals, DoesNotEqual, Contains, DoesNotContain, StartsWith, EndsWith}

// Range matches numbers from Least to Most, both included.
type Range struct {
	Least, Most                   *float64
	LeastParameter, MostParameter string // names of parameters in their place
}

// Between matches dates from From on and before Until.
type Between struct {
	From, Until                   time.Time
	FromParameter, UntilParameter string // names of parameters in their place
}

// Recent matches the last so many days, months and so on, of which the current one is the last.
type Recent struct {
	Last int // 1 or more
	Unit Granularity
}

// Top matches the values with the greatest measures.
type Top struct {
	Limit  int // 1 or more
	By     Measure
	Bottom bool // the smallest ones in their place
}

// Given is a match that has no type here. Its JSON stands in [Filter.More] and is not checked.
type Given struct {
	Kind string // member of the service's Filter, e.g. "NumericEqualityFilter"
}

func (d Definition) filterIDs() []string {
	ids := make([]string, len(d.Filters))
	for i, f := range d.Filters {
		ids[i] = f.ID
	}
	return ids
}

func (d Definition) checkFilters(faults *check.Faults) {
	faults.Want(len(d.Filters) <= 2000, "Filters", len(d.Filters), "at most 2000 filters")
	ids := map[string]bool{}
	for i, f := range d.Filters {
		at := fmt.Sprintf("Filters[%d]", i)
		fresh(faults, ids, at+".ID", "filter", f.ID)
		for j, scope := range f.On {
			d.checkScope(faults, fmt.Sprintf("%s.On[%d]", at, j), scope)
		}
		data, ok := d.wantData(faults, at+".Dataset", f.Dataset)
		if !ok {
			continue
		}
		column, known := dataset.WantColumn(faults, data.Columns, at+".Column", f.Column, "a column of the filter's dataset")
		if f.Match == nil {
			faults.Want(false, at+".Match", nil, "what the column is compared with")
		} else if known {
			f.Match.check(d, faults, at+".Match", data, column)
		}
	}
}

func (d Definition) checkScope(faults *check.Faults, at string, scope Scope) {
	d.wantSheet(faults, at+".Sheet", scope.Sheet)
	i := slices.IndexFunc(d.Sheets, func(s Sheet) bool { return s.ID == scope.Sheet })
	if i < 0 {
		return
	}
	var ids []string
	for _, v := range d.Sheets[i].Visuals {
		ids = append(ids, v.ID)
	}
	for j, id := range scope.Visuals {
		faults.Want(slices.Contains(ids, id), fmt.Sprintf("%s.Visuals[%d]", at, j), id, check.Suggest("the id of a visual of the sheet", id, ids))
	}
}

// wantKind records a column that cannot be compared so.
func wantKind(faults *check.Faults, at string, column dataset.Column, ok bool, kind string) {
	faults.Want(ok, at, string(column.Type), "a column of "+kind)
}

func (m OneOf) check(_ Definition, faults *check.Faults, at string, _ Dataset, column dataset.Column) {
	wantKind(faults, at, column, column.Type == dataset.String || column.Type == dataset.Boolean, "text")
	faults.Want(len(m.Values) > 0 || !m.Not, at+".Values", len(m.Values), "at least one value")
}

func (m Compare) check(d Definition, faults *check.Faults, at string, _ Dataset, column dataset.Column) {
	wantKind(faults, at, column, column.Type == dataset.String, "text")
	faults.Want(m.How == "" || slices.Contains(comparisons, m.How), at+".How", string(m.How), check.OneOf(comparisons))
	faults.Want((m.Value == "") != (m.Parameter == ""), at+".Value", m.Value, "a value or a parameter, but not both")
	d.wantTyped(faults, at+".Parameter", m.Parameter, dataset.String)
}

func (m Range) check(d Definition, faults *check.Faults, at string, _ Dataset, column dataset.Column) {
	wantKind(faults, at, column, column.Type.Number(), "numbers")
	faults.Want(m.Least != nil || m.Most != nil || m.LeastParameter != "" || m.MostParameter != "", at, "", "at least one end")
	faults.Want(m.Least == nil || m.Most == nil || *m.Least <= *m.Most, at+".Least", m.Least != nil, "a Least that is not above Most")
	d.wantTyped(faults, at+".LeastParameter", m.LeastParameter, dataset.Integer, dataset.Decimal)
	d.wantTyped(faults, at+".MostParameter", m.MostParameter, dataset.Integer, dataset.Decimal)
}

func (m Between) check(d Definition, faults *check.Faults, at string, _ Dataset, column dataset.Column) {
	wantKind(faults, at, column, column.Type == dataset.DateTime, "dates")
	faults.Want(!m.From.IsZero() || !m.Until.IsZero() || m.FromParameter != "" || m.UntilParameter != "", at, "", "at least one end")
	faults.Want(m.From.IsZero() || m.Until.IsZero() || m.From.Before(m.Until), at+".From", m.From.Format(time.RFC3339), "a From that is before Until")
	d.wantTyped(faults, at+".FromParameter", m.FromParameter, dataset.DateTime)
	d.wantTyped(faults, at+".UntilParameter", m.UntilParameter, dataset.DateTime)
}

func (m Recent) check(_ Definition, faults *check.Faults, at string, _ Dataset, column dataset.Column) {
	wantKind(faults, at, column, column.Type == dataset.DateTime, "dates")
	faults.Want(m.Last >= 1, at+".Last", m.Last, "1 or more")
	faults.Want(slices.Contains(granularities, m.Unit), at+".Unit", string(m.Unit), check.OneOf(granularities))
}

func (m Top) check(_ Definition, faults *check.Faults, at string, data Dataset, _ dataset.Column) {
	faults.Want(m.Limit >= 1, at+".Limit", m.Limit, "1 or more")
	m.By.check(faults, at+".By", data.Columns)
}

// wantTyped records a parameter that is not declared, or has none of the types. No name is no fault.
func (d Definition) wantTyped(faults *check.Faults, field, name string, types ...dataset.Type) {
	if name == "" {
		return
	}
	if p := d.wantParameter(faults, field, name); p.Name != "" {
		faults.Want(slices.Contains(types, p.Type), field, name, "a parameter of type "+check.OneOf(types))
	}
}

func (m Given) check(_ Definition, faults *check.Faults, at string, _ Dataset, _ dataset.Column) {
	faults.Want(m.Kind != "", at+".Kind", m.Kind, "a member of the service's Filter")
}

func (Given) controls() []ControlKind   { return allControls }
func (OneOf) controls() []ControlKind   { return []ControlKind{Dropdown, List} }
func (Compare) controls() []ControlKind { return []ControlKind{TextField} }
func (Range) controls() []ControlKind   { return []ControlKind{Slider, TextField} }
func (Between) controls() []ControlKind { return []ControlKind{DatePicker} }
func (Recent) controls() []ControlKind  { return []ControlKind{RelativeDate} }
func (Top) controls() []ControlKind     { return []ControlKind{TextField} }

func (m Given) json(Definition, Dataset) (string, map[string]any) { return m.Kind, map[string]any{} }

func (m OneOf) json(Definition, Dataset) (string, map[string]any) {
	operator := "CONTAINS"
	if m.Not {
		operator = "DOES_NOT_CONTAIN"
	}
	list := jsontree.Object("MatchOperator", operator, "CategoryValues", texts(m.Values), "SelectAllOptions", jsontree.When(len(m.Values) == 0, "FILTER_ALL_VALUES"))
	return "CategoryFilter", map[string]any{"Configuration": map[string]any{"FilterListConfiguration": list}}
}

func (m Compare) json(Definition, Dataset) (string, map[string]any) {
	custom := jsontree.Object("MatchOperator", string(cmp.Or(m.How, Equals)), "CategoryValue", m.Value, "ParameterName", m.Parameter, "NullOption", "NON_NULLS_ONLY")
	return "CategoryFilter", map[string]any{"Configuration": map[string]any{"CustomFilterConfiguration": custom}}
}

func (m Range) json(Definition, Dataset) (string, map[string]any) {
	end := func(value *float64, parameter string) any {
		if value != nil {
			return map[string]any{"StaticValue": *value}
		}
		return jsontree.Object("Parameter", parameter)
	}
	return "NumericRangeFilter", jsontree.Object("RangeMinimum", end(m.Least, m.LeastParameter), "RangeMaximum", end(m.Most, m.MostParameter),
		"IncludeMinimum", true, "IncludeMaximum", true, "NullOption", "NON_NULLS_ONLY")
}

func (m Between) json(Definition, Dataset) (string, map[string]any) {
	end := func(value time.Time, parameter string) any {
		return jsontree.Object("StaticValue", jsontree.When(!value.IsZero(), value.UTC().Format(time.RFC3339)), "Parameter", parameter)
	}
	return "TimeRangeFilter", jsontree.Object("RangeMinimumValue", end(m.From, m.FromParameter), "RangeMaximumValue", end(m.Until, m.UntilParameter),
		"IncludeMinimum", true, "IncludeMaximum", false, "NullOption", "NON_NULLS_ONLY")
}

func (m Recent) json(Definition, Dataset) (string, map[string]any) {
	return "RelativeDatesFilter", map[string]any{"AnchorDateConfiguration": map[string]any{"AnchorOption": "NOW"}, "TimeGranularity": string(m.Unit),
		"RelativeDateType": "LAST", "RelativeDateValue": m.Last, "NullOption": "NON_NULLS_ONLY"}
}

func (m Top) json(_ Definition, data Dataset) (string, map[string]any) {
	column, _ := dataset.Find(data.Columns, m.By.Column)
	direction := "DESC"
	if m.Bottom {
		direction = "ASC"
	}
	aggregate := string(m.By.aggregate(column.Type))
	function := map[string]any{"CategoricalAggregationFunction": aggregate}
	switch {
	case column.Type.Number():
		function = map[string]any{"NumericalAggregationFunction": map[string]any{"SimpleNumericalAggregation": aggregate}}
	case column.Type == dataset.DateTime:
		function = map[string]any{"DateAggregationFunction": aggregate}
	}
	order := map[string]any{"Column": identifier(data.Name, m.By.Column), "SortDirection": direction, "AggregationFunction": function}
	return "TopBottomFilter", map[string]any{"Limit": m.Limit, "AggregationSortConfigurations": []any{order}}
}

// filterGroups writes the filters. Those that follow each other with the same group stand in it together.
func (d Definition) filterGroups() []any {
	var groups []any
	last := ""
	for _, f := range d.Filters {
		id := cmp.Or(f.Group, f.ID+"-group")
		if id == last {
			group := groups[len(groups)-1].(map[string]any)
			group["Filters"] = append(group["Filters"].([]any), f.json(d))
			continue
		}
		last = id
		groups = append(groups, map[string]any{
			"FilterGroupId": id, "Filters": []any{f.json(d)}, "ScopeConfiguration": f.scope(),
			"CrossDataset": map[bool]string{true: "ALL_DATASETS", false: "SINGLE_DATASET"}[f.AllDatasets],
			"Status":       map[bool]string{true: "DISABLED", false: "ENABLED"}[f.Off],
		})
	}
	return groups
}

func (f Filter) json(d Definition) any {
	data, _ := d.data(f.Dataset)
	kind, body := f.Match.json(d, data)
	body = jsontree.Merge(body, map[string]any{"FilterId": f.ID, "Column": identifier(data.Name, f.Column)})
	return map[string]any{kind: jsontree.Merge(body, f.More)}
}

func (f Filter) scope() any {
	if len(f.On) == 0 {
		return map[string]any{"AllSheets": map[string]any{}}
	}
	return map[string]any{"SelectedSheets": map[string]any{"SheetVisualScopingConfigurations": jsontree.List(f.On, func(_ int, s Scope) any {
		kind := "ALL_VISUALS"
		if len(s.Visuals) > 0 {
			kind = "SELECTED_VISUALS"
		}
		return jsontree.Object("SheetId", s.Sheet, "Scope", kind, "VisualIds", texts(s.Visuals))
	})}}
}
