package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// What CDK Pipelines derives is mostly as it should be. This file changes what
// is not. The tests notice when a newer CDK makes a change of ours futile.

// consoles are the hosts of AWS's console outside the usual partition.
var consoles = map[string]string{
	"aws-cn":     "console.amazonaws.cn",
	"aws-us-gov": "console.amazonaws-us-gov.com",
}

// pinSecurityCheck mends the check for wider permissions: the CDK has it run
// whatever CLI is newest on whatever Node the image has, write logs without a
// key, and link to one partition's console. And it looks at IAM alone: a person is
// asked also when Lake Formation would let anybody see or do more, which the program
// says that the build left in the cloud assembly. Without it a person is always asked.
func (p *Pipeline) pinSecurityCheck() {
	check := p.pipeline.Node().FindChild(jsii.String("PipelinesSecurityCheck"))
	project := find[awscodebuild.Project](check, "CDKSecurityCheck")
	lambda := find[awslambda.Function](check, "CDKPipelinesAutoApprove")
	logs := map[string]any{"Status": "ENABLED", "GroupName": p.logs.LogGroupName()}

	l1 := project.Node().DefaultChild().(awscodebuild.CfnProject)
	source := p.Stack.Resolve(l1.Source()).(map[string]any)
	l1.AddPropertyOverride(jsii.String("Source.BuildSpec"), replaceIn(source["buildSpec"], strings.NewReplacer(
		`npm install -g aws-cdk"`, `npm install -g aws-cdk@`+CDKVersion+`"`,
		`"phases": {`, `"phases": {"install": {"runtime-versions": {"nodejs": "`+runtimeVersions["nodejs"]+`"}},`,
		"if cdk diff", "wider=0; cdk diff",
		`; then aws lambda`, ` || wider=1; ./lakekeel access . --profile - --against deployed --stage $STAGE_NAME --fail-if-wider || wider=1; if [ $wider = 0 ]; then aws lambda`,
		"console.aws.amazon.com", cmp.Or(consoles[Partition(p.props.Region)], "console.aws.amazon.com"),
	)))
	l1.AddPropertyOverride(jsii.String("LogsConfig.CloudWatchLogs"), logs)
	p.logs.GrantWrite(project)

	lambda.Node().DefaultChild().(awscdk.CfnResource).AddPropertyOverride(jsii.String("LoggingConfig.LogGroup"), p.logs.LogGroupName())
	// The managed policy writes to every log group.
	role := lambda.Role().Node().DefaultChild().(awscdk.CfnResource)
	role.AddPropertyDeletionOverride(jsii.String("ManagedPolicyArns"))
	p.logs.GrantWrite(lambda)
	suppress(role, rule("AwsSolutions-IAM4", "CDK Pipelines names a managed policy; an override takes it out of the template, which this rule does not see"))
}

// find returns a construct's child by its id, as what it is.
func find[T constructs.IConstruct](scope constructs.IConstruct, id string) T {
	child, ok := scope.Node().FindChild(&id).(T)
	if !ok {
		panic(fmt.Errorf("%s/%s is not what this version of the CDK had there", *scope.Node().Path(), id))
	}
	return child
}

// replaceIn replaces in every string of a resolved value.
func replaceIn(value any, replacer *strings.Replacer) any {
	switch v := value.(type) {
	case string:
		return replacer.Replace(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = replaceIn(v[i], replacer)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k := range v {
			out[k] = replaceIn(v[k], replacer)
		}
		return out
	}
	return value
}

// narrowPolicies takes away what CDK Pipelines grants on everything though less
// would do, and says of every wildcard that is left why it is there.
func (p *Pipeline) narrowPolicies() {
	for _, node := range *p.group.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if policy, ok := node.(awsiam.CfnPolicy); ok {
			p.narrow(policy)
			suppress(policy, wildcards(*policy.Node().Path())...)
		}
		if bucket, ok := node.(awss3.CfnBucket); ok {
			suppress(bucket, rule("AwsSolutions-S1", "only the pipeline's own roles reach the bucket; CloudTrail's data events tell who read what"))
		}
	}
	if support := p.Pipeline.CrossRegionSupport(); support != nil {
		for _, s := range *support {
			suppress(s.ReplicationBucket.Node().DefaultChild().(awscdk.CfnResource),
				rule("AwsSolutions-S1", "only the pipeline's own roles reach the bucket; CloudTrail's data events tell who read what"))
		}
	}
}

// narrow rewrites the statements of one policy for which there is a narrower
// resource: by the first action of a statement, nil drops it.
func (p *Pipeline) narrow(policy awsiam.CfnPolicy) {
	document, ok := p.Stack.Resolve(policy.PolicyDocument()).(map[string]any)
	if !ok {
		return
	}
	var kept []any
	changed := false
	for _, s := range document["Statement"].([]any) {
		statement := s.(map[string]any)
		narrower, known := p.narrower(firstAction(statement))
		resources, wide := withoutStar(statement["Resource"])
		if wide && known {
			changed = true
			statement["Resource"] = append(resources, narrower...)
		}
		if !wide || !known || len(resources)+len(narrower) > 0 {
			kept = append(kept, statement)
		}
	}
	if changed {
		policy.AddPropertyOverride(jsii.String("PolicyDocument.Statement"), kept)
	}
}

