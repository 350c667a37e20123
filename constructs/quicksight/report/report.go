// Package report says what a QuickSight dashboard or analysis shows, as plain values:
// sheets with charts on a grid, their fields, filters, parameters and controls.
//
// Every field is checked against the columns of its dataset, so a chart cannot show what is not there.
// [Definition.JSON] writes the service's own JSON, [Read] reads it back; the package starts no
// Node and knows nothing of the CDK.
package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Definition is what a dashboard or an analysis shows.
type Definition struct {
	Datasets   []Dataset    // 1 to 50
	Sheets     []Sheet      // 1 to 20
	Parameters []Parameter  // at most 400
	Filters    []Filter     // at most 2000
	Calculated []Calculated // at most 2000

	// More is laid over the service's JSON as a merge patch (RFC 7386): members for which
	// there is no field here. Sheets, visuals, filters and parameters have their own.
	More map[string]any
}

// Dataset is where charts have their rows from.
type Dataset struct {
	Name    string // in the definition, e.g. "Orders"; unique
	ID      string // of the dataset
	Columns []dataset.Column
}

// Of is the dataset that a definition makes, under its own name.
func Of(d dataset.Definition) Dataset {
	return Dataset{Name: d.Name, ID: d.ID, Columns: d.Output()}
}

// Calculated is a field that is computed when it is looked at.
type Calculated struct {
	Dataset    string       // name of one of the definition's; if empty, the first
	Name       string       // unique among the columns of the dataset, 1 to 128 characters
	Type       dataset.Type // of its values
	Expression string       // 1 to 32,000 characters; columns stand in braces
}

// Sheet is a page of charts.
type Sheet struct {
	ID          string // unique in the definition; letters, digits, hyphens, underscores
	Name        string // on the tab, 1 to 2048 characters
	Title       string // above the charts; may be empty
	Description string // below the title; may be empty
	Visuals     []Visual
	Texts       []Text
	Controls    []Control

	More map[string]any // see [Definition]
}

// Visual is a chart with its place on the sheet.
type Visual struct {
	ID       string // unique in the definition; letters, digits, hyphens, underscores
	Title    string // at most 512 characters; if empty, the service writes one
	Subtitle string // at most 1024 characters; may be empty
	Dataset  string // name of one of the definition's; if empty, the first
	Chart    Chart
	At       Box    // if it has no size, the next free place
	Links    []Link // what a click does

	More map[string]any // see [Definition]
}

// Text is a box of text. Its content is the service's own XML, e.g. "<text-box>Sales</text-box>".
type Text struct {
	ID      string
	Content string // at most 150,000 characters
	At      Box
}

// Link is what happens when a point of a chart is clicked: another sheet opens, perhaps with parameters
// set to what was clicked.
type Link struct {
	Name  string // in the menu, 1 to 256 characters
	Sheet string // id of the sheet that opens
	Menu  bool   // whether it is offered in the point's menu; otherwise any click does it
	Set   []Set
}

// Set gives a parameter the value of a field of the clicked point.
type Set struct {
	Parameter string // its name
	Field     string // id or column of a field of the chart
}

// visualScope is a visual with its dataset.
type visualScope struct {
	id   string
	data Dataset
}

// fieldID is the id of a field that has none of its own.
func (v visualScope) fieldID(well string, i int) string {
	return fmt.Sprintf("%s.%s.%d", v.id, well, i)
}

// data is the dataset of that name, with calculated fields among its columns.
func (d Definition) data(name string) (Dataset, bool) {
	i := slices.IndexFunc(d.Datasets, func(s Dataset) bool { return s.Name == name })
	if name == "" && len(d.Datasets) > 0 {
		i = 0
	}
	if i < 0 {
		return Dataset{}, false
	}
	data := d.Datasets[i]
	data.Columns = slices.Clone(data.Columns)
	for _, c := range d.Calculated {
		if cmp.Or(c.Dataset, d.Datasets[0].Name) == data.Name {
			data.Columns = append(data.Columns, dataset.Column{Name: c.Name, Type: c.Type})
		}
	}
	return data, true
}

// wantData records a fault unless a dataset has the name.
func (d Definition) wantData(faults *check.Faults, field, name string) (Dataset, bool) {
	data, ok := d.data(name)
	names := make([]string, len(d.Datasets))
	for i, s := range d.Datasets {
		names[i] = s.Name
	}
	faults.Want(ok, field, name, check.Suggest("the name of a dataset of the definition", name, names))
	return data, ok
}

var idPattern = regexp.MustCompile(`^[\w-]{1,512}$`)

const wantID = "1 to 512 letters, digits, hyphens and underscores that nothing else of its kind has"

