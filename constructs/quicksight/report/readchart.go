package report

import (
	"fmt"
	"slices"

	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// A chartReader reads the ChartConfiguration of one visual.
type chartReader struct {
	*reader
	v   *Visual
	n   jsontree.Node
	ids map[string]string // the column, or the id, by which a field's id is known here
}

// wells are the lists of fields of a chart.
func (c chartReader) wells(group string) jsontree.Node {
	if group == "" {
		return c.n.At("FieldWells")
	}
	return c.n.At("FieldWells", group)
}

func (c chartReader) dimensions(group, well string) []Dimension {
	var list []Dimension
	for i, n := range c.wells(group).At(well).List() {
		made := fmt.Sprintf("%s.%s.%d", c.v.ID, well, i)
		d := c.readDimension(n, made)
		c.met(n.At(n.Only()), d.ID, d.Column)
		list = append(list, d)
	}
	return list
}

func (c chartReader) measures(group, well string) []Measure {
	var list []Measure
	for i, n := range c.wells(group).At(well).List() {
		made := fmt.Sprintf("%s.%s.%d", c.v.ID, well, i)
		m := c.readMeasure(n, made)
		c.met(n.At(n.Only()), m.ID, m.Column)
		list = append(list, m)
	}
	return list
}

// met remembers a field, and that its dataset is the visual's.
func (c chartReader) met(body jsontree.Node, id, column string) {
	if id == "" {
		id = column
	}
	c.ids[body.At("FieldId").Text()] = id
	if column := body.At("Column"); column.Is() {
		c.v.Dataset = c.dataset(column)
	}
}

func (c chartReader) sort(member string) []Sort {
	var list []Sort
	for _, n := range c.n.At("SortConfiguration", member).List() {
		field := n.At("FieldSort")
		name, known := c.ids[field.At("FieldId").Text()]
		if !known {
			return nil // e.g. a ColumnSort, which stays in More
		}
		list = append(list, Sort{By: name, Descending: field.At("Direction").Text() == "DESC"})
	}
	return list
}

func (c chartReader) limit(member string) int {
	return c.n.At("SortConfiguration", member, "ItemsLimit").Int()
}

// read reads a chart of a kind; of kinds without a type all is left to the visual's More.
func (c chartReader) read(kind string) Chart {
	switch kind {
	case "TableVisual":
		return c.table()
	case "PivotTableVisual":
		const g = "PivotTableAggregatedFieldWells"
		return PivotTable{c.dimensions(g, "Rows"), c.dimensions(g, "Columns"), c.measures(g, "Values")}
	case "KPIVisual":
		return KPI{c.measures("", "Values"), c.measures("", "TargetValues"), c.dimensions("", "TrendGroups")}
	case "BarChartVisual":
		const g = "BarChartAggregatedFieldWells"
		bar := Bar{Category: c.dimensions(g, "Category"), Values: c.measures(g, "Values"), Colors: c.dimensions(g, "Colors"), SmallMultiples: c.dimensions(g, "SmallMultiples"),
			Arrangement: c.arrangement(), Horizontal: c.n.At("Orientation").Text() == "HORIZONTAL", Limit: c.limit("CategoryItemsLimit")}
		bar.Sort = c.sort("CategorySort")
		return bar
	case "ComboChartVisual":
		const g = "ComboChartAggregatedFieldWells"
		combo := Combo{Category: c.dimensions(g, "Category"), Bars: c.measures(g, "BarValues"), Lines: c.measures(g, "LineValues"), Colors: c.dimensions(g, "Colors"),
			Arrangement: c.arrangement(), Limit: c.limit("CategoryItemsLimit")}
		combo.Sort = c.sort("CategorySort")
		return combo
	case "LineChartVisual":
		return c.line()
	case "PieChartVisual":
		const g = "PieChartAggregatedFieldWells"
		pie := Pie{Category: c.dimensions(g, "Category"), Values: c.measures(g, "Values"), SmallMultiples: c.dimensions(g, "SmallMultiples"), Limit: c.limit("CategoryItemsLimit")}
		pie.Sort = c.sort("CategorySort")
		return pie
	case "FilledMapVisual":
		const g = "FilledMapAggregatedFieldWells"
		return FilledMap{c.dimensions(g, "Geospatial"), c.measures(g, "Values")}
	case "HistogramVisual":
		return c.histogram()
	}
	return Other{Kind: kind}
}

func (c chartReader) arrangement() Arrangement {
	a := Arrangement(c.n.At("BarsArrangement").Text())
	if a == Clustered {
		return ""
	}
	return a
}

func (c chartReader) table() Chart {
	rows := c.n.At("FieldWells", "TableUnaggregatedFieldWells", "Values").List()
	if len(rows) == 0 {
		const g = "TableAggregatedFieldWells"
		table := Table{GroupBy: c.dimensions(g, "GroupBy"), Values: c.measures(g, "Values")}
		table.Sort = c.sort("RowSort")
		return table
	}
	var table Table
	for _, n := range rows {
		name := c.learn(n.At("Column"), "STRING")
		c.met(n, "", name)
		table.Rows = append(table.Rows, name)
	}
	return table
}

func (c chartReader) line() Chart {
	const g = "LineChartAggregatedFieldWells"
	line := Line{Category: c.dimensions(g, "Category"), Colors: c.dimensions(g, "Colors"), SmallMultiples: c.dimensions(g, "SmallMultiples"),
		Missing: c.missing("PrimaryYAxisDisplayOptions"), MissingRight: c.missing("SecondaryYAxisDisplayOptions"),
		Points: c.limit("CategoryItemsLimitConfiguration"), Colour: c.limit("ColorItemsLimitConfiguration")}
	if fill := Fill(c.n.At("Type").Text()); slices.Contains(fills, fill) {
		line.Fill = fill
	}
	right := map[string]bool{}
	for _, series := range c.n.At("Series").List() {
		item := series.At("FieldSeriesItem")
		right[item.At("FieldId").Text()] = item.At("AxisBinding").Text() == "SECONDARY_YAXIS"
	}
	measures := c.measures(g, "Values")
	for i, n := range c.wells(g).At("Values").List() {
		if right[n.At(n.Only(), "FieldId").Text()] {
			line.Right = append(line.Right, measures[i])
		} else {
			line.Values = append(line.Values, measures[i])
		}
	}
	if len(line.Right) == 0 {
		line.MissingRight = ""
	}
	line.Sort = c.sort("CategorySort")
	return line
}

func (c chartReader) missing(axis string) Missing {
	for _, n := range c.n.At(axis, "MissingDataConfigurations").List() {
		if treatment := Missing(n.At("TreatmentOption").Text()); treatment != Broken {
			return treatment
		}
	}
	return ""
}

func (c chartReader) histogram() Chart {
	h := Histogram{}
	for _, m := range c.measures("HistogramAggregatedFieldWells", "Values") {
		h.Column, h.ID = m.Column, m.ID
	}
	bins := c.n.At("BinOptions")
	if bins.At("SelectedBinType").Text() == "BIN_WIDTH" {
		h.Width = bins.At("BinWidth", "Value").Number()
	} else {
		h.Bins = bins.At("BinCount", "Value").Int()
	}
	return h
}

// links reads actions that open a sheet. If there are others, all stay in More.
func (c chartReader) links(actions []jsontree.Node) []Link {
	var links []Link
	for _, action := range actions {
		link := Link{Name: action.At("Name").Text(), Menu: action.At("Trigger").Text() == "DATA_POINT_MENU"}
		for _, operation := range action.At("ActionOperations").List() {
			link.Sheet += operation.At("NavigationOperation", "LocalNavigationConfiguration", "TargetSheetId").Text()
			for _, set := range operation.At("SetParametersOperation", "ParameterValueConfigurations").List() {
				name, known := c.ids[set.At("Value", "SourceField").Text()]
				if !known {
					return nil
				}
				link.Set = append(link.Set, Set{set.At("DestinationParameterName").Text(), name})
			}
		}
		if link.Sheet == "" {
			return nil
		}
		links = append(links, link)
	}
	return links
}
