package settings_test

import (
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/apps/lakekeel-app/settings"
	"github.com/lakekeel/lakekeel/internal/check/checktest"
	"github.com/lakekeel/lakekeel/internal/config"
	"github.com/lakekeel/lakekeel/internal/system"
	"github.com/lakekeel/lakekeel/stacks/pipeline"
)

// orders is a system of the tests' own: a schedule, a flag, and a rule over both.
type orders struct {
	schedule string
	empty    bool
}

func (o *orders) Fields() []config.Field {
	return []config.Field{
		{Name: "schedule", Doc: "When.", Value: config.Text{To: &o.schedule, OneOf: []string{"daily", "never"}}},
		{Name: "empty", Doc: "Whether.", Value: config.Flag{To: &o.empty}},
	}
}

func (o *orders) Check(doc *config.Document, path string) {
	doc.Want(!o.empty || o.schedule != "daily", path+".empty", o.empty, "false beside schedule: daily")
}

func (o *orders) Define(system.Place) []system.Workflow { return nil }

var systems = []system.System{
	{Name: "orders", Doc: "Orders.", Once: true, New: func() system.Settings { return &orders{} }},
	{Name: "returns", Doc: "Returns.", New: func() system.Settings { return &orders{} }},
}

// sound is a file without faults; the tests change one thing in it.
const sound = `pipeline:
  account: "111111111111"
  region: eu-west-1
  source:
    codecommit:
      repository: app
      branch: main
environments:
  - name: Dev
    account: "222222222222"
    region: eu-west-1
    release: automatic
    orders:
      enabled: true
  - name: Prod
    account: "333333333333"
    region: us-east-1
    destroyData: false
    orders:
      enabled: true
      schedule: daily
`

