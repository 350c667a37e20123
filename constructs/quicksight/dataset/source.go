package dataset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// A Table is something that rows come from, and the columns that they have there.
type Table struct {
	Name    string   // unique in the dataset, of letters, digits and hyphens, at most 60
	From    Source   // where its rows are
	Columns []Column // as the source has them; at least one

	// Steps are done to its rows before they are joined to others. The first table of a dataset has none: its
	// steps are the dataset's.
	Steps []Step
}

// Source is one of [Relation], [SQL], [Manifest] and [Parent].
type Source interface {
	check(faults *check.Faults, field string)
	// physical is the table in the service's shape, or nil for a dataset.
	physical(name string, columns []Column, arn ARN) map[string]any
}

// ARN makes an ARN of a QuickSight resource's type and id, e.g. "datasource/athena" or
// "group/default/analysts".
type ARN func(resource string) string

// Relation is a table or view of a database.
type Relation struct {
	Source  string // id of the data source
	Catalog string // Athena's data catalog; empty elsewhere
	Schema  string // Athena's database, or a database's schema
	Table   string
}

// SQL is a query that the source runs.
type SQL struct {
	Source string // id of the data source
	Query  string // 1 to 168,000 characters
}

// Manifest is the files in S3 that a data source's manifest lists.
type Manifest struct {
	Source    string // id of a data source of type S3
	Format    string // CSV, TSV, CLF, ELF, XLSX or JSON; if empty, CSV
	Delimiter string // one character; if empty, the format's
	NoHeader  bool   // whether the first row is data
}

// Parent is another dataset, whose output columns the table has.
type Parent struct {
	Dataset string // its id
}

func (r Relation) check(faults *check.Faults, field string) {
	checkID(faults, field+".Source", r.Source)
	faults.Want(r.Table != "" && len(r.Table) <= 256, field+".Table", r.Table, "1 to 256 characters")
}

func (s SQL) check(faults *check.Faults, field string) {
	checkID(faults, field+".Source", s.Source)
	faults.Want(strings.TrimSpace(s.Query) != "" && len(s.Query) <= 168_000, field+".Query", clip(s.Query), "a query of at most 168000 characters")
}

var formats = []string{"CSV", "TSV", "CLF", "ELF", "XLSX", "JSON"}

func (m Manifest) check(faults *check.Faults, field string) {
	checkID(faults, field+".Source", m.Source)
	faults.Want(m.Format == "" || slices.Contains(formats, m.Format), field+".Format", m.Format, check.OneOf(formats))
	faults.Want(len(m.Delimiter) <= 1, field+".Delimiter", m.Delimiter, "one character, or nothing")
}

func (p Parent) check(faults *check.Faults, field string) {
	checkID(faults, field+".Dataset", p.Dataset)
}

func (r Relation) physical(_ string, columns []Column, arn ARN) map[string]any {
	return jsontree.Object("RelationalTable", jsontree.Object(
		"DataSourceArn", arn("datasource/"+r.Source), "Catalog", r.Catalog, "Schema", r.Schema, "Name", r.Table, "InputColumns", columnsJSON(columns)))
}

func (s SQL) physical(name string, columns []Column, arn ARN) map[string]any {
	return jsontree.Object("CustomSql", jsontree.Object(
		"DataSourceArn", arn("datasource/"+s.Source), "Name", name, "SqlQuery", s.Query, "Columns", columnsJSON(columns)))
}

func (m Manifest) physical(_ string, columns []Column, arn ARN) map[string]any {
	format := m.Format
	if format == "" {
		format = "CSV"
	}
	upload := jsontree.Object("Format", format, "Delimiter", m.Delimiter, "ContainsHeader", !m.NoHeader)
	return jsontree.Object("S3Source", jsontree.Object(
		"DataSourceArn", arn("datasource/"+m.Source), "UploadSettings", upload, "InputColumns", columnsJSON(columns)))
}

func (p Parent) physical(string, []Column, ARN) map[string]any { return nil }

// readTable reads a physical table; what it cannot is an error.
func readTable(n jsontree.Node) (Source, []Column, error) {
	body := n.At(n.Only())
	source := resource(body.At("DataSourceArn").Text(), "datasource/")
	switch kind := n.Only(); kind {
	case "RelationalTable":
		return Relation{source, body.At("Catalog").Text(), body.At("Schema").Text(), body.At("Name").Text()}, readColumns(body.At("InputColumns")), nil
	case "CustomSql":
		return SQL{source, body.At("SqlQuery").Text()}, readColumns(body.At("Columns")), nil
	case "S3Source":
		upload := body.At("UploadSettings")
		header := upload.At("ContainsHeader")
		return Manifest{source, upload.At("Format").Text(), upload.At("Delimiter").Text(), header.Is() && !header.True()}, readColumns(body.At("InputColumns")), nil
	default:
		return nil, nil, fmt.Errorf("a table of kind %q; want RelationalTable, CustomSql or S3Source", kind)
	}
}

// resource is the id at the end of an ARN, after the resource's type.
func resource(arn, kind string) string {
	_, id, found := strings.Cut(arn, ":"+kind)
	if !found {
		return arn
	}
	return id
}

// checkID records a fault unless id is one that every type of QuickSight resource takes.
func checkID(faults *check.Faults, field, id string) {
	faults.Want(IsID(id), field, id, "an id of 1 to 512 letters, digits, hyphens and underscores")
}
