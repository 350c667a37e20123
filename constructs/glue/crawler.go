package glue

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/batch"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// UpdateBehavior is what a crawler does when a table's schema has changed.
type UpdateBehavior string

const (
	UpdateInDatabase UpdateBehavior = "UPDATE_IN_DATABASE" // change the table
	UpdateLog        UpdateBehavior = "LOG"                // leave the table, say so in the log
)

// DeleteBehavior is what a crawler does when a table's data is gone.
type DeleteBehavior string

const (
	DeleteLog          DeleteBehavior = "LOG"                   // leave the table, say so in the log
	DeleteDeprecate    DeleteBehavior = "DEPRECATE_IN_DATABASE" // mark the table as deprecated
	DeleteFromDatabase DeleteBehavior = "DELETE_FROM_DATABASE"  // delete the table from the catalog; never the data
)

// SchemaChangePolicy says what a crawler does about changes. The zero policy updates
// tables and deletes none.
type SchemaChangePolicy struct {
	Update UpdateBehavior // if empty, UpdateInDatabase
	Delete DeleteBehavior // if empty, DeleteLog
}

// Recrawl is what a crawler looks at when it has run before.
type Recrawl string

const (
	RecrawlEverything Recrawl = "CRAWL_EVERYTHING"
	RecrawlNewFolders Recrawl = "CRAWL_NEW_FOLDERS_ONLY" // only with a policy of UpdateLog and DeleteLog
)

// Grouping says how a crawler makes tables of folders. See
// https://docs.aws.amazon.com/glue/latest/dg/crawler-configuration.html.
type Grouping struct {
	// Level is the depth of the folders that become tables, where the bucket is 1
	// and its folders are 2; if zero, the crawler finds out by likeness.
	Level int

	// CombineCompatibleSchemas makes one table of each target if its files are
	// of one format and near enough in schema, whatever their folders' paths.
	CombineCompatibleSchemas bool
}

// JDBCTarget is what to crawl in a database that a Glue connection reaches.
type JDBCTarget struct {
	Connection string   // name of the Glue connection
	Path       string   // database/schema/table, with % for any, e.g. "shop/public/%"
	Exclusions []string // glob patterns of what to leave out
}

// CrawlerProps describes a [Crawler].
type CrawlerProps struct {
	Name        string // 1 to 255 bytes, unique in the account, e.g. "c_orders"
	Description string // at most 2048 bytes

	Database    *Database    // what the crawler fills
	S3Targets   []string     // s3:// URLs of folders, may hold tokens; each becomes a table named after the folder
	Exclusions  []string     // glob patterns of what to leave out of the S3 targets, e.g. "**/_temporary/**"
	SampleSize  int          // files to look at in each leaf folder of the S3 targets, 1 to 249; if zero, all
	JDBCTargets []JDBCTarget // with those in S3, at least one
	TablePrefix string       // goes before the names of the tables; at most 128 bytes, in lower case

	// Role is what the crawler runs as. If nil, one is made that can write the
	// crawler's logs, read its S3 targets and fill Database; see [Crawler.Role].
	// Objects that are encrypted with a KMS key need a grant of that key too. A
	// role that is given is left as it is.
	Role awsiam.IRole

	SchemaChange SchemaChangePolicy
	Recrawl      Recrawl // if empty, RecrawlEverything
	Grouping     Grouping
	Classifiers  []string // names of custom classifiers, tried before Glue's own
	Schedule     string   // cron of six fields, in UTC; if empty, on demand or by a workflow

	SecurityConfiguration *SecurityConfiguration // if nil, logs are not encrypted with a key of one's own
}

// Crawler looks at data and writes tables with the schema that it infers. It is an
// [Action] of workflows and an awsiam.IGrantable. The CDK has no L2 crawler (aws-cdk#8863).
type Crawler struct {
	Construct constructs.Construct
	Name      string // as in the props

	identity *identity
}

// NewCrawler defines a crawler in scope. It panics with the error of
// [CrawlerProps.Validate] if the props are not sound.
func NewCrawler(scope constructs.Construct, id string, props CrawlerProps) *Crawler {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	identity := newIdentity(scope, id, props.Role, props.rights, props.resource)
	return &Crawler{Construct: identity.group, Name: props.Name, identity: identity}
}

// ActionName implements [Action].
func (c *Crawler) ActionName() string { return c.Name }

