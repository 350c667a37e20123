package test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/emreks"
	"github.com/lakekeel/lakekeel/internal/cdktest"
)

// emreksSimulate evaluates calls with @cloud-copilot/iam-simulate, which knows conditions
// and trust policies and works offline. It is a program of its own that the tests run, no
// part of the library: its licence is the AGPL.
const emreksSimulate = `
import { runSimulation } from '@cloud-copilot/iam-simulate'
let text = ''
for await (const chunk of process.stdin) text += chunk
const results = []
for (const call of JSON.parse(text)) {
  const result = await runSimulation({
    request: { principal: call.principal, action: call.action, resource: { resource: call.resource, accountId: '123456789012' }, contextVariables: call.context ?? {} },
    identityPolicies: (call.policies ?? []).map((policy, i) => ({ name: String(i), policy })),
    serviceControlPolicies: [], resourceControlPolicies: [], resourcePolicy: call.trust,
  }, {})
  results.push(result.resultType === 'error' ? 'error ' + JSON.stringify(result.errors) : (result.overallResult ?? result.analysis?.result))
}
console.log(JSON.stringify(results))
`

// emreksCall is one call and whether it is allowed.
type emreksCall struct {
	Who      string            `json:"-"`
	Allowed  bool              `json:"-"`
	Action   string            `json:"action"`
	Resource string            `json:"resource"`
	Context  map[string]string `json:"context,omitempty"`

	Principal string `json:"principal"`
	Policies  []any  `json:"policies,omitempty"`
	Trust     any    `json:"trust,omitempty"`
}

// emreksPolicies are all policies of a role, inline and attached, resolved.
func emreksPolicies(t *testing.T, template *cdktest.Template, id string) []any {
	t.Helper()
	var all []any
	inline, _ := template.Resources[id].Properties["Policies"].([]any)
	for _, policy := range inline {
		all = append(all, emreksPlain(policy.(map[string]any)["PolicyDocument"]))
	}
	for _, r := range template.Of("AWS::IAM::Policy") {
		if strings.Contains(fmt.Sprint(r.Properties["Roles"]), "Ref:"+id+"]") {
			all = append(all, emreksPlain(r.Properties["PolicyDocument"]))
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s has no policy", id)
	}
	return all
}

// emreksPlain resolves every value in a document.
func emreksPlain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			if key == "Ref" || strings.HasPrefix(key, "Fn::") {
				return emreksResolve(v)
			}
		}
		out := map[string]any{}
		for key, value := range v {
			out[key] = emreksPlain(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = emreksPlain(v[i])
		}
		return out
	}
	return v
}

func emreksRole(t *testing.T, template *cdktest.Template, name string) string {
	t.Helper()
	return template.Has(t, "AWS::IAM::Role", cdktest.Props{"RoleName": name})
}

// emreksEvaluator is where the policy evaluator is installed; without it the test is skipped, loudly.
func emreksEvaluator(t *testing.T) string {
	t.Helper()
	tools := filepath.Join(cmp.Or(os.Getenv("LAKEKEEL_HOME"), filepath.Join(cdktest.Root(), ".lakekeel")), "iam")
	if _, err := os.Stat(filepath.Join(tools, "node_modules", "@cloud-copilot", "iam-simulate")); err != nil {
		reason := "the policy evaluator is not installed: npm install --prefix .lakekeel/iam @cloud-copilot/iam-simulate@0.1.173"
		fmt.Fprintf(os.Stderr, "\n*** NOT PROVED: rights of tenants: %s ***\n\n", reason)
		t.Skip(reason)
	}
	return tools
}

