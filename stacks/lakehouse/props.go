package lakehouse

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/constructs/emreks"
	"github.com/lakekeel/lakekeel/constructs/fsxlustre"
	"github.com/lakekeel/lakekeel/constructs/tableformat"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/split"
)

// Props are the facts about an environment that the lakehouse depends on.
type Props struct {
	Auto         bool     // EKS Auto Mode; if false, managed node groups, one on demand and one of Spot
	Zones        int      // availability zones, 2 to 4; if zero, 2
	PublicAccess []string // ranges from which the API server is reached over the internet; if empty, none
	Placeholders int      // pods that keep room free for jobs that begin, 0 to 100

	Tenants []Tenant // the teams, at least one; their order does not matter

	// Stacks is how many stacks the tenants are spread over, 1 to 64; see
	// [emreks.TenantsProps]. If zero, 16, which hold a hundred tenants of one or two formats.
	// More than 20 may be too many for one stage of a pipeline.
	Stacks int

	// DestroyData is this environment's key of two to delete data with the stacks. The
	// system's own key is turned.
	DestroyData bool

	Env *awscdk.Environment // if nil, wherever the templates are deployed
}

// Tenant is a team. What it leaves out has the default that stands beside it.
type Tenant struct {
	Name       string               // 1 to 24 of a-z, 0-9 and "-"
	Namespaces []string             // each the name, or beginning with it and "-", at most 30 characters; one of its name
	Formats    []tableformat.Format // of its tables; Iceberg
	People     []string             // IAM roles of the account, path/name, that may look into its namespaces; none

	Quota  emreks.Quota    // of each namespace
	Limits emreks.Limits   // of each container
	Egress []emreks.Egress // what pods may reach beside the lake and AWS; nothing

	Confidential bool              // jobs encrypt what they send each other and what they spill
	Sole         *emreks.NodeGroup // nodes for this team alone, its Name left out; if nil, it shares the cluster's

	Executor  emreks.Size // of its jobs
	Executors int         // of each job; 2

	Shared  int // GiB of a Lustre file system at /data that shows its folder shared/ of the lake: 1200, 2400 or a multiple of that; none
	Scratch int // GiB of a Lustre file system for what its jobs spill; none

	Update      string // when updates are taken, as EventBridge's cron, rate or at in UTC; only when asked for
	Maintenance string // when tables are compacted; [Maintenance]
}

// formats are the tenant's, with the default in place.
func (t Tenant) formats() []tableformat.Format {
	if len(t.Formats) == 0 {
		return []tableformat.Format{tableformat.Iceberg}
	}
	return t.Formats
}

// database is the name of the tenant's database of a format. A tenant's name holds no "_",
// so that two of them never make the same.
func (t Tenant) database(format tableformat.Format) string {
	return strings.ReplaceAll(t.Name, "-", "_") + "_" + string(format)
}

// lockTable is the name of the table with which writers of a format take turns.
func (t Tenant) lockTable(format tableformat.Format) string {
	return fmt.Sprintf("%s.%s.%s", Cluster, t.Name, format)
}

// A place is where tenants have their data.
type place struct {
	lake string // s3:// URL of the folder of all tenants, with a slash at the end
	logs string // s3:// URL
	key  string // ARN of the KMS key
}

// of is the folder of a tenant.
func (p place) of(tenant string) string { return p.lake + tenant }

// emreks is the tenant as the cluster knows it.
func (t Tenant) emreks(at place) emreks.TenantProps {
	props := emreks.TenantProps{
		Name: t.Name, Namespaces: t.Namespaces, Logs: at.logs,
		Data:  emreks.Data{Writes: []string{at.of(t.Name)}, Keys: []string{at.key}},
		Quota: t.Quota, Limits: t.Limits, Egress: t.Egress, Confidential: t.Confidential,
	}
	for _, format := range t.formats() {
		props.Data.WriteDatabases = append(props.Data.WriteDatabases, t.database(format))
		props.Data.LockTables = append(props.Data.LockTables, t.lockTable(format))
	}
	if t.Sole != nil {
		sole := *t.Sole
		sole.Name = t.Name
		props.Sole = &sole
	}
	return props
}

// job is a job of the tenant as far as its size goes. In Auto Mode, where nodes are as large
// as pods together, those with file systems are kept to nodes that bear their mounts.
func (t Tenant) job(format tableformat.Format, step string, auto bool) emreks.JobProps {
	props := emreks.JobProps{Name: string(format) + "-" + step, Executor: t.Executor, Executors: t.Executors, Mounts: t.mounts()}
	if auto && len(props.Mounts) > 0 {
		props.NodeSelector = map[string]string{"eks.amazonaws.com/instance-cpu": strconv.Itoa(nodeCores)}
	}
	return props
}