// Role is what the crawler runs as: the role in the props, or the one that was made.
// Of the latter the CDK knows the name only: grants and policies can be added to it,
// managed policies cannot.
func (c *Crawler) Role() awsiam.IRole { return c.identity.asRole() }

// GrantPrincipal implements awsiam.IGrantable.
func (c *Crawler) GrantPrincipal() awsiam.IPrincipal { return c.Role() }

func (c *Crawler) kind() kind { return crawler }

func (c *Crawler) runsAs() *identity { return c.identity }

func (c *Crawler) construct() constructs.Construct { return c.Construct }

func (p CrawlerProps) resource(role *string) batch.Resource {
	update, remove := p.policy()
	props := &awsglue.CfnCrawlerProps{
		Name:               &p.Name,
		Description:        optional(p.Description),
		Role:               role,
		DatabaseName:       p.Database.ref,
		TablePrefix:        optional(p.TablePrefix),
		Targets:            p.targets(),
		Configuration:      jsii.String(p.configuration()),
		Classifiers:        optionalList(p.Classifiers),
		SchemaChangePolicy: &awsglue.CfnCrawler_SchemaChangePolicyProperty{UpdateBehavior: jsii.String(string(update)), DeleteBehavior: jsii.String(string(remove))},
		RecrawlPolicy:      &awsglue.CfnCrawler_RecrawlPolicyProperty{RecrawlBehavior: jsii.String(string(p.recrawl()))},
	}
	if p.Schedule != "" {
		props.Schedule = &awsglue.CfnCrawler_ScheduleProperty{ScheduleExpression: &p.Schedule}
	}
	if p.SecurityConfiguration != nil {
		props.CrawlerSecurityConfiguration = p.SecurityConfiguration.ref
	}
	return batch.Resource{Type: "aws-cdk-lib.aws_glue.CfnCrawler", ID: "Resource", Props: props}
}

func (p CrawlerProps) policy() (UpdateBehavior, DeleteBehavior) {
	return cmp.Or(p.SchemaChange.Update, UpdateInDatabase), cmp.Or(p.SchemaChange.Delete, DeleteLog)
}

func (p CrawlerProps) recrawl() Recrawl { return cmp.Or(p.Recrawl, RecrawlEverything) }

func (p CrawlerProps) targets() *awsglue.CfnCrawler_TargetsProperty {
	targets := &awsglue.CfnCrawler_TargetsProperty{}
	var s3 []*awsglue.CfnCrawler_S3TargetProperty
	for _, url := range p.S3Targets {
		target := &awsglue.CfnCrawler_S3TargetProperty{Path: &url, Exclusions: optionalList(p.Exclusions)}
		if p.SampleSize > 0 {
			target.SampleSize = jsii.Number(p.SampleSize)
		}
		s3 = append(s3, target)
	}
	var jdbc []*awsglue.CfnCrawler_JdbcTargetProperty
	for _, t := range p.JDBCTargets {
		jdbc = append(jdbc, &awsglue.CfnCrawler_JdbcTargetProperty{ConnectionName: &t.Connection, Path: &t.Path, Exclusions: optionalList(t.Exclusions)})
	}
	if len(s3) > 0 {
		targets.S3Targets = s3
	}
	if len(jdbc) > 0 {
		targets.JdbcTargets = jdbc
	}
	return targets
}

// configuration is the crawler's further settings, which Glue takes as JSON. New
// partitions get the table's schema, so that one odd file does not make a table unreadable.
func (p CrawlerProps) configuration() string {
	settings := map[string]any{
		"Version":       1.0,
		"CrawlerOutput": map[string]any{"Partitions": map[string]any{"AddOrUpdateBehavior": "InheritFromTable"}},
	}
	grouping := map[string]any{}
	if p.Grouping.Level > 0 {
		grouping["TableLevelConfiguration"] = p.Grouping.Level
	}
	if p.Grouping.CombineCompatibleSchemas {
		grouping["TableGroupingPolicy"] = "CombineCompatibleSchemas"
	}
	if len(grouping) > 0 {
		settings["Grouping"] = grouping
	}
	text, err := json.Marshal(settings)
	if err != nil {
		panic(err) // a map of strings and numbers always has JSON
	}
	return string(text)
}

