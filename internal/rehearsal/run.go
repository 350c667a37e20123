package rehearsal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Options says what to rehearse.
type Options struct {
	Root     string    // the project's root, a git checkout; if empty, the working directory
	Assembly string    // the local cloud assembly, relative to Root; if empty, "cdk.out"
	Home     string    // home folder that the clone shares, e.g. Root/.lakekeel; if empty, the clone makes its own
	Out      io.Writer // progress and verdict; if nil, nowhere
	Keep     bool      // whether the clone is left where it is, for a look at it

	// Pass names further variables of this process that the commands get. They
	// always get those of [Passed].
	Pass []string
}

// Passed are the variables of this process that the build's commands get. All
// of them say where things are on this machine, nothing of what to build.
var Passed = []string{
	"HOME", "PATH", "USER", "LOGNAME", "TMPDIR", "JAVA_HOME",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	"SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "PIP_CERT", "PIP_FIND_LINKS", "PIP_INDEX_URL", "GOPROXY", "GOMODCACHE", "GOCACHE",
}

// Run rehearses the pipeline's build step: it runs the step's commands in a clean
// clone of HEAD and compares the assembly that comes out with the local one. It
// writes what it does and its verdict to opts.Out. The error says in one sentence
// what went wrong: a command that failed, or assemblies that differ.
func Run(ctx context.Context, opts Options) error {
	r, err := prepare(ctx, opts)
	if err != nil {
		return err
	}
	defer r.clean()
	if err := r.clone(ctx); err != nil {
		return err
	}
	if err := r.build(ctx); err != nil {
		return err
	}
	return r.judge()
}

type rehearsal struct {
	opts     Options
	root     string // of the project, with links resolved
	assembly string
	steps    Steps
	temp     string // holds the clone and the log
	source   string // the clone
}

func prepare(ctx context.Context, opts Options) (*rehearsal, error) {
	if opts.Out == nil {
		opts.Out = io.Discard
	}
	root, err := filepath.Abs(orElse(opts.Root, "."))
	if err != nil {
		return nil, err
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, err
	}
	r := &rehearsal{opts: opts, root: root, assembly: filepath.Join(root, orElse(opts.Assembly, "cdk.out"))}
	if _, err := os.Stat(r.assembly); errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no cloud assembly in %s to compare with; write it with: cdk synth", r.assembly)
	}
	if r.steps, err = Find(r.assembly); err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "lakekeel-rehearsal-")
	if err != nil {
		return nil, err
	}
	if r.temp, err = filepath.EvalSymlinks(temp); err != nil {
		return nil, err
	}
	r.source = filepath.Join(r.temp, "source")
	return r, nil
}

func (r *rehearsal) say(format string, args ...any) {
	fmt.Fprintf(r.opts.Out, format+"\n", args...)
}

func (r *rehearsal) clean() {
	if r.opts.Keep {
		r.say("the clone is left in %s", r.source)
		return
	}
	// Go's module cache is read-only; a build that made one in the clone left it so.
	filepath.WalkDir(r.temp, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			os.Chmod(path, 0o755)
		}
		return nil
	})
	os.RemoveAll(r.temp)
}

// clone makes a copy of HEAD and nothing else, and tells what it leaves behind.
func (r *rehearsal) clone(ctx context.Context) error {
	head, err := git(ctx, r.root, "rev-parse", "--short", "HEAD")
	if err != nil {
		return fmt.Errorf("%s has no commit to rehearse: %w", r.root, err)
	}
	changed, err := git(ctx, r.root, "status", "--porcelain")
	if err != nil {
		return err
	}
	if changed != "" {
		lines := strings.Split(changed, "\n")
		r.say("not committed, so not rehearsed: %s", summary(lines))
	}
	r.say("clone of %s", head)
	_, err = git(ctx, r.root, "clone", "--quiet", "--no-hardlinks", r.root, r.source)
	return err
}

// summary names the first few of git's lines.
func summary(lines []string) string {
	const most = 5
	var names []string
	for _, line := range lines[:min(most, len(lines))] {
		names = append(names, strings.TrimSpace(line[min(3, len(line)):]))
	}
	if len(lines) > most {
		names = append(names, fmt.Sprintf("and %d more", len(lines)-most))
	}
	return strings.Join(names, ", ")
}

