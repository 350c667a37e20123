// Package cli drives the built program against a real local endpoint: what it
// prints, how it ends, and what it leaves behind.
package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is the built lakekeel; toolHome the home folder whose tools the tests use.
var program, toolHome string

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func runAll(m *testing.M) (int, error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return 0, err
	}
	if toolHome = os.Getenv("LAKEKEEL_HOME"); toolHome == "" {
		toolHome = filepath.Join(root, ".lakekeel")
	}
	if _, err := os.Stat(filepath.Join(toolHome, "venv")); err != nil {
		return 0, fmt.Errorf("no tools in %s; run: make setup", toolHome)
	}
	folder, err := os.MkdirTemp("", "lakekeel-cli-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	program = filepath.Join(folder, "lakekeel")
	if out, err := exec.Command("go", "build", "-o", program, "../../apps/lakekeel").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, out)
	}
	return m.Run(), nil
}

// A shell is a working folder with a home folder of its own, whose tools are the shared ones.
type shell struct {
	t    *testing.T
	dir  string
	home string
}

func newShell(t *testing.T) shell {
	t.Helper()
	s := shell{t: t, dir: t.TempDir()}
	s.home = filepath.Join(s.dir, ".lakekeel")
	must(t, os.Mkdir(s.home, 0o755))
	for _, part := range []string{"venv", "node", "jars"} {
		must(t, os.Symlink(filepath.Join(toolHome, part), filepath.Join(s.home, part)))
	}
	t.Cleanup(func() { s.run("down") })
	return s
}

// A result is how a command ended.
type result struct {
	code     int
	out, err string
}

func (s shell) command(args ...string) *exec.Cmd {
	command := exec.Command(program, args...)
	command.Dir = s.dir
	command.Env = append(os.Environ(), "LAKEKEEL_HOME="+s.home, "AWS_PROFILE=", "AWS_CONFIG_FILE=/dev/null")
	return command
}

func (s shell) run(args ...string) result {
	s.t.Helper()
	return s.finish(s.command(args...))
}

// limit is how long any one command may take on a busy machine.
const limit = 3 * time.Minute

func (s shell) finish(command *exec.Cmd) result {
	s.t.Helper()
	var out, faults bytes.Buffer
	command.Stdout, command.Stderr = &out, &faults
	must(s.t, command.Start())
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			command.Process.Kill()
		}
	})()
	command.Wait()
	return result{command.ProcessState.ExitCode(), out.String(), faults.String()}
}

// ok runs a command that must succeed and returns what it printed.
func (s shell) ok(args ...string) string {
	s.t.Helper()
	r := s.run(args...)
	if r.code != 0 {
		s.t.Fatalf("lakekeel %s: status %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r.out
}

// refused runs a command that must end with a status and these lines on standard error, and no others.
func (s shell) refused(code int, want string, args ...string) {
	s.t.Helper()
	r := s.run(args...)
	if got := strings.ReplaceAll(strings.TrimSuffix(r.err, "\n"), s.dir, "DIR"); r.code != code || !matches(want, got) {
		s.t.Errorf("lakekeel %s\ngot  %d: %s\nwant %d: %s", strings.Join(args, " "), r.code, got, code, want)
	}
}

// matches compares a text with a wanted one in which … stands for anything.
func matches(want, got string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(want), "…", ".*")
	return regexp.MustCompile("(?s)^" + pattern + "$").MatchString(got)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(content), 0o644))
}

// Nothing here needs an endpoint.
func TestWithoutAnEndpoint(t *testing.T) {
	s := newShell(t)
	const down = "lakekeel: no local endpoint is running; start it with: lakekeel up"
	s.refused(1, down, "run", "w")
	s.refused(1, down, "status")
	s.refused(1, down, "query", "SELECT 1")
	s.refused(1, down, "graph", "w")
	s.refused(1, down, "logs", "jr_1")
	s.refused(1, "lakekeel: nothing answers at http://127.0.0.1:1", "status", "--endpoint", "http://127.0.0.1:1")
	s.refused(1, "lakekeel: profile nobody: no such profile in the AWS configuration", "status", "--profile", "nobody")
	if got := s.ok("down"); got != "no local endpoint was running\n" {
		t.Errorf("down: %s", got)
	}
	if got := s.ok("setup"); got != "set up already in "+s.home+"\n" {
		t.Errorf("setup: %s", got)
	}
}

