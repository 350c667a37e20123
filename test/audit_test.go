package test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/internal/cdktest"
)

// TestEveryPropsTypeHasValidate walks the sources, so that nobody can add a
// Props type and forget to check it.
func TestEveryPropsTypeHasValidate(t *testing.T) {
	found := 0
	for _, folder := range []string{"constructs", "stacks"} {
		for dir, files := range auditPackages(t, filepath.Join(cdktest.Root(), folder)) {
			props, validated := auditProps(files)
			found += len(props)
			for _, name := range props {
				if !validated[name] {
					t.Errorf("%s.%s has no method Validate() error", dir, name)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no Props type found: the audit looks in the wrong place")
	}
}

// auditPackages parses the packages below root, by folder, without their tests.
func auditPackages(t *testing.T, root string) map[string][]*ast.File {
	t.Helper()
	packages := map[string][]*ast.File{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			dir, _ := filepath.Rel(cdktest.Root(), filepath.Dir(path))
			packages[dir] = append(packages[dir], file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

// auditProps returns the exported Props types, and the types with a sound Validate.
func auditProps(files []*ast.File) (props []string, validated map[string]bool) {
	validated = map[string]bool{}
	for _, file := range files {
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					if spec, ok := spec.(*ast.TypeSpec); ok && spec.Name.IsExported() && strings.HasSuffix(spec.Name.Name, "Props") {
						props = append(props, spec.Name.Name)
					}
				}
			case *ast.FuncDecl:
				if receiver := auditReceiver(decl); receiver != "" && decl.Name.Name == "Validate" && auditReturnsError(decl) {
					validated[receiver] = true
				}
			}
		}
	}
	return props, validated
}

func auditReceiver(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) != 1 {
		return ""
	}
	kind := f.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	if name, ok := kind.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

func auditReturnsError(f *ast.FuncDecl) bool {
	if f.Type.Params.NumFields() != 0 || f.Type.Results.NumFields() != 1 {
		return false
	}
	name, ok := f.Type.Results.List[0].Type.(*ast.Ident)
	return ok && name.Name == "error"
}
