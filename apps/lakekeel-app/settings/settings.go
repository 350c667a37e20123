// Package settings is the shape of the app's configuration file, lakekeel.yaml.
package settings

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/internal/config"
	"github.com/lakekeel/lakekeel/internal/system"
	"github.com/lakekeel/lakekeel/stacks/pipeline"
)

// Settings is everything that the configuration file says.
type Settings struct {
	Pipeline     Pipeline
	Environments []*Environment // in the order of the file, which is the pipeline's
}

// Pipeline is where the pipeline lives and what it builds.
type Pipeline struct {
	Defined    bool   // whether the file has the block at all
	Name       string // if empty, pipeline.DefaultName
	Account    string
	Region     string
	BuildImage string // if empty, pipeline.DefaultBuildImage
	Source     pipeline.Source
}

// Release says how changes come into an environment.
type Release string

// The ways of release. The zero value counts as [Approval].
const (
	Approval  Release = "approval"  // the pipeline deploys after a person approved
	Automatic Release = "automatic" // the pipeline deploys
	Direct    Release = "direct"    // only cdk deploy -c stage=NAME deploys; the pipeline leaves it alone
)

// Environment is one place that systems are deployed to.
type Environment struct {
	Name        string
	Account     string
	Region      string
	Release     Release // never empty after [Read]
	DestroyData bool
	Promotion   pipeline.Promotion // of QuickSight's reports; From is empty if there is none
	Systems     []*Enabled         // one for every system that there is, in that order
}

// Enabled is what an environment says about one system.
type Enabled struct {
	System   system.System
	On       bool
	Settings system.Settings
}

// On returns the systems that the environment switches on.
func (e *Environment) On() []*Enabled {
	var on []*Enabled
	for _, s := range e.Systems {
		if s.On {
			on = append(on, s)
		}
	}
	return on
}

// Delivered tells whether the pipeline deploys to the environment.
func (e *Environment) Delivered() bool { return e.Release != Direct }

// Load reads the configuration file at path, for an app that has the systems.
// Faults name the file as path does.
func Load(path string, systems []system.System) (*Settings, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return Read(path, text, systems)
}

