package kerberos

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsautoscaling"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/network"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// nodeTag marks the nodes of a KDC; its value is [KDCProps.Name].
const nodeTag = "lakekeel:kdc"

const (
	// startMinutes is how long a node may take from its launch to the first login that
	// it serves: the packages are installed in that time.
	startMinutes = 15

	// Names of the group's hooks, which the node completes.
	launchingHook   = "serving"
	terminatingHook = "drained"
)

// newNodeRole makes the role of the nodes: their own files, secrets, lease, logs and
// metrics, and Session Manager in place of SSH.
func (k *KDC) newNodeRole(scope constructs.Construct) awsiam.Role {
	rights := append(k.nodeRights(), k.files.rights()...)
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		Description:     jsii.String("Nodes of KDC " + k.props.Name),
		AssumedBy:       awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
		ManagedPolicies: &[]awsiam.IManagedPolicy{awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String(sessionPolicy))},
		InlinePolicies:  policy.Inline("Node", rights),
	})
	resource := role.Node().DefaultChild().(awscdk.CfnResource)
	policy.ExplainManaged(resource, "Session Manager and Run Command ask for it, in place of SSH keys; it reads no data", sessionPolicy)
	policy.ExplainWildcards(resource, rights)
	return role
}

func (k *KDC) nodeRights() []policy.Statement {
	here := policy.Here()
	var secrets []string
	for _, secret := range k.secrets {
		secrets = append(secrets, *secret.Ref())
	}
	return []policy.Statement{
		{Actions: []string{"s3:GetObject"}, Resources: []string{here.S3(strings.TrimPrefix(k.bundleURL, "s3://"))}},
		{Actions: []string{"secretsmanager:GetSecretValue"}, Resources: secrets},
		{Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resources: []string{*k.props.Key.KeyArn()}},
		{Actions: []string{"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan"}, Resources: []string{*k.lease.AttrArn()}},
		{Actions: []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}, Resources: []string{*k.log.AttrArn()}},
		{
			Actions: []string{"cloudwatch:PutMetricData"}, Resources: []string{"*"},
			Conditions: map[string]any{"StringEquals": map[string]any{"cloudwatch:namespace": metricNamespace}},
			Wildcard:   "a metric has no ARN; the condition bounds it to the namespace",
		},
		{Actions: []string{"autoscaling:CompleteLifecycleAction"}, Resources: []string{here.Arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/"+k.groupName())}, Wildcard: "the group has a random id that is not known before it"},
		{Actions: []string{"cloudformation:SignalResource"}, Resources: []string{*awscdk.Aws_STACK_ID()}},
	}
}

const sessionPolicy = "AmazonSSMManagedInstanceCore"

// newGroup makes the one group of all nodes.
//
// One group over the zones, and not one for each, because a group of one can replace its
// node only by having none for a while or two for a while, and the second would need its
// zone's own maintenance policy; one group can be told in a single place that there is
// never less than all of the nodes wanted ([KDCProps.Nodes]), and balanced-only keeps
// the zones even: a zone that has no room left is waited for, not left out.
// A node needs no identity that outlives it: it takes its database from its peers.
func (k *KDC) newGroup(scope constructs.Construct, template awsec2.CfnLaunchTemplate) awsautoscaling.CfnAutoScalingGroup {
	n := k.props.Nodes
	var targets []any
	for _, target := range k.balancer.targets {
		targets = append(targets, target.Ref())
	}
	group := awsautoscaling.NewCfnAutoScalingGroup(scope, jsii.String("Group"), &awsautoscaling.CfnAutoScalingGroupProps{
		AutoScalingGroupName: jsii.String(k.groupName()),
		MinSize:              jsii.String(strconv.Itoa(n)), DesiredCapacity: jsii.String(strconv.Itoa(n)), MaxSize: jsii.String(strconv.Itoa(n + 1)),
		VpcZoneIdentifier: network.List(k.props.Network.Subnets),
		AvailabilityZoneDistribution: &awsautoscaling.CfnAutoScalingGroup_AvailabilityZoneDistributionProperty{
			CapacityDistributionStrategy: jsii.String("balanced-only"),
		},
		LaunchTemplate: &awsautoscaling.CfnAutoScalingGroup_LaunchTemplateSpecificationProperty{
			LaunchTemplateId: template.Ref(), Version: template.AttrLatestVersionNumber(),
		},
		TargetGroupArns: &targets,
		HealthCheckType: jsii.String("ELB"), HealthCheckGracePeriod: jsii.Number(60),
		// The successor serves before its predecessor goes.
		InstanceMaintenancePolicy: &awsautoscaling.CfnAutoScalingGroup_InstanceMaintenancePolicyProperty{
			MinHealthyPercentage: jsii.Number(100), MaxHealthyPercentage: jsii.Number(100 + (100+n-1)/n),
		},
		LifecycleHookSpecificationList: []any{
			hook(launchingHook, "LAUNCHING", "ABANDON", startMinutes*60),
			hook(terminatingHook, "TERMINATING", "CONTINUE", leaveSeconds),
		},
		MaxInstanceLifetime: jsii.Number(k.props.NodeLife.Seconds()),
		MetricsCollection: []any{&awsautoscaling.CfnAutoScalingGroup_MetricsCollectionProperty{
			Granularity: jsii.String("1Minute"), Metrics: jsii.Strings("GroupInServiceInstances", "GroupDesiredCapacity"),
		}},
		NotificationConfigurations: []any{&awsautoscaling.CfnAutoScalingGroup_NotificationConfigurationProperty{
			TopicArn: k.topic.Ref(), NotificationTypes: jsii.Strings(
				"autoscaling:EC2_INSTANCE_LAUNCH", "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
				"autoscaling:EC2_INSTANCE_TERMINATE", "autoscaling:EC2_INSTANCE_TERMINATE_ERROR"),
		}},
		TerminationPolicies: jsii.Strings("OldestLaunchTemplate", "OldestInstance"),
		Tags:                &[]*awsautoscaling.CfnAutoScalingGroup_TagPropertyProperty{k.nodeName(), k.nodeMark()},
	})
	k.roll(group)
	return group
}

func hook(name, transition, otherwise string, seconds int) any {
	return &awsautoscaling.CfnAutoScalingGroup_LifecycleHookSpecificationProperty{
		LifecycleHookName: &name, LifecycleTransition: jsii.String("autoscaling:EC2_INSTANCE_" + transition),
		DefaultResult: &otherwise, HeartbeatTimeout: jsii.Number(seconds),
	}
}

func (k *KDC) nodeName() *awsautoscaling.CfnAutoScalingGroup_TagPropertyProperty {
	return &awsautoscaling.CfnAutoScalingGroup_TagPropertyProperty{Key: jsii.String("Name"), Value: jsii.String("kdc-" + k.props.Name), PropagateAtLaunch: true}
}

func (k *KDC) nodeMark() *awsautoscaling.CfnAutoScalingGroup_TagPropertyProperty {
	return &awsautoscaling.CfnAutoScalingGroup_TagPropertyProperty{Key: jsii.String(nodeTag), Value: &k.props.Name, PropagateAtLaunch: true}
}

// roll says how CloudFormation replaces the nodes: one more first, then one by one, each
// when the one before serves, and never fewer than all that are wanted. See
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html.
func (k *KDC) roll(group awsautoscaling.CfnAutoScalingGroup) {
	wait := jsii.String(fmt.Sprintf("PT%dM", startMinutes))
	group.CfnOptions().SetCreationPolicy(&awscdk.CfnCreationPolicy{
		ResourceSignal: &awscdk.CfnResourceSignal{Count: jsii.Number(k.props.Nodes), Timeout: wait},
	})
	group.CfnOptions().SetUpdatePolicy(&awscdk.CfnUpdatePolicy{AutoScalingRollingUpdate: &awscdk.CfnAutoScalingRollingUpdate{
		MinInstancesInService: jsii.Number(k.props.Nodes), MaxBatchSize: jsii.Number(1),
		WaitOnResourceSignals: jsii.Bool(true), PauseTime: wait,
		SuspendProcesses: jsii.Strings("AlarmNotification", "AZRebalance", "HealthCheck", "ReplaceUnhealthy", "ScheduledActions"),
	}})
}

// newLaunchTemplate says what a node is. The image is looked up by CloudFormation at each
// deployment, so that a node which is replaced at night is the one that was tried by day.
func (k *KDC) newLaunchTemplate(scope constructs.Construct) awsec2.CfnLaunchTemplate {
	profile := awsiam.NewCfnInstanceProfile(scope, jsii.String("Profile"), &awsiam.CfnInstanceProfileProps{Roles: &[]any{k.Role.RoleName()}})
	var tags []any
	for _, kind := range []string{"volume", "network-interface"} {
		tags = append(tags, &awsec2.CfnLaunchTemplate_TagSpecificationProperty{ResourceType: jsii.String(kind), Tags: &[]*awscdk.CfnTag{{Key: jsii.String(nodeTag), Value: &k.props.Name}}})
	}
	return awsec2.NewCfnLaunchTemplate(scope, jsii.String("Template"), &awsec2.CfnLaunchTemplateProps{
		LaunchTemplateData: &awsec2.CfnLaunchTemplate_LaunchTemplateDataProperty{
			ImageId:            jsii.String("{{resolve:ssm:" + k.props.image() + "}}"),
			InstanceType:       &k.props.InstanceType,
			IamInstanceProfile: &awsec2.CfnLaunchTemplate_IamInstanceProfileProperty{Arn: profile.AttrArn()},
			SecurityGroupIds:   &[]*string{k.groups.nodes.AttrGroupId()},
			Monitoring:         &awsec2.CfnLaunchTemplate_MonitoringProperty{Enabled: true},
			MetadataOptions: &awsec2.CfnLaunchTemplate_MetadataOptionsProperty{
				HttpEndpoint: jsii.String("enabled"), HttpTokens: jsii.String("required"), HttpPutResponseHopLimit: jsii.Number(1), InstanceMetadataTags: jsii.String("enabled"),
			},
			BlockDeviceMappings: []any{&awsec2.CfnLaunchTemplate_BlockDeviceMappingProperty{
				DeviceName: jsii.String("/dev/xvda"),
				Ebs: &awsec2.CfnLaunchTemplate_EbsProperty{
					VolumeType: jsii.String("gp3"), VolumeSize: jsii.Number(k.props.DiskGiB), Encrypted: true, KmsKeyId: k.props.Key.KeyArn(), DeleteOnTermination: true,
				},
			}},
			TagSpecifications: tags,
		},
	})
}

// image is the parameter that holds the id of the current image.
func (p KDCProps) image() string {
	if p.Image != "" {
		return p.Image
	}
	family, _, _ := strings.Cut(p.InstanceType, ".")
	architecture := "x86_64"
	if graviton.MatchString(family) {
		architecture = "arm64"
	}
	return "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-" + architecture
}
