package test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/emreks"
	"github.com/lakekeel/lakekeel/internal/cdktest"
)

// emreksSales is a tenant with everything that a tenant can have.
func emreksSales(stack awscdk.Stack, cluster *emreks.Cluster) emreks.TenantProps {
	return emreks.TenantProps{
		Name: "sales", Cluster: cluster, Namespaces: []string{"sales", "sales-etl"},
		Data: emreks.Data{
			Reads: []string{"s3://raw/orders"}, Writes: []string{"s3://lake/sales"},
			WriteDatabases: []string{"sales"}, LockTables: []string{"sales-locks"}, LakeFormation: true,
		},
		Logs:         "s3://lake-logs/emr",
		Egress:       []emreks.Egress{{CIDR: "10.20.0.0/24", Ports: []int{5432}}},
		Confidential: true,
		Secrets:      []emreks.Secret{{Name: "warehouse", ARN: emreksSecret(stack)}},
		Databases:    &emreks.Database{SecurityGroups: []string{"sg-0123456789abcdef0"}},
		Sole:         &emreks.NodeGroup{Name: "sales", Max: 4},
		Team: []awsiam.IRole{
			awsiam.NewRole(stack, jsii.String("People"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()}),
		},
	}
}

func emreksSecret(stack awscdk.Stack) string {
	return *stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("secretsmanager"), Resource: jsii.String("secret"), ResourceName: jsii.String("warehouse-AbCdEf"), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
}

func emreksStack(id string) awscdk.Stack {
	return awscdk.NewStack(awscdk.NewApp(nil), &id, nil)
}

func TestEmreksClusterAndTenant(t *testing.T) {
	stack := emreksStack("Emr")
	cluster := emreks.NewCluster(stack, "Cluster", emreks.ClusterProps{Name: "lakehouse", Placeholders: emreks.Placeholders{Pods: 2}})
	emreks.NewTenant(stack, "Sales", emreksSales(stack, cluster))
	template := cdktest.Synth(t, stack)
	t.Run("no pod reaches the metadata of its node", func(t *testing.T) {
		for id, r := range template.Of("AWS::EC2::LaunchTemplate") {
			data := r.Properties["LaunchTemplateData"].(map[string]any)
			want := map[string]any{"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1.0}
			if !reflect.DeepEqual(data["MetadataOptions"], want) {
				t.Errorf("%s: %v; want %v", id, data["MetadataOptions"], want)
			}
		}
		template.Count(t, "AWS::EC2::LaunchTemplate", 3)
	})
	t.Run("every add-on is pinned", func(t *testing.T) {
		for id, r := range template.Of("AWS::EKS::Addon") {
			if name := r.Properties["AddonName"]; r.Properties["AddonVersion"] == nil {
				t.Errorf("%s: %v has no version", id, name)
			}
		}
	})
	t.Run("the API server is private, logged and encrypted", func(t *testing.T) {
		template.Has(t, "AWS::EKS::Cluster", cdktest.Props{
			"Version": "1.35", "DeletionProtection": true, "BootstrapSelfManagedAddons": false,
			"ResourcesVpcConfig": cdktest.Props{"EndpointPrivateAccess": true, "EndpointPublicAccess": false},
			"AccessConfig":       cdktest.Props{"BootstrapClusterCreatorAdminPermissions": false},
		})
	})
	t.Run("only manifests are custom resources", func(t *testing.T) {
		for id, r := range template.Resources {
			if strings.HasPrefix(r.Type, "Custom::") && r.Type != "Custom::KubernetesManifests" {
				t.Errorf("%s is a %s", id, r.Type)
			}
		}
	})
	t.Run("is the template last reviewed", func(t *testing.T) { template.Golden(t, "test/testdata/emreks.json") })
}

func TestEmreksWebIdentity(t *testing.T) {
	stack := emreksStack("Web")
	cluster := emreks.NewCluster(stack, "Cluster", emreks.ClusterProps{Name: "lakehouse"})
	emreks.NewTenant(stack, "Sales", emreks.TenantProps{Name: "sales", Cluster: cluster, Identity: emreks.WebIdentity})
	template := cdktest.Synth(t, stack)
	template.Count(t, "AWS::EKS::PodIdentityAssociation", 0)
	id := template.Has(t, "AWS::IAM::Role", cdktest.Props{"RoleName": "lakehouse.sales"})
	trust := emreksResolve(template.Resources[id].Properties["AssumeRolePolicyDocument"])
	var document map[string]any
	if err := json.Unmarshal([]byte(trust), &document); err != nil {
		t.Fatalf("%v: %s", err, trust)
	}
	want := map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
		"Principal": map[string]any{"Federated": "arn:aws:iam::123456789012:oidc-provider/OIDC"},
		"Condition": map[string]any{
			"StringLike":   map[string]any{"OIDC:sub": "system:serviceaccount:sales:emr-containers-sa-*-*-123456789012-" + emreks.Base36("lakehouse.sales")},
			"StringEquals": map[string]any{"OIDC:aud": "sts.amazonaws.com"},
		},
	}}}
	if !reflect.DeepEqual(document, want) {
		t.Errorf("got  %v\nwant %v", document, want)
	}
}

