// Package endpoint starts, finds and stops the local endpoint: the process
// that stands for an AWS account on this machine. The process itself is
// written in Python (see python/lakekeel_endpoint) and carried in this program.
package endpoint

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/lakekeel/lakekeel/internal/home"
	"github.com/lakekeel/lakekeel/internal/toolchain"
)

// A Record is what a running endpoint wrote about itself.
type Record struct {
	PID     int       `json:"pid"`
	Port    int       `json:"port"`
	URL     string    `json:"url"`     // e.g. "http://127.0.0.1:4566"
	Account string    `json:"account"` // twelve digits
	Region  string    `json:"region"`
	Persist bool      `json:"persist"` // whether its state survives its end
	Started time.Time `json:"started"`
}

// Options say how to start an endpoint.
type Options struct {
	Port          int  // if zero, any free one
	Persist       bool // keep the state for the next start
	RecordUnknown bool // record CloudFormation types that nothing backs, instead of refusing them
}

// ErrDown is returned when no endpoint is running.
var ErrDown = errors.New("no local endpoint is running; start it with: lakekeel up")

// startLimit is how long an endpoint may take until it answers. A cold start
// takes 3 to 8 seconds on two cores; more when state is read back.
const startLimit = 2 * time.Minute

// stopLimit is how long an endpoint may take to end its jobs and write its state.
const stopLimit = 20 * time.Second

// Find returns the endpoint of the home folder. The error is [ErrDown] when
// there is none, and a sentence of its own when one is there but does not answer.
func Find(ctx context.Context, h home.Home) (Record, error) {
	record, err := read(h)
	pid := holder(h)
	switch {
	case pid == 0:
		return Record{}, ErrDown // whatever the record says, its process is gone
	case err != nil:
		return Record{}, fmt.Errorf("the local endpoint (process %d) is still starting or stopping; try again in a moment (log: %s)", pid, logOf(h))
	}
	if _, err := Health(ctx, record.URL); err != nil {
		return Record{}, fmt.Errorf("the local endpoint at %s (process %d) does not answer; stop it with: lakekeel down (log: %s)", record.URL, pid, logOf(h))
	}
	return record, nil
}

// Health asks whatever listens at url whether it is an endpoint of ours, and for which account and region.
func Health(ctx context.Context, url string) (Record, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/")+"/_lakekeel/health", nil)
	if err != nil {
		return Record{}, fmt.Errorf("%q is no URL; want one such as http://127.0.0.1:4566", url)
	}
	// No proxy: what is asked for is on this machine.
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return Record{}, fmt.Errorf("nothing answers at %s", url)
	}
	defer answer.Body.Close()
	var health struct{ Status, Account, Region string }
	err = json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&health)
	if err != nil || answer.StatusCode != http.StatusOK || health.Status != "ok" {
		return Record{}, fmt.Errorf("what answers at %s is no Lakekeel endpoint", url)
	}
	return Record{URL: strings.TrimSuffix(url, "/"), Account: health.Account, Region: health.Region}, nil
}

// Start returns the endpoint of the home folder, and whether it had to be started.
func Start(ctx context.Context, h home.Home, options Options) (record Record, started bool, err error) {
	if missing := toolchain.Missing(h); len(missing) > 0 {
		return Record{}, false, fmt.Errorf("not set up yet: %s; run: lakekeel setup", strings.Join(missing, ", "))
	}
	lock, err := startLock(ctx, h)
	if err != nil {
		return Record{}, false, err
	}
	defer lock.Unlock()
	record, err = Find(ctx, h)
	if !errors.Is(err, ErrDown) {
		return record, false, err
	}
	if err := portFree(options.Port); err != nil {
		return Record{}, false, err
	}
	record, err = launch(ctx, h, options)
	return record, err == nil, err
}

// startLock lets one process start an endpoint at a time.
func startLock(ctx context.Context, h home.Home) (*flock.Flock, error) {
	if err := os.MkdirAll(h.Endpoint(), 0o755); err != nil {
		return nil, fmt.Errorf("the home folder cannot be made: %w", err)
	}
	lock := flock.New(filepath.Join(h.Endpoint(), ".start.lock"))
	_, err := lock.TryLockContext(ctx, 100*time.Millisecond)
	return lock, err
}

// portFree reports a port that something else listens on. The endpoint finds
// that out for itself, too; asked here, it is one sentence before anything starts.
func portFree(port int) error {
	if port == 0 {
		return nil
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("port %d cannot be used (%s); give another with --port, or none for any that is free", port, reason(err))
	}
	return listener.Close()
}

func reason(err error) string {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number.Error()
	}
	return err.Error()
}