// emreksEvaluate asks the evaluator about every call, and fails the test where it says
// something else than the table.
func emreksEvaluate(t *testing.T, tools string, calls []emreksCall) {
	t.Helper()
	input, err := json.Marshal(calls)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("node", "--input-type=module", "-e", emreksSimulate)
	command.Dir, command.Stdin, command.Stderr = tools, strings.NewReader(string(input)), os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var results []string
	if err := json.Unmarshal(out, &results); err != nil || len(results) != len(calls) {
		t.Fatalf("%v: %s", err, out)
	}
	for i, c := range calls {
		want := map[bool]string{true: "Allowed", false: "ImplicitlyDenied"}[c.Allowed]
		if results[i] != want {
			t.Errorf("%s: %s on %s %v: %s; want %s", c.Who, c.Action, c.Resource, c.Context, results[i], want)
		}
	}
	t.Logf("%d calls", len(calls))
}

func TestEmreksRights(t *testing.T) {
	tools := emreksEvaluator(t)
	stack := emreksStack("Iam")
	cluster := emreks.NewCluster(stack, "Cluster", emreks.ClusterProps{Name: "lakehouse"})
	props := emreksSales(stack, cluster)
	props.Data.Reads = append(props.Data.Reads, "s3://raw/customers")
	sales := emreks.NewTenant(stack, "Sales", props)
	emreks.NewTenant(stack, "Finance", emreks.TenantProps{Name: "finance", Cluster: cluster, Data: emreks.Data{
		Writes: []string{"s3://lake/finance"}, WriteDatabases: []string{"finance"}, LockTables: []string{"finance-locks"},
	}})
	job := emreks.NewJob(stack, "Curate", emreks.JobProps{
		Name: "curate", Tenant: sales, Namespace: "sales", EntryPoint: "s3://code/sales/curate.py",
		Data: &emreks.Data{Reads: []string{"s3://raw/orders"}, Writes: []string{"s3://lake/sales/orders"}, ReadDatabases: []string{"sales"}},
	})
	job.Schedule(stack, "Nightly", emreks.ScheduleProps{Expression: "rate(1 day)"})
	machine := awsstepfunctions.NewStateMachine(stack, jsii.String("Machine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(job.Task(stack, "Curate orders")),
	})
	job.GrantRun(machine)
	template := cdktest.Synth(t, stack)

	ids := map[string]string{
		"sales": emreksRole(t, template, "lakehouse.sales"), "finance": emreksRole(t, template, "lakehouse.finance"), "curate": emreksRole(t, template, "lakehouse.sales.curate"),
		"machine": emreksOnly(t, template, "MachineRole"), "nightly": emreksOnly(t, template, "NightlyRole"),
	}
	calls := emreksCalls(emreksResolve(map[string]any{"Fn::GetAtt": []any{ids["curate"], "Arn"}}), emreksResolve(map[string]any{"Fn::GetAtt": []any{ids["sales"], "Arn"}}), emreksVirtualCluster(t, template, "lakehouse.sales"))
	for i := range calls {
		c := &calls[i]
		if id, ok := ids[c.Who]; ok {
			c.Principal, c.Policies = "arn:aws:iam::123456789012:role/"+c.Who, emreksPolicies(t, template, id)
			continue
		}
		id := ids[strings.TrimPrefix(c.Who, "trust of ")]
		c.Principal, c.Trust = "pods.eks.amazonaws.com", emreksPlain(template.Resources[id].Properties["AssumeRolePolicyDocument"])
		c.Resource = "arn:aws:iam::123456789012:role/" + strings.TrimPrefix(c.Who, "trust of ")
	}
	emreksEvaluate(t, tools, calls)
}

// emreksOnly is the one role whose logical id begins so.
func emreksOnly(t *testing.T, template *cdktest.Template, prefix string) string {
	t.Helper()
	for id := range template.Of("AWS::IAM::Role") {
		if strings.HasPrefix(id, prefix) {
			return id
		}
	}
	t.Fatalf("no role %s…", prefix)
	return ""
}

func emreksVirtualCluster(t *testing.T, template *cdktest.Template, name string) string {
	t.Helper()
	id := template.Has(t, "AWS::EMRContainers::VirtualCluster", cdktest.Props{"Name": name})
	return "arn:aws:emr-containers:eu-west-1:123456789012:/virtualclusters/" + emreksResolve(map[string]any{"Fn::GetAtt": []any{id, "Id"}})
}

