// Command suite runs every check of the project, fast to slow, and says at the
// end what ran and in how long. `make test` calls it.
//
//	go run ./test/suite             all checks
//	go run ./test/suite -list       their names
//	go run ./test/suite guard etl   just these
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// A check is one command; it fails by its exit status.
type check struct {
	name    string
	about   string
	command []string // run in the project's root
	dir     string   // below the root; if empty, the root
	env     []string // added to the environment
	sealed  bool     // run where there is no network at all, if this machine can
	quiet   bool     // output means failure, as with gofmt -l
}

// home is the folder of everything that set-up makes.
var home = cmp.Or(os.Getenv("LAKEKEEL_HOME"), ".lakekeel")

func tool(name string) string { return filepath.Join(absolute(home), "venv", "bin", name) }

// checks stand from fast to slow, so that a mistake shows early.
func checks() []check {
	pytest := func(folder string, more ...string) []string {
		return append([]string{tool("pytest"), "-q", "--durations=3", "--durations-min=1", folder}, more...)
	}
	noValidator := []string{"CDK_VALIDATION=false"}
	// Spark's sessions live for seconds in the tests, so what the second compiler costs never comes back.
	briefJava := []string{"JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1"}
	templates := filepath.Join(absolute(home), "test", "templates.test")
	return []check{
		{name: "gofmt", about: "Go is formatted (mend: gofmt -w .)", command: []string{"gofmt", "-l", "apps", "constructs", "internal", "stacks", "test"}, quiet: true},
		{name: "ruff", about: "Python is clean (mend: ruff check --fix)", command: []string{tool("ruff"), "check", "--no-cache", "."}},
		{name: "ruff format", about: "Python is formatted (mend: ruff format)", command: []string{tool("ruff"), "format", "--no-cache", "--check", "."}},
		{name: "tidy", about: "go.mod holds what is used (mend: go mod tidy)", command: []string{"go", "mod", "tidy", "-diff"}},
		{name: "pure", about: "Go that starts nothing", command: []string{"go", "test", "./internal/...", "./constructs/...", "./stacks/...", "./apps/..."}, env: noValidator},
		{name: "vet", about: "go vet", command: []string{"go", "vet", "./..."}},
		{name: "compile", about: "the template tests, compiled", command: []string{"go", "test", "-c", "-o", templates, "./test"}},
		{name: "templates", about: "synthesis, goldens, cdk-nag; network cut", command: []string{templates, "-test.count=1", "-test.v"}, dir: "test", env: noValidator, sealed: true},
		{name: "guard", about: "cfn-lint, CDK validator, API models, limits", command: pytest("test/guard")},
		{name: "etl", about: "the PySpark scripts on Spark, against DuckDB", command: pytest("test/etl"), env: briefJava},
		{name: "scd2", about: "Hudi, Iceberg and Delta on Spark; two writers, two rounds", command: pytest("test/scd2", "--rounds=2", "-k", "not test_races or no_update_is_lost and iceberg", "-rs"), env: briefJava},
		{name: "endpoint", about: "the local endpoint, each mapped type", command: pytest("test/endpoint")},
		{name: "redshiftrls", about: "Redshift's row-level security, on PostgreSQL", command: pytest("test/redshiftrls", "-rs")},
		{name: "preview", about: "dashboards drawn in a real browser", command: pytest("test/preview", "-rs")},
		{name: "engine", about: "the Glue engine, and its failures", command: pytest("test/engine")},
		{name: "cli", about: "the command-line program", command: []string{"go", "test", "-count=1", "./test/cli/..."}},
		{name: "module", about: "a module outside that imports the library", command: []string{"go", "test", "-count=1", "./test/module/..."}, env: noValidator},
		{name: "kubernetes", about: "manifests on a real API server, if one is built", command: []string{"go", "test", "-count=1", "-short", "-v", "./test/kubernetes"}},
		{name: "kerberos", about: "KDC nodes: real MIT Kerberos, three hosts, killed and cut off", command: pytest("test/kerberos/node", "test/kerberos/test_functions.py", "-rs")},
		{name: "prove", about: "KDC failover under load, with few logins", command: []string{"go", "test", "-count=1", "-v", "./test/kerberos/..."}},
		{name: "system", about: "deploy, run, query; broken on purpose", command: pytest("test/system")},
		{name: "governance", about: "a governed lake deployed; grants compared", command: pytest("test/governance")},
		{name: "smoke", about: "the pipeline's smoke test, against the endpoint", command: pytest("test/smoke")},
		{name: "synth", about: "the app, by the CDK's own program", command: []string{"make", "synth"}},
		{name: "rehearsal", about: "the pipeline's build in a clean clone", command: []string{filepath.Join("bin", "lakekeel"), "rehearse"}},
	}
}

// outcome is what became of a check.
type outcome struct {
	check
	err  error
	wall time.Duration
	cpu  time.Duration
	note string
}

