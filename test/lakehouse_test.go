package test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/emreks"
	"github.com/lakekeel/lakekeel/constructs/tableformat"
	"github.com/lakekeel/lakekeel/internal/cdktest"
	"github.com/lakekeel/lakekeel/stacks/lakehouse"
)

// lakehouseTeams are a team with everything that one can ask for, and one that asks for nothing.
func lakehouseTeams() []lakehouse.Tenant {
	return []lakehouse.Tenant{
		{
			Name: "sales", Namespaces: []string{"sales", "sales-etl"},
			Formats: []tableformat.Format{tableformat.Hudi, tableformat.Iceberg, tableformat.Delta},
			People:  []string{"teams/sales"}, Confidential: true,
			Quota: emreks.Quota{RequestsCPU: "100", RequestsMemory: "400Gi"}, Egress: []emreks.Egress{{CIDR: "10.20.0.0/24", Ports: []int{5432}}},
			Sole: &emreks.NodeGroup{Max: 4}, Shared: 2400, Scratch: 2000, Update: "cron(0 2 * * ? *)",
		},
		{Name: "finance"},
	}
}

func lakehouseNew(t testing.TB, props lakehouse.Props) *lakehouse.Lakehouse {
	props.Env = &awscdk.Environment{Account: jsii.String("123456789012"), Region: jsii.String("eu-west-1")}
	return lakehouse.New(awscdk.NewApp(&awscdk.AppProps{Context: pipelineContext(t)}), "Lakehouse", props)
}

