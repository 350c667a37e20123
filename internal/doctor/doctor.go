// Package doctor looks at this machine and says what is missing for Lakekeel,
// and with which command it is mended.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/Masterminds/semver/v3"

	"github.com/lakekeel/lakekeel/internal/home"
)

// A State is what a check found.
type State string

const (
	Fine    State = "ok"
	Warning State = "warning" // it works; something would be better
	Missing State = "missing" // Lakekeel cannot do without
)

// A Finding is the result of one check.
type Finding struct {
	Name  string `json:"name"`           // e.g. "Java"
	State State  `json:"state"`          //
	Found string `json:"found"`          // what there is, e.g. "17.0.15 (/usr/bin/java)"
	Want  string `json:"want"`           // what there should be
	Mend  string `json:"mend,omitempty"` // the command that mends it; empty when there is nothing to mend
	Usage string `json:"needed"`         // what it is needed for
	path  string // of the program
	tool  string // its name in the tables of commands
}

// A Report is what [Examine] found, in a fixed order.
type Report struct {
	Findings []Finding `json:"findings"`
	System   string    `json:"system"` // e.g. "debian 12"
}

// Healthy reports whether nothing that is needed is missing.
func (r Report) Healthy() bool { return r.Err() == nil }

// Err joins one line for each thing that is missing: what there is, what there should be, how to mend it.
func (r Report) Err() error {
	var errs []error
	for _, finding := range r.Findings {
		if finding.State == Missing {
			errs = append(errs, fmt.Errorf("%s is %s; want %s; %s", finding.Name, finding.Found, finding.Want, finding.Mend))
		}
	}
	return errors.Join(errs...)
}

// Python is the interpreter to make the virtual environment with; empty when there is none.
func (r Report) Python() string { return r.path("Python") }

// NPM is the path of npm; empty when there is none.
func (r Report) NPM() string { return r.path("npm") }

func (r Report) path(name string) string {
	for _, finding := range r.Findings {
		if finding.Name == name {
			return finding.path
		}
	}
	return ""
}

// What the checks ask for, with sources:
// Python: DuckDB 2 has no wheel for 3.10, which is past its end of life; PySpark 3.5 is older than 3.14.
// Node: end-of-life below 20; the CDK supports 22 and newer (docs.aws.amazon.com/cdk/v2/guide/node-versions.html).
// Java: Spark 3.5 runs on 8, 11 and 17 (spark.apache.org/docs/3.5.6); from 23 on, Hadoop 3.3's
// UserGroupInformation fails because Subject.getSubject is gone (JEP 486).
// Go: go.mod's version; from 1.21 on Go fetches the newer toolchain that go.mod asks for by itself.
const (
	diskNeeded   = 3 << 30 // bytes: tools 1.2 GB, as much again while building, Spark's shuffle files
	memoryNeeded = 3 << 30 // bytes: endpoint 0.4 GB, one Spark job 1.5 GB
	memoryWanted = 6 << 30 // bytes: with the CDK's Node and Go processes beside a job
)

// Examine runs every check. Nothing is changed and nothing is asked of the network.
func Examine(ctx context.Context, h home.Home) Report {
	this := thisMachine()
	checks := []func(context.Context, machine) Finding{goCheck, nodeCheck, npmCheck, pythonCheck, javaCheck, memoryCheck, portCheck,
		func(context.Context, machine) Finding { return diskCheck(h) }}
	report := Report{System: this.String(), Findings: make([]Finding, len(checks))}
	var group sync.WaitGroup
	for i, check := range checks {
		group.Go(func() { report.Findings[i] = check(ctx, this) })
	}
	group.Wait()
	return report
}

func goCheck(ctx context.Context, m machine) Finding {
	f := Finding{Name: "Go", Want: "1.26 or newer", Usage: "builds the CDK app", tool: "go"}
	return f.version(ctx, m, "go", []string{"version"}, `go(\d+\.\d+(?:\.\d+)?)`, func(v *semver.Version) (State, string) {
		switch {
		case atLeast(v, 1, 26):
			return Fine, ""
		case atLeast(v, 1, 21) && os.Getenv("GOTOOLCHAIN") != "local":
			return Warning, "nothing to do: Go fetches 1.26 by itself when it first builds the app"
		}
		return Missing, ""
	})
}

func nodeCheck(ctx context.Context, m machine) Finding {
	f := Finding{Name: "Node", Want: "22 or newer (20 works)", Usage: "runs the CDK", tool: "node"}
	return f.version(ctx, m, "node", []string{"--version"}, `v(\d+\.\d+\.\d+)`, func(v *semver.Version) (State, string) {
		switch {
		case v.Major() >= 22:
			return Fine, ""
		case v.Major() >= 20:
			return Warning, ""
		}
		return Missing, ""
	})
}

func npmCheck(ctx context.Context, m machine) Finding {
	f := Finding{Name: "npm", Want: "7 or newer", Usage: "installs the CDK command line", tool: "npm"}
	return f.version(ctx, m, "npm", []string{"--version"}, `(\d+\.\d+\.\d+)`, func(v *semver.Version) (State, string) {
		if v.Major() >= 7 { // lockfileVersion 3
			return Fine, ""
		}
		return Missing, ""
	})
}

// pythonCheck takes the first interpreter that serves: python3, then those that name their version.
func pythonCheck(ctx context.Context, m machine) Finding {
	var first Finding
	for i, name := range []string{"python3", "python3.12", "python3.11", "python3.13"} {
		f := pythonNamed(ctx, m, name)
		if f.State == Fine {
			return f
		}
		if i == 0 || first.path == "" && f.path != "" {
			first = f
		}
	}
	first.path = ""
	return first
}

