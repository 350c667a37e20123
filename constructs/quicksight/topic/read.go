package topic

import (
	"fmt"
	"path"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Read reads a topic in the service's JSON: what [Definition.JSON] writes, or what DescribeTopic returns
// with TopicId beside the members of Topic. Written again, it is the same JSON. The known columns, by id of
// the dataset, say what types columns have; of others the role tells.
func Read(properties map[string]any, known map[string][]dataset.Column) (Definition, error) {
	whole := plain(properties)
	n := jsontree.Of(whole)
	d := Definition{ID: n.At("TopicId").Text(), Name: n.At("Name").Text(), Description: n.At("Description").Text(),
		Instructions: n.At("CustomInstructions", "CustomInstructionsString").Text()}
	if !n.At("DataSets").Is() {
		return Definition{}, fmt.Errorf("topic %q has no datasets", d.ID)
	}
	arns := map[string]string{}
	for _, s := range n.At("DataSets").List() {
		read := readDataset(s, known)
		arns["dataset/"+read.ID] = s.At("DatasetArn").Text()
		read.More = jsontree.Diff(plain(read.json(func(r string) string { return arns[r] })), s.Object())
		d.Datasets = append(d.Datasets, read)
	}
	d.More = jsontree.Diff(plain(d.JSON(func(r string) string { return arns[r] })), whole)
	return d, nil
}

func readDataset(n jsontree.Node, known map[string][]dataset.Column) Dataset {
	s := Dataset{ID: path.Base(n.At("DatasetArn").Text()), Name: n.At("DatasetName").Text(), Description: n.At("DatasetDescription").Text(),
		Date: n.At("DataAggregation", "DefaultDateColumnName").Text(), By: Granularity(n.At("DataAggregation", "DatasetRowDateGranularity").Text())}
	types := known[s.ID]
	for _, c := range n.At("Columns").List() {
		name := c.At("ColumnName").Text()
		column, ok := dataset.Find(types, name)
		if !ok {
			column = dataset.Column{Name: name, Type: guess(c, name == s.Date)}
		}
		s.Columns = append(s.Columns, column)
		f := readField(c, column, "Column")
		if f.Name = c.At("ColumnFriendlyName").Text(); f.Name == name {
			f.Name = ""
		}
		only := Dataset{Columns: []dataset.Column{column}, Fields: []Field{f}}
		f.More = jsontree.Diff(first(only, "Columns"), c.Object())
		if said(f) {
			s.Fields = append(s.Fields, f)
		}
	}
	for _, c := range n.At("CalculatedFields").List() {
		column := dataset.Column{Name: c.At("CalculatedFieldName").Text(), Type: guess(c, false)}
		f := Calculated{Field: readField(c, column, "CalculatedField"), Type: column.Type, Expression: c.At("Expression").Text()}
		f.More = jsontree.Diff(first(Dataset{Calculated: []Calculated{f}}, "CalculatedFields"), c.Object())
		s.Calculated = append(s.Calculated, f)
	}
	for _, f := range n.At("Filters").List() {
		s.Filters = append(s.Filters, readFilter(f))
	}
	for _, e := range n.At("NamedEntities").List() {
		s.Entities = append(s.Entities, readEntity(e))
	}
	return s
}

// first is the first item of a list of a dataset's JSON.
func first(s Dataset, member string) map[string]any {
	return jsontree.Of(plain(s.json(func(string) string { return "x" }))).At(member).List()[0].Object()
}

// said says whether anything is said of the column.
func said(f Field) bool {
	bare := jsontree.Of(plain(Field{}.json(dataset.String)))
	own := jsontree.Of(plain(f.json(dataset.String)))
	return f.Name != "" || f.Description != "" || len(f.Synonyms) > 0 || f.More != nil || jsontree.Diff(bare.Object(), own.Object()) != nil
}

// guess is a column's type by its role.
func guess(n jsontree.Node, date bool) dataset.Type {
	switch {
	case date || n.At("TimeGranularity").Is():
		return dataset.DateTime
	case n.At("ColumnDataRole").Text() == string(Measure):
		return dataset.Decimal
	}
	return dataset.String
}

func readField(n jsontree.Node, column dataset.Column, prefix string) Field {
	f := Field{
		Column: column.Name, Description: n.At(prefix + "Description").Text(), Synonyms: n.At(prefix + "Synonyms").Texts(),
		Role: Role(n.At("ColumnDataRole").Text()), Default: Aggregate(n.At("Aggregation").Text()), Never: readAggregates(n.At("NotAllowedAggregations")), Only: readAggregates(n.At("AllowedAggregations")),
		Semantic: Semantic(n.At("SemanticType", "TypeName").Text()), By: Granularity(n.At("TimeGranularity").Text()),
		NonAdditive: n.At("NonAdditive").True(), NoIndex: n.At("DisableIndexing").True(), Excluded: n.At("IsIncludedInTopic").Is() && !n.At("IsIncludedInTopic").True(),
	}
	if f.Role == (Field{}).role(column.Type) {
		f.Role = ""
	}
	for _, v := range n.At("CellValueSynonyms").List() {
		f.Values = append(f.Values, Value{v.At("CellValue").Text(), v.At("Synonyms").Texts()})
	}
	return f
}

func readAggregates(n jsontree.Node) []Aggregate {
	var list []Aggregate
	for _, name := range n.Texts() {
		list = append(list, Aggregate(name))
	}
	return list
}

func readEntity(n jsontree.Node) Entity {
	e := Entity{Name: n.At("EntityName").Text(), Description: n.At("EntityDescription").Text(), Synonyms: n.At("EntitySynonyms").Texts()}
	for _, p := range n.At("Definition").List() {
		e.Fields = append(e.Fields, Part{p.At("FieldName").Text(), p.At("PropertyName").Text(), p.At("PropertyRole").Text() == "PRIMARY"})
	}
	e.More = jsontree.Diff(plain(e.json()), n.Object())
	return e
}
