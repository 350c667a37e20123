package test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/redshiftrls"
	"github.com/lakekeel/lakekeel/internal/cdktest"
)

// redshiftrlsProps protect two tables for a role, a user and everybody; test/redshiftrls runs what
// they become.
func redshiftrlsProps() redshiftrls.Props {
	return redshiftrls.Props{
		Database: "dev",
		Policies: []redshiftrls.Policy{
			{Name: "emea", Columns: []redshiftrls.Column{{Name: "region", Type: "varchar(10)"}}, Alias: "t", Using: "t.region = 'EMEA'"},
			{
				Name: "own team", Columns: []redshiftrls.Column{{Name: "team", Type: "integer"}}, Alias: "t",
				Using: "t.team IN (SELECT m.team FROM ref.members m WHERE m.name = current_user)", Lookups: []string{"ref.members"},
			},
			{Name: "small", Columns: []redshiftrls.Column{{Name: "amount", Type: "numeric(12,2)"}}, Using: "amount < 1000"},
		},
		Tables: []redshiftrls.Table{
			{Name: "sales.orders", Attach: []redshiftrls.Attachment{
				{Policy: "emea", To: []redshiftrls.Grantee{redshiftrls.Role("analyst"), redshiftrls.User(`o"hara; --`)}},
				{Policy: "own team", To: []redshiftrls.Grantee{redshiftrls.Role("analyst")}},
			}},
			{Name: "sales.refunds", Conjunction: redshiftrls.Or, OpenOnRemoval: true, Attach: []redshiftrls.Attachment{
				{Policy: "small", To: []redshiftrls.Grantee{redshiftrls.Public()}},
			}},
		},
	}
}

func TestRedshiftRLS(t *testing.T) {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Rows"), nil)
	cluster := redshiftrlsProps()
	cluster.Cluster = "analytics"
	redshiftrls.New(stack, "Cluster", cluster)
	serverless := redshiftrlsProps()
	serverless.Workgroup = "analytics"
	serverless.WorkgroupArn = *awscdk.Fn_ImportValue(jsii.String("AnalyticsWorkgroupArn"))
	serverless.Secret = awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("Secret"), jsii.String("redshift/secadmin"))
	redshiftrls.New(stack, "Serverless", serverless)
	template := cdktest.Synth(t, stack)

	t.Run("a change is one resource, whose text CloudFormation compares", func(t *testing.T) {
		for _, resource := range template.Of("Custom::RowLevelSecurity") {
			var desired struct {
				Policies []map[string]any
				Tables   []map[string]any
			}
			if err := json.Unmarshal([]byte(resource.Properties["Desired"].(string)), &desired); err != nil {
				t.Fatal(err)
			}
			if len(desired.Policies) != 3 || len(desired.Tables) != 2 {
				t.Errorf("got %d policies on %d tables; want 3 on 2", len(desired.Policies), len(desired.Tables))
			}
		}
	})
	t.Run("statements run on this database alone", func(t *testing.T) {
		template.Has(t, "AWS::IAM::Role", cdktest.Props{"Policies": []any{cdktest.Props{"PolicyDocument": cdktest.Props{"Statement": []any{
			cdktest.Props{"Action": "redshift-data:BatchExecuteStatement", "Resource": map[string]any{"Fn::ImportValue": "AnalyticsWorkgroupArn"}},
			cdktest.Props{"Condition": map[string]any{"StringEquals": map[string]any{"redshift-data:statement-owner-iam-userid": "${aws:userid}"}}},
			cdktest.Props{"Action": []any{"logs:CreateLogStream", "logs:PutLogEvents"}},
		}}}}})
	})
	t.Run("golden", func(t *testing.T) { template.Golden(t, "test/testdata/redshiftrls.json") })
	t.Run("cdk-nag", func(t *testing.T) { cdktest.Nag(t, stack) })
}
