package kubernetes

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/internal/cdktest"
)

// host runs the function of constructs/emreks/apply as Lambda does: a line is an event.
// Only the token is another, since there is no STS here to sign for.
const host = `
import json, os, sys
sys.path.insert(0, os.environ["CODE"])
import index
index.token = lambda: os.environ["TOKEN"]
index.ENTRY_SECONDS = 0
class Context:
    def get_remaining_time_in_millis(self):
        return 80_000
for line in sys.stdin:
    index.handler(json.loads(line), Context())
    print("done", flush=True)
`

// A deployer does what CloudFormation does with the custom resources of a template.
type deployer struct {
	t       testing.TB
	server  *server
	box     *httptest.Server
	answers chan map[string]any
	lambdas map[string]*lambda // by the environment they have in the template
}

// A lambda is one running function.
type lambda struct {
	in  io.WriteCloser
	out *bufio.Scanner
}

func newDeployer(t testing.TB, s *server) *deployer {
	d := &deployer{t: t, server: s, answers: make(chan map[string]any, 1), lambdas: map[string]*lambda{}}
	d.box = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := map[string]any{}
		json.NewDecoder(r.Body).Decode(&answer)
		d.answers <- answer
	}))
	t.Cleanup(d.box.Close)
	return d
}

// A resource is a Custom::KubernetesManifests of a template.
type resource struct {
	id        string
	manifests string   // JSON, as the function gets it
	needs     []string // ids of other resources
	lambda    *lambda
}

// objects are the manifests, as data.
func (r resource) objects(t testing.TB) []object {
	t.Helper()
	var list []object
	decode(t, []byte(r.manifests), &list)
	return list
}

// resources takes the custom resources out of a template, in an order in which
// CloudFormation can make them.
func (d *deployer) resources(template, functions *cdktest.Template) []resource {
	d.t.Helper()
	var list []resource
	for id, r := range template.Of("Custom::KubernetesManifests") {
		list = append(list, resource{id: id, manifests: resolve(r.Properties["Manifests"]), needs: r.DependsOn, lambda: d.lambdaOf(r, functions)})
	}
	slices.SortFunc(list, func(a, b resource) int { return strings.Compare(a.id, b.id) })
	var ordered []resource
	made := map[string]bool{}
	for len(ordered) < len(list) {
		before := len(ordered)
		for _, r := range list {
			waits := slices.ContainsFunc(r.needs, func(id string) bool { return template.Resources[id].Type == "Custom::KubernetesManifests" && !made[id] })
			if !made[r.id] && !waits {
				made[r.id] = true
				ordered = append(ordered, r)
			}
		}
		if len(ordered) == before {
			d.t.Fatal("the custom resources wait for each other")
		}
	}
	return ordered
}

// lambdaOf starts the function that a resource names, once, as the user that its access
// entry makes of it: cluster-admin for the one that has the policy, the group for the other.
func (d *deployer) lambdaOf(r cdktest.Resource, functions *cdktest.Template) *lambda {
	d.t.Helper()
	var function cdktest.Resource
	token := fmt.Sprint(r.Properties["ServiceToken"])
	for id, f := range functions.Of("AWS::Lambda::Function") {
		if strings.Contains(token, id) {
			function = f
		}
	}
	if function.Type == "" {
		d.t.Fatalf("no function for %v", r.Properties["ServiceToken"])
	}
	environment := function.Properties["Environment"].(map[string]any)["Variables"].(map[string]any)
	kinds := environment["KINDS"].(string)
	if d.lambdas[kinds] == nil {
		user := "applier"
		if strings.Contains(kinds, "ClusterRoleBinding") {
			user = "admin"
		}
		d.lambdas[kinds] = d.run(function, kinds, user)
	}
	return d.lambdas[kinds]
}

// run starts the code that stands in the template, not the file that it came from.
func (d *deployer) run(function cdktest.Resource, kinds, user string) *lambda {
	d.t.Helper()
	code := d.t.TempDir()
	write(d.t, filepath.Join(code, "index.py"), function.Properties["Code"].(map[string]any)["ZipFile"].(string))
	python, err := exec.LookPath("python3")
	if err != nil {
		skip(d.t, "python3 is not installed")
	}
	command := exec.Command(python, "-c", host)
	command.Stderr = os.Stderr
	command.SysProcAttr = dieTogether()
	command.Env = append(os.Environ(), "CODE="+code, "TOKEN="+user, "CLUSTER=lakehouse", "ENDPOINT="+d.server.url, "KINDS="+kinds,
		"CA="+base64.StdEncoding.EncodeToString(d.server.certificate), "PYTHONDONTWRITEBYTECODE=1", "no_proxy=127.0.0.1")
	in, err := command.StdinPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { in.Close(); command.Wait() })
	return &lambda{in, bufio.NewScanner(out)}
}

// ask sends one event and returns CloudFormation's answer and what the function printed:
// warnings of the server, and reasons.
func (d *deployer) ask(r resource, kind, old string) (reason string, printed []string) {
	d.t.Helper()
	event := map[string]any{
		"RequestType": kind, "ResponseURL": d.box.URL, "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/test/0000",
		"RequestId": "1", "LogicalResourceId": r.id, "ResourceProperties": map[string]any{"Manifests": r.manifests},
	}
	if kind != "Create" {
		event["PhysicalResourceId"] = r.id + ".0000"
	}
	if kind == "Update" {
		event["OldResourceProperties"] = map[string]any{"Manifests": old}
	}
	line, err := json.Marshal(event)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := r.lambda.in.Write(append(line, '\n')); err != nil {
		d.t.Fatal(err)
	}
	for r.lambda.out.Scan() && r.lambda.out.Text() != "done" {
		printed = append(printed, r.lambda.out.Text())
	}
	answer := <-d.answers
	if answer["PhysicalResourceId"] != r.id+".0000" {
		d.t.Errorf("%s of %s: the physical id is %v", kind, r.id, answer["PhysicalResourceId"])
	}
	if (answer["Status"] == "SUCCESS") != (answer["Reason"] == "") {
		d.t.Errorf("%s of %s: %v", kind, r.id, answer)
	}
	return fmt.Sprint(answer["Reason"]), printed
}

// make creates resources and fails the test on any refusal and any warning.
func (d *deployer) make(resources []resource) {
	d.t.Helper()
	for _, r := range resources {
		if reason, printed := d.ask(r, "Create", ""); reason != "" || len(printed) > 0 {
			d.t.Errorf("%s: %q, warnings %q", r.id, reason, printed)
		}
	}
}

// resolve gives what stands for a value at deployment a value that a server takes.
func resolve(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		if ref, ok := v["Ref"].(string); ok {
			return known(ref)
		}
		if join, ok := v["Fn::Join"].([]any); ok {
			var parts []string
			for _, part := range join[1].([]any) {
				parts = append(parts, resolve(part))
			}
			return strings.Join(parts, join[0].(string))
		}
		if attribute, ok := v["Fn::GetAtt"].([]any); ok {
			return known(attribute[1].(string))
		}
		if name, ok := v["Fn::ImportValue"].(string); ok {
			return known(name)
		}
	}
	return fmt.Sprintf("unresolved %v", v)
}

func known(name string) string {
	values := map[string]string{"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012", "AWS::URLSuffix": "amazonaws.com",
		"LustreMountName": "abcdefgh", "DNSName": "fs-0123456789abcdef0.fsx.eu-west-1.amazonaws.com"}
	for end, value := range values {
		if strings.HasSuffix(name, end) {
			return value
		}
	}
	return "resolved-" + strings.ToLower(name)
}
