package quicksight

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/quicksight/topic"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// TopicProps describes a [Topic].
type TopicProps struct {
	Definition topic.Definition

	Datasets []*Dataset // those that the definition names and that are deployed with it
	Access   []Access   // who may ask and change it
	Folder   *Folder    // may be nil
}

// Topic is what can be asked of datasets in plain words.
//
// CloudFormation's type has neither permissions nor refresh schedules, so a custom resource makes
// the service's calls for them: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_UpdateTopicPermissions.html.
type Topic struct {
	Construct constructs.Construct
	ID        string
}

// NewTopic defines a topic in scope. It panics with the error of [TopicProps.Validate] if the
// props are not sound.
func NewTopic(scope constructs.Construct, id string, props TopicProps) *Topic {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	t := &Topic{Construct: constructs.NewConstruct(scope, &id), ID: props.Definition.ID}
	properties := props.Definition.JSON(arn)
	properties["AwsAccountId"] = policy.Here().Account
	made := resource(t.Construct, "QuickSight::"+string(topicKind), properties)
	after(made, props.Datasets, nil)
	folderOf(made, props.Folder)
	t.care(made, props)
	return t
}

// care gives the topic its rights and schedules.
func (t *Topic) care(made awscdk.CfnResource, props TopicProps) {
	data := []string{arn("topic/" + t.ID)}
	schedules := jsontree.List(props.Definition.Datasets, func(_ int, s topic.Dataset) any {
		data = append(data, arn("dataset/"+s.ID))
		return map[string]any{"DatasetArn": arn("dataset/" + s.ID), "DatasetName": s.Name, "RefreshSchedule": s.Refresh.JSON()}
	})
	want := policy.Text(map[string]any{"Permissions": permissions(topicKind, props.Access), "Schedules": schedules})
	f := newFunction(t.Construct, "Care", "Rights and refresh schedules of the topic "+t.ID, topicSource, time.Minute, nil, []policy.Statement{{
		Actions: []string{
			"quicksight:UpdateTopicPermissions", "quicksight:CreateTopicRefreshSchedule", "quicksight:UpdateTopicRefreshSchedule", "quicksight:DeleteTopicRefreshSchedule",
		},
		Resources: data,
	}})
	cared := awscdk.NewCfnResource(constructs.NewConstruct(t.Construct, jsii.String("Cared")), jsii.String("Resource"), &awscdk.CfnResourceProps{
		Type: jsii.String("Custom::LakekeelTopic"),
		Properties: &map[string]any{
			"ServiceToken": f.arn, "ServiceTimeout": 120, "AccountId": policy.Here().Account, "TopicId": t.ID, "Want": want,
		},
	})
	cared.Node().AddDependency(made)
}

// Validate reports every fault in the props and in the definition as a [check.Fault].
func (p TopicProps) Validate() error {
	faults := check.Of("quicksight.TopicProps")
	faults.Add(p.Definition.Validate())
	checkAccess(faults, topicKind, p.Access)
	return faults.Err()
}
