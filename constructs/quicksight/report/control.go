package report

import (
	"slices"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Control is what readers change a filter or a parameter with.
type Control struct {
	ID        string // unique in the definition
	Title     string // 1 to 2048 characters
	Filter    string // id of the filter, or
	Parameter string // name of the parameter
	Kind      ControlKind
	Single    bool // whether one value can be picked; otherwise several, of a Dropdown or List

	Values          []string // what a parameter's Dropdown or List offers; or
	Dataset         string   // name of the dataset that offers it; if empty, the first
	Column          string   // the column whose values are offered
	Least, Most, By float64  // of a Slider: its ends and its step

	More map[string]any // see [Definition]
}

// ControlKind is what a [Control] looks like.
type ControlKind string

// The kinds of controls.
const (
	Dropdown     ControlKind = "Dropdown"
	List         ControlKind = "List"
	DatePicker   ControlKind = "DateTimePicker"
	RelativeDate ControlKind = "RelativeDateTime"
	TextField    ControlKind = "TextField"
	Slider       ControlKind = "Slider"
)

var allControls = []ControlKind{Dropdown, List, DatePicker, RelativeDate, TextField, Slider}

// controlsOf are the kinds that can change a parameter of a type.
func controlsOf(t dataset.Type) []ControlKind {
	switch {
	case t == dataset.DateTime:
		return []ControlKind{DatePicker}
	case t.Number():
		return []ControlKind{Dropdown, List, TextField, Slider}
	}
	return []ControlKind{Dropdown, List, TextField}
}

func (d Definition) checkControl(faults *check.Faults, at string, c Control) {
	faults.Want(c.Title != "" && len(c.Title) <= 2048, at+".Title", c.Title, "1 to 2048 characters")
	if (c.Filter == "") == (c.Parameter == "") {
		faults.Want(false, at, c.Filter+c.Parameter, "a Filter or a Parameter, but not both")
		return
	}
	allowed := controlsOf(dataset.String)
	if c.Filter != "" {
		i := slices.IndexFunc(d.Filters, func(f Filter) bool { return f.ID == c.Filter })
		faults.Want(i >= 0, at+".Filter", c.Filter, check.Suggest("the id of a filter", c.Filter, d.filterIDs()))
		if i < 0 || d.Filters[i].Match == nil {
			return
		}
		allowed = d.Filters[i].Match.controls()
	} else {
		parameter := d.wantParameter(faults, at+".Parameter", c.Parameter)
		if parameter.Name == "" {
			return
		}
		allowed = controlsOf(parameter.Type)
		d.checkChoices(faults, at, c)
		faults.Want(c.Single || parameter.Many || c.Kind != List && c.Kind != Dropdown, at+".Single", c.Single, "true, for the parameter has one value")
	}
	faults.Want(slices.Contains(allowed, c.Kind), at+".Kind", string(c.Kind), check.OneOf(allowed))
	faults.Want(c.Kind != Slider || c.Least < c.Most && c.By > 0, at+".By", c.By, "a step above 0 between Least and a greater Most")
}

func (d Definition) checkChoices(faults *check.Faults, at string, c Control) {
	choice := c.Kind == Dropdown || c.Kind == List
	faults.Want(!choice || (len(c.Values) > 0) != (c.Column != ""), at+".Values", len(c.Values), "values, or a column that has them, but not both")
	if c.Column == "" {
		return
	}
	if data, ok := d.wantData(faults, at+".Dataset", c.Dataset); ok {
		dataset.WantColumn(faults, data.Columns, at+".Column", c.Column, "a column of the control's dataset")
	}
}

func (c Control) json(d Definition) any {
	owner, source := "Parameter", map[string]any{"SourceParameterName": c.Parameter}
	if c.Filter != "" {
		owner, source = "Filter", map[string]any{"SourceFilterId": c.Filter}
	}
	body := jsontree.Merge(source, map[string]any{owner + "ControlId": c.ID, "Title": c.Title})
	switch c.Kind {
	case Dropdown, List:
		body["Type"] = map[bool]string{true: "SINGLE_SELECT", false: "MULTI_SELECT"}[c.Single]
		if len(c.Values) > 0 {
			body["SelectableValues"] = map[string]any{"Values": texts(c.Values)}
		} else if c.Column != "" {
			data, _ := d.data(c.Dataset)
			body["SelectableValues"] = map[string]any{"LinkToDataSetColumn": identifier(data.Name, c.Column)}
		}
	case Slider:
		body = jsontree.Merge(body, map[string]any{"MinimumValue": c.Least, "MaximumValue": c.Most, "StepSize": c.By})
	}
	return map[string]any{string(c.Kind): jsontree.Merge(body, c.More)}
}

// readControl reads a control; owner is "Filter" or "Parameter".
func (r *reader) readControl(n jsontree.Node, owner string) Control {
	body := n.At(n.Only())
	c := Control{
		ID: body.At(owner + "ControlId").Text(), Title: body.At("Title").Text(), Kind: ControlKind(n.Only()),
		Filter: body.At("SourceFilterId").Text(), Parameter: body.At("SourceParameterName").Text(),
		Single: body.At("Type").Text() == "SINGLE_SELECT", Values: body.At("SelectableValues", "Values").Texts(),
		Least: body.At("MinimumValue").Number(), Most: body.At("MaximumValue").Number(), By: body.At("StepSize").Number(),
	}
	if column := body.At("SelectableValues", "LinkToDataSetColumn"); column.Is() {
		c.Dataset, c.Column = r.dataset(column), r.learn(column, dataset.String)
	}
	c.More = more(c.json(*r.d), n)
	return c
}
