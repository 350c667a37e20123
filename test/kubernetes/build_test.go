package kubernetes

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/internal/cdktest"
)

// version is that of the Kubernetes that the tests run against; the staging modules
// that it is made of have the same number with a 0 in front.
const version = "v1.34.3"

// programs are the commands that are built: the server, and the controllers without
// which no quota has a status and no namespace a service account.
var programs = []string{"kube-apiserver", "kube-controller-manager"}

// binaries returns the folder of the programs. They are built once, from the Go module
// proxy, and kept under the home folder; that takes about ten CPU-minutes and 2 GB, so
// it is not done under -short.
func binaries(t testing.TB) string {
	t.Helper()
	home := filepath.Join(homeFolder(), "kubernetes", version)
	folder := filepath.Join(home, "bin")
	missing := false
	for _, name := range programs {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			missing = true
		}
	}
	if !missing {
		return folder
	}
	if testing.Short() {
		skip(t, "kube-apiserver is not built, and -short is asked; build it with: go test ./test/kubernetes")
	}
	build(t, home)
	return folder
}

// homeFolder is where tools and caches are kept, out of the repository's history.
func homeFolder() string {
	return cmp.Or(os.Getenv("LAKEKEEL_HOME"), filepath.Join(cdktest.Root(), ".lakekeel"))
}

// skip leaves a line that stands out even where skipped tests are not listed.
func skip(t testing.TB, reason string) {
	fmt.Fprintf(os.Stderr, "\n*** NOT PROVED: test/kubernetes is skipped: %s ***\n\n", reason)
	t.Skip(reason)
}

// build makes the programs of upstream's own module file, in which the staging modules
// are folders of the same repository; here they are the published modules instead.
func build(t testing.TB, folder string) {
	t.Helper()
	module := filepath.Join(folder, "module")
	if err := os.MkdirAll(module, 0o755); err != nil {
		t.Fatal(err)
	}
	var upstream struct{ GoMod, Dir string }
	decode(t, run(t, module, "go", "mod", "download", "-json", "k8s.io/kubernetes@"+version), &upstream)
	copyFile(t, upstream.GoMod, filepath.Join(module, "go.mod"))
	copyFile(t, filepath.Join(upstream.Dir, "go.sum"), filepath.Join(module, "go.sum"))
	var file struct {
		Require []struct{ Path, Version string }
		Replace []struct{ Old struct{ Path string } }
	}
	decode(t, run(t, module, "go", "mod", "edit", "-json"), &file)
	edit := []string{"mod", "edit", "-module=lakekeel.test/kubernetes", "-require=k8s.io/kubernetes@" + version}
	for _, r := range file.Replace {
		edit = append(edit, "-dropreplace="+r.Old.Path)
	}
	staging := "v0" + strings.TrimPrefix(version, "v1")
	for _, r := range file.Require {
		if strings.HasPrefix(r.Path, "k8s.io/") && r.Version == "v0.0.0" {
			edit = append(edit, "-replace="+r.Path+"="+r.Path+"@"+staging)
		}
	}
	run(t, module, "go", edit...)
	for _, name := range programs {
		run(t, module, "nice", "-n", "15", "go", "build", "-p", "2", "-trimpath",
			"-ldflags", "-s -w -X k8s.io/component-base/version.gitVersion="+version+
				" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor="+strings.Split(version, ".")[1],
			"-o", filepath.Join(folder, "bin", name), "k8s.io/kubernetes/cmd/"+name)
	}
}

func run(t testing.TB, dir, name string, args ...string) []byte {
	t.Helper()
	command := exec.Command(name, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "CGO_ENABLED=0", "GOWORK=off")
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return out
}

func decode(t testing.TB, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}
