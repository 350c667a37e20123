package pipeline

import (
	"cmp"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"
	"github.com/aws/jsii-runtime-go"
)

// addStage adds one environment: first whatever asks a person, then its stacks,
// then a run of its workflows, then the reports that come from an earlier one.
func (p *Pipeline) addStage(s Stage) {
	stage := awscdk.NewStage(p.Stack, &s.Name, &awscdk.StageProps{
		Env: &awscdk.Environment{Account: &s.Account, Region: &s.Region},
	})
	workflows := s.Define(stage)
	options := &pipelines.AddStageOpts{Pre: p.gates(s, stage)}
	var post []pipelines.Step
	if len(workflows) > 0 {
		p.newSmokeRole(stage, s, workflows)
		post = append(post, p.smokeTest(s, workflows))
	}
	p.newPromotionRoles(stage, s)
	if s.Promotion != nil {
		promote := p.promote(s)
		for _, proof := range post {
			promote.AddStepDependency(proof)
		}
		post = append(post, promote)
	}
	if len(post) > 0 {
		options.Post = &post
	}
	p.pipeline.AddStage(stage, options)
}

// gates are the steps that may stop a deployment before it begins: one that
// stops only if IAM permissions widen, and after it the approval.
func (p *Pipeline) gates(s Stage, stage awscdk.Stage) *[]pipelines.Step {
	broadening := pipelines.NewConfirmPermissionsBroadening(jsii.String("Permissions"), &pipelines.PermissionsBroadeningCheckProps{Stage: stage})
	if s.Automatic {
		return &[]pipelines.Step{broadening}
	}
	approval := pipelines.NewManualApprovalStep(jsii.String("Release"), &pipelines.ManualApprovalStepProps{
		Comment: jsii.String(fmt.Sprintf("Deploy to %s (account %s, %s)?", s.Name, s.Account, s.Region)),
	})
	approval.AddStepDependency(broadening)
	return &[]pipelines.Step{broadening, approval}
}

//go:embed smoke_test.py
var smokeTest []byte

//go:embed smoke_requirements.txt
var smokeRequirements []byte

// smokeFolder is where the smoke test lies in the cloud assembly, which is what
// the step gets. So it runs the bytes that this library shipped, whatever the
// app's own source looks like.
const smokeFolder = "smoke"

// writeSmokeTest puts the script and its pinned packages into the cloud assembly.
func writeSmokeTest(stack awscdk.Stack) {
	folder := filepath.Join(*awscdk.Stage_Of(stack).AssetOutdir(), smokeFolder)
	files := map[string][]byte{"smoke_test.py": smokeTest, "requirements.txt": smokeRequirements}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		panic(fmt.Errorf("smoke test: %w", err))
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			panic(fmt.Errorf("smoke test: %w", err))
		}
	}
}

// stepRole and targetRole are the names of the two roles of a smoke test: the
// step's own in the pipeline's account, and the one it takes in the stage's
// account. Both are fixed, for each account names the other's before it exists.
func (p *Pipeline) stepRole(s Stage) string   { return s.Name + "-" + p.props.name() + "-SmokeStep" }
func (p *Pipeline) targetRole(s Stage) string { return s.Name + "-" + p.props.name() + "-SmokeTest" }

// roleARN is the ARN of a role by its account and name.
func (p *Pipeline) roleARN(account, name string) *string {
	return p.Stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("iam"), Region: jsii.String(""), Account: &account,
		Resource: jsii.String("role"), ResourceName: &name,
	})
}

// newSmokeRole makes the role that may run the stage's workflows and nothing
// else, in a stack of its own in the stage, so that the systems' stacks are the
// same with a pipeline and without.
//
// It trusts the pipeline's account and pins the step's role by a condition: IAM
// refuses a principal that does not exist, and forgets one that was made anew.
func (p *Pipeline) newSmokeRole(stage awscdk.Stage, s Stage, workflows []Workflow) {
	stack := awscdk.NewStack(stage, jsii.String("SmokeRole"), &awscdk.StackProps{
		Description: jsii.String("Role by which pipeline " + p.props.name() + " runs the workflows of " + s.Name + " after a deployment."),
	})
	var arns []*string
	for _, w := range workflows {
		arns = append(arns, stack.FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("glue"), Resource: jsii.String("workflow"), ResourceName: &w.Name,
		}))
	}
	awsiam.NewRole(stack, jsii.String("Role"), &awsiam.RoleProps{
		RoleName:    jsii.String(p.targetRole(s)),
		Description: jsii.String("Starts the workflows of " + s.Name + " and looks at their runs."),
		AssumedBy: awsiam.NewPrincipalWithConditions(awsiam.NewAccountPrincipal(p.props.Account), &map[string]any{
			"ArnEquals": map[string]any{"aws:PrincipalArn": p.roleARN(p.props.Account, p.stepRole(s))},
		}),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"Workflows": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
			Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Actions:   jsii.Strings("glue:StartWorkflowRun", "glue:GetWorkflowRun"),
				Resources: &arns,
			})},
		})},
	})
}

// smokeTest is the step that runs the workflows one after the other. It takes
// the role in the stage's account even where that is the pipeline's own, so that
// there is one way and it is the one that is proved every time.
func (p *Pipeline) smokeTest(s Stage, workflows []Workflow) pipelines.Step {
	role := p.roleARN(s.Account, p.targetRole(s))
	limit := cmp.Or(s.SmokeTimeout, DefaultSmokeTimeout)
	var commands []string
	for _, w := range workflows {
		commands = append(commands, fmt.Sprintf("python3 %s/smoke_test.py %s --expect %d --timeout-minutes %d --region %s --role %s",
			smokeFolder, quote(w.Name), w.Actions, int(limit.Minutes()), s.Region, *role))
	}
	return pipelines.NewCodeBuildStep(jsii.String("SmokeTest"), &pipelines.CodeBuildStepProps{
		Input: p.synth,
		InstallCommands: jsii.Strings(
			"python3 -m pip install --quiet --require-hashes --requirement " + smokeFolder + "/requirements.txt",
		),
		Commands: jsii.Strings(commands...),
		Timeout:  awscdk.Duration_Minutes(jsii.Number(min(limit*time.Duration(len(workflows))+10*time.Minute, maxBuild).Minutes())),
		Role: awsiam.NewRole(p.group, jsii.String("SmokeStep-"+s.Name), &awsiam.RoleProps{
			RoleName:    jsii.String(p.stepRole(s)),
			Description: jsii.String("Step of pipeline " + p.props.name() + " that runs the workflows of " + s.Name + "."),
			AssumedBy:   awsiam.NewServicePrincipal(jsii.String("codebuild.amazonaws.com"), nil),
			InlinePolicies: &map[string]awsiam.PolicyDocument{"Target": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
				Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
					Actions: jsii.Strings("sts:AssumeRole"), Resources: &[]*string{role},
				})},
			})},
		}),
	})
}

// quote makes a word of the shell that is s, whatever s holds.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
