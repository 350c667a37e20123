package test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/apps/lakekeel-app/settings"
	"github.com/lakekeel/lakekeel/apps/lakekeel-app/systems"
	"github.com/lakekeel/lakekeel/internal/cdktest"
	"github.com/lakekeel/lakekeel/stacks/fundperformance"
)

func fundStack(props fundperformance.Props) awscdk.Stack {
	return fundperformance.New(awscdk.NewApp(nil), "FundPerformance", props).Stack
}

func TestFundPerformance(t *testing.T) {
	stack := fundStack(fundperformance.Props{SampleData: true, Dashboards: true, Readers: []string{"analysts"}})
	cdktest.Nag(t, stack)
	template := cdktest.Synth(t, stack)

	t.Run("crawls both sides, then joins them", func(t *testing.T) {
		covid19Names(t, template, "AWS::Glue::Job", "Trade-Analysis-Job", "j_fund_load_trades")
		covid19Names(t, template, "AWS::Glue::Crawler", "c_fund_ratings", "c_fund_trades")
		covid19Names(t, template, "AWS::Glue::Workflow", "Fund_Performance")
		id := template.Has(t, "AWS::Glue::Trigger", cdktest.Props{"Name": "t_Trade-Analysis-Job", "Predicate": cdktest.Props{"Logical": "AND"}})
		if got := strings.Count(lakeText(t, template.Resources[id].Properties["Predicate"]), `"CrawlState":"SUCCEEDED"`); got != 2 {
			t.Errorf("the join waits for %d crawlers; want 2", got)
		}
		template.Has(t, "AWS::Glue::Trigger", cdktest.Props{"Name": "t_fund_start", "Type": "SCHEDULED", "Schedule": "cron(0 6 * * ? *)"})
	})
	t.Run("the database is private, encrypted, protected and takes TLS alone", func(t *testing.T) {
		id := template.Has(t, "AWS::RDS::DBInstance", cdktest.Props{
			"DBName": "DBDEV", "PubliclyAccessible": false, "StorageEncrypted": true, "MultiAZ": true, "DeletionProtection": true,
		})
		db := template.Resources[id]
		if db.Properties["KmsKeyId"] == nil || db.DeletionPolicy != "Retain" {
			t.Errorf("key %v, deletion policy %s", db.Properties["KmsKeyId"], db.DeletionPolicy)
		}
		template.Has(t, "AWS::RDS::DBParameterGroup", cdktest.Props{"Parameters": cdktest.Props{"require_secure_transport": "1"}})
		template.Has(t, "AWS::Glue::Connection", cdktest.Props{"ConnectionInput": cdktest.Props{
			"Name": "Trade-Analysis", "ConnectionType": "JDBC", "ConnectionProperties": cdktest.Props{"JDBC_ENFORCE_SSL": "true"},
		}})
		for id, group := range template.Of("AWS::EC2::SecurityGroupIngress") {
			if group.Properties["CidrIp"] != nil {
				t.Errorf("%s lets addresses in, and not members of a group alone", id)
			}
		}
		template.Count(t, "AWS::EC2::InternetGateway", 0)
	})
	t.Run("the password is generated, rotated, and in no text of the template", func(t *testing.T) {
		template.Has(t, "AWS::SecretsManager::Secret", cdktest.Props{"Name": "rds-secret-fund-analysis"})
		template.Has(t, "AWS::SecretsManager::RotationSchedule", cdktest.Props{"HostedRotationLambda": cdktest.Props{"RotationType": "MySQLSingleUser"}})
		id := template.Has(t, "AWS::RDS::DBInstance", cdktest.Props{"DBName": "DBDEV"})
		if password := lakeText(t, template.Resources[id].Properties["MasterUserPassword"]); !strings.Contains(password, "{{resolve:secretsmanager:") {
			t.Errorf("it is %s", password)
		}
	})
	t.Run("the dataset is in SPICE, refreshed every 15 minutes by increments", func(t *testing.T) {
		template.Has(t, "AWS::QuickSight::DataSet", cdktest.Props{"Name": "Fund-Analysis", "ImportMode": "SPICE"})
		template.Has(t, "AWS::QuickSight::RefreshSchedule", cdktest.Props{"Schedule": cdktest.Props{
			"RefreshType": "INCREMENTAL_REFRESH", "ScheduleFrequency": cdktest.Props{"Interval": "MINUTE15"},
		}})
	})
	t.Run("the dashboard has its four visuals", func(t *testing.T) {
		id := template.Has(t, "AWS::QuickSight::Dashboard", cdktest.Props{"Name": "Fund performance"})
		definition := lakeText(t, template.Resources[id].Properties["Definition"])
		for part, want := range map[string]int{`"ComboChartVisual"`: 2, `"TableVisual"`: 2, `"Market Analysis"`: 1, `"Daily Transactions"`: 1} {
			if got := strings.Count(definition, part); got != want {
				t.Errorf("it has %s %d times; want %d", part, got, want)
			}
		}
	})
	t.Run("lets no role take another, nor do all of anything", func(t *testing.T) {
		for _, s := range covid19Statements(t, template) {
			if strings.Contains(s.actions, "sts:") || strings.Contains(s.actions, "iam:") || strings.Contains(s.actions, "*") {
				t.Errorf("%s allows %s on %s", s.policy, s.actions, s.resources)
			}
		}
	})
	t.Run("only who reads the database reads its password", func(t *testing.T) {
		readers := 0
		for _, s := range covid19Statements(t, template) {
			if strings.Contains(s.actions, "secretsmanager:GetSecretValue") {
				readers++
			}
		}
		if readers != 3 {
			t.Errorf("%d roles may; want 3: loader, crawler of trades, join", readers)
		}
	})
	t.Run("is the template last reviewed", func(t *testing.T) { template.Golden(t, "test/testdata/fundperformance.json") })
}

