package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Read reads a definition in the service's JSON: what [Definition.JSON] writes, what
// DescribeDashboardDefinition returns, or the definition of an exported bundle. Written again, it is the same JSON.
//
// The JSON does not say what columns a dataset has. Those of the known datasets, by id, are taken as they are; of
// others the columns are those that are used, with the types that their uses imply.
func Read(definition map[string]any, known map[string][]dataset.Column) (Definition, error) {
	plain := jsontree.Plain(definition).(map[string]any)
	n := jsontree.Of(plain)
	r := &reader{d: &Definition{}, known: map[string]bool{}}
	arns := map[string]string{}
	for _, s := range n.At("DataSetIdentifierDeclarations").List() {
		arn := s.At("DataSetArn").Text()
		id := arn[strings.LastIndex(arn, "/")+1:]
		name := s.At("Identifier").Text()
		arns["dataset/"+id] = arn
		_, r.known[name] = known[id]
		r.d.Datasets = append(r.d.Datasets, Dataset{Name: name, ID: id, Columns: slices.Clone(known[id])})
	}
	if len(r.d.Datasets) == 0 {
		return Definition{}, fmt.Errorf("the definition declares no dataset")
	}
	r.read(n)
	r.d.More = jsontree.Diff(jsontree.Plain(r.d.JSON(func(resource string) string { return arns[resource] })).(map[string]any), plain)
	return *r.d, nil
}

// A reader fills a definition. It learns the columns of datasets from their uses.
type reader struct {
	d     *Definition
	known map[string]bool // datasets whose columns are known, by name
}

// learn is the column's name; if its dataset's columns are not known, it becomes one of them.
func (r *reader) learn(n jsontree.Node, t dataset.Type) string {
	name, data := n.At("ColumnName").Text(), n.At("DataSetIdentifier").Text()
	if r.known[data] {
		return name
	}
	for i, s := range r.d.Datasets {
		if s.Name != data || r.isCalculated(data, name) {
			continue
		}
		j := slices.Index(dataset.Names(s.Columns), name)
		switch {
		case j < 0:
			r.d.Datasets[i].Columns = append(s.Columns, dataset.Column{Name: name, Type: t})
		case s.Columns[j].Type == dataset.String: // a count says less of a column than other uses do
			s.Columns[j].Type = t
		}
	}
	return name
}

// field is the column of a field of a chart. Calculated fields have the type that their use in charts implies.
func (r *reader) field(n jsontree.Node, t dataset.Type) string {
	name, data := n.At("ColumnName").Text(), n.At("DataSetIdentifier").Text()
	for i, c := range r.d.Calculated {
		if c.Name == name && c.Dataset == data {
			r.d.Calculated[i].Type = t
		}
	}
	return r.learn(n, t)
}

func (r *reader) isCalculated(data, name string) bool {
	return slices.ContainsFunc(r.d.Calculated, func(c Calculated) bool { return c.Name == name && c.Dataset == data })
}

// dataset is the name of a column's dataset, or "" for the first.
func (r *reader) dataset(n jsontree.Node) string {
	name := n.At("DataSetIdentifier").Text()
	if name == r.d.Datasets[0].Name {
		return ""
	}
	return name
}

// more is what was read beyond what is written; both are unions of one member.
func more(ours any, theirs jsontree.Node) map[string]any {
	written := jsontree.Of(jsontree.Plain(ours))
	return jsontree.Diff(written.At(written.Only()).Object(), theirs.At(theirs.Only()).Object())
}

// read goes from what is used to what uses it: fields come first, for they tell the columns' types.
func (r *reader) read(n jsontree.Node) {
	for _, c := range n.At("CalculatedFields").List() {
		r.d.Calculated = append(r.d.Calculated, Calculated{Dataset: c.At("DataSetIdentifier").Text(), Name: c.At("Name").Text(), Type: dataset.Decimal, Expression: c.At("Expression").Text()})
	}
	for _, p := range n.At("ParameterDeclarations").List() {
		r.d.Parameters = append(r.d.Parameters, readParameter(p))
	}
	// Twice: what the last chart tells of a column's type changes how the first is written.
	sheets := n.At("Sheets").List()
	for range 2 {
		r.d.Sheets = nil
		for _, sheet := range sheets {
			r.d.Sheets = append(r.d.Sheets, r.readSheet(sheet))
		}
		r.d.Filters = nil
		for _, group := range n.At("FilterGroups").List() {
			r.readFilters(group)
		}
	}
	for i, sheet := range sheets {
		for _, c := range sheet.At("FilterControls").List() {
			r.d.Sheets[i].Controls = append(r.d.Sheets[i].Controls, r.readControl(c, "Filter"))
		}
		for _, c := range sheet.At("ParameterControls").List() {
			r.d.Sheets[i].Controls = append(r.d.Sheets[i].Controls, r.readControl(c, "Parameter"))
		}
		ours := jsontree.Plain(r.d.sheet(r.d.Sheets[i])).(map[string]any)
		r.d.Sheets[i].More = jsontree.Diff(ours, sheet.Object())
	}
}