// emreksCalls is the table: who may call what.
func emreksCalls(curate, sales, virtual string) []emreksCall {
	const yes, no = true, false
	arn := func(service, rest string) string { return "arn:aws:" + service + ":eu-west-1:123456789012:" + rest }
	list := func(prefix string) map[string]string { return map[string]string{"s3:prefix": prefix} }
	start := func(role string) map[string]string {
		return map[string]string{"emr-containers:ExecutionRoleArn": role}
	}
	pod := func(namespace, account string) map[string]string {
		return map[string]string{
			"aws:SourceAccount": "123456789012", "aws:RequestTag/eks-cluster-arn": "ClusterEB0386A7.Arn",
			"aws:RequestTag/kubernetes-namespace": namespace, "aws:RequestTag/kubernetes-service-account": account,
		}
	}
	account := func(component, role string) string {
		return "emr-containers-sa-spark-" + component + "-123456789012-" + emreks.Base36(role)
	}
	call := func(who string, allowed bool, action, resource string, context ...map[string]string) emreksCall {
		c := emreksCall{Who: who, Allowed: allowed, Action: action, Resource: resource}
		if len(context) > 0 {
			c.Context = context[0]
		}
		return c
	}
	return []emreksCall{
		call("sales", yes, "s3:PutObject", "arn:aws:s3:::lake/sales/orders/1.parquet"),
		call("sales", yes, "s3:DeleteObject", "arn:aws:s3:::lake/sales/orders/1.parquet"),
		call("sales", yes, "s3:GetObject", "arn:aws:s3:::raw/orders/1.csv"),
		call("sales", no, "s3:PutObject", "arn:aws:s3:::raw/orders/1.csv"),
		call("sales", no, "s3:GetObject", "arn:aws:s3:::raw/salaries/1.csv"),
		call("sales", no, "s3:GetObject", "arn:aws:s3:::lake/finance/1.parquet"),
		call("sales", no, "s3:PutObject", "arn:aws:s3:::lake/finance/1.parquet"),
		call("sales", no, "s3:PutObject", "arn:aws:s3:::lake/sales-secret/1.parquet"),
		call("sales", yes, "s3:ListBucket", "arn:aws:s3:::lake", list("sales/orders")),
		call("sales", no, "s3:ListBucket", "arn:aws:s3:::lake", list("finance/")),
		call("sales", no, "s3:ListBucket", "arn:aws:s3:::lake", list("")),
		call("sales", yes, "s3:ListBucket", "arn:aws:s3:::lake"), // what S3 asks for when a key is not there
		call("sales", no, "s3:ListBucket", "arn:aws:s3:::finance"),
		call("sales", no, "s3:DeleteBucket", "arn:aws:s3:::lake"),
		call("sales", yes, "glue:GetTable", arn("glue", "table/sales/orders")),
		call("sales", yes, "glue:CreateTable", arn("glue", "table/sales/orders")),
		call("sales", yes, "glue:UpdateTable", arn("glue", "database/sales")),
		call("sales", yes, "glue:BatchCreatePartition", arn("glue", "table/sales/orders")),
		call("sales", no, "glue:DeleteTable", arn("glue", "table/sales/orders")),
		call("sales", no, "glue:GetTable", arn("glue", "table/finance/ledger")),
		call("sales", no, "glue:UpdateTable", arn("glue", "table/finance/ledger")),
		call("sales", no, "glue:UpdateTable", arn("glue", "table/sales2/orders")),
		call("sales", yes, "dynamodb:PutItem", arn("dynamodb", "table/sales-locks")),
		call("sales", yes, "dynamodb:UpdateItem", arn("dynamodb", "table/sales-locks")),
		call("sales", no, "dynamodb:PutItem", arn("dynamodb", "table/finance-locks")),
		call("sales", no, "dynamodb:DeleteTable", arn("dynamodb", "table/sales-locks")),
		call("sales", yes, "lakeformation:GetDataAccess", "*"),
		call("finance", no, "lakeformation:GetDataAccess", "*"),
		call("sales", yes, "secretsmanager:GetSecretValue", arn("secretsmanager", "secret:warehouse-AbCdEf")),
		call("finance", no, "secretsmanager:GetSecretValue", arn("secretsmanager", "secret:warehouse-AbCdEf")),
		call("sales", yes, "logs:PutLogEvents", arn("logs", "log-group:/lakekeel/lakehouse/sales:log-stream:x")),
		call("sales", no, "logs:PutLogEvents", arn("logs", "log-group:/lakekeel/lakehouse/finance:log-stream:x")),
		call("sales", yes, "s3:PutObject", "arn:aws:s3:::lake-logs/emr/sales/x"),
		call("sales", no, "s3:PutObject", "arn:aws:s3:::lake-logs/emr/finance/x"),
		call("sales", no, "iam:PassRole", "arn:aws:iam::123456789012:role/lakehouse.finance"),
		call("sales", no, "sts:AssumeRole", "arn:aws:iam::123456789012:role/lakehouse.finance"),
		call("sales", no, "eks:DescribeCluster", arn("eks", "cluster/lakehouse")),
		call("finance", yes, "s3:PutObject", "arn:aws:s3:::lake/finance/1.parquet"),
		call("finance", no, "s3:GetObject", "arn:aws:s3:::lake/sales/1.parquet"),
		call("finance", no, "s3:GetObject", "arn:aws:s3:::raw/orders/1.csv"),
		call("finance", no, "glue:GetTable", arn("glue", "table/sales/orders")),
		call("finance", no, "dynamodb:GetItem", arn("dynamodb", "table/sales-locks")),
		call("curate", yes, "s3:PutObject", "arn:aws:s3:::lake/sales/orders/1.parquet"),
		call("curate", no, "s3:PutObject", "arn:aws:s3:::lake/sales/customers/1.parquet"),
		call("curate", yes, "s3:GetObject", "arn:aws:s3:::raw/orders/1.csv"),
		call("curate", no, "s3:GetObject", "arn:aws:s3:::raw/customers/1.csv"),
		call("curate", yes, "s3:GetObject", "arn:aws:s3:::code/sales/curate.py"),
		call("curate", no, "s3:GetObject", "arn:aws:s3:::code/finance/close.py"),
		call("curate", yes, "glue:GetTable", arn("glue", "table/sales/orders")),
		call("curate", no, "glue:UpdateTable", arn("glue", "table/sales/orders")),
		call("curate", no, "dynamodb:PutItem", arn("dynamodb", "table/sales-locks")),
		call("machine", yes, "emr-containers:StartJobRun", virtual, start(curate)),
		call("machine", no, "emr-containers:StartJobRun", virtual, start(sales)),
		call("machine", yes, "emr-containers:DescribeJobRun", virtual+"/jobruns/1"),
		call("machine", no, "emr-containers:DeleteVirtualCluster", virtual),
		call("nightly", yes, "emr-containers:StartJobRun", virtual, start(curate)),
		call("nightly", no, "emr-containers:StartJobRun", virtual+"2", start(curate)),
		call("nightly", no, "emr-containers:StartJobRun", virtual, start(sales)),
		call("nightly", no, "emr-containers:CancelJobRun", virtual+"/jobruns/1"),
		call("trust of sales", yes, "sts:AssumeRole", "", pod("sales", account("driver", "lakehouse.sales"))),
		call("trust of sales", yes, "sts:AssumeRole", "", pod("sales", account("executor", "lakehouse.sales"))),
		call("trust of sales", no, "sts:AssumeRole", "", pod("finance", account("driver", "lakehouse.sales"))),
		call("trust of sales", no, "sts:AssumeRole", "", pod("sales", account("driver", "lakehouse.finance"))),
		call("trust of sales", no, "sts:AssumeRole", "", pod("sales", "default")),
		call("trust of curate", yes, "sts:AssumeRole", "", pod("sales", account("client", "lakehouse.sales.curate"))),
		call("trust of curate", no, "sts:AssumeRole", "", pod("sales", account("client", "lakehouse.sales"))),
	}
}
