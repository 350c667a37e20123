package tableformat

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// Access is what a job does with the tables.
type Access int

const (
	ReadWrite Access = iota
	ReadOnly
)

// HudiTable is how Hudi keeps a table's rows.
type HudiTable string

const (
	CopyOnWrite HudiTable = "COPY_ON_WRITE" // a write rewrites the files it touches; reads are fast
	MergeOnRead HudiTable = "MERGE_ON_READ" // a write appends logs, which compaction folds in later
)

var hudiTables = []HudiTable{CopyOnWrite, MergeOnRead}

// Lock names the DynamoDB table that keeps several writers apart. [LockTable.Lock]
// returns it; one that is not of this app is written down.
type Lock struct {
	Table  string // name, 3 to 255 of letters, digits, "_", "-" and "."; may be a token
	KeyARN string // of the KMS key that encrypts it; if empty, DynamoDB's own, which needs no right
}

// Props describes how a job uses one table format.
type Props struct {
	Format    Format
	Warehouse string   // s3:// URL of the folder that holds the tables; may hold tokens
	Databases []string // catalog databases that the job uses, at least one
	Access    Access

	// Lock keeps writers apart. Every writer of a table must have the same one. It is
	// needed unless the job only reads or SingleWriter says that there is no other.
	Lock Lock

	// SingleWriter gives the lock up, for tables that one job alone ever writes, one
	// run at a time. Two writers without a lock lose updates, and nobody is told.
	SingleWriter bool

	Catalog string    // Iceberg's name in SQL, e.g. lake.db.table; if empty, "lake"
	Table   HudiTable // Hudi's way to keep rows; if empty, CopyOnWrite
	Release string    // EMR release label that decides on the jars; if empty, DefaultRelease

	DataKeyARN string // of the KMS key that encrypts the warehouse; if empty, none

	place policy.Place // where the job runs; if zero, where the template is deployed
}

// Use is what a job needs to be a user of a format. All of it is plain values.
type Use struct {
	Format     Format
	Settings   map[string]string  // Spark's, each "spark.…"
	Jars       []string           // for spark.jars on EMR, built into its image
	Statements []policy.Statement // of the policy of the job's role
}

// GlueArguments are the use as arguments of a Glue job, keyed without the leading "--",
// for glue.JobProps.Arguments. Glue brings the jars itself:
// https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-datalake-native-frameworks.html.
func (u Use) GlueArguments() map[string]string {
	var settings []string
	for _, key := range slices.Sorted(maps.Keys(u.Settings)) {
		settings = append(settings, key+"="+u.Settings[key])
	}
	return map[string]string{
		"datalake-formats": string(u.Format),
		"conf":             strings.Join(settings, " --conf "), // the one way to give Glue several
	}
}

// SparkSettings are the settings with the jars among them, as EMR takes both.
func (u Use) SparkSettings() map[string]string {
	settings := maps.Clone(u.Settings)
	settings["spark.jars"] = strings.Join(u.Jars, ",")
	return settings
}

// Use derives what a job needs. It panics with the error of [Props.Validate] if the props
// are not sound.
func (p Props) Use() Use {
	if err := p.Validate(); err != nil {
		panic(err)
	}
	if p.place == (policy.Place{}) {
		p.place = policy.Here()
	}
	label, _ := parseRelease(p.Release)
	use := Use{Format: p.Format, Jars: label.builtIn(p.Format), Statements: p.statements()}
	switch p.Format {
	case Hudi:
		use.Settings = p.hudi()
	case Iceberg:
		use.Settings = p.iceberg()
	case Delta:
		use.Settings = p.delta()
	}
	return use
}

// locked tells whether the job takes part in the lock.
func (p Props) locked() bool { return p.Lock.Table != "" }

var (
	// databaseName is what Glue, Athena and Spark all take without quotes.
	databaseName = regexp.MustCompile(`^[a-z0-9_]{1,255}$`)
	catalogName  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	tableName    = regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`) // DynamoDB's
	keyARN       = regexp.MustCompile(`^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)
)

const wantKey = "the ARN of a KMS key, or nothing"

