package quicksight

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// DataSourceProps describes a [DataSource].
type DataSourceProps struct {
	ID   string // unique in the account and region; letters, digits, hyphens, underscores
	Name string // what authors see, 1 to 128 characters; if empty, the id
	At   Place

	// Secret is the ARN of a secret of Secrets Manager with the keys username and password. Databases need one,
	// nothing else has one. It never stands in the template.
	Secret string

	VPC    *VPCConnection // by which a private database is reached; if nil, the database is public
	Access []Access       // who may build datasets on it, as Author or Owner
	Folder *Folder        // may be nil
}

// Place is where data is: [Athena], [Database], [RedshiftCluster] or [Files].
type Place interface {
	check(faults *check.Faults)
	// properties are the type, and the member of DataSourceParameters with its body.
	properties() (kind, member string, body map[string]any)
}

// Athena asks Athena. Its queries are the workgroup's: where results go, how they are
// encrypted, how much may be read.
type Athena struct {
	WorkGroup string // if empty, "primary"

	// Role is the ARN of a role that QuickSight asks Athena as; if empty, the account's own for QuickSight.
	Role string
}

// Database is a MySQL or PostgreSQL database, by the name of its host. Connections are always encrypted.
type Database struct {
	Engine Engine
	Host   string
	Port   int // if zero, the engine's: 3306 or 5432
	Name   string
}

// Engine is the kind of a [Database].
type Engine string

// The engines.
const (
	MySQL            Engine = "MYSQL"
	PostgreSQL       Engine = "POSTGRESQL"
	AuroraMySQL      Engine = "AURORA"
	AuroraPostgreSQL Engine = "AURORA_POSTGRESQL"
	MariaDB          Engine = "MARIADB"
)

var engines = []Engine{MySQL, PostgreSQL, AuroraMySQL, AuroraPostgreSQL, MariaDB}

// engineParameters are the members of DataSourceParameters.
var engineParameters = map[Engine]string{
	MySQL: "MySqlParameters", PostgreSQL: "PostgreSqlParameters", AuroraMySQL: "AuroraParameters",
	AuroraPostgreSQL: "AuroraPostgreSqlParameters", MariaDB: "MariaDbParameters",
}

// RedshiftCluster is a cluster or workgroup of Redshift, by the name of its host.
type RedshiftCluster struct {
	Host     string
	Port     int // if zero, 5439
	Database string
}

// Files are files in S3 that a manifest lists.
type Files struct {
	Bucket string
	Key    string // of the manifest: https://docs.aws.amazon.com/quicksight/latest/user/supported-manifest-file-format.html
}

func (a Athena) check(faults *check.Faults) {
	faults.Want(len(a.WorkGroup) <= 128, "At.WorkGroup", a.WorkGroup, "at most 128 characters")
}

func (d Database) check(faults *check.Faults) {
	faults.Want(engineParameters[d.Engine] != "", "At.Engine", string(d.Engine), check.OneOf(engines))
	checkHost(faults, d.Host, d.Port)
	faults.Want(d.Name != "" && len(d.Name) <= 128, "At.Name", d.Name, "1 to 128 characters")
}

func (r RedshiftCluster) check(faults *check.Faults) {
	checkHost(faults, r.Host, r.Port)
	faults.Want(r.Database != "" && len(r.Database) <= 128, "At.Database", r.Database, "1 to 128 characters")
}

func checkHost(faults *check.Faults, host string, port int) {
	faults.Want(host != "" && len(host) <= 256 && !strings.ContainsAny(host, "/: "), "At.Host", host, "the name of a host, without scheme and port")
	faults.Want(port >= 0 && port <= 65535, "At.Port", port, "1 to 65535, or 0 for the engine's own")
}

func (f Files) check(faults *check.Faults) {
	faults.Want(f.Bucket != "", "At.Bucket", f.Bucket, "the name of a bucket")
	faults.Want(f.Key != "" && !strings.HasPrefix(f.Key, "/"), "At.Key", f.Key, "the key of the manifest")
}

func (a Athena) properties() (string, string, map[string]any) {
	return "ATHENA", "AthenaParameters", jsontree.Object("WorkGroup", cmp.Or(a.WorkGroup, "primary"), "RoleArn", a.Role)
}

func (d Database) properties() (string, string, map[string]any) {
	return string(d.Engine), engineParameters[d.Engine], map[string]any{"Host": d.Host, "Port": d.port(), "Database": d.Name}
}

func (d Database) port() int {
	if d.Engine == PostgreSQL || d.Engine == AuroraPostgreSQL {
		return cmp.Or(d.Port, 5432)
	}
	return cmp.Or(d.Port, 3306)
}

func (r RedshiftCluster) properties() (string, string, map[string]any) {
	return "REDSHIFT", "RedshiftParameters", map[string]any{"Host": r.Host, "Port": cmp.Or(r.Port, 5439), "Database": r.Database}
}

func (f Files) properties() (string, string, map[string]any) {
	return "S3", "S3Parameters", map[string]any{"ManifestFileLocation": map[string]any{"Bucket": f.Bucket, "Key": f.Key}}
}

// DataSource is a place that datasets have their tables from.
type DataSource struct {
	Construct constructs.Construct
	ID        string
}

// NewDataSource defines a data source in scope. It panics with the error of
// [DataSourceProps.Validate] if the props are not sound.
func NewDataSource(scope constructs.Construct, id string, props DataSourceProps) *DataSource {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	s := &DataSource{Construct: constructs.NewConstruct(scope, &id), ID: props.ID}
	kind, member, body := props.At.properties()
	properties := map[string]any{"DataSourceId": props.ID, "Name": cmp.Or(props.Name, props.ID), "Type": kind, "DataSourceParameters": map[string]any{member: body}}
	if props.Secret != "" {
		properties["Credentials"] = map[string]any{"SecretArn": props.Secret}
		properties["SslProperties"] = map[string]any{"DisableSsl": false}
	}
	if props.VPC != nil {
		properties["VpcConnectionProperties"] = map[string]any{"VpcConnectionArn": arn("vpcConnection/" + props.VPC.ID)}
	}
	made := asset(s.Construct, dataSourceKind, properties, props.Access)
	if props.VPC != nil {
		made.Node().AddDependency(props.VPC.Construct)
	}
	folderOf(made, props.Folder)
	return s
}

// Validate reports every fault in the props as a [check.Fault].
func (p DataSourceProps) Validate() error {
	faults := check.Of("quicksight.DataSourceProps")
	checkID(faults, p.ID)
	faults.Want(len(p.Name) <= 128, "Name", p.Name, "at most 128 characters")
	if p.At == nil {
		faults.Want(false, "At", nil, "an Athena, Database, RedshiftCluster or Files")
	} else {
		p.At.check(faults)
		p.checkSecret(faults)
	}
	checkAccess(faults, dataSourceKind, p.Access)
	return faults.Err()
}

func (p DataSourceProps) checkSecret(faults *check.Faults) {
	switch p.At.(type) {
	case Database, RedshiftCluster:
		secret := isToken(p.Secret) || secretARN.MatchString(p.Secret)
		faults.Want(secret, "Secret", p.Secret, "the ARN of a secret of Secrets Manager, arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME")
	default:
		faults.Want(p.Secret == "", "Secret", p.Secret, "nothing, for only databases have passwords")
		faults.Want(p.VPC == nil, "VPC", fmt.Sprintf("%T", p.At), "nothing, for only databases stand in a VPC")
	}
}

func checkID(faults *check.Faults, id string) {
	faults.Want(dataset.IsID(id), "ID", id, "1 to 512 letters, digits, hyphens and underscores")
}