// Validate reports every fault in the definition as a [check.Fault].
func (d Definition) Validate() error {
	faults := check.Of("report.Definition")
	faults.Want(len(d.Datasets) > 0 && len(d.Datasets) <= 50, "Datasets", len(d.Datasets), "1 to 50 datasets")
	for i, s := range d.Datasets {
		at := fmt.Sprintf("Datasets[%d]", i)
		twice := slices.ContainsFunc(d.Datasets[:i], func(o Dataset) bool { return o.Name == s.Name })
		faults.Want(s.Name != "" && !twice, at+".Name", s.Name, "a name that no other dataset has")
		faults.Want(dataset.IsID(s.ID), at+".ID", s.ID, "the id of a dataset")
		faults.Want(len(s.Columns) > 0, at+".Columns", len(s.Columns), "at least one column")
	}
	d.checkCalculated(faults)
	faults.Want(len(d.Sheets) > 0 && len(d.Sheets) <= 20, "Sheets", len(d.Sheets), "1 to 20 sheets")
	ids := map[string]bool{}
	for i, sheet := range d.Sheets {
		at := fmt.Sprintf("Sheets[%d]", i)
		fresh(faults, ids, at+".ID", "sheet", sheet.ID)
		d.checkSheet(faults, at, sheet, ids)
	}
	d.checkParameters(faults)
	d.checkFilters(faults)
	return faults.Err()
}

// fresh records an id that is no id, or that something of the kind has already.
func fresh(faults *check.Faults, ids map[string]bool, field, kind, id string) {
	faults.Want(idPattern.MatchString(id) && !ids[kind+"/"+id], field, id, wantID)
	ids[kind+"/"+id] = true
}

func (d Definition) checkCalculated(faults *check.Faults) {
	for i, c := range d.Calculated {
		at := fmt.Sprintf("Calculated[%d]", i)
		data, ok := d.wantData(faults, at+".Dataset", c.Dataset)
		if !ok {
			continue
		}
		same := 0
		for _, column := range data.Columns {
			if column.Name == c.Name {
				same++
			}
		}
		faults.Want(c.Name != "" && len(c.Name) <= 128 && same == 1, at+".Name", c.Name, "1 to 128 characters that no column of the dataset has")
		faults.Want(slices.Contains(dataset.Types, c.Type), at+".Type", string(c.Type), check.OneOf(dataset.Types))
		dataset.CheckExpression(faults, data.Columns, at+".Expression", c.Expression, 32_000)
		d.checkParameterNames(faults, at+".Expression", c.Expression)
	}
}

// checkParameterNames records parameters of an expression that are not declared.
func (d Definition) checkParameterNames(faults *check.Faults, field, expression string) {
	_, names := dataset.References(expression)
	for _, name := range names {
		d.wantParameter(faults, field, name)
	}
}

func (d Definition) checkSheet(faults *check.Faults, at string, sheet Sheet, ids map[string]bool) {
	faults.Want(sheet.Name != "" && len(sheet.Name) <= 2048, at+".Name", sheet.Name, "1 to 2048 characters")
	faults.Want(len(sheet.Visuals) <= 75, at+".Visuals", len(sheet.Visuals), "at most 75 visuals")
	for i, visual := range sheet.Visuals {
		field := fmt.Sprintf("%s.Visuals[%d]", at, i)
		fresh(faults, ids, field+".ID", "visual", visual.ID)
		d.checkVisual(faults, field, visual)
	}
	for i, text := range sheet.Texts {
		field := fmt.Sprintf("%s.Texts[%d]", at, i)
		fresh(faults, ids, field+".ID", "text", text.ID)
		faults.Want(text.Content != "" && len(text.Content) <= 150_000, field+".Content", len(text.Content), "1 to 150000 characters")
	}
	faults.Want(len(sheet.Controls) <= 200, at+".Controls", len(sheet.Controls), "at most 200 controls")
	for i, control := range sheet.Controls {
		field := fmt.Sprintf("%s.Controls[%d]", at, i)
		fresh(faults, ids, field+".ID", "control", control.ID)
		d.checkControl(faults, field, control)
	}
	sheet.checkLayout(faults, at)
}

func (d Definition) checkVisual(faults *check.Faults, at string, visual Visual) {
	faults.Want(len(visual.Title) <= 512, at+".Title", visual.Title, "at most 512 characters")
	faults.Want(len(visual.Subtitle) <= 1024, at+".Subtitle", visual.Subtitle, "at most 1024 characters")
	data, ok := d.wantData(faults, at+".Dataset", visual.Dataset)
	if visual.Chart == nil {
		faults.Want(false, at+".Chart", nil, "a chart")
		return
	}
	if !ok {
		return
	}
	v := visualScope{visual.ID, data}
	checkChart(faults, at+".Chart", v, visual.Chart)
	if table, is := visual.Chart.(Table); is {
		for i, name := range table.Rows {
			dataset.WantColumn(faults, data.Columns, fmt.Sprintf("%s.Chart.Rows[%d]", at, i), name, "a column of the visual's dataset")
		}
	}
	for i, link := range visual.Links {
		d.checkLink(faults, fmt.Sprintf("%s.Links[%d]", at, i), v, visual.Chart.form(), link)
	}
}

