// Package pipeline defines the self-mutating delivery pipeline: it builds the
// app from its source, updates itself, and deploys one stage after another,
// each behind its checks and each proved by a run of its workflows.
package pipeline

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/partition"
	"github.com/lakekeel/lakekeel/internal/promotion"
)

// What a zero [Props] stands for.
const (
	DefaultName         = "Lakekeel"
	DefaultBuildImage   = "aws/codebuild/standard:7.0"
	DefaultBuildCommand = "make pipeline-build"
	DefaultSmokeTimeout = time.Hour
)

// Props describes a [Pipeline].
type Props struct {
	Name    string // of the pipeline, unique in its account and region; if empty, "Lakekeel"
	Account string // that the pipeline runs in: twelve digits
	Region  string // that the pipeline runs in, e.g. "eu-west-1"
	Source  Source
	Stages  []Stage // deployed in this order; at least one

	// Build is what makes the cloud assembly in the folder cdk.out, run in the
	// root of the source; if empty, "make pipeline-build". `lakekeel rehearse`
	// runs the same commands in a clean clone.
	Build []string

	// BuildImage is CodeBuild's own image for all steps, with its version; if
	// empty, "aws/codebuild/standard:7.0".
	BuildImage string
}

// Source is where the app's source comes from: exactly one of its fields is set.
type Source struct {
	Connection Connection
	CodeCommit CodeCommit
	S3         S3
}

// Connection is a repository at GitHub, GitLab, Bitbucket or another host that
// AWS CodeConnections knows.
type Connection struct {
	ARN        string // of a connection whose handshake is complete
	Repository string // "owner/name", groups in between allowed
	Branch     string
}

// CodeCommit is a repository in the pipeline's account and region.
type CodeCommit struct {
	Repository string
	Branch     string
}

// S3 is a zip file of the source, in a bucket that keeps versions. The pipeline
// looks for a new version once a minute.
type S3 struct {
	Bucket string
	Key    string
}

// Stage is one environment that the pipeline deploys to.
type Stage struct {
	Name    string // e.g. "Prod"; the names of its stacks begin with it
	Account string // twelve digits
	Region  string // in the partition of the pipeline's

	// Automatic says that the pipeline deploys here without asking. If false, a
	// person approves first. Wider IAM permissions stop and ask in either case.
	Automatic bool

	// SmokeTimeout is how long each workflow's run may take after a deployment,
	// in whole minutes up to seven hours; if zero, one hour.
	SmokeTimeout time.Duration

	// Promotion brings reports of QuickSight here from an earlier stage, after the stage is deployed and
	// proved; if nil, none.
	Promotion *Promotion

	// Define defines the stage's stacks in it, and returns the workflows that
	// prove the deployment by a run.
	Define func(stage awscdk.Stage) []Workflow
}

// Promotion is what comes from which stage, and what is otherwise here.
type Promotion struct {
	From string // name of a stage above, in another account or region
	Plan promotion.Plan
}

// Workflow is a Glue workflow that is run after a deployment.
type Workflow struct {
	Name    string // at Glue
	Actions int    // how many jobs and crawlers a good run has, all of them succeeded
}

// What names and values must look like, and how to say it. The patterns are in
// the syntax that Go and ECMAScript share, because the configuration file's JSON
// Schema holds them too.
const (
	// A role's name of 64 characters holds a stage's name, the pipeline's name
	// and "-SmokeTest" with two hyphens: 26 and 26 leave one to spare.
	NamePattern = `^[A-Za-z][A-Za-z0-9-]{0,24}[A-Za-z0-9]$`
	WantName    = "2 to 26 letters, digits and hyphens, a letter first and no hyphen last"

	StagePattern = NamePattern
	WantStage    = WantName

	BuildImagePattern = `^aws/codebuild/[a-z0-9_-]+(/[a-z0-9_-]+)*:[0-9]+\.[0-9]+$`
	WantBuildImage    = "an image of CodeBuild's own with its version, e.g. " + DefaultBuildImage

	ConnectionPattern = `^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:[0-9]{12}:connection/[0-9a-f-]{36}$`
	WantConnection    = "the ARN of a connection, arn:PARTITION:codeconnections:REGION:ACCOUNT:connection/ID"

	RepositoryPattern = `^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+){1,22}$`
	WantRepository    = "owner/name, groups in between allowed"

	CodeCommitPattern = `^[A-Za-z0-9._-]{1,100}$`
	WantCodeCommit    = "1 to 100 letters, digits, dots, hyphens and underscores"

	BranchPattern = `^[A-Za-z0-9][A-Za-z0-9._/-]{0,254}$`
	WantBranch    = "the name of a branch, e.g. main"

	BucketPattern = `^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`
	WantBucket    = "the name of a bucket: 3 to 63 small letters, digits, dots and hyphens"

	KeyPattern = `^[^/].*\.zip$`
	WantKey    = "the key of a zip file, e.g. lakekeel/source.zip"

	wantAccount = "twelve digits"
	wantRegion  = "an AWS region, e.g. eu-west-1"
)

// maxBuild is the longest build that CodeBuild allows:
// https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html.
const maxBuild = 8 * time.Hour

// maxSmokeTimeout leaves the step time to install its packages.
const maxSmokeTimeout = maxBuild - time.Hour

// Reserved is the id of the group that holds the pipeline's own resources,
// beside the stages; no stage can have it as its name, in whatever case.
const Reserved = "Pipeline"

