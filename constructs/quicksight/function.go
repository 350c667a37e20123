package quicksight

import (
	_ "embed"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// The sources are put into the template as they are, so that they need no asset and no
// bundling. Lambda takes 4096 characters; a test counts them.
var (
	//go:embed function/topic.py
	topicSource string
	//go:embed function/embed.py
	embedSource string
)

// function is a Lambda function in Python with a role and a log of its own.
type function struct {
	resource awscdk.CfnResource
	arn      string
}

func newFunction(scope constructs.Construct, id, description, source string, timeout time.Duration, environment map[string]any, statements []policy.Statement) function {
	scope = constructs.NewConstruct(scope, &id)
	logs := resource(constructs.NewConstruct(scope, jsii.String("Log")), "Logs::LogGroup", map[string]any{"RetentionInDays": 30})
	statements = append(statements, policy.Statement{
		Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, Resources: []string{*logs.GetAtt(jsii.String("Arn"), "").ToString()},
	})
	role := resource(constructs.NewConstruct(scope, jsii.String("Role")), "IAM::Role", map[string]any{
		"AssumeRolePolicyDocument": policy.Raw(map[string]any{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": "lambda.amazonaws.com"}}),
		"Policies":                 []any{map[string]any{"PolicyName": "Work", "PolicyDocument": policy.JSON(statements)}},
	})
	policy.ExplainWildcards(role, statements)
	properties := map[string]any{
		"Description": description, "Runtime": "python3.14", "Handler": "index.handler", "Code": map[string]any{"ZipFile": source},
		"Role": role.GetAtt(jsii.String("Arn"), "").ToString(), "LoggingConfig": map[string]any{"LogGroup": logs.Ref()},
		"MemorySize": 256, "Timeout": int(timeout.Seconds()),
	}
	if len(environment) > 0 {
		properties["Environment"] = map[string]any{"Variables": environment}
	}
	made := resource(scope, "Lambda::Function", properties)
	return function{made, *made.GetAtt(jsii.String("Arn"), "").ToString()}
}
