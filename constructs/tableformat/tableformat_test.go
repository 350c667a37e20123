package tableformat

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
	"github.com/lakekeel/lakekeel/internal/policy"
)

var update = flag.Bool("update", false, "rewrite test/scd2/settings.json instead of comparing with it")

var testPlace = policy.Place{Partition: "aws", Region: "eu-west-1", Account: "123456789012"}

// sound are props without a fault, which the cases below spoil.
func sound(format Format) Props {
	return Props{
		Format:    format,
		Warehouse: "s3://lakekeel-tables/crm",
		Databases: []string{"crm"},
		Lock:      Lock{Table: "crm-" + string(format) + "-lock"},
		place:     testPlace,
	}
}

// uses are what the tests of etlScripts/scd2 run Spark with.
func uses() map[string]Props {
	all := map[string]Props{}
	for _, format := range formats {
		all[string(format)] = sound(format)
		alone := sound(format)
		alone.Lock, alone.SingleWriter = Lock{}, true
		all[string(format)+"-single"] = alone
	}
	merge := sound(Hudi)
	merge.Table = MergeOnRead
	all["hudi-mor"] = merge
	return all
}

// TestSettingsAreThoseThatSparkIsTestedWith keeps test/scd2/settings.json, from which
// the tests of the scripts take what Spark runs with, equal to what a job gets.
func TestSettingsAreThoseThatSparkIsTestedWith(t *testing.T) {
	type golden struct {
		Settings  map[string]string
		Packages  []string
		Jars      []string
		Glue      map[string]string
		LockTable string
		LockKeys  []string
		Policy    any
	}
	all := map[string]golden{}
	for name, props := range uses() {
		use := props.Use()
		g := golden{Settings: use.Settings, Packages: props.Format.Packages(), Jars: use.Jars, Glue: use.GlueArguments(), LockTable: props.Lock.Table, LockKeys: lockKeys[props.Format], Policy: policy.JSON(use.Statements)["Statement"]}
		all[name] = g
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(all); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("..", "..", "test", "scd2", "settings.json")
	if *update {
		if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("test/scd2/settings.json differs (-file +settings); if that is meant: go test ./constructs/tableformat -update\n%s", diff)
	}
}

func TestEverySettingIsSparks(t *testing.T) {
	for name, props := range uses() {
		for key := range props.Use().Settings {
			if !strings.HasPrefix(key, "spark.") {
				t.Errorf("%s: spark-submit ignores %q, which is not Spark's", name, key)
			}
		}
	}
}

func TestWritersAreKeptApartByDefault(t *testing.T) {
	want := map[Format]string{
		Hudi:    "spark.hoodie.write.lock.dynamodb.table",
		Iceberg: "spark.sql.catalog.lake.lock.table",
		Delta:   "spark.io.delta.storage.S3DynamoDBLogStore.ddb.tableName",
	}
	for format, key := range want {
		if got := sound(format).Use().Settings[key]; got != "crm-"+string(format)+"-lock" {
			t.Errorf("%s: %s is %q", format, key, got)
		}
	}
}

func TestNobodyMayCreateOrDropALockTable(t *testing.T) {
	for name, props := range uses() {
		for _, s := range props.Use().Statements {
			for _, action := range s.Actions {
				if slices.Contains([]string{"dynamodb:CreateTable", "dynamodb:DeleteTable", "glue:DeleteTable", "glue:DeleteDatabase"}, action) || strings.Contains(action, "*") {
					t.Errorf("%s: %v allows %s", name, s.Actions, action)
				}
			}
		}
	}
}

func TestARightIsForTheTenantsOwnThings(t *testing.T) {
	for name, props := range uses() {
		for _, s := range props.Use().Statements {
			for _, resource := range s.Resources {
				own := strings.Contains(resource, "lakekeel-tables/crm/") || strings.HasSuffix(resource, ":::lakekeel-tables") && s.Conditions != nil ||
					strings.Contains(resource, "/crm-") || strings.HasSuffix(resource, "/crm") || strings.Contains(resource, "table/crm/") || strings.HasSuffix(resource, ":catalog")
				if !own {
					t.Errorf("%s: %v reaches %s", name, s.Actions, resource)
				}
			}
		}
	}
}

func TestAReaderWritesNothingButWhatAWriterThatDiedHadCommitted(t *testing.T) {
	writes := map[Format][]string{Delta: {"s3:PutObject"}}
	for _, format := range formats {
		p := sound(format)
		p.Access = ReadOnly
		var got []string
		for _, s := range p.Use().Statements {
			for _, action := range s.Actions {
				if strings.HasPrefix(action, "s3:Put") || strings.HasPrefix(action, "s3:Delete") || strings.HasPrefix(action, "glue:Create") || strings.HasPrefix(action, "glue:Update") {
					got = append(got, action)
				}
			}
		}
		if !slices.Equal(got, writes[format]) {
			t.Errorf("%s: a reader may %v; want %v", format, got, writes[format])
		}
	}
}

func TestGlueTakesAllSettingsInOneArgument(t *testing.T) {
	use := Use{Format: Delta, Settings: map[string]string{"spark.b": "2", "spark.a": "1"}}
	want := map[string]string{"datalake-formats": "delta", "conf": "spark.a=1 --conf spark.b=2"}
	if got := use.GlueArguments(); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestJarsFollowTheRelease(t *testing.T) {
	tests := map[string]map[Format]string{
		"emr-6.8.0-latest": {
			Hudi:    "local:///usr/lib/hudi/hudi-spark-bundle.jar",
			Iceberg: "local:///usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar",
			Delta:   "local:///usr/share/aws/delta/lib/delta-core.jar,local:///usr/share/aws/delta/lib/delta-storage.jar,local:///usr/share/aws/delta/lib/delta-storage-s3-dynamodb.jar",
		},
		"": {
			Hudi:  "local:///usr/lib/hudi/hudi-spark-bundle.jar,local:///usr/lib/hudi/hudi-aws-bundle.jar",
			Delta: "local:///usr/share/aws/delta/lib/delta-spark.jar,local:///usr/share/aws/delta/lib/delta-storage.jar,local:///usr/share/aws/delta/lib/delta-storage-s3-dynamodb.jar",
		},
	}
	for release, jars := range tests {
		for format, want := range jars {
			p := sound(format)
			p.Release = release
			if got := p.Use().SparkSettings()["spark.jars"]; got != want {
				t.Errorf("%q, %s: %s; want %s", release, format, got, want)
			}
		}
	}
}

func TestPropsValidate(t *testing.T) {
	const (
		lockName  = `the name of a DynamoDB table, 3 to 255 of letters, digits, "_", "-" and "."`
		warehouse = "s3://BUCKET/FOLDER, so that no other tenant's tables are below it"
		database  = "a catalog database of a to z, 0 to 9 and _, each once"
		release   = `an EMR release label from "emr-6.8.0-latest" on, or nothing for "emr-7.9.0-latest"`
	)
	tests := map[string]struct {
		format Format // if empty, Iceberg
		spoil  func(*Props)
		want   string // after "tableformat."
	}{
		"sound":                        {spoil: func(p *Props) {}},
		"tokens are taken":             {spoil: func(p *Props) { p.Warehouse, p.Lock.Table = "s3://${Token[Bucket.1]}/crm", "${Token[Lock.2]}" }},
		"a reader without a lock":      {spoil: func(p *Props) { p.Access, p.Lock = ReadOnly, Lock{} }},
		"unknown format":               {format: "icebreg", spoil: func(p *Props) {}, want: `Props.Format is "icebreg"; want "hudi", "iceberg" or "delta"; nearest is "iceberg"`},
		"no format":                    {spoil: func(p *Props) { p.Format = "" }, want: `Props.Format is ""; want "hudi", "iceberg" or "delta"`},
		"s3a would miss the lock":      {spoil: func(p *Props) { p.Warehouse = "s3a://b/crm" }, want: `Props.Warehouse is "s3a://b/crm"; want ` + warehouse},
		"a whole bucket":               {spoil: func(p *Props) { p.Warehouse = "s3://b/" }, want: `Props.Warehouse is "s3://b/"; want ` + warehouse},
		"no bucket":                    {spoil: func(p *Props) { p.Warehouse = "s3:///crm" }, want: `Props.Warehouse is "s3:///crm"; want ` + warehouse},
		"a wildcard":                   {spoil: func(p *Props) { p.Warehouse = "s3://b/*" }, want: `Props.Warehouse is "s3://b/*"; want ` + warehouse},
		"a comma ends Glue's list":     {spoil: func(p *Props) { p.Warehouse = "s3://b/a,b" }, want: `Props.Warehouse is "s3://b/a,b"; want ` + warehouse},
		"a space ends a setting":       {spoil: func(p *Props) { p.Warehouse = "s3://b/a b" }, want: `Props.Warehouse is "s3://b/a b"; want ` + warehouse},
		"an empty folder name":         {spoil: func(p *Props) { p.Warehouse = "s3://b/a//b" }, want: `Props.Warehouse is "s3://b/a//b"; want ` + warehouse},
		"no database":                  {spoil: func(p *Props) { p.Databases = nil }, want: `Props.Databases is []; want at least one catalog database`},
		"a database with capitals":     {spoil: func(p *Props) { p.Databases = []string{"CRM"} }, want: `Props.Databases[0] is "CRM"; want ` + database},
		"a database twice":             {spoil: func(p *Props) { p.Databases = []string{"crm", "crm"} }, want: `Props.Databases[1] is "crm"; want ` + database},
		"every database":               {spoil: func(p *Props) { p.Databases = []string{"*"} }, want: `Props.Databases[0] is "*"; want ` + database},
		"no lock":                      {spoil: func(p *Props) { p.Lock = Lock{} }, want: `Props.Lock.Table is ""; want the DynamoDB table that every writer locks, or SingleWriter for tables that one job alone writes`},
		"a lock and a single writer":   {spoil: func(p *Props) { p.SingleWriter = true }, want: `Props.SingleWriter is true; want false where there is a Lock`},
		"a single writer that reads":   {spoil: func(p *Props) { p.Access, p.Lock, p.SingleWriter = ReadOnly, Lock{}, true }, want: `Props.SingleWriter is true; want false for a job that only reads`},
		"a short lock":                 {spoil: func(p *Props) { p.Lock.Table = "ab" }, want: `Props.Lock.Table is "ab"; want ` + lockName},
		"an ARN for a lock":            {spoil: func(p *Props) { p.Lock.Table = "arn:aws:dynamodb:x" }, want: `Props.Lock.Table is "arn:aws:dynamodb:x"; want ` + lockName},
		"an alias for a key":           {spoil: func(p *Props) { p.Lock.KeyARN = "alias/k" }, want: `Props.Lock.KeyARN is "alias/k"; want the ARN of a KMS key, or nothing`},
		"a key without a lock":         {spoil: func(p *Props) { p.Access, p.Lock = ReadOnly, Lock{KeyARN: "arn:aws:kms:eu-west-1:123456789012:key/k"} }, want: `Props.Lock.KeyARN is "arn:aws:kms:eu-west-1:123456789012:key/k"; want nothing where there is no Lock.Table`},
		"a data key that is none":      {spoil: func(p *Props) { p.DataKeyARN = "k" }, want: `Props.DataKeyARN is "k"; want the ARN of a KMS key, or nothing`},
		"an access that is none":       {spoil: func(p *Props) { p.Access = 7; p.Lock.Table = "abc" }, want: `Props.Access is 7; want tableformat.ReadWrite or tableformat.ReadOnly`},
		"a catalog of Delta":           {format: Delta, spoil: func(p *Props) { p.Catalog = "lake" }, want: `Props.Catalog is "lake"; want nothing; only Iceberg has a catalog of its own`},
		"a catalog with a dot":         {spoil: func(p *Props) { p.Catalog = "a.b" }, want: `Props.Catalog is "a.b"; want 1 to 64 of a to z, 0 to 9 and _, a letter first`},
		"Spark's own catalog":          {spoil: func(p *Props) { p.Catalog = "spark_catalog" }, want: `Props.Catalog is "spark_catalog"; want another name; Spark's own catalog cannot be given a lock`},
		"a kind of table of Iceberg":   {spoil: func(p *Props) { p.Table = MergeOnRead }, want: `Props.Table is "MERGE_ON_READ"; want nothing; only Hudi keeps tables in two ways`},
		"a kind of table that is none": {format: Hudi, spoil: func(p *Props) { p.Table = "MERGE_ON_REED" }, want: `Props.Table is "MERGE_ON_REED"; want "COPY_ON_WRITE" or "MERGE_ON_READ"; nearest is "MERGE_ON_READ"`},
		"a release before all of it":   {spoil: func(p *Props) { p.Release = "emr-6.7.0-latest" }, want: `Props.Release is "emr-6.7.0-latest"; want ` + release},
		"a release that is none":       {spoil: func(p *Props) { p.Release = "7.9" }, want: `Props.Release is "7.9"; want ` + release},
		"all faults at once, in order": {spoil: func(p *Props) { p.Warehouse, p.Databases, p.Lock = "b", nil, Lock{} }, want: `Props.Warehouse is "b"; want ` + warehouse + "\n" + `tableformat.Props.Databases is []; want at least one catalog database` + "\n" + `tableformat.Props.Lock.Table is ""; want the DynamoDB table that every writer locks, or SingleWriter for tables that one job alone writes`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			format := test.format
			if format == "" {
				format = Iceberg
			}
			p := sound(format)
			test.spoil(&p)
			expect(t, p.Validate(), test.want)
		})
	}
}

func TestLockTablePropsValidate(t *testing.T) {
	expect(t, LockTableProps{Name: "crm-lock", Format: Delta}.Validate(), "")
	expect(t, LockTableProps{Name: "a b", Format: "delt"}.Validate(),
		`LockTableProps.Name is "a b"; want 3 to 255 of letters, digits, "_", "-" and "."`+"\n"+
			`tableformat.LockTableProps.Format is "delt"; want "hudi", "iceberg" or "delta"; nearest is "delta"`)
}

func TestMaintenanceValidate(t *testing.T) {
	sound := Maintenance{Format: Iceberg, Database: "crm", Table: "contacts"}
	const name = "a table of a to z, 0 to 9 and _"
	tests := map[string]struct {
		spoil func(*Maintenance)
		want  string
	}{
		"sound":                             {spoil: func(m *Maintenance) {}},
		"no format":                         {spoil: func(m *Maintenance) { m.Format = "parquet" }, want: `Maintenance.Format is "parquet"; want "hudi", "iceberg" or "delta"`},
		"a table with a dash":               {spoil: func(m *Maintenance) { m.Table = "a-b" }, want: `Maintenance.Table is "a-b"; want ` + name},
		"no database":                       {spoil: func(m *Maintenance) { m.Database = "" }, want: `Maintenance.Database is ""; want a catalog database of a to z, 0 to 9 and _`},
		"half an hour":                      {spoil: func(m *Maintenance) { m.Keep = 90 * time.Minute }, want: `Maintenance.Keep is 1h30m0s; want whole hours, 1h0m0s or more, or 0 for 168h0m0s`},
		"a vacuum below a reader in flight": {spoil: func(m *Maintenance) { m.Format, m.Keep = Delta, 24*time.Hour }, want: `Maintenance.Keep is 24h0m0s; want whole hours, 168h0m0s or more, or 0 for 168h0m0s`},
		"less than no version":              {spoil: func(m *Maintenance) { m.KeepLast = -1 }, want: `Maintenance.KeepLast is -1; want 1 or more, or 0 for 10`},
		"tiny files":                        {spoil: func(m *Maintenance) { m.TargetFile = 8 }, want: `Maintenance.TargetFile is 8; want 16 to 2048 MiB, or 0 for 128`},
		"orphans of a write in flight":      {spoil: func(m *Maintenance) { m.Orphans = time.Hour }, want: `Maintenance.Orphans is 1h0m0s; want whole hours, 24h0m0s or more, or 0 for 72h0m0s`},
		"orphans of Delta":                  {spoil: func(m *Maintenance) { m.Format, m.Orphans = Delta, 72*time.Hour }, want: `Maintenance.Orphans is 72h0m0s; want nothing; only Iceberg looks for them apart from expiring`},
		"a manifest of Iceberg":             {spoil: func(m *Maintenance) { m.Manifest = true }, want: `Maintenance.Manifest is true; want false; only Delta has one`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := sound
			test.spoil(&m)
			expect(t, m.Validate(), test.want)
		})
	}
}

func TestMaintenanceArgumentsAreComplete(t *testing.T) {
	got := Maintenance{Format: Iceberg, Database: "crm", Table: "contacts"}.Arguments()
	want := map[string]string{"format": "iceberg", "database": "crm", "table": "contacts", "keep-hours": "168", "keep-last": "10", "target-file": "128", "orphan-hours": "72"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// expect compares the whole message; want is without the package's name at its start.
func expect(t *testing.T, err error, want string) {
	t.Helper()
	if want != "" {
		want = "tableformat." + want
	}
	checktest.Message(t, err, want)
}
