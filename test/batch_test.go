package test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/lakekeel/lakekeel/internal/batch"
)

// batchName is awkward on purpose: it has to come through JSON as it is.
const batchName = `a "name" with ${quotes}, <angles> & ümlaut`

func batchTrigger(workflow *string) *awsglue.CfnTriggerProps {
	return &awsglue.CfnTriggerProps{
		Name:         jsii.String(batchName),
		Type:         jsii.String("ON_DEMAND"),
		WorkflowName: workflow,
		Actions: []*awsglue.CfnTrigger_ActionProperty{{
			JobName:   jsii.String("j"),
			Timeout:   jsii.Number(90),
			Arguments: map[string]string{"--region": *awscdk.Aws_REGION()},
		}},
	}
}

// batchStack makes a stack with a key, and in it what make makes.
func batchStack(make func(stack awscdk.Stack, key awskms.Key)) map[string]any {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Stack"), nil)
	make(stack, awskms.NewKey(stack, jsii.String("Key"), nil))
	return *assertions.Template_FromStack(stack, nil).ToJSON()
}

func TestBatchMakesWhatTheCallsWouldMake(t *testing.T) {
	metadata := map[string]any{"reason": "because"}
	workflow := &awsglue.CfnWorkflowProps{MaxConcurrentRuns: jsii.Number(1)}
	want := batchStack(func(stack awscdk.Stack, key awskms.Key) {
		group := constructs.NewConstruct(stack, jsii.String("Group"))
		made := awsglue.NewCfnWorkflow(group, jsii.String("Resource"), workflow)
		made.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
		made.AddMetadata(jsii.String("note"), metadata)
		first := awsglue.NewCfnTrigger(group, jsii.String("first"), batchTrigger(made.Ref()))
		first.Node().AddDependency(key)
		second := awsglue.NewCfnTrigger(group, jsii.String("second"), batchTrigger(made.Ref()))
		second.AddResourceDependency(first, nil)
		awscdk.NewCfnOutput(stack, jsii.String("Out"), &awscdk.CfnOutputProps{Value: second.Ref()})
		key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("logs.amazonaws.com"), nil)},
			Actions:    jsii.Strings("kms:Encrypt"),
			Resources:  jsii.Strings("*"),
		}), nil)
	})
	got := batchStack(func(stack awscdk.Stack, key awskms.Key) {
		_, ref := batch.Make(stack, []batch.Resource{
			batch.Group("Group"),
			{
				Type: "aws-cdk-lib.aws_glue.CfnWorkflow", ID: "Resource", Props: workflow,
				Removal: awscdk.RemovalPolicy_RETAIN, Metadata: map[string]any{"note": metadata},
			},
			{Type: "aws-cdk-lib.aws_glue.CfnTrigger", ID: "first", Props: batchTrigger(jsii.String(batch.Made(1, "ref"))), Waits: true},
			{Type: "aws-cdk-lib.aws_glue.CfnTrigger", ID: "second", Props: batchTrigger(jsii.String(batch.Made(1, "ref"))), After: 2},
		}, key)
		awscdk.NewCfnOutput(stack, jsii.String("Out"), &awscdk.CfnOutputProps{Value: &ref})
		batch.Allow(key, map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"Service": "logs.amazonaws.com"}, "Action": "kms:Encrypt", "Resource": "*",
		})
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("by calls (-), by batch (+):\n%s", diff)
	}
}

func TestBatchReturnsTheConstructThatItMade(t *testing.T) {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Stack"), nil)
	holder, ref := batch.Make(stack, []batch.Resource{batch.Group("Group")})
	if path := *holder.Node().Path(); path != "Stack/Group" || ref != "" {
		t.Errorf("%q with Ref %q; want Stack/Group without one", path, ref)
	}
	made, _ := batch.Make(holder, []batch.Resource{{Type: "aws-cdk-lib.aws_glue.CfnWorkflow", ID: "Workflow"}})
	if resource, ok := made.(awsglue.CfnWorkflow); !ok || *resource.CfnResourceType() != "AWS::Glue::Workflow" {
		t.Errorf("%T; want a CfnWorkflow", made)
	}
}

func TestBatchTellsWhatIsWrong(t *testing.T) {
	workflow := batch.Resource{Type: "aws-cdk-lib.aws_glue.CfnWorkflow", ID: "W"}
	tests := map[string]struct {
		resources []batch.Resource
		want      string // the message's beginning
	}{
		"an id twice":        {[]batch.Resource{workflow, workflow, workflow}, "Error: There is already a Construct with name 'W' in CfnWorkflow [W]"},
		"no such type":       {[]batch.Resource{{Type: "aws-cdk-lib.aws_glue.CfnFlow", ID: "W"}}, "Error: there is no aws-cdk-lib.aws_glue.CfnFlow in the CDK"},
		"no such library":    {[]batch.Resource{{Type: "aws.CfnFlow", ID: "W"}}, "Error: there is no aws.CfnFlow in the CDK"},
		"props are not JSON": {[]batch.Resource{{Type: workflow.Type, ID: "W", Props: func() {}}}, "batch of aws-cdk-lib.aws_glue.CfnWorkflow W: json: unsupported type: func()"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			defer func() {
				got := ""
				switch p := recover().(type) {
				case error:
					got = p.Error()
				case string:
					got = p
				}
				if !strings.HasPrefix(got, test.want) {
					t.Errorf("panics with %q; want %q", got, test.want)
				}
			}()
			batch.Make(awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Stack"), nil), test.resources)
		})
	}
}