func main() {
	list := flag.Bool("list", false, "print the names of the checks and stop")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *list, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, list bool, names []string) error {
	chosen, err := choose(checks(), names)
	if err != nil || list {
		for _, c := range chosen {
			fmt.Printf("%-12s %s\n", c.name, c.about)
		}
		return err
	}
	logs := filepath.Join(absolute(home), "test")
	if err := os.MkdirAll(logs, 0o755); err != nil {
		return err
	}
	var done []outcome
	for i, c := range chosen {
		fmt.Printf("[%2d/%d] %-12s %s\n", i+1, len(chosen), c.name, c.about)
		o := execute(ctx, c, filepath.Join(logs, strings.ReplaceAll(c.name, " ", "-")+".log"))
		done = append(done, o)
		fmt.Printf("        %s in %s: %s\n", verdict(o), round(o.wall), o.note)
		if ctx.Err() != nil {
			break
		}
	}
	return report(done, len(chosen))
}

func choose(all []check, names []string) ([]check, error) {
	if len(names) == 0 {
		return all, nil
	}
	var chosen []check
	for _, name := range names {
		i := slices.IndexFunc(all, func(c check) bool { return c.name == name })
		if i < 0 {
			return all, fmt.Errorf("there is no check %q; there are those above", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// execute runs c with its output in the log file, and shows the end of it when c fails.
func execute(ctx context.Context, c check, log string) outcome {
	o := outcome{check: c}
	out, err := os.Create(log)
	if err != nil {
		o.err = err
		return o
	}
	defer out.Close()
	command, note := sealed(c)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = filepath.Join(".", c.dir)
	cmd.Env = append(os.Environ(), c.env...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	start := time.Now()
	o.err = cmd.Run()
	o.wall = time.Since(start)
	if cmd.ProcessState != nil {
		o.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	text, _ := os.ReadFile(log)
	if c.quiet && o.err == nil && len(text) > 0 {
		o.err = errors.New("it names files")
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	o.note = strings.TrimSpace(note + " " + summary(lines))
	if o.err != nil {
		fmt.Printf("        ---- %s, the end of %s\n", o.err, relative(log))
		for _, line := range lines[max(0, len(lines)-80):] {
			fmt.Println("        |", line)
		}
	}
	return o
}

// summary is what a runner says last; of go test, how many packages passed. What was
// left out because something is not on this machine comes before all else.
func summary(lines []string) string {
	packages := 0
	for _, line := range lines {
		if _, missing, found := strings.Cut(line, "*** NOT PROVED"); found {
			return "NOT PROVED" + missing
		}
		if strings.HasPrefix(line, "ok  \t") {
			packages++
		}
	}
	if packages > 0 {
		return fmt.Sprintf("%d packages ok", packages)
	}
	return lines[len(lines)-1]
}

// sealed puts a command into a network namespace without links, so that it
// proves to need no network; elsewhere than on Linux it says that it could not.
func sealed(c check) (command []string, note string) {
	if !c.sealed {
		return c.command, ""
	}
	for _, cut := range [][]string{{"unshare", "-n"}, {"unshare", "-r", "-n"}} {
		if exec.Command(cut[0], append(cut[1:], "true")...).Run() == nil {
			return append(cut, c.command...), "network cut;"
		}
	}
	return c.command, "NETWORK NOT CUT (unshare is not permitted here);"
}

// report prints the table of what ran and returns an error if anything failed.
func report(done []outcome, planned int) error {
	t := table.NewWriter()
	style := table.StyleLight
	style.Format.Header, style.Format.Footer = text.FormatDefault, text.FormatDefault
	t.SetStyle(style)
	t.AppendHeader(table.Row{"check", "", "wall", "cpu", "says"})
	var failed []string
	var wall, cpu time.Duration
	for _, o := range done {
		t.AppendRow(table.Row{o.name, verdict(o), round(o.wall), round(o.cpu), clip(o.note, 70)})
		wall, cpu = wall+o.wall, cpu+o.cpu
		if o.err != nil {
			failed = append(failed, o.name)
		}
	}
	t.AppendFooter(table.Row{"", "", round(wall), round(cpu), ""})
	fmt.Printf("\n%s\n%d passed, %d failed\n", t.Render(), len(done)-len(failed), len(failed))
	switch {
	case len(failed) > 0:
		return fmt.Errorf("failed: %s; again alone: go run ./test/suite %s", strings.Join(failed, ", "), strings.Join(failed, " "))
	case len(done) < planned:
		return errors.New("interrupted")
	}
	return nil
}

func verdict(o outcome) string {
	if o.err != nil {
		return "FAILED"
	}
	return "ok"
}

func clip(s string, most int) string {
	if len([]rune(s)) > most {
		return string([]rune(s)[:most-1]) + "…"
	}
	return s
}

func round(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }

func absolute(path string) string {
	full, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return full
}

func relative(path string) string {
	if short, err := filepath.Rel(absolute("."), path); err == nil {
		return short
	}
	return path
}
