package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/lakekeel/lakekeel/apps/lakekeel-app/settings"
	"github.com/lakekeel/lakekeel/apps/lakekeel-app/systems"
)

var update = flag.Bool("update", false, "rewrite lakekeel.schema.json instead of comparing with it")

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestShippedSchemaIsThatOfTheFields(t *testing.T) {
	want := settings.Schema(systems.All)
	if *update {
		if err := os.WriteFile("lakekeel.schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(read(t, "lakekeel.schema.json"), want) {
		t.Error("lakekeel.schema.json is not what the fields say; rewrite it with: go test ./apps/lakekeel-app -update")
	}
}

func TestShippedConfigurationNamesTheSchema(t *testing.T) {
	first, _, _ := strings.Cut(string(read(t, "lakekeel.yaml")), "\n")
	if first != "# yaml-language-server: $schema=lakekeel.schema.json" {
		t.Errorf("the first line is %q; editors look for the schema there", first)
	}
}

// TestEveryFieldIsDescribed walks the schema: an editor shows a field's
// description, and no block lets unknown keys pass.
func TestEveryFieldIsDescribed(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(read(t, "lakekeel.schema.json"), &root); err != nil {
		t.Fatal(err)
	}
	fields := 0
	var walk func(path string, node map[string]any)
	walk = func(path string, node map[string]any) {
		if node["type"] == "object" && node["additionalProperties"] != false {
			t.Errorf("%s lets unknown keys pass", path)
		}
		properties, _ := node["properties"].(map[string]any)
		for name, property := range properties {
			fields++
			at := path + "." + name
			described := property.(map[string]any)
			if text, _ := described["description"].(string); len(text) < 5 || !strings.HasSuffix(text, ".") {
				t.Errorf("%s has the description %q; want a sentence", at, text)
			}
			walk(at, described)
		}
		if items, ok := node["items"].(map[string]any); ok {
			walk(path+"[]", items)
		}
	}
	walk("", root)
	if fields < 20 {
		t.Errorf("only %d fields found", fields)
	}
}

// agreement is one file and what the program and the schema say of it.
type agreement struct {
	old, new string // what is changed in the shipped file
	ok       bool   // whether the program takes it
	beyond   bool   // whether the fault is one that no schema can tell
}

// TestSchemaAndProgramAgree judges each file by both.
func TestSchemaAndProgramAgree(t *testing.T) {
	schema := compile(t)
	shipped := string(read(t, "lakekeel.yaml"))
	const connection = "    connection: # or codecommit, or s3\n"
	tests := map[string]agreement{
		"the shipped file":                  {"", "", true, false},
		"every optional key of a pipeline":  {"pipeline:\n", "pipeline:\n  name: Delivery\n  buildImage: aws/codebuild/standard:7.0\n", true, false},
		"a schedule":                        {"schedule: none", `schedule: "cron(15 3 ? * MON-FRI *)"`, true, false},
		"a schedule without quotes":         {"schedule: none", "schedule: cron(0 10 1 * ? *)", true, false},
		"a source of one's own":             {"sampleData: true", "source: s3://my-bucket/covid/", true, false},
		"a source with its key":             {"sampleData: true", "source: s3://my-bucket\n      sourceKey: arn:aws:kms:eu-west-1:123456789012:key/0123-4567", true, false},
		"a misspelt block":                  {"environments:", "enviroments:", false, false},
		"a misspelt key of the pipeline":    {"  account: \"111111111111\"", "  acount: \"111111111111\"", false, false},
		"a misspelt key of an environment":  {"destroyData: true", "destroydata: true", false, false},
		"a misspelt key of a system":        {"enabled: true", "enable: true", false, false},
		"a misspelt system":                 {"covid19:", "covid-19:", false, false},
		"an account as a number":            {`"123456789012"`, "123456789012", false, false},
		"an account of eleven digits":       {`"123456789012"`, `"12345678901"`, false, false},
		"a region in words":                 {"region: eu-west-1\n    release", "region: Ireland\n    release", false, false},
		"a release that is none":            {"release: direct", "release: never", false, false},
		"a release as a flag":               {"release: direct", "release: true", false, false},
		"a flag in words":                   {"enabled: true", "enabled: sometimes", false, false},
		"a flag as a number":                {"enabled: true", "enabled: 1", false, false},
		"a schedule in words":               {"schedule: none", "schedule: daily", false, false},
		"a schedule as a rate":              {"schedule: none", "schedule: rate(1 day)", false, false},
		"a source that is no URL":           {"sampleData: true", "source: my-bucket", false, false},
		"a key that is no ARN":              {"sampleData: true", "source: s3://my-bucket\n      sourceKey: alias/mine", false, false},
		"a source of no kind":               {connection, "    git:\n", false, false},
		"two sources":                       {connection, "    s3: {bucket: my-bucket, key: a.zip}\n" + connection, false, false},
		"a connection without branch":       {"      branch: main\n", "", false, false},
		"a connection that is no ARN":       {"arn: arn:aws", "arn: aws", false, false},
		"a repository without owner":        {"repository: lakekeel/lakekeel", "repository: lakekeel", false, false},
		"an image that moves":               {"pipeline:\n", "pipeline:\n  buildImage: aws/codebuild/standard:latest\n", false, false},
		"a name with a space":               {"name: Dev", "name: My dev", false, false},
		"no name":                           {"- name: Dev\n    account", "- account", false, false},
		"a block without value":             {"    covid19:\n      enabled: true\n      schedule: none\n      sampleData: true\n", "    covid19:\n", false, false},
		"a schedule with seven fields":      {"schedule: none", "schedule: cron(0 10 1 * ? * *)", false, true},
		"a schedule with both kinds of day": {"schedule: none", "schedule: cron(0 10 1 * MON *)", false, true},
		"a name twice":                      {"name: Dev", "name: Local", false, true},
		"a region of another partition":     {"region: eu-west-1\n    release: automatic", "region: cn-north-1\n    release: automatic", false, true},
		"no system switched on":             {"enabled: true", "enabled: false", false, true},
		"the sample in another's bucket":    {"sampleData: true", "sampleData: true\n      source: s3://my-bucket", false, true},
		"a key without its source":          {"sampleData: true", "sourceKey: arn:aws:kms:eu-west-1:123456789012:key/0123-4567", false, true},
		"one account twice":                 {`"222222222222"`, `"123456789012"`, false, true},
		"a key twice":                       {"release: direct", "release: direct\n    release: direct", false, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(shipped, test.old) {
				t.Fatalf("the shipped file holds no %q", test.old)
			}
			text := []byte(strings.Replace(shipped, test.old, test.new, 1))
			_, err := settings.Read("lakekeel.yaml", text, systems.All)
			if (err == nil) != test.ok {
				t.Errorf("the program says %v", err)
			}
			if said := schema.Validate(data(t, text)); (said == nil) != (test.ok || test.beyond) {
				t.Errorf("the schema says %v", said)
			}
		})
	}
	faults := slices.DeleteFunc(slices.Collect(values(tests)), func(a agreement) bool { return a.ok })
	t.Logf("%d files, %d of them with a fault", len(tests), len(faults))
}

func values(m map[string]agreement) func(yield func(agreement) bool) {
	return func(yield func(agreement) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(read(t, "lakekeel.schema.json")))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("lakekeel.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("lakekeel.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// data is the file as an editor's validator sees it.
func data(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	if err := yaml.UnmarshalWithOptions(text, &value, yaml.AllowDuplicateMapKey()); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
