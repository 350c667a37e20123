// Package cdktest looks at synthesized templates in tests.
//
// A template crosses the language border once, as JSON; everything after that
// is plain Go, so a test may ask as often as it likes and a failed expectation
// is a test failure, never a panic that hides the tests behind it.
package cdktest

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/lakekeel/lakekeel/internal/home"
	"github.com/lakekeel/lakekeel/internal/jsiienv"
)

var update = flag.Bool("update", false, "rewrite the golden templates instead of comparing with them")

// Props is a part of a resource's properties: every key must be there with an
// equal value, further keys do not matter. It matches at any depth.
type Props map[string]any

// Resource is one entry of a template's Resources.
type Resource struct {
	Type                string
	Properties          map[string]any
	DependsOn           []string
	DeletionPolicy      string
	UpdateReplacePolicy string
	Metadata            map[string]any
}

// Template is a synthesized CloudFormation template.
type Template struct {
	Resources map[string]Resource // by logical id
	raw       map[string]any
}

// Run runs a test binary that uses one jsii kernel for all its tests, with the
// CDK's own template validator off: `make test` runs that once, over the goldens.
// Call it from TestMain: os.Exit(cdktest.Run(m)).
func Run(m *testing.M) int {
	h, err := home.Find(".", "")
	if err == nil {
		err = jsiienv.Default(map[string]string{"CDK_VALIDATION": "false"})
	}
	if err == nil {
		err = jsiienv.OneNode(h.Jsii())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer jsii.Close()
	return m.Run()
}

// Synth synthesizes the app that holds stack and returns the stack's template.
func Synth(t testing.TB, stack awscdk.Stack) *Template {
	t.Helper()
	raw := *assertions.Template_FromStack(stack, nil).ToJSON()
	return parse(t, raw)
}

func parse(t testing.TB, raw map[string]any) *Template {
	t.Helper()
	text, err := json.Marshal(raw)
	if err != nil {
		t.Fatalf("template is no JSON: %v", err)
	}
	var body struct {
		Resources map[string]struct {
			Type                string
			Properties          map[string]any
			DependsOn           any
			DeletionPolicy      string
			UpdateReplacePolicy string
			Metadata            map[string]any
		}
	}
	if err := json.Unmarshal(text, &body); err != nil {
		t.Fatalf("template has an unknown shape: %v", err)
	}
	template := &Template{Resources: map[string]Resource{}, raw: map[string]any{}}
	if err := json.Unmarshal(text, &template.raw); err != nil {
		t.Fatal(err)
	}
	for id, r := range body.Resources {
		template.Resources[id] = Resource{r.Type, r.Properties, names(r.DependsOn), r.DeletionPolicy, r.UpdateReplacePolicy, r.Metadata}
	}
	return template
}

// names reads DependsOn, which is one name or a list of them.
func names(dependsOn any) []string {
	switch d := dependsOn.(type) {
	case string:
		return []string{d}
	case []any:
		var ids []string
		for _, id := range d {
			ids = append(ids, fmt.Sprint(id))
		}
		return ids
	}
	return nil
}

// Of returns the resources of one CloudFormation type, by logical id.
func (t *Template) Of(kind string) map[string]Resource {
	found := map[string]Resource{}
	for id, r := range t.Resources {
		if r.Type == kind {
			found[id] = r
		}
	}
	return found
}

// Count fails the test unless the template holds want resources of the type.
func (t *Template) Count(tb testing.TB, kind string, want int) {
	tb.Helper()
	if got := len(t.Of(kind)); got != want {
		tb.Errorf("%d resources of type %s; want %d", got, kind, want)
	}
}

// Has fails the test unless a resource of the type has the given properties;
// it shows the resources that it looked at. It returns the first match's id.
func (t *Template) Has(tb testing.TB, kind string, want Props) string {
	tb.Helper()
	found := t.Of(kind)
	ids := make([]string, 0, len(found))
	for id := range found {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	expected := plain(tb, want)
	for _, id := range ids {
		if contains(found[id].Properties, expected) {
			return id
		}
	}
	var seen strings.Builder
	for _, id := range ids {
		text, _ := json.MarshalIndent(found[id].Properties, "", "  ")
		fmt.Fprintf(&seen, "\n%s %s", id, text)
	}
	text, _ := json.MarshalIndent(expected, "", "  ")
	tb.Errorf("no %s has %s; there are %d:%s", kind, text, len(ids), seen.String())
	return ""
}

// plain turns Go values into what JSON makes of them, so that 2 equals 2.0.
func plain(tb testing.TB, v any) any {
	tb.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		tb.Fatal(err)
	}
	return out
}

func contains(got, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			return false
		}
		for k, v := range want {
			if !contains(have[k], v) {
				return false
			}
		}
		return true
	case []any:
		have, ok := got.([]any)
		return ok && len(have) == len(want) && !slices.ContainsFunc(indices(want), func(i int) bool { return !contains(have[i], want[i]) })
	}
	return reflect.DeepEqual(got, want)
}

func indices(list []any) []int {
	out := make([]int, len(list))
	for i := range list {
		out[i] = i
	}
	return out
}

// hash matches the content hashes of assets and of their custom resources, which
// change with every edit of a script.
var hash = regexp.MustCompile(`[0-9a-f]{64}`)

// Golden compares the whole template, as data and with asset hashes masked,
// with the file at path, relative to the module's root. `go test ./test -update`
// rewrites the file; the difference is read in review like code.
func (t *Template) Golden(tb testing.TB, path string) {
	tb.Helper()
	text, err := json.MarshalIndent(t.raw, "", " ")
	if err != nil {
		tb.Fatal(err)
	}
	got := hash.ReplaceAll(append(text, '\n'), []byte("<hash>"))
	file := filepath.Join(Root(), filepath.FromSlash(path))
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			tb.Fatal(err)
		}
		return
	}
	golden, err := os.ReadFile(file)
	if err != nil {
		tb.Fatalf("%v; write it with: go test ./test -count=1 -update", err)
	}
	var a, b any
	if err := json.Unmarshal(golden, &a); err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	if err := json.Unmarshal(got, &b); err != nil {
		tb.Fatal(err)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		tb.Errorf("%s differs from the template (-golden +template); if that is meant: go test ./test -count=1 -update\n%s", path, diff)
	}
}

// Root is the module's root folder.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}
