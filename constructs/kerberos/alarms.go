package kerberos

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/policy"
)

const (
	lagSeconds  = 10 // a node that is further behind than 5 has a red health check already
	dumpSeconds = 60 // a dump of some thousand principals takes about one
)

// newTopic makes the topic that alarms and the group of nodes speak to. People and pagers
// subscribe to it; the construct subscribes nobody.
func newTopic(scope constructs.Construct, key awskms.IKey) awssns.CfnTopic {
	topic := awssns.NewCfnTopic(scope, jsii.String("Topic"), &awssns.CfnTopicProps{KmsMasterKeyId: key.KeyArn()})
	here := policy.Here()
	awssns.NewCfnTopicPolicy(scope, jsii.String("TopicPolicy"), &awssns.CfnTopicPolicyProps{
		Topics: &[]*string{topic.Ref()},
		PolicyDocument: policy.Raw(
			map[string]any{
				"Sid": "OnlyByTLS", "Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic.Ref(),
				"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
			},
			map[string]any{
				"Sid": "Alarms", "Effect": "Allow", "Principal": map[string]any{"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic.Ref(),
				"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": here.Account}},
			},
			map[string]any{
				"Sid": "Nodes", "Effect": "Allow", "Principal": map[string]any{"AWS": here.Global("iam", "root")}, "Action": "sns:Publish", "Resource": topic.Ref(),
			},
		),
	})
	return topic
}

// An alarm watches one metric.
type alarm struct {
	id, why    string
	namespace  string
	metric     string
	dimensions map[string]*string
	statistic  string
	above      *float64 // the alarm rises above it …
	below      *float64 // … or below it; one of the two
	period     int      // minutes
	periods    int      // how many in a row
	silence    string   // what no data mean: "breaching" or "notBreaching"
}

func (k *KDC) alarms() []alarm {
	mine := map[string]*string{"Kdc": &k.props.Name}
	return []alarm{
		{
			id: "FailedLogins", why: "logins by which the nodes try the service fail", namespace: metricNamespace, metric: failedMetric, dimensions: mine,
			statistic: "Sum", above: jsii.Number(0), period: 1, periods: 2, silence: "notBreaching",
		},
		{
			id: "PropagationLag", why: fmt.Sprintf("a node answers from a database older than %d seconds", lagSeconds), namespace: metricNamespace, metric: lagMetric, dimensions: mine,
			statistic: "Maximum", above: jsii.Number(lagSeconds), period: 1, periods: 3, silence: "breaching",
		},
		{
			id: "Primary", why: "there is no primary, so no principal can be made", namespace: metricNamespace, metric: primaryMetric, dimensions: mine,
			statistic: "Sum", below: jsii.Number(1), period: 1, periods: 3, silence: "breaching",
		},
		{
			id: "HealthyNodes", why: "fewer than two nodes serve", namespace: "AWS/NetworkELB", metric: "HealthyHostCount",
			dimensions: map[string]*string{"LoadBalancer": k.balancer.resource.AttrLoadBalancerFullName(), "TargetGroup": k.balancer.targets[0].AttrTargetGroupFullName()},
			statistic:  "Minimum", below: jsii.Number(2), period: 1, periods: 2, silence: "breaching",
		},
		{
			// Nodes touch the file system for nothing else, so this is its latency as they see it.
			id: "Files", why: fmt.Sprintf("the file system takes longer than %d seconds for a dump", dumpSeconds), namespace: metricNamespace, metric: backupMetric, dimensions: mine,
			statistic: "Maximum", above: jsii.Number(dumpSeconds), period: 1, periods: 1, silence: "notBreaching",
		},
		{
			id: "Dumps", why: "there was no dump for three hours", namespace: metricNamespace, metric: backupMetric, dimensions: mine,
			statistic: "SampleCount", below: jsii.Number(1), period: backupMinutes, periods: 3, silence: "breaching",
		},
		{
			id: "Rotation", why: "the rotation of the administrator's password failed", namespace: "AWS/Lambda", metric: "Errors",
			dimensions: map[string]*string{"FunctionName": k.rotation.Ref()},
			statistic:  "Sum", above: jsii.Number(0), period: 1, periods: 1, silence: "notBreaching",
		},
	}
}

// addAlarms makes the alarms, and returns the ARN of each by its id.
func (k *KDC) addAlarms() map[string]*string {
	scope := constructs.NewConstruct(k.Construct, jsii.String("Alarms"))
	arns := map[string]*string{}
	for _, a := range k.alarms() {
		props := &awscloudwatch.CfnAlarmProps{
			AlarmDescription: jsii.String("KDC " + k.props.Name + ": " + a.why),
			Namespace:        jsii.String(a.namespace), MetricName: jsii.String(a.metric), Statistic: jsii.String(a.statistic),
			Period: jsii.Number(60 * a.period), EvaluationPeriods: jsii.Number(a.periods), TreatMissingData: jsii.String(a.silence),
			AlarmActions: &[]any{k.topic.Ref()}, OkActions: &[]any{k.topic.Ref()},
		}
		var dimensions []any
		for _, name := range slices.Sorted(maps.Keys(a.dimensions)) {
			dimensions = append(dimensions, &awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(name), Value: a.dimensions[name]})
		}
		props.Dimensions = &dimensions
		props.Threshold, props.ComparisonOperator = a.above, jsii.String("GreaterThanThreshold")
		if a.below != nil {
			props.Threshold, props.ComparisonOperator = a.below, jsii.String("LessThanThreshold")
		}
		arns[a.id] = awscloudwatch.NewCfnAlarm(scope, jsii.String(a.id), props).AttrArn()
	}
	return arns
}

// addDashboard shows each alarm's metric with its threshold, two in a row.
func (k *KDC) addDashboard(arns map[string]*string) {
	var widgets []any
	for i, a := range k.alarms() {
		widgets = append(widgets, map[string]any{
			"type": "metric", "x": 12 * (i % 2), "y": 6 * (i / 2), "width": 12, "height": 6,
			"properties": map[string]any{
				"title": a.id + ": alarm if " + a.why, "region": policy.Here().Region,
				"annotations": map[string]any{"alarms": []any{arns[a.id]}},
			},
		})
	}
	body, err := json.Marshal(map[string]any{"widgets": widgets})
	if err != nil {
		panic(fmt.Errorf("dashboard: %w", err)) // maps, lists, strings and numbers always have JSON
	}
	awscloudwatch.NewCfnDashboard(k.Construct, jsii.String("Dashboard"), &awscloudwatch.CfnDashboardProps{
		DashboardName: jsii.String("kdc-" + k.props.Name), DashboardBody: jsii.String(string(body)),
	})
}
