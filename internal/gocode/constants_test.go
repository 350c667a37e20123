package gocode

import (
	"flag"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write constants.go anew")

// The names of constants are known to the compiler alone, so they stand in a file that is made from the source.
func TestConstantsAreThoseOfTheSource(t *testing.T) {
	found := map[string]map[string]string{}
	for _, pkg := range []string{"dataset", "report", "topic"} {
		files, err := filepath.Glob("../../constructs/quicksight/" + pkg + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("no source of %s: %v", pkg, err)
		}
		for _, name := range files {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				spec, is := n.(*ast.ValueSpec)
				if !is || spec.Type == nil || len(spec.Names) != 1 || len(spec.Values) != 1 || !spec.Names[0].IsExported() {
					return true
				}
				kind, isNamed := spec.Type.(*ast.Ident)
				value, isText := spec.Values[0].(*ast.BasicLit)
				if isNamed && isText && value.Kind == token.STRING {
					text, _ := strconv.Unquote(value.Value)
					of := pkg + "." + kind.Name
					if found[of] == nil {
						found[of] = map[string]string{}
					}
					found[of][text] = spec.Names[0].Name
				}
				return true
			})
		}
	}
	var out strings.Builder
	out.WriteString("package gocode\n\n// constants are the names of the packages' text constants, by type and value. `go test ./internal/gocode -update` writes\n// them from the source.\nvar constants = map[string]map[string]string{\n")
	for _, of := range slices.Sorted(maps.Keys(found)) {
		fmt.Fprintf(&out, "%q: {", of)
		for _, text := range slices.Sorted(maps.Keys(found[of])) {
			fmt.Fprintf(&out, "%q: %q, ", text, found[of][text])
		}
		out.WriteString("},\n")
	}
	out.WriteString("}\n")
	want, err := format.Source([]byte(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("constants.go", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := os.ReadFile("constants.go"); string(got) != string(want) {
		t.Error("constants.go is not what the source says; run: go test ./internal/gocode -update")
	}
}
