package glue

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/batch"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// DatabaseProps describes a [Database].
type DatabaseProps struct {
	Name        string // 1 to 255 of a-z, 0-9 and _, unique in the account; Glue folds capitals, Athena quotes all else
	Description string // at most 2048 bytes

	// DestroyData deletes the database, and with it the definitions of its tables,
	// when its stack is deleted. If false, it stays, and a new stack with a
	// database of the name fails until it is deleted by hand. The data in S3 is
	// the bucket's to keep, in either case.
	DestroyData bool
}

// Database is a database of the account's Glue Data Catalog: what crawlers fill and
// what Athena and Spark read. It is kept when its stack is
// deleted, unless DestroyData.
type Database struct {
	Construct constructs.Construct // holds the CfnDatabase
	Name      string               // as in the props
	ref       *string
}

// NewDatabase defines a database in scope. It panics with the error of
// [DatabaseProps.Validate] if the props are not sound.
func NewDatabase(scope constructs.Construct, id string, props DatabaseProps) *Database {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	removal := awscdk.RemovalPolicy_RETAIN
	if props.DestroyData {
		removal = awscdk.RemovalPolicy_DESTROY
	}
	group, ref := batch.Make(scope, []batch.Resource{batch.Group(id), {
		Type: "aws-cdk-lib.aws_glue.CfnDatabase",
		ID:   "Resource",
		Props: &awsglue.CfnDatabaseProps{
			CatalogId:     jsii.String(policy.Here().Account),
			DatabaseInput: &awsglue.CfnDatabase_DatabaseInputProperty{Name: &props.Name, Description: optional(props.Description)},
		},
		Removal: removal,
	}})
	return &Database{Construct: group, Name: props.Name, ref: &ref}
}

var databaseName = regexp.MustCompile(`^[a-z0-9_]{1,255}$`)

// Validate reports every fault in the props as a [check.Fault].
func (p DatabaseProps) Validate() error {
	faults := check.Of("glue.DatabaseProps")
	faults.Want(databaseName.MatchString(p.Name), "Name", p.Name, "1 to 255 of a-z, 0-9 and _")
	faults.Want(isDescription(p.Description), "Description", p.Description, wantDescription)
	return faults.Err()
}

// readTables and writeTables are the catalog actions on a database, its tables and
// their partitions.
var (
	readTables = []string{
		"glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetTableVersion", "glue:GetTableVersions",
		"glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition", "glue:GetPartitionIndexes",
	}
	writeTables = []string{
		"glue:CreateTable", "glue:UpdateTable", "glue:CreatePartition", "glue:BatchCreatePartition",
		"glue:UpdatePartition", "glue:BatchUpdatePartition", "glue:CreatePartitionIndex",
	}
	deleteTables = []string{"glue:DeleteTable", "glue:BatchDeleteTable", "glue:DeletePartition", "glue:BatchDeletePartition"}
)

// tables allows actions on the database, its tables and their partitions. Glue checks
// the catalog and the database as well as the table.
func (d *Database) tables(actions ...string) policy.Statement {
	h := policy.Here()
	return policy.Statement{
		Actions:   actions,
		Resources: []string{h.Arn("glue", "catalog"), h.Arn("glue", "database/"+*d.ref), h.Arn("glue", "table/"+*d.ref+"/*")},
		Wildcard:  "the right is on all tables of one database, whose names are not known before the data is there",
	}
}

// GrantRead lets grantee read the definitions of the database, its tables and their
// partitions. The data itself is the bucket's to grant.
//
// It also lets grantee look at the databases default and global_temp, because a
// Spark session with the Glue catalog asks for both and fails when that is denied.
func (d *Database) GrantRead(grantee awsiam.IGrantable) {
	h := policy.Here()
	grant(grantee, d.tables(readTables...), policy.Statement{
		Actions:   []string{"glue:GetDatabase"},
		Resources: []string{h.Arn("glue", "database/default"), h.Arn("glue", "database/global_temp")},
	})
}

// GrantWrite lets grantee make and change tables and partitions of the database, as
// well as read them. It does not let it delete any; see [Database.GrantDelete].
func (d *Database) GrantWrite(grantee awsiam.IGrantable) {
	d.GrantRead(grantee)
	grant(grantee, d.tables(writeTables...))
}

// GrantDelete lets grantee delete tables and partitions of the database from the
// catalog.
func (d *Database) GrantDelete(grantee awsiam.IGrantable) { grant(grantee, d.tables(deleteTables...)) }