func git(ctx context.Context, folder string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", append([]string{"-C", folder}, args...)...)
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("git %s: %s", args[0], orElse(strings.TrimSpace(said.String()), err.Error()))
	}
	return strings.TrimRight(out.String(), "\n"), nil
}

// build runs the step's commands as CodeBuild does: in one shell, so that what
// one exports the next one sees, and no further after the first that fails.
func (r *rehearsal) build(ctx context.Context) error {
	log, err := os.Create(filepath.Join(r.temp, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	marker := filepath.Join(r.temp, "command")
	for _, name := range r.steps.Places {
		r.say("%s: as on this machine (in the pipeline it says where the cache is)", name)
	}
	for _, command := range r.steps.Commands {
		r.say("run: %s", command)
	}
	begin := time.Now()
	shell := exec.CommandContext(ctx, "sh", "-c", script(r.steps.Commands), "sh", marker)
	shell.Dir, shell.Env = r.source, r.environment()
	shell.Stdout, shell.Stderr = log, log
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	shell.Cancel = func() error { return syscall.Kill(-shell.Process.Pid, syscall.SIGTERM) }
	shell.WaitDelay = 10 * time.Second
	if err := shell.Run(); err != nil {
		return r.failure(ctx, err, marker, log.Name())
	}
	r.say("the build took %.0f s", time.Since(begin).Seconds())
	return nil
}

// script runs commands one after the other; before each it writes the command's
// number to the file that is its first argument.
func script(commands []string) string {
	var s strings.Builder
	s.WriteString("__marker=$1; shift\n")
	for i, command := range commands {
		fmt.Fprintf(&s, "echo %d >\"$__marker\"\n%s\n__status=$?; [ $__status -eq 0 ] || exit $__status\n", i, command)
	}
	return s.String()
}

// environment is what the commands see: little of this machine, then what the
// pipeline sets.
func (r *rehearsal) environment() []string {
	env := []string{"CI=true"}
	for _, name := range append(append([]string{}, Passed...), r.opts.Pass...) {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	if r.opts.Home != "" {
		env = append(env, "LAKEKEEL_HOME="+r.opts.Home)
	}
	for _, name := range sorted(r.steps.Variables) {
		env = append(env, name+"="+r.steps.Variables[name])
	}
	return env
}

// failure says which command failed, how, and its last words.
func (r *rehearsal) failure(ctx context.Context, err error, marker, log string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("the rehearsal was stopped: %w", context.Cause(ctx))
	}
	command := r.steps.Commands[0]
	if text, readErr := os.ReadFile(marker); readErr == nil {
		if i, convErr := strconv.Atoi(strings.TrimSpace(string(text))); convErr == nil && i < len(r.steps.Commands) {
			command = r.steps.Commands[i]
		}
	}
	how := err.Error()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() >= 0 {
		how = fmt.Sprintf("exit status %d", exit.ExitCode())
	}
	return fmt.Errorf("the pipeline's command %q failed in a clean clone: %s; its last lines:\n%s", command, how, lastLines(log))
}

// lastLines are the last twenty lines of a log, indented.
func lastLines(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "  " + err.Error()
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	lines = lines[max(0, len(lines)-20):]
	return "  " + strings.Join(lines, "\n  ")
}

// judge compares the two assemblies and tells the verdict.
func (r *rehearsal) judge() error {
	output := filepath.Join(r.source, r.steps.Output)
	if _, err := os.Stat(output); err != nil {
		return fmt.Errorf("the build succeeded but left no folder %s", r.steps.Output)
	}
	c, err := Compare(r.assembly, r.root, output, r.source)
	if err != nil {
		return err
	}
	for _, why := range c.Skipped {
		r.say("not compared: %s", why)
	}
	if len(c.Differences) == 0 {
		r.say("the assembly from a clean clone equals the local one: %d files, %d templates, %d assets", c.Files, c.Templates, c.Assets)
		return nil
	}
	for _, line := range c.Differences {
		r.say("  %s", line)
	}
	return fmt.Errorf("the assembly from a clean clone differs from the local one in %d places of %d files", len(c.Differences), c.Files)
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