// mounts are the tenant's file systems as its pods find them.
func (t Tenant) mounts() []emreks.Mount {
	var mounts []emreks.Mount
	if t.Shared > 0 {
		mounts = append(mounts, emreks.Mount{Claim: "shared", Path: "/data", Own: true})
	}
	if t.Scratch > 0 {
		mounts = append(mounts, emreks.Mount{Claim: "scratch", Path: "/scratch", Scratch: true, Own: true})
	}
	return mounts
}

func (p Props) any(has func(Tenant) bool) bool { return slices.ContainsFunc(p.Tenants, has) }

var (
	tenantName = regexp.MustCompile(tenantPattern)
	roleName   = regexp.MustCompile(rolePattern)
)

const (
	tenantPattern = `^[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?$`
	wantTenant    = `1 to 24 of a-z, 0-9 and "-", beginning and ending with a letter or digit`
	rolePattern   = `^[A-Za-z0-9_+=,.@-]+(/[A-Za-z0-9_+=,.@-]+)*$`
	wantRole      = "the name of an IAM role of the account, with its path before it if it has one"

	// longest leaves room for "lakehouse." before a namespace and ".iceberg-maintain" behind
	// it: a job's role is named so, and IAM takes 64 characters.
	longest = 30

	// defaultStacks is how many stacks hold the tenants. It never changes.
	defaultStacks = 16

	// nodeCores is the size of emreks's own nodes, and in Auto Mode of those on which jobs
	// with file systems run, in vCPU.
	nodeCores = 8
)

// Validate reports every fault in the props as a [check.Fault]: of each tenant, of its jobs
// against its limits, and of what two tenants would share. It touches nothing but the
// props, so it may be called without a CDK app.
func (p Props) Validate() error {
	faults := check.Of("lakehouse.Props")
	faults.Want(p.Zones == 0 || p.Zones >= 2 && p.Zones <= 4, "Zones", p.Zones, "2 to 4, or 0 for 2")
	cluster := emreks.ClusterProps{Name: Cluster, Auto: p.Auto, PublicAccess: p.PublicAccess, Placeholders: emreks.Placeholders{Pods: p.Placeholders}}
	adopt(faults, cluster.Validate(), "emreks.ClusterProps.", "")
	faults.Want(len(p.Tenants) > 0, "Tenants", len(p.Tenants), "at least one team")
	all := emreks.TenantsProps{Cluster: &emreks.Cluster{Name: Cluster}, Stacks: cmp.Or(p.Stacks, defaultStacks)}
	for i, tenant := range p.Tenants {
		tenant.check(faults, fmt.Sprintf("Tenants[%d].", i))
		all.Tenants = append(all.Tenants, tenant.emreks(somewhere))
	}
	adopt(faults, all.Validate(), "emreks.TenantsProps.", "")
	p.checkStacks(faults)
	return faults.Err()
}

// capacity is how many resources a stack of tenants holds: CloudFormation takes 500, but also
// a million bytes, and a resource here takes up to 2.9 KB of a template.
const capacity = 340

// checkStacks refuses more tenants than the stacks hold, with the number of stacks that would.
func (p Props) checkStacks(faults *check.Faults) {
	stacks := cmp.Or(p.Stacks, defaultStacks)
	if stacks < 1 || stacks > 64 {
		return // said already
	}
	weights := map[string]int{}
	for _, tenant := range p.Tenants {
		weights[tenant.Name] = tenant.resources(p.Auto)
	}
	_, err := split.Stacks(slices.Collect(maps.Keys(weights)), stacks, capacity, func(name string) int { return weights[name] })
	faults.Want(err == nil, "Stacks", stacks, fmt.Sprintf("another number, or fewer tenants: in resources, %v", err))
}

// resources is how many a tenant has in its stack; the tests count.
func (t Tenant) resources(auto bool) int {
	count := 4 + 7*max(1, len(t.Namespaces)) + 13*len(t.formats()) + len(t.People)
	if t.Update != "" {
		count += 3 * len(t.formats())
	}
	if t.Sole != nil && !auto {
		count += 2
	}
	if t.Shared > 0 {
		count += 5
	}
	if t.Shared > 0 || t.Scratch > 0 {
		count++
	}
	return count
}

