package fundperformance

import (
	"cmp"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/glue"
	"github.com/lakekeel/lakekeel/internal/network"
)

const (
	databaseName = "DBDEV"
	secretName   = "rds-secret-fund-analysis"
	connection   = "Trade-Analysis"

	// port is not MySQL's own, which every scanner tries first.
	port = 13306

	// The release to begin with; the service goes on with those that only mend.
	family, version = "mysql8.4", "8.4.8"
)

// newDatabase makes the database of trades, its password, and the Glue connection to it.
func newDatabase(stack awscdk.Stack, n *privateNetwork, key awskms.IKey, props Props) *glue.Connection {
	scope := constructs.NewConstruct(stack, jsii.String("Database"))
	remove := awscdk.RemovalPolicy_RETAIN
	if props.DestroyData {
		remove = awscdk.RemovalPolicy_DESTROY
	}
	secret := newSecret(scope, key)
	secret.ApplyRemovalPolicy(remove, nil)
	db := newInstance(scope, n, key, secret, props)
	db.ApplyRemovalPolicy(remove, nil)
	attached := awssecretsmanager.NewCfnSecretTargetAttachment(scope, jsii.String("Attachment"), &awssecretsmanager.CfnSecretTargetAttachmentProps{
		SecretId: secret.Ref(), TargetId: db.Ref(), TargetType: jsii.String("AWS::RDS::DBInstance"),
	})
	if !props.Local {
		// The first rotation comes at once, and fails unless the function reaches the database and Secrets Manager.
		rotate(stack, scope, n, key, secret).Node().AddDependency(append(n.ways, attached)...)
	}
	made := glue.NewConnection(stack, "Connection", glue.ConnectionProps{
		Name: connection, Description: "Trades of money-market funds",
		URL:       fmt.Sprintf("jdbc:mysql://%s:%s/%s", *db.AttrEndpointAddress(), *db.AttrEndpointPort(), databaseName),
		PlainText: props.Local,
		Secret:    *secret.Ref(), SecretKey: *key.KeyArn(),
		Subnet: n.subnets[0], Zone: n.zone, Groups: []string{n.clients},
	})
	made.Construct.Node().AddDependency(n.ways...)
	return made
}

// newSecret generates a password of what MySQL, a JDBC URL and a template take alike.
func newSecret(scope constructs.Construct, key awskms.IKey) awssecretsmanager.CfnSecret {
	return awssecretsmanager.NewCfnSecret(scope, jsii.String("Secret"), &awssecretsmanager.CfnSecretProps{
		Name: jsii.String(secretName), Description: jsii.String("The master user of " + databaseName), KmsKeyId: key.KeyArn(),
		GenerateSecretString: &awssecretsmanager.CfnSecret_GenerateSecretStringProperty{
			SecretStringTemplate: jsii.String(`{"username":"fund"}`), GenerateStringKey: jsii.String("password"),
			PasswordLength: jsii.Number(32), ExcludePunctuation: true,
		},
	})
}

// newInstance makes the instance. Its password reaches it by a dynamic reference, and stands in no template.
func newInstance(scope constructs.Construct, n *privateNetwork, key awskms.IKey, secret awssecretsmanager.CfnSecret, props Props) awsrds.CfnDBInstance {
	subnets := awsrds.NewCfnDBSubnetGroup(scope, jsii.String("Subnets"), &awsrds.CfnDBSubnetGroupProps{
		DbSubnetGroupDescription: jsii.String("Private subnets of the database of trades"), SubnetIds: network.List(n.subnets),
	})
	parameters := awsrds.NewCfnDBParameterGroup(scope, jsii.String("Parameters"), &awsrds.CfnDBParameterGroupProps{
		Family: jsii.String(family), Description: jsii.String("TLS or nothing"), Parameters: map[string]string{"require_secure_transport": "1"},
	})
	of := func(field string) *string {
		return jsii.String("{{resolve:secretsmanager:" + *secret.Ref() + ":SecretString:" + field + "}}")
	}
	return awsrds.NewCfnDBInstance(scope, jsii.String("Resource"), &awsrds.CfnDBInstanceProps{
		Engine: jsii.String("mysql"), EngineVersion: jsii.String(version), AutoMinorVersionUpgrade: true,
		DbInstanceClass: jsii.String(cmp.Or(props.InstanceClass, "db.t4g.small")), MultiAz: true,
		AllocatedStorage: jsii.String("20"), StorageType: jsii.String("gp3"), StorageEncrypted: true, KmsKeyId: key.KeyArn(),
		DbName: jsii.String(databaseName), Port: jsii.String(fmt.Sprint(port)),
		MasterUsername: of("username"), MasterUserPassword: of("password"),
		DbSubnetGroupName: subnets.Ref(), VpcSecurityGroups: &[]any{n.database}, PubliclyAccessible: false,
		DbParameterGroupName: parameters.Ref(), BackupRetentionPeriod: jsii.Number(7), CopyTagsToSnapshot: true,
		DeletionProtection: !props.DestroyData,
	})
}

// rotate gives the master user a new password every 30 days, by the function that Secrets Manager hosts for MySQL:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-secretsmanager.html.
func rotate(stack awscdk.Stack, scope constructs.Construct, n *privateNetwork, key awskms.IKey, secret awssecretsmanager.CfnSecret) awssecretsmanager.CfnRotationSchedule {
	stack.AddTransform(jsii.String("AWS::SecretsManager-2024-09-16"))
	subnets := awscdk.Fn_Join(jsii.String(","), jsii.Strings(n.subnets...))
	return awssecretsmanager.NewCfnRotationSchedule(scope, jsii.String("Rotation"), &awssecretsmanager.CfnRotationScheduleProps{
		SecretId:      secret.Ref(),
		RotationRules: &awssecretsmanager.CfnRotationSchedule_RotationRulesProperty{ScheduleExpression: jsii.String("rate(30 days)")},
		HostedRotationLambda: &awssecretsmanager.CfnRotationSchedule_HostedRotationLambdaProperty{
			RotationType: jsii.String("MySQLSingleUser"), RotationLambdaName: jsii.String(secretName + "-rotation"), KmsKeyArn: key.KeyArn(),
			VpcSubnetIds: subnets, VpcSecurityGroupIds: &n.clients, ExcludeCharacters: jsii.String("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
		},
	})
}
