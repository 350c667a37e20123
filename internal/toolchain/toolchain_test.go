package toolchain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/internal/home"
)

func TestEnsure(t *testing.T) {
	h := home.Home(t.TempDir())
	if err := os.MkdirAll(h.Path("log"), 0o755); err != nil {
		t.Fatal(err)
	}
	builds, fails := 0, false
	tools := part{name: "tools", title: "Tools", made: "lock 1", build: func(_ context.Context, j job) error {
		builds++
		content := fmt.Sprint(builds)
		err := os.WriteFile(filepath.Join(j.folder, "tool"), []byte(content), 0o644)
		if fails {
			return errors.New("half-way")
		}
		return err
	}}
	ensure := func() (string, error) {
		var seen progress
		err := tools.ensure(context.Background(), h, Tools{}, &seen)
		content, _ := os.ReadFile(h.Path("tools", "tool"))
		return string(content) + " " + strings.Join(seen, ", "), err
	}
	steps := []struct {
		name string
		do   func()
		want string // the tool, and what the progress was told
		err  string
	}{
		{"nothing there: built", func() {}, "1 start, made", ""},
		{"complete: reused", func() {}, "1 there", ""},
		{"new lock: built again", func() { tools.made = "lock 2" }, "2 start, made", ""},
		{"a build that fails leaves the old one", func() { tools.made, fails = "lock 3", true }, "2 start, failed",
			"Tools: half-way (log: " + h.Log("setup-tools") + ")"},
		{"and what it left is no part of the next", func() { fails = false }, "4 start, made", ""},
		{"a part without a stamp is not complete", func() { os.Remove(h.Path("tools", stampFile)) }, "5 start, made", ""},
		{"killed between the two moves: built again", func() { os.Rename(h.Path("tools"), h.Path("tools.old")) }, "6 start, made", ""},
	}
	for _, step := range steps {
		step.do()
		got, err := ensure()
		if got != step.want || message(err) != step.err {
			t.Errorf("%s: got %q, %q; want %q, %q", step.name, got, message(err), step.want, step.err)
		}
	}
	if left, _ := filepath.Glob(h.Path("*tools*")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

type progress []string

func (p *progress) Start(string) { *p = append(*p, "start") }

func (p *progress) Done(_ string, made bool, err error) {
	switch {
	case err != nil:
		*p = append(*p, "failed")
	case made:
		*p = append(*p, "made")
	default:
		*p = append(*p, "there")
	}
}

func TestMissing(t *testing.T) {
	if got := Missing(home.Home(t.TempDir())); !slices.Equal(got, Titles()) {
		t.Errorf("got %v; want all of %v", got, Titles())
	}
}

// The lock is what the stamp, and every machine's set-up, stands on.
func TestRequirementsAreLocked(t *testing.T) {
	entries := 0
	for line := range strings.Lines(requirements) {
		switch {
		case strings.Contains(line, "://") || strings.HasPrefix(line, "-"):
			t.Errorf("names an address or sets an option: %s", line)
		case strings.TrimSpace(line) != "" && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "#"):
			entries++
			if name, _, _ := strings.Cut(line, "=="); !strings.Contains(pick(requirements, name), "--hash=sha256:") {
				t.Errorf("has no digest: %s", line)
			}
		}
	}
	if entries < 50 {
		t.Errorf("%d entries; want every package that the endpoint needs", entries)
	}
	if !strings.HasPrefix(pick(requirements, "pyspark"), "pyspark==3.5.6 ") {
		t.Error("pyspark is not the release whose Hadoop the jars fit")
	}
	if strings.Contains(packageLock, "://") {
		t.Error("package-lock.json names an address")
	}
}

func TestPick(t *testing.T) {
	lock := "click==8.0 \\\n    --hash=a\n    # via flask\nflask==3.0 \\\n    --hash=b\n# The following packages\nsetuptools==84.0 \\\n    --hash=c\n"
	if got, want := pick(lock, "setuptools"), "setuptools==84.0 \\\n    --hash=c\n"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
	if got, want := pick(lock, "click"), "click==8.0 \\\n    --hash=a\n    # via flask\n"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
}

func TestVerify(t *testing.T) {
	folder := t.TempDir()
	const hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // sha256 of "hello"
	for name, content := range map[string]string{"a.jar": "hello", "b.jar": "tampered", "d.jar": ""} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	err := verify(folder, hello+"  a.jar\n"+hello+"  b.jar\n"+hello+"  c.jar\n")
	if got, want := message(err), "b.jar has another content than it should; c.jar is missing; d.jar is not expected"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRelocate(t *testing.T) {
	from := filepath.Join(t.TempDir(), ".venv.new")
	if err := os.MkdirAll(filepath.Join(from, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(from, "bin", "pip")
	for path, content := range map[string]string{script: "#!" + from + "/bin/python\n", filepath.Join(from, "pyvenv.cfg"): "home = /usr/bin\n"} {
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := relocate(from, "/home/venv"); err != nil {
		t.Fatal(err)
	}
	content, _ := os.ReadFile(script)
	if got := string(content); got != "#!/home/venv/bin/python\n" {
		t.Errorf("got %q", got)
	}
}

func TestExplain(t *testing.T) {
	failed := func(output string) error { return &failure{err: errors.New("exit status 1"), output: output} }
	tests := map[string]struct {
		err  error
		want string
	}{
		"success": {nil, ""},
		"pip without network": {failed("WARNING: Retrying after connection broken by 'NewConnectionError(...)'\nERROR: Could not find a version\n"),
			"pip failed: the package index does not answer; check this machine's network or proxy, then run lakekeel setup again"},
		"npm without network": {failed("npm error code ECONNREFUSED\n"),
			"pip failed: the package index does not answer; check this machine's network or proxy, then run lakekeel setup again"},
		"a full disk":           {failed("ERROR: Could not install: [Errno 28] No space left on device\n"), "pip failed: the disk is full"},
		"the tool's last error": {failed("Collecting x\nERROR: hashes do not match\n    expected a\n"), "pip failed: ERROR: hashes do not match"},
		"no error line":         {failed("one\ntwo\n\n"), "pip failed: two"},
		"silence":               {failed(""), "pip failed: exit status 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := message(explain(test.err, "pip failed")); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestTail(t *testing.T) {
	var kept tail
	kept.Write([]byte(strings.Repeat("a", tailSize)))
	kept.Write([]byte("the end"))
	if got := kept.String(); len(got) != tailSize || !strings.HasSuffix(got, "the end") {
		t.Errorf("kept %d bytes", len(got))
	}
}

func TestEnvironment(t *testing.T) {
	got := Environment([]string{"PATH=/bin", "SPARK_HOME=/opt/spark", "PYTHONPATH=/x", "PYTHONUNBUFFERED=1"})
	if want := []string{"PATH=/bin", "PYTHONUNBUFFERED=1"}; !slices.Equal(got, want) {
		t.Errorf("got %v; want %v", got, want)
	}
}
