package toolchain

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/lakekeel/lakekeel/internal/home"
)

// lockRetry is how often a second set-up looks whether the first has ended.
const lockRetry = 200 * time.Millisecond

// The recipes are part of the stamps: change one when its build changes.
const (
	venvRecipe = "venv 1: setuptools first, then all without build isolation"
	nodeRecipe = "node 1: npm ci without scripts"
	jarsRecipe = "jars 1: " + jarPackages + " without " + jarExcluded
)

// What Spark 3.5 (Hadoop 3.3.4) needs to read and write S3: the connector and
// the four modules of the SDK it calls, 11 MB, in place of the SDK's bundle of 280 MB; and
// MySQL's driver, which Glue has built in (protobuf is for a protocol that nobody speaks here).
const (
	jarPackages = "org.apache.hadoop:hadoop-aws:3.3.4,com.amazonaws:aws-java-sdk-s3:1.12.262," +
		"com.amazonaws:aws-java-sdk-sts:1.12.262,com.amazonaws:aws-java-sdk-dynamodb:1.12.262,com.mysql:mysql-connector-j:8.4.0"
	jarExcluded = "com.amazonaws:aws-java-sdk-bundle,com.google.protobuf:protobuf-java"
)

// buildVenv makes a virtual environment with exactly the locked packages.
//
// PySpark is the one package without a wheel. pip would fetch what builds it
// unpinned, into an environment of its own; installing the locked setuptools
// first, and building with that, keeps every downloaded byte under a digest.
func buildVenv(ctx context.Context, job job) error {
	if err := job.run(ctx, job.folder, nil, job.tools.Python, "-m", "venv", job.folder); err != nil {
		return explain(err, "cannot make a virtual environment with "+job.tools.Python)
	}
	pip := []string{"-m", "pip", "install", "--require-hashes", "--no-input", "--disable-pip-version-check",
		"--retries", "2", "--progress-bar", "off"}
	for _, step := range []struct {
		lock    string
		options []string
	}{
		{lock: pick(requirements, "setuptools")},
		{lock: requirements, options: []string{"--no-build-isolation", "--use-pep517"}},
	} {
		file := filepath.Join(job.folder, "lock.txt")
		if err := os.WriteFile(file, []byte(step.lock), 0o644); err != nil {
			return err
		}
		args := append(slices.Concat(pip, step.options), "-r", file)
		if err := job.run(ctx, job.folder, nil, filepath.Join(job.folder, "bin", "python"), args...); err != nil {
			return explain(err, "pip cannot install the packages")
		}
	}
	return relocate(job.folder, job.final)
}

// pick returns the entries of a requirements lock for the named packages: each
// is a line that starts with the name, and the lines that continue it.
func pick(lock string, names ...string) string {
	var picked strings.Builder
	inside := false
	for line := range strings.Lines(lock) {
		if name, _, ok := strings.Cut(line, "=="); ok && name == strings.TrimSpace(name) {
			inside = slices.Contains(names, name)
		}
		if inside {
			picked.WriteString(line)
		}
	}
	return picked.String()
}

// relocate makes a virtual environment built in one folder work in another:
// its scripts name their interpreter by its full path.
func relocate(from, to string) error {
	files, err := filepath.Glob(filepath.Join(from, "bin", "*"))
	if err != nil {
		return err
	}
	for _, file := range append(files, filepath.Join(from, "pyvenv.cfg")) {
		if err := substitute(file, from, to); err != nil {
			return err
		}
	}
	return nil
}

// substitute replaces a text in a regular, small file that has it; links and programs stay as they are.
func substitute(file, old, new string) error {
	info, err := os.Lstat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > 1<<20 {
		return err
	}
	content, err := os.ReadFile(file)
	if err != nil || !bytes.Contains(content, []byte(old)) {
		return err
	}
	return os.WriteFile(file, bytes.ReplaceAll(content, []byte(old), []byte(new)), info.Mode())
}

