package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/promotion"
)

// promotionFolder is where the plans of promotions lie in the cloud assembly, which is what their steps get.
const promotionFolder = "promotion"

// The names of the roles of a promotion into a stage: the step's own in the pipeline's account, one that exports in the
// account that reports come from, one that imports in the stage's. They are fixed, for each account names the
// others' before they exist.
func (p *Pipeline) promoterRole(to Stage) string { return to.Name + "-" + p.props.name() + "-Promoter" }
func (p *Pipeline) exportRole(to Stage) string   { return to.Name + "-" + p.props.name() + "-Export" }
func (p *Pipeline) importRole(to Stage) string   { return to.Name + "-" + p.props.name() + "-Import" }

// newPromotionRoles makes the roles by which reports leave the stage and come into it, in a stack of their own.
func (p *Pipeline) newPromotionRoles(stage awscdk.Stage, s Stage) {
	receivers := slices.DeleteFunc(slices.Clone(p.props.Stages), func(to Stage) bool { return to.Promotion == nil || to.Promotion.From != s.Name })
	if len(receivers) == 0 && s.Promotion == nil {
		return
	}
	stack := awscdk.NewStack(stage, jsii.String("PromotionRoles"), &awscdk.StackProps{
		Description: jsii.String("Roles by which pipeline " + p.props.name() + " brings QuickSight's reports out of " + s.Name + " and into it."),
	})
	for _, to := range receivers {
		p.newPromotionRole(stack, "Export-"+to.Name, p.exportRole(to), "Exports reports of "+s.Name+" for "+to.Name+".", to, exporting(stack))
	}
	if s.Promotion != nil {
		p.newPromotionRole(stack, "Import", p.importRole(s), "Imports reports of "+s.Promotion.From+" into "+s.Name+".", s, importing(stack, s.Promotion.Plan))
	}
}

// newPromotionRole makes one role that the step of the promotion into a stage takes, and nobody else.
func (p *Pipeline) newPromotionRole(scope awscdk.Stack, id, name, description string, to Stage, statements []*awsiam.PolicyStatementProps) {
	var allowed []awsiam.PolicyStatement
	for _, s := range statements {
		allowed = append(allowed, awsiam.NewPolicyStatement(s))
	}
	made := awsiam.NewRole(scope, &id, &awsiam.RoleProps{
		RoleName: &name, Description: &description,
		AssumedBy: awsiam.NewPrincipalWithConditions(awsiam.NewAccountPrincipal(p.props.Account), &map[string]any{
			"ArnEquals": map[string]any{"aws:PrincipalArn": p.roleARN(p.props.Account, p.promoterRole(to))},
		}),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"Reports": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &allowed})},
	})
	suppress(made.Node().DefaultChild().(awscdk.CfnResource),
		rule("AwsSolutions-IAM5", "what a report needs is known to QuickSight alone, when the bundle is made; the role is bound to the types of assets that bundles have"))
}

// on is a statement about actions, named without the service, on resources of QuickSight in the stack's account.
func on(stack awscdk.Stack, actions []string, resources ...string) *awsiam.PolicyStatementProps {
	arns := make([]string, len(resources))
	for i, resource := range resources {
		arns[i] = *stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("quicksight"), Resource: &resource, ArnFormat: awscdk.ArnFormat_NO_RESOURCE_NAME})
	}
	named := make([]string, len(actions))
	for i, action := range actions {
		named[i] = "quicksight:" + action
	}
	return &awsiam.PolicyStatementProps{Actions: jsii.Strings(named...), Resources: jsii.Strings(arns...)}
}

// exporting is what https://docs.aws.amazon.com/quicksight/latest/developerguide/assetbundle-permissions.html asks for an export,
// without the rights and tags of assets, which stay where they are, and with folders and topics.
func exporting(stack awscdk.Stack) []*awsiam.PolicyStatementProps {
	return []*awsiam.PolicyStatementProps{
		on(stack, []string{"StartAssetBundleExportJob", "DescribeAssetBundleExportJob"}, "asset-bundle-export-job/lakekeel-*"),
		on(stack, []string{"DescribeDashboard"}, "dashboard/*"),
		on(stack, []string{"DescribeAnalysis"}, "analysis/*"),
		on(stack, []string{"DescribeDataSet", "DescribeDataSetRefreshProperties", "ListRefreshSchedules", "DescribeRefreshSchedule"}, "dataset/*"),
		on(stack, []string{"DescribeDataSource"}, "datasource/*"),
		on(stack, []string{"DescribeTheme"}, "theme/*"),
		on(stack, []string{"DescribeVPCConnection"}, "vpcConnection/*"),
		on(stack, []string{"DescribeFolder", "ListFolderMembers"}, "folder/*"),
		on(stack, []string{"ListFoldersForResource"}, "dashboard/*", "analysis/*", "dataset/*", "datasource/*"),
		on(stack, []string{"DescribeTopic"}, "topic/*"),
	}
}