func (r *reader) readSheet(n jsontree.Node) Sheet {
	sheet := Sheet{ID: n.At("SheetId").Text(), Name: n.At("Name").Text(), Title: n.At("Title").Text(), Description: n.At("Description").Text()}
	boxes := map[string]Box{}
	for _, layout := range n.At("Layouts").List() {
		for _, e := range layout.At("Configuration", "GridLayout", "Elements").List() {
			boxes[e.At("ElementId").Text()] = Box{e.At("ColumnIndex").Int(), e.At("RowIndex").Int(), e.At("ColumnSpan").Int(), e.At("RowSpan").Int()}
		}
	}
	for _, v := range n.At("Visuals").List() {
		visual := r.readVisual(v)
		visual.At = boxes[visual.ID]
		sheet.Visuals = append(sheet.Visuals, visual)
	}
	for _, t := range n.At("TextBoxes").List() {
		id := t.At("SheetTextBoxId").Text()
		sheet.Texts = append(sheet.Texts, Text{ID: id, Content: t.At("Content").Text(), At: boxes[id]})
	}
	return sheet
}

func (r *reader) readVisual(n jsontree.Node) Visual {
	body := n.At(n.Only())
	v := Visual{ID: body.At("VisualId").Text(), Title: body.At("Title", "FormatText", "PlainText").Text(), Subtitle: body.At("Subtitle", "FormatText", "PlainText").Text()}
	chart := chartReader{reader: r, v: &v, n: body.At("ChartConfiguration"), ids: map[string]string{}}
	v.Chart = chart.read(n.Only())
	v.Links = chart.links(body.At("Actions").List())
	v.More = more(r.d.visual(v), n)
	return v
}

func (r *reader) readFilters(group jsontree.Node) {
	id := group.At("FilterGroupId").Text()
	for i, n := range group.At("Filters").List() {
		body := n.At(n.Only())
		column := body.At("Column")
		match := readMatch(r, n.Only(), body)
		f := Filter{
			ID: body.At("FilterId").Text(), Dataset: r.dataset(column), Match: match, AllDatasets: group.At("CrossDataset").Text() == "ALL_DATASETS",
			Column: r.learn(column, matchKinds[n.Only()]), Off: group.At("Status").Text() == "DISABLED",
		}
		if id != f.ID+"-group" || i > 0 {
			f.Group = id
		}
		for _, s := range group.At("ScopeConfiguration", "SelectedSheets", "SheetVisualScopingConfigurations").List() {
			f.On = append(f.On, Scope{s.At("SheetId").Text(), s.At("VisualIds").Texts()})
		}
		f.More = more(f.json(*r.d), n)
		r.d.Filters = append(r.d.Filters, f)
	}
}

var matchKinds = map[string]dataset.Type{
	"CategoryFilter": dataset.String, "NumericRangeFilter": dataset.Decimal, "TimeRangeFilter": dataset.DateTime,
	"RelativeDatesFilter": dataset.DateTime, "TopBottomFilter": dataset.String, "NumericEqualityFilter": dataset.Decimal, "TimeEqualityFilter": dataset.DateTime, "NestedFilter": dataset.String,
}

// readMatch reads a filter's condition, [Given] for one that has no form here.
func readMatch(r *reader, kind string, n jsontree.Node) Match {
	list, custom := n.At("Configuration", "FilterListConfiguration"), n.At("Configuration", "CustomFilterConfiguration")
	switch {
	case kind == "CategoryFilter" && list.Is():
		return OneOf{Values: list.At("CategoryValues").Texts(), Not: list.At("MatchOperator").Text() == "DOES_NOT_CONTAIN"}
	case kind == "CategoryFilter" && custom.Is():
		return Compare{How: Comparison(custom.At("MatchOperator").Text()), Value: custom.At("CategoryValue").Text(), Parameter: custom.At("ParameterName").Text()}
	case kind == "NumericRangeFilter":
		return Range{number(n.At("RangeMinimum", "StaticValue")), number(n.At("RangeMaximum", "StaticValue")), n.At("RangeMinimum", "Parameter").Text(), n.At("RangeMaximum", "Parameter").Text()}
	case kind == "TimeRangeFilter":
		from, _ := time.Parse(time.RFC3339, n.At("RangeMinimumValue", "StaticValue").Text())
		until, _ := time.Parse(time.RFC3339, n.At("RangeMaximumValue", "StaticValue").Text())
		return Between{from, until, n.At("RangeMinimumValue", "Parameter").Text(), n.At("RangeMaximumValue", "Parameter").Text()}
	case kind == "RelativeDatesFilter" && n.At("RelativeDateType").Text() == "LAST":
		return Recent{n.At("RelativeDateValue").Int(), Granularity(n.At("TimeGranularity").Text())}
	case kind == "TopBottomFilter" && len(n.At("AggregationSortConfigurations").List()) == 1:
		return readTop(r, n)
	}
	return Given{kind}
}

func number(n jsontree.Node) *float64 {
	if !n.Is() {
		return nil
	}
	value := n.Number()
	return &value
}

func readTop(r *reader, n jsontree.Node) Match {
	order := n.At("AggregationSortConfigurations").List()[0]
	function := order.At("AggregationFunction")
	kind := map[string]dataset.Type{"NumericalAggregationFunction": dataset.Decimal, "DateAggregationFunction": dataset.DateTime, "CategoricalAggregationFunction": dataset.String}[function.Only()]
	aggregate := Aggregate(function.At(function.Only()).Text() + function.At(function.Only(), "SimpleNumericalAggregation").Text())
	return Top{Limit: n.At("Limit").Int(), Bottom: order.At("SortDirection").Text() == "ASC", By: Measure{Column: r.learn(order.At("Column"), kind), Aggregate: aggregate}}
}
