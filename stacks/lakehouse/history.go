package lakehouse

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/emreks"
	"github.com/lakekeel/lakekeel/constructs/glue"
	"github.com/lakekeel/lakekeel/constructs/tableformat"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// table is the table of contacts, one in each of a tenant's databases.
const table = "contacts"

// loadedAt is the moment of the first delivery: before everything, so that a load that is
// run again overrules no update.
const loadedAt = "1970-01-01T00:00:00Z"

// Maintenance is when tables are compacted and old versions expire unless a tenant says
// otherwise: at 04:00 UTC on Sundays.
const Maintenance = "cron(0 4 ? * SUN *)"

// modules are what every main of etlScripts/scd2 imports; scripts are all that is shipped.
var (
	modules = []string{"scd2.py", "job.py", "athena.py", "lease.py", "hudi_contacts.py"}
	scripts = append(slices.Clone(modules), "iceberg_contacts.py", "delta_contacts.py", "maintain.py")
)

// A history is what a tenant has for its contacts in one format: a database, a lock table,
// and jobs that share one role.
type history struct {
	tenant   Tenant
	format   tableformat.Format
	scope    constructs.Construct
	database string
	folder   string // s3:// URL of the tenant's folder
	use      tableformat.Use

	load, update *emreks.Job
}

// newHistory makes a format's database, lock table and jobs.
func (l *Lakehouse) newHistory(tenant Tenant, made *emreks.Tenant, format tableformat.Format) *history {
	h := &history{
		tenant: tenant, format: format, database: tenant.database(format), folder: l.place().of(tenant.Name),
		scope: constructs.NewConstruct(made.Construct, jsii.String("Tables-"+string(format))),
	}
	glue.NewDatabase(h.scope, "Database", glue.DatabaseProps{
		Name: h.database, Description: "Tables of tenant " + tenant.Name + " in " + string(format), DestroyData: l.destroy,
	})
	lock := tableformat.NewLockTable(h.scope, "Lock", tableformat.LockTableProps{
		Name: tenant.lockTable(format), Format: format, Key: l.key.Key, DestroyData: l.destroy,
	})
	h.use = tableformat.Props{
		Format: format, Warehouse: h.warehouse(), Databases: []string{h.database}, Lock: lock.Lock(), Release: emreks.DefaultRelease,
	}.Use()
	main := string(format) + "_contacts.py"
	h.load = l.newJob(h, made, "load", main, h.contacts("snapshot", "--ts", loadedAt))
	h.update = l.newJob(h, made, "update", main, h.contacts("changes"))
	maintain := l.newJob(h, made, "maintain", "maintain.py", h.maintenance())
	maintain.Schedule(h.scope, "Maintenance", emreks.ScheduleProps{Expression: cmp.Or(tenant.Maintenance, Maintenance)})
	if tenant.Update != "" {
		h.update.Schedule(h.scope, "Updates", emreks.ScheduleProps{Expression: tenant.Update})
	}
	return h
}

// newJob makes a job of a history. The first one has the role, which may read what was
// delivered and do with the tables what the format needs; the others share it.
func (l *Lakehouse) newJob(h *history, made *emreks.Tenant, step, script string, arguments []string) *emreks.Job {
	props := h.tenant.job(h.format, step, l.Cluster.Auto)
	props.Tenant, props.EntryPoint, props.Arguments = made, l.script(script), arguments
	for _, module := range modules {
		props.PyFiles = append(props.PyFiles, l.script(module))
	}
	props.Conf, props.Jars, props.As = h.use.Settings, h.use.Jars, h.load
	if h.load == nil {
		props.Data = &emreks.Data{Reads: []string{h.folder + "/landing"}, ReadDatabases: []string{h.database}, Keys: []string{l.place().key}}
		props.Rights = h.use.Statements
	}
	return emreks.NewJob(h.scope, step, props)
}

func (h *history) warehouse() string { return h.folder + "/" + string(h.format) }

// contacts are the arguments of a main of etlScripts/scd2.
func (h *history) contacts(feed string, further ...string) []string {
	input := h.folder + "/landing/" + table + "/" + feed + "/"
	return append([]string{"--input", input, "--feed", feed, "--database", h.database, "--table", table, "--warehouse", h.warehouse()}, further...)
}

// maintenance are those of maintain.py.
func (h *history) maintenance() []string {
	list := []string{"--warehouse", h.warehouse()}
	arguments := tableformat.Maintenance{Format: h.format, Database: h.database, Table: table, Manifest: h.format == tableformat.Delta}.Arguments()
	for _, key := range slices.Sorted(maps.Keys(arguments)) {
		list = append(list, "--"+key, arguments[key])
	}
	return list
}

// newMachine makes the state machine that loads a tenant's contacts and then brings them
// up to date, in all its formats at once.
func newMachine(tenant *emreks.Tenant, histories []*history) {
	scope := constructs.NewConstruct(tenant.Construct, jsii.String("History"))
	all := awsstepfunctions.NewParallel(scope, jsii.String("In every format"), nil)
	for _, h := range histories {
		name := strings.ToUpper(string(h.format[:1])) + string(h.format[1:])
		all.Branch(h.load.Task(scope, name+": load").Next(h.update.Task(scope, name+": update")))
	}
	log := awslogs.NewLogGroup(scope, jsii.String("Log"), &awslogs.LogGroupProps{
		LogGroupName: jsii.String("/aws/vendedlogs/states/" + Cluster + "-" + tenant.Name), Retention: awslogs.RetentionDays_THREE_MONTHS,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY, // who ran what when; the jobs' own logs are kept
	})
	machine := awsstepfunctions.NewStateMachine(scope, jsii.String("Resource"), &awsstepfunctions.StateMachineProps{
		StateMachineName: jsii.String(Cluster + "-" + tenant.Name + "-" + table),
		DefinitionBody:   awsstepfunctions.DefinitionBody_FromChainable(all),
		Logs:             &awsstepfunctions.LogOptions{Destination: log, Level: awsstepfunctions.LogLevel_ALL},
		TracingEnabled:   jsii.Bool(true),
	})
	for _, h := range histories {
		h.load.GrantRun(machine)
		h.update.GrantRun(machine)
	}
	rights := machine.Role().Node().FindChild(jsii.String("DefaultPolicy")).Node().DefaultChild().(awscdk.CfnResource)
	policy.ExplainWildcards(rights, []policy.Statement{{
		Resources: []string{"*"}, Wildcard: "the delivery of logs and traces has no narrower form (docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html, xray-iam.html)",
	}})
}