// buildNode installs the pinned CDK command line. The lock has digests but no
// addresses: packages come from wherever this machine's npm takes them.
func buildNode(ctx context.Context, job job) error {
	for name, content := range map[string]string{"package.json": packageJSON, "package-lock.json": packageLock} {
		if err := os.WriteFile(filepath.Join(job.folder, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	err := job.run(ctx, job.folder, nil, job.tools.NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier",
		"--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")
	return explain(err, "npm cannot install the CDK command line")
}

// buildJars lets Spark fetch the jars as it would for a job, with its own
// resolver, and then checks each against the list of digests.
func buildJars(ctx context.Context, job job) error {
	ivy, script := filepath.Join(job.folder, "ivy"), filepath.Join(job.folder, "nothing.py")
	if err := os.WriteFile(script, nil, 0o644); err != nil {
		return err
	}
	env := []string{"PATH=" + SparkPath(job.home, os.Getenv("PATH"))}
	err := job.run(ctx, job.folder, env, job.home.Path("venv", "bin", "spark-submit"), "--master", "local[1]", "--conf", "spark.jars.ivy="+ivy,
		"--packages", jarPackages, "--exclude-packages", jarExcluded, script)
	if err != nil {
		return explain(err, "Spark cannot fetch the jars")
	}
	fetched, err := filepath.Glob(filepath.Join(ivy, "jars", "*.jar"))
	if err != nil {
		return err
	}
	for _, jar := range fetched {
		if err := os.Rename(jar, filepath.Join(job.folder, filepath.Base(jar))); err != nil {
			return err
		}
	}
	if err := errors.Join(os.RemoveAll(ivy), os.Remove(script)); err != nil {
		return err
	}
	return verify(job.folder, jarDigests)
}

// verify compares the jars in a folder with a list in sha256sum's format:
// all of them, no others, byte for byte.
func verify(folder, list string) error {
	want := map[string]string{}
	for line := range strings.Lines(list) {
		if digest, name, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
			want[name] = digest
		}
	}
	found, err := filepath.Glob(filepath.Join(folder, "*.jar"))
	if err != nil {
		return err
	}
	var faults []string
	for _, path := range found {
		name := filepath.Base(path)
		digest, err := digestOf(path)
		switch {
		case err != nil:
			return err
		case want[name] == "":
			faults = append(faults, name+" is not expected")
		case want[name] != digest:
			faults = append(faults, name+" has another content than it should")
		}
		delete(want, name)
	}
	for name := range want {
		faults = append(faults, name+" is missing")
	}
	if len(faults) > 0 {
		slices.Sort(faults)
		return errors.New(strings.Join(faults, "; "))
	}
	return nil
}

func digestOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// run runs a tool in a folder, with its output in the log. When the context
// ends, the tool and what it started end too.
func (j job) run(ctx context.Context, folder string, env []string, name string, args ...string) error {
	fmt.Fprintf(j.log, "$ %s %s\n", name, strings.Join(args, " "))
	var output tail
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = folder
	command.Env = append(Environment(os.Environ()), env...)
	command.Stdout = io.MultiWriter(j.log, &output)
	command.Stderr = command.Stdout
	ownGroup(command)
	command.WaitDelay = 5 * time.Second
	if err := command.Run(); err != nil {
		return &failure{err: err, output: output.String()}
	}
	return nil
}

// Environment returns the variables of env that may reach the tools: not
// another Spark's or Python's settings, which would take the place of ours.
func Environment(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON",
			"PYSPARK_SUBMIT_ARGS", "SPARK_HOME", "SPARK_CONF_DIR", "SPARK_DIST_CLASSPATH", "HADOOP_CONF_DIR", "HADOOP_HOME", "PIP_USER",
			"PIP_TARGET", "PIP_REQUIRE_VIRTUALENV"}, name)
	})
}

// A failure is a tool that did not succeed, with the end of what it printed.
type failure struct {
	err    error
	output string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// unreachable are the words in which pip, npm and Ivy say that they cannot reach the place they take packages from.
var unreachable = regexp.MustCompile(`(?i)(ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ERR_SOCKET_TIMEOUT|NewConnectionError|ProxyError|` +
	`ConnectTimeoutError|ReadTimeoutError|Name or service not known|Temporary failure in name resolution|Connection refused|UnknownHostException|` +
	`ConnectException|SERVER ERROR|Server access error)`)

// explain turns a tool's failure into a sentence: no network, a full disk, or
// the tool's own last words.
func explain(err error, what string) error {
	var failed *failure
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("%s: %w", what, err)
	case !errors.As(err, &failed):
		return fmt.Errorf("%s: %w", what, err)
	case strings.Contains(failed.output, "No space left on device") || strings.Contains(failed.output, "ENOSPC"):
		return fmt.Errorf("%s: the disk is full", what)
	case unreachable.MatchString(failed.output):
		return fmt.Errorf("%s: the package index does not answer; check this machine's network or proxy, then run lakekeel setup again", what)
	}
	return fmt.Errorf("%s: %s", what, lastWords(failed))
}

var errorLine = regexp.MustCompile(`(?i)^(npm (err!|error) +)?(error|:: |[\w.]*(error|exception)):? *`)

// lastWords picks, of a tool's output, the last line that says error, else the last line of all.
func lastWords(failed *failure) string {
	words := failed.Error()
	for line := range strings.Lines(failed.output) {
		if line = strings.TrimSpace(line); line != "" {
			words = line
		}
	}
	for line := range strings.Lines(failed.output) {
		if line = strings.TrimSpace(line); errorLine.MatchString(line) {
			words = line
		}
	}
	return words
}

// A tail keeps the last 64 KiB written to it.
type tail struct{ kept []byte }

const tailSize = 64 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - tailSize; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.kept) }

// SparkPath returns the PATH under which Spark's scripts find the virtual environment's Python first.
func SparkPath(h home.Home, path string) string {
	return h.Path("venv", "bin") + string(os.PathListSeparator) + path
}

// ownGroup puts a command in a process group of its own that is ended as a whole.
func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = groupAttributes()
	command.Cancel = func() error { return killGroup(command.Process.Pid) }
}
