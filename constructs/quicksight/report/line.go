package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Line draws a line, or by Fill an area, for each value and colour.
type Line struct {
	Category       []Dimension // the X axis, time or categories; at least one
	Values         []Measure   // on the left Y axis; at least one, and one alone with Colors
	Right          []Measure   // on the right Y axis, which only lines have
	Colors         []Dimension
	SmallMultiples []Dimension // at most one
	Fill           Fill        // if empty, lines

	Missing      Missing // where there is no value on the left axis; if empty, Broken
	MissingRight Missing // the same of the right axis

	Points int // points on the X axis that are shown; if zero, 100
	Colour int // colours that are shown; if zero, 25
	Sort   []Sort
}

// Fill is what is drawn below a line.
type Fill string

// The fills of a [Line].
const (
	Area        Fill = "AREA"
	StackedArea Fill = "STACKED_AREA"
)

var fills = []Fill{"", Area, StackedArea}

// Missing is what is drawn where a date or category has no value.
type Missing string

// The treatments of missing data: a gap, a line to the next value, or a line to zero. See
// https://docs.aws.amazon.com/quicksight/latest/user/customizing-missing-data-controls.html.
const (
	Broken     Missing = "SHOW_AS_BLANK"
	Continuous Missing = "INTERPOLATE"
	Zero       Missing = "SHOW_AS_ZERO"
)

var treatments = []Missing{Broken, Continuous, Zero}

// What the service draws of a line or area chart. A point is one value of one colour at one place of the X axis:
// https://docs.aws.amazon.com/quicksight/latest/user/line-charts.html.
const (
	MaxPoints     = 10_000 // data points in all; there is no more
	DefaultPoints = 100    // on the X axis, unless Points raises it
	DefaultColour = 25     // colour series, unless Colour raises it
)

func (c Line) form() form {
	f := form{kind: "LineChartVisual", group: "LineChartAggregatedFieldWells", sort: "CategorySort", sorted: c.Sort,
		limits: map[string]int{"CategoryItemsLimitConfiguration": c.Points, "ColorItemsLimitConfiguration": c.Colour},
		wells: []well{
			{"Category", c.Category, nil, 1, 200}, {"Values", nil, slices.Concat(c.Values, c.Right), 1, 200},
			{"Colors", c.Colors, nil, 0, 200}, {"SmallMultiples", c.SmallMultiples, nil, 0, 1},
		}}
	f.options = c.options
	f.check = c.check
	return f
}

func (c Line) options(id func(string, int) string) map[string]any {
	axis := func(treatment Missing) map[string]any {
		return map[string]any{"MissingDataConfigurations": []any{map[string]any{"TreatmentOption": string(cmp.Or(treatment, Broken))}}}
	}
	kind := "LINE"
	if c.Fill != "" {
		kind = string(c.Fill)
	}
	options := jsontree.Object("Type", kind, "PrimaryYAxisDisplayOptions", axis(c.Missing))
	if len(c.Right) == 0 {
		return options
	}
	options["SecondaryYAxisDisplayOptions"] = axis(c.MissingRight)
	options["Series"] = jsontree.List(c.Right, func(i int, m Measure) any {
		field := cmp.Or(m.ID, id("Values", len(c.Values)+i))
		return map[string]any{"FieldSeriesItem": map[string]any{"FieldId": field, "AxisBinding": "SECONDARY_YAXIS"}}
	})
	return options
}

func (c Line) check(faults *check.Faults, at string) {
	faults.Want(slices.Contains(fills, c.Fill), at+".Fill", string(c.Fill), check.OneOf(fills[1:])+", or nothing for lines")
	faults.Want(c.Missing == "" || slices.Contains(treatments, c.Missing), at+".Missing", string(c.Missing), check.OneOf(treatments))
	faults.Want(c.MissingRight == "" || slices.Contains(treatments, c.MissingRight), at+".MissingRight", string(c.MissingRight), check.OneOf(treatments))
	faults.Want(c.MissingRight == "" || len(c.Right) > 0, at+".MissingRight", string(c.MissingRight), "nothing, for there is no right axis")
	faults.Want(c.Fill == "" || len(c.Right) == 0, at+".Right", len(c.Right), "no measure, for areas have one axis")
	oneValue(faults, at+".Values", slices.Concat(c.Values, c.Right), c.Colors)
	faults.Want(c.Points >= 0, at+".Points", c.Points, "1 or more, or 0 for 100")
	faults.Want(c.Colour >= 0, at+".Colour", c.Colour, "1 or more, or 0 for 25")
	points, colours := cmp.Or(c.Points, DefaultPoints), c.colours()
	all := points * colours * max(1, len(c.Values)+len(c.Right))
	faults.Want(all <= MaxPoints, at+".Points", all, "at most 10000 data points in all: Points times Colour times measures")
}

// colours is how many colours are shown at most.
func (c Line) colours() int {
	if len(c.Colors) == 0 {
		return 1
	}
	return cmp.Or(c.Colour, DefaultColour)
}

// Fits reports what the service would leave out of a chart with so many points on the X axis and so many
// colours: what a preview, which knows the rows, must say.
func (c Line) Fits(points, colours int) error {
	faults := check.Of("report.Line")
	faults.Want(points <= cmp.Or(c.Points, DefaultPoints), "Points", points, fmt.Sprintf("at most %d points on the X axis, or a greater Points", cmp.Or(c.Points, DefaultPoints)))
	faults.Want(len(c.Colors) == 0 || colours <= c.colours(), "Colour", colours, fmt.Sprintf("at most %d colours, or a greater Colour", c.colours()))
	all := points * max(1, colours) * max(1, len(c.Values)+len(c.Right))
	faults.Want(all <= MaxPoints, "Points", all, "at most 10000 data points in all")
	return faults.Err()
}
