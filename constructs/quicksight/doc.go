// Package quicksight deploys Amazon QuickSight from plain values: data sources, datasets,
// topics, dashboards and analyses, with who may see and change them.
//
// What a dataset holds is a [dataset.Definition], what a dashboard shows a
// [report.Definition], what can be asked in plain words a [topic.Definition]. These packages know nothing of the
// CDK, so a definition can be checked, drawn and compared without a deployment. The types here give
// them a place in a stack.
//
// # Who refers to what
//
// A definition names other resources by their ids, which are the same in every account. An ARN is made of
// an id where it is deployed, and never imported from another stack: stacks of
// QuickSight depend on each other's order, not on each other's outputs, so that each can be changed alone.
//
// # Rights
//
// Nobody sees what nobody was given: without Access a resource has no permissions at all, and a role
// in Access that is not said is [Reader].
//
// # Account
//
// An account must have subscribed to QuickSight, and its service role must be let at Athena, at the buckets
// and at the secrets of databases once, by hand: no CloudFormation type does that. See
// https://docs.aws.amazon.com/quicksight/latest/user/accessing-data-sources.html.
package quicksight

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// arn is the ARN of a resource of QuickSight in this account and region, e.g. of "dataset/orders".
func arn(resource string) string { return policy.Here().Arn("quicksight", resource) }

// resource makes the construct's main resource. A bare CfnResource takes the service's JSON as it is; awsquicksight's own
// types would have the CDK translate every key of a definition there and back.
func resource(scope constructs.Construct, kind string, properties map[string]any) awscdk.CfnResource {
	return awscdk.NewCfnResource(scope, jsii.String("Resource"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::" + kind), Properties: &properties})
}

// asset makes a resource of QuickSight, with its account and who may use it.
func asset(scope constructs.Construct, kind assetKind, properties map[string]any, access []Access) awscdk.CfnResource {
	properties["AwsAccountId"] = policy.Here().Account
	if permissions := permissions(kind, access); len(permissions) > 0 {
		properties["Permissions"] = permissions
	}
	return resource(scope, "QuickSight::"+string(kind), properties)
}

// folderOf puts an asset into a folder, which must be there before it.
func folderOf(asset awscdk.CfnResource, folder *Folder) {
	if folder == nil {
		return
	}
	asset.AddPropertyOverride(jsii.String("FolderArns"), []string{arn("folder/" + folder.ID)})
	asset.Node().AddDependency(folder.Construct)
}