func TestUsage(t *testing.T) {
	s := newShell(t)
	for _, test := range []struct {
		want string
		args []string
	}{
		{`"staus" is no command; did you mean status?`, []string{"staus"}},
		{`"frobnicate" is no command; see: lakekeel --help`, []string{"frobnicate"}},
		{"WORKFLOW is missing; see: lakekeel run --help", []string{"run"}},
		{`"b" is one argument too many; see: lakekeel run --help`, []string{"run", "a", "b"}},
		{"unknown flag: --dtaa; see: lakekeel run --help", []string{"run", "a", "--dtaa", "x"}},
		{`invalid argument "soon" for "--timeout" flag: …; see: lakekeel run --help`, []string{"run", "a", "--timeout", "soon"}},
		{"--timeout is -1s; want a time such as 10m", []string{"run", "a", "--timeout", "-1s"}},
		{"--port is 70000; want 0 to 65535", []string{"up", "--port", "70000"}},
		{"--limit is 0; want 1 or more", []string{"status", "--limit", "0"}},
		{`--format is "png"; want one of mermaid, svg, dot`, []string{"graph", "a", "--format", "png"}},
		{"the statement is empty", []string{"query", " ; "}},
		{"--json and --csv are given; want one of them", []string{"query", "x", "--json", "--csv"}},
		{"--endpoint and --profile are given; want one of them", []string{"status", "--endpoint", "http://127.0.0.1:1", "--profile", "p"}},
		{"the CDK's arguments are missing, after --; see: lakekeel cdk --help", []string{"cdk"}},
		{"--profile is a real account; add --yes-run-on-aws if the workflow shall run there", []string{"run", "a", "--profile", "p"}},
		{"--profile is for status, graph, query, logs and run; to deploy to an account, use cdk deploy", []string{"cdk", "--profile", "p", "--", "ls"}},
	} {
		s.refused(2, "lakekeel: "+test.want, test.args...)
	}
}

func TestEveryCommandHelps(t *testing.T) {
	s := newShell(t)
	for _, command := range []string{"setup", "doctor", "up", "down", "deploy", "cdk", "run", "status", "query", "graph", "logs", "quicksight", "rehearse", "version"} {
		if help := s.ok(command, "--help"); !strings.Contains(help, "Examples:") {
			t.Errorf("%s --help shows no example", command)
		}
	}
	if got := s.ok("version"); !strings.HasPrefix(got, "lakekeel ") {
		t.Errorf("version: %s", got)
	}
}

func TestDoctor(t *testing.T) {
	s := newShell(t)
	var report struct {
		Findings []struct{ Name, State, Found, Mend string }
	}
	must(t, json.Unmarshal([]byte(s.ok("doctor", "--json")), &report))
	if len(report.Findings) != 8 {
		t.Errorf("%d findings", len(report.Findings))
	}
	t.Run("lists the types of the endpoint", func(t *testing.T) {
		if types := s.ok("doctor", "--types"); !strings.Contains(types, "AWS::Glue::Workflow") {
			t.Errorf("no Glue workflow among\n%s", types)
		}
		if types := s.ok("doctor", "--types", "--json"); !json.Valid([]byte(types)) {
			t.Errorf("no JSON:\n%s", types)
		}
	})
	t.Run("a machine without Java, and with a Node too old", func(t *testing.T) {
		bin := filepath.Join(s.dir, "bin")
		write(t, filepath.Join(bin, "node"), "#!/bin/sh\necho v16.20.0\n")
		must(t, os.Chmod(filepath.Join(bin, "node"), 0o755))
		for _, name := range []string{"go", "npm", "python3", "sh", "apt-cache"} {
			if path, err := exec.LookPath(name); err == nil {
				must(t, os.Symlink(path, filepath.Join(bin, name)))
			}
		}
		s := s
		s.home = filepath.Join(s.dir, "elsewhere") // where nothing is set up yet
		for _, args := range [][]string{{"doctor", "--quiet"}, {"setup"}} {
			command := s.command(args...)
			command.Env = append(command.Env, "PATH="+bin, "JAVA_HOME=")
			r := s.finish(command)
			if r.code != 1 || !strings.Contains(r.err, "lakekeel: Java is not there; want 17; ") ||
				!strings.Contains(r.err, "lakekeel: Node is 16.20.0 ("+filepath.Join(bin, "node")+"); want 22 or newer (20 works); ") {
				t.Errorf("%v: status %d\n%s", args, r.code, r.err)
			}
		}
	})
}

