package test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/cdktest"
	"github.com/lakekeel/lakekeel/internal/check/checktest"
	"github.com/lakekeel/lakekeel/stacks/pipeline"
)

// pipelineContext is the context of cdk.json, which holds the CDK's feature flags.
func pipelineContext(t testing.TB) *map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(cdktest.Root(), "cdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Context map[string]any }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return &file.Context
}

// pipelineStage is a stage with one stack that has an asset, and one workflow.
func pipelineStage(name, account, region string) pipeline.Stage {
	return pipeline.Stage{
		Name: name, Account: account, Region: region,
		Define: func(stage awscdk.Stage) []pipeline.Workflow {
			stack := awscdk.NewStack(stage, jsii.String("Demo"), nil)
			awss3assets.NewAsset(stack, jsii.String("License"), &awss3assets.AssetProps{Path: jsii.String(filepath.Join(cdktest.Root(), "LICENSE"))})
			awscdk.NewCfnWaitConditionHandle(stack, jsii.String("Handle"), nil)
			return []pipeline.Workflow{{Name: "Demo", Actions: 3}}
		},
	}
}

// pipelineProps has two stages in accounts and a region of their own.
func pipelineProps() pipeline.Props {
	dev, prod := pipelineStage("Dev", "222222222222", "eu-west-1"), pipelineStage("Prod", "333333333333", "us-east-1")
	dev.Automatic, dev.SmokeTimeout = true, 20*time.Minute
	return pipeline.Props{
		Account: "111111111111", Region: "eu-west-1",
		Source: pipeline.Source{S3: pipeline.S3{Bucket: "lakekeel-source", Key: "source.zip"}},
		Stages: []pipeline.Stage{dev, prod},
	}
}

func pipelineNew(t testing.TB, props pipeline.Props) *pipeline.Pipeline {
	t.Helper()
	app := awscdk.NewApp(&awscdk.AppProps{Context: pipelineContext(t), Outdir: jsii.String(t.TempDir()), AnalyticsReporting: jsii.Bool(false)})
	return pipeline.New(app, "Lakekeel-Pipeline", props)
}

