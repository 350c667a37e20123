package pipeline

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
	"github.com/lakekeel/lakekeel/internal/promotion"
)

func nothing(awscdk.Stage) []Workflow { return nil }

// sound are props without faults; each test changes something in a copy.
func sound() Props {
	return Props{
		Account: "111111111111", Region: "eu-west-1",
		Source: Source{CodeCommit: CodeCommit{Repository: "app", Branch: "main"}},
		Stages: []Stage{
			{Name: "Dev", Account: "222222222222", Region: "eu-west-1", Automatic: true, Define: nothing},
			{Name: "Prod", Account: "333333333333", Region: "us-east-1", Define: nothing},
		},
	}
}

func TestPropsValidate(t *testing.T) {
	const arn = "arn:aws:codeconnections:eu-west-1:111111111111:connection/01234567-89ab-cdef-0123-456789abcdef"
	tests := map[string]struct {
		change func(*Props)
		want   string // the whole message; empty if the props are sound
	}{
		"sound props":               {func(p *Props) {}, ""},
		"a source in S3":            {func(p *Props) { p.Source = Source{S3: S3{"source-bucket", "app/source.zip"}} }, ""},
		"a connection with groups":  {func(p *Props) { p.Source = Source{Connection: Connection{arn, "a/b/c", "feature/x"}} }, ""},
		"a name with a space":       {func(p *Props) { p.Name = "my pipe" }, `pipeline.Props.Name is "my pipe"; want 2 to 26 letters, digits and hyphens, a letter first and no hyphen last`},
		"no account":                {func(p *Props) { p.Account = "" }, `pipeline.Props.Account is ""; want twelve digits`},
		"a region in words":         {func(p *Props) { p.Region = "Dublin" }, `pipeline.Props.Region is "Dublin"; want an AWS region, e.g. eu-west-1`},
		"an image that moves":       {func(p *Props) { p.BuildImage = "aws/codebuild/standard:latest" }, `pipeline.Props.BuildImage is "aws/codebuild/standard:latest"; want an image of CodeBuild's own with its version, e.g. aws/codebuild/standard:7.0`},
		"an empty command":          {func(p *Props) { p.Build = []string{"make", " "} }, `pipeline.Props.Build[1] is " "; want a shell command`},
		"no source":                 {func(p *Props) { p.Source = Source{} }, `pipeline.Props.Source is "set 0 times"; want exactly one of Connection, CodeCommit and S3`},
		"two sources":               {func(p *Props) { p.Source.S3 = S3{"source-bucket", "a.zip"} }, `pipeline.Props.Source is "set 2 times"; want exactly one of Connection, CodeCommit and S3`},
		"no branch":                 {func(p *Props) { p.Source.CodeCommit.Branch = "" }, `pipeline.Props.Source.CodeCommit.Branch is ""; want the name of a branch, e.g. main`},
		"a key that is no zip file": {func(p *Props) { p.Source = Source{S3: S3{"source-bucket", "a.tar"}} }, `pipeline.Props.Source.S3.Key is "a.tar"; want the key of a zip file, e.g. lakekeel/source.zip`},
		"a connection without ARN":  {func(p *Props) { p.Source = Source{Connection: Connection{"", "a/b", "main"}} }, `pipeline.Props.Source.Connection.ARN is ""; want the ARN of a connection, arn:PARTITION:codeconnections:REGION:ACCOUNT:connection/ID`},
		"a connection from elsewhere": {func(p *Props) {
			p.Source = Source{Connection: Connection{strings.Replace(arn, ":aws:", ":aws-cn:", 1), "a/b", "main"}}
		}, `pipeline.Props.Source.Connection.ARN is "` + strings.Replace(arn, ":aws:", ":aws-cn:", 1) + `"; want a connection in the pipeline's partition, aws`},
		"no stages":                {func(p *Props) { p.Stages = nil }, `pipeline.Props.Stages is ""; want at least one stage`},
		"a stage's name twice":     {func(p *Props) { p.Stages[1].Name = "DEV" }, `pipeline.Props.Stages[1].Name is "DEV"; want a name that no other stage has, and not "Pipeline"`},
		"a reserved name":          {func(p *Props) { p.Stages[0].Name = "pipeline" }, `pipeline.Props.Stages[0].Name is "pipeline"; want a name that no other stage has, and not "Pipeline"`},
		"another partition":        {func(p *Props) { p.Stages[1].Region = "us-gov-west-1" }, `pipeline.Props.Stages[1].Region is "us-gov-west-1"; want a region of the pipeline's partition, aws, for no role reaches beyond it`},
		"a timeout with seconds":   {func(p *Props) { p.Stages[0].SmokeTimeout = 90 * time.Second }, `pipeline.Props.Stages[0].SmokeTimeout is 1m30s; want whole minutes up to 7h0m0s, or 0 for one hour`},
		"a timeout over the limit": {func(p *Props) { p.Stages[0].SmokeTimeout = 8 * time.Hour }, `pipeline.Props.Stages[0].SmokeTimeout is 8h0m0s; want whole minutes up to 7h0m0s, or 0 for one hour`},
		"a stage without stacks":   {func(p *Props) { p.Stages[0].Define = nil }, `pipeline.Props.Stages[0].Define is ""; want a function that defines the stage's stacks`},
		"a promotion": {func(p *Props) {
			p.Stages[1].Promotion = &Promotion{"Dev", promotion.Plan{Assets: []string{"dashboard/a"}}}
		}, ""},
		"a promotion from a later stage": {func(p *Props) {
			p.Stages[0].Promotion = &Promotion{"Prod", promotion.Plan{Assets: []string{"dashboard/a"}}}
		},
			`pipeline.Props.Stages[0].Promotion.From is "Prod"; want the name of a stage above`},
		"a promotion to where it comes from": {func(p *Props) {
			p.Stages[1].Account, p.Stages[1].Region = p.Stages[0].Account, p.Stages[0].Region
			p.Stages[1].Promotion = &Promotion{"Dev", promotion.Plan{Assets: []string{"dashboard/a"}}}
		}, `pipeline.Props.Stages[1].Promotion.From is "Dev"; want a stage in another account or region`},
		"a promotion of nothing": {func(p *Props) { p.Stages[1].Promotion = &Promotion{From: "Dev"} }, `pipeline.Props.Stages[1].Promotion.Plan.Assets is 0; want one asset at least`},
		"every fault is reported": {
			func(p *Props) { *p = Props{Stages: []Stage{{}}} },
			`pipeline.Props.Account is ""; want twelve digits
pipeline.Props.Region is ""; want an AWS region, e.g. eu-west-1
pipeline.Props.Source is "set 0 times"; want exactly one of Connection, CodeCommit and S3
pipeline.Props.Stages[0].Name is ""; want 2 to 26 letters, digits and hyphens, a letter first and no hyphen last
pipeline.Props.Stages[0].Account is ""; want twelve digits
pipeline.Props.Stages[0].Region is ""; want an AWS region, e.g. eu-west-1
pipeline.Props.Stages[0].Define is ""; want a function that defines the stage's stacks`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			props := sound()
			test.change(&props)
			checktest.Message(t, props.Validate(), test.want)
		})
	}
}

