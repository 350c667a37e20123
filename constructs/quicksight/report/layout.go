package report

import (
	"fmt"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Box is a place on the sheet's grid of 36 columns. The service's limits are those of
// https://docs.aws.amazon.com/quicksight/latest/APIReference/API_GridLayoutElement.html.
type Box struct {
	Column int // 0 to 35
	Row    int // 0 to 9009
	Width  int // columns, 1 to 36
	Height int // rows, 1 to 21
}

// GridColumns is how many columns a sheet has.
const GridColumns = 36

// The size of a visual that says none: two stand side by side.
const (
	usualWidth  = 18
	usualHeight = 12
)

func (b Box) set() bool { return b.Width > 0 || b.Height > 0 }

func (b Box) check(faults *check.Faults, at string) {
	faults.Want(b.Width >= 1 && b.Width <= GridColumns, at+".Width", b.Width, "1 to 36 columns")
	faults.Want(b.Height >= 1 && b.Height <= 21, at+".Height", b.Height, "1 to 21 rows")
	faults.Want(b.Column >= 0 && b.Column+b.Width <= GridColumns, at+".Column", b.Column, fmt.Sprintf("0 to %d, for the grid has 36 columns", GridColumns-b.Width))
	faults.Want(b.Row >= 0 && b.Row <= 9009, at+".Row", b.Row, "0 to 9009")
}

func (b Box) overlaps(o Box) bool {
	return b.Column < o.Column+o.Width && o.Column < b.Column+b.Width && b.Row < o.Row+o.Height && o.Row < b.Row+b.Height
}

// element is something on the grid.
type element struct {
	id, kind, field string
	at              Box
}

// Boxes are the places of the sheet's visuals, in their order: their own, or for those that have none,
// from left to right below all that have.
func (s Sheet) Boxes() []Box {
	boxes := make([]Box, len(s.Visuals))
	for i, e := range s.elements()[:len(s.Visuals)] {
		boxes[i] = e.at
	}
	return boxes
}

func (s Sheet) elements() []element {
	var elements []element
	for i, v := range s.Visuals {
		elements = append(elements, element{v.ID, "VISUAL", fmt.Sprintf("Visuals[%d].At", i), v.At})
	}
	for i, t := range s.Texts {
		elements = append(elements, element{t.ID, "TEXT_BOX", fmt.Sprintf("Texts[%d].At", i), t.At})
	}
	row := 0
	for _, e := range elements {
		if e.at.set() {
			row = max(row, e.at.Row+e.at.Height)
		}
	}
	column := 0
	for i, e := range elements {
		if e.at.set() {
			continue
		}
		if column+usualWidth > GridColumns {
			column, row = 0, row+usualHeight
		}
		elements[i].at = Box{column, row, usualWidth, usualHeight}
		column += usualWidth
	}
	return elements
}

func (s Sheet) checkLayout(faults *check.Faults, at string) {
	elements := s.elements()
	for i, e := range elements {
		e.at.check(faults, at+"."+e.field)
		for _, other := range elements[:i] {
			faults.Want(!e.at.overlaps(other.at), at+"."+e.field, e.at, fmt.Sprintf("a place that %q does not take", other.id))
		}
	}
}

func (s Sheet) layouts() []any {
	list := jsontree.List(s.elements(), func(_ int, e element) any {
		return map[string]any{"ElementId": e.id, "ElementType": e.kind, "ColumnIndex": e.at.Column, "ColumnSpan": e.at.Width, "RowIndex": e.at.Row, "RowSpan": e.at.Height}
	})
	if len(list) == 0 {
		return nil
	}
	return []any{map[string]any{"Configuration": map[string]any{"GridLayout": map[string]any{"Elements": list}}}}
}

// controlLayouts put the controls into the bar above the sheet.
func (s Sheet) controlLayouts() []any {
	list := jsontree.List(s.Controls, func(_ int, c Control) any {
		kind := "PARAMETER_CONTROL"
		if c.Filter != "" {
			kind = "FILTER_CONTROL"
		}
		return map[string]any{"ElementId": c.ID, "ElementType": kind, "ColumnSpan": 2, "RowSpan": 1}
	})
	if len(list) == 0 {
		return nil
	}
	return []any{map[string]any{"Configuration": map[string]any{"GridLayout": map[string]any{"Elements": list}}}}
}

// texts are plain JSON of a list of texts.
func texts(list []string) []any {
	return jsontree.List(list, func(_ int, s string) any { return s })
}