// importing is what the same page asks for an import, with the deletions of its rollback, and folders and topics.
func importing(stack awscdk.Stack, plan promotion.Plan) []*awsiam.PolicyStatementProps {
	whole := func(noun string, more ...string) []string {
		return append([]string{"Create" + noun, "Describe" + noun, "Update" + noun, "Delete" + noun}, more...)
	}
	shared := func(noun string, more ...string) []string {
		return whole(noun, append([]string{"Describe" + noun + "Permissions", "Update" + noun + "Permissions"}, more...)...)
	}
	statements := []*awsiam.PolicyStatementProps{
		on(stack, []string{"StartAssetBundleImportJob", "DescribeAssetBundleImportJob"}, "asset-bundle-import-job/lakekeel-*"),
		on(stack, shared("Dashboard", "UpdateDashboardPublishedVersion", "UpdateDashboardLinks"), "dashboard/*"),
		on(stack, shared("DataSet", "PassDataSet", "PutDataSetRefreshProperties", "DescribeDataSetRefreshProperties", "DeleteDataSetRefreshProperties",
			"CreateRefreshSchedule", "DescribeRefreshSchedule", "UpdateRefreshSchedule", "DeleteRefreshSchedule", "ListRefreshSchedules"), "dataset/*"),
		on(stack, shared("DataSource", "PassDataSource"), "datasource/*"),
		on(stack, shared("Theme"), "theme/*"),
		on(stack, whole("VPCConnection"), "vpcConnection/*"),
		on(stack, shared("Folder", "CreateFolderMembership", "DeleteFolderMembership", "ListFolderMembers"), "folder/*"),
		on(stack, []string{"ListTagsForResource"}, "dashboard/*", "analysis/*", "dataset/*", "datasource/*", "theme/*", "vpcConnection/*", "folder/*"),
	}
	if has(plan, "analysis/") {
		statements = append(statements, on(stack, shared("Analysis"), "analysis/*"))
	}
	if has(plan, "topic/") {
		statements = append(statements, on(stack, []string{"CreateTopic", "UpdateTopic", "UpdateTopicPermissions"}, "topic/*"))
	}
	if roles := passed(plan); len(roles) > 0 {
		statements = append(statements, &awsiam.PolicyStatementProps{
			Actions: jsii.Strings("iam:PassRole"), Resources: jsii.Strings(roles...),
			Conditions: &map[string]any{"StringEquals": map[string]any{"iam:PassedToService": "quicksight.amazonaws.com"}},
		})
	}
	return statements
}

// has says whether a plan names an asset of a type.
func has(plan promotion.Plan, kind string) bool {
	return slices.ContainsFunc(plan.Assets, func(name string) bool { return strings.HasPrefix(name, kind) })
}

// passed are the roles that an import gives to QuickSight.
func passed(plan promotion.Plan) []string {
	var roles []string
	for _, s := range plan.DataSources {
		roles = append(roles, s.Role)
	}
	for _, v := range plan.VPCConnections {
		roles = append(roles, v.Role)
	}
	slices.Sort(roles)
	return slices.DeleteFunc(slices.Compact(roles), func(r string) bool { return r == "" })
}

// promote is the step that brings the reports into the stage, by the program that the build has left in the cloud assembly.
func (p *Pipeline) promote(s Stage) pipelines.Step {
	i := slices.IndexFunc(p.props.Stages, func(o Stage) bool { return o.Name == s.Name })
	source, _ := p.props.above(i, s.Promotion.From)
	from, to := p.roleARN(source.Account, p.exportRole(s)), p.roleARN(s.Account, p.importRole(s))
	file := promotionFolder + "/" + s.Name + ".yaml"
	p.writePlan(file, s.Promotion.Plan)
	return pipelines.NewCodeBuildStep(jsii.String("Promote"), &pipelines.CodeBuildStepProps{
		Input: p.synth,
		Commands: jsii.Strings(fmt.Sprintf("./lakekeel quicksight promote --config %s --profile - --from %s@%s --to %s@%s --yes-run-on-aws",
			file, *from, source.Region, *to, s.Region)),
		Timeout: awscdk.Duration_Minutes(jsii.Number(promotionMinutes)),
		Role: awsiam.NewRole(p.group, jsii.String("Promoter-"+s.Name), &awsiam.RoleProps{
			RoleName:    jsii.String(p.promoterRole(s)),
			Description: jsii.String("Step of pipeline " + p.props.name() + " that brings reports of " + source.Name + " into " + s.Name + "."),
			AssumedBy:   awsiam.NewServicePrincipal(jsii.String("codebuild.amazonaws.com"), nil),
			InlinePolicies: &map[string]awsiam.PolicyDocument{"Roles": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
				Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
					Actions: jsii.Strings("sts:AssumeRole"), Resources: &[]*string{from, to},
				})},
			})},
		}),
	})
}

// promotionMinutes is more than the two jobs of a promotion may take, an hour each.
const promotionMinutes = 130

// writePlan puts a plan into the cloud assembly.
func (p *Pipeline) writePlan(file string, plan promotion.Plan) {
	path := filepath.Join(*awscdk.Stage_Of(p.Stack).AssetOutdir(), file)
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, plan.File(), 0o644)
	}
	if err != nil {
		panic(fmt.Errorf("promotion: %w", err))
	}
}