func TestLakehouse(t *testing.T) {
	made := lakehouseNew(t, lakehouse.Props{Tenants: lakehouseTeams()})
	templates := map[string]*cdktest.Template{}
	for _, stack := range append([]awscdk.Stack{made.Stack}, made.Tenants.Stacks...) {
		cdktest.Nag(t, stack)
		templates[*stack.StackName()] = cdktest.Synth(t, stack)
	}
	base, sales, finance := templates["Lakehouse"], templates["Lakehouse-Tenants-02"], templates["Lakehouse-Tenants-05"]
	t.Run("every format has a database, a lock table with its keys, and three jobs", func(t *testing.T) {
		for format, key := range map[string]string{"hudi": "key", "iceberg": "entityId", "delta": "tablePath"} {
			sales.Has(t, "AWS::Glue::Database", cdktest.Props{"DatabaseInput": cdktest.Props{"Name": "sales_" + format}})
			table := sales.Has(t, "AWS::DynamoDB::Table", cdktest.Props{"TableName": "lakehouse.sales." + format})
			if keys := fmt.Sprint(sales.Resources[table].Properties["KeySchema"]); !strings.Contains(keys, "AttributeName:"+key+" ") {
				t.Errorf("%s has the keys %s; want %s", table, keys, key)
			}
			for _, step := range []string{"load", "update", "maintain"} {
				sales.Has(t, "AWS::SSM::Parameter", cdktest.Props{"Name": "/lakekeel/lakehouse/sales/jobs/" + format + "-" + step})
			}
		}
		finance.Count(t, "AWS::DynamoDB::Table", 1)
		finance.Count(t, "AWS::SSM::Parameter", 3)
	})
	t.Run("a job has the settings of its format and its lock, and every module of its script", func(t *testing.T) {
		for format, setting := range map[string]string{
			"hudi": "spark.hoodie.write.lock.dynamodb.table", "iceberg": "spark.sql.catalog.lake.lock.table",
			"delta": "spark.io.delta.storage.S3DynamoDBLogStore.ddb.tableName",
		} {
			request := lakehouseRequest(t, sales, "sales", format+"-update")
			conf := request["configurationOverrides"].(map[string]any)["applicationConfiguration"].([]any)[0].(map[string]any)["properties"].(map[string]any)
			for key, want := range map[string]string{
				setting: "lakehouse.sales." + format, "spark.network.crypto.enabled": "true", "spark.hadoop.fs.s3a.endpoint.region": "eu-west-1",
				"spark.kubernetes.driver.label.lakekeel.io/tenant": "sales",
			} {
				if conf[key] != want {
					t.Errorf("%s: %s is %v; want %s", format, key, conf[key], want)
				}
			}
			if files := strings.Split(conf["spark.submit.pyFiles"].(string), ","); len(files) != 5 || len(conf["spark.submit.pyFiles"].(string)) > 1024 {
				t.Errorf("%s: pyFiles are %s", format, files)
			}
		}
	})
	t.Run("maintenance runs every Sunday, updates when asked for", func(t *testing.T) {
		for template, want := range map[*cdktest.Template]map[string]int{sales: {"cron(0 4 ? * SUN *)": 3, "cron(0 2 * * ? *)": 3}, finance: {"cron(0 4 ? * SUN *)": 1}} {
			got := map[string]int{}
			for _, schedule := range template.Of("AWS::Scheduler::Schedule") {
				got[schedule.Properties["ScheduleExpression"].(string)]++
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("schedules are %v; want %v", got, want)
			}
		}
	})
	t.Run("the state machine loads before it updates, all formats at once", func(t *testing.T) {
		var machine map[string]any
		for _, r := range sales.Of("AWS::StepFunctions::StateMachine") {
			if err := json.Unmarshal([]byte(emreksResolve(r.Properties["DefinitionString"])), &machine); err != nil {
				t.Fatal(err)
			}
		}
		branches := machine["States"].(map[string]any)["In every format"].(map[string]any)["Branches"].([]any)
		if len(branches) != 3 {
			t.Errorf("%d branches; want 3", len(branches))
		}
		for _, branch := range branches {
			b := branch.(map[string]any)
			if first := b["StartAt"].(string); !strings.HasSuffix(first, ": load") || !strings.HasSuffix(fmt.Sprint(b["States"].(map[string]any)[first].(map[string]any)["Next"]), ": update") {
				t.Errorf("a branch starts with %s", first)
			}
		}
	})
	t.Run("file systems are the claimed ones, and one class makes scratch space", func(t *testing.T) {
		sales.Has(t, "AWS::FSx::DataRepositoryAssociation", cdktest.Props{"DataRepositoryPath": "s3://lakehouse-lake-123456789012-eu-west-1/tenants/sales/shared"})
		if found := len(emreksObjects(t, base, "StorageClass")); found != 1 {
			t.Errorf("%d storage classes; want 1", found)
		}
		if found := len(emreksObjects(t, sales, "PersistentVolumeClaim")); found != 2 {
			t.Errorf("%d claims; want 2", found)
		}
		finance.Count(t, "AWS::FSx::FileSystem", 0)
	})
	t.Run("a team has as many resources as Validate reckons with", func(t *testing.T) {
		// A stack holds 340: four teams like sales, or fourteen like finance, and not one more.
		for _, c := range []struct {
			template *cdktest.Template
			team     lakehouse.Tenant
			most     int
		}{{sales, lakehouseTeams()[0], 4}, {finance, lakehouseTeams()[1], 14}} {
			if got := len(c.template.Resources); 340/got != c.most {
				t.Errorf("%s has %d resources", c.team.Name, got)
			}
			props := lakehouse.Props{Stacks: 1}
			for i := range c.most + 1 {
				if err := props.Validate(); i > 0 && err != nil {
					t.Errorf("%d like %s: %v", i, c.team.Name, err)
				}
				team := c.team
				team.Name = fmt.Sprintf("%s-%d", c.team.Name, i)
				if len(team.Namespaces) > 0 {
					team.Namespaces = []string{team.Name, team.Name + "-etl"}
				}
				props.Tenants = append(props.Tenants, team)
			}
			if props.Validate() == nil {
				t.Errorf("%d like %s are taken", c.most+1, c.team.Name)
			}
		}
	})
	t.Run("a role's inline policies fit", func(t *testing.T) {
		for _, template := range templates {
			for id := range template.Of("AWS::IAM::Role") {
				lakehouseFits(t, template, id)
			}
		}
	})
	base.Golden(t, "test/testdata/lakehouse.json")
	sales.Golden(t, "test/testdata/lakehouse_sales.json")
	finance.Golden(t, "test/testdata/lakehouse_finance.json")
}

// lakehouseRequest is the start-job-run request of a job.
func lakehouseRequest(t *testing.T, template *cdktest.Template, namespace, job string) map[string]any {
	t.Helper()
	id := template.Has(t, "AWS::SSM::Parameter", cdktest.Props{"Name": "/lakekeel/lakehouse/" + namespace + "/jobs/" + job})
	var request map[string]any
	if err := json.Unmarshal([]byte(emreksResolve(template.Resources[id].Properties["Value"])), &request); err != nil {
		t.Fatal(err)
	}
	return request
}