func TestPipeline(t *testing.T) {
	p := pipelineNew(t, pipelineProps())
	template := cdktest.Synth(t, p.Stack)

	t.Run("goes from source to the last stage in order", func(t *testing.T) {
		want := `Source: Source
Build: Synth
UpdatePipeline: SelfMutate
Assets: FileAssets
Dev: Permissions.Check, Permissions.Confirm, Demo.Prepare, SmokeRole.Prepare, Demo.Deploy, SmokeRole.Deploy, SmokeTest
Prod: Permissions.Check, Permissions.Confirm, Release, Demo.Prepare, SmokeRole.Prepare, Demo.Deploy, SmokeRole.Deploy, SmokeTest`
		if got := pipelineStages(t, template); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
	t.Run("updates itself with a pinned CLI", func(t *testing.T) {
		template.Has(t, "AWS::CodeBuild::Project", cdktest.Props{"Name": "Lakekeel-selfupdate"})
		specs := pipelineSpecs(t, p, template)
		if spec := specs["SelfMutation"]; !strings.Contains(spec, "npm install -g aws-cdk@"+pipeline.CDKVersion) || !strings.Contains(spec, "cdk -a . deploy Lakekeel-Pipeline ") {
			t.Errorf("the self-update does %s", spec)
		}
	})
	t.Run("installs nothing without a version, and no script from the net", func(t *testing.T) {
		specs := pipelineSpecs(t, p, template)
		if len(specs) != 6 { // Synth, SelfMutation, FileAsset, CDKSecurityCheck, two SmokeTests
			t.Errorf("%d build specifications: %v", len(specs), specs)
		}
		for _, id := range []string{"CdkBuildProject", "SelfMutation", "FileAsset", "CDKSecurityCheck", "DevSmokeTest", "ProdSmokeTest"} {
			if !regexp.MustCompile(`"?nodejs"?: "?22"?`).MatchString(specs[id]) {
				t.Errorf("%s has whatever Node the image has: %s", id, specs[id])
			}
		}
		unpinned := regexp.MustCompile(`npm install -g [a-z-]+("|\\"|@latest|@2")`)
		for id, spec := range specs {
			if found := unpinned.FindString(spec); found != "" || strings.Contains(spec, "curl") || strings.Contains(spec, "wget") {
				t.Errorf("%s installs what may change (%s): %s", id, found, spec)
			}
			if strings.Contains(spec, "pip install") && !strings.Contains(spec, "--require-hashes") {
				t.Errorf("%s installs Python packages without digests: %s", id, spec)
			}
		}
	})
	t.Run("runs every step in the pinned image, with logs in the encrypted group", func(t *testing.T) {
		group := template.Has(t, "AWS::Logs::LogGroup", cdktest.Props{"RetentionInDays": 90, "KmsKeyId": cdktest.Props{}})
		template.Count(t, "AWS::Logs::LogGroup", 1)
		for id, project := range template.Of("AWS::CodeBuild::Project") {
			environment := project.Properties["Environment"].(map[string]any)
			if environment["Image"] != pipeline.DefaultBuildImage || environment["PrivilegedMode"] != false {
				t.Errorf("%s runs in %v", id, environment)
			}
			logs, _ := json.Marshal(project.Properties["LogsConfig"])
			if !strings.Contains(string(logs), `{"Ref":"`+group+`"}`) {
				t.Errorf("%s logs to %s", id, logs)
			}
			if project.Properties["EncryptionKey"] == nil {
				t.Errorf("%s has no key", id)
			}
		}
	})
	t.Run("builds with pinned tools and a cache", func(t *testing.T) {
		spec := pipelineSpecs(t, p, template)["CdkBuildProject"]
		for _, part := range []string{`"make pipeline-build"`, `"GOTOOLCHAIN": "` + pipeline.GoToolchain + `"`, `"nodejs": "22"`, `"python": "3.11"`, `"java": "corretto17"`, `"/var/cache/lakekeel/**/*"`} {
			if !strings.Contains(spec, part) {
				t.Errorf("no %s in %s", part, spec)
			}
		}
		template.Has(t, "AWS::CodeBuild::Project", cdktest.Props{"Cache": cdktest.Props{"Type": "S3"}})
	})
	t.Run("keeps artifacts private, encrypted and for TLS alone", func(t *testing.T) {
		template.Has(t, "AWS::S3::BucketPolicy", cdktest.Props{"PolicyDocument": cdktest.Props{}})
		policies, _ := json.Marshal(template.Of("AWS::S3::BucketPolicy"))
		if !strings.Contains(string(policies), `"aws:SecureTransport":"false"`) {
			t.Errorf("no denial of plain HTTP in %s", policies)
		}
		template.Has(t, "AWS::KMS::Key", cdktest.Props{"EnableKeyRotation": true})
	})
	t.Run("lets no step touch everything, but for two lookups of the self-update", func(t *testing.T) {
		if got, want := pipelineStars(t, template), "cloudformation:DescribeStacks, s3:ListBucket"; got != want {
			t.Errorf("on every resource are allowed %s; want %s", got, want)
		}
	})
	t.Run("proves a stage by a role that can run its workflow and nothing else", func(t *testing.T) {
		template.Has(t, "AWS::IAM::Role", cdktest.Props{"RoleName": "Dev-Lakekeel-SmokeStep"})
		spec := pipelineSpecs(t, p, template)["DevSmokeTest"]
		for _, part := range []string{"smoke/smoke_test.py 'Demo' --expect 3 --timeout-minutes 20 --region eu-west-1", ":iam::222222222222:role/Dev-Lakekeel-SmokeTest"} {
			if !strings.Contains(spec, part) {
				t.Errorf("no %s in %s", part, spec)
			}
		}
		smoke := cdktest.Synth(t, pipelineStack(t, p.Stack, "Dev", "SmokeRole"))
		policy := smoke.Has(t, "AWS::IAM::Role", cdktest.Props{"RoleName": "Dev-Lakekeel-SmokeTest"})
		text, _ := json.Marshal(smoke.Resources[policy].Properties)
		for _, part := range []string{
			`"Action":["glue:GetWorkflowRun","glue:StartWorkflowRun"]`, `:glue:eu-west-1:222222222222:workflow/Demo"`,
			`"ArnEquals":{"aws:PrincipalArn":`, `:iam::111111111111:role/Dev-Lakekeel-SmokeStep"`,
		} {
			if !strings.Contains(string(text), part) {
				t.Errorf("no %s in %s", part, text)
			}
		}
		smoke.Count(t, "AWS::IAM::Role", 1)
	})
	t.Run("ships the smoke test beside the templates", func(t *testing.T) {
		for _, name := range []string{"smoke_test.py", "requirements.txt"} {
			if _, err := os.Stat(filepath.Join(*awscdk.Stage_Of(p.Stack).Outdir(), "smoke", name)); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("is the template last reviewed", func(t *testing.T) {
		template.Golden(t, "test/testdata/pipeline.json")
	})
}

func TestPipelineWithoutWorkflowsHasNoSmokeTest(t *testing.T) {
	props := pipelineProps()
	for i, stage := range props.Stages {
		props.Stages[i].Define = func(s awscdk.Stage) []pipeline.Workflow { stage.Define(s); return nil }
	}
	if got := pipelineStages(t, cdktest.Synth(t, pipelineNew(t, props).Stack)); strings.Contains(got, "Smoke") {
		t.Errorf("got %s", got)
	}
}

func TestPipelineTakesEverySource(t *testing.T) {
	sources := map[string]pipeline.Source{
		"CodeStarSourceConnection": {Connection: pipeline.Connection{ARN: "arn:aws:codeconnections:eu-west-1:111111111111:connection/01234567-89ab-cdef-0123-456789abcdef", Repository: "a/group/b", Branch: "main"}},
		"CodeCommit":               {CodeCommit: pipeline.CodeCommit{Repository: "app", Branch: "main"}},
		"S3":                       {S3: pipeline.S3{Bucket: "lakekeel-source", Key: "source.zip"}},
	}
	for provider, source := range sources {
		t.Run(provider, func(t *testing.T) {
			props := pipelineProps()
			props.Source = source
			template := cdktest.Synth(t, pipelineNew(t, props).Stack)
			text, _ := json.Marshal(template.Of("AWS::CodePipeline::Pipeline"))
			if !strings.Contains(string(text), `"Provider":"`+provider+`"`) {
				t.Errorf("no source of provider %s", provider)
			}
		})
	}
}

func TestPipelineHasNoFinding(t *testing.T) {
	p := pipelineNew(t, pipelineProps())
	cdktest.Nag(t, p.Stack)
	for _, name := range []string{"Dev", "Prod"} {
		cdktest.Nag(t, pipelineStack(t, p.Stack, name, "SmokeRole"))
	}
	for _, support := range *p.Pipeline.CrossRegionSupport() {
		cdktest.Nag(t, support.Stack)
	}
}

// TestPipelineInEveryPartition looks for ARNs of the wrong partition in every file
// of the assembly.
func TestPipelineInEveryPartition(t *testing.T) {
	for partition, regions := range map[string][2]string{
		"aws-cn": {"cn-north-1", "cn-northwest-1"}, "aws-us-gov": {"us-gov-west-1", "us-gov-east-1"}, "aws": {"eu-west-1", "eu-west-2"},
	} {
		t.Run(partition, func(t *testing.T) {
			props := pipelineProps()
			props.Region, props.Stages[0].Region, props.Stages[1].Region = regions[0], regions[0], regions[1]
			p := pipelineNew(t, props)
			app := awscdk.Stage_Of(p.Stack)
			app.Synth(nil)
			pipelineNoForeignARN(t, *app.Outdir())
			if console := pipelineSpecs(t, p, cdktest.Synth(t, p.Stack))["CDKSecurityCheck"]; partition != "aws" && strings.Contains(console, "console.aws.amazon.com") {
				t.Error("the check for wider permissions links to the console of another partition")
			}
		})
	}
}

func TestPipelineRefusesBadProps(t *testing.T) {
	defer func() {
		err, _ := recover().(error)
		checktest.Message(t, err, `pipeline.Props.Account is ""; want twelve digits`)
	}()
	props := pipelineProps()
	props.Account = ""
	pipelineNew(t, props)
}

// pipelineNoForeignARN reads every file below folder.
func pipelineNoForeignARN(t testing.TB, folder string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "arn:aws:") {
			i := strings.Index(string(text), "arn:aws:")
			t.Errorf("%s holds %s", filepath.Base(path), text[i:min(len(text), i+80)])
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files read, %v", files, err)
	}
}

// pipelineStack finds the stack of a stage in a pipeline.
func pipelineStack(t testing.TB, stack awscdk.Stack, stage, name string) awscdk.Stack {
	t.Helper()
	found, ok := stack.Node().FindChild(&stage).Node().FindChild(&name).(awscdk.Stack)
	if !ok {
		t.Fatalf("no stack %s/%s", stage, name)
	}
	return found
}

// pipelineStages is a line for each stage of the pipeline with its actions in order.
func pipelineStages(t testing.TB, template *cdktest.Template) string {
	t.Helper()
	var lines []string
	for _, r := range template.Of("AWS::CodePipeline::Pipeline") {
		for _, s := range r.Properties["Stages"].([]any) {
			stage := s.(map[string]any)
			var names []string
			for _, a := range stage["Actions"].([]any) {
				names = append(names, fmt.Sprint(a.(map[string]any)["Name"]))
			}
			lines = append(lines, fmt.Sprint(stage["Name"], ": ", strings.Join(names, ", ")))
		}
	}
	return strings.Join(lines, "\n")
}

// pipelineSpecs are the build specifications of the template's projects as text, by
// what identifies the project in its logical id.
func pipelineSpecs(t testing.TB, p *pipeline.Pipeline, template *cdktest.Template) map[string]string {
	t.Helper()
	specs := map[string]string{}
	for id, project := range template.Of("AWS::CodeBuild::Project") {
		spec := project.Properties["Source"].(map[string]any)["BuildSpec"]
		name := regexp.MustCompile(`(SelfMutation|CdkBuildProject|CDKSecurityCheck|FileAsset|[A-Z][a-z]+SmokeTest|[A-Z][a-z]+Promote)[0-9A-F]{8}$`).FindStringSubmatch(id)
		if name == nil {
			t.Fatalf("unknown project %s", id)
		}
		text, isText := spec.(string)
		if isText && strings.HasSuffix(text, ".yaml") { // a file in the assembly
			file, err := os.ReadFile(filepath.Join(*awscdk.Stage_Of(p.Stack).Outdir(), text))
			if err != nil {
				t.Fatal(err)
			}
			text = string(file)
		}
		if !isText { // with references
			raw, err := json.Marshal(spec)
			if err != nil {
				t.Fatal(err)
			}
			text = strings.ReplaceAll(string(raw), `\"`, `"`)
		}
		specs[name[1]] = text
	}
	return specs
}

// pipelineStars are the actions that some policy of a role allows on every resource.
func pipelineStars(t testing.TB, template *cdktest.Template) string {
	t.Helper()
	var actions []string
	for _, policy := range template.Of("AWS::IAM::Policy") {
		for _, s := range policy.Properties["PolicyDocument"].(map[string]any)["Statement"].([]any) {
			statement := s.(map[string]any)
			if resource, _ := json.Marshal(statement["Resource"]); !strings.Contains(string(resource), `"*"`) {
				continue
			}
			list, ok := statement["Action"].([]any)
			if !ok {
				list = []any{statement["Action"]}
			}
			for _, action := range list {
				actions = append(actions, fmt.Sprint(action))
			}
		}
	}
	return strings.Join(actions, ", ")
}
