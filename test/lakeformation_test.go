package test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/lakeformation"
	"github.com/lakekeel/lakekeel/internal/access"
	"github.com/lakekeel/lakekeel/internal/cdktest"
)

func lakeformationStack(t testing.TB) awscdk.Stack {
	t.Helper()
	return awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Lake"), nil)
}

func TestLakeFormation(t *testing.T) {
	stack := lakeformationStack(t)
	role := awsiam.NewRole(stack, jsii.String("Analyst"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()})
	analyst := lakeformation.To("analyst", role)
	unit := lakeformation.Principal{Name: "unit", ID: "arn:" + *awscdk.Aws_PARTITION() + ":organizations::123456789012:ou/o-abcdefghij/ou-abcd-12345678"}
	settings := lakeformation.NewSettings(stack, "Settings", lakeformation.SettingsProps{
		Admins: []lakeformation.Principal{analyst}, Creators: []lakeformation.Principal{analyst}, Databases: []string{"sales"},
	})
	bucket := awss3.Bucket_FromBucketArn(stack, jsii.String("Bucket"), awscdk.Fn_ImportValue(jsii.String("raw-arn")))
	raw := lakeformation.NewDataLocation(stack, "Raw", lakeformation.DataLocationProps{
		Name: "raw", Bucket: bucket, Prefix: "orders/", KeyARN: *awscdk.Fn_ImportValue(jsii.String("key-arn")),
	})
	lakeformation.NewDataLocation(stack, "Shared", lakeformation.DataLocationProps{Name: "shared", Bucket: bucket, ServiceLinkedRole: true, Hybrid: true})
	sales := lakeformation.Database{Name: "sales"}
	orders := sales.Table("orders", "id", "country", "amount")
	zone := lakeformation.Tag{Key: "zone", Values: []string{"secret", "public"}}
	theirs := lakeformation.Link{Name: "theirs", Target: lakeformation.Database{Name: "hr", Catalog: "210987654321"}}
	grants := lakeformation.NewGrants(stack, "Grants", lakeformation.GrantsProps{
		Settings: settings, Stacks: 1, Tags: []lakeformation.Tag{zone}, Links: []lakeformation.Link{theirs},
		Associations: []lakeformation.Association{{Tag: zone.Is("public"), On: sales}, {Tag: zone.Is("secret"), On: orders.Columns("amount")}},
		Grants: append([]lakeformation.Grant{
			sales.Grant(analyst).Describe(),
			sales.Tables().Grant(unit).Select().WithGrantOption(),
			orders.Columns("id", "country").Grant(unit).Select(),
			orders.Except("amount").Where("country = 'Germany'").Grant(analyst).Select(),
			lakeformation.TablesTagged(zone.Is("public")).Grant(analyst).Select(),
			raw.Location.Grant(analyst).Use(),
		}, theirs.GrantBoth(analyst, theirs.Target.Table("people"), lakeformation.Select)...),
	})
	cdktest.Nag(t, stack)
	template := cdktest.Synth(t, stack)

	t.Run("adds to the administrators by a resource of its own", func(t *testing.T) {
		template.Count(t, "AWS::LakeFormation::DataLakeSettings", 0)
		template.Has(t, "Custom::LakekeelDataLakeSettings", cdktest.Props{"Defaults": "close", "Databases": []any{"sales"}, "Version": "4"})
	})
	t.Run("gives one action in one resource", func(t *testing.T) {
		for id, r := range template.Of("AWS::LakeFormation::PrincipalPermissions") {
			if actions := r.Properties["Permissions"].([]any); len(actions) != 1 {
				t.Errorf("%s gives %v", id, actions)
			}
		}
	})
	t.Run("does what is on one table one after the other, and the tables side by side", func(t *testing.T) {
		chains := map[string]int{}
		for _, kind := range []string{"AWS::LakeFormation::TagAssociation", "AWS::LakeFormation::DataCellsFilter", "AWS::LakeFormation::PrincipalPermissions"} {
			for _, r := range template.Of(kind) {
				for _, before := range r.DependsOn {
					if strings.HasPrefix(before, "Grants") && template.Resources[before].Type != "AWS::LakeFormation::Tag" {
						chains[before]++
					}
				}
			}
		}
		for before, after := range chains {
			if after != 1 {
				t.Errorf("%d changes wait for %s; want a chain, not a fan", after, before)
			}
		}
		// The tag on the columns, the unit's columns, the filter, and the analyst's rows.
		if grants.Depth != 4 || grants.Busiest != "sales.orders" {
			t.Errorf("depth is %d on %s; want 4 on sales.orders", grants.Depth, grants.Busiest)
		}
	})
	t.Run("registers a folder with a role for it and its key alone", func(t *testing.T) {
		template.Has(t, "AWS::LakeFormation::Resource", cdktest.Props{"UseServiceLinkedRole": false, "HybridAccessEnabled": false})
		template.Has(t, "AWS::LakeFormation::Resource", cdktest.Props{"UseServiceLinkedRole": true, "HybridAccessEnabled": true})
		id := template.Has(t, "AWS::IAM::Role", cdktest.Props{"Description": "Lake Formation reads and writes the location raw by it"})
		document := lakeText(t, template.Resources[id].Properties["Policies"])
		for _, want := range []string{`{"Fn::ImportValue":"raw-arn"},"/orders/*"`, `"s3:prefix":["orders/*","orders"]`, `"kms:GenerateDataKey"`, `{"Fn::ImportValue":"key-arn"}`} {
			if !strings.Contains(document, want) {
				t.Errorf("the role's policy lacks %s: %s", want, document)
			}
		}
	})
	t.Run("is the template last reviewed", func(t *testing.T) { template.Golden(t, "test/testdata/lakeformation.json") })
}