func TestFundPerformanceVariants(t *testing.T) {
	t.Run("on demand, without sample and dashboard", func(t *testing.T) {
		template := cdktest.Synth(t, fundStack(fundperformance.Props{Schedule: fundperformance.OnDemand}))
		template.Has(t, "AWS::Glue::Trigger", cdktest.Props{"Name": "t_fund_start", "Type": "ON_DEMAND"})
		covid19Names(t, template, "AWS::Glue::Job", "Trade-Analysis-Job")
		template.Count(t, "AWS::QuickSight::Dashboard", 0)
	})
	t.Run("in a network that is there", func(t *testing.T) {
		stack := fundStack(fundperformance.Props{Existing: &fundperformance.ExistingNetwork{
			VPC: "vpc-01234567", Subnets: []string{"subnet-01234567", "subnet-12345678"}, Zone: "eu-west-1a",
		}})
		cdktest.Nag(t, stack)
		template := cdktest.Synth(t, stack)
		template.Count(t, "AWS::EC2::VPC", 0)
		template.Count(t, "AWS::EC2::FlowLog", 0)
		template.Has(t, "AWS::RDS::DBSubnetGroup", cdktest.Props{"SubnetIds": []any{"subnet-01234567", "subnet-12345678"}})
	})
	t.Run("at the local endpoint, without what that lacks", func(t *testing.T) {
		template := cdktest.Synth(t, fundStack(fundperformance.Props{Local: true}))
		template.Count(t, "AWS::SecretsManager::RotationSchedule", 0)
		template.Count(t, "AWS::EC2::FlowLog", 0)
		template.Has(t, "AWS::Glue::Connection", cdktest.Props{"ConnectionInput": cdktest.Props{"ConnectionProperties": cdktest.Props{"JDBC_ENFORCE_SSL": "false"}}})
	})
	t.Run("deletes its data when the environment agrees", func(t *testing.T) {
		template := cdktest.Synth(t, fundStack(fundperformance.Props{DestroyData: true}))
		id := template.Has(t, "AWS::RDS::DBInstance", cdktest.Props{"DeletionProtection": false})
		if got := template.Resources[id].DeletionPolicy; got != "Delete" {
			t.Errorf("the database's deletion policy is %s; want Delete", got)
		}
		lakeKept(t, template, "Delete")
	})
}

func TestFundPerformanceIsAtHomeInEveryPartition(t *testing.T) {
	cdktest.SameInEveryPartition(t, func(env *awscdk.Environment) awscdk.Stack {
		return fundStack(fundperformance.Props{SampleData: true, Dashboards: true, Env: env})
	})
}

func TestFundPerformanceRefusesBeforeTouchingTheTree(t *testing.T) {
	app := awscdk.NewApp(nil)
	defer func() {
		if recover() == nil {
			t.Error("it takes trades without a sample")
		}
		if got := len(*app.Node().Children()); got != 0 {
			t.Errorf("it left %d constructs", got)
		}
	}()
	fundperformance.New(app, "FundPerformance", fundperformance.Props{Trades: 1})
}

func TestFundPerformanceBlock(t *testing.T) {
	const head = `environments:
  - name: Local
    account: "123456789012"
    region: eu-west-1
    release: direct
    fundperformance: {enabled: true, `
	const at = "environments[0].fundperformance."
	for block, want := range map[string]string{
		"sampleData: true, trades: 100, dashboards: true, readers: [analysts]":                         "",
		"existing: {vpc: vpc-01234567, subnets: [subnet-01234567, subnet-12345678], zone: eu-west-1a}": "",
		"schedule: daily":         at + `schedule is "daily"; want cron(minutes hours day-of-month month day-of-week year) as Glue takes it, e.g. "cron(0 6 * * ? *)", or none`,
		"trades: 5":               at + "trades is 5; want nothing without sampleData",
		"sampleData: yes please":  at + `sampleData is "yes please"; want true or false`,
		"readers: [analysts]":     at + "readers is [analysts]; want nobody without dashboards",
		"instanceClass: t4g.nano": at + `instanceClass is "t4g.nano"; want a class such as db.m7g.large`,
		"existing: {vpc: vpc-01234567, subnets: [subnet-01234567], zone: eu-west-1a}":          at + "existing.subnets is [subnet-01234567]; want at least two subnets, in two zones",
		"existing: {vpc: main, subnets: [subnet-01234567, subnet-12345678], zone: eu-west-1a}": at + `existing.vpc is "main"; want the id of a VPC`,
		"dashboard: true": at + "dashboard is an unknown key; want \"dashboards\"",
	} {
		got := ""
		if _, err := settings.Read("l.yaml", []byte(head+block+"}\n"), systems.All); err != nil {
			_, got, _ = strings.Cut(err.Error(), ": ")
		}
		if got != want {
			t.Errorf("{%s}: the fault is\n%s\nwant\n%s", block, got, want)
		}
	}
}