func TestEmreksAutoModeAndImport(t *testing.T) {
	stack := emreksStack("Auto")
	cluster := emreks.NewCluster(stack, "Cluster", emreks.ClusterProps{Name: "auto", Auto: true})
	emreks.NewTenant(stack, "Sales", emreks.TenantProps{Name: "sales", Cluster: cluster, Sole: &emreks.NodeGroup{Name: "spot", Spot: true, Zones: []string{"eu-west-1a"}}})
	template := cdktest.Synth(t, stack)
	template.Count(t, "AWS::EKS::Nodegroup", 0)
	template.Has(t, "AWS::EKS::Cluster", cdktest.Props{"ComputeConfig": cdktest.Props{"Enabled": true}, "StorageConfig": cdktest.Props{"BlockStorage": cdktest.Props{"Enabled": true}}})
	if pools := emreksObjects(t, template, "NodePool"); len(pools) != 1 {
		t.Errorf("%d node pools; want 1", len(pools))
	}

	other := emreksStack("Import")
	vpc := awsec2.Vpc_FromVpcAttributes(other, jsii.String("Vpc"), &awsec2.VpcAttributes{VpcId: jsii.String("vpc-0123456789abcdef0"), AvailabilityZones: jsii.Strings("eu-west-1a", "eu-west-1b")})
	imported := emreks.ImportCluster(other, "Cluster", emreks.ImportProps{
		Name: "theirs", Endpoint: "https://x.eks.amazonaws.com", CertificateAuthority: "Q0E=", SecurityGroup: "sg-0123456789abcdef0",
		Issuer: "https://oidc.eks.eu-west-1.amazonaws.com/id/X", ServiceCIDR: "10.100.0.0/16", PlatformExists: true,
		Network: emreks.Network{VPC: vpc, NodeSubnets: []string{"subnet-0123456789abcdef1", "subnet-0123456789abcdef2"}, ControlSubnets: []string{"subnet-0123456789abcdef3", "subnet-0123456789abcdef4"}, ControlCIDRs: []string{"10.9.0.0/26"}},
	})
	emreks.NewTenant(other, "Sales", emreks.TenantProps{Name: "sales", Cluster: imported})
	template = cdktest.Synth(t, other)
	template.Count(t, "AWS::EKS::Cluster", 0)
	template.Count(t, "AWS::Lambda::Function", 1)
	fence := fmt.Sprint(emreksObjects(t, template, "NetworkPolicy"))
	for _, part := range []string{"10.9.0.0/26", "10.100.0.1/32", "10.100.0.10/32"} {
		if !strings.Contains(fence, part) {
			t.Errorf("the fence lacks %s: %s", part, fence)
		}
	}
}