// withoutStar takes "*" out of a statement's resources, and tells whether it was there.
func withoutStar(resource any) (others []any, wide bool) {
	list, ok := resource.([]any)
	if !ok {
		list = []any{resource}
	}
	others = slices.DeleteFunc(slices.Clone(list), func(r any) bool { return r == "*" })
	return others, len(others) < len(list)
}

func firstAction(statement map[string]any) string {
	switch a := statement["Action"].(type) {
	case string:
		return a
	case []any:
		return fmt.Sprint(a[0])
	}
	return ""
}

// narrower are the resources that an action needs where the CDK writes "*".
func (p *Pipeline) narrower(action string) (resources []any, known bool) {
	switch action {
	case "codebuild:BatchGetBuilds": // of the role that publishes assets: it starts no builds
		return nil, true
	case "codepipeline:GetPipelineState": // of the function that approves: this pipeline alone
		arn := p.Stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("codepipeline"), Resource: jsii.String(p.props.name())})
		return []any{p.Stack.Resolve(arn), p.Stack.Resolve(jsii.String(*arn + "/*"))}, true
	case "sts:AssumeRole": // of the check for wider permissions: CDK's roles in the stages' accounts
		for _, account := range p.distinct(func(s Stage) string { return s.Account }) {
			resources = append(resources, p.Stack.Resolve(p.roleARN(account, "*")))
		}
		return resources, true
	case "kms:Decrypt": // of the pipeline: keys of the buckets that the CDK adds in other regions
		for _, region := range p.distinct(func(s Stage) string { return s.Region }) {
			if region != p.props.Region {
				resources = append(resources, p.Stack.Resolve(p.Stack.FormatArn(&awscdk.ArnComponents{
					Service: jsii.String("kms"), Region: &region, Resource: jsii.String("key"), ResourceName: jsii.String("*"),
				})))
			}
		}
		return resources, true
	}
	return nil, false
}

// distinct are the different values that the stages have of something, in order.
func (p *Pipeline) distinct(of func(Stage) string) []string {
	var values []string
	for _, s := range p.props.Stages {
		values = append(values, of(s))
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// wildcards are the reasons for the wildcards that a policy of CDK Pipelines
// holds, by where the policy stands.
func wildcards(path string) []map[string]any {
	rules := []map[string]any{
		rule("AwsSolutions-IAM5", "CDK's grants name families of actions; the bucket and key that they are for are named exactly",
			`/^Action::(s3|kms):/`),
		rule("AwsSolutions-IAM5", "artifacts and the cache's objects get their keys in each run",
			`/^Resource::(<.*Artifacts.*\.Arn>|arn:<AWS::Partition>:s3:::.*)\/\*$/`),
		rule("AwsSolutions-IAM5", "CodeBuild names log streams and report groups after the project, whose name CloudFormation makes up",
			`/^Resource::arn:<AWS::Partition>:(logs|codebuild):/`),
	}
	add := func(part, reason string, resources ...any) {
		if strings.Contains(path, part) {
			rules = append(rules, rule("AwsSolutions-IAM5", reason, resources...))
		}
	}
	add("/UpdatePipeline/", "the self-update takes the CDK's own bootstrap roles, told by their tag, in this account; the stacks and buckets that it looks at are not known before",
		`/^Resource::arn:\*:iam::[0-9]{12}:role\/\*$/`, "Resource::*")
	add("/Resource/Pipeline/Role/", "an override binds the statement to the keys of the regions that the pipeline deploys to, which this rule does not see", "Resource::*")
	add("/Assets/", "an override takes the statement out of the template, which this rule does not see", "Resource::*")
	add("/CDKPipelinesAutoApprove/", "an override binds the statement to this pipeline, which this rule does not see", "Resource::*")
	add("/CDKSecurityCheck/", "an override binds the statement to the stages' accounts, where a condition binds it to the bootstrap roles for deployment; and the function's versions are not known before",
		"Resource::*", `/^Resource::<.*AutoApprove.*\.Arn>:\*$/`)
	return rules
}

// rule is one reason in the form in which cdk-nag reads it out of a resource's
// metadata: for a rule, and if findings are given, for those alone. A finding
// between slashes is a pattern.
func rule(id, reason string, findings ...any) map[string]any {
	out := map[string]any{"id": id, "reason": reason}
	if len(findings) == 0 {
		return out
	}
	applies := make([]any, len(findings))
	for i, f := range findings {
		applies[i] = f
		if strings.HasPrefix(f.(string), "/") {
			applies[i] = map[string]any{"regex": f}
		}
	}
	out["applies_to"] = applies
	return out
}

func suppress(resource awscdk.CfnResource, rules ...map[string]any) {
	resource.AddMetadata(jsii.String("cdk_nag"), map[string]any{"rules_to_suppress": rules})
}
