package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/cdktest"
	"github.com/lakekeel/lakekeel/internal/check/checktest"
	"github.com/lakekeel/lakekeel/internal/system"
	"github.com/lakekeel/lakekeel/stacks/covid19"
	"github.com/lakekeel/lakekeel/stacks/governance"
)

// governanceNew is the governance of a Covid-19 lake in one account.
func governanceNew(t testing.TB, change func(*governance.Props)) *governance.Governance {
	t.Helper()
	app := awscdk.NewApp(&awscdk.AppProps{Context: pipelineContext(t)})
	env := &awscdk.Environment{Account: jsii.String("123456789012"), Region: jsii.String("eu-west-1")}
	lake := covid19.New(app, "Covid19", covid19.Props{Env: env}).Lake
	props := governance.Props{Environment: "Test", Lake: lake, Env: env, Country: "Côte d'Ivoire"}
	if change != nil {
		change(&props)
	}
	return governance.New(app, "Governance", props)
}

func TestGovernance(t *testing.T) {
	g := governanceNew(t, func(p *governance.Props) {
		p.Consumers = []governance.Consumer{{Name: "Research", Account: "210987654321"}}
	})
	cdktest.Nag(t, g.Stack)
	template := cdktest.Synth(t, g.Stack)
	t.Run("shows the analyst one country, without the hospitals' columns", func(t *testing.T) {
		template.Has(t, "AWS::LakeFormation::DataCellsFilter", cdktest.Props{
			"TableName": "neherlab_denormalized", "RowFilter": cdktest.Props{"FilterExpression": "country = 'Côte d''Ivoire'"},
			"ColumnWildcard": cdktest.Props{"ExcludedColumnNames": []any{
				"acute_care", "acute_care_per_100k", "critical_care", "critical_care_per_100k", "hospital_beds", "icu_beds", "icu_capacity_icu", "imcu",
			}},
		})
	})
	t.Run("closes the database to IAM's policies", func(t *testing.T) {
		template.Has(t, "Custom::LakekeelDataLakeSettings", cdktest.Props{"Defaults": "close", "Databases": []any{"covid19db"}})
	})
	t.Run("gives the job and the crawlers what they need to go on", func(t *testing.T) {
		writers := 0
		for id := range template.Of("AWS::LakeFormation::PrincipalPermissions") {
			if strings.Contains(id, "CREATETABLE") {
				writers++
			}
		}
		if writers != 5 {
			t.Errorf("%d may make tables; want 5: four crawlers and the job that joins", writers)
		}
	})
	t.Run("is the template last reviewed", func(t *testing.T) { template.Golden(t, "test/testdata/governance.json") })
	t.Run("gives a consumer a link, and rights on link and target", func(t *testing.T) {
		cdktest.Nag(t, g.Consumers[0])
		consumer := cdktest.Synth(t, g.Consumers[0])
		consumer.Has(t, "AWS::Glue::Database", cdktest.Props{"DatabaseInput": cdktest.Props{"Name": "covid19db_shared", "TargetDatabase": cdktest.Props{"CatalogId": "123456789012", "DatabaseName": "covid19db"}}})
		consumer.Has(t, "AWS::LakeFormation::PrincipalPermissions", cdktest.Props{"Permissions": []any{"DESCRIBE"}, "Resource": cdktest.Props{"Database": cdktest.Props{"Name": "covid19db_shared"}}})
		consumer.Has(t, "AWS::LakeFormation::PrincipalPermissions", cdktest.Props{"Permissions": []any{"SELECT"}, "Resource": cdktest.Props{"Table": cdktest.Props{"CatalogId": "123456789012", "Name": "neherlab_denormalized"}}})
		if got := lakeText(t, consumer.Of("AWS::IAM::Role")); strings.Contains(got, "s3:") || strings.Contains(got, "kms:") {
			t.Error("a consumer's role reaches S3 or KMS by itself; want Lake Formation's credentials alone")
		}
		consumer.Golden(t, "test/testdata/governance_consumer.json")
	})
}

