package kerberos

import (
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// addCommands makes the one document that this construct's functions may run on a node:
// three steps with a fixed script, so that a function that is taken over runs no other.
func (k *KDC) addCommands() {
	k.document = awsssm.NewCfnDocument(k.Construct, jsii.String("Commands"), &awsssm.CfnDocumentProps{
		DocumentType: jsii.String("Command"), DocumentFormat: jsii.String("JSON"), TargetType: jsii.String("/AWS::EC2::Instance"),
		UpdateMethod: jsii.String("NewVersion"),
		Content: map[string]any{
			"schemaVersion": "2.2",
			"description":   "Steps on a node of KDC " + k.props.Name + ": set or test the administrator's password, or leave",
			"parameters": map[string]any{
				"Step":    map[string]any{"type": "String", "allowedValues": []any{"set", "test", "leave"}},
				"Version": map[string]any{"type": "String", "default": "", "allowedPattern": "^([A-Za-z0-9-]{32,64})?$", "description": "of the administrator's secret, for set and test"},
			},
			"mainSteps": []any{map[string]any{
				"action": "aws:runShellScript", "name": "step",
				"inputs": map[string]any{"timeoutSeconds": fmt.Sprint(leaveSeconds), "runCommand": []any{k.script()}},
			}},
		},
	})
}

// script is what the document runs. A node that is not the primary has nothing to do for a
// password. One that leaves hands its lease over, finishes what it began while the balancer
// already sends new clients elsewhere, and lets Auto Scaling end it.
func (k *KDC) script() string {
	return fmt.Sprintf(`set -eu
case "{{Step}}" in
set|test) exec %[1]s rotate --settings %[2]s --secret '%[3]s' --version "{{Version}}" --step "{{Step}}" ;;
esac
%[1]s drain --settings %[2]s
sleep %[4]d
token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
id=$(curl -sf -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)
aws autoscaling complete-lifecycle-action --region %[5]s --auto-scaling-group-name %[6]s --lifecycle-hook-name %[7]s --instance-id "$id" --lifecycle-action-result CONTINUE
`, program, settingsFile, *k.admin.Ref(), drainSeconds, policy.Here().Region, k.groupName(), terminatingHook)
}

// leaveSeconds is how long a node may take to leave: handing the lease over, finishing
// and telling Auto Scaling.
const leaveSeconds = 120

// commandRights let a function run the document on this KDC's nodes.
func (k *KDC) commandRights() []policy.Statement {
	here := policy.Here()
	return []policy.Statement{
		{Actions: []string{"ssm:SendCommand"}, Resources: []string{here.Arn("ssm", "document/"+*k.document.Ref())}},
		{
			Actions: []string{"ssm:SendCommand"}, Resources: []string{here.Arn("ec2", "instance/*")},
			Conditions: map[string]any{"StringEquals": map[string]any{"ssm:resourceTag/" + nodeTag: k.props.Name}},
			Wildcard:   "nodes come and go; the tag bounds it to this KDC's",
		},
	}
}

func (k *KDC) commandVariables() map[string]any {
	return map[string]any{"DOCUMENT": k.document.Ref(), "NODE_TAG": nodeTag, "NODE_VALUE": k.props.Name}
}

// addLeaving asks a node that Auto Scaling is about to end to leave in order.
func (k *KDC) addLeaving() {
	scope := constructs.NewConstruct(k.Construct, jsii.String("Leaving"))
	function := k.newFunction(scope, "on_leaving", "Lets a node of KDC "+k.props.Name+" leave in order", k.commandVariables(), time.Minute, k.commandRights())
	rule := awsevents.NewCfnRule(scope, jsii.String("Rule"), &awsevents.CfnRuleProps{
		Description: jsii.String("A node of KDC " + k.props.Name + " is about to be ended"),
		EventPattern: map[string]any{
			"source": []any{"aws.autoscaling"}, "detail-type": []any{"EC2 Instance-terminate Lifecycle Action"},
			"detail": map[string]any{"AutoScalingGroupName": []any{k.groupName()}, "LifecycleHookName": []any{terminatingHook}},
		},
		Targets: []any{&awsevents.CfnRule_TargetProperty{Id: jsii.String("leave"), Arn: function.AttrArn()}},
	})
	awslambda.NewCfnPermission(scope, jsii.String("Permission"), &awslambda.CfnPermissionProps{
		FunctionName: function.Ref(), Action: jsii.String("lambda:InvokeFunction"), Principal: jsii.String("events.amazonaws.com"), SourceArn: rule.AttrArn(),
	})
}
