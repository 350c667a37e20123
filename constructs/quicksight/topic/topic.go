// Package topic says what can be asked of datasets in plain words, as plain values: what fields are
// called, what they mean, how they may be summed up, and which filters and entities questions can name.
//
// Every field is checked against the columns of its dataset. The package starts no Node and knows
// nothing of the CDK; package quicksight deploys what is defined here.
package topic

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Definition is a topic.
type Definition struct {
	ID           string // unique in the account and region; at most 256 letters, digits and . _ - + \
	Name         string // 1 to 128 characters
	Description  string // at most 256 characters
	Instructions string // how questions are to be understood, in plain words, at most 5000 characters
	Datasets     []Dataset

	More map[string]any // laid over the service's JSON as a merge patch (RFC 7386)
}

// Dataset is a dataset that questions are about.
type Dataset struct {
	ID          string
	Name        string // at most 256 characters
	Description string // at most 256 characters
	Columns     []dataset.Column

	// Date is the column that "when" means, and By what one row stands for, e.g. Day. Both may be empty.
	Date string
	By   Granularity

	Fields     []Field // what is to be known of columns; the others are what their type says
	Calculated []Calculated
	Filters    []Filter
	Entities   []Entity
	Refresh    Refresh // when the index of values is made anew; if empty, with the dataset

	More map[string]any // see [Definition]
}

// Of is the dataset that a definition makes, without anything said of its columns.
func Of(d dataset.Definition) Dataset {
	return Dataset{ID: d.ID, Name: d.Name, Columns: d.Output()}
}

// Field is what is to be known of a column.
type Field struct {
	Column      string
	Name        string   // what people call it, at most 256 characters; if empty, the column's name
	Description string   // at most 500 characters
	Synonyms    []string // what else people call it
	Values      []Value  // what else people call its values

	Role    Role        // if empty, Measure for numbers and Dimension for all else
	Default Aggregate   // how a measure is summed up when the question does not say; if empty, the service chooses
	Never   []Aggregate // how it must not be summed up
	Only    []Aggregate // how it may be summed up, in place of Never

	Semantic    Semantic // what kind of thing it is, e.g. Person, which makes "who" mean it
	By          Granularity
	NonAdditive bool // whether sums of it make no sense, e.g. of a rate
	NoIndex     bool // whether its values are not to be found by questions
	Excluded    bool // whether questions cannot be about it

	More map[string]any // see [Definition]
}

// Calculated is a field that is made from others; Column is its name.
type Calculated struct {
	Field
	Type       dataset.Type
	Expression string // 1 to 4096 characters; columns stand in braces
}

// Value is a value and what else people call it, e.g. F and Female.
type Value struct {
	Value    string // at most 256 characters
	Synonyms []string
}

// Role is what a field does in an answer.
type Role string

// The roles: what rows are grouped by, and what is summed up.
const (
	Dimension Role = "DIMENSION"
	Measure   Role = "MEASURE"
)

// Aggregate is how values are summed up.
type Aggregate string

// The aggregates. Percentile can be forbidden but is no default.
const (
	Sum           Aggregate = "SUM"
	Average       Aggregate = "AVERAGE"
	Min           Aggregate = "MIN"
	Max           Aggregate = "MAX"
	Count         Aggregate = "COUNT"
	DistinctCount Aggregate = "DISTINCT_COUNT"
	Median        Aggregate = "MEDIAN"
	Stdev         Aggregate = "STDEV"
	StdevP        Aggregate = "STDEVP"
	Var           Aggregate = "VAR"
	VarP          Aggregate = "VARP"
	Percentile    Aggregate = "PERCENTILE"
)

var (
	defaults   = []Aggregate{Sum, Average, Min, Max, Count, DistinctCount, Median, Stdev, StdevP, Var, VarP}
	aggregates = append(slices.Clone(defaults), Percentile)
	roles      = []Role{Dimension, Measure}
)

// Granularity is the time that one value stands for.
type Granularity string

// The granularities.
const (
	Year    Granularity = "YEAR"
	Quarter Granularity = "QUARTER"
	Month   Granularity = "MONTH"
	Week    Granularity = "WEEK"
	Day     Granularity = "DAY"
	Hour    Granularity = "HOUR"
	Minute  Granularity = "MINUTE"
	Second  Granularity = "SECOND"
)

var granularities = []Granularity{Year, Quarter, Month, Week, Day, Hour, Minute, Second}

// Semantic is what kind of thing a field is. The service's model says no more than text; these are the
// names of https://docs.aws.amazon.com/quicksight/latest/user/quicksight-q-topics-modify-metadata.html.
type Semantic string

