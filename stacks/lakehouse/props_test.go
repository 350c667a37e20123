package lakehouse

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lakekeel/lakekeel/constructs/emreks"
	"github.com/lakekeel/lakekeel/constructs/tableformat"
	"github.com/lakekeel/lakekeel/etlScripts/scd2"
	"github.com/lakekeel/lakekeel/internal/check/checktest"
	"github.com/lakekeel/lakekeel/internal/config"
)

// one is the props of a single team, with one thing changed.
func one(change func(t *Tenant)) Props {
	t := Tenant{Name: "sales"}
	change(&t)
	return Props{Tenants: []Tenant{t}}
}

// many are so many teams.
func many(count int) []Tenant {
	var all []Tenant
	for i := range count {
		all = append(all, Tenant{Name: fmt.Sprintf("team-%03d", i)})
	}
	return all
}

func TestPropsValidate(t *testing.T) {
	const at = "lakehouse.Props.Tenants[0]."
	long := "sales-" + strings.Repeat("x", 30)
	tests := map[string]struct {
		props Props
		want  string // the whole message; empty if the props are sound
	}{
		"the smallest team": {props: one(func(t *Tenant) {})},
		"all that one can ask for": {props: one(func(t *Tenant) {
			t.Namespaces, t.Formats, t.People = []string{"sales", "sales-etl"}, []tableformat.Format{tableformat.Hudi, tableformat.Delta}, []string{"x/sales"}
			t.Egress, t.Confidential, t.Sole = []emreks.Egress{{CIDR: "10.20.0.0/24", Ports: []int{5432}}}, true, &emreks.NodeGroup{InstanceTypes: []string{"r6i.4xlarge"}}
			t.Shared, t.Scratch, t.Update, t.Maintenance = 4800, 2000, "rate(1 hour)", "cron(0 4 ? * MON *)"
		})},
		"nobody": {props: Props{Zones: 5, Placeholders: 101, PublicAccess: []string{"0.0.0.0/0"}, Stacks: 65}, want: `lakehouse.Props.Zones is 5; want 2 to 4, or 0 for 2
lakehouse.Props.PublicAccess[0] is "0.0.0.0/0"; want a range no wider than /8; open egress is what a tenant's fence is against
lakehouse.Props.Placeholders.Pods is 101; want 0 to 100
lakehouse.Props.Tenants is 0; want at least one team
lakehouse.Props.Stacks is 65; want 1 to 64, or 0 for 16`},
		"a name in capitals":        {props: one(func(t *Tenant) { t.Name = "Sales" }), want: at + `Name is "Sales"; want ` + wantTenant},
		"a name with an underscore": {props: one(func(t *Tenant) { t.Name = "sales_eu" }), want: at + `Name is "sales_eu"; want ` + wantTenant},
		"a name too long":           {props: one(func(t *Tenant) { t.Name = strings.Repeat("a", 25) }), want: at + `Name is "` + strings.Repeat("a", 25) + `"; want ` + wantTenant},
		"the system's namespace":    {props: one(func(t *Tenant) { t.Name = "kube-system" }), want: at + `Name is "kube-system"; want a namespace that is not the system's own`},
		"a namespace too long":      {props: one(func(t *Tenant) { t.Namespaces = []string{long} }), want: at + `Namespaces[0] is "` + long + `"; want at most 30 characters, of which the names of roles are made`},
		"another's namespace":       {props: one(func(t *Tenant) { t.Namespaces = []string{"finance"} }), want: at + `Namespaces[0] is "finance"; want "sales", or a name that begins with "sales-"`},
		"a format misspelt":         {props: one(func(t *Tenant) { t.Formats = []tableformat.Format{"icebreg"} }), want: at + `Formats[0] is "icebreg"; want "hudi", "iceberg" or "delta"; nearest is "iceberg"`},
		"a format twice":            {props: one(func(t *Tenant) { t.Formats = []tableformat.Format{"delta", "delta"} }), want: at + `Formats[1] is "delta"; want each format once`},
		"an ARN for a role":         {props: one(func(t *Tenant) { t.People = []string{"arn:aws:iam::123456789012:role/me"} }), want: at + `People[0] is "arn:aws:iam::123456789012:role/me"; want ` + wantRole},
		"open egress":               {props: one(func(t *Tenant) { t.Egress = []emreks.Egress{{CIDR: "0.0.0.0/0", Ports: []int{443}}} }), want: at + `Egress[0].CIDR is "0.0.0.0/0"; want a range no wider than /8; open egress is what a tenant's fence is against`},
		"the metadata address":      {props: one(func(t *Tenant) { t.Egress = []emreks.Egress{{CIDR: "169.254.0.0/16", Ports: []int{80}}} }), want: at + `Egress[0].CIDR is "169.254.0.0/16"; want a range without 169.254.169.254, which gives a pod the role of its node`},
		"seven cores under a limit of six": {props: one(func(t *Tenant) { t.Executor.Cores = 7 }),
			want: at + `Executor.Cores is 7; want at most 6, which is Limits.MaxCPU of tenant "sales": the LimitRange of namespace "sales" refuses spark.executor.cores=7`},
		"a job that never fits": {props: one(func(t *Tenant) { t.Quota.RequestsCPU, t.Executors = "8", 4 }),
			want: at + `Executors is 4; want a job within 8, which is Quota.RequestsCPU of tenant "sales"; driver, executors and submitter need 18.7`},
		"limits above the quota":  {props: one(func(t *Tenant) { t.Limits.MaxCPU, t.Quota.LimitsCPU, t.Quota.RequestsCPU = "60", "50", "50" }), want: at + `Limits.MaxCPU is "60"; want at most Quota.LimitsCPU, which is 50`},
		"nodes of no type":        {props: one(func(t *Tenant) { t.Sole = &emreks.NodeGroup{InstanceTypes: []string{"large"}} }), want: at + `Sole.InstanceTypes[0] is "large"; want an instance type such as "m6i.2xlarge"`},
		"a capacity there is not": {props: one(func(t *Tenant) { t.Shared = 2000 }), want: at + `Shared is 2000; want 1200, 2400 or a multiple of 2400 GiB; nearest is 2400`},
		"scratch of nothing":      {props: one(func(t *Tenant) { t.Scratch = -1 }), want: at + `Scratch is -1; want 1 to 1000000 GiB, or 0 for 2000`},
		"more mounts than a node bears": {props: one(func(t *Tenant) {
			t.Shared, t.Scratch, t.Sole = 2400, 2400, &emreks.NodeGroup{InstanceTypes: []string{"m6i.16xlarge"}}
		}),
			want: at + `Executor.Cores is 2; want fewer, or larger executors: a node of 64 vCPU holds 16 of job "sales", which are 32 mounts, and PerNode is 16 (aws-fsx-csi-driver#180)`},
		"a schedule of Unix":   {props: one(func(t *Tenant) { t.Update = "0 2 * * *" }), want: at + `Update is "0 2 * * *"; want cron(…) of six fields, rate(…) or at(…)`},
		"no schedule":          {props: one(func(t *Tenant) { t.Maintenance = "weekly" }), want: at + `Maintenance is "weekly"; want cron(…) of six fields, rate(…) or at(…)`},
		"one name twice":       {props: Props{Tenants: []Tenant{{Name: "a"}, {Name: "a"}}}, want: `lakehouse.Props.Tenants[1].Name is "a"; want a name that no other tenant has`},
		"one namespace of two": {props: Props{Tenants: []Tenant{{Name: "a", Namespaces: []string{"a-b"}}, {Name: "a-b"}}}, want: `lakehouse.Props.Tenants[1].Name is "a-b"; want a namespace that is not tenant "a"'s`},
		"more than the stacks hold": {props: Props{Stacks: 1, Tenants: many(20)},
			want: `lakehouse.Props.Stacks is 1; want another number, or fewer tenants: in resources, stack 0 of 1 would hold 480, of at most 340; want 2 stacks`},
		"every fault is reported": {props: one(func(t *Tenant) { t.Formats, t.Shared, t.Quota.LimitsCPU = []tableformat.Format{"orc"}, 1, "x" }), want: at + `Formats[0] is "orc"; want "hudi", "iceberg" or "delta"
` + at + `Shared is 1; want 1200, 2400 or a multiple of 2400 GiB; nearest is 1200
` + at + `Quota.LimitsCPU is "x"; want a quantity of Kubernetes, e.g. "500m", "6" or "24Gi"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			checktest.Message(t, test.props.Validate(), test.want)
		})
	}
}

// TestConfigurationTellsTheLine reads a block as the app does: its own description refuses
// what one key can say wrong, the props the rest, each with its line and its key.
func TestConfigurationTellsTheLine(t *testing.T) {
	const sound = `lakehouse:
  tenants:
    - name: sales
      formats: [iceberg]
      limits: {maxCPU: "6"}
      sole: {max: 4}
    - name: finance
`
	tests := map[string]struct{ old, new, want string }{
		"all is well":                {"", "", ""},
		"no teams":                   {sound, "lakehouse:\n  auto: true\n", `f.yaml:1: lakehouse.tenants is missing; want a list of teams, one at least`},
		"a name missing":             {"name: sales", "people: [x]", `f.yaml:3: lakehouse.tenants[0].name is missing; want ` + wantTenant},
		"a name in capitals":         {"name: sales", "name: Sales", `f.yaml:3: lakehouse.tenants[0].name is "Sales"; want ` + wantTenant},
		"a key misspelt":             {"limits", "limit", `f.yaml:5: lakehouse.tenants[0].limit is an unknown key; want "limits"`},
		"a format misspelt":          {"[iceberg]", "[icebreg]", `f.yaml:4: lakehouse.tenants[0].formats[0] is "icebreg"; want one of hudi, iceberg, delta ("iceberg"?)`},
		"a format alone":             {"[iceberg]", "iceberg", `f.yaml:4: lakehouse.tenants[0].formats is "iceberg"; want a list, one at least, of one of hudi, iceberg, delta`},
		"a quantity as a number":     {`"6"`, "6", `f.yaml:5: lakehouse.tenants[0].limits.maxCPU is 6 (a number); want ` + wantQuantity},
		"a quantity in words":        {`"6"`, "six", `f.yaml:5: lakehouse.tenants[0].limits.maxCPU is "six"; want ` + wantQuantity},
		"a limit below a job":        {`"6"`, `"3"`, `f.yaml:3: lakehouse.tenants[0].executor.cores is 4; want at most 3, which is Limits.MaxCPU of tenant "sales": the LimitRange of namespace "sales" refuses spark.executor.cores=4`},
		"a limit above a quota":      {`"6"`, `"3000"`, `f.yaml:5: lakehouse.tenants[0].limits.maxCPU is "3000"; want at most Quota.LimitsCPU, which is 2000`},
		"a range for a number":       {"max: 4", "max: 0", `f.yaml:6: lakehouse.tenants[0].sole.max is 0; want a whole number from 1 to 1000`},
		"more at least than at most": {"max: 4", "max: 4, min: 5", `f.yaml:6: lakehouse.tenants[0].sole.min is 5; want 0 to Max, which is 4`},
		"a capacity there is not":    {"sole: {max: 4}", "shared: 2000", `f.yaml:6: lakehouse.tenants[0].shared is 2000; want 1200, 2400 or a multiple of 2400 GiB; nearest is 2400`},
		"egress everywhere":          {"sole: {max: 4}", "egress: [{cidr: 0.0.0.0/0, port: 443}]", `f.yaml:6: lakehouse.tenants[0].egress[0].cidr is "0.0.0.0/0"; want a range no wider than /8; open egress is what a tenant's fence is against`},
		"egress to no port":          {"sole: {max: 4}", "egress: [{cidr: 10.0.0.0/8, port: 70000}]", `f.yaml:6: lakehouse.tenants[0].egress[0].port is 70000; want a whole number from 1 to 65535`},
		"a schedule of Unix":         {"sole: {max: 4}", `update: "0 2 * * *"`, `f.yaml:6: lakehouse.tenants[0].update is "0 2 * * *"; want ` + wantSchedule},
		"five fields":                {"sole: {max: 4}", `update: cron(0 2 * * *)`, `f.yaml:6: lakehouse.tenants[0].update is "cron(0 2 * * *)"; want cron(…) of six fields, rate(…) or at(…)`},
		"one name twice":             {"finance", "sales", `f.yaml:7: lakehouse.tenants[1].name is "sales"; want a name that no other tenant has`},
		"one zone":                   {"tenants:", "zones: 1\n  tenants:", `f.yaml:2: lakehouse.zones is 1; want a whole number from 2 to 4`},
		"the API server for all":     {"tenants:", "publicAccess: [0.0.0.0/0]\n  tenants:", `f.yaml:2: lakehouse.publicAccess[0] is "0.0.0.0/0"; want a range no wider than /8; open egress is what a tenant's fence is against`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(sound, test.old) {
				t.Fatalf("the sound block holds no %q", test.old)
			}
			s := &settings{}
			text := strings.Replace(sound, test.old, test.new, 1)
			doc := config.Read("f.yaml", []byte(text), []config.Field{{Name: "lakehouse", Doc: "It.", Value: config.Block{Fields: s.Fields()}}})
			s.Check(doc, "lakehouse")
			checktest.Message(t, doc.Err(), test.want)
		})
	}
}

// TestEveryModuleIsShipped reads what the scripts import: a module that is not among those
// that a job brings would be missed at night.
func TestEveryModuleIsShipped(t *testing.T) {
	if err := fstest.TestFS(scd2.Files, scripts...); err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		text, err := scd2.Files.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "import" && words[0] != "from" {
				continue
			}
			module := words[1] + ".py"
			_, ours := scd2.Files.Open(module)
			if ours == nil && !slices.Contains(modules, module) {
				t.Errorf("%s imports %s, which no job brings", script, module)
			}
		}
	}
}
