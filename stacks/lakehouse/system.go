package lakehouse

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/lakekeel/lakekeel/constructs/emreks"
	"github.com/lakekeel/lakekeel/constructs/tableformat"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/config"
	"github.com/lakekeel/lakekeel/internal/system"
)

// System is the lakehouse as something that an environment can switch on. The names of its
// cluster, databases and lock tables are fixed, so an account and region hold it once.
func System() system.System {
	return system.System{
		Name: "lakehouse",
		Doc:  "The lakehouse: an EKS cluster and a lake that several teams share, with Hudi, Iceberg and Delta tables.",
		Once: true,
		New:  func() system.Settings { return &settings{} },
	}
}

// settings is the block lakehouse of an environment. Its keys are the fields of [Props],
// which says what they mean, with a small first letter.
type settings struct {
	props   Props // without tenants
	tenants []*tenant
}

// tenant is a team while the file is read, when lists still grow.
type tenant struct {
	Tenant
	formats []string
	egress  []*egress
	nodes   emreks.NodeGroup
}

type egress struct {
	cidr string
	port int
}

const (
	quantityPattern = `^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$`
	wantQuantity    = `a quantity of Kubernetes in quotes, e.g. "500m", "6" or "24Gi"`
	schedulePattern = `^(cron|rate|at)\([^()]+\)$`
	wantSchedule    = `cron(…) of six fields, rate(…) or at(…), e.g. "` + Maintenance + `"`
	wantRange       = `a range of addresses such as "10.20.0.0/24"`
	rangePattern    = `^[0-9a-f.:]+/[0-9]{1,3}$`
)

func (s *settings) Fields() []config.Field {
	p := &s.props
	return []config.Field{
		{Name: "auto", Value: config.Flag{To: &p.Auto},
			Doc: "Whether the cluster is in EKS Auto Mode. If left out, it has managed node groups, one on demand and one of Spot."},
		{Name: "zones", Value: config.Number{To: &p.Zones, Least: 2, Most: 4, Default: 2},
			Doc: "How many availability zones the network spans. If left out, 2."},
		{Name: "publicAccess", Value: config.Texts{To: &p.PublicAccess, Each: config.Text{Pattern: rangePattern, Want: wantRange}},
			Doc: "Ranges from which the API server can be reached over the internet. If left out, it can be reached from inside the network only."},
		{Name: "placeholders", Value: config.Number{To: &p.Placeholders, Most: 100},
			Doc: "How many pods of 4 CPU and 16 GiB keep room free for jobs that begin. If left out, none."},
		{Name: "stacks", Value: config.Number{To: &p.Stacks, Least: 1, Most: 64, Default: 16},
			Doc: "How many stacks the teams are spread over, for ever: another number moves teams between stacks, which takes them down first. If left out, 16, enough for a hundred teams of one or two formats."},
		{Name: "tenants", Value: config.List{Each: func() []config.Field {
			t := &tenant{}
			s.tenants = append(s.tenants, t)
			return t.fields()
		}}, Doc: "The teams. One more leaves what the others have as it is."},
	}
}

