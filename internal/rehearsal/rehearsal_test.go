package rehearsal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pipelineTemplate is a template such as CDK Pipelines writes, whose build step
// runs the commands.
func pipelineTemplate(t *testing.T, commands ...string) string {
	t.Helper()
	spec, err := json.Marshal(map[string]any{
		"version":   "0.2",
		"env":       map[string]any{"variables": map[string]string{"GOTOOLCHAIN": "go1.2.3", "GOCACHE": "/var/cache/x/go", "GREETING": "hello"}},
		"phases":    map[string]any{"install": map[string]any{"runtime-versions": map[string]string{"nodejs": "22"}}, "build": map[string]any{"commands": commands}},
		"cache":     map[string]any{"paths": []string{"/var/cache/x/**/*"}},
		"artifacts": map[string]any{"base-directory": "cdk.out", "files": []string{"**/*"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"Resources": map[string]any{
		"Line": map[string]any{"Type": "AWS::CodePipeline::Pipeline", "Properties": map[string]any{"Stages": []any{
			map[string]any{"Name": "Source", "Actions": []any{map[string]any{"Name": "Source", "Configuration": map[string]any{"S3Bucket": "b"}}}},
			map[string]any{"Name": "Build", "Actions": []any{map[string]any{"Name": "Synth", "Configuration": map[string]any{"ProjectName": map[string]any{"Ref": "Project"}}}}},
		}}},
		"Project": map[string]any{"Type": "AWS::CodeBuild::Project", "Properties": map[string]any{
			"Environment": map[string]any{"EnvironmentVariables": []any{map[string]any{"Name": "STAGE", "Type": "PLAINTEXT", "Value": "build"}}},
			"Source":      map[string]any{"Type": "CODEPIPELINE", "BuildSpec": string(spec)},
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, folder string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestFindReadsTheBuildStep(t *testing.T) {
	folder := write(t, t.TempDir(), map[string]string{
		"Alpha.template.json":    `{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}`,
		"Pipeline.template.json": pipelineTemplate(t, "make a", "make b"),
	})
	steps, err := Find(folder)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(steps.Pipeline, steps.Commands, steps.Variables, steps.Output, steps.Places)
	if want := "Pipeline[make a make b] map[GOTOOLCHAIN:go1.2.3 GREETING:hello STAGE:build]cdk.out[GOCACHE]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFindSaysWhatIsWrongWithAnAssembly(t *testing.T) {
	tests := map[string]struct {
		template, want string
	}{
		"no pipeline":   {`{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}`, "FOLDER holds no stack with a pipeline; write it with: cdk synth"},
		"not JSON":      {`{`, "A.template.json: unexpected end of JSON input"},
		"no stage":      {`{"Resources": {"P": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {"Stages": []}}}}`, "A.template.json: the pipeline has no stage Build with one action"},
		"no project":    {`{"Resources": {"P": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {"Stages": [{"Name": "Build", "Actions": [{"Configuration": {"ProjectName": {"Ref": "X"}}}]}]}}}}`, `A.template.json: the project of the build step, "X": unexpected end of JSON input`},
		"no commands":   {pipelineTemplate(t), `A.template.json: the build step has 0 commands and the output folder "cdk.out"; want a command at least, and a folder`},
		"no build spec": {strings.Replace(pipelineTemplate(t, "make"), `"BuildSpec":"{`, `"BuildSpec":"?`, 1), "A.template.json: the build step's specification: invalid character '?' looking for beginning of value"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			folder := write(t, t.TempDir(), map[string]string{"A.template.json": test.template})
			_, err := Find(folder)
			if err == nil || err.Error() != strings.ReplaceAll(test.want, "FOLDER", folder) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestCompare(t *testing.T) {
	same := map[string]string{
		"A.template.json": `{"Resources": {"B": {"Type": "X", "List": [1, 2]}}}`, "manifest.json": `{"at": "ROOT/x"}`,
		"asset.1234/index.py": "pass", "asset.5678.csv": "a,b", "tree.json": "{}", "validation-report.json": "{}", "synth.lock": "",
	}
	with := func(changes map[string]string) map[string]string {
		all := map[string]string{}
		for name, text := range same {
			all[name] = text
		}
		for name, text := range changes {
			if text == "" {
				delete(all, name)
				continue
			}
			all[name] = text
		}
		return all
	}
	tests := map[string]struct {
		there map[string]string
		want  string
	}{
		"the same":                     {same, ""},
		"another layout of JSON":       {with(map[string]string{"A.template.json": `{"Resources":{"B":{"List":[1,2],"Type":"X"}}}`}), ""},
		"noise":                        {with(map[string]string{"tree.json": "[]", "validation-report.json": "", "synth.lock": "7"}), ""},
		"a value":                      {with(map[string]string{"A.template.json": `{"Resources": {"B": {"Type": "Y", "List": [1, 3]}}}`}), "A.template.json: Resources: B: List[1] is 2 here, 3 in the clone\nA.template.json: Resources: B: Type is \"X\" here, \"Y\" in the clone"},
		"a key":                        {with(map[string]string{"A.template.json": `{"Resources": {"C": {}}}`}), "A.template.json: Resources: B is here alone\nA.template.json: Resources: C is in the clone alone"},
		"a longer list":                {with(map[string]string{"A.template.json": `{"Resources": {"B": {"Type": "X", "List": [1, 2, 3]}}}`}), "A.template.json: Resources: B: List is [1,2] here, [1,2,3] in the clone"},
		"an asset's hash":              {with(map[string]string{"asset.1234/index.py": "", "asset.9999/index.py": "pass"}), "asset.1234/index.py is here alone\nasset.9999/index.py is in the clone alone"},
		"an asset's bytes":             {with(map[string]string{"asset.5678.csv": "a,b,c"}), "asset.5678.csv differs: 3 bytes here, 5 in the clone"},
		"a path that is not the roots": {with(map[string]string{"manifest.json": `{"at": "/elsewhere/x"}`}), "manifest.json: at is \"<root>/x\" here, \"/elsewhere/x\" in the clone"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			roots := [2]string{t.TempDir(), t.TempDir()}
			for i, files := range []map[string]string{same, test.there} {
				placed := map[string]string{}
				for name, text := range files {
					placed[name] = strings.ReplaceAll(text, "ROOT", roots[i])
				}
				write(t, filepath.Join(roots[i], "out"), placed)
			}
			c, err := Compare(filepath.Join(roots[0], "out"), roots[0], filepath.Join(roots[1], "out"), roots[1])
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(c.Differences, "\n"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if name == "the same" && (c.Files != 4 || c.Templates != 1 || c.Assets != 2 || len(c.Skipped) != 3) {
				t.Errorf("got %+v", c)
			}
		})
	}
}

func TestCompareTellsTheFirstDifferencesOfAFile(t *testing.T) {
	var a, b []int
	for i := range 30 {
		a, b = append(a, i), append(b, -i-1)
	}
	left, _ := json.Marshal(a)
	right, _ := json.Marshal(b)
	lines := explain("x.json", left, right)
	if len(lines) != 11 || lines[10] != "x.json: and 20 more" {
		t.Errorf("got %v", lines)
	}
}

// checkout is a git checkout whose build writes the assembly that its only script says.
func checkout(t *testing.T, commands ...string) string {
	t.Helper()
	root := write(t, t.TempDir(), map[string]string{
		"build.sh":                   "mkdir -p cdk.out\ncp *.template.json cdk.out/\nprintf '{\"at\": \"%s\"}' \"$PWD\" > cdk.out/manifest.json\n",
		"Line.template.json":         pipelineTemplate(t, commands...),
		"cdk.out/Line.template.json": pipelineTemplate(t, commands...),
		".gitignore":                 "cdk.out/\n",
	})
	resolved, err := filepath.EvalSymlinks(root)
	if err != nil {
		t.Fatal(err)
	}
	write(t, resolved, map[string]string{"cdk.out/manifest.json": `{"at": "` + resolved + `"}`})
	for _, args := range [][]string{{"init", "--quiet"}, {"add", "."}, {"-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "--quiet", "-m", "first"}} {
		command := exec.Command("git", args...)
		command.Dir = resolved
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %s", args, out)
		}
	}
	return resolved
}

func rehearse(t *testing.T, opts Options) (string, error) {
	t.Helper()
	var out bytes.Buffer
	opts.Out = &out
	err := Run(t.Context(), opts)
	return out.String(), err
}

func TestRunComparesWhatACleanCloneBuilds(t *testing.T) {
	out, err := rehearse(t, Options{Root: checkout(t, `X="$GREETING $STAGE"; export X`, `test "$X" = "hello build"`, `test -z "$GOCACHE_OF_NOBODY"`, "sh build.sh")})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(out, "the assembly from a clean clone equals the local one: 2 files, 1 templates, 0 assets") {
		t.Errorf("got %s", out)
	}
}

func TestRunLeavesUncommittedChangesOut(t *testing.T) {
	root := checkout(t, "sh build.sh")
	write(t, root, map[string]string{"build.sh": "exit 9\n", "new.txt": "x"})
	out, err := rehearse(t, Options{Root: root})
	if err != nil || !strings.Contains(out, "not committed, so not rehearsed: build.sh, new.txt\n") {
		t.Errorf("got %v\n%s", err, out)
	}
}

func TestRunTellsDifferences(t *testing.T) {
	root := checkout(t, "sh build.sh")
	write(t, root, map[string]string{"cdk.out/manifest.json": `{"at": "` + root + `", "more": 1}`})
	out, err := rehearse(t, Options{Root: root})
	want := "the assembly from a clean clone differs from the local one in 1 places of 2 files"
	if err == nil || err.Error() != want || !strings.Contains(out, "  manifest.json: more is here alone\n") {
		t.Errorf("got %v\n%s", err, out)
	}
}

func TestRunNamesTheCommandThatFailed(t *testing.T) {
	out, err := rehearse(t, Options{Root: checkout(t, "true", "echo begin; echo 'no such thing' >&2; (exit 3)", "touch never")})
	want := `the pipeline's command "echo begin; echo 'no such thing' >&2; (exit 3)" failed in a clean clone: exit status 3; its last lines:
  begin
  no such thing`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s\n%s", err, want, out)
	}
}

func TestRunGivesTheCommandsLittleOfThisMachine(t *testing.T) {
	t.Setenv("REHEARSAL_SECRET", "x")
	t.Setenv("REHEARSAL_ALLOWED", "y")
	root := checkout(t, `test -z "$REHEARSAL_SECRET"`, `test "$REHEARSAL_ALLOWED" = y`, `test "$LAKEKEEL_HOME" = /shared`, "sh build.sh")
	if out, err := rehearse(t, Options{Root: root, Pass: []string{"REHEARSAL_ALLOWED"}, Home: "/shared"}); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestRunSaysWhatIsMissing(t *testing.T) {
	root := checkout(t, "true")
	if _, err := rehearse(t, Options{Root: root}); err == nil || err.Error() != "the build succeeded but left no folder cdk.out" {
		t.Errorf("got %v", err)
	}
	want := fmt.Sprintf("there is no cloud assembly in %s to compare with; write it with: cdk synth", filepath.Join(root, "nowhere"))
	if _, err := rehearse(t, Options{Root: root, Assembly: "nowhere"}); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err := os.RemoveAll(filepath.Join(root, ".git")); err != nil {
		t.Fatal(err)
	}
	if _, err := rehearse(t, Options{Root: root}); err == nil || !strings.HasPrefix(err.Error(), root+" has no commit to rehearse: git rev-parse: ") {
		t.Errorf("got %v", err)
	}
}

func TestRunStopsItsCommandsWhenItIsStopped(t *testing.T) {
	root := checkout(t, "sleep 60 & sleep 60; wait")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	begin := time.Now()
	err := Run(ctx, Options{Root: root})
	if err == nil || !strings.HasPrefix(err.Error(), "the rehearsal was stopped: ") || time.Since(begin) > 10*time.Second {
		t.Errorf("got %v after %v", err, time.Since(begin))
	}
}

func TestRunCleansUpUnlessToldToKeep(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, keep := range []bool{false, true} {
		if out, err := rehearse(t, Options{Root: checkout(t, "sh build.sh"), Keep: keep}); err != nil || keep != strings.Contains(out, "the clone is left in ") {
			t.Errorf("keep %v: %v\n%s", keep, err, out)
		}
		left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "lakekeel-rehearsal-*"))
		if err != nil || (len(left) == 1) != keep {
			t.Errorf("keep %v: left are %v", keep, left)
		}
	}
}