func pythonNamed(ctx context.Context, m machine, name string) Finding {
	f := Finding{Name: "Python", Want: "3.11 to 3.13 with venv", Usage: "runs the local endpoint and the ETL scripts", tool: "python"}
	f = f.version(ctx, m, name, []string{"--version"}, `Python (\d+\.\d+\.\d+)`, func(v *semver.Version) (State, string) {
		if atLeast(v, 3, 11) && !atLeast(v, 3, 14) {
			return Fine, ""
		}
		return Missing, ""
	})
	if f.State == Fine {
		if _, err := output(ctx, f.path, "-c", "import venv, ensurepip"); err != nil {
			f.State, f.Mend, f.Found = Missing, m.mend("venv"), f.Found+" without venv"
		}
	}
	return f
}

// javaCheck looks where Spark's scripts look: under JAVA_HOME, then in PATH.
func javaCheck(ctx context.Context, m machine) Finding {
	f := Finding{Name: "Java", Want: "17", Usage: "runs Spark", tool: "java"}
	name, folder := "java", os.Getenv("JAVA_HOME")
	if folder != "" {
		name = filepath.Join(folder, "bin", "java")
	}
	f = f.version(ctx, m, name, []string{"-version"}, `version "(\d+(?:\.\d+)*)`, func(v *semver.Version) (State, string) {
		major := v.Major()
		if major == 1 { // 1.8 is what Java 8 calls itself
			major = v.Minor()
		}
		switch {
		case major == 17:
			return Fine, ""
		case major >= 8 && major <= 22:
			return Warning, ""
		}
		return Missing, ""
	})
	if folder != "" && f.Mend != "" {
		f.Mend += " (and JAVA_HOME is " + folder + ")"
	}
	return f
}

// version runs a program, reads its version by the pattern and lets judge say what that is worth. What mends it is
// judge's word, or else the machine's command, which is not looked for when nothing is to be mended.
func (f Finding) version(ctx context.Context, m machine, program string, args []string, pattern string, judge func(*semver.Version) (State, string)) Finding {
	f.State, f.Found = Missing, "not there"
	if path, err := exec.LookPath(program); err == nil {
		f = f.examine(ctx, path, args, pattern, judge)
	}
	if f.State != Fine && f.Mend == "" {
		f.Mend = m.mend(f.tool)
	}
	return f
}

func (f Finding) examine(ctx context.Context, path string, args []string, pattern string, judge func(*semver.Version) (State, string)) Finding {
	printed, err := output(ctx, path, args...)
	match := regexp.MustCompile(pattern).FindStringSubmatch(printed)
	if match == nil {
		f.Found = path + ", which does not say its version"
		if err != nil {
			f.Found = path + ", which does not run"
		}
		return f
	}
	version, err := semver.NewVersion(match[1])
	if err != nil {
		f.Found = match[1]
		return f
	}
	f.path, f.Found = path, fmt.Sprintf("%s (%s)", match[1], path)
	f.State, f.Mend = judge(version)
	return f
}

func atLeast(v *semver.Version, major, minor uint64) bool {
	return v.Major() > major || v.Major() == major && v.Minor() >= minor
}

// output runs a program and returns what it printed on either stream.
func output(ctx context.Context, path string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	printed, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	return string(printed), err
}

func memoryCheck(_ context.Context, m machine) Finding {
	f := Finding{Name: "memory", Want: "6 GB (3 GB works for one Spark job at a time)", Usage: "runs Spark beside the endpoint", State: Fine}
	total, err := totalMemory()
	if err != nil {
		f.State, f.Found, f.Mend = Warning, "unknown: "+err.Error(), "nothing to do"
		return f
	}
	f.Found = gigabytes(total)
	switch {
	case total < memoryNeeded:
		f.State, f.Mend = Missing, "give this machine more memory"
	case total < memoryWanted:
		f.State, f.Mend = Warning, "give this machine more memory when jobs are slow"
	}
	return f
}

// diskCheck looks at the file system of the home folder, or of the nearest folder above it that is there.
func diskCheck(h home.Home) Finding {
	f := Finding{Name: "disk", Want: gigabytes(diskNeeded) + " free", Usage: "holds the tools and the data", State: Fine}
	at := string(h)
	for {
		if _, err := os.Stat(at); err == nil || filepath.Dir(at) == at {
			break
		}
		at = filepath.Dir(at)
	}
	free, err := freeSpace(at)
	if err != nil {
		f.State, f.Found, f.Mend = Warning, "unknown: "+err.Error(), "nothing to do"
		return f
	}
	f.Found = gigabytes(free) + " free at " + at
	if free < diskNeeded {
		f.State, f.Mend = Missing, "free some space there, or set "+home.Variable+" to a folder elsewhere"
	}
	return f
}

// portCheck looks whether a server may listen on this machine's own address at all.
func portCheck(context.Context, machine) Finding {
	f := Finding{Name: "ports", Want: "a free port on 127.0.0.1", Usage: "the local endpoint listens there", State: Fine}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.State, f.Found, f.Mend = Missing, err.Error(), "bring up the loopback interface: ip link set lo up"
		return f
	}
	listener.Close()
	f.Found = "free ports on 127.0.0.1"
	return f
}

func gigabytes(bytes uint64) string { return fmt.Sprintf("%.1f GB", float64(bytes)/(1<<30)) }

// NodeProgram returns the path of a Node that can run the CDK, or says how to get one.
func NodeProgram(ctx context.Context) (string, error) {
	finding := nodeCheck(ctx, thisMachine())
	return finding.path, Report{Findings: []Finding{finding}}.Err()
}