func (d Definition) checkLink(faults *check.Faults, at string, v visualScope, f form, link Link) {
	faults.Want(link.Name != "" && len(link.Name) <= 256, at+".Name", link.Name, "1 to 256 characters")
	d.wantSheet(faults, at+".Sheet", link.Sheet)
	for i, set := range link.Set {
		field := fmt.Sprintf("%s.Set[%d]", at, i)
		d.wantParameter(faults, field+".Parameter", set.Parameter)
		_, ok := f.find(v, set.Field)
		faults.Want(ok, field+".Field", set.Field, check.Suggest("a field of the chart", set.Field, f.names()))
	}
}

func (d Definition) wantSheet(faults *check.Faults, field, id string) {
	ids := make([]string, len(d.Sheets))
	for i, s := range d.Sheets {
		ids[i] = s.ID
	}
	faults.Want(slices.Contains(ids, id), field, id, check.Suggest("the id of a sheet", id, ids))
}

// JSON is the service's definition: DashboardVersionDefinition of its calls, Definition of
// AWS::QuickSight::Dashboard and AWS::QuickSight::Analysis.
func (d Definition) JSON(arn dataset.ARN) map[string]any {
	return jsontree.Merge(jsontree.Object(
		"DataSetIdentifierDeclarations", jsontree.List(d.Datasets, func(_ int, s Dataset) any {
			return map[string]any{"Identifier": s.Name, "DataSetArn": arn("dataset/" + s.ID)}
		}),
		"Sheets", jsontree.List(d.Sheets, func(_ int, s Sheet) any { return d.sheet(s) }),
		"CalculatedFields", jsontree.List(d.Calculated, func(_ int, c Calculated) any {
			data, _ := d.data(c.Dataset)
			return map[string]any{"DataSetIdentifier": data.Name, "Name": c.Name, "Expression": c.Expression}
		}),
		"ParameterDeclarations", jsontree.List(d.Parameters, func(_ int, p Parameter) any { return p.json() }),
		"FilterGroups", d.filterGroups(),
	), d.More)
}

func (d Definition) sheet(s Sheet) any {
	var filters, parameters []any
	for _, control := range s.Controls {
		if control.Filter != "" {
			filters = append(filters, control.json(d))
		} else {
			parameters = append(parameters, control.json(d))
		}
	}
	return jsontree.Merge(jsontree.Object(
		"SheetId", s.ID, "Name", s.Name, "Title", s.Title, "Description", s.Description, "ContentType", "INTERACTIVE",
		"Visuals", jsontree.List(s.Visuals, func(_ int, v Visual) any { return d.visual(v) }),
		"TextBoxes", jsontree.List(s.Texts, func(_ int, t Text) any { return map[string]any{"SheetTextBoxId": t.ID, "Content": t.Content} }),
		"FilterControls", filters, "ParameterControls", parameters,
		"Layouts", s.layouts(), "SheetControlLayouts", s.controlLayouts(),
	), s.More)
}

func (d Definition) visual(visual Visual) any {
	data, _ := d.data(visual.Dataset)
	v := visualScope{visual.ID, data}
	f := visual.Chart.form()
	body := jsontree.Object("VisualId", visual.ID, "Title", label(visual.Title), "Subtitle", label(visual.Subtitle),
		"Actions", jsontree.List(visual.Links, func(i int, link Link) any { return link.json(v, f, i) }))
	if _, other := visual.Chart.(Other); !other {
		body["ChartConfiguration"] = f.configuration(v, visual.Chart)
	}
	return map[string]any{f.kind: jsontree.Merge(body, visual.More)}
}

// label is a title or subtitle that is shown, or nothing for the service's own.
func label(text string) any {
	if text == "" {
		return nil
	}
	return map[string]any{"Visibility": "VISIBLE", "FormatText": map[string]any{"PlainText": text}}
}

func (l Link) json(v visualScope, f form, i int) any {
	trigger := "DATA_POINT_CLICK"
	if l.Menu {
		trigger = "DATA_POINT_MENU"
	}
	operations := []any{map[string]any{"NavigationOperation": map[string]any{"LocalNavigationConfiguration": map[string]any{"TargetSheetId": l.Sheet}}}}
	if len(l.Set) > 0 {
		operations = append(operations, map[string]any{"SetParametersOperation": map[string]any{"ParameterValueConfigurations": jsontree.List(l.Set, func(_ int, s Set) any {
			id, _ := f.find(v, s.Field)
			return map[string]any{"DestinationParameterName": s.Parameter, "Value": map[string]any{"SourceField": id}}
		})}})
	}
	return map[string]any{"CustomActionId": fmt.Sprintf("%s-link-%d", v.id, i), "Name": l.Name, "Status": "ENABLED", "Trigger": trigger, "ActionOperations": operations}
}
