package tableformat

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// LockTableProps describes a [LockTable].
type LockTableProps struct {
	Name   string // 3 to 255 of letters, digits, "_", "-" and "."; unique in account and region
	Format Format // the three formats' items differ, so that each has a table of its own

	Key awskms.IKey // encrypts the table; if nil, one is made

	// DestroyData lets the table go with its stack. Delta's holds which versions of
	// the tables are whole: without it the newest commit may be lost.
	DestroyData bool
}

// LockTable is the DynamoDB table that keeps the writers of one format's tables apart:
// paid by request, encrypted by KMS, with point-in-time recovery and deletion
// protection, and retained when its stack is deleted.
type LockTable struct {
	Construct constructs.Construct
	Name      string // as in the props
	Format    Format
	Key       awskms.IKey

	keyARN string
}

// NewLockTable defines a lock table in scope. It panics with the error of
// [LockTableProps.Validate] if the props are not sound.
func NewLockTable(scope constructs.Construct, id string, props LockTableProps) *LockTable {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	t := &LockTable{Construct: constructs.NewConstruct(scope, &id), Name: props.Name, Format: props.Format, Key: props.Key}
	if t.Key == nil {
		t.Key = awskms.NewKey(t.Construct, jsii.String("Key"), &awskms.KeyProps{
			Description:       jsii.String("Lock table " + props.Name),
			EnableKeyRotation: jsii.Bool(true),
			RemovalPolicy:     props.removal(),
		})
	}
	t.keyARN = *t.Key.KeyArn()
	resource := awsdynamodb.NewCfnTable(t.Construct, jsii.String("Resource"), props.resource(t.keyARN))
	resource.ApplyRemovalPolicy(props.removal(), nil)
	return t
}

// Lock is the table as [Props.Lock] takes it.
func (t *LockTable) Lock() Lock { return Lock{Table: t.Name, KeyARN: t.keyARN} }

func (p LockTableProps) removal() awscdk.RemovalPolicy {
	if p.DestroyData {
		return awscdk.RemovalPolicy_DESTROY
	}
	return awscdk.RemovalPolicy_RETAIN
}

func (p LockTableProps) resource(keyARN string) *awsdynamodb.CfnTableProps {
	var attributes, keys []any
	for i, name := range lockKeys[p.Format] {
		attributes = append(attributes, &awsdynamodb.CfnTable_AttributeDefinitionProperty{AttributeName: jsii.String(name), AttributeType: jsii.String("S")})
		kind := []string{"HASH", "RANGE"}[i]
		keys = append(keys, &awsdynamodb.CfnTable_KeySchemaProperty{AttributeName: jsii.String(name), KeyType: jsii.String(kind)})
	}
	table := &awsdynamodb.CfnTableProps{
		TableName:                        &p.Name,
		BillingMode:                      jsii.String("PAY_PER_REQUEST"),
		AttributeDefinitions:             attributes,
		KeySchema:                        keys,
		DeletionProtectionEnabled:        !p.DestroyData,
		PointInTimeRecoverySpecification: &awsdynamodb.CfnTable_PointInTimeRecoverySpecificationProperty{PointInTimeRecoveryEnabled: true},
		SseSpecification:                 &awsdynamodb.CfnTable_SSESpecificationProperty{SseEnabled: true, SseType: jsii.String("KMS"), KmsMasterKeyId: &keyARN},
	}
	if p.Format == Delta {
		// The log store dates the entries of finished commits; without this they stay for ever.
		table.TimeToLiveSpecification = &awsdynamodb.CfnTable_TimeToLiveSpecificationProperty{AttributeName: jsii.String("expireTime"), Enabled: true}
	}
	return table
}

// lockKeys are the key attributes that each format's client insists on, strings all:
// Hudi's DynamoDBBasedLockProvider, Iceberg's DynamoDbLockManager, Delta's S3DynamoDBLogStore.
var lockKeys = map[Format][]string{
	Hudi:    {"key"},
	Iceberg: {"entityId"},
	Delta:   {"tablePath", "fileName"},
}

// Validate reports every fault in the props as a [check.Fault].
func (p LockTableProps) Validate() error {
	faults := check.Of("tableformat.LockTableProps")
	faults.Want(policy.HasToken(p.Name) || tableName.MatchString(p.Name), "Name", p.Name, `3 to 255 of letters, digits, "_", "-" and "."`)
	faults.Want(slices.Contains(formats, p.Format), "Format", string(p.Format), check.Suggest(check.OneOf(formats), string(p.Format), formats))
	return faults.Err()
}
