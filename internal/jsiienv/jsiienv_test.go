package jsiienv

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go/runtime"
)

// startNode makes jsii start its Node, or what stands in for it. It cannot get an answer.
func startNode(t *testing.T) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Error("jsii got an answer from a runtime that gives none")
		}
	}()
	runtime.Load("none", "0.0.0", nil)
}

func TestNodeSeesTheVariable(t *testing.T) {
	seen := filepath.Join(t.TempDir(), "seen")
	t.Setenv("LAKEKEEL_JSIIENV_TEST", "") // for its end
	os.Unsetenv("LAKEKEEL_JSIIENV_TEST")
	t.Setenv("SHELL", "/bin/sh")
	t.Setenv("JSII_RUNTIME", `printf %s "$LAKEKEEL_JSIIENV_TEST" > '`+seen+`'`)
	if err := Default(map[string]string{"LAKEKEEL_JSIIENV_TEST": "default"}); err != nil {
		t.Fatal(err)
	}
	startNode(t)
	if got, err := os.ReadFile(seen); err != nil || string(got) != "default" {
		t.Errorf("Node sees %q, %v", got, err)
	}
}

func TestWhatIsSetStays(t *testing.T) {
	t.Setenv("LAKEKEEL_JSIIENV_TEST", "mine")
	if err := Default(map[string]string{"LAKEKEEL_JSIIENV_TEST": "default"}); err != nil || os.Getenv("LAKEKEEL_JSIIENV_TEST") != "mine" {
		t.Errorf("%q, %v", os.Getenv("LAKEKEEL_JSIIENV_TEST"), err)
	}
}

// fakeNode is a node that prints what it is asked to run. It is the only program on the
// path but for what the launcher needs.
func fakeNode(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "node"), []byte("#!/bin/sh\necho \"$@\" >&2\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	grep, err := exec.LookPath("grep")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(grep, filepath.Join(folder, "grep")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder)
}

// launch asks OneNode for its launcher and runs it on a runtime whose kernel is text.
func launch(t *testing.T, text string) (launcher, entry, got string) {
	t.Helper()
	fakeNode(t)
	t.Setenv("JSII_NODE", "") // for its end
	os.Unsetenv("JSII_NODE")
	if err := OneNode(filepath.Join(t.TempDir(), "made for it")); err != nil {
		t.Fatal(err)
	}
	runtime := t.TempDir()
	for name, content := range map[string]string{"bin/jsii-runtime.js": "", "lib/program.js": text} {
		path := filepath.Join(runtime, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	launcher, entry = os.Getenv("JSII_NODE"), filepath.Join(runtime, "bin", "jsii-runtime.js")
	out, err := exec.Command(launcher, entry).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return launcher, entry, strings.TrimSpace(string(out))
}

func TestTheKernelThatIsKnownIsStartedAlone(t *testing.T) {
	launcher, entry, got := launch(t, "new Stdio({errorFD:2,readFD:3,writeFD:3})")
	want := "--preserve-symlinks " + strings.TrimSuffix(launcher, ".sh") + ".js " + strings.TrimSuffix(entry, "bin/jsii-runtime.js") + "lib/program.js"
	if got != want {
		t.Errorf("node is asked for\n%s\nwant\n%s", got, want)
	}
}

// With a new jsii of another kernel the CDK would run in two processes again, and nobody
// would notice. Then look at what is new in its lib/program.js, and mend onenode.sh.
func TestTheKernelOfThisJsiiIsKnown(t *testing.T) {
	folder, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/jsii-runtime-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	kernel, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(folder)), "internal", "embedded", "resources", "lib", "program.js"))
	if err != nil {
		t.Fatal(err)
	}
	if _, entry, got := launch(t, string(kernel)); got == entry {
		t.Error("jsii's kernel is started in its own way, with two processes")
	}
}

func TestAnyOtherKernelIsStartedAsJsiiDoes(t *testing.T) {
	if _, entry, got := launch(t, "another way to talk"); got != entry {
		t.Errorf("node is asked for\n%s\nwant\n%s", got, entry)
	}
}

func TestJsiiKeepsItsWay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ variable, value, folder, want string }{
		"a Node is chosen":             {"JSII_NODE", "/opt/node", t.TempDir(), "/opt/node"},
		"a runtime is chosen":          {"JSII_RUNTIME", "runtime", t.TempDir(), ""},
		"no node on the path":          {"PATH", "", t.TempDir(), ""},
		"a folder that cannot be made": {"LAKEKEEL_JSIIENV_TEST", "", filepath.Join(file, "below"), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			fakeNode(t)
			t.Setenv("JSII_NODE", "")
			os.Unsetenv("JSII_NODE")
			t.Setenv(test.variable, test.value)
			if err := OneNode(test.folder); err != nil || os.Getenv("JSII_NODE") != test.want {
				t.Errorf("JSII_NODE is %q, %v; want %q", os.Getenv("JSII_NODE"), err, test.want)
			}
		})
	}
}