func TestGovernanceVariants(t *testing.T) {
	t.Run("migration leaves everything open", func(t *testing.T) {
		template := cdktest.Synth(t, governanceNew(t, func(p *governance.Props) { p.Migration = true }).Stack)
		template.Has(t, "Custom::LakekeelDataLakeSettings", cdktest.Props{"Defaults": "keep", "Databases": []any{}})
	})
	t.Run("groups of Identity Center, found in the lake's account", func(t *testing.T) {
		g := governanceNew(t, func(p *governance.Props) {
			p.Identity = &governance.Identity{Home: identitycenterHome, AdminGroup: "Admins", AnalystGroup: "Analysts"}
		})
		template := cdktest.Synth(t, g.Stack)
		template.Has(t, "Custom::LakekeelReservedRole", cdktest.Props{"PermissionSet": "DataLakeAdmin"})
		template.Has(t, "Custom::LakekeelReservedRole", cdktest.Props{"PermissionSet": "LakeFormationDataAnalyst"})
		identity := cdktest.Synth(t, g.Identity)
		identity.Count(t, "AWS::SSO::PermissionSet", 2)
		identity.Has(t, "AWS::SSO::Assignment", cdktest.Props{"TargetId": "123456789012", "PrincipalType": "GROUP"})
		if *g.Identity.Account() != "999999999999" {
			t.Errorf("the stack is in account %s", *g.Identity.Account())
		}
	})
	t.Run("an analyst who is there already", func(t *testing.T) {
		arn := "arn:aws:iam::123456789012:role/people/analyst"
		template := cdktest.Synth(t, governanceNew(t, func(p *governance.Props) { p.AnalystRole = arn }).Stack)
		template.Has(t, "AWS::LakeFormation::PrincipalPermissions", cdktest.Props{"Principal": cdktest.Props{"DataLakePrincipalIdentifier": arn}, "Permissions": []any{"SELECT"}})
	})
}

func TestGovernanceRefusesBadProps(t *testing.T) {
	env := &awscdk.Environment{Account: jsii.String("123456789012"), Region: jsii.String("eu-west-1")}
	sound := governance.Props{Environment: "Test", Lake: &system.Lake{}, Env: env}
	consumer := governance.Consumer{Name: "Research", Account: "210987654321"}
	const at = "governance.Props."
	for name, test := range map[string]struct {
		change func(*governance.Props)
		want   string
	}{
		"no lake":               {func(p *governance.Props) { p.Lake = nil }, at + "Lake is <nil>; want a lake, of a system that is defined before"},
		"a country that is SQL": {func(p *governance.Props) { p.Country = "x' OR country LIKE '%" }, at + `Country is "x' OR country LIKE '%"; want the name of a country as in the data, e.g. Germany`},
		"a role by its name":    {func(p *governance.Props) { p.AdminRole = "admin" }, at + `AdminRole is "admin"; want the ARN of a role, arn:PARTITION:iam::ACCOUNT:role/NAME, or nothing`},
		"a consumer in small letters": {func(p *governance.Props) {
			p.Consumers = []governance.Consumer{{Name: "research", Account: consumer.Account}}
		}, at + `Consumers[0].Name is "research"; want 1 to 26 letters and digits, a capital first, e.g. Research`},
		"a consumer in the lake's account": {func(p *governance.Props) { p.Consumers = []governance.Consumer{{Name: "Own", Account: "123456789012"}} }, at + `Consumers[0].Account is "123456789012"; want another account than the lake's own`},
		"a consumer twice":                 {func(p *governance.Props) { p.Consumers = []governance.Consumer{consumer, consumer} }, at + `Consumers[1].Name is "Research in 210987654321"; want each consumer once, by name and by account`},
		"consumers, but no account":        {func(p *governance.Props) { p.Env, p.Consumers = nil, []governance.Consumer{consumer} }, at + "Env is <nil>; want an account and a region, which consumers and Identity Center refer to"},
		"Identity Center without groups": {func(p *governance.Props) {
			p.Identity = &governance.Identity{Home: identitycenterHome, AdminGroup: "A"}
		}, at + `Identity.AnalystGroup is ""; want the display name of a group`},
	} {
		t.Run(name, func(t *testing.T) {
			props := sound
			test.change(&props)
			checktest.Message(t, props.Validate(), test.want)
		})
	}
}

func TestGovernanceIsDefinedByTheApp(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(cdktest.Root(), "test", "governance", "lakekeel.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	templates := appTemplates(t, appSynth(t, string(text), "Local"))
	for _, name := range []string{"Local-Covid19", "Local-Governance", "Local-GovernanceResearch"} {
		if templates[name] == "" {
			t.Errorf("there is no stack %s among %v", name, appNames(templates))
		}
	}
	if !strings.Contains(templates["Local-Governance"], `country = 'Italy'`) {
		t.Error("the country of the configuration does not reach the filter")
	}
}