// rights are those of a role that is made for the crawler.
func (p CrawlerProps) rights() []policy.Statement {
	rights := crawlerLogs.rights(p.SecurityConfiguration)
	catalog := slices.Concat(readTables, writeTables)
	if _, remove := p.policy(); remove == DeleteFromDatabase {
		catalog = append(catalog, deleteTables...)
	}
	rights = append(rights, p.Database.tables(catalog...))
	for _, url := range p.S3Targets {
		rights = append(rights, folderRights(url, "s3:GetObject")...)
	}
	if p.SecurityConfiguration != nil {
		rights = append(rights, p.SecurityConfiguration.use())
	}
	var connections []string
	for _, t := range p.JDBCTargets {
		connections = append(connections, t.Connection)
	}
	slices.Sort(connections)
	return append(rights, network(slices.Compact(connections))...)
}

// Validate reports every fault in the props as a [check.Fault]. It touches nothing but
// the props, so it may be called without a CDK app.
func (p CrawlerProps) Validate() error {
	faults := check.Of("glue.CrawlerProps")
	faults.Want(isName(p.Name), "Name", p.Name, wantName)
	faults.Want(isDescription(p.Description), "Description", p.Description, wantDescription)
	faults.Want(p.Database != nil, "Database", nil, "a database to fill")
	p.checkTargets(faults)
	faults.Want(tablePrefix.MatchString(p.TablePrefix), "TablePrefix", p.TablePrefix, "at most 128 of a-z, 0-9 and _")
	update, remove := p.policy()
	faults.Want(slices.Contains(updates, update), "SchemaChange.Update", string(update), check.OneOf(updates))
	faults.Want(slices.Contains(deletes, remove), "SchemaChange.Delete", string(remove), check.OneOf(deletes))
	recrawl := p.recrawl()
	faults.Want(slices.Contains(recrawls, recrawl), "Recrawl", string(recrawl), check.OneOf(recrawls))
	if recrawl == RecrawlNewFolders {
		faults.Want(update == UpdateLog && remove == DeleteLog, "SchemaChange", fmt.Sprintf("%s and %s", update, remove), "LOG and LOG, which Glue needs to crawl new folders only")
		faults.Want(len(p.JDBCTargets) == 0, "Recrawl", string(recrawl), "CRAWL_EVERYTHING, since a JDBC target has no folders")
	}
	faults.Want(p.Grouping.Level >= 0, "Grouping.Level", p.Grouping.Level, "1 or more, or 0 to let the crawler find out")
	for i, name := range p.Classifiers {
		faults.Want(isReference(name), fmt.Sprintf("Classifiers[%d]", i), name, "the name of a classifier")
	}
	if p.Schedule != "" {
		wantCron(faults, "Schedule", p.Schedule)
	}
	return faults.Err()
}

var (
	updates  = []UpdateBehavior{UpdateInDatabase, UpdateLog}
	deletes  = []DeleteBehavior{DeleteLog, DeleteDeprecate, DeleteFromDatabase}
	recrawls = []Recrawl{RecrawlEverything, RecrawlNewFolders}
)

func (p CrawlerProps) checkTargets(faults *check.Faults) {
	faults.Want(len(p.S3Targets)+len(p.JDBCTargets) > 0, "S3Targets", p.S3Targets, "at least one target, here or in JDBCTargets")
	for i, url := range p.S3Targets {
		field := fmt.Sprintf("S3Targets[%d]", i)
		faults.Want(isS3(url, false), field, url, "the s3:// URL of a folder")
		faults.Want(!slices.Contains(p.S3Targets[:i], url), field, url, "a folder that is not a target yet")
	}
	for i, pattern := range p.Exclusions {
		faults.Want(pattern != "", fmt.Sprintf("Exclusions[%d]", i), pattern, "a glob pattern")
	}
	s3 := len(p.S3Targets) > 0
	faults.Want(s3 || len(p.Exclusions) == 0, "Exclusions", p.Exclusions, "nothing, since there is no S3 target; see JDBCTarget")
	faults.Want(s3 || p.SampleSize == 0, "SampleSize", p.SampleSize, "nothing, since there is no S3 target")
	faults.Want(p.SampleSize >= 0 && p.SampleSize <= 249, "SampleSize", p.SampleSize, "1 to 249 files, or 0 for all")
	for i, t := range p.JDBCTargets {
		field := func(name string) string { return fmt.Sprintf("JDBCTargets[%d].%s", i, name) }
		faults.Want(isReference(t.Connection), field("Connection"), t.Connection, "the name of a connection")
		faults.Want(t.Path != "", field("Path"), t.Path, `database/schema/table, with "%" for any`)
	}
}