func TestEmreksJob(t *testing.T) {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Job"), nil)
	cluster := emreks.NewCluster(stack, "Cluster", emreks.ClusterProps{Name: "lakehouse"})
	sales := emreks.NewTenant(stack, "Sales", emreksSales(stack, cluster))
	job := emreks.NewJob(stack, "Curate", emreks.JobProps{
		Name: "curate", Tenant: sales, Namespace: "sales-etl", EntryPoint: "s3://code/curate.py", Arguments: []string{"--table", "orders"},
		Executors: 3, MaxExecutors: 9, Zone: "eu-west-1a", Retries: 2, Mounts: []emreks.Mount{{Claim: "fsx", Path: "/data", Scratch: true, Own: true}},
		Conf: map[string]string{"spark.sql.shuffle.partitions": "200"},
		Data: &emreks.Data{Writes: []string{"s3://lake/sales/orders"}, WriteDatabases: []string{"sales"}, LockTables: []string{"sales-locks"}},
	})
	job.Schedule(stack, "Nightly", emreks.ScheduleProps{Expression: "cron(0 3 * * ? *)", TimeZone: "Europe/Berlin"})
	other := awscdk.NewStack(app, jsii.String("Machines"), nil)
	machine := awsstepfunctions.NewStateMachine(other, jsii.String("Machine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(job.Task(other, "Curate orders")),
	})
	job.GrantRun(machine)
	template, machines := cdktest.Synth(t, stack), cdktest.Synth(t, other)

	request := map[string]any{}
	for _, r := range template.Of("AWS::SSM::Parameter") {
		if err := json.Unmarshal([]byte(emreksResolve(r.Properties["Value"])), &request); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("the request is that of StartJobRun", func(t *testing.T) {
		overrides := request["configurationOverrides"].(map[string]any)
		conf := overrides["applicationConfiguration"].([]any)[0].(map[string]any)["properties"].(map[string]any)
		for key, want := range map[string]string{
			"spark.executor.cores": "4", "spark.kubernetes.executor.limit.cores": "4", "spark.executor.memory": "8192m", "spark.executor.memoryOverhead": "3277m",
			"spark.dynamicAllocation.maxExecutors": "9", "spark.io.encryption.enabled": "true", "spark.sql.shuffle.partitions": "200",
			"spark.hadoop.hive.metastore.client.factory.class": "com.amazonaws.glue.catalog.metastore.AWSGlueDataCatalogHiveClientFactory",
		} {
			if conf[key] != want {
				t.Errorf("%s is %v; want %s", key, conf[key], want)
			}
		}
		if got := request["retryPolicyConfiguration"]; !reflect.DeepEqual(got, map[string]any{"maxAttempts": 3.0}) {
			t.Errorf("retryPolicyConfiguration is %v", got)
		}
		delete(request, "retryPolicyConfiguration")
	})
	t.Run("schedule and state machine make the same request", func(t *testing.T) {
		var input, machine map[string]any
		for _, r := range template.Of("AWS::Scheduler::Schedule") {
			json.Unmarshal([]byte(emreksResolve(r.Properties["Target"].(map[string]any)["Input"])), &input)
		}
		for _, r := range machines.Of("AWS::StepFunctions::StateMachine") {
			json.Unmarshal([]byte(emreksResolve(r.Properties["DefinitionString"])), &machine)
		}
		delete(input, "ClientToken")
		delete(input, "RetryPolicyConfiguration")
		parameters := machine["States"].(map[string]any)["Curate orders"].(map[string]any)["Parameters"].(map[string]any)
		for _, key := range []string{"VirtualClusterId", "ExecutionRoleArn"} { // of another stack: imports
			if got := fmt.Sprint(parameters[key]); !strings.Contains(got, "Salessalesetl") {
				t.Errorf("%s is %s", key, got)
			}
			delete(parameters, key)
			delete(input, key)
			delete(request, strings.ToLower(key[:1])+key[1:])
		}
		if !reflect.DeepEqual(parameters, input) {
			t.Errorf("state machine %v\nschedule      %v", parameters, input)
		}
		if got, want := emreksLower(parameters), any(request); !reflect.DeepEqual(got, want) {
			t.Errorf("state machine %v\nCLI           %v", got, want)
		}
	})
	t.Run("is the template last reviewed", func(t *testing.T) { template.Golden(t, "test/testdata/emreks_job.json") })
}

// emreksLower undoes the capitals of Step Functions, apart from the keys that are data.
func emreksLower(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			switch {
			case key == "Properties" || key == "Tags":
				out[strings.ToLower(key)] = value
			default:
				out[strings.ToLower(key[:1])+key[1:]] = emreksLower(value)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = emreksLower(v[i])
		}
		return out
	}
	return v
}

// emreksTeams are tenants of one namespace each, with data of their own.
func emreksTeams(count int) []emreks.TenantProps {
	var all []emreks.TenantProps
	for i := range count {
		name := fmt.Sprintf("team-%03d", i)
		all = append(all, emreks.TenantProps{Name: name, Data: emreks.Data{
			Reads: []string{"s3://raw/shared"}, Writes: []string{"s3://lake/" + name},
			WriteDatabases: []string{fmt.Sprintf("team_%03d", i)}, LockTables: []string{name + "-locks"},
		}})
	}
	return all
}

// emreksTemplates synthesizes tenants and returns their stacks' templates by name.
func emreksTemplates(t *testing.T, teams []emreks.TenantProps) map[string]*cdktest.Template {
	t.Helper()
	app := awscdk.NewApp(nil)
	base := awscdk.NewStack(app, jsii.String("Base"), nil)
	cluster := emreks.NewCluster(base, "Cluster", emreks.ClusterProps{Name: "lakehouse"})
	all := emreks.NewTenants(app, "Tenants", emreks.TenantsProps{Cluster: cluster, Tenants: teams})
	templates := map[string]*cdktest.Template{}
	for _, stack := range all.Stacks {
		templates[*stack.StackName()] = cdktest.Synth(t, stack)
	}
	return templates
}

