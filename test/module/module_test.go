// Package module checks the library from outside: the Go code of the README and
// of docs/ is put into a module of its own that requires the library, with
// nothing but a replace line to this checkout, compiled, run and looked at.
package module

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/internal/cdktest"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// documents are the pages whose Go code is compiled.
func documents(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(cdktest.Root(), "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{filepath.Join(cdktest.Root(), "README.md")}, pages...)
}

func TestCodeInTheDocumentsCompilesAndSynthesizes(t *testing.T) {
	blocks := 0
	for _, page := range documents(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for i, block := range goBlock.FindAllStringSubmatch(string(text), -1) {
			blocks++
			t.Run(fmt.Sprintf("%s block %d", filepath.Base(page), i+1), func(t *testing.T) {
				synthesizes(t, newModule(t, block[1]))
			})
		}
	}
	if blocks == 0 {
		t.Error("README.md and docs/ hold no Go code")
	}
}

// newModule returns the folder of a module whose main package is source.
func newModule(t *testing.T, source string) string {
	t.Helper()
	if !strings.Contains(source, "package main") {
		t.Fatalf("the block is no program of its own:\n%s", source)
	}
	dir, root := t.TempDir(), cdktest.Root()
	own, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	// The library's requirements give exact versions without asking anybody.
	mod := strings.Replace(string(own), "module github.com/lakekeel/lakekeel", "module example.com/mylake", 1) +
		"\nrequire github.com/lakekeel/lakekeel v0.0.0\n\nreplace github.com/lakekeel/lakekeel => " + root + "\n"
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"go.mod": mod, "go.sum": string(sum), "main.go": source} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// synthesizes builds and runs the program, and reads the assembly that it writes.
func synthesizes(t *testing.T, dir string) {
	t.Helper()
	writeScripts(t, dir)
	in(t, dir, "go", "build", "-mod=mod", "-o", "app", ".")
	in(t, dir, filepath.Join(dir, "app"))
	var manifest struct {
		Artifacts map[string]struct{ Type string }
	}
	text, err := os.ReadFile(filepath.Join(dir, "cdk.out", "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	stacks := 0
	for _, artifact := range manifest.Artifacts {
		if artifact.Type == "aws:cloudformation:stack" {
			stacks++
		}
	}
	if stacks == 0 {
		t.Error("the assembly holds no stack")
	}
}

// writeScripts puts a PySpark file where a block names one, as the reader would.
func writeScripts(t *testing.T, dir string) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(dir, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	folder := "."
	if found := regexp.MustCompile(`os\.DirFS\("(\w+)"\)`).FindStringSubmatch(string(source)); found != nil {
		folder = found[1]
	}
	for _, name := range regexp.MustCompile(`"([\w/]+\.py)"`).FindAllStringSubmatch(string(source), -1) {
		file := filepath.Join(dir, folder, filepath.FromSlash(name[1]))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("print('a job')\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// in runs a command in dir, without a proxy: what is needed is in the module cache.
func in(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=mod", "CDK_OUTDIR="+filepath.Join(dir, "cdk.out"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
