package kerberos

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsfis"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// addExperiment makes a template of the Fault Injection Service that kills one node, as
// `lakekeel prove kdc` does here. It stops by itself when logins fail. Nothing starts it
// but a person: aws fis start-experiment --experiment-template-id ID.
func (k *KDC) addExperiment(stop *string) {
	scope := constructs.NewConstruct(k.Construct, jsii.String("Experiment"))
	here := policy.Here()
	rights := []policy.Statement{
		{
			Actions: []string{"ec2:TerminateInstances"}, Resources: []string{here.Arn("ec2", "instance/*")},
			Conditions: map[string]any{"StringEquals": map[string]any{"aws:ResourceTag/" + nodeTag: k.props.Name}},
			Wildcard:   "which node is killed is chosen when the experiment runs; the tag bounds it to this KDC's",
		},
		{
			Actions: []string{"ec2:DescribeInstances"}, Resources: []string{"*"},
			Wildcard: "EC2 describes all instances or none",
		},
		{Actions: []string{"cloudwatch:DescribeAlarms"}, Resources: []string{*stop}},
	}
	role := awsiam.NewCfnRole(scope, jsii.String("Role"), &awsiam.CfnRoleProps{
		Description:              jsii.String("Kills one node of KDC " + k.props.Name + " in an experiment"),
		AssumeRolePolicyDocument: policy.Raw(policy.Trust("fis")),
		Policies:                 []any{&awsiam.CfnRole_PolicyProperty{PolicyName: jsii.String("Kill"), PolicyDocument: policy.JSON(rights)}},
	})
	policy.ExplainWildcards(role, rights)
	awsfis.NewCfnExperimentTemplate(scope, jsii.String("Resource"), &awsfis.CfnExperimentTemplateProps{
		Description: jsii.String("Kill one node of KDC " + k.props.Name),
		RoleArn:     role.AttrArn(),
		Targets: map[string]any{"node": &awsfis.CfnExperimentTemplate_ExperimentTemplateTargetProperty{
			ResourceType: jsii.String("aws:ec2:instance"), SelectionMode: jsii.String("COUNT(1)"),
			ResourceTags: &map[string]*string{nodeTag: &k.props.Name},
			Filters: []any{&awsfis.CfnExperimentTemplate_ExperimentTemplateTargetFilterProperty{
				Path: jsii.String("State.Name"), Values: jsii.Strings("running"),
			}},
		}},
		Actions: map[string]any{"kill": &awsfis.CfnExperimentTemplate_ExperimentTemplateActionProperty{
			ActionId: jsii.String("aws:ec2:terminate-instances"), Targets: map[string]string{"Instances": "node"},
		}},
		StopConditions: []any{&awsfis.CfnExperimentTemplate_ExperimentTemplateStopConditionProperty{
			Source: jsii.String("aws:cloudwatch:alarm"), Value: stop,
		}},
		Tags: &map[string]*string{"Name": jsii.String("kill-one-kdc-" + k.props.Name)},
	})
}