func TestEmreksAHundredTenants(t *testing.T) {
	var hundred map[string]*cdktest.Template
	for _, count := range []int{1, 10, 100} {
		begin := time.Now()
		hundred = emreksTemplates(t, emreksTeams(count))
		took, bytes, most := time.Since(begin), 0, 0
		for name, template := range hundred {
			text, _ := json.Marshal(template.Resources)
			bytes, most = bytes+len(text), max(most, len(text))
			if len(template.Resources) > 500 || len(text) > 1_000_000 {
				t.Errorf("%s: %d resources, %d bytes; CloudFormation takes 500 and a million", name, len(template.Resources), len(text))
			}
		}
		t.Logf("%d tenants: %.2f s with the cluster, %d stacks, %d KB in all, %d KB the largest", count, took.Seconds(), len(hundred), bytes/1000, most/1000)
	}
	t.Run("one more changes nothing of the others", func(t *testing.T) {
		teams := append([]emreks.TenantProps{{Name: "another"}}, emreksTeams(100)...)
		slices.Reverse(teams)
		more := emreksTemplates(t, teams)
		for name, template := range hundred {
			for id, r := range template.Resources {
				if !reflect.DeepEqual(r, more[name].Resources[id]) {
					t.Errorf("%s of %s changed", id, name)
				}
			}
		}
		added := 0
		for name, template := range more {
			added += len(template.Resources)
			if before := hundred[name]; before != nil {
				added -= len(before.Resources)
			}
		}
		if added != 7 { // manifests, log group, role, three associations, virtual cluster
			t.Errorf("%d resources were added; want 7", added)
		}
	})
	t.Run("no two share a namespace, a role, a folder, a database or a lock table", func(t *testing.T) {
		owner := map[string]string{}
		claim := func(thing, id string) {
			if other, taken := owner[thing]; taken {
				t.Errorf("%s is both %s's and %s's", thing, other, id)
			}
			owner[thing] = id
		}
		for _, template := range hundred {
			for id, r := range template.Of("AWS::EMRContainers::VirtualCluster") {
				claim("namespace "+fmt.Sprint(r.Properties["ContainerProvider"].(map[string]any)["Info"]), id)
			}
			for id, r := range template.Of("AWS::IAM::Role") {
				claim("role "+fmt.Sprint(r.Properties["RoleName"]), id)
				for _, s := range emreksStatements(r) {
					actions := fmt.Sprint(s["Action"])
					for _, write := range []string{"s3:PutObject", "glue:UpdateTable", "dynamodb:PutItem"} {
						if !strings.Contains(actions, write) {
							continue
						}
						for _, resource := range emreksList(s["Resource"]) {
							if name := emreksResolve(resource); !strings.HasSuffix(name, ":catalog") {
								claim(write+" "+name, id)
							}
						}
					}
				}
			}
		}
		if len(owner) != 100*6 {
			t.Errorf("%d things are owned; want 600: of each tenant a namespace, a role, a folder, a database with its tables, a lock table", len(owner))
		}
	})
}

// emreksStatements are those of a role's inline policies.
func emreksStatements(role cdktest.Resource) []map[string]any {
	var all []map[string]any
	policies, _ := role.Properties["Policies"].([]any)
	for _, policy := range policies {
		for _, s := range policy.(map[string]any)["PolicyDocument"].(map[string]any)["Statement"].([]any) {
			all = append(all, s.(map[string]any))
		}
	}
	return all
}

func emreksList(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// emreksObjects are the Kubernetes objects of a kind in a template.
func emreksObjects(t *testing.T, template *cdktest.Template, kind string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for _, r := range template.Of("Custom::KubernetesManifests") {
		var list []map[string]any
		if err := json.Unmarshal([]byte(emreksResolve(r.Properties["Manifests"])), &list); err != nil {
			t.Fatal(err)
		}
		for _, o := range list {
			if o["kind"] == kind {
				found = append(found, o)
			}
		}
	}
	return found
}

// emreksResolve gives what stands for a value at deployment a value of the same form.
func emreksResolve(v any) string {
	known := map[string]string{"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012", "AWS::URLSuffix": "amazonaws.com"}
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		if ref, ok := v["Ref"].(string); ok {
			if value, ok := known[ref]; ok {
				return value
			}
			return ref
		}
		if join, ok := v["Fn::Join"].([]any); ok {
			var parts []string
			for _, part := range join[1].([]any) {
				parts = append(parts, emreksResolve(part))
			}
			return strings.Join(parts, join[0].(string))
		}
		if sub, ok := v["Fn::Sub"].(string); ok {
			for name, value := range known {
				sub = strings.ReplaceAll(sub, "${"+name+"}", value)
			}
			return sub
		}
		if _, ok := v["Fn::Select"]; ok {
			return "OIDC"
		}
		if attribute, ok := v["Fn::GetAtt"].([]any); ok {
			return fmt.Sprintf("%v.%v", attribute...)
		}
		if name, ok := v["Fn::ImportValue"].(string); ok {
			return name
		}
	}
	return fmt.Sprintf("unresolved %v", v)
}
