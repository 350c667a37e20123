package preview

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/constructs/quicksight/report"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// A model is a definition as the page takes it. Members that come from package report keep their names there;
// what the preview adds is in lower case.
type model struct {
	Sheets     []sheet          `json:"sheets"`
	Filters    []filter         `json:"filters"`
	Parameters []parameter      `json:"parameters"`
	Calculated []calculatedTree `json:"calculated"`
}

type sheet struct {
	ID, Name, Title, Description string
	Visuals                      []visual         `json:"visuals"`
	Texts                        []words          `json:"texts"`
	Controls                     []report.Control `json:"controls"`
}

type visual struct {
	ID, Title, Subtitle, Dataset string
	Links                        []report.Link
	Kind                         string     `json:"kind"` // the name of the chart's type, e.g. "Bar"
	Chart                        any        `json:"chart"`
	At                           report.Box `json:"at"`
}

type words struct {
	ID      string
	Content string     `json:"content"`
	At      report.Box `json:"at"`
}

type filter struct {
	ID, Column, Dataset string
	Match               report.Match
	On                  []report.Scope
	AllDatasets, Off    bool
	Kind                string `json:"kind"` // the name of the match's type, e.g. "OneOf"
}

type parameter struct {
	Name     string
	Type     dataset.Type
	Defaults []string
	Rolling  *node `json:"rolling,omitempty"`
}

type calculatedTree struct {
	Dataset, Name string
	Type          dataset.Type
	Expression    node `json:"expression"`
}

// kindOf is the name of a value's type without its package.
func kindOf(v any) string {
	_, name, _ := strings.Cut(fmt.Sprintf("%T", v), ".")
	return name
}

// modelOf also says what of the definition the page leaves out.
func modelOf(d report.Definition) (model, []string) {
	m := model{Sheets: []sheet{}, Filters: []filter{}, Parameters: []parameter{}, Calculated: []calculatedTree{}}
	var remarks []string
	remark := func(format string, args ...any) { remarks = append(remarks, fmt.Sprintf(format, args...)+".") }
	first := d.Datasets[0].Name
	for _, s := range d.Sheets {
		m.Sheets = append(m.Sheets, sheetOf(s, first, remark))
	}
	for _, f := range d.Filters {
		kind := kindOf(f.Match)
		if given, is := f.Match.(report.Given); is {
			remark("The filter %s (%s) is left out", f.ID, given.Kind)
			continue
		}
		m.Filters = append(m.Filters, filter{f.ID, f.Column, cmp.Or(f.Dataset, first), f.Match, f.On, f.AllDatasets, f.Off, kind})
	}
	for _, p := range d.Parameters {
		made := parameter{Name: p.Name, Type: p.Type, Defaults: p.Defaults}
		if p.Rolling != "" {
			tree, err := parse(p.Rolling)
			if err != nil {
				remark("The parameter %s has no default: %v", p.Name, err)
			} else {
				made.Rolling = &tree
			}
		}
		m.Parameters = append(m.Parameters, made)
	}
	for _, c := range d.Calculated {
		tree, err := parse(c.Expression)
		if err != nil {
			remark("The field %s is left out: %v", c.Name, err)
			continue
		}
		m.Calculated = append(m.Calculated, calculatedTree{cmp.Or(c.Dataset, first), c.Name, c.Type, tree})
	}
	return m, remarks
}

// draws says whether any sheet has a visual of a kind.
func (m model) draws(kind string) bool {
	return slices.ContainsFunc(m.Sheets, func(s sheet) bool {
		return slices.ContainsFunc(s.Visuals, func(v visual) bool { return v.Kind == kind })
	})
}

func sheetOf(s report.Sheet, first string, remark func(string, ...any)) sheet {
	made := sheet{ID: s.ID, Name: s.Name, Title: s.Title, Description: s.Description, Visuals: []visual{}, Texts: []words{}, Controls: []report.Control{}}
	for i, box := range s.Boxes() {
		v := s.Visuals[i]
		chart := jsontree.Plain(v.Chart)
		addTrees(chart, func(err error) { remark("In the visual %s, %v", v.ID, err) })
		made.Visuals = append(made.Visuals, visual{v.ID, v.Title, v.Subtitle, cmp.Or(v.Dataset, first), v.Links, kindOf(v.Chart), chart, box})
	}
	for _, t := range s.Texts {
		made.Texts = append(made.Texts, words{t.ID, plainText(t.Content), t.At})
	}
	for _, c := range s.Controls {
		c.Dataset, c.More = cmp.Or(c.Dataset, first), nil
		made.Controls = append(made.Controls, c)
	}
	return made
}

// addTrees puts the tree of each calculated measure beside its text.
func addTrees(v any, fault func(error)) {
	switch v := v.(type) {
	case []any:
		for _, inner := range v {
			addTrees(inner, fault)
		}
	case map[string]any:
		if text, is := v["Expression"].(string); is && text != "" {
			tree, err := parse(text)
			if err != nil {
				fault(err)
				return
			}
			v["expression"] = tree
		}
		for _, inner := range v {
			addTrees(inner, fault)
		}
	}
}

// plainText is the text of a box without its tags.
func plainText(content string) string {
	var text strings.Builder
	for i, part := range strings.Split(content, "<") {
		if _, after, found := strings.Cut(part, ">"); found && i > 0 {
			part = after
		}
		text.WriteString(part)
	}
	return strings.TrimSpace(text.String())
}

// used are the columns that a definition uses of each of its data sets, by the data set's name.
func used(d, known report.Definition) map[string][]dataset.Column {
	columns := map[string][]dataset.Column{}
	calculated := func(data, column string) bool {
		return slices.ContainsFunc(d.Calculated, func(c report.Calculated) bool {
			return c.Name == column && cmp.Or(c.Dataset, d.Datasets[0].Name) == data
		})
	}
	for i, data := range d.Datasets {
		list := data.Columns
		for _, c := range d.Calculated {
			if cmp.Or(c.Dataset, d.Datasets[0].Name) != data.Name {
				continue
			}
			names, _ := dataset.References(c.Expression)
			for _, name := range names {
				if _, is := dataset.Find(list, name); !is && !calculated(data.Name, name) {
					list = append(list, dataset.Column{Name: name, Type: dataset.Decimal})
				}
			}
		}
		for j, column := range list {
			if typed, is := dataset.Find(known.Datasets[i].Columns, column.Name); is {
				list[j].Type = typed.Type
			}
		}
		columns[data.Name] = list
	}
	return columns
}
