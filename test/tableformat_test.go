package test

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/glue"
	"github.com/lakekeel/lakekeel/constructs/tableformat"
	"github.com/lakekeel/lakekeel/internal/cdktest"
)

// tableformatStack has a lock table of each format and a Glue job that uses it.
func tableformatStack() awscdk.Stack {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("TableFormat"), nil)
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	security := glue.NewSecurityConfiguration(stack, "Security", glue.SecurityConfigurationProps{Name: "crm", Key: key})
	for _, format := range []tableformat.Format{tableformat.Hudi, tableformat.Iceberg, tableformat.Delta} {
		name := string(format)
		table := tableformat.NewLockTable(stack, name+"Lock", tableformat.LockTableProps{Name: "crm-" + name + "-lock", Format: format})
		use := tableformat.Props{Format: format, Warehouse: "s3://crm-tables/" + name, Databases: []string{"crm"}, Lock: table.Lock()}.Use()
		job := glue.NewJob(stack, name+"Job", glue.JobProps{
			Name: "j_contacts_" + name, Script: "s3://scripts/" + name + "_contacts.py", Arguments: use.GlueArguments(), SecurityConfiguration: security,
		})
		use.Attach(stack, name+"Tables", job.Role())
	}
	return stack
}

func TestTableformatLockTable(t *testing.T) {
	template := cdktest.Synth(t, tableformatStack())

	t.Run("is encrypted, recoverable and protected", func(t *testing.T) {
		for id, table := range template.Of("AWS::DynamoDB::Table") {
			if table.DeletionPolicy != "Retain" || table.UpdateReplacePolicy != "Retain" {
				t.Errorf("%s is deleted with its stack (%s, %s)", id, table.DeletionPolicy, table.UpdateReplacePolicy)
			}
		}
		template.Count(t, "AWS::DynamoDB::Table", 3)
		template.Has(t, "AWS::DynamoDB::Table", cdktest.Props{
			"TableName":                        "crm-iceberg-lock",
			"BillingMode":                      "PAY_PER_REQUEST",
			"DeletionProtectionEnabled":        true,
			"PointInTimeRecoverySpecification": map[string]any{"PointInTimeRecoveryEnabled": true},
			"SSESpecification":                 map[string]any{"SSEEnabled": true, "SSEType": "KMS"},
		})
	})

	t.Run("has the keys that the format's client insists on", func(t *testing.T) {
		hash := func(name string) map[string]any { return map[string]any{"AttributeName": name, "KeyType": "HASH"} }
		template.Has(t, "AWS::DynamoDB::Table", cdktest.Props{"TableName": "crm-hudi-lock", "KeySchema": []any{hash("key")}})
		template.Has(t, "AWS::DynamoDB::Table", cdktest.Props{"TableName": "crm-iceberg-lock", "KeySchema": []any{hash("entityId")}})
		template.Has(t, "AWS::DynamoDB::Table", cdktest.Props{
			"TableName":               "crm-delta-lock",
			"KeySchema":               []any{hash("tablePath"), map[string]any{"AttributeName": "fileName", "KeyType": "RANGE"}},
			"TimeToLiveSpecification": map[string]any{"AttributeName": "expireTime", "Enabled": true},
		})
	})

	t.Run("is the template last reviewed", func(t *testing.T) {
		template.Golden(t, "test/testdata/tableformat.json")
	})
}

func TestTableformatLockTableGoesWithItsStackWhenAsked(t *testing.T) {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("TableFormat"), nil)
	tableformat.NewLockTable(stack, "Lock", tableformat.LockTableProps{Name: "crm-lock", Format: tableformat.Delta, DestroyData: true})
	for _, table := range cdktest.Synth(t, stack).Of("AWS::DynamoDB::Table") {
		if table.DeletionPolicy != "Delete" || table.Properties["DeletionProtectionEnabled"] != false {
			t.Errorf("%s, %v", table.DeletionPolicy, table.Properties["DeletionProtectionEnabled"])
		}
	}
}
