// Package rehearsal runs here what the delivery pipeline would run: it takes the
// build step out of the synthesized pipeline, runs it in a clean clone, and
// compares the cloud assembly that comes out with the local one.
package rehearsal

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// Steps is what the pipeline's build step does.
type Steps struct {
	Pipeline  string            // stack that holds the pipeline
	Commands  []string          // of all phases, in the order in which CodeBuild runs them
	Variables map[string]string // set for all commands
	Output    string            // folder that the next steps get, relative to the source, e.g. "cdk.out"

	// Places are the variables that only say where caches lie on the build
	// machine. A rehearsal leaves them out and so uses this machine's caches:
	// what is in them is checked by digests either way.
	Places []string
}

// phases are CodeBuild's, in the order in which they run:
// https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html.
var phases = []string{"install", "pre_build", "build", "post_build"}

type template struct {
	Resources map[string]resource
}

type resource struct {
	Type       string
	Properties json.RawMessage
}

type codePipeline struct {
	Stages []struct {
		Name    string
		Actions []struct {
			Name          string
			Configuration struct{ ProjectName map[string]string }
		}
	}
}

type project struct {
	Environment struct {
		EnvironmentVariables []struct{ Name, Value string }
	}
	Source struct{ BuildSpec string }
}

type buildSpec struct {
	Env    struct{ Variables map[string]string }
	Phases map[string]struct{ Commands []string }
	Cache  struct{ Paths []string }

	Artifacts struct {
		BaseDirectory string `json:"base-directory"`
	}
}

// Find reads the build step out of the one pipeline that the cloud assembly in
// folder holds.
func Find(folder string) (Steps, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.template.json"))
	if err != nil {
		return Steps{}, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return Steps{}, err
		}
		stack := strings.TrimSuffix(filepath.Base(file), ".template.json")
		steps, found, err := parse(stack, text)
		if err != nil {
			return Steps{}, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		if found {
			return steps, nil
		}
	}
	return Steps{}, fmt.Errorf("%s holds no stack with a pipeline; write it with: cdk synth", folder)
}

// parse takes the build step out of a template, if the template has a pipeline.
func parse(stack string, text []byte) (Steps, bool, error) {
	var t template
	if err := json.Unmarshal(text, &t); err != nil {
		return Steps{}, false, err
	}
	for _, id := range sorted(t.Resources) {
		if t.Resources[id].Type != "AWS::CodePipeline::Pipeline" {
			continue
		}
		steps, err := t.steps(t.Resources[id])
		steps.Pipeline = stack
		return steps, true, err
	}
	return Steps{}, false, nil
}

// steps follows the pipeline's stage Build, as CDK Pipelines names it, to its project.
func (t template) steps(r resource) (Steps, error) {
	var pipeline codePipeline
	if err := json.Unmarshal(r.Properties, &pipeline); err != nil {
		return Steps{}, err
	}
	for _, stage := range pipeline.Stages {
		if stage.Name != "Build" || len(stage.Actions) != 1 {
			continue
		}
		id := stage.Actions[0].Configuration.ProjectName["Ref"]
		var p project
		if err := json.Unmarshal(t.Resources[id].Properties, &p); err != nil {
			return Steps{}, fmt.Errorf("the project of the build step, %q: %w", id, err)
		}
		return p.steps()
	}
	return Steps{}, fmt.Errorf("the pipeline has no stage Build with one action")
}

func (p project) steps() (Steps, error) {
	var spec buildSpec
	if err := json.Unmarshal([]byte(p.Source.BuildSpec), &spec); err != nil {
		return Steps{}, fmt.Errorf("the build step's specification: %w", err)
	}
	steps := Steps{Variables: map[string]string{}, Output: spec.Artifacts.BaseDirectory}
	for _, phase := range phases {
		steps.Commands = append(steps.Commands, spec.Phases[phase].Commands...)
	}
	if len(steps.Commands) == 0 || steps.Output == "" {
		return Steps{}, fmt.Errorf("the build step has %d commands and the output folder %q; want a command at least, and a folder", len(steps.Commands), steps.Output)
	}
	all := map[string]string{}
	for _, v := range p.Environment.EnvironmentVariables {
		all[v.Name] = v.Value
	}
	for name, value := range spec.Env.Variables {
		all[name] = value
	}
	for _, name := range sorted(all) {
		if slices.ContainsFunc(spec.Cache.Paths, func(path string) bool { return below(all[name], path) }) {
			steps.Places = append(steps.Places, name)
			continue
		}
		steps.Variables[name] = all[name]
	}
	return steps, nil
}

// below tells whether a path lies under a path of the cache, such as "/cache/**/*".
func below(path, cached string) bool {
	root := strings.TrimRight(strings.TrimSuffix(cached, "/**/*"), "/")
	return path == root || strings.HasPrefix(path, root+"/")
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