func (t *tenant) fields() []config.Field {
	schedule := func(to *string) config.Text {
		return config.Text{To: to, Pattern: schedulePattern, Want: wantSchedule}
	}
	return []config.Field{
		{Name: "name", Required: true, Value: config.Text{To: &t.Name, Pattern: tenantPattern, Want: wantTenant},
			Doc: "Name of the team; its namespaces, roles, databases and folder are named after it."},
		{Name: "namespaces", Value: config.Texts{To: &t.Namespaces, Each: config.Text{Pattern: `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`, Want: "the team's name, or one that begins with it and a hyphen"}},
			Doc: "Its namespaces; its jobs run in the first. If left out, one of its name."},
		{Name: "formats", Value: config.Texts{To: &t.formats, Each: config.Text{OneOf: []string{string(tableformat.Hudi), string(tableformat.Iceberg), string(tableformat.Delta)}}},
			Doc: "Formats of its tables, each with a database, a lock table and jobs. If left out, iceberg."},
		{Name: "people", Value: config.Texts{To: &t.People, Each: config.Text{Pattern: rolePattern, Want: wantRole}},
			Doc: "IAM roles of the account whose holders may look into its namespaces: names, with the path if there is one. If left out, nobody."},
		{Name: "quota", Value: config.Block{Fields: quotaFields(&t.Quota)},
			Doc: "What all pods of one namespace may have together."},
		{Name: "limits", Value: config.Block{Fields: limitsFields(&t.Limits)},
			Doc: "What one container may have."},
		{Name: "egress", Value: config.List{Each: func() []config.Field {
			e := &egress{}
			t.egress = append(t.egress, e)
			return []config.Field{
				{Name: "cidr", Required: true, Value: config.Text{To: &e.cidr, Pattern: rangePattern, Want: wantRange}, Doc: "Range of addresses, at most as wide as /8."},
				{Name: "port", Required: true, Value: config.Number{To: &e.port, Least: 1, Most: 65535}, Doc: "TCP port there."},
			}
		}}, Doc: "What its pods may reach beside the lake and AWS. If left out, nothing."},
		{Name: "confidential", Value: config.Flag{To: &t.Confidential},
			Doc: "Whether jobs encrypt what they send each other and what they spill to disk. If left out, they do not."},
		{Name: "sole", Value: config.Block{Fields: nodeFields(&t.nodes)},
			Doc: "Nodes for this team alone. If left out, it shares the cluster's."},
		{Name: "executor", Value: config.Block{Fields: []config.Field{
			{Name: "cores", Value: config.Number{To: &t.Executor.Cores, Least: 1, Most: 192, Default: 4}, Doc: "Cores of one executor. If left out, 4."},
			{Name: "memory", Value: quantity(&t.Executor.Memory, "8Gi"), Doc: "Heap of one executor. If left out, 8Gi."},
		}}, Doc: "Size of the executors of its jobs."},
		{Name: "executors", Value: config.Number{To: &t.Executors, Least: 1, Most: 10000, Default: 2},
			Doc: "How many executors each of its jobs has. If left out, 2."},
		{Name: "shared", Value: config.Number{To: &t.Shared, Least: 1, Most: 1000000},
			Doc: "GiB of a Lustre file system at /data that shows its folder shared/ of the lake: 1200, 2400 or a multiple of 2400. If left out, none."},
		{Name: "scratch", Value: config.Number{To: &t.Scratch, Least: 1, Most: 1000000},
			Doc: "GiB of a Lustre file system for what its jobs spill. If left out, they spill to the nodes' own disks."},
		{Name: "update", Value: schedule(&t.Update),
			Doc: "When updates are taken, in UTC. If left out, when the state machine is started."},
		{Name: "maintenance", Value: schedule(&t.Maintenance),
			Doc: "When tables are compacted and old versions expire, in UTC. If left out, at 04:00 on Sundays."},
	}
}

func quantity(to *emreks.Quantity, otherwise string) config.Text {
	return config.Text{To: (*string)(to), Pattern: quantityPattern, Want: wantQuantity, Default: otherwise}
}

func quotaFields(q *emreks.Quota) []config.Field {
	return []config.Field{
		{Name: "requestsCPU", Value: quantity(&q.RequestsCPU, "1000"), Doc: "Sum of the CPU that pods ask for. If left out, 1000."},
		{Name: "requestsMemory", Value: quantity(&q.RequestsMemory, "4000Gi"), Doc: "Sum of the memory that pods ask for. If left out, 4000Gi."},
		{Name: "limitsCPU", Value: quantity(&q.LimitsCPU, "2000"), Doc: "Sum of the CPU that pods may take. If left out, 2000."},
		{Name: "limitsMemory", Value: quantity(&q.LimitsMemory, "6000Gi"), Doc: "Sum of the memory that pods may take. If left out, 6000Gi."},
		{Name: "pods", Value: config.Number{To: &q.Pods, Least: 1, Most: 100000}, Doc: "Number of pods. If left out, as many as fit."},
	}
}

