//go:build linux

// Package kdc proves the Kerberos service on one machine: the node files as they are shipped,
// the real MIT daemons, a balancer with the rules of AWS's, and clients that log in
// while things break. The published reference design goes through the same, for comparison.
package kdc

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/prove/world"
	"github.com/lakekeel/lakekeel/internal/report"
)

// Options say what is proved, and how thoroughly.
type Options struct {
	Home  string // Lakekeel's home folder, whose Python packages the nodes use
	Files string // folder of the node files as shipped
	Out   report.Terminal

	Done func(Result) error // called with all that is measured so far, after each cluster

	Logins  int      // of each client around each fault
	Slots   int      // logins of each client at a time
	Rate    int      // logins of each client a second, at most
	Repeats int      // of each fault
	Nodes   []int    // numbers of nodes, each tried by itself
	Faults  []string // names; if empty, all
	Designs []string // names; if empty, both

	Settle     time.Duration // that the service may take to be whole again
	Principals int           // to create with slow files, in each design and repeat; 0: none
}

// Designs are the names of the designs.
func Designs() []string { return []string{"lakekeel", "reference"} }

func newDesign(name string) design {
	if name == "reference" {
		return &reference{}
	}
	return &replicated{}
}

// Validate reports every fault of the options.
func (o Options) Validate() error {
	faults := check.Of("")
	faults.Want(o.Logins >= 10 && o.Logins <= 1_000_000, "--logins", o.Logins, "10 to 1000000")
	faults.Want(o.Slots >= 1 && o.Slots <= 1000, "--parallel", o.Slots, "1 to 1000")
	faults.Want(o.Rate >= 1 && o.Rate <= 10_000, "--rate", o.Rate, "1 to 10000")
	faults.Want(o.Repeats >= 1 && o.Repeats <= 100, "--repeats", o.Repeats, "1 to 100")
	faults.Want(o.Settle >= time.Second && o.Settle <= time.Hour, "--settle", o.Settle, "1s to 1h")
	faults.Want(o.Principals >= 0 && o.Principals <= 100_000, "--principals", o.Principals, "0 to 100000")
	faults.Want(len(o.Nodes) > 0, "--nodes", o.Nodes, "at least one number")
	for _, n := range o.Nodes {
		faults.Want(n >= 2 && n <= 9, "--nodes", n, "2 to 9")
	}
	for _, name := range o.Faults {
		faults.Want(slices.Contains(Faults(), name), "--fault", name, check.OneOf(Faults()))
	}
	for _, name := range o.Designs {
		faults.Want(slices.Contains(Designs(), name), "--design", name, check.OneOf(Designs()))
	}
	return faults.Err()
}

// packages are the programs that the proof runs, with the Debian packages that bring them.
var packages = map[string]string{
	"krb5kdc": "krb5-kdc", "kadmind": "krb5-admin-server", "kpropd": "krb5-kpropd", "kinit": "krb5-user", "kadmin": "krb5-user",
	"cc": "gcc libc6-dev libkrb5-dev", "javac": "openjdk-17-jdk-headless", "sysctl": "procps",
}

// Installed says in one sentence what is missing on this machine, and what mends it.
func Installed() error {
	var programs, wanted []string
	for _, table := range []map[string]string{packages, world.Tools} {
		for program, pack := range table {
			if _, err := exec.LookPath(program); err != nil {
				programs, wanted = append(programs, program), append(wanted, strings.Fields(pack)...)
			}
		}
	}
	if len(programs) == 0 {
		return nil
	}
	slices.Sort(programs)
	slices.Sort(wanted)
	return fmt.Errorf("%s missing; install with: apt-get install --no-install-recommends %s", strings.Join(programs, ", "), strings.Join(slices.Compact(wanted), " "))
}

// Run does all trials, inside a world. What was measured until an error is returned with it.
func Run(ctx context.Context, o Options) (result Result, err error) {
	if err := o.Validate(); err != nil {
		return result, err
	}
	result = Result{Started: time.Now(), Machine: machine()}
	if result.Digest, err = Digest(o.Files); err != nil {
		return result, err
	}
	w, err := world.New()
	if err != nil {
		return result, err
	}
	tools, err := compile(ctx)
	if err != nil {
		return result, err
	}
	return result, errors.Join(o.trials(ctx, w, tools, &result), o.allCreations(ctx, w, tools, &result), ctx.Err())
}

// trials breaks one cluster after the other. What cannot be built is left out, and said.
func (o Options) trials(ctx context.Context, w *world.World, tools string, result *Result) error {
	var errs []error
	for _, plan := range o.plans() {
		if ctx.Err() != nil {
			break
		}
		trials, err := o.cluster(ctx, w, tools, plan)
		result.Trials = append(result.Trials, trials...)
		errs = append(errs, err, o.Done(*result))
	}
	return errors.Join(errs...)
}