func TestSetupWithoutNetwork(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.home = filepath.Join(s.dir, "fresh")
	command := s.command("setup")
	nowhere := "http://127.0.0.1:1"
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "npm_config_proxy", "npm_config_https_proxy", "ALL_PROXY"} {
		command.Env = append(command.Env, name+"="+nowhere)
	}
	command.Env = append(command.Env, "NO_PROXY=", "no_proxy=", "PIP_NO_CACHE_DIR=1", "npm_config_cache="+filepath.Join(s.dir, "npm"), "PIP_FIND_LINKS=")
	r := s.finish(command)
	lines := strings.Split(strings.TrimSpace(r.err), "\n")
	const want = "the package index does not answer; check this machine's network or proxy, then run lakekeel setup again (log: "
	if r.code != 1 || len(lines) != 2 || !strings.Contains(lines[0], "Python packages: ") || !strings.Contains(lines[1], "CDK command line: ") ||
		!strings.Contains(lines[0], want) || !strings.Contains(lines[1], want) {
		t.Errorf("status %d\n%s", r.code, r.err)
	}
	if left, _ := filepath.Glob(filepath.Join(s.home, "venv")); len(left) > 0 {
		t.Error("half a virtual environment stands where a whole one should")
	}
}

func TestPortInUse(t *testing.T) {
	s := newShell(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	s.refused(1, "lakekeel: port "+port+" cannot be used (address already in use); give another with --port, or none for any that is free", "up", "--port", port)
}

func TestUpAndDown(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	up := s.ok("up", "--persist")
	if !strings.HasPrefix(up, "the local endpoint is up at http://127.0.0.1:") || !strings.Contains(up, "; its state is kept)\n  export AWS_ENDPOINT_URL=http://127.0.0.1:") {
		t.Errorf("up: %s", up)
	}
	again := s.run("up", "--port", "1")
	if again.code != 0 || !strings.HasPrefix(again.out, "the local endpoint was up already at ") || !strings.Contains(again.err, "not 1; to change it: lakekeel down, then lakekeel up again") {
		t.Errorf("up again: %+v", again)
	}
	for line := range strings.Lines(s.ok("up", "--env")) {
		if !strings.HasPrefix(line, "export ") {
			t.Errorf("--env prints %s", line)
		}
	}
	pid := s.pid()
	if got := s.ok("down"); got != fmt.Sprintf("stopped the local endpoint (process %d); its state is kept\n", pid) {
		t.Errorf("down: %s", got)
	}
	s.refused(1, "lakekeel: no local endpoint is running; start it with: lakekeel up", "status")
}

// pid is the process of the shell's endpoint.
func (s shell) pid() int {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.home, "endpoint", "endpoint.json"))
	must(s.t, err)
	var record struct{ PID int }
	must(s.t, json.Unmarshal(content, &record))
	return record.PID
}

func TestAnEndpointThatWasKilled(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.ok("up")
	must(t, syscall.Kill(s.pid(), syscall.SIGKILL))
	time.Sleep(200 * time.Millisecond)
	s.refused(1, "lakekeel: no local endpoint is running; start it with: lakekeel up", "status")
	if up := s.ok("up"); !strings.HasPrefix(up, "the local endpoint is up at ") {
		t.Errorf("up again: %s", up)
	}
}

func TestAnEndpointThatCannotStart(t *testing.T) {
	s := newShell(t)
	write(t, filepath.Join(s.home, "endpoint", "runs"), "a file where a folder should be")
	s.refused(1, "lakekeel: the local endpoint ended while it started: …runs… (log: DIR/.lakekeel/endpoint/endpoint.log)", "up")
}