// Some kinds of things, and the questions that they make possible.
const (
	Person       Semantic = "Person"       // who
	Organization Semantic = "Organization" // who
	Location     Semantic = "Location"     // where
	Currency     Semantic = "Currency"
	Percentage   Semantic = "Percentage"
	Age          Semantic = "Age"
	Identifier   Semantic = "Identifier"
)

// Filter is a condition that questions name, or that always holds.
type Filter struct {
	Name        string // at most 256 characters
	Description string // at most 500 characters
	Synonyms    []string
	Column      string // a column or calculated field
	Apply       Apply  // if empty, Named

	In          []string // text: one of these
	NotIn       []string // text: none of these
	Least, Most *float64 // numbers: from, to, both included
	From, Until string   // dates, as "2006-01-02", both included
	Last        int      // dates: the last so many of Unit
	Unit        Granularity

	More map[string]any // see [Definition]
}

// Apply is when a [Filter] holds.
type Apply string

// When a filter holds: when the question names it, unless the question names another value of its field, or always.
const (
	Named  Apply = "NAMED_VALUE_FILTER"
	Unless Apply = "CONDITIONAL_VALUE_FILTER"
	Always Apply = "ENFORCED_VALUE_FILTER"
)

var applies = []Apply{Named, Unless, Always}

// Entity is a thing that a question names, and the fields that tell it, in this order.
type Entity struct {
	Name        string // at most 256 characters
	Description string // at most 500 characters
	Synonyms    []string
	Fields      []Part // at least one

	More map[string]any // see [Definition]
}

// Part is a field of an [Entity].
type Part struct {
	Column  string // a column or calculated field
	Name    string // what it is to the entity; if empty, the field's name
	Primary bool   // whether it names the entity; at most one does
}

var topicID = regexp.MustCompile(`^[A-Za-z0-9._\\+-]{1,256}$`)