func TestReadRefusesWithOneClearLineEach(t *testing.T) {
	const source = "    codecommit:\n      repository: app\n      branch: main\n"
	tests := map[string]struct {
		old, new string // what is changed in the sound file; an old that is empty replaces all of it
		want     string
	}{
		"nothing": {"app", "app", ""},

		// the whole file
		"an empty file":      {"", " \n", `f.yaml:1 is empty; want a block with the keys pipeline, environments`},
		"JSON's braces":      {"", "{", `f.yaml:1 is not YAML (could not find flow mapping end token '}'); want a block with the keys pipeline, environments`},
		"another file":       {"", "hello", `f.yaml:1 is "hello"; want a block with the keys pipeline, environments`},
		"a misspelt block":   {"environments:", "enviroments:", "f.yaml:1: environments is missing; want a list of blocks, one at least\nf.yaml:8: enviroments is an unknown key; want \"environments\""},
		"an unknown block":   {"pipeline:", "kubernetes: true\npipeline:", `f.yaml:1: kubernetes is an unknown key; want one of pipeline, environments`},
		"a block twice":      {"environments:", "pipeline: {}\nenvironments:", `f.yaml:8: pipeline is there a second time; want each key once (the first is on line 1)`},
		"no environments":    {"", "environments: []\n", `f.yaml:1: environments is a list of 0; want a list of blocks, one at least`},
		"empty environments": {"", "environments:\n", `f.yaml:1: environments is empty; want a list of blocks, one at least`},
		"an environment by its name": {"", "environments:\n  Dev:\n    region: eu-west-1\n",
			`f.yaml:1: environments is a block of keys; want a list of blocks, one at least`},
		"an environment that is a word": {"", "environments:\n  - Dev\n",
			"f.yaml:2: environments[0] is \"Dev\"; want a block with the keys name, account, region, release, destroyData, promotion, orders, returns"},

		// promotions
		"a promotion": {"    destroyData: false\n", "    promotion:\n      from: Dev\n      assets: [dashboard/sales]\n", ""},
		"a promotion from nowhere": {"    destroyData: false\n", "    promotion:\n      from: Test\n      assets: [dashboard/sales]\n",
			`f.yaml:19: environments[1].promotion.from is "Test"; want the name of an environment above that the pipeline delivers to`},
		"a promotion that nobody does": {"    destroyData: false\n", "    release: direct\n    promotion:\n      from: Dev\n      assets: [dashboard/sales]\n",
			`f.yaml:19: environments[1].promotion is there with release: direct; want a release by the pipeline, which promotes; or: lakekeel quicksight promote`},
		"a promotion of nothing": {"    destroyData: false\n", "    promotion:\n      from: Dev\n",
			`f.yaml:18: environments[1].promotion.assets is missing; want a list, one at least, of TYPE/ID with a type of dashboard, analysis, dataset, datasource, theme, folder, topic, vpcConnection`},
		"a promotion of a sheet": {"    destroyData: false\n", "    promotion:\n      from: Dev\n      assets: [sheet/sales]\n",
			`f.yaml:20: environments[1].promotion.assets[0] is "sheet/sales"; want TYPE/ID with a type of dashboard, analysis, dataset, datasource, theme, folder, topic, vpcConnection`},
		"a data source that is both": {"    destroyData: false\n", "    promotion:\n      from: Dev\n      assets: [dashboard/sales]\n      dataSources:\n        - {id: a, use: b, host: c}\n",
			`f.yaml:18: environments[1].promotion is at fault; want promotion.Plan.DataSources[0].Use is "b"; want nothing else said, for that data source stays as it is`},

		// the pipeline
		"no account of the pipeline":        {"  account: \"111111111111\"\n", "", `f.yaml:1: pipeline.account is missing; want twelve digits in quotes, e.g. "123456789012"`},
		"an account without quotes":         {`"111111111111"`, `111111111111`, `f.yaml:2: pipeline.account is 111111111111 (a number); want twelve digits in quotes, e.g. "123456789012"`},
		"an account of eleven digits":       {`"111111111111"`, `"11111111111"`, `f.yaml:2: pipeline.account is "11111111111"; want twelve digits in quotes, e.g. "123456789012"`},
		"an account with hyphens":           {`"111111111111"`, `"1111-1111-1111"`, `f.yaml:2: pipeline.account is "1111-1111-1111"; want twelve digits in quotes, e.g. "123456789012"`},
		"a misspelt account":                {"  account: \"111111111111\"\n", "  acount: \"111111111111\"\n", "f.yaml:1: pipeline.account is missing; want twelve digits in quotes, e.g. \"123456789012\"\nf.yaml:2: pipeline.acount is an unknown key; want \"account\""},
		"a region of the pipeline in words": {"region: eu-west-1\n  source", "region: Ireland\n  source", `f.yaml:3: pipeline.region is "Ireland"; want an AWS region, e.g. eu-west-1`},
		"a zone for a region":               {"region: eu-west-1\n  source", "region: eu-west-1a\n  source", `f.yaml:3: pipeline.region is "eu-west-1a"; want an AWS region, e.g. eu-west-1`},
		"a pipeline's name with a space":    {"pipeline:\n", "pipeline:\n  name: My pipeline\n", `f.yaml:2: pipeline.name is "My pipeline"; want 2 to 26 letters, digits and hyphens, a letter first and no hyphen last`},
		"a pipeline's name too long":        {"pipeline:\n", "pipeline:\n  name: Abcdefghijklmnopqrstuvwxyza\n", `f.yaml:2: pipeline.name is "Abcdefghijklmnopqrstuvwxyza"; want 2 to 26 letters, digits and hyphens, a letter first and no hyphen last`},
		"an image that moves":               {"pipeline:\n", "pipeline:\n  buildImage: aws/codebuild/standard:latest\n", `f.yaml:2: pipeline.buildImage is "aws/codebuild/standard:latest"; want an image of CodeBuild's own with its version, e.g. aws/codebuild/standard:7.0`},
		"an image without version":          {"pipeline:\n", "pipeline:\n  buildImage: ubuntu\n", `f.yaml:2: pipeline.buildImage is "ubuntu"; want an image of CodeBuild's own with its version, e.g. aws/codebuild/standard:7.0`},
		"no source":                         {"  source:\n" + source, "", `f.yaml:1: pipeline.source is missing; want a block with the keys connection, codecommit, s3`},
		"an empty source":                   {"  source:\n" + source, "  source:\n", `f.yaml:4: pipeline.source is empty; want a block with the keys connection, codecommit, s3`},
		"a source of no kind":               {"  source:\n" + source, "  source: {}\n", `f.yaml:4: pipeline.source is a block with 0 keys; want exactly one of connection, codecommit, s3`},
		"an unknown source":                 {"codecommit:", "github:", `f.yaml:5: pipeline.source.github is an unknown key; want one of connection, codecommit, s3`},
		"a misspelt source":                 {"codecommit:", "codecomit:", `f.yaml:5: pipeline.source.codecomit is an unknown key; want "codecommit"`},
		"two sources":                       {source, source + "    s3: {bucket: source-bucket, key: a.zip}\n", `f.yaml:4: pipeline.source is a block with 2 keys; want exactly one of connection, codecommit, s3`},
		"no branch":                         {"      branch: main\n", "", `f.yaml:5: pipeline.source.codecommit.branch is missing; want the name of a branch, e.g. main`},
		"a branch with a space":             {"branch: main", "branch: my branch", `f.yaml:7: pipeline.source.codecommit.branch is "my branch"; want the name of a branch, e.g. main`},
		"a repository with a slash":         {"repository: app", "repository: me/app", `f.yaml:6: pipeline.source.codecommit.repository is "me/app"; want 1 to 100 letters, digits, dots, hyphens and underscores`},
		"a connection without a slash":      {source, "    connection: {arn: \"arn:aws:codeconnections:eu-west-1:111111111111:connection/01234567-89ab-cdef-0123-456789abcdef\", repository: app, branch: main}\n", `f.yaml:5: pipeline.source.connection.repository is "app"; want owner/name, groups in between allowed`},
		"a connection's id for its ARN":     {source, "    connection: {arn: 01234567-89ab-cdef-0123-456789abcdef, repository: me/app, branch: main}\n", `f.yaml:5: pipeline.source.connection.arn is "01234567-89ab-cdef-0123-456789abcdef"; want the ARN of a connection, arn:PARTITION:codeconnections:REGION:ACCOUNT:connection/ID`},
		"a connection of another partition": {source, "    connection: {arn: \"arn:aws-cn:codeconnections:cn-north-1:111111111111:connection/01234567-89ab-cdef-0123-456789abcdef\", repository: me/app, branch: main}\n", `f.yaml:5: pipeline.source.connection.arn is "arn:aws-cn:codeconnections:cn-north-1:111111111111:connection/01234567-89ab-cdef-0123-456789abcdef"; want a connection in the pipeline's partition, aws`},
		"a bucket as a URL":                 {source, "    s3: {bucket: \"s3://source\", key: a.zip}\n", `f.yaml:5: pipeline.source.s3.bucket is "s3://source"; want the name of a bucket: 3 to 63 small letters, digits, dots and hyphens`},
		"a key that is no zip file":         {source, "    s3: {bucket: source-bucket, key: source.tar.gz}\n", `f.yaml:5: pipeline.source.s3.key is "source.tar.gz"; want the key of a zip file, e.g. lakekeel/source.zip`},
		"nothing for the pipeline to deliver": {"", strings.NewReplacer("release: automatic", "release: direct", "destroyData: false", "release: direct").Replace(sound),
			`f.yaml:8: environments is all released directly; want one at least that the pipeline delivers to; or no pipeline block`},

		// the environments
		"a name twice":                    {"name: Prod", "name: Dev", `f.yaml:15: environments[1].name is "Dev"; want a name that no other environment has (line 9 has it)`},
		"a name twice in another case":    {"name: Prod", "name: DEV", `f.yaml:15: environments[1].name is "DEV"; want a name that no other environment has (line 9 has it)`},
		"no name":                         {"- name: Dev\n    account", "- account", `f.yaml:9: environments[0].name is missing; want 2 to 26 letters, digits and hyphens, a letter first and no hyphen last`},
		"a name with an underscore":       {"name: Dev", "name: my_dev", `f.yaml:9: environments[0].name is "my_dev"; want 2 to 26 letters, digits and hyphens, a letter first and no hyphen last`},
		"a name that begins with a digit": {"name: Dev", "name: 1dev", `f.yaml:9: environments[0].name is "1dev"; want 2 to 26 letters, digits and hyphens, a letter first and no hyphen last`},
		"a name of one letter":            {"name: Dev", "name: D", `f.yaml:9: environments[0].name is "D"; want 2 to 26 letters, digits and hyphens, a letter first and no hyphen last`},
		"a name that the pipeline needs":  {"name: Dev", "name: pipeline", `f.yaml:9: environments[0].name is "pipeline"; want another name, for the pipeline's own resources have it`},
		"an environment's account":        {`"333333333333"`, `"prod"`, `f.yaml:16: environments[1].account is "prod"; want twelve digits in quotes, e.g. "123456789012"`},
		"an environment's account octal":  {`"333333333333"`, `012345678901`, `f.yaml:16: environments[1].account is 012345678901 (a number); want twelve digits in quotes, e.g. "123456789012"`},
		"an environment's region":         {"us-east-1", "us_east_1", `f.yaml:17: environments[1].region is "us_east_1"; want an AWS region, e.g. eu-west-1`},
		"an environment without region":   {"    region: us-east-1\n", "", `f.yaml:15: environments[1].region is missing; want an AWS region, e.g. eu-west-1`},
		"a region of another partition":   {"us-east-1", "cn-north-1", `f.yaml:17: environments[1].region is "cn-north-1"; want a region of the pipeline's partition, aws, for no role reaches beyond it; or release: direct`},
		"a misspelt release":              {"release: automatic", "release: automatik", `f.yaml:12: environments[0].release is "automatik"; want one of approval, automatic, direct ("automatic"?)`},
		"a flag for the release":          {"release: automatic", "release: true", `f.yaml:12: environments[0].release is true (a flag); want one of approval, automatic, direct`},
		"the old word for the release":    {"release: automatic", "approval: false", `f.yaml:12: environments[0].approval is an unknown key; want one of name, account, region, release, destroyData, promotion, orders, returns`},
		"a misspelt destroyData":          {"destroyData: false", "destroydata: true", `f.yaml:18: environments[1].destroydata is an unknown key; want "destroyData"`},
		"yes for destroyData":             {"destroyData: false", "destroyData: yes", `f.yaml:18: environments[1].destroyData is "yes"; want true or false`},
		"a number for destroyData":        {"destroyData: false", "destroyData: 0", `f.yaml:18: environments[1].destroyData is 0 (a number); want true or false`},
		"no system switched on":           {"      enabled: true\n  - name", "      enabled: false\n  - name", `f.yaml:9: environments[0] is without any system; want one at least with enabled: true, of orders, returns`},
		"a system's block without value":  {"    orders:\n      enabled: true\n  - name", "    orders:\n  - name", "f.yaml:9: environments[0] is without any system; want one at least with enabled: true, of orders, returns\nf.yaml:13: environments[0].orders is empty; want a block with the keys enabled, schedule, empty"},
		"a flag for a system's block":     {"    orders:\n      enabled: true\n  - name", "    orders: true\n  - name", "f.yaml:9: environments[0] is without any system; want one at least with enabled: true, of orders, returns\nf.yaml:13: environments[0].orders is true (a flag); want a block with the keys enabled, schedule, empty"},
		"a misspelt system":               {"    orders:\n      enabled: true\n      schedule", "    returns: {enabled: true}\n    oders:\n      enabled: true\n      schedule", `f.yaml:20: environments[1].oders is an unknown key; want "orders"`},
		"a system's key misspelt":         {"schedule: daily", "shedule: daily", `f.yaml:21: environments[1].orders.shedule is an unknown key; want "schedule"`},
		"a system's value":                {"schedule: daily", "schedule: weekly", `f.yaml:21: environments[1].orders.schedule is "weekly"; want one of daily, never`},
		"a system's rule over two keys":   {"schedule: daily", "schedule: daily\n      empty: true", `f.yaml:22: environments[1].orders.empty is true; want false beside schedule: daily`},
		"a system twice in one place": {"account: \"333333333333\"\n    region: us-east-1", "account: \"222222222222\"\n    region: eu-west-1",
			`f.yaml:19: environments[1].orders is there twice in account 222222222222, region eu-west-1; want once in an account and region, for its names are fixed (line 13 has it)`},
		"everything at once": {"", strings.NewReplacer(`"111111111111"`, "1", "region: eu-west-1\n    release", "regoin: eu-west-1\n    release", "name: Prod", "name: dev").Replace(sound),
			"f.yaml:2: pipeline.account is 1 (a number); want twelve digits in quotes, e.g. \"123456789012\"\n" +
				"f.yaml:9: environments[0].region is missing; want an AWS region, e.g. eu-west-1\n" +
				"f.yaml:11: environments[0].regoin is an unknown key; want \"region\"\n" +
				"f.yaml:15: environments[1].name is \"dev\"; want a name that no other environment has (line 9 has it)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			text := test.new
			if test.old != "" {
				if !strings.Contains(sound, test.old) {
					t.Fatalf("the sound file holds no %q", test.old)
				}
				text = strings.Replace(sound, test.old, test.new, 1)
			}
			_, err := settings.Read("f.yaml", []byte(text), systems)
			checktest.Message(t, err, test.want)
		})
	}
}

