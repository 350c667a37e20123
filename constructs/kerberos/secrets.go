package kerberos

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// functionCode stands in the template as it is in the file: no asset, nothing to build.
//
//go:embed functions/index.py
var functionCode string

// passwordLength is in letters and digits, of which each is worth almost 6 bits.
const passwordLength = 40

// newSecret makes a secret: fields that are known, and a password that is generated where
// it is kept. Changing the fields would generate it anew; the realm's guard stands before.
func (k *KDC) newSecret(scope constructs.Construct, id, description, generated string) awssecretsmanager.CfnSecret {
	p := k.props
	name := p.SecretName + "/" + strings.ToLower(id)
	known := fmt.Sprintf(`{"realm":%q,"domain":%q}`, p.Realm, p.Domain)
	secret := awssecretsmanager.NewCfnSecret(scope, &id, &awssecretsmanager.CfnSecretProps{
		Name: &name, Description: jsii.String(description + " of KDC " + p.Name), KmsKeyId: p.Key.KeyArn(),
		GenerateSecretString: &awssecretsmanager.CfnSecret_GenerateSecretStringProperty{
			SecretStringTemplate: &known, GenerateStringKey: &generated,
			PasswordLength: jsii.Number(passwordLength), ExcludePunctuation: true,
		},
	})
	secret.ApplyRemovalPolicy(p.removal(), nil)
	secret.Node().AddDependency(k.guard)
	return secret
}

// addSecrets makes the three secrets of which the nodes read all fields: that of the
// database, which encrypts every key in it, and that from which the nodes' own keys come,
// both for its life; and that of the administrator, which rotates.
func (k *KDC) addSecrets() {
	scope := constructs.NewConstruct(k.Construct, jsii.String("Secrets"))
	k.admin = k.newSecret(scope, "Admin", "Password of the administrator", adminField)
	database := k.newSecret(scope, "Database", "Password of the master key", "database_password")
	node := k.newSecret(scope, "Node", "Keys of the nodes", "node_key")
	waive(database, "AwsSolutions-SMG4", "a new password of the master key encrypts the whole database anew; a person does it, see docs/kdc.md")
	waive(node, "AwsSolutions-SMG4", "a node with another key than its peers' could not speak to them; no person and no client knows it")
	k.secrets = []awssecretsmanager.CfnSecret{database, k.admin, node}
}

// adminField holds the administrator's password in its secret.
const adminField = "admin_password"

// waive says beside a resource why a rule of cdk-nag does not hold for it.
func waive(resource awscdk.CfnResource, rule, reason string) {
	resource.AddMetadata(jsii.String("cdk_nag"), map[string]any{"rules_to_suppress": []any{map[string]any{"id": rule, "reason": reason}}})
}

// newFunction makes a function of functions/index.py with a role and a log of its own.
func (k *KDC) newFunction(scope constructs.Construct, handler, description string, variables map[string]any, timeout time.Duration, rights []policy.Statement) awslambda.CfnFunction {
	log := newLog(scope, "Log", k.props.Key, 90)
	rights = append(rights, policy.Statement{Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, Resources: []string{*log.AttrArn()}})
	role := awsiam.NewCfnRole(scope, jsii.String("Role"), &awsiam.CfnRoleProps{
		Description: &description,
		AssumeRolePolicyDocument: policy.Raw(map[string]any{
			"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": "lambda.amazonaws.com"},
		}),
		Policies: []any{&awsiam.CfnRole_PolicyProperty{PolicyName: jsii.String("Function"), PolicyDocument: policy.JSON(rights)}},
	})
	policy.ExplainWildcards(role, rights)
	props := &awslambda.CfnFunctionProps{
		Description: &description, Runtime: jsii.String("python3.14"), Handler: jsii.String("index." + handler),
		Code: &awslambda.CfnFunction_CodeProperty{ZipFile: &functionCode}, Role: role.AttrArn(),
		Timeout: jsii.Number(timeout.Seconds()), MemorySize: jsii.Number(256),
		LoggingConfig: &awslambda.CfnFunction_LoggingConfigProperty{LogGroup: log.Ref()},
	}
	if len(variables) > 0 {
		props.Environment = &awslambda.CfnFunction_EnvironmentProperty{Variables: variables}
	}
	return awslambda.NewCfnFunction(scope, jsii.String("Resource"), props)
}

// addGuard refuses, before anything of the KDC changes, to change what a live database
// cannot follow: its realm, and whatever would generate its secrets anew.
func (k *KDC) addGuard() {
	scope := constructs.NewConstruct(k.Construct, jsii.String("Guard"))
	function := k.newFunction(scope, "on_fixed", "Refuses another realm for KDC "+k.props.Name, nil, time.Minute, nil)
	k.guard = awscdk.NewCfnResource(scope, jsii.String("Fixed"), &awscdk.CfnResourceProps{
		Type: jsii.String("Custom::KerberosFixed"),
		Properties: &map[string]any{
			"ServiceToken": function.AttrArn(), "ServiceTimeout": 120,
			"Realm": k.props.Realm, "Domain": k.props.Domain, "Name": k.props.Name, "SecretName": k.props.SecretName,
		},
	})
}

// addRotation makes the administrator's password change by itself.
func (k *KDC) addRotation() {
	scope := constructs.NewConstruct(k.Construct, jsii.String("Rotation"))
	rights := append(k.commandRights(),
		policy.Statement{Actions: []string{"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"}, Resources: []string{*k.admin.Ref()}},
		policy.Statement{Actions: []string{"secretsmanager:GetRandomPassword"}, Resources: []string{"*"}, Wildcard: "a random password belongs to no secret yet"},
		policy.Statement{Actions: []string{"ssm:ListCommandInvocations", "ssm:ListCommands"}, Resources: []string{"*"}, Wildcard: "a command has no ARN"},
		policy.Statement{Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resources: []string{*k.props.Key.KeyArn()}},
	)
	k.rotation = k.newFunction(scope, "on_rotation", "Rotates the administrator's password of KDC "+k.props.Name, k.commandVariables(), 5*time.Minute, rights)
	permission := awslambda.NewCfnPermission(scope, jsii.String("Permission"), &awslambda.CfnPermissionProps{
		FunctionName: k.rotation.Ref(), Action: jsii.String("lambda:InvokeFunction"), Principal: jsii.String("secretsmanager.amazonaws.com"),
		SourceAccount: jsii.String(policy.Here().Account), SourceArn: k.admin.Ref(),
	})
	schedule := awssecretsmanager.NewCfnRotationSchedule(scope, jsii.String("Schedule"), &awssecretsmanager.CfnRotationScheduleProps{
		SecretId: k.admin.Ref(), RotationLambdaArn: k.rotation.AttrArn(), RotateImmediatelyOnUpdate: false,
		RotationRules: &awssecretsmanager.CfnRotationSchedule_RotationRulesProperty{AutomaticallyAfterDays: jsii.Number(float64(k.props.RotateAfter / day))},
	})
	schedule.AddResourceDependency(permission, nil)
}