// Validate reports every fault in the definition as a [check.Fault].
func (d Definition) Validate() error {
	faults := check.Of("topic.Definition")
	faults.Want(topicID.MatchString(d.ID), "ID", d.ID, `1 to 256 letters, digits and . _ - + \`)
	faults.Want(d.Name != "" && len(d.Name) <= 128, "Name", d.Name, "1 to 128 characters")
	faults.Want(len(d.Description) <= 256, "Description", d.Description, "at most 256 characters")
	faults.Want(len(d.Instructions) <= 5000, "Instructions", len(d.Instructions), "at most 5000 characters")
	faults.Want(len(d.Datasets) > 0, "Datasets", len(d.Datasets), "at least one dataset")
	for i, s := range d.Datasets {
		at := fmt.Sprintf("Datasets[%d].", i)
		twice := slices.ContainsFunc(d.Datasets[:i], func(o Dataset) bool { return o.ID == s.ID })
		faults.Want(dataset.IsID(s.ID) && !twice, at+"ID", s.ID, "the id of a dataset, each once")
		faults.Want(s.Name != "" && len(s.Name) <= 256, at+"Name", s.Name, "1 to 256 characters")
		s.check(faults, at)
	}
	return faults.Err()
}

// all are the columns with the calculated fields.
func (s Dataset) all() []dataset.Column {
	columns := slices.Clone(s.Columns)
	for _, c := range s.Calculated {
		columns = append(columns, dataset.Column{Name: c.Column, Type: c.Type})
	}
	return columns
}

// said is what is said of a column or calculated field.
func (s Dataset) said(column string) Field {
	for _, c := range s.Calculated {
		if c.Column == column {
			return c.Field
		}
	}
	i := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Column == column })
	if i < 0 {
		return Field{Column: column}
	}
	return s.Fields[i]
}

func (s Dataset) check(faults *check.Faults, at string) {
	faults.Want(len(s.Columns) > 0, at+"Columns", len(s.Columns), "at least one column")
	if s.Date != "" {
		column, ok := s.want(faults, at+"Date", s.Date)
		faults.Want(!ok || column.Type == dataset.DateTime, at+"Date", s.Date, "a column of dates")
	}
	faults.Want(s.By == "" || slices.Contains(granularities, s.By), at+"By", string(s.By), check.OneOf(granularities))
	names := map[string]string{}
	for i, f := range s.Fields {
		field := fmt.Sprintf("%sFields[%d]", at, i)
		column, ok := dataset.WantColumn(faults, s.Columns, field+".Column", f.Column, "a column of the dataset")
		twice := slices.ContainsFunc(s.Fields[:i], func(o Field) bool { return o.Column == f.Column })
		faults.Want(!twice, field+".Column", f.Column, "a column that nothing is said of yet")
		if ok {
			f.check(faults, field, column.Type, names)
		}
	}
	for i, c := range s.Calculated {
		field := fmt.Sprintf("%sCalculated[%d]", at, i)
		_, taken := dataset.Find(append(slices.Clone(s.Columns), s.all()[len(s.Columns):len(s.Columns)+i]...), c.Column)
		faults.Want(c.Column != "" && len(c.Column) <= 256 && !taken, field+".Column", c.Column, "1 to 256 characters that no column has")
		faults.Want(slices.Contains(dataset.Types, c.Type), field+".Type", string(c.Type), check.OneOf(dataset.Types))
		dataset.CheckExpression(faults, s.all(), field+".Expression", c.Expression, 4096)
		c.Field.check(faults, field, c.Type, names)
	}
	for i, f := range s.Filters {
		f.check(faults, fmt.Sprintf("%sFilters[%d]", at, i), s, s.Filters[:i])
	}
	for i, e := range s.Entities {
		e.check(faults, fmt.Sprintf("%sEntities[%d]", at, i), s, s.Entities[:i])
	}
	s.Refresh.check(faults, at+"Refresh")
}

// want records a fault unless questions can be about the column.
func (s Dataset) want(faults *check.Faults, field, name string) (dataset.Column, bool) {
	column, ok := dataset.WantColumn(faults, s.all(), field, name, "a field of the dataset")
	faults.Want(!ok || !s.said(name).Excluded, field, name, "a field that is not excluded")
	return column, ok
}

// check records what is wrong with a field; names are those that other fields go by.
func (f Field) check(faults *check.Faults, at string, t dataset.Type, names map[string]string) {
	faults.Want(len(f.Name) <= 256, at+".Name", f.Name, "at most 256 characters")
	faults.Want(len(f.Description) <= 500, at+".Description", f.Description, "at most 500 characters")
	faults.Want(f.Role == "" || slices.Contains(roles, f.Role), at+".Role", string(f.Role), check.OneOf(roles))
	f.checkNames(faults, at, names)
	measure := f.role(t) == Measure
	faults.Want(f.Default == "" || slices.Contains(defaults, f.Default), at+".Default", string(f.Default), check.OneOf(defaults))
	faults.Want(f.Default == "" || measure, at+".Default", string(f.Default), "nothing, for the field is a dimension")
	faults.Want(len(f.Never) == 0 || len(f.Only) == 0, at+".Only", len(f.Only), "Never or Only, but not both")
	for i, a := range slices.Concat(f.Never, f.Only) {
		faults.Want(slices.Contains(aggregates, a), fmt.Sprintf("%s.Never[%d]", at, i), string(a), check.OneOf(aggregates))
	}
	faults.Want(f.Default == "" || !slices.Contains(f.Never, f.Default), at+".Never", string(f.Default), "not what Default is")
	faults.Want(f.Default == "" || len(f.Only) == 0 || slices.Contains(f.Only, f.Default), at+".Only", string(f.Default), "Default among them")
	faults.Want(f.Default != Sum && f.Default != Average || t.Number() || t == "", at+".Default", string(f.Default), "COUNT or DISTINCT_COUNT, for the column holds no numbers")
	faults.Want(!slices.Contains([]Semantic{Person, Organization, Location}, f.Semantic) || !measure, at+".Semantic", string(f.Semantic), "a dimension; a measure is nobody and nowhere")
	faults.Want(f.By == "" || t == dataset.DateTime, at+".By", string(f.By), "nothing, for the column holds no dates")
	for i, v := range f.Values {
		faults.Want(v.Value != "" && len(v.Synonyms) > 0, fmt.Sprintf("%s.Values[%d]", at, i), v.Value, "a value and what else it is called")
	}
}

// checkNames records names that another field goes by: a question could mean either.
func (f Field) checkNames(faults *check.Faults, at string, names map[string]string) {
	if f.Excluded {
		return
	}
	own := append([]string{cmp.Or(f.Name, f.Column)}, f.Synonyms...)
	for i, name := range own {
		field := at + ".Name"
		if i > 0 {
			field = fmt.Sprintf("%s.Synonyms[%d]", at, i-1)
		}
		other, taken := names[strings.ToLower(name)]
		faults.Want(name != "" && !taken, field, name, fmt.Sprintf("a name that %q does not go by", other))
		names[strings.ToLower(name)] = f.Column
	}
}

func (f Field) role(t dataset.Type) Role {
	if f.Role == "" && t.Number() {
		return Measure
	}
	return cmp.Or(f.Role, Dimension)
}

func (e Entity) check(faults *check.Faults, at string, s Dataset, before []Entity) {
	twice := slices.ContainsFunc(before, func(o Entity) bool { return o.Name == e.Name })
	faults.Want(e.Name != "" && len(e.Name) <= 256 && !twice, at+".Name", e.Name, "1 to 256 characters that no other entity has")
	faults.Want(len(e.Fields) > 0, at+".Fields", len(e.Fields), "at least one field")
	primary := 0
	for i, part := range e.Fields {
		field := fmt.Sprintf("%s.Fields[%d]", at, i)
		s.want(faults, field+".Column", part.Column)
		if part.Primary {
			primary++
		}
	}
	faults.Want(primary <= 1, at+".Fields", primary, "at most one that is Primary")
}

// JSON are the properties of AWS::QuickSight::Topic, but for the account.
func (d Definition) JSON(arn dataset.ARN) map[string]any {
	return jsontree.Merge(jsontree.Object(
		"TopicId", d.ID, "Name", d.Name, "Description", d.Description, "UserExperienceVersion", "NEW_READER_EXPERIENCE",
		"CustomInstructions", jsontree.Object("CustomInstructionsString", d.Instructions),
		"DataSets", jsontree.List(d.Datasets, func(_ int, s Dataset) any { return s.json(arn) }),
	), d.More)
}

func (s Dataset) json(arn dataset.ARN) map[string]any {
	return jsontree.Merge(jsontree.Object(
		"DatasetArn", arn("dataset/"+s.ID), "DatasetName", s.Name, "DatasetDescription", s.Description,
		"DataAggregation", jsontree.Object("DefaultDateColumnName", s.Date, "DatasetRowDateGranularity", string(s.By)),
		"Columns", jsontree.List(s.Columns, func(_ int, c dataset.Column) any {
			f := s.said(c.Name)
			body := jsontree.Object("ColumnName", c.Name, "ColumnFriendlyName", cmp.Or(f.Name, c.Name), "ColumnDescription", f.Description, "ColumnSynonyms", texts(f.Synonyms))
			return jsontree.Merge(jsontree.Merge(body, f.json(c.Type)), f.More)
		}),
		"CalculatedFields", jsontree.List(s.Calculated, func(_ int, c Calculated) any {
			body := jsontree.Object("CalculatedFieldName", c.Column, "CalculatedFieldDescription", c.Description, "CalculatedFieldSynonyms", texts(c.Synonyms), "Expression", c.Expression)
			return jsontree.Merge(jsontree.Merge(body, c.Field.json(c.Type)), c.More)
		}),
		"Filters", jsontree.List(s.Filters, func(_ int, f Filter) any { return f.json() }),
		"NamedEntities", jsontree.List(s.Entities, func(_ int, e Entity) any { return e.json() }),
	), s.More)
}

// json are the members that columns and calculated fields have alike.
func (f Field) json(t dataset.Type) map[string]any {
	return jsontree.Object(
		"ColumnDataRole", string(f.role(t)), "Aggregation", string(f.Default), "NotAllowedAggregations", texts(f.Never), "AllowedAggregations", texts(f.Only),
		"SemanticType", jsontree.Object("TypeName", string(f.Semantic)), "TimeGranularity", string(f.By),
		"IsIncludedInTopic", !f.Excluded, "DisableIndexing", jsontree.When(f.NoIndex, true), "NonAdditive", jsontree.When(f.NonAdditive, true),
		"CellValueSynonyms", jsontree.List(f.Values, func(_ int, v Value) any { return map[string]any{"CellValue": v.Value, "Synonyms": texts(v.Synonyms)} }),
	)
}

func (e Entity) json() map[string]any {
	return jsontree.Merge(jsontree.Object("EntityName", e.Name, "EntityDescription", e.Description, "EntitySynonyms", texts(e.Synonyms),
		"Definition", jsontree.List(e.Fields, func(_ int, p Part) any {
			return jsontree.Object("FieldName", p.Column, "PropertyName", p.Name, "PropertyRole", jsontree.When(p.Primary, "PRIMARY"), "PropertyUsage", "INHERIT")
		})), e.More)
}

// texts are plain JSON of a list of texts.
func texts[T ~string](list []T) []any {
	return jsontree.List(list, func(_ int, s T) any { return string(s) })
}
