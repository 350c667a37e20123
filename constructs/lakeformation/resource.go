package lakeformation

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// A Resource is what something is granted on: a [Catalog], [Database], [Table], [Tables],
// [Link], [Location], [Tag] or [Tagged].
type Resource interface{ resource() resource }

// Catalog is the account's Glue Data Catalog.
type Catalog struct{}

// Database is a database of a catalog.
type Database struct {
	Name    string // as in the Glue Data Catalog
	Catalog string // the account that owns it, twelve digits; if empty, this one
}

// Table is a table, or columns and rows of it.
type Table struct {
	Database Database
	Name     string

	// Schema are the table's columns, if they are known here: then the columns and row
	// filters of grants are checked against them.
	Schema []string

	columns, except []string // nil means that nothing was said
	rows            *string
}

// Tables are all tables of a database, those that will come included.
type Tables struct{ Database Database }

// Location is a place in S3 that is registered with Lake Formation.
type Location struct {
	Name string // what this code calls it, as [Principal].Name
	ARN  string // of the bucket or prefix; may be a token

	registration awscdk.CfnResource // what comes before a grant on it; nil if it is there already
}

// Tagged are all databases, or all tables, whose LF-tags fit.
type Tagged struct {
	databases bool
	tags      []Tag
}

// Tag is an LF-tag: a key, and the values that it may have or those that are meant.
type Tag struct {
	Key    string   // 1 to 128 characters; Lake Formation keeps it in small letters
	Values []string // 1 to 50, each up to 256 characters, in small letters
}

// Table is a table of the database; its columns may be left out, see [Table].Schema.
func (d Database) Table(name string, schema ...string) Table {
	return Table{Database: d, Name: name, Schema: schema}
}

// Tables are all tables of the database.
func (d Database) Tables() Tables { return Tables{d} }

// Columns is the table with these columns alone.
func (t Table) Columns(names ...string) Table {
	t.columns = append([]string{}, sorted(names)...)
	return t
}

// Except is the table without these columns.
func (t Table) Except(names ...string) Table {
	t.except = append([]string{}, sorted(names)...)
	return t
}

// Where is the table with those rows alone for which filter is true, e.g. "country = 'Germany'".
//
// The filter compares columns with constants, by =, <>, !=, <, >, <=, >=, BETWEEN, IN, LIKE
// and IS [NOT] NULL, combined by AND, OR and NOT; a column's name in double quotes may be a
// keyword. It has fewer than 2048 characters and neither functions nor arithmetic:
// https://docs.aws.amazon.com/lake-formation/latest/dg/partiql-support.html.
func (t Table) Where(filter string) Table {
	t.rows = &filter
	return t
}

// TablesTagged are the tables that have, for every tag, one of its values.
func TablesTagged(tags ...Tag) Tagged { return Tagged{tags: tags} }

// DatabasesTagged are the databases that have, for every tag, one of its values.
func DatabasesTagged(tags ...Tag) Tagged { return Tagged{databases: true, tags: tags} }

// kind is what Lake Formation's rules about actions go by.
type kind string

const (
	catalogKind  kind = "the catalog"
	databaseKind kind = "a database"
	tableKind    kind = "a table"
	columnsKind  kind = "columns of a table"
	rowsKind     kind = "rows of a table"
	linkKind     kind = "a resource link"
	locationKind kind = "a data location"
	tagKind      kind = "an LF-tag"
	taggedTables kind = "tagged tables"
	taggedBases  kind = "tagged databases"
)

// A resource is what the plan knows of a [Resource].
type resource struct {
	kind  kind
	chain string // what Lake Formation changes one at a time: a table with all its columns and rows
	name  string // of this very resource, for logical ids and messages; without tokens
	api   func() map[string]any

	table *Table // with its columns and rows; nil of other kinds
	tags  []Tag  // of an expression, or the tag itself
	after awscdk.CfnResource
}

func (Catalog) resource() resource {
	return resource{kind: catalogKind, chain: "catalog", name: "catalog", api: func() map[string]any {
		return map[string]any{"Catalog": map[string]any{}}
	}}
}

func (d Database) resource() resource {
	return resource{kind: databaseKind, chain: d.path(), name: d.path(), api: func() map[string]any {
		return map[string]any{"Database": map[string]any{"CatalogId": d.catalog(), "Name": d.Name}}
	}}
}

func (t Tables) resource() resource {
	name := t.Database.path() + ".*"
	return resource{kind: tableKind, chain: name, name: name, api: func() map[string]any {
		return map[string]any{"Table": map[string]any{"CatalogId": t.Database.catalog(), "DatabaseName": t.Database.Name, "TableWildcard": map[string]any{}}}
	}}
}