func limitsFields(l *emreks.Limits) []config.Field {
	return []config.Field{
		{Name: "maxCPU", Value: quantity(&l.MaxCPU, "6"), Doc: "Most CPU of a container. If left out, 6."},
		{Name: "minCPU", Value: quantity(&l.MinCPU, "100m"), Doc: "Least CPU of a container. If left out, 100m."},
		{Name: "maxMemory", Value: quantity(&l.MaxMemory, "64Gi"), Doc: "Most memory of a container. If left out, 64Gi."},
	}
}

func nodeFields(n *emreks.NodeGroup) []config.Field {
	return []config.Field{
		{Name: "spot", Value: config.Flag{To: &n.Spot}, Doc: "Whether they are spare capacity, which AWS may take back. If left out, they are not."},
		{Name: "instanceTypes", Value: config.Texts{To: &n.InstanceTypes, Each: config.Text{Pattern: `^[a-z0-9-]+\.[a-z0-9-]+$`, Want: "an instance type such as m6i.2xlarge"}},
			Doc: "What they are. If left out, m6i.2xlarge and its like."},
		{Name: "min", Value: config.Number{To: &n.Min, Most: 1000}, Doc: "How many there are at least. If left out, 0."},
		{Name: "max", Value: config.Number{To: &n.Max, Least: 1, Most: 1000, Default: 10}, Doc: "How many there are at most. If left out, 10."},
	}
}

// Check says of each fault of the props where in the file it stands.
func (s *settings) Check(doc *config.Document, path string) {
	if !doc.Has(path + ".tenants") {
		doc.Missing(path+".tenants", "a list of teams, one at least")
		return
	}
	s.props.Tenants = nil
	for i, t := range s.tenants {
		for _, format := range t.formats {
			t.Formats = append(t.Formats, tableformat.Format(format))
		}
		for _, e := range t.egress {
			t.Egress = append(t.Egress, emreks.Egress{CIDR: e.cidr, Ports: []int{e.port}})
		}
		if doc.Has(fmt.Sprintf("%s.tenants[%d].sole", path, i)) {
			t.Sole = &t.nodes
		}
		s.props.Tenants = append(s.props.Tenants, t.Tenant)
	}
	report(doc, path, s.props.Validate())
}

// report records the faults of the props at their keys, but for values that the file's
// own description has refused already, which were left empty or zero.
func report(doc *config.Document, path string, err error) {
	switch err := err.(type) {
	case *check.Fault:
		if !reflect.ValueOf(err.Got).IsZero() {
			doc.Want(false, path+"."+key(strings.TrimPrefix(err.Field, "lakehouse.Props.")), err.Got, err.Want)
		}
	case interface{ Unwrap() []error }:
		for _, each := range err.Unwrap() {
			report(doc, path, each)
		}
	}
}

// key is the path of a field in the file: each part with a small first letter, an acronym small.
func key(field string) string {
	parts := strings.Split(field, ".")
	for i, part := range parts {
		name, index, _ := strings.Cut(part, "[")
		if name == strings.ToUpper(name) {
			name = strings.ToLower(name)
		} else {
			name = strings.ToLower(name[:1]) + name[1:]
		}
		if parts[i] = name; index != "" {
			parts[i] += "[" + index
		}
	}
	return strings.Join(parts, ".")
}

func (s *settings) Define(place system.Place) []system.Workflow {
	props := s.props
	props.DestroyData, props.Env = place.DestroyData, place.Env()
	New(place.Scope, place.StackID("Lakehouse"), props)
	return nil
}