// lakehouseFits holds the inline policies of a role against what IAM takes, white space not counted:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
func lakehouseFits(t *testing.T, template *cdktest.Template, id string) {
	t.Helper()
	size := 0
	policies, _ := template.Resources[id].Properties["Policies"].([]any)
	for _, policy := range policies {
		text, _ := json.Marshal(emreksPlain(policy.(map[string]any)["PolicyDocument"]))
		size += len(text)
	}
	for _, r := range template.Of("AWS::IAM::Policy") {
		if strings.Contains(fmt.Sprint(r.Properties["Roles"]), "Ref:"+id+"]") {
			text, _ := json.Marshal(emreksPlain(r.Properties["PolicyDocument"]))
			size += len(text)
		}
	}
	if size > 10240 {
		t.Errorf("%s has inline policies of %d characters; IAM takes 10240", id, size)
	}
}

func TestLakehouseInAutoMode(t *testing.T) {
	made := lakehouseNew(t, lakehouse.Props{Auto: true, Zones: 3, Tenants: lakehouseTeams()})
	template := cdktest.Synth(t, made.Stack)
	template.Count(t, "AWS::EKS::Nodegroup", 0)
	template.Count(t, "AWS::EC2::Subnet", 9)
	for _, stack := range made.Tenants.Stacks {
		if strings.HasSuffix(*stack.StackName(), "02") {
			if pools := emreksObjects(t, cdktest.Synth(t, stack), "NodePool"); len(pools) != 1 {
				t.Errorf("%d node pools; want 1, of the team with nodes of its own", len(pools))
			}
		}
	}
}

// TestLakehouseRights asks of every job's role what it may do to its own team's things, and
// to the other's.
func TestLakehouseRights(t *testing.T) {
	tools := emreksEvaluator(t)
	teams := lakehouseTeams()
	teams[1].Formats = teams[0].Formats
	made := lakehouseNew(t, lakehouse.Props{Tenants: teams})
	var calls []emreksCall
	for _, stack := range made.Tenants.Stacks {
		template := cdktest.Synth(t, stack)
		own, other := "sales", "finance"
		if strings.HasSuffix(*stack.StackName(), "05") {
			own, other = other, own
		}
		for _, format := range []string{"hudi", "iceberg", "delta"} {
			id := emreksRole(t, template, "lakehouse."+own+"."+format+"-load")
			calls = append(calls, lakehouseCalls(emreksPolicies(t, template, id), own, format, own, true)...)
			calls = append(calls, lakehouseCalls(emreksPolicies(t, template, id), own, format, other, false)...)
			id = emreksRole(t, template, "lakehouse."+own)
			calls = append(calls, lakehouseCalls(emreksPolicies(t, template, id), own, format, other, false)...)
		}
	}
	emreksEvaluate(t, tools, calls)
}