// Read reads the text of a configuration file; faults call it file. The error
// tells every fault, one a line, in the order of the file.
func Read(file string, text []byte, systems []system.System) (*Settings, error) {
	s := &Settings{}
	doc := config.Read(file, text, s.fields(systems))
	s.Pipeline.Defined = doc.Has("pipeline")
	for _, e := range s.Environments {
		e.Release = cmp.Or(e.Release, Approval)
	}
	s.check(doc)
	if err := doc.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

// Schema is the JSON Schema of the configuration file of an app that has the
// systems; editors complete and check the file by it.
func Schema(systems []system.System) []byte {
	return config.Schema("Lakekeel: the pipeline, and the environments that it delivers to", (&Settings{}).fields(systems))
}

// Environment returns the environment of that name.
func (s *Settings) Environment(name string) (*Environment, bool) {
	for _, e := range s.Environments {
		if e.Name == name {
			return e, true
		}
	}
	return nil, false
}

// Names lists the environments in the order of the file.
func (s *Settings) Names() []string {
	var names []string
	for _, e := range s.Environments {
		names = append(names, e.Name)
	}
	return names
}

const (
	wantAccount = `twelve digits in quotes, e.g. "123456789012"`
	wantRegion  = "an AWS region, e.g. eu-west-1"
	patAccount  = `^[0-9]{12}$`
	patRegion   = `^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`
)

func (s *Settings) fields(systems []system.System) []config.Field {
	return []config.Field{
		{Name: "pipeline", Value: config.Block{Fields: s.Pipeline.fields()},
			Doc: "The delivery pipeline. Leave it out if environments are deployed directly only."},
		{Name: "environments", Required: true, Value: config.List{Each: func() []config.Field {
			e := &Environment{}
			s.Environments = append(s.Environments, e)
			return e.fields(systems)
		}}, Doc: "The places that systems are deployed to, in the order in which the pipeline delivers."},
	}
}

func (p *Pipeline) fields() []config.Field {
	return []config.Field{
		{Name: "name", Value: config.Text{To: &p.Name, Pattern: pipeline.NamePattern, Want: pipeline.WantName, Default: pipeline.DefaultName},
			Doc: "Name of the pipeline; its stack is NAME-Pipeline. If left out, " + pipeline.DefaultName + "."},
		{Name: "account", Required: true, Value: config.Text{To: &p.Account, Pattern: patAccount, Want: wantAccount},
			Doc: "AWS account that the pipeline runs in: twelve digits, in quotes."},
		{Name: "region", Required: true, Value: config.Text{To: &p.Region, Pattern: patRegion, Want: wantRegion},
			Doc: "AWS region that the pipeline runs in."},
		{Name: "source", Required: true, Value: config.Block{OneOnly: true, Fields: sourceFields(&p.Source)},
			Doc: "Where the source comes from: exactly one of connection, codecommit, s3."},
		{Name: "buildImage", Value: config.Text{To: &p.BuildImage, Pattern: pipeline.BuildImagePattern, Want: pipeline.WantBuildImage, Default: pipeline.DefaultBuildImage},
			Doc: "CodeBuild's own image that all build steps run in, with its version. If left out, " + pipeline.DefaultBuildImage + "."},
	}
}

func sourceFields(s *pipeline.Source) []config.Field {
	branch := func(to *string) config.Field {
		return config.Field{Name: "branch", Required: true, Value: config.Text{To: to, Pattern: pipeline.BranchPattern, Want: pipeline.WantBranch},
			Doc: "Branch whose commits the pipeline delivers, e.g. main."}
	}
	return []config.Field{
		{Name: "connection", Doc: "GitHub, GitLab, Bitbucket and others, by AWS CodeConnections.", Value: config.Block{Fields: []config.Field{
			{Name: "arn", Required: true, Value: config.Text{To: &s.Connection.ARN, Pattern: pipeline.ConnectionPattern, Want: pipeline.WantConnection},
				Doc: "ARN of the connection; make it once in the console and complete its handshake."},
			{Name: "repository", Required: true, Value: config.Text{To: &s.Connection.Repository, Pattern: pipeline.RepositoryPattern, Want: pipeline.WantRepository},
				Doc: "Repository as owner/name; groups in between are allowed."},
			branch(&s.Connection.Branch),
		}}},
		{Name: "codecommit", Doc: "A repository of AWS CodeCommit in the pipeline's account and region.", Value: config.Block{Fields: []config.Field{
			{Name: "repository", Required: true, Value: config.Text{To: &s.CodeCommit.Repository, Pattern: pipeline.CodeCommitPattern, Want: pipeline.WantCodeCommit},
				Doc: "Name of the repository."},
			branch(&s.CodeCommit.Branch),
		}}},
		{Name: "s3", Doc: "A zip file of the source in S3; the bucket must keep versions.", Value: config.Block{Fields: []config.Field{
			{Name: "bucket", Required: true, Value: config.Text{To: &s.S3.Bucket, Pattern: pipeline.BucketPattern, Want: pipeline.WantBucket},
				Doc: "Name of the bucket."},
			{Name: "key", Required: true, Value: config.Text{To: &s.S3.Key, Pattern: pipeline.KeyPattern, Want: pipeline.WantKey},
				Doc: "Key of the zip file, e.g. lakekeel/source.zip."},
		}}},
	}
}

func (e *Environment) fields(systems []system.System) []config.Field {
	fields := []config.Field{
		{Name: "name", Required: true, Value: config.Text{To: &e.Name, Pattern: pipeline.StagePattern, Want: pipeline.WantStage},
			Doc: "Name of the environment, e.g. Prod; the names of its stacks begin with it."},
		{Name: "account", Required: true, Value: config.Text{To: &e.Account, Pattern: patAccount, Want: wantAccount},
			Doc: "AWS account of the environment: twelve digits, in quotes."},
		{Name: "region", Required: true, Value: config.Text{To: &e.Region, Pattern: patRegion, Want: wantRegion},
			Doc: "AWS region of the environment."},
		{Name: "release", Value: config.Text{To: (*string)(&e.Release), OneOf: []string{string(Approval), string(Automatic), string(Direct)}, Default: string(Approval)},
			Doc: "How changes come here. approval: the pipeline deploys after a person approved. automatic: the pipeline deploys. direct: the pipeline leaves it alone, cdk deploy -c stage=NAME deploys. If left out, approval."},
		{Name: "destroyData", Value: config.Flag{To: &e.DestroyData},
			Doc: "Whether removing a stack may remove data too, where the construct allows it as well. If left out, data is kept."},
		{Name: "promotion", Value: config.Block{Fields: append([]config.Field{
			{Name: "from", Required: true, Value: config.Text{To: &e.Promotion.From, Pattern: pipeline.StagePattern, Want: pipeline.WantStage},
				Doc: "Name of the environment above that the reports come from, by the pipeline."},
		}, e.Promotion.Plan.Fields()...)},
			Doc: "Reports of QuickSight that the pipeline brings here from another environment after each deployment. If left out, none."},
	}
	for _, s := range systems {
		on := &Enabled{System: s, Settings: s.New()}
		e.Systems = append(e.Systems, on)
		enabled := config.Field{Name: "enabled", Value: config.Flag{To: &on.On},
			Doc: "Whether the system is deployed here. If left out, it is not."}
		fields = append(fields, config.Field{Name: s.Name, Doc: s.Doc,
			Value: config.Block{Fields: append([]config.Field{enabled}, on.Settings.Fields()...)}})
	}
	return fields
}

// check records the faults that span several keys.
func (s *Settings) check(doc *config.Document) {
	s.checkNames(doc)
	s.checkSystems(doc)
	s.checkPromotions(doc)
	if s.Pipeline.Defined {
		s.checkPipeline(doc)
	}
}

func at(i int, key string) string { return fmt.Sprintf("environments[%d].%s", i, key) }

// checkNames compares without case, as CloudFormation's users and file systems may.
func (s *Settings) checkNames(doc *config.Document) {
	first := map[string]int{}
	for i, e := range s.Environments {
		name := strings.ToLower(e.Name)
		doc.Want(name != strings.ToLower(pipeline.Reserved), at(i, "name"), e.Name, "another name, for the pipeline's own resources have it")
		j, taken := first[name]
		if taken && e.Name != "" {
			doc.Want(false, at(i, "name"), e.Name, fmt.Sprintf("a name that no other environment has (line %d has it)", doc.Line(at(j, "name"))))
			continue
		}
		first[name] = i
	}
}

func (s *Settings) checkSystems(doc *config.Document) {
	holder := map[[3]string]int{} // by account, region and system
	for i, e := range s.Environments {
		doc.Want(len(e.On()) > 0 || !doc.Has(at(i, "name")), fmt.Sprintf("environments[%d]", i), config.Phrase("without any system"),
			"one at least with enabled: true, of "+strings.Join(systemNames(e), ", "))
		for _, on := range e.On() {
			on.Settings.Check(doc, at(i, on.System.Name))
			place := [3]string{e.Account, e.Region, on.System.Name}
			j, taken := holder[place]
			if on.System.Once && taken && e.Account != "" && e.Region != "" {
				doc.Want(false, at(i, on.System.Name), config.Phrase("there twice in account "+e.Account+", region "+e.Region),
					fmt.Sprintf("once in an account and region, for its names are fixed (line %d has it)", doc.Line(at(j, on.System.Name))))
				continue
			}
			holder[place] = i
		}
	}
}

// checkPromotions looks at where reports come from, which the pipeline must have delivered to before.
func (s *Settings) checkPromotions(doc *config.Document) {
	for i, e := range s.Environments {
		if e.Promotion.From == "" {
			continue
		}
		j := slices.IndexFunc(s.Environments[:i], func(o *Environment) bool { return o.Name == e.Promotion.From && o.Delivered() })
		doc.Want(j >= 0, at(i, "promotion.from"), e.Promotion.From, "the name of an environment above that the pipeline delivers to")
		doc.Want(e.Delivered(), at(i, "promotion"), config.Phrase("there with release: direct"), "a release by the pipeline, which promotes; or: lakekeel quicksight promote")
		if j >= 0 {
			o := s.Environments[j]
			doc.Want(o.Account != e.Account || o.Region != e.Region, at(i, "promotion.from"), e.Promotion.From, "an environment in another account or region")
		}
		if doc.Err() != nil {
			continue // what was refused is not in the plan
		}
		if err := e.Promotion.Plan.Validate(); err != nil {
			doc.Want(false, at(i, "promotion"), config.Phrase("at fault"), strings.ReplaceAll(err.Error(), "\n", "; "))
		}
	}
}

func systemNames(e *Environment) []string {
	var names []string
	for _, s := range e.Systems {
		names = append(names, s.System.Name)
	}
	return names
}

func (s *Settings) checkPipeline(doc *config.Document) {
	home := pipeline.Partition(s.Pipeline.Region)
	delivered := 0
	for i, e := range s.Environments {
		if !e.Delivered() {
			continue
		}
		delivered++
		doc.Want(e.Region == "" || s.Pipeline.Region == "" || pipeline.Partition(e.Region) == home, at(i, "region"), e.Region,
			fmt.Sprintf("a region of the pipeline's partition, %s, for no role reaches beyond it; or release: direct", home))
	}
	doc.Want(delivered > 0 || len(s.Environments) == 0, "environments", config.Phrase("all released directly"),
		"one at least that the pipeline delivers to; or no pipeline block")
	if arn := s.Pipeline.Source.Connection.ARN; arn != "" && s.Pipeline.Region != "" {
		doc.Want(strings.HasPrefix(arn, "arn:"+home+":"), "pipeline.source.connection.arn", arn, "a connection in the pipeline's partition, "+home)
	}
}
