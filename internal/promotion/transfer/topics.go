package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/quicksight"
	"github.com/aws/aws-sdk-go-v2/service/quicksight/types"

	"github.com/lakekeel/lakekeel/constructs/quicksight/rights"
	"github.com/lakekeel/lakekeel/internal/assetbundle"
	"github.com/lakekeel/lakekeel/internal/cloud"
	"github.com/lakekeel/lakekeel/internal/jsontree"
	"github.com/lakekeel/lakekeel/internal/promotion"
	"github.com/lakekeel/lakekeel/internal/report"
)

// describeTopics are the named topics as assets: the members of Topic, TopicId and CustomInstructions side by side.
func describeTopics(ctx context.Context, c *cloud.Cloud, names []string) ([]assetbundle.Asset, error) {
	var assets []assetbundle.Asset
	for _, name := range names {
		id := name[len(assetbundle.Topic)+1:]
		answer, err := c.QuickSight().DescribeTopic(ctx, &quicksight.DescribeTopicInput{AwsAccountId: &c.Account, TopicId: &id})
		if err != nil {
			return nil, explained(ctx, name, err)
		}
		described, err := report.AWSJSON(answer.Topic)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		properties := jsontree.Merge(described.(map[string]any), map[string]any{"TopicId": id})
		if answer.CustomInstructions != nil {
			properties["CustomInstructions"] = map[string]any{"CustomInstructionsString": *answer.CustomInstructions.CustomInstructionsString}
		}
		assets = append(assets, assetbundle.Of(assetbundle.Topic, properties))
	}
	return assets, nil
}

func explained(ctx context.Context, name string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.New(name + ": " + cloud.Explain(err))
}

// dataSets are the ARNs of the data sets that a topic is about.
func dataSets(topic assetbundle.Asset) []string {
	var arns []string
	for _, s := range jsontree.Of(topic.Properties()).At("DataSets").List() {
		arns = append(arns, s.At("DatasetArn").Text())
	}
	return arns
}

// putTopics makes or changes topics. bundle is what has been imported before: only its ids have the prefix.
func putTopics(ctx context.Context, c *cloud.Cloud, topics []assetbundle.Asset, bundle *assetbundle.Bundle, plan promotion.Plan) error {
	for _, topic := range topics {
		if err := putTopic(ctx, c, topic, bundle, plan); err != nil {
			return explained(ctx, topic.Name(), err)
		}
	}
	return nil
}

func putTopic(ctx context.Context, c *cloud.Cloud, topic assetbundle.Asset, bundle *assetbundle.Bundle, plan promotion.Plan) error {
	details, instructions, err := moved(c, topic, bundle, plan.Prefix)
	if err != nil {
		return err
	}
	client, id := c.QuickSight(), plan.Prefix+topic.ID
	_, err = client.CreateTopic(ctx, &quicksight.CreateTopicInput{AwsAccountId: &c.Account, TopicId: &id, Topic: details, CustomInstructions: instructions})
	var exists *types.ResourceExistsException
	if errors.As(err, &exists) {
		_, err = client.UpdateTopic(ctx, &quicksight.UpdateTopicInput{AwsAccountId: &c.Account, TopicId: &id, Topic: details, CustomInstructions: instructions})
	}
	if err != nil {
		return err
	}
	for _, g := range grants(c, plan) {
		var list []types.ResourcePermission
		for _, principal := range g.principals {
			list = append(list, types.ResourcePermission{Principal: &principal, Actions: rights.Of(rights.Topic, g.role)})
		}
		if _, err := client.UpdateTopicPermissions(ctx, &quicksight.UpdateTopicPermissionsInput{AwsAccountId: &c.Account, TopicId: &id, GrantPermissions: list}); err != nil {
			return err
		}
	}
	return nil
}

// moved is a topic whose data sets are those of this account.
func moved(c *cloud.Cloud, topic assetbundle.Asset, bundle *assetbundle.Bundle, prefix string) (*types.TopicDetails, *types.CustomInstructions, error) {
	properties := topic.Properties()
	imported := bundle.Names(assetbundle.DataSet)
	sets, _ := properties["DataSets"].([]any)
	for _, s := range sets {
		body, _ := s.(map[string]any)
		arn := jsontree.Of(body).At("DatasetArn").Text()
		id := path.Base(arn)
		if slices.Contains(imported, assetbundle.DataSet+"/"+id) {
			id = prefix + id
		}
		body["DatasetArn"] = arnOf(c, assetbundle.DataSet+"/"+id)
	}
	encoded, err := json.Marshal(properties)
	if err != nil {
		return nil, nil, err
	}
	details := &types.TopicDetails{}
	if err := json.Unmarshal(encoded, details); err != nil {
		return nil, nil, err
	}
	instructions := jsontree.Of(properties).At("CustomInstructions", "CustomInstructionsString").Text()
	if instructions == "" {
		return details, nil, nil
	}
	return details, &types.CustomInstructions{CustomInstructionsString: &instructions}, nil
}
