package glue

import "testing"

func TestTablePropsValidate(t *testing.T) {
	with := func(change func(*TableProps)) TableProps {
		p := TableProps{Database: &Database{Name: "shop"}, Name: "orders", Location: "s3://shop/orders/", Format: CSV, Columns: []Column{{"id", "string"}, {"day", "string"}}}
		change(&p)
		return p
	}
	runFaults(t, map[string]faultCase{
		"a table":         {with(func(*TableProps) {}), ""},
		"Parquet":         {with(func(p *TableProps) { p.Format, p.Columns[0].Type = Parquet, "decimal(12,2)" }), ""},
		"capitals":        {with(func(p *TableProps) { p.Name = "Orders" }), `glue.TableProps.Name is "Orders"; want 1 to 255 of a-z, 0-9 and _`},
		"numbers in CSV":  {with(func(p *TableProps) { p.Columns[0].Type = "int" }), `glue.TableProps.Columns[0].Type is "int"; want string, as all columns of CSV`},
		"a column twice":  {with(func(p *TableProps) { p.Columns[1].Name = "id" }), `glue.TableProps.Columns[1].Name is "id"; want 1 to 255 of a-z, 0-9 and _ that no other column has`},
		"a type of SQL":   {with(func(p *TableProps) { p.Format, p.Columns[1].Type = Parquet, "varchar" }), `glue.TableProps.Columns[1].Type is "varchar"; want a type as Hive writes it, e.g. string or int`},
		"a bucket's name": {with(func(p *TableProps) { p.Location = "shop/orders" }), `glue.TableProps.Location is "shop/orders"; want an s3:// URL of a folder`},
		"another format":  {with(func(p *TableProps) { p.Format = "orc" }), `glue.TableProps.Format is "orc"; want "csv" or "parquet"`},
		"nothing": {TableProps{}, `glue.TableProps.Database is <nil>; want a database
glue.TableProps.Name is ""; want 1 to 255 of a-z, 0-9 and _
glue.TableProps.Columns is 0; want at least one column
glue.TableProps.Location is ""; want an s3:// URL of a folder
glue.TableProps.Format is ""; want "csv" or "parquet"`},
	})
}

func TestViewPropsValidate(t *testing.T) {
	view := func(sql string) ViewProps {
		return ViewProps{Database: &Database{Name: "shop"}, Name: "orders", SQL: sql, Columns: []Column{{"id", "string"}}}
	}
	runFaults(t, map[string]faultCase{
		"a view":         {view("SELECT id FROM raw_orders"), ""},
		"two statements": {view("SELECT 1; SELECT 2"), `glue.ViewProps.SQL is "SELECT 1; SELECT 2"; want one SELECT, without a semicolon`},
		"nothing": {ViewProps{}, `glue.ViewProps.Database is <nil>; want a database
glue.ViewProps.Name is ""; want 1 to 255 of a-z, 0-9 and _
glue.ViewProps.Columns is 0; want at least one column
glue.ViewProps.SQL is ""; want one SELECT, without a semicolon`},
	})
}