func TestRoleNamesOfTheLongestNamesAreWithinIAMsLimit(t *testing.T) {
	longest := "A" + strings.Repeat("b", 25)
	if !namePattern.MatchString(longest) || namePattern.MatchString(longest+"b") {
		t.Fatal("26 letters are not the longest name")
	}
	p := &Pipeline{props: Props{Name: longest}}
	for _, role := range []string{p.stepRole(Stage{Name: longest}), p.targetRole(Stage{Name: longest}),
		p.promoterRole(Stage{Name: longest}), p.exportRole(Stage{Name: longest}), p.importRole(Stage{Name: longest})} {
		if len(role) > 64 { // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
			t.Errorf("%s has %d characters", role, len(role))
		}
	}
}

func TestPartition(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "us-iso-east-1": "aws-iso",
		"us-isob-east-1": "aws-iso-b", "us-isof-south-1": "aws-iso-f", "eu-isoe-west-1": "aws-iso-e", "eusc-de-east-1": "aws-eusc",
	} {
		if got := Partition(region); got != want {
			t.Errorf("%s is in %s; want %s", region, got, want)
		}
		if !regionPattern.MatchString(region) {
			t.Errorf("%s is not taken for a region", region)
		}
	}
}

func TestQuoteMakesOneWordOfTheShell(t *testing.T) {
	if got, want := quote(`it's; rm -rf $HOME`), `'it'\''s; rm -rf $HOME'`; got != want {
		t.Errorf("got %s; want %s", got, want)
	}
}

// The smoke test's packages are those of set-up, so that a laptop proves the
// versions that the pipeline runs.
func TestSmokeTestHasThePackagesOfSetUp(t *testing.T) {
	setUp, err := os.ReadFile("../../internal/toolchain/requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(smokeRequirements), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") && !strings.Contains(string(setUp), strings.TrimSuffix(strings.TrimSpace(line), ` \`)) {
			t.Errorf("set-up has no %s; copy the package's lines from internal/toolchain/requirements.txt", strings.TrimSpace(line))
		}
	}
}

// The pipeline deploys with the CLI that a laptop deploys with.
func TestCDKVersionIsThatOfSetUp(t *testing.T) {
	text, err := os.ReadFile("../../internal/toolchain/package.json")
	if err != nil {
		t.Fatal(err)
	}
	var setUp struct{ Dependencies map[string]string }
	if err := json.Unmarshal(text, &setUp); err != nil {
		t.Fatal(err)
	}
	if got := setUp.Dependencies["aws-cdk"]; got != CDKVersion {
		t.Errorf("internal/toolchain/package.json installs aws-cdk %s, the pipeline %s", got, CDKVersion)
	}
}
