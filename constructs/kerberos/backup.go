package kerberos

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsbackup"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/policy"
)

const (
	backupSchedule = "cron(0 3 * * ? *)" // daily, UTC
	backupDays     = 35
)

// backupPolicies are AWS Backup's own; AWS changes them with each service that it learns.
var backupPolicies = []string{
	"service-role/AWSBackupServiceRolePolicyForBackup",
	"service-role/AWSBackupServiceRolePolicyForRestores",
}

// addBackups makes the plan that keeps copies of everything from which the KDC can be made
// again: the file system with the database's dumps and the master key's stash, and the lease.
func (k *KDC) addBackups() {
	scope := constructs.NewConstruct(k.Construct, jsii.String("Backup"))
	var managed []awsiam.IManagedPolicy
	for _, name := range backupPolicies {
		managed = append(managed, awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String(name)))
	}
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		Description: jsii.String("Backups of KDC " + k.props.Name), ManagedPolicies: &managed,
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("backup.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": policy.Here().Account}},
		}),
	})
	policy.ExplainManaged(role.Node().DefaultChild().(awscdk.CfnResource), "AWS Backup's own, which it asks for; the selection says what it copies", backupPolicies...)
	vault := awsbackup.NewCfnBackupVault(scope, jsii.String("Vault"), &awsbackup.CfnBackupVaultProps{
		BackupVaultName: jsii.String("kdc-" + k.props.Name), EncryptionKeyArn: k.props.Key.KeyArn(),
	})
	vault.ApplyRemovalPolicy(k.props.removal(), nil)
	plan := awsbackup.NewCfnBackupPlan(scope, jsii.String("Plan"), &awsbackup.CfnBackupPlanProps{
		BackupPlan: &awsbackup.CfnBackupPlan_BackupPlanResourceTypeProperty{
			BackupPlanName: jsii.String("kdc-" + k.props.Name),
			BackupPlanRule: []any{&awsbackup.CfnBackupPlan_BackupRuleResourceTypeProperty{
				RuleName: jsii.String("daily"), TargetBackupVault: vault.Ref(), ScheduleExpression: jsii.String(backupSchedule),
				StartWindowMinutes: jsii.Number(60), CompletionWindowMinutes: jsii.Number(180),
				Lifecycle: &awsbackup.CfnBackupPlan_LifecycleResourceTypeProperty{DeleteAfterDays: jsii.Number(backupDays)},
			}},
		},
	})
	awsbackup.NewCfnBackupSelection(scope, jsii.String("Selection"), &awsbackup.CfnBackupSelectionProps{
		BackupPlanId: plan.AttrBackupPlanId(),
		BackupSelection: &awsbackup.CfnBackupSelection_BackupSelectionResourceTypeProperty{
			SelectionName: jsii.String("kdc"), IamRoleArn: role.RoleArn(), Resources: jsii.Strings(*k.files.arn, *k.lease.AttrArn()),
		},
	})
}