var (
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
	regionPattern  = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)
	namePattern    = regexp.MustCompile(NamePattern)
	imagePattern   = regexp.MustCompile(BuildImagePattern)
)

// Validate reports every fault in the props as a [check.Fault]. It touches
// nothing but the props.
func (p Props) Validate() error {
	faults := check.Of("pipeline.Props")
	faults.Want(p.Name == "" || namePattern.MatchString(p.Name), "Name", p.Name, WantName)
	faults.Want(accountPattern.MatchString(p.Account), "Account", p.Account, wantAccount)
	faults.Want(regionPattern.MatchString(p.Region), "Region", p.Region, wantRegion)
	faults.Want(p.BuildImage == "" || imagePattern.MatchString(p.BuildImage), "BuildImage", p.BuildImage, WantBuildImage)
	for i, command := range p.Build {
		faults.Want(strings.TrimSpace(command) != "", fmt.Sprintf("Build[%d]", i), command, "a shell command")
	}
	p.Source.check(faults, p.Region)
	p.checkStages(faults)
	return faults.Err()
}

func (s Source) check(faults *check.Faults, region string) {
	kinds := 0
	for _, set := range []bool{s.Connection != Connection{}, s.CodeCommit != CodeCommit{}, s.S3 != S3{}} {
		if set {
			kinds++
		}
	}
	faults.Want(kinds == 1, "Source", fmt.Sprintf("set %d times", kinds), "exactly one of Connection, CodeCommit and S3")
	like := func(pattern, field, got, want string) {
		faults.Want(regexp.MustCompile(pattern).MatchString(got), "Source."+field, got, want)
	}
	if c := s.Connection; c != (Connection{}) {
		like(ConnectionPattern, "Connection.ARN", c.ARN, WantConnection)
		like("^(arn:"+Partition(region)+":|$)", "Connection.ARN", c.ARN, "a connection in the pipeline's partition, "+Partition(region))
		like(RepositoryPattern, "Connection.Repository", c.Repository, WantRepository)
		like(BranchPattern, "Connection.Branch", c.Branch, WantBranch)
	}
	if c := s.CodeCommit; c != (CodeCommit{}) {
		like(CodeCommitPattern, "CodeCommit.Repository", c.Repository, WantCodeCommit)
		like(BranchPattern, "CodeCommit.Branch", c.Branch, WantBranch)
	}
	if c := s.S3; c != (S3{}) {
		like(BucketPattern, "S3.Bucket", c.Bucket, WantBucket)
		like(KeyPattern, "S3.Key", c.Key, WantKey)
	}
}

func (p Props) checkStages(faults *check.Faults) {
	faults.Want(len(p.Stages) > 0, "Stages", "", "at least one stage")
	seen := map[string]bool{strings.ToLower(Reserved): true}
	for i, stage := range p.Stages {
		at := func(field string) string { return fmt.Sprintf("Stages[%d].%s", i, field) }
		key := strings.ToLower(stage.Name)
		faults.Want(namePattern.MatchString(stage.Name), at("Name"), stage.Name, WantStage)
		faults.Want(!seen[key], at("Name"), stage.Name, fmt.Sprintf("a name that no other stage has, and not %q", Reserved))
		faults.Want(accountPattern.MatchString(stage.Account), at("Account"), stage.Account, wantAccount)
		faults.Want(regionPattern.MatchString(stage.Region), at("Region"), stage.Region, wantRegion)
		faults.Want(Partition(stage.Region) == Partition(p.Region), at("Region"), stage.Region,
			fmt.Sprintf("a region of the pipeline's partition, %s, for no role reaches beyond it", Partition(p.Region)))
		t := stage.SmokeTimeout
		faults.Want(t >= 0 && t <= maxSmokeTimeout && t%time.Minute == 0, at("SmokeTimeout"), t, "whole minutes up to 7h0m0s, or 0 for one hour")
		p.checkPromotion(faults, i)
		if stage.Define == nil {
			faults.Want(false, at("Define"), "", "a function that defines the stage's stacks")
		}
		seen[key] = true
	}
}

func (p Props) checkPromotion(faults *check.Faults, i int) {
	stage := p.Stages[i]
	if stage.Promotion == nil {
		return
	}
	at := fmt.Sprintf("Stages[%d].Promotion.", i)
	source, ok := p.above(i, stage.Promotion.From)
	faults.Want(ok, at+"From", stage.Promotion.From, "the name of a stage above")
	faults.Want(!ok || source.Account != stage.Account || source.Region != stage.Region, at+"From", stage.Promotion.From, "a stage in another account or region")
	stage.Promotion.Plan.Check(faults, at+"Plan.")
}

// above is the stage of that name among those before the i-th.
func (p Props) above(i int, name string) (Stage, bool) {
	for _, stage := range p.Stages[:i] {
		if stage.Name == name {
			return stage, true
		}
	}
	return Stage{}, false
}

// Partition is the partition that a region belongs to, e.g. "aws-cn".
func Partition(region string) string { return partition.Of(region) }

func (p Props) name() string { return cmp.Or(p.Name, DefaultName) }

func (p Props) buildImage() string { return cmp.Or(p.BuildImage, DefaultBuildImage) }

func (p Props) build() []string {
	if len(p.Build) == 0 {
		return []string{DefaultBuildCommand}
	}
	return p.Build
}