// lakehouseCalls are calls of a role of team who on things of team whose.
func lakehouseCalls(policies []any, who, format, whose string, allowed bool) []emreksCall {
	const lake = "arn:aws:s3:::lakehouse-lake-123456789012-eu-west-1"
	arn := func(service, rest string) string { return "arn:aws:" + service + ":eu-west-1:123456789012:" + rest }
	folder, table := lake+"/tenants/"+whose, whose+"_"+format
	actions := map[string][]string{
		folder + "/" + format + "/contacts/1.parquet":                       {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"},
		folder + "/landing/contacts/snapshot/1.csv":                         {"s3:GetObject"},
		arn("glue", "table/"+table+"/contacts"):                             {"glue:GetTable", "glue:CreateTable", "glue:UpdateTable"},
		arn("glue", "database/"+table):                                      {"glue:GetDatabase"},
		arn("dynamodb", "table/lakehouse."+whose+"."+format):                {"dynamodb:GetItem", "dynamodb:PutItem"},
		arn("logs", "log-group:/lakekeel/lakehouse/"+whose+":log-stream:x"): {"logs:PutLogEvents"},
	}
	var calls []emreksCall
	add := func(allowed bool, action, resource string, context map[string]string) {
		calls = append(calls, emreksCall{Who: who + "'s " + format, Allowed: allowed, Action: action, Resource: resource, Context: context,
			Principal: "arn:aws:iam::123456789012:role/" + who, Policies: policies})
	}
	for resource, list := range actions {
		for _, action := range list {
			add(allowed, action, resource, nil)
		}
	}
	add(allowed, "s3:ListBucket", lake, map[string]string{"s3:prefix": "tenants/" + whose + "/" + format + "/contacts/"})
	add(false, "dynamodb:DeleteTable", arn("dynamodb", "table/lakehouse."+whose+"."+format), nil)
	add(false, "glue:DeleteTable", arn("glue", "table/"+table+"/contacts"), nil)
	add(false, "sts:AssumeRole", "arn:aws:iam::123456789012:role/lakehouse."+whose, nil)
	return calls
}

// lakehouseText is the shipped configuration with the lakehouse of stage Dev switched on,
// and teams in it.
func lakehouseText(t testing.TB, stacks int, teams []string, more string) string {
	t.Helper()
	block := fmt.Sprintf("    lakehouse:\n      enabled: true\n      stacks: %d\n      tenants:\n", stacks)
	for _, name := range teams {
		block += "        - name: " + name + more + "\n"
	}
	return appText(t, "destroyData: true\n    covid19:", "destroyData: true\n"+block+"    covid19:")
}

func lakehouseNames(count int) []string {
	var names []string
	for i := range count {
		names = append(names, fmt.Sprintf("team-%03d", i))
	}
	return names
}

// TestLakehouseOfAHundredTeams goes through the configuration file, as a platform team does.
func TestLakehouseOfAHundredTeams(t *testing.T) {
	synth := func(stacks int, teams []string, more string) map[string]string {
		return appTemplates(t, appSynth(t, lakehouseText(t, stacks, teams, more), "Local"))
	}
	hundred := synth(16, lakehouseNames(100), "")
	t.Run("stays under the limits", func(t *testing.T) { lakehouseUnderLimits(t, hundred) })
	t.Run("in all formats stays under them in more stacks", func(t *testing.T) {
		if testing.Short() {
			t.Skip("-short")
		}
		lakehouseUnderLimits(t, synth(64, lakehouseNames(100), "\n          formats: [hudi, iceberg, delta]"))
	})
	t.Run("one more changes nothing of the others", func(t *testing.T) {
		names := append([]string{"another"}, lakehouseNames(100)...)
		slices.Reverse(names)
		more := synth(16, names, "")
		added := 0
		for name, text := range more {
			before, after := lakehouseResources(t, hundred[name]), lakehouseResources(t, text)
			added += len(after) - len(before)
			for id, r := range before {
				if !reflect.DeepEqual(r, after[id]) {
					t.Errorf("%s of %s changed", id, name)
				}
			}
		}
		if added != 24 {
			t.Errorf("%d resources were added; want 24", added)
		}
		if hundred["Local-Lakehouse"] != more["Local-Lakehouse"] {
			t.Error("the stack of the cluster changed")
		}
	})
	t.Run("no two share a namespace, a role, a folder, a database, a table or a lock table", func(t *testing.T) {
		owned := lakehouseOwners(t, hundred)
		// Each has a namespace; two roles, of which both write its folder, one below the other;
		// a database; a lock table.
		if want := map[string]int{"namespace": 100, "role": 200, "folder": 100, "database": 100, "lock table": 100}; !reflect.DeepEqual(owned, want) {
			t.Errorf("owned are %v; want %v", owned, want)
		}
	})
}

func lakehouseResources(t testing.TB, text string) map[string]any {
	t.Helper()
	var template struct{ Resources map[string]any }
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), &template); err != nil {
		t.Fatal(err)
	}
	return template.Resources
}

func lakehouseUnderLimits(t *testing.T, templates map[string]string) {
	t.Helper()
	most, largest := 0, 0
	for name, text := range templates {
		count := len(lakehouseResources(t, text))
		if count > 500 || len(text) > 1_000_000 {
			t.Errorf("%s: %d resources, %d bytes; CloudFormation takes 500 and a million", name, count, len(text))
		}
		most, largest = max(most, count), max(largest, len(text))
	}
	t.Logf("%d stacks; the largest have %d resources and %d KB", len(templates), most, largest/1000)
}

