package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/constructs/quicksight/assets"
	"github.com/lakekeel/lakekeel/internal/assetbundle"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

const arns = "arn:aws:quicksight:eu-west-1:123456789012:"

func arn(resource string) string { return arns + resource }

// bundles are the files of three bundles of different make-up. fund and topic were exported at the local endpoint, from the
// stacks of test/testdata/fundperformance.json and quicksight.json; legacy is what consoles of old have left.
func bundles(t *testing.T) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "legacy.qs")
	content, err := legacy(t).Write()
	must(t, err)
	must(t, os.WriteFile(file, content, 0o644))
	return map[string]string{"fund": fixture(t, "fund"), "topic": fixture(t, "topic"), "legacy": file}
}

// legacy is a dataset in the deprecated shape, and definitions as the console writes them, with charts, layouts and
// options that have no type here.
func legacy(t *testing.T) *assetbundle.Bundle {
	t.Helper()
	read := func(file string) map[string]any {
		text, err := os.ReadFile("../../constructs/quicksight/" + file)
		must(t, err)
		text = bytes.ReplaceAll(text, []byte(":111111111111:"), []byte(":123456789012:")) // the account of all three
		var object map[string]any
		must(t, json.Unmarshal(text, &object))
		return object
	}
	set := read("dataset/testdata/logical.json")
	set["DataSetUsageConfiguration"] = map[string]any{"DisableUseAsDirectQuerySource": true}
	bundle := &assetbundle.Bundle{}
	bundle.Add(assetbundle.Of(assetbundle.DataSet, set))
	for _, name := range []string{"console", "free_form", "other_charts"} {
		bundle.Add(assetbundle.Of(assetbundle.Dashboard, map[string]any{
			"DashboardId": name, "Name": "Berichte 2021: " + name, "ThemeArn": "arn:aws:quicksight::aws:theme/MIDNIGHT", "Definition": read("report/testdata/" + name + ".json"),
		}))
	}
	return bundle
}

// definitions are what stands in a bundle's file, in the service's JSON.
func definitions(t *testing.T, file string) map[string]map[string]any {
	t.Helper()
	content, err := os.ReadFile(file)
	must(t, err)
	bundle, err := assetbundle.Read(content)
	must(t, err)
	all := map[string]map[string]any{}
	for _, asset := range bundle.Assets {
		all[asset.Name()] = asset.Properties()
	}
	return all
}

// asGo turns bundles into Go by the program, compiles and runs it, and returns the definitions that each package gives.
func asGo(t *testing.T, files map[string]string) map[string]map[string]map[string]any {
	t.Helper()
	s := newShell(t)
	must(t, os.MkdirAll("testdata", 0o755)) // inside the module, whose packages are imported
	folder, err := os.MkdirTemp("testdata", "made-")
	must(t, err)
	t.Cleanup(func() {
		os.RemoveAll(folder)
		os.Remove("testdata")
	})
	var imports, calls strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		out, err := filepath.Abs(filepath.Join(folder, name))
		must(t, err)
		s.ok("quicksight", "import", files[name], "--out", out)
		fmt.Fprintf(&imports, "%q\n", "github.com/lakekeel/lakekeel/test/cli/"+filepath.ToSlash(folder)+"/"+name)
		fmt.Fprintf(&calls, "%q: %s.All.JSON(arn),\n", name, name)
	}
	write(t, filepath.Join(folder, "main.go"), "package main\nimport (\n\"encoding/json\"\n\"os\"\n"+imports.String()+")\nfunc arn(r string) string { return \""+arns+"\" + r }\n"+
		"func main() { json.NewEncoder(os.Stdout).Encode(map[string]any{\n"+calls.String()+"}) }\n")
	formatted, err := exec.Command("gofmt", "-l", folder).Output()
	must(t, err)
	if unformatted := strings.ReplaceAll(string(formatted), filepath.Join(folder, "main.go")+"\n", ""); unformatted != "" {
		t.Errorf("gofmt would change %s", unformatted)
	}
	var result, faults bytes.Buffer
	run := exec.Command("go", "run", "-p", "2", "./"+filepath.ToSlash(folder))
	run.Stdout, run.Stderr = &result, &faults
	if err := run.Run(); err != nil {
		t.Fatalf("%v: %s", err, faults.String())
	}
	var got map[string]map[string]map[string]any
	must(t, json.Unmarshal(result.Bytes(), &got))
	return got
}

func TestABundleAsGoGivesTheSameDefinitions(t *testing.T) {
	files := bundles(t)
	got := asGo(t, files)
	for name, file := range files {
		want := definitions(t, file)
		if !slices.Equal(slices.Sorted(maps.Keys(got[name])), slices.Sorted(maps.Keys(want))) {
			t.Errorf("%s: got %v, want %v", name, slices.Sorted(maps.Keys(got[name])), slices.Sorted(maps.Keys(want)))
		}
		for asset, definition := range want {
			if definition["LogicalTableMap"] != nil {
				continue // comes back in the current shape: below
			}
			if diff := jsontree.Diff(zoned(definition), zoned(got[name][asset])); diff != nil {
				t.Errorf("%s: %s differs: %v", name, asset, diff)
			}
		}
	}
	t.Run("and a dataset in the deprecated shape stays in the current one", func(t *testing.T) {
		before := assets.Read(definitions(t, files["legacy"]))
		if !reflect.DeepEqual(jsontree.Plain(before.JSON(arn)), jsontree.Plain(got["legacy"])) {
			t.Error("the Go is another definition than what was read")
		}
		again := assets.Read(got["legacy"])
		if !reflect.DeepEqual(jsontree.Plain(again.JSON(arn)), jsontree.Plain(got["legacy"])) {
			t.Error("the definition changes when it is read again")
		}
		if set := again.Datasets[0]; set.More["DataSetUsageConfiguration"] == nil || len(set.Steps) == 0 || len(again.Others) > 0 {
			t.Errorf("lost: %v, %d steps, others %v", set.More, len(set.Steps), again.Others)
		}
	})
}

// zoned is a definition with the one thing that two names stand for: a schedule's time zone, UTC if it is not said.
func zoned(definition map[string]any) map[string]any {
	plain := jsontree.Plain(definition).(map[string]any)
	frequency := jsontree.Of(plain).At("Schedule", "ScheduleFrequency").Object()
	if frequency != nil && frequency["TimeZone"] == nil {
		frequency["TimeZone"] = "UTC"
		if zone, is := frequency["Timezone"]; is {
			frequency["TimeZone"] = zone
		}
		delete(frequency, "Timezone")
	}
	return plain
}