func TestReadGivesWhatTheFileSays(t *testing.T) {
	s, err := settings.Read("f.yaml", []byte(sound), systems)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.Names(), " "); got != "Dev Prod" {
		t.Errorf("environments are %s", got)
	}
	if want := (pipeline.Source{CodeCommit: pipeline.CodeCommit{Repository: "app", Branch: "main"}}); s.Pipeline.Source != want {
		t.Errorf("source is %+v", s.Pipeline.Source)
	}
	prod, ok := s.Environment("Prod")
	if !ok || prod.Release != settings.Approval || !prod.Delivered() || prod.DestroyData || len(prod.On()) != 1 {
		t.Errorf("Prod is %+v", prod)
	}
	if o := prod.On()[0].Settings.(*orders); o.schedule != "daily" {
		t.Errorf("orders in Prod are %+v", o)
	}
	if _, ok := s.Environment("prod"); ok {
		t.Error("an environment was found by a name in another case")
	}
}

func TestPipelineMayBeLeftOut(t *testing.T) {
	_, environments, _ := strings.Cut(sound, "environments:")
	s, err := settings.Read("f.yaml", []byte("environments:"+environments), systems)
	if err != nil {
		t.Fatal(err)
	}
	if s.Pipeline.Defined {
		t.Error("there is a pipeline though the file has none")
	}
}

func TestEnvironmentsInAnotherPartitionMayBeReleasedDirectly(t *testing.T) {
	text := strings.NewReplacer("region: us-east-1", "region: cn-north-1", "destroyData: false", "release: direct").Replace(sound)
	if _, err := settings.Read("f.yaml", []byte(text), systems); err != nil {
		t.Error(err)
	}
}

func TestLoadNamesAFileThatIsNotThere(t *testing.T) {
	_, err := settings.Load("nowhere/lakekeel.yaml", systems)
	if err == nil || err.Error() != "configuration: open nowhere/lakekeel.yaml: no such file or directory" {
		t.Errorf("got %v", err)
	}
}