func TestLakeFormationMigrationKeepsWhatIsOpen(t *testing.T) {
	stack := lakeformationStack(t)
	lakeformation.NewSettings(stack, "Settings", lakeformation.SettingsProps{Migration: true, WithoutDeployer: true, CrossAccountVersion: 3})
	cdktest.Synth(t, stack).Has(t, "Custom::LakekeelDataLakeSettings", cdktest.Props{"Defaults": "keep", "Admins": []any{}, "Version": "3"})
}

// lakeformationMany are 1,000 grants: five teams on 200 tables.
func lakeformationMany() []lakeformation.Grant {
	var list []lakeformation.Grant
	for i := range 1000 {
		team := fmt.Sprintf("team-%d", i/200)
		who := lakeformation.Principal{Name: team, ID: "arn:aws:iam::123456789012:role/" + team}
		list = append(list, lakeformation.Database{Name: "lake"}.Table(fmt.Sprintf("t%03d", i%200)).Grant(who).Select())
	}
	return list
}

func TestLakeFormationSplitsAThousandGrants(t *testing.T) {
	folder := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &folder})
	stack := awscdk.NewStack(app, jsii.String("Lake"), nil)
	begun := time.Now()
	grants := lakeformation.NewGrants(stack, "Grants", lakeformation.GrantsProps{Grants: lakeformationMany()})
	app.Synth(nil)
	stacks, err := access.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	list, largest := access.Of(stacks), 0
	for name, text := range appTemplates(t, folder) {
		largest = max(largest, len(text))
		var template struct{ Resources map[string]any }
		if err := json.Unmarshal([]byte(text), &template); err != nil {
			t.Fatal(err)
		}
		if len(template.Resources) > 500 || len(text) > 1_000_000 {
			t.Errorf("%s has %d resources and %d bytes", name, len(template.Resources), len(text))
		}
	}
	if len(list.Rows) != 1000 || list.Stacks != 8 || list.Depth != 5 || grants.Depth != 5 || len(grants.Stacks) != 8 {
		t.Errorf("%d rows in %d stacks, depth %d and %d; want 1000, 8, 5 and 5", len(list.Rows), list.Stacks, list.Depth, grants.Depth)
	}
	t.Logf("%s; defined and synthesized in %s, largest template %d bytes", list.Summary(), time.Since(begun).Round(10*time.Millisecond), largest)
}

func TestLakeFormationLogicalIDsStayWhenAGrantIsAdded(t *testing.T) {
	ids := func(grants []lakeformation.Grant) map[string]string {
		folder := t.TempDir()
		app := awscdk.NewApp(&awscdk.AppProps{Outdir: &folder})
		lakeformation.NewGrants(awscdk.NewStack(app, jsii.String("Lake"), nil), "Grants", lakeformation.GrantsProps{Grants: grants})
		app.Synth(nil)
		stacks, err := access.Load(folder)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]string{}
		for _, row := range access.Of(stacks).Rows {
			found[row.Principal+row.Table+row.Action] = filepath.Join(row.Stack, row.LogicalID)
		}
		return found
	}
	some := lakeformationMany()[:50]
	more := append([]lakeformation.Grant{lakeformation.Database{Name: "lake"}.Table("t003").Grant(lakeformation.Account("210987654321")).Select()}, some...)
	before, after := ids(some), ids(more)
	if len(before) != 50 || len(after) != 51 {
		t.Fatalf("%d and %d grants", len(before), len(after))
	}
	for grant, id := range before {
		if after[grant] != id {
			t.Errorf("%s was %s and is %s", grant, id, after[grant])
		}
	}
}
