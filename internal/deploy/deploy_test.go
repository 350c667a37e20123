package deploy

import (
	"slices"
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/internal/report"
)

func TestOf(t *testing.T) {
	for names, want := range map[string]string{"": "Local", "Dev": "Dev", "Dev-Covid19 Dev-Lake": "Dev"} {
		request := Of(strings.Fields(names))
		if request.Stage != want || strings.Join(request.Stacks, " ") != names {
			t.Errorf("Of(%q) = %+v", names, request)
		}
	}
}

func TestContextIsForTheApp(t *testing.T) {
	app, deploy := Request{Arguments: []string{"--force", "-c", "a=1", "--context=b=2", "--outputs-file", "o.json", "--context", "c=3", "-c"}}.context()
	if got, want := strings.Join(app, " "), "--context a=1 --context=b=2 --context c=3"; got != want {
		t.Errorf("for the app: got %s; want %s", got, want)
	}
	if got, want := strings.Join(deploy, " "), "--force --outputs-file o.json -c"; got != want {
		t.Errorf("for cdk deploy: got %s; want %s", got, want)
	}
}

func TestChoose(t *testing.T) {
	pipeline, covid, lake := Stack{Name: "Lakekeel-Pipeline", ID: "Pipeline"}, Stack{Name: "Dev-Covid19", ID: "Dev/Covid19", Nested: true}, Stack{Name: "Dev-Lake", ID: "Dev/Lake", Nested: true}
	tests := map[string]struct {
		stacks  []Stack
		request Request
		want    []Stack
		err     string
	}{
		"a stage is all of its stacks":          {[]Stack{covid, lake}, Of([]string{"Dev"}), []Stack{covid, lake}, ""},
		"nothing named: not what is nested":     {[]Stack{covid, pipeline}, Of(nil), []Stack{pipeline}, ""},
		"a stack by its name":                   {[]Stack{covid, lake}, Of([]string{"Dev-Lake"}), []Stack{lake}, ""},
		"a stack by the CDK's id":               {[]Stack{covid, lake}, Request{Stage: "Dev", Stacks: []string{"Dev/Covid19"}}, []Stack{covid}, ""},
		"a stack without a hyphen is no stage":  {[]Stack{{Name: "Alone", ID: "Alone"}, {Name: "Other", ID: "Other"}}, Of([]string{"Alone"}), []Stack{{Name: "Alone", ID: "Alone"}}, ""},
		"a misspelt stack":                      {[]Stack{covid, lake}, Of([]string{"Dev-Covid91"}), nil, `the app has no stack "Dev-Covid91"; did you mean Dev-Covid19?`},
		"a stack that is like none":             {[]Stack{covid, lake}, Of([]string{"Dev-x", "Dev-Lake"}), []Stack{lake}, `the app has no stack "Dev-x"; it has Dev-Covid19, Dev-Lake`},
		"an app without stacks is worth saying": {nil, Of(nil), nil, "the app has no stack"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := choose(test.stacks, test.request)
			message := ""
			if err != nil {
				message = err.Error()
			}
			if message != test.err || test.err == "" && !slices.Equal(got, test.want) {
				t.Errorf("got %v, %q; want %v, %q", got, message, test.want, test.err)
			}
		})
	}
}

// The lines are those of aws-cdk 2.1148.1.
func TestProgress(t *testing.T) {
	var out strings.Builder
	p := progress{report.NewProgress(report.Plain(&out), "Local-A", "Local-B", "Local-C", "Local-D")}
	for line := range strings.Lines(`
✨  Synthesis time: 0.01s

Local-A
Local-A: creating CloudFormation changeset...
Local-A: deploying... [1/4]
Local-A | 0/2 | 4:55:50 PM | CREATE_IN_PROGRESS      | AWS::S3::Bucket            | B
Local-A | 2/2 | 4:55:50 PM | CREATE_COMPLETE         | AWS::S3::Bucket            | B

 ✅  Local-A
Local-B: deploying... [2/4]

✅  Local-B (no changes)
Local/C (Local-C): deploying... [3/4]
Local/C: deploying... [3/4]
 ❌  Local/C failed: Error: The stack named Local-C failed creation
`) {
		p.read(strings.TrimSuffix(line, "\n"))
	}
	var got []string
	for _, task := range p.Tasks() {
		got = append(got, strings.Join([]string{task.Name, map[report.State]string{report.Waiting: "waiting", report.Done: "done", report.Failed: "failed"}[task.State], task.Note}, " "))
	}
	p.Finish()
	want := []string{"Local-A done 2/2 resources", "Local-B done no changes", "Local-C failed ", "Local-D waiting "}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestLastWords(t *testing.T) {
	tests := map[string]struct{ output, want string }{
		"the app's own message, not go run's": {"lakekeel-app: lakekeel.yaml:3: unknown key \"acount\"; did you mean account?\nexit status 1\ngo run ./apps/lakekeel-app: Subprocess exited with error 1\n",
			`lakekeel.yaml:3: unknown key "acount"; did you mean account?`},
		"a service's message":      {"Local-C: creating CloudFormation changeset...\nTemplate format error: Unrecognized resource types: [AWS::Bad::Thing]\n", "Template format error: Unrecognized resource types: [AWS::Bad::Thing]"},
		"an error among its trace": {"\x1b[31mError: no such file\x1b[39m\n    at Object.open (node:fs)\n    at main\n", "Error: no such file"},
		"silence":                  {"", "exit status 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var w words
			for line := range strings.Lines(test.output) {
				w.read(line)
			}
			if got := w.of("exit status 1"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestConsequence(t *testing.T) {
	for reason, want := range map[string]bool{"": true, "Resource creation cancelled": true, "bucket is taken": false} {
		if got := consequence(reason); got != want {
			t.Errorf("consequence(%q) = %v", reason, got)
		}
	}
}
