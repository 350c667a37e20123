package topic

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// kind is the type of a column that the filter's condition fits, or "" for none or several conditions.
func (f Filter) kind() dataset.Type {
	kinds := []dataset.Type{}
	if len(f.In)+len(f.NotIn) > 0 {
		kinds = append(kinds, dataset.String)
	}
	if f.Least != nil || f.Most != nil {
		kinds = append(kinds, dataset.Decimal)
	}
	if f.From != "" || f.Until != "" || f.Last != 0 {
		kinds = append(kinds, dataset.DateTime)
	}
	if len(kinds) != 1 {
		return ""
	}
	return kinds[0]
}

func (f Filter) check(faults *check.Faults, at string, s Dataset, before []Filter) {
	twice := slices.ContainsFunc(before, func(o Filter) bool { return o.Name == f.Name })
	faults.Want(f.Name != "" && len(f.Name) <= 256 && !twice, at+".Name", f.Name, "1 to 256 characters that no other filter has")
	faults.Want(f.Apply == "" || slices.Contains(applies, f.Apply), at+".Apply", string(f.Apply), check.OneOf(applies))
	if len(f.More) == 0 {
		faults.Want(f.kind() != "", at, f.Name, "one condition: In or NotIn, Least or Most, From or Until, or Last")
	}
	column, ok := s.want(faults, at+".Column", f.Column)
	if ok && f.kind() != "" {
		alike := column.Type == f.kind() || column.Type.Number() && f.kind().Number()
		faults.Want(alike, at+".Column", string(column.Type), "a column of type "+string(f.kind()))
	}
	faults.Want(len(f.In) == 0 || len(f.NotIn) == 0, at+".NotIn", len(f.NotIn), "In or NotIn, but not both")
	faults.Want(f.Least == nil || f.Most == nil || *f.Least <= *f.Most, at+".Least", f.Name, "a Least that is not above Most")
	for _, date := range [][2]string{{".From", f.From}, {".Until", f.Until}} {
		_, err := time.Parse(time.DateOnly, date[1])
		faults.Want(date[1] == "" || err == nil, at+date[0], date[1], `a date, e.g. "2026-01-31"`)
	}
	faults.Want(f.Last >= 0 && (f.Last == 0) == (f.Unit == ""), at+".Last", f.Last, "1 or more with its Unit, or neither")
	faults.Want(f.Last == 0 || f.From == "" && f.Until == "", at+".Last", f.Last, "Last, or From and Until, but not both")
}

func (f Filter) json() map[string]any {
	body := jsontree.Object("FilterName", f.Name, "FilterDescription", f.Description, "FilterSynonyms", texts(f.Synonyms), "OperandFieldName", f.Column, "FilterClass", string(cmp.Or(f.Apply, Named)))
	return jsontree.Merge(jsontree.Merge(body, f.condition()), f.More)
}

func (f Filter) condition() map[string]any {
	switch f.kind() {
	case dataset.String:
		constant := map[string]any{"ConstantType": "COLLECTIVE", "CollectiveConstant": map[string]any{"ValueList": texts(slices.Concat(f.In, f.NotIn))}}
		return map[string]any{"FilterType": "CATEGORY_FILTER", "CategoryFilter": map[string]any{
			"CategoryFilterFunction": "EXACT", "CategoryFilterType": "CUSTOM_FILTER_LIST", "Constant": constant, "Inverse": len(f.NotIn) > 0,
		}}
	case dataset.Decimal:
		return map[string]any{"FilterType": "NUMERIC_RANGE_FILTER", "NumericRangeFilter": map[string]any{
			"Aggregation": "NO_AGGREGATION", "Inclusive": true, "Constant": between(figure(f.Least), figure(f.Most)),
		}}
	case dataset.DateTime:
		if f.Last > 0 {
			return map[string]any{"FilterType": "RELATIVE_DATE_FILTER", "RelativeDateFilter": map[string]any{
				"TimeGranularity": string(f.Unit), "RelativeDateFilterFunction": "LAST",
				"Constant": map[string]any{"ConstantType": "SINGULAR", "SingularConstant": strconv.Itoa(f.Last)},
			}}
		}
		return map[string]any{"FilterType": "DATE_RANGE_FILTER", "DateRangeFilter": map[string]any{"Inclusive": true, "Constant": between(f.From, f.Until)}}
	}
	return nil
}

func between(least, most string) map[string]any {
	return map[string]any{"ConstantType": "RANGE", "RangeConstant": jsontree.Object("Minimum", least, "Maximum", most)}
}

func figure(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

func readFilter(n jsontree.Node) Filter {
	f := Filter{Name: n.At("FilterName").Text(), Description: n.At("FilterDescription").Text(), Synonyms: n.At("FilterSynonyms").Texts(),
		Column: n.At("OperandFieldName").Text(), Apply: Apply(n.At("FilterClass").Text())}
	if f.Apply == Named {
		f.Apply = ""
	}
	category := n.At("CategoryFilter")
	f.In = category.At("Constant", "CollectiveConstant", "ValueList").Texts()
	if category.At("Inverse").True() {
		f.In, f.NotIn = nil, f.In
	}
	numbers := n.At("NumericRangeFilter", "Constant", "RangeConstant")
	f.Least, f.Most = readFigure(numbers.At("Minimum")), readFigure(numbers.At("Maximum"))
	dates := n.At("DateRangeFilter", "Constant", "RangeConstant")
	f.From, f.Until = dates.At("Minimum").Text(), dates.At("Maximum").Text()
	if recent := n.At("RelativeDateFilter"); recent.At("RelativeDateFilterFunction").Text() == "LAST" {
		f.Last, _ = strconv.Atoi(recent.At("Constant", "SingularConstant").Text())
		f.Unit = Granularity(recent.At("TimeGranularity").Text())
	}
	f.More = jsontree.Diff(plain(f.json()), n.Object())
	return f
}

func readFigure(n jsontree.Node) *float64 {
	value, err := strconv.ParseFloat(n.Text(), 64)
	if err != nil {
		return nil
	}
	return &value
}

func plain(object map[string]any) map[string]any { return jsontree.Plain(object).(map[string]any) }