// Validate reports every fault in the props as a [check.Fault]. It touches nothing but
// the props, so it may be called without a CDK app.
func (p Props) Validate() error {
	faults := check.Of("tableformat.Props")
	faults.Want(slices.Contains(formats, p.Format), "Format", string(p.Format), check.Suggest(check.OneOf(formats), string(p.Format), formats))
	p.checkPlace(faults)
	p.checkDatabases(faults)
	faults.Want(p.Access == ReadWrite || p.Access == ReadOnly, "Access", int(p.Access), "tableformat.ReadWrite or tableformat.ReadOnly")
	p.checkLock(faults)
	p.checkFormat(faults)
	_, known := parseRelease(p.Release)
	faults.Want(known, "Release", p.Release, `an EMR release label from "emr-6.8.0-latest" on, or nothing for "`+DefaultRelease+`"`)
	faults.Want(isKey(p.DataKeyARN), "DataKeyARN", p.DataKeyARN, wantKey)
	return faults.Err()
}

// checkPlace refuses s3a:// above all: Delta's log store keys its versions by the whole
// URL, so that a writer with the other scheme would not be kept apart, and Athena's
// external tables read s3:// alone.
func (p Props) checkPlace(faults *check.Faults) {
	bucket, prefix, ok := splitS3(p.Warehouse)
	ok = ok && bucket != "" && prefix != "" && !strings.ContainsAny(p.Warehouse, " *?,=\n\r\t") && !strings.Contains(prefix, "//")
	faults.Want(ok, "Warehouse", p.Warehouse, "s3://BUCKET/FOLDER, so that no other tenant's tables are below it")
}

func (p Props) checkDatabases(faults *check.Faults) {
	faults.Want(len(p.Databases) > 0, "Databases", p.Databases, "at least one catalog database")
	for i, name := range p.Databases {
		ok := policy.HasToken(name) || databaseName.MatchString(name)
		faults.Want(ok && !slices.Contains(p.Databases[:i], name), fmt.Sprintf("Databases[%d]", i), name,
			"a catalog database of a to z, 0 to 9 and _, each once")
	}
}

func (p Props) checkLock(faults *check.Faults) {
	switch {
	case p.Lock.Table != "":
		faults.Want(policy.HasToken(p.Lock.Table) || tableName.MatchString(p.Lock.Table), "Lock.Table", p.Lock.Table,
			`the name of a DynamoDB table, 3 to 255 of letters, digits, "_", "-" and "."`)
		faults.Want(!p.SingleWriter, "SingleWriter", p.SingleWriter, "false where there is a Lock")
	case p.Access == ReadWrite:
		faults.Want(p.SingleWriter, "Lock.Table", p.Lock.Table, "the DynamoDB table that every writer locks, or SingleWriter for tables that one job alone writes")
	}
	if p.Access == ReadOnly {
		faults.Want(!p.SingleWriter, "SingleWriter", p.SingleWriter, "false for a job that only reads")
	}
	faults.Want(isKey(p.Lock.KeyARN), "Lock.KeyARN", p.Lock.KeyARN, wantKey)
	faults.Want(p.Lock.KeyARN == "" || p.Lock.Table != "", "Lock.KeyARN", p.Lock.KeyARN, "nothing where there is no Lock.Table")
}

// checkFormat refuses fields of another format, which would be ignored in silence.
func (p Props) checkFormat(faults *check.Faults) {
	if p.Format == Iceberg {
		faults.Want(catalogName.MatchString(cmp.Or(p.Catalog, defaultCatalog)), "Catalog", p.Catalog, "1 to 64 of a to z, 0 to 9 and _, a letter first")
		faults.Want(p.Catalog != "spark_catalog", "Catalog", p.Catalog, `another name; Spark's own catalog cannot be given a lock`)
	} else {
		faults.Want(p.Catalog == "", "Catalog", p.Catalog, "nothing; only Iceberg has a catalog of its own")
	}
	if p.Format == Hudi {
		table := cmp.Or(p.Table, CopyOnWrite)
		faults.Want(slices.Contains(hudiTables, table), "Table", string(table), check.Suggest(check.OneOf(hudiTables), string(table), hudiTables))
	} else {
		faults.Want(p.Table == "", "Table", string(p.Table), "nothing; only Hudi keeps tables in two ways")
	}
}

func isKey(arn string) bool { return arn == "" || policy.HasToken(arn) || keyARN.MatchString(arn) }

// splitS3 takes s3://bucket/prefix apart; the prefix is without slashes at its ends.
func splitS3(url string) (bucket, prefix string, ok bool) {
	rest, ok := strings.CutPrefix(url, "s3://")
	bucket, prefix, _ = strings.Cut(rest, "/")
	return bucket, strings.Trim(prefix, "/"), ok
}
