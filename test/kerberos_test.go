package test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/kerberos"
	"github.com/lakekeel/lakekeel/internal/cdktest"
)

// kerberosKDC is a stack with a network of its own and a KDC in it.
func kerberosKDC(id string, change func(*kerberos.KDCProps)) (awscdk.Stack, *kerberos.KDC) {
	stack := awscdk.NewStack(awscdk.NewApp(nil), &id, nil)
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	network := kerberos.NewNetwork(stack, "Network", kerberos.NetworkProps{Key: key})
	props := kerberos.KDCProps{Name: "main", Realm: "EMR.TEST", Network: network, Key: key}
	if change != nil {
		change(&props)
	}
	return stack, kerberos.NewKDC(stack, "Kdc", props)
}

func TestKerberosKDC(t *testing.T) {
	stack, _ := kerberosKDC("Kerberos", nil)
	cdktest.Nag(t, stack)
	template := cdktest.Synth(t, stack)

	t.Run("the two zones are never the same", func(t *testing.T) {
		zones := map[string]int{}
		for _, subnet := range template.Of("AWS::EC2::Subnet") {
			zones[fmt.Sprint(subnet.Properties["AvailabilityZone"])]++
		}
		if len(zones) != 2 {
			t.Errorf("subnets are in %v; want two zones", zones)
		}
	})
	t.Run("a NAT gateway in each zone, so that the loss of one takes nothing from the other", func(t *testing.T) {
		template.Count(t, "AWS::EC2::NatGateway", 2)
	})
	t.Run("no SSH: no key pair, and no rule for port 22", func(t *testing.T) {
		text := kerberosText(t, template.Resources)
		for _, word := range []string{"KeyName", `"FromPort":22,`} {
			if strings.Contains(text, word) {
				t.Errorf("the template holds %s", word)
			}
		}
	})
	t.Run("no rule lets anybody in by address", func(t *testing.T) {
		for id, group := range template.Of("AWS::EC2::SecurityGroup") {
			for _, rule := range kerberosList(group.Properties["SecurityGroupIngress"]) {
				if rule := rule.(map[string]any); rule["FromPort"] != 443.0 || rule["CidrIp"] != "10.0.0.0/16" {
					t.Errorf("%s lets in %v", id, rule)
				}
			}
		}
		for id, rule := range template.Of("AWS::EC2::SecurityGroupIngress") {
			if rule.Properties["SourceSecurityGroupId"] == nil {
				t.Errorf("%s lets in %v", id, rule.Properties)
			}
		}
	})
	t.Run("clients reach 88 and 749, nobody but nodes the ports behind them", func(t *testing.T) {
		got := map[string]bool{}
		for id, rule := range template.Of("AWS::EC2::SecurityGroupIngress") {
			got[regexp.MustCompile(`^KdcGroups|^KdcFiles|in[0-9A-F]{8}$`).ReplaceAllString(id, "")] = true
			if rule.Properties["FromPort"] != rule.Properties["ToPort"] {
				t.Errorf("%s opens more than a port", id)
			}
		}
		for _, port := range []string{"88", "749"} {
			for _, way := range []string{"clientsbalancer", "clientsnodes", "balancernodes"} {
				if !got[way+port] {
					t.Errorf("no rule %s%s in %v", way, port, got)
				}
			}
		}
		want := []string{"balancernodes8088", "nodesfiles2049", "nodesnodes1088", "nodesnodes1749", "nodesnodes1750", "nodesnodes1751", "nodesnodes754"}
		for _, rule := range want {
			if !got[rule] {
				t.Errorf("no rule %s in %v", rule, got)
			}
		}
		if len(got) != 6+len(want) {
			t.Errorf("%d rules; want %d: %v", len(got), 6+len(want), got)
		}
	})
	t.Run("a node is replaced when a real login through it fails, and its successor serves first", func(t *testing.T) {
		id := template.Has(t, "AWS::AutoScaling::AutoScalingGroup", cdktest.Props{
			"HealthCheckType": "ELB", "MinSize": "2", "DesiredCapacity": "2", "MaxSize": "3",
			"AvailabilityZoneDistribution": cdktest.Props{"CapacityDistributionStrategy": "balanced-only"},
			"InstanceMaintenancePolicy":    cdktest.Props{"MinHealthyPercentage": 100, "MaxHealthyPercentage": 150},
		})
		hooks := kerberosText(t, template.Resources[id].Properties["LifecycleHookSpecificationList"])
		for _, want := range []string{`"DefaultResult":"ABANDON"`, "EC2_INSTANCE_LAUNCHING", `"DefaultResult":"CONTINUE"`, "EC2_INSTANCE_TERMINATING"} {
			if !strings.Contains(hooks, want) {
				t.Errorf("hooks lack %s: %s", want, hooks)
			}
		}
		raw := kerberosRaw(stack)["Resources"].(map[string]any)[id].(map[string]any)
		policy := raw["UpdatePolicy"].(map[string]any)["AutoScalingRollingUpdate"].(map[string]any)
		if policy["MinInstancesInService"] != 2.0 || policy["MaxBatchSize"] != 1.0 || policy["WaitOnResourceSignals"] != true {
			t.Errorf("rolls by %v; want one at a time, never fewer than two, each when it has said that it serves", policy)
		}
	})
	t.Run("the balancer asks for a login, drains, and ends connections to the dead", func(t *testing.T) {
		template.Has(t, "AWS::ElasticLoadBalancingV2::LoadBalancer", cdktest.Props{"Type": "network", "Scheme": "internal"})
		template.Count(t, "AWS::ElasticLoadBalancingV2::TargetGroup", 2)
		for id, group := range template.Of("AWS::ElasticLoadBalancingV2::TargetGroup") {
			p := group.Properties
			if p["HealthCheckProtocol"] != "HTTP" || p["HealthCheckPath"] != "/health" || p["HealthCheckPort"] != "8088" || p["HealthCheckIntervalSeconds"] != 5.0 {
				t.Errorf("%s checks %v", id, p)
			}
			attributes := kerberosText(t, p["TargetGroupAttributes"])
			for _, want := range []string{
				`{"Key":"deregistration_delay.timeout_seconds","Value":"30"}`,
				`{"Key":"target_health_state.unhealthy.connection_termination.enabled","Value":"true"}`,
			} {
				if !strings.Contains(attributes, want) {
					t.Errorf("%s lacks %s: %s", id, want, attributes)
				}
			}
		}
	})
	t.Run("a node answers metadata by session only, on encrypted disks", func(t *testing.T) {
		template.Has(t, "AWS::EC2::LaunchTemplate", cdktest.Props{"LaunchTemplateData": cdktest.Props{
			"ImageId":         "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}",
			"MetadataOptions": cdktest.Props{"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
			"BlockDeviceMappings": []any{cdktest.Props{"Ebs": cdktest.Props{
				"Encrypted": true, "KmsKeyId": cdktest.Props{"Fn::GetAtt": []any{"Key961B73FD", "Arn"}},
			}}},
		}})
	})
	t.Run("passwords are made where they are kept", func(t *testing.T) {
		for _, field := range []string{"admin_password", "database_password", "node_key"} {
			template.Has(t, "AWS::SecretsManager::Secret", cdktest.Props{"GenerateSecretString": cdktest.Props{
				"GenerateStringKey": field, "PasswordLength": 40, "SecretStringTemplate": `{"realm":"EMR.TEST","domain":"emr.test"}`,
			}})
		}
		for id, secret := range template.Of("AWS::SecretsManager::Secret") {
			if secret.Properties["SecretString"] != nil || secret.DeletionPolicy != "Retain" || secret.UpdateReplacePolicy != "Retain" {
				t.Errorf("%s: %v, %s", id, secret.Properties, secret.DeletionPolicy)
			}
			if !slices.ContainsFunc(secret.DependsOn, func(d string) bool { return strings.HasPrefix(d, "KdcGuardFixed") }) {
				t.Errorf("%s does not wait for the guard: %v", id, secret.DependsOn)
			}
		}
	})
	t.Run("data is kept and copied", func(t *testing.T) {
		for _, kind := range []string{"AWS::DynamoDB::Table", "AWS::EFS::FileSystem", "AWS::Backup::BackupVault"} {
			for id, r := range template.Of(kind) {
				if r.DeletionPolicy != "Retain" {
					t.Errorf("%s is deleted with its stack", id)
				}
			}
		}
		template.Has(t, "AWS::DynamoDB::Table", cdktest.Props{"DeletionProtectionEnabled": true, "PointInTimeRecoverySpecification": cdktest.Props{"PointInTimeRecoveryEnabled": true}})
		for _, selection := range template.Of("AWS::Backup::BackupSelection") {
			if text := kerberosText(t, selection.Properties); !strings.Contains(text, "KdcFiles") || !strings.Contains(text, "KdcLease") {
				t.Errorf("the plan copies %s", text)
			}
		}
	})
	t.Run("every alarm speaks to the topic, and the dashboard shows it", func(t *testing.T) {
		template.Count(t, "AWS::CloudWatch::Alarm", 7)
		board := kerberosText(t, template.Of("AWS::CloudWatch::Dashboard"))
		for id, alarm := range template.Of("AWS::CloudWatch::Alarm") {
			if len(kerberosList(alarm.Properties["AlarmActions"])) != 1 || !strings.Contains(board, id) {
				t.Errorf("%s has actions %v", id, alarm.Properties["AlarmActions"])
			}
		}
	})
	t.Run("an experiment kills one node of this KDC, and stops when logins fail", func(t *testing.T) {
		id := template.Has(t, "AWS::FIS::ExperimentTemplate", cdktest.Props{
			"Targets": cdktest.Props{"node": cdktest.Props{"SelectionMode": "COUNT(1)", "ResourceTags": cdktest.Props{"lakekeel:kdc": "main"}}},
			"Actions": cdktest.Props{"kill": cdktest.Props{"ActionId": "aws:ec2:terminate-instances"}},
		})
		if stop := kerberosText(t, template.Resources[id].Properties["StopConditions"]); !strings.Contains(stop, "KdcAlarmsFailedLogins") {
			t.Errorf("it stops by %s", stop)
		}
	})
	t.Run("no role may do all of anything, and each * has its reason", func(t *testing.T) {
		for id, role := range template.Of("AWS::IAM::Role") {
			if text := kerberosText(t, role.Properties["Policies"]); strings.Contains(text, `"*:`) || regexp.MustCompile(`"[a-z-]+:\*"`).MatchString(text) {
				t.Errorf("%s: %s", id, text)
			}
		}
	})
	t.Run("is the template last reviewed", func(t *testing.T) { template.Golden(t, "test/testdata/kerberos.json") })
}

// TestKerberosNodesRunWhatWasProved compares what a node fetches with the files in the
// source tree, which `lakekeel prove kdc` runs, and shows the settings to the node's own reader.
func TestKerberosNodesRunWhatWasProved(t *testing.T) {
	stack, kdc := kerberosKDC("Digest", nil)
	template := cdktest.Synth(t, stack)
	userData := ""
	for _, r := range template.Of("AWS::EC2::LaunchTemplate") {
		userData = kerberosResolve(r.Properties["LaunchTemplateData"].(map[string]any)["UserData"].(map[string]any)["Fn::Base64"])
	}
	if !strings.Contains(userData, "digest='"+kerberos.NodeDigest()+"'") {
		t.Errorf("user data does not name the digest %s of the node's files:\n%s", kerberos.NodeDigest(), userData)
	}
	if client := kdc.Client(); client.BootstrapArguments[3] != kerberos.NodeDigest() {
		t.Errorf("clients fetch %s", client.BootstrapArguments[3])
	}
	if len(userData) > 16*1024 {
		t.Errorf("user data has %d bytes; EC2 takes 16384", len(userData))
	}
	if script := exec.Command("bash", "-n"); true {
		script.Stdin = strings.NewReader(userData)
		if said, err := script.CombinedOutput(); err != nil {
			t.Errorf("user data is no shell script: %s", said)
		}
	}
	_, rest, _ := strings.Cut(userData, "settings='")
	text, _, _ := strings.Cut(rest, "'\n")
	var settings map[string]any
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	settings["name"], settings["address"] = "i-0123456789abcdef0", "10.0.128.4"
	full, _ := json.Marshal(settings)
	// What the node itself says of them; it refuses unknown keys and wrong values.
	reader := exec.Command("python3", "-B", "-c", "import json, sys, settings; settings.Settings.of(json.load(sys.stdin))")
	reader.Dir, reader.Stdin = filepath.Join(cdktest.Root(), "constructs", "kerberos", "node"), strings.NewReader(string(full))
	if said, err := reader.CombinedOutput(); err != nil {
		t.Errorf("the node refuses its settings: %v\n%s\n%s", err, said, full)
	}
}

func TestKerberosVariants(t *testing.T) {
	t.Run("FSx for ONTAP stands in both zones", func(t *testing.T) {
		stack, _ := kerberosKDC("Fsx", func(p *kerberos.KDCProps) {
			p.Storage, p.Nodes, p.InstanceType, p.Lockout, p.Domain = kerberos.FSx, 3, "m7g.medium", true, "hadoop.internal"
		})
		cdktest.Nag(t, stack)
		template := cdktest.Synth(t, stack)
		template.Has(t, "AWS::FSx::FileSystem", cdktest.Props{"FileSystemType": "ONTAP", "OntapConfiguration": cdktest.Props{"DeploymentType": "MULTI_AZ_1"}})
		template.Count(t, "AWS::EFS::FileSystem", 0)
		template.Has(t, "AWS::AutoScaling::AutoScalingGroup", cdktest.Props{"MinSize": "3", "MaxSize": "4", "InstanceMaintenancePolicy": cdktest.Props{"MaxHealthyPercentage": 134}})
		template.Has(t, "AWS::Route53::HostedZone", cdktest.Props{"Name": "kdc.hadoop.internal"})
		template.Has(t, "AWS::EC2::LaunchTemplate", cdktest.Props{"LaunchTemplateData": cdktest.Props{"ImageId": "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64}}"}})
		template.Golden(t, "test/testdata/kerberos_fsx.json")
	})
	t.Run("a network that exists is left as it is", func(t *testing.T) {
		stack, _ := kerberosKDC("Existing", func(p *kerberos.KDCProps) {
			p.Network = kerberos.NewNetwork(p.Network.Construct, "Theirs", kerberos.NetworkProps{Existing: &kerberos.ExistingNetwork{
				VPC: "vpc-0123456789abcdef0", CIDR: "10.9.0.0/16", Zones: []string{"eu-west-1a", "eu-west-1b"},
				Subnets: []string{"subnet-0123456789abcdef0", "subnet-0123456789abcdef1"},
			}})
		})
		template := cdktest.Synth(t, stack)
		template.Has(t, "AWS::AutoScaling::AutoScalingGroup", cdktest.Props{"VPCZoneIdentifier": []any{"subnet-0123456789abcdef0", "subnet-0123456789abcdef1"}})
		template.Has(t, "AWS::ElasticLoadBalancingV2::TargetGroup", cdktest.Props{"VpcId": "vpc-0123456789abcdef0"})
	})
	t.Run("data goes when the environment agrees", func(t *testing.T) {
		stack, _ := kerberosKDC("Destroy", func(p *kerberos.KDCProps) { p.DestroyData = true })
		template := cdktest.Synth(t, stack)
		for _, kind := range []string{"AWS::SecretsManager::Secret", "AWS::DynamoDB::Table", "AWS::EFS::FileSystem"} {
			for id, r := range template.Of(kind) {
				if r.DeletionPolicy != "Delete" {
					t.Errorf("%s is kept", id)
				}
			}
		}
	})
	t.Run("another name changes no id, and another realm nothing but values", func(t *testing.T) {
		a, _ := kerberosKDC("Same", nil)
		b, _ := kerberosKDC("Same", func(p *kerberos.KDCProps) { p.Name, p.Realm = "other", "OTHER.TEST" })
		ids := func(s awscdk.Stack) []string {
			var list []string
			for id := range cdktest.Synth(t, s).Resources {
				list = append(list, id)
			}
			slices.Sort(list)
			return list
		}
		if a, b := ids(a), ids(b); !slices.Equal(a, b) {
			t.Errorf("%v\n%v", a, b)
		}
	})
}

// TestKerberosInEveryPartition looks for what is right in one partition only.
func TestKerberosInEveryPartition(t *testing.T) {
	for _, region := range []string{"eu-west-1", "cn-north-1", "us-gov-west-1"} {
		app := awscdk.NewApp(nil)
		stack := awscdk.NewStack(app, jsii.String("Place"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("123456789012"), Region: jsii.String(region)}})
		key := awskms.NewKey(stack, jsii.String("Key"), nil)
		network := kerberos.NewNetwork(stack, "Network", kerberos.NetworkProps{Key: key})
		kerberos.NewKDC(stack, "Kdc", kerberos.KDCProps{Name: "main", Realm: "EMR.TEST", Network: network, Key: key, Storage: kerberos.FSx})
		text := kerberosText(t, kerberosRaw(stack))
		for _, wrong := range []string{"arn:aws:", "arn:aws-cn:", "arn:aws-us-gov:"} {
			if strings.Contains(text, wrong) {
				t.Errorf("%s: the template holds %s", region, wrong)
			}
		}
		if missing := app.Synth(nil).Manifest().Missing; missing != nil && len(*missing) > 0 {
			t.Errorf("%s: the synthesis asks AWS for %d values", region, len(*missing))
		}
	}
}

// kerberosRaw is the whole template, update policies included.
func kerberosRaw(stack awscdk.Stack) map[string]any {
	return *assertions.Template_FromStack(stack, nil).ToJSON()
}

func kerberosText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func kerberosList(v any) []any {
	list, _ := v.([]any)
	return list
}

// kerberosResolve puts a word in the place of each intrinsic function.
func kerberosResolve(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		if join, ok := v["Fn::Join"].([]any); ok {
			var out strings.Builder
			for _, part := range join[1].([]any) {
				out.WriteString(kerberosResolve(part))
			}
			return out.String()
		}
	}
	return "resolved"
}