// somewhere is a place in the form of one, for checks.
var somewhere = place{lake: "s3://lake/tenants/", logs: "s3://logs/emr", key: "arn:aws:kms:eu-west-1:123456789012:key/0"}

func (t Tenant) check(faults *check.Faults, at string) {
	faults.Want(tenantName.MatchString(t.Name), at+"Name", t.Name, wantTenant)
	for i, name := range t.Namespaces {
		faults.Want(len(name) <= longest, fmt.Sprintf("%sNamespaces[%d]", at, i), name, fmt.Sprintf("at most %d characters, of which the names of roles are made", longest))
	}
	for i, format := range t.Formats {
		known := []tableformat.Format{tableformat.Hudi, tableformat.Iceberg, tableformat.Delta}
		field := fmt.Sprintf("%sFormats[%d]", at, i)
		faults.Want(slices.Contains(known, format), field, string(format), check.Suggest(check.OneOf(known), string(format), known))
		faults.Want(!slices.Contains(t.Formats[:i], format), field, string(format), "each format once")
	}
	for i, name := range t.People {
		faults.Want(roleName.MatchString(name), fmt.Sprintf("%sPeople[%d]", at, i), name, wantRole)
	}
	for _, when := range []struct{ field, expression string }{{"Update", t.Update}, {"Maintenance", t.Maintenance}} {
		if when.expression != "" {
			adopt(faults, emreks.ScheduleProps{Expression: when.expression}.Validate(), "emreks.ScheduleProps.Expression", at+when.field)
		}
	}
	t.checkFiles(faults, at)
	if !tenantName.MatchString(t.Name) {
		return // all else would be said of that name
	}
	props := t.emreks(somewhere)
	adopt(faults, props.Validate(), "emreks.TenantProps.", at)
	job := t.job(tableformat.Iceberg, "load", false)
	job.EntryPoint = "s3://lake/scripts/main.py"
	adopt(faults, props.ValidateJob(job), "emreks.JobProps.", at)
}

// checkFiles looks at capacities, and at how many mounts a node would have to bear.
func (t Tenant) checkFiles(faults *check.Faults, at string) {
	if t.Shared != 0 {
		adopt(faults, fsxlustre.FileSystemProps{Capacity: t.Shared}.Validate(), "fsxlustre.FileSystemProps.Capacity", at+"Shared")
	}
	if t.Scratch != 0 {
		adopt(faults, fsxlustre.ClaimProps{Capacity: t.Scratch}.Validate(), "fsxlustre.ClaimProps.Capacity", at+"Scratch")
	}
	if len(t.mounts()) > 0 {
		load := fsxlustre.Load{Job: t.Name, Cores: cmp.Or(t.Executor.Cores, 4), Mounts: len(t.mounts())}
		budget := fsxlustre.BudgetProps{NodeCores: t.nodeCores(), Jobs: []fsxlustre.Load{load}}
		adopt(faults, budget.Validate(), "fsxlustre.BudgetProps.Jobs[0].Mounts", at+"Executor.Cores")
	}
}

var size = regexp.MustCompile(`\.([0-9]*)xlarge$`)

// nodeCores is how many vCPU the largest nodes have on which the tenant's jobs run: of an
// instance type Nxlarge, four times N, which holds for the families m, r, c and i; of one
// that is not named so, as many as the largest there is.
func (t Tenant) nodeCores() int {
	if t.Sole == nil || len(t.Sole.InstanceTypes) == 0 {
		return nodeCores
	}
	most := 0
	for _, kind := range t.Sole.InstanceTypes {
		cores := 192
		if strings.HasSuffix(kind, ".large") {
			cores = 2
		} else if parts := size.FindStringSubmatch(kind); parts != nil {
			n, _ := strconv.Atoi(parts[1])
			cores = 4 * max(1, n)
		}
		most = max(most, cores)
	}
	return most
}

// adopt takes over the faults whose field begins with from, which becomes to. The others are
// of what nobody has set yet, a tenant's cluster, or of what is made of names that have a
// fault of their own, its data.
func adopt(faults *check.Faults, err error, from, to string) {
	switch err := err.(type) {
	case *check.Fault:
		if rest, ok := strings.CutPrefix(err.Field, from); ok && rest != "Cluster" && !strings.Contains(rest, ".Data.") {
			faults.Want(false, to+rest, err.Got, err.Want)
		}
	case interface{ Unwrap() []error }:
		for _, each := range err.Unwrap() {
			adopt(faults, each, from, to)
		}
	}
}
