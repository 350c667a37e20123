// Package databrew deploys AWS Glue DataBrew: datasets, recipes whose steps are typed and checked
// against the columns known at each of them, and jobs that run a recipe over a dataset.
//
// A recipe is published whenever a deployment changes it, and a job runs the latest published
// version. What each step does is said in https://docs.aws.amazon.com/databrew/latest/dg/recipe-actions-reference.html.
package databrew

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// resource makes the construct's main resource of a type of DataBrew.
func resource(scope constructs.Construct, kind string, properties map[string]any) awscdk.CfnResource {
	return awscdk.NewCfnResource(scope, jsii.String("Resource"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::DataBrew::" + kind), Properties: &properties})
}