func (t Table) resource() resource {
	r := resource{kind: tableKind, chain: t.path(), name: t.path(), table: &t, api: t.whole}
	switch {
	case t.rows != nil:
		r.kind, r.api = rowsKind, t.filtered
	case t.columns != nil || t.except != nil:
		r.kind, r.api = columnsKind, t.partly
	}
	r.name += t.part()
	return r
}

func (l Location) resource() resource {
	name := "location " + l.Name
	return resource{kind: locationKind, chain: name, name: name, after: l.registration, api: func() map[string]any {
		return map[string]any{"DataLocation": map[string]any{"CatalogId": policy.Here().Account, "ResourceArn": l.ARN}}
	}}
}

func (t Tag) resource() resource {
	name := "LF-tag " + t.String()
	return resource{kind: tagKind, chain: "LF-tag " + t.Key, name: name, tags: []Tag{t}, api: func() map[string]any {
		return map[string]any{"LFTag": t.api()}
	}}
}

func (t Tagged) resource() resource {
	r := resource{kind: taggedTables, tags: t.tags}
	of := "TABLE"
	if t.databases {
		r.kind, of = taggedBases, "DATABASE"
	}
	var words []string
	var expression []any
	for _, tag := range t.tags {
		words = append(words, tag.String())
		expression = append(expression, map[string]any{"TagKey": tag.Key, "TagValues": sorted(tag.Values)})
	}
	slices.Sort(words)
	r.name = strings.TrimPrefix(string(r.kind), "tagged ") + " with " + strings.Join(words, " and ")
	r.chain = r.name
	r.api = func() map[string]any {
		return map[string]any{"LFTagPolicy": map[string]any{"CatalogId": policy.Here().Account, "ResourceType": of, "Expression": expression}}
	}
	return r
}

// Is is the tag with those of its values that are meant.
func (t Tag) Is(values ...string) Tag { return Tag{t.Key, values} }

// String is how a person says it: sensitivity=public, or sensitivity in (public, secret).
func (t Tag) String() string {
	if len(t.Values) == 1 {
		return t.Key + "=" + t.Values[0]
	}
	return t.Key + " in (" + strings.Join(sorted(t.Values), ", ") + ")"
}

func (t Tag) api() map[string]any {
	return map[string]any{"CatalogId": policy.Here().Account, "TagKey": t.Key, "TagValues": sorted(t.Values)}
}

// catalog is the owner's account.
func (d Database) catalog() string {
	if d.Catalog != "" {
		return d.Catalog
	}
	return policy.Here().Account
}

// path names the database among all that this catalog knows.
func (d Database) path() string { return strings.TrimPrefix(d.Catalog+"/"+d.Name, "/") }

func (t Table) path() string { return t.Database.path() + "." + t.Name }

// part says which columns and rows are meant, or nothing if it is all.
func (t Table) part() string {
	part := ""
	if len(t.columns) > 0 {
		part = "(" + strings.Join(t.columns, ", ") + ")"
	}
	if len(t.except) > 0 {
		part += "(all but " + strings.Join(t.except, ", ") + ")"
	}
	if t.rows != nil {
		part += " where " + *t.rows
	}
	return part
}

func (t Table) whole() map[string]any {
	return map[string]any{"Table": map[string]any{"CatalogId": t.Database.catalog(), "DatabaseName": t.Database.Name, "Name": t.Name}}
}

func (t Table) partly() map[string]any {
	of := map[string]any{"CatalogId": t.Database.catalog(), "DatabaseName": t.Database.Name, "Name": t.Name}
	if len(t.columns) > 0 {
		of["ColumnNames"] = t.columns
	} else {
		of["ColumnWildcard"] = map[string]any{"ExcludedColumnNames": t.except}
	}
	return map[string]any{"TableWithColumns": of}
}

func (t Table) filtered() map[string]any {
	return map[string]any{"DataCellsFilter": map[string]any{
		"TableCatalogId": t.Database.catalog(), "DatabaseName": t.Database.Name, "TableName": t.Name, "Name": t.filterName(),
	}}
}

// filterName holds a hash of all that the filter says, for a filter cannot be changed: a
// different one is made beside it, granted, and then the old one goes.
func (t Table) filterName() string { return "rows-" + digest(t.path()+t.part()) }

// filter is the data cells filter behind columns and rows.
func (t Table) filter() map[string]any {
	properties := map[string]any{
		"TableCatalogId": t.Database.catalog(), "DatabaseName": t.Database.Name, "TableName": t.Name, "Name": t.filterName(),
		"RowFilter": map[string]any{"FilterExpression": *t.rows},
	}
	if len(t.columns) > 0 {
		properties["ColumnNames"] = t.columns
	} else {
		properties["ColumnWildcard"] = map[string]any{"ExcludedColumnNames": append([]string{}, t.except...)}
	}
	return properties
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }
