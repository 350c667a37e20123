// Package custom makes what CloudFormation cannot: resources that a small Lambda function
// answers for, whose Python stands in the template.
package custom

import (
	_ "embed"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// answer speaks to CloudFormation; the code that follows it defines act.
//
//go:embed answer.py
var answer string

// A Function is what a custom resource is made by.
type Function struct {
	ID          string             // of its construct in the stack; one for all resources of the kind
	Description string             // what it does, for whoever finds it in the console
	Code        string             // Python that defines act(request, properties, before); see answer.py
	Rights      []policy.Statement // beside writing its log
	Timeout     time.Duration      // of one call, up to 15 minutes; if zero, 5
}

// Resource defines a custom resource in scope, named "Resource", and the function in its
// stack unless it is there already.
func Resource(scope constructs.Construct, kind string, f Function, properties map[string]any) awscdk.CfnResource {
	if f.Timeout == 0 {
		f.Timeout = 5 * time.Minute
	}
	properties["ServiceToken"] = f.arn(scope)
	properties["ServiceTimeout"] = int((f.Timeout + time.Minute).Seconds())
	return awscdk.NewCfnResource(scope, jsii.String("Resource"), &awscdk.CfnResourceProps{Type: &kind, Properties: &properties})
}

// arn finds or makes the function in scope's stack.
func (f Function) arn(scope constructs.Construct) *string {
	stack := awscdk.Stack_Of(scope)
	if there := stack.Node().TryFindChild(&f.ID); there != nil {
		return there.Node().FindChild(jsii.String("Resource")).(awslambda.CfnFunction).AttrArn()
	}
	group := constructs.NewConstruct(stack, &f.ID)
	logs := awslogs.NewCfnLogGroup(group, jsii.String("Log"), &awslogs.CfnLogGroupProps{RetentionInDays: jsii.Number(30)})
	rights := append([]policy.Statement{{Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, Resources: []string{*logs.AttrArn()}}}, f.Rights...)
	role := awsiam.NewCfnRole(group, jsii.String("Role"), &awsiam.CfnRoleProps{
		AssumeRolePolicyDocument: policy.Raw(map[string]any{
			"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": "lambda.amazonaws.com"},
		}),
		Policies: []any{&awsiam.CfnRole_PolicyProperty{PolicyName: jsii.String("Rights"), PolicyDocument: policy.JSON(rights)}},
	})
	policy.ExplainWildcards(role, rights)
	code := answer + "\n\n" + f.Code
	function := awslambda.NewCfnFunction(group, jsii.String("Resource"), &awslambda.CfnFunctionProps{
		Description:   &f.Description,
		Runtime:       jsii.String("python3.14"),
		Handler:       jsii.String("index.handler"),
		Code:          &awslambda.CfnFunction_CodeProperty{ZipFile: &code},
		Role:          role.AttrArn(),
		LoggingConfig: &awslambda.CfnFunction_LoggingConfigProperty{LogGroup: logs.Ref()},
		MemorySize:    jsii.Number(256),
		Timeout:       jsii.Number(f.Timeout.Seconds()),
	})
	return function.AttrArn()
}
