package glue

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/batch"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// Column is a column of a table or view.
type Column struct {
	Name string // 1 to 255 of a-z, 0-9 and _
	Type string // as Hive writes it, e.g. "string", "int", "decimal(12,2)"
}

// TableFormat is how a [Table]'s files are written.
type TableFormat string

// The formats. CSV files have a header line, which is skipped, quotes around what has commas in it, and all columns are strings.
const (
	CSV     TableFormat = "csv"
	Parquet TableFormat = "parquet"
)

// TableProps describes a [Table].
type TableProps struct {
	Database    *Database
	Name        string // 1 to 255 of a-z, 0-9 and _
	Description string
	Location    string // s3:// URL of the folder
	Format      TableFormat
	Columns     []Column // at least one
}

// Table is files in a folder as Athena and Spark read them, described by the template and by no crawler.
type Table struct {
	Construct constructs.Construct
	Name      string
}

// NewTable defines a table in scope. It panics with the error of [TableProps.Validate] if the
// props are not sound.
func NewTable(scope constructs.Construct, id string, props TableProps) *Table {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	storage := &awsglue.CfnTable_StorageDescriptorProperty{Columns: columnsOf(props.Columns), Location: &props.Location}
	parameters := map[string]string{"EXTERNAL": "TRUE", "classification": string(props.Format)}
	serde := "org.apache.hadoop.hive.serde2.OpenCSVSerde"
	storage.InputFormat = jsii.String("org.apache.hadoop.mapred.TextInputFormat")
	storage.OutputFormat = jsii.String("org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat")
	if props.Format == Parquet {
		serde = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
		storage.InputFormat = jsii.String("org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat")
		storage.OutputFormat = jsii.String("org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat")
	} else {
		parameters["skip.header.line.count"] = "1"
	}
	storage.SerdeInfo = &awsglue.CfnTable_SerdeInfoProperty{SerializationLibrary: &serde}
	return newTable(scope, id, props.Database, &awsglue.CfnTable_TableInputProperty{
		Name: &props.Name, Description: optional(props.Description), TableType: jsii.String("EXTERNAL_TABLE"), Parameters: parameters, StorageDescriptor: storage,
	})
}

// ViewProps describes a [NewView].
type ViewProps struct {
	Database    *Database
	Name        string // 1 to 255 of a-z, 0-9 and _
	Description string
	SQL         string   // a SELECT in Athena's language; tables without a database are the view's neighbours
	Columns     []Column // those that the SELECT gives, in its order
}

// NewView defines a view in scope: a SELECT under a name, which Athena runs whenever it is read. It is written as Athena's own
// CREATE VIEW writes it into the catalog, and Spark cannot read it. It panics with the error of [ViewProps.Validate] if
// the props are not sound.
func NewView(scope constructs.Construct, id string, props ViewProps) *Table {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	columns := []any{}
	for _, c := range props.Columns {
		columns = append(columns, map[string]any{"name": c.Name, "type": trino(c.Type)})
	}
	definition, _ := json.Marshal(map[string]any{ // plain text and lists
		"originalSql": strings.TrimSpace(props.SQL), "catalog": "awsdatacatalog", "schema": props.Database.Name, "columns": columns,
	})
	return newTable(scope, id, props.Database, &awsglue.CfnTable_TableInputProperty{
		Name: &props.Name, Description: optional(props.Description), TableType: jsii.String("VIRTUAL_VIEW"),
		Parameters:       map[string]string{"presto_view": "true", "comment": "Presto View"},
		ViewOriginalText: jsii.String("/* Presto View: " + base64.StdEncoding.EncodeToString(definition) + " */"),
		ViewExpandedText: jsii.String("/* Presto View */"),
		PartitionKeys:    []any{},
		StorageDescriptor: &awsglue.CfnTable_StorageDescriptorProperty{
			Columns: columnsOf(props.Columns), Location: jsii.String(""), SerdeInfo: &awsglue.CfnTable_SerdeInfoProperty{},
		},
	})
}

func newTable(scope constructs.Construct, id string, database *Database, input *awsglue.CfnTable_TableInputProperty) *Table {
	group, _ := batch.Make(scope, []batch.Resource{batch.Group(id), {
		Type:  "aws-cdk-lib.aws_glue.CfnTable",
		ID:    "Resource",
		Props: &awsglue.CfnTableProps{CatalogId: jsii.String(policy.Here().Account), DatabaseName: database.ref, TableInput: input},
	}})
	return &Table{Construct: group, Name: *input.Name}
}

func columnsOf(columns []Column) []any {
	list := make([]any, len(columns))
	for i, c := range columns {
		list[i] = &awsglue.CfnTable_ColumnProperty{Name: &c.Name, Type: &c.Type}
	}
	return list
}

// trino is a type of Hive's in Trino's words, which views are written in.
func trino(hive string) string {
	switch hive {
	case "string":
		return "varchar"
	case "int":
		return "integer"
	case "float":
		return "real"
	case "timestamp":
		return "timestamp(3)"
	}
	return hive
}

// columnType are Hive's types without nesting.
var columnType = regexp.MustCompile(`^(string|tinyint|smallint|int|bigint|float|double|boolean|date|timestamp|decimal\([0-9]{1,2},[0-9]{1,2}\))$`)

// Validate reports every fault in the props as a [check.Fault].
func (p TableProps) Validate() error {
	faults := check.Of("glue.TableProps")
	checkTable(faults, p.Database, p.Name, p.Description, p.Columns)
	faults.Want(strings.HasPrefix(p.Location, "s3://"), "Location", p.Location, "an s3:// URL of a folder")
	faults.Want(p.Format == CSV || p.Format == Parquet, "Format", string(p.Format), check.OneOf([]TableFormat{CSV, Parquet}))
	for i, c := range p.Columns {
		faults.Want(p.Format != CSV || c.Type == "string", fmt.Sprintf("Columns[%d].Type", i), c.Type, "string, as all columns of CSV")
	}
	return faults.Err()
}

// Validate reports every fault in the props as a [check.Fault].
func (p ViewProps) Validate() error {
	faults := check.Of("glue.ViewProps")
	checkTable(faults, p.Database, p.Name, p.Description, p.Columns)
	faults.Want(strings.TrimSpace(p.SQL) != "" && !strings.Contains(p.SQL, ";"), "SQL", p.SQL, "one SELECT, without a semicolon")
	return faults.Err()
}

func checkTable(faults *check.Faults, database *Database, name, description string, columns []Column) {
	faults.Want(database != nil, "Database", nil, "a database")
	faults.Want(databaseName.MatchString(name), "Name", name, "1 to 255 of a-z, 0-9 and _")
	faults.Want(isDescription(description), "Description", description, wantDescription)
	faults.Want(len(columns) > 0, "Columns", len(columns), "at least one column")
	seen := map[string]bool{}
	for i, c := range columns {
		at := fmt.Sprintf("Columns[%d]", i)
		faults.Want(databaseName.MatchString(c.Name) && !seen[c.Name], at+".Name", c.Name, "1 to 255 of a-z, 0-9 and _ that no other column has")
		faults.Want(columnType.MatchString(c.Type), at+".Type", c.Type, "a type as Hive writes it, e.g. string or int")
		seen[c.Name] = true
	}
}
