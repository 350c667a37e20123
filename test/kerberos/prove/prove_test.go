//go:build linux

// Package prove runs `lakekeel prove kdc` with few logins: that the proof works, that it can
// fail, and that nothing is left of it however it ends.
package prove

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lakekeel/lakekeel/constructs/kerberos"
	"github.com/lakekeel/lakekeel/internal/prove/kdc"
)

// program is the built lakekeel, root the project's folder.
var program, root string

func TestMain(m *testing.M) {
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	missing := kdc.Installed()
	if os.Geteuid() != 0 {
		missing = errors.New("network namespaces need root; run: sudo -E go test ./test/kerberos/prove")
	}
	if missing != nil {
		fmt.Printf("*** NOT PROVED: the KDC's failover: %s\n", missing)
		return 0
	}
	folder, err := os.MkdirTemp("", "lakekeel-prove-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(folder)
	root, _ = filepath.Abs("../../..")
	program = filepath.Join(folder, "lakekeel")
	if out, err := exec.Command("go", "build", "-o", program, "../../../apps/lakekeel").CombinedOutput(); err != nil {
		fmt.Printf("%v: %s\n", err, out)
		return 1
	}
	return m.Run()
}

// prove prepares the command in a project folder; its results go to the returned one.
func prove(t *testing.T, project string, args ...string) (*exec.Cmd, *bytes.Buffer, string) {
	t.Helper()
	results := filepath.Join(t.TempDir(), "results")
	tools := os.Getenv("LAKEKEEL_HOME")
	if tools == "" {
		tools = filepath.Join(root, ".lakekeel")
	}
	if _, err := os.Stat(filepath.Join(tools, "venv")); err != nil {
		t.Fatalf("no tools in %s; run: make setup", tools)
	}
	command := exec.Command(program, append([]string{"prove", "kdc", "--home", tools, "--out", results}, args...)...)
	command.Dir = project
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	return command, &out, results
}

func TestLoginsGoOnWhileAKDCIsKilled(t *testing.T) {
	command, out, results := prove(t, root, "--logins", "400", "--repeats", "1", "--nodes", "2", "--fault", "krb5kdc", "--principals", "20")
	err := command.Run()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"result.json", "tables.md", "logins.svg", "principals.svg"} {
		if info, err := os.Stat(filepath.Join(results, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s is not there, or empty", name)
		}
	}
	tables, err := os.ReadFile(filepath.Join(results, "tables.md"))
	if err != nil {
		t.Fatal(err)
	}
	if shipped := kerberos.NodeDigest(); !strings.Contains(string(tables), shipped) {
		t.Errorf("what ran is not what the stack ships, whose digest is %s:\n%.200s", shipped, tables)
	}
	for _, name := range []string{"lakekeel", "reference"} {
		out, err := exec.Command("zcat", filepath.Join(results, "logins", name+"-2-nodes-1.csv.gz")).Output()
		if lines := strings.Count(string(out), "\n"); err != nil || lines != 1+2*400 {
			t.Errorf("%d lines of logins of %s (%v); want 400 of each client", lines, name, err)
		}
	}
	nothingLeft(t, command)
}

// A node whose own proxy is not run has no way in; a proof that does not notice is none.
func TestProofFailsWithBrokenNodeFiles(t *testing.T) {
	project := t.TempDir()
	files := filepath.Join(project, "constructs", "kerberos", "node")
	if err := os.CopyFS(files, os.DirFS(filepath.Join(root, "constructs", "kerberos", "node"))); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(project, "cdk.json"), "{}")
	unit := filepath.Join(files, "lakekeel-krb5kdc.service")
	write(t, unit, strings.Replace(string(read(t, unit)), "Restart=always", "Restart=no", 1))
	command, out, _ := prove(t, project, "--logins", "400", "--repeats", "1", "--nodes", "2", "--fault", "krb5kdc", "--design", "lakekeel", "--principals", "0", "--settle", "30s")
	err := command.Run()
	t.Logf("%s", out)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(out.String(), "not whole after 30s") {
		t.Errorf("a daemon that is not restarted goes unnoticed: %v", err)
	}
	nothingLeft(t, command)
}