// lakehouseOwners counts what teams have, and fails the test where two have the same. Whose
// a resource is is told by the tag or name that carries the team.
func lakehouseOwners(t *testing.T, templates map[string]string) map[string]int {
	t.Helper()
	owner, count := map[string]string{}, map[string]int{}
	claim := func(kind, thing, team string) {
		key := kind + " " + thing
		if other, taken := owner[key]; taken && other != team {
			t.Errorf("%s is both %s's and %s's", key, other, team)
		} else if !taken {
			owner[key] = team
			count[kind]++
		}
	}
	for name, text := range templates {
		if !strings.Contains(name, "Tenants") {
			continue
		}
		for id, r := range lakehouseResources(t, text) {
			resource := r.(map[string]any)
			properties, _ := resource["Properties"].(map[string]any)
			team := id[:min(len(id), len("team000"))]
			switch resource["Type"] {
			case "AWS::EMRContainers::VirtualCluster":
				claim("namespace", fmt.Sprint(properties["ContainerProvider"].(map[string]any)["Info"]), team)
			case "AWS::Glue::Database":
				claim("database", fmt.Sprint(properties["DatabaseInput"].(map[string]any)["Name"]), team)
			case "AWS::DynamoDB::Table":
				claim("lock table", fmt.Sprint(properties["TableName"]), team)
			case "AWS::IAM::Role":
				if properties["RoleName"] == nil {
					continue // of a schedule or a state machine: it has no data
				}
				claim("role", fmt.Sprint(properties["RoleName"]), team)
				for _, s := range emreksStatements(cdktest.Resource{Properties: properties}) {
					lakehouseClaim(s, team, claim)
				}
			}
		}
	}
	return count
}

// lakehouseClaim claims what a statement lets a team write.
func lakehouseClaim(statement map[string]any, team string, claim func(kind, thing, team string)) {
	actions := fmt.Sprint(statement["Action"])
	for _, resource := range emreksList(statement["Resource"]) {
		name := emreksResolve(resource)
		_, key, _ := strings.Cut(name, "/tenants/")
		folder, _, _ := strings.Cut(key, "/")
		switch {
		case strings.Contains(actions, "s3:DeleteObject"):
			claim("folder", folder, team)
		case strings.Contains(actions, "glue:UpdateTable") && strings.Contains(name, ":database/"):
			claim("database", name[strings.Index(name, ":database/")+len(":database/"):], team)
		case strings.Contains(actions, "dynamodb:PutItem"):
			claim("lock table", name[strings.Index(name, ":table/")+len(":table/"):], team)
		}
	}
}

// TestLakehouseInThePipeline: the stacks are the same as without it, and those of a hundred
// teams fit into one stage, which has taken 50 actions at the least.
func TestLakehouseInThePipeline(t *testing.T) {
	text := lakehouseText(t, 16, lakehouseNames(100), "")
	direct := appTemplates(t, appSynth(t, text, "Dev"))
	same := 0
	for name, template := range appTemplates(t, appSynth(t, text, "")) {
		if name == "Lakekeel-Pipeline" {
			lakehouseStages(t, template)
		}
		_, rest, ok := strings.Cut(name, "PipelineDevLakehouse")
		if !ok {
			continue
		}
		own := "Dev-Lakehouse"
		if _, part, tenants := strings.Cut(rest, "Tenants"); tenants {
			own += "-Tenants-" + part[:2]
		}
		if direct[own] != template {
			t.Errorf("%s is not %s", name, own)
		}
		same++
	}
	if same != 17 {
		t.Errorf("%d stacks of the lakehouse in the pipeline; want 17", same)
	}
}

func lakehouseStages(t *testing.T, template string) {
	t.Helper()
	for _, r := range lakehouseResources(t, template) {
		resource := r.(map[string]any)
		if resource["Type"] != "AWS::CodePipeline::Pipeline" {
			continue
		}
		for _, s := range resource["Properties"].(map[string]any)["Stages"].([]any) {
			stage := s.(map[string]any)
			actions := len(stage["Actions"].([]any))
			t.Logf("stage %v: %d actions", stage["Name"], actions)
			if actions > 50 {
				t.Errorf("stage %v has %d actions", stage["Name"], actions)
			}
		}
	}
}