// launch starts the process and waits until it answers.
func launch(ctx context.Context, h home.Home, options Options) (Record, error) {
	command, err := command(h, append([]string{"--port", strconv.Itoa(options.Port)}, flags(options)...)...)
	if err != nil {
		return Record{}, err
	}
	log, err := os.Create(logOf(h))
	if err != nil {
		return Record{}, err
	}
	defer log.Close()
	command.Stdout, command.Stderr = log, log
	// A session of its own: Ctrl-C in this terminal is not for the endpoint.
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		return Record{}, fmt.Errorf("the local endpoint cannot be started: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	record, err := wait(ctx, h, ended)
	if err != nil {
		command.Process.Signal(syscall.SIGTERM) // it must not come up after all
	}
	return record, err
}

func flags(options Options) []string {
	var flags []string
	if options.Persist {
		flags = append(flags, "--persist")
	}
	if options.RecordUnknown {
		flags = append(flags, "--record-unknown")
	}
	return flags
}

// wait returns once the endpoint answers, or with what its log says when it does not.
func wait(ctx context.Context, h home.Home, ended <-chan error) (Record, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		if record, err := read(h); err == nil {
			if _, err := Health(ctx, record.URL); err == nil {
				return record, nil
			}
		}
		select {
		case <-ended:
			return Record{}, fmt.Errorf("the local endpoint ended while it started: %s (log: %s)", lastLine(logOf(h)), logOf(h))
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return Record{}, fmt.Errorf("the local endpoint did not answer within %s (log: %s)", startLimit, logOf(h))
			}
			return Record{}, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Stop ends the endpoint of the home folder and returns what it was. The error is [ErrDown] when there is none.
func Stop(ctx context.Context, h home.Home) (Record, error) {
	record, _ := read(h)
	pid := holder(h)
	if pid == 0 {
		os.Remove(recordOf(h)) // of one that was killed
		return Record{}, ErrDown
	}
	record.PID = pid
	// The lock proves that the process is ours: its number was not given to another.
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return record, fmt.Errorf("the local endpoint (process %d) cannot be stopped: %w", pid, err)
	}
	for limit := time.Now().Add(stopLimit); holder(h) == pid; {
		select {
		case <-ctx.Done():
			return record, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(limit) {
			syscall.Kill(pid, syscall.SIGKILL)
			limit = limit.Add(stopLimit)
		}
	}
	os.Remove(recordOf(h))
	return record, nil
}

// Types prints which CloudFormation types the endpoint knows and what stands behind each.
func Types(ctx context.Context, h home.Home, asJSON bool, out io.Writer) error {
	if asJSON {
		return coverage(ctx, h, out, "--types", "--json")
	}
	return coverage(ctx, h, out, "--types")
}

// Operations prints which operations of a service the endpoint answers.
func Operations(ctx context.Context, h home.Home, service string, out io.Writer) error {
	return coverage(ctx, h, out, "--operations", service)
}

// coverage runs the endpoint's program to print something of itself.
func coverage(ctx context.Context, h home.Home, out io.Writer, args ...string) error {
	if missing := toolchain.Missing(h); slices.Contains(missing, toolchain.Titles()[0]) {
		return errors.New("not set up yet: " + toolchain.Titles()[0] + "; run: lakekeel setup")
	}
	command, err := command(h, args...)
	if err != nil {
		return err
	}
	var faults bytes.Buffer
	command.Stdout, command.Stderr = out, &faults
	if err := command.Run(); err != nil {
		return fmt.Errorf("the endpoint cannot say what it covers: %s", lastOf(faults.String(), err.Error()))
	}
	return ctx.Err()
}

// command is the endpoint's process with its environment, not yet started.
func command(h home.Home, args ...string) (*exec.Cmd, error) {
	code, err := unpack(h)
	if err != nil {
		return nil, fmt.Errorf("the endpoint's code cannot be unpacked: %w", err)
	}
	args = append([]string{"-m", "lakekeel_endpoint", "--home", h.Endpoint(), "--jars", h.Jars()}, args...)
	command := exec.Command(h.Python(), args...)
	command.Dir = h.Endpoint()
	if _, err := os.Stat(command.Dir); err != nil {
		command.Dir = code
	}
	command.Env = append(withoutAWS(toolchain.Environment(os.Environ())),
		"PYTHONPATH="+code, "PYTHONUNBUFFERED=1", "PATH="+toolchain.SparkPath(h, os.Getenv("PATH")))
	return command, nil
}

// withoutAWS leaves out the user's own AWS settings: nothing that runs at the
// endpoint may reach a real account.
func withoutAWS(env []string) []string {
	return slices.DeleteFunc(env, func(variable string) bool { return strings.HasPrefix(variable, "AWS_") })
}

// holder returns the process that holds the home's lock, or zero when none
// does. The kernel frees the lock when a process ends, however it ends, so a
// number left behind is never taken for an endpoint.
func holder(h home.Home) int {
	path := filepath.Join(h.Endpoint(), "endpoint.lock")
	content, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	lock := flock.New(path, flock.SetFlag(os.O_RDONLY))
	if free, err := lock.TryRLock(); free || err != nil {
		lock.Close()
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil || pid <= 1 {
		return 0
	}
	return pid
}

func read(h home.Home) (Record, error) {
	var record Record
	content, err := os.ReadFile(recordOf(h))
	if err != nil {
		return record, err
	}
	if err := json.Unmarshal(content, &record); err != nil || record.URL == "" {
		return record, fmt.Errorf("%s: %w", recordOf(h), fs.ErrInvalid)
	}
	return record, nil
}

func recordOf(h home.Home) string { return filepath.Join(h.Endpoint(), "endpoint.json") }
func logOf(h home.Home) string    { return filepath.Join(h.Endpoint(), "endpoint.log") }

// lastLine is the last line of a log that is not empty.
func lastLine(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return lastOf(string(content), "its log is empty")
}

func lastOf(text, fallback string) string {
	last := fallback
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			last = line
		}
	}
	return last
}
