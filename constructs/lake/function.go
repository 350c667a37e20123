package lake

import (
	_ "embed"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// source is put into the template as it is, so that it needs no asset and no bundling.
// Lambda takes 4096 characters; a test counts them.
//
//go:embed function/index.py
var source string

// A function is a Lambda function behind custom resources, one of a kind in a stack, with
// the rights that they add to its role.
type function struct {
	function awslambda.CfnFunction
	role     awsiam.Role
}

// placeFunction copies files into buckets.
func placeFunction(scope constructs.Construct) function {
	return singleton(scope, "LakekeelPlace", "index.on_place")
}

// emptyFunction deletes all objects of buckets.
func emptyFunction(scope constructs.Construct) function {
	return singleton(scope, "LakekeelEmpty", "index.on_empty")
}

// singleton finds or makes the function. It is a CfnFunction because the L2 one lets the
// function depend on its role twice, which cfn-lint finds (W3005), and it needs a role of
// its own in any case: the L2's has a managed policy for all log groups.
func singleton(scope constructs.Construct, id, handler string) function {
	stack := awscdk.Stack_Of(scope)
	if there := stack.Node().TryFindChild(&id); there != nil {
		child := func(id string) any { return there.Node().FindChild(&id) }
		return function{child("Function").(awslambda.CfnFunction), child("Role").(awsiam.Role)}
	}
	construct := constructs.NewConstruct(stack, &id)
	logs := awslogs.NewLogGroup(construct, jsii.String("Log"), &awslogs.LogGroupProps{
		Retention:     awslogs.RetentionDays_ONE_MONTH,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY, // holds names of files, nothing of their content
	})
	role := awsiam.NewRole(construct, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	grant(role, []string{"logs:CreateLogStream", "logs:PutLogEvents"}, *logs.LogGroupArn())
	f := awslambda.NewCfnFunction(construct, jsii.String("Function"), &awslambda.CfnFunctionProps{
		Description:   jsii.String("Puts and removes objects for custom resources of lakekeel's constructs/lake"),
		Runtime:       jsii.String("python3.14"),
		Handler:       &handler,
		Code:          &awslambda.CfnFunction_CodeProperty{ZipFile: &source},
		Role:          role.RoleArn(),
		LoggingConfig: &awslambda.CfnFunction_LoggingConfigProperty{LogGroup: logs.LogGroupName()},
		MemorySize:    jsii.Number(256),
		Timeout:       jsii.Number(functionTimeout.Seconds()),
	})
	f.Node().AddDependency(role.Node().FindChild(jsii.String("DefaultPolicy"))) // else it may be called before it may do anything
	return function{f, role}
}

// functionTimeout is the longest that Lambda allows: a bucket may hold many versions.
const functionTimeout = 15 * time.Minute

// resource makes a custom resource in scope, which the function answers.
func (f function) resource(scope constructs.Construct, kind string, properties map[string]any) awscdk.CustomResource {
	return awscdk.NewCustomResource(scope, jsii.String("Resource"), &awscdk.CustomResourceProps{
		ServiceToken:   f.function.AttrArn(),
		ResourceType:   &kind,
		Properties:     &properties,
		ServiceTimeout: awscdk.Duration_Seconds(jsii.Number((functionTimeout + time.Minute).Seconds())),
	})
}

// destroyTag tells the function that the bucket's data may go; see its empty().
const destroyTag = "lakekeel:destroy-data"

// emptyOnDelete deletes the bucket's objects before CloudFormation deletes the bucket,
// which it can do with an empty one only.
func (b *Bucket) emptyOnDelete() {
	awscdk.Tags_Of(b.Bucket).Add(jsii.String(destroyTag), jsii.String("true"), nil)
	f := emptyFunction(b.Construct)
	arn := *b.Bucket.BucketArn()
	grant(f.role, []string{"s3:GetBucketTagging", "s3:ListBucketVersions"}, arn)
	grant(f.role, []string{"s3:DeleteObject", "s3:DeleteObjectVersion"}, arn+"/*")
	emptied := constructs.NewConstruct(b.Construct, jsii.String("Emptied"))
	f.resource(emptied, "Custom::LakekeelEmptied", map[string]any{"Bucket": b.Name()})
}