// allCreations creates principals while files are slow, in each design.
func (o Options) allCreations(ctx context.Context, w *world.World, tools string, result *Result) error {
	var errs []error
	for repeat := range o.creationRepeats() {
		for _, name := range o.designs() {
			if ctx.Err() != nil {
				break
			}
			creations, err := o.creations(ctx, w, tools, name, repeat+1)
			result.Creations = append(result.Creations, creations...)
			errs = append(errs, err, o.Done(*result))
		}
	}
	return errors.Join(errs...)
}

// machine says what the figures were taken on.
func machine() string {
	var name unix.Utsname
	unix.Uname(&name)
	version, _ := exec.Command("krb5-config", "--version").Output()
	return fmt.Sprintf("%d cores, Linux %s, %s", runtime.NumCPU(), unix.ByteSliceToString(name.Release[:]), strings.TrimSpace(string(version)))
}

func (o Options) designs() []string {
	if len(o.Designs) == 0 {
		return Designs()
	}
	return o.Designs
}

// plan is what one cluster goes through.
type plan struct {
	design string
	nodes  int
	repeat int
	faults []fault
}

func (o Options) plans() []plan {
	var chosen []fault
	for _, f := range faults {
		if len(o.Faults) == 0 || slices.Contains(o.Faults, f.name) {
			chosen = append(chosen, f)
		}
	}
	var plans []plan
	for _, nodes := range o.Nodes {
		for repeat := range o.Repeats {
			for _, name := range o.designs() {
				plans = append(plans, plan{name, nodes, repeat + 1, chosen})
			}
		}
	}
	return plans
}

// cluster builds one cluster and breaks it in each of the plan's ways. One that does not get over
// a fault is built anew for the next.
func (o Options) cluster(ctx context.Context, w *world.World, tools string, p plan) (trials []Trial, err error) {
	fmt.Fprintln(o.Out.Out, "\n"+o.Out.Paint(report.Bold, fmt.Sprintf("%s, %d nodes, repeat %d of %d", p.design, p.nodes, p.repeat, o.Repeats)))
	progress := report.NewProgress(o.Out, "start")
	for _, f := range p.faults {
		progress.Add(f.title)
	}
	defer progress.Finish()
	var c *cluster
	defer func() { c.end() }()
	for _, f := range p.faults {
		if c == nil {
			c = o.newCluster(w, tools, p.design, p.nodes)
			if err := begin(ctx, c, progress); err != nil {
				return trials, err
			}
		}
		progress.Change(f.title, func(t *report.Task) { t.State = report.Running })
		one := trial{cluster: c, fault: f, load: Load{Logins: o.Logins, Slots: o.Slots, Rate: o.Rate}}
		one.Trial = Trial{Design: p.design, Fault: f.name, Nodes: p.nodes, Repeat: p.repeat, Wanted: f.wanted(o.Logins)}
		err := one.run(ctx)
		if ctx.Err() != nil {
			return trials, ctx.Err()
		}
		if err != nil {
			one.Error = err.Error()
		}
		trials = append(trials, one.Trial)
		progress.Change(f.title, func(t *report.Task) {
			t.State, t.Note = report.Done, one.note()
			if one.Error != "" {
				t.State = report.Failed
			}
		})
		if one.Error != "" {
			c.end()
			c = nil
		}
	}
	return trials, nil
}

func (o Options) newCluster(w *world.World, tools, design string, nodes int) *cluster {
	return &cluster{design: newDesign(design), world: w, tools: tools, home: o.Home, files: o.Files, size: nodes, settle: o.Settle}
}

// begin starts a cluster and shows that.
func begin(ctx context.Context, c *cluster, progress *report.Progress) error {
	progress.Change("start", func(t *report.Task) { t.State = report.Running })
	err := start(ctx, c)
	progress.Change("start", func(t *report.Task) {
		t.State = report.Done
		if err != nil {
			t.State = report.Failed
		}
	})
	return err
}

// note is the trial in half a line.
func (t Trial) note() string {
	all := stats(t.Logins)
	text := fmt.Sprintf("%d of %d failed, slowest %s", all.Failed, all.Logins, report.Duration(all.Max))
	if t.Wanted > 0 {
		text += fmt.Sprintf(", %d of %d principals acknowledged, %d lost", t.Acknowledged, t.Wanted, t.Lost)
	}
	if t.Error != "" {
		text += "; " + t.Error
	}
	return text
}