func TestNothingIsLeft(t *testing.T) {
	var killed *exec.Cmd
	for name, signal := range map[string]syscall.Signal{"after Ctrl-C": syscall.SIGINT, "after kill -9": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			command, out, _ := prove(t, root, "--logins", "400", "--nodes", "2", "--fault", "none", "--design", "reference")
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			waitFor(t, "a machine", func() bool { return len(groups(command)) > 1 })
			if err := command.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			command.Wait()
			if signal == syscall.SIGINT && command.ProcessState.ExitCode() != 130 {
				t.Errorf("it ends with %d; want 130: %s", command.ProcessState.ExitCode(), out)
			}
			waitFor(t, "the end of all processes", func() bool { return busy(command) == 0 })
			if signal == syscall.SIGINT {
				nothingLeft(t, command)
			} else {
				killed = command
			}
		})
	}
	// What kill -9 left are control groups without a process, which the next run removes.
	command, _, _ := prove(t, root, "--logins", "400", "--nodes", "2", "--fault", "none", "--design", "reference")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "a machine", func() bool { return len(groups(command)) > 1 })
	command.Process.Signal(syscall.SIGTERM)
	command.Wait()
	nothingLeft(t, command)
	nothingLeft(t, killed)
}

func TestOneSentenceWhenItCannotRun(t *testing.T) {
	readable := filepath.Join(t.TempDir(), "lakekeel")
	tests := map[string]struct {
		command *exec.Cmd
		code    int
		want    string
	}{
		"not root": {
			exec.Command("setpriv", "--reuid=65534", "--clear-groups", readable, "prove", "kdc"), 1,
			"lakekeel: network namespaces need root; run it with: sudo " + readable + " prove kdc\n",
		},
		"bad flags": {
			exec.Command(readable, "prove", "kdc", "--nodes", "1", "--fault", "fire"), 2,
			`lakekeel: --nodes is 1; want 2 to 9
lakekeel: --fault is "fire"; want "none", "krb5kdc", "kadmind", "node", "link", "propagation", "storage", "target" or "rolling"
`,
		},
		"another system": {exec.Command(readable, "prove", "kdd"), 2, "lakekeel: \"kdd\" is no command; did you mean kdc?\n"},
	}
	// Where the others may read it.
	if err := os.Chmod(filepath.Dir(readable), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(readable, read(t, program), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.command.Dir = filepath.Dir(readable)
			write(t, filepath.Join(filepath.Dir(readable), "cdk.json"), "{}")
			out, _ := test.command.CombinedOutput()
			if test.command.ProcessState.ExitCode() != test.code || string(out) != test.want {
				t.Errorf("status %d, want %d\ngot  %s\nwant %s", test.command.ProcessState.ExitCode(), test.code, out, test.want)
			}
		})
	}
}

// groups are the control groups of one run.
func groups(command *exec.Cmd) []string {
	var found []string
	name := fmt.Sprintf("lakekeel-%d-*", command.Process.Pid)
	for _, pattern := range []string{"/sys/fs/cgroup/" + name, "/sys/fs/cgroup/*/" + name} {
		names, _ := filepath.Glob(pattern)
		found = append(found, names...)
	}
	return found
}

// busy counts the processes in them.
func busy(command *exec.Cmd) int {
	n := 0
	for _, group := range groups(command) {
		filepath.WalkDir(group, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Name() == "cgroup.procs" {
				text, _ := os.ReadFile(path)
				n += bytes.Count(text, []byte("\n"))
			}
			return nil
		})
	}
	return n
}

// nothingLeft looks for processes, control groups, links and mounts of a proof.
func nothingLeft(t *testing.T, command *exec.Cmd) {
	t.Helper()
	if left := groups(command); len(left) > 0 {
		t.Errorf("control groups are left: %v", left)
	}
	links, err := exec.Command("ip", "-o", "link").Output()
	if err != nil || bytes.Contains(links, []byte("to-node")) {
		t.Errorf("links are left: %s %v", links, err)
	}
	if mounts := read(t, "/proc/self/mountinfo"); bytes.Contains(mounts, []byte("/run/lakekeel")) {
		t.Error("mounts are left")
	}
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("no %s within 30 s", what)
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
