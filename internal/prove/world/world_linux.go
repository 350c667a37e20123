// Package world makes machines out of namespaces: each has its own network, processes,
// control groups and files (an overlay of this machine's), and systemd as its first process.
//
// All of them live in one outer namespace, made by running this program a second time
// ([Enter]). The kernel takes everything away when the outer process ends, by whatever
// cause: the processes, the links and, because they are in memory there, the files.
package world

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// mark is the environment variable that tells the second run that it is inside; it
	// holds the name of the run.
	mark = "LAKEKEEL_WORLD"

	// Folder holds what a world makes. It is in memory, and seen by nobody outside.
	Folder = "/run/lakekeel"

	// groups is where the machines' control groups are: their processes leave with the
	// world, the empty folders do not, so that the next run removes them.
	groups = "/sys/fs/cgroup"
	prefix = "lakekeel-"

	// stopLimit is how long the inner process may take to end after it was asked to.
	stopLimit = 5 * time.Second
)

// Tools are the programs that a world needs, with the Debian packages that bring them.
var Tools = map[string]string{
	"ip": "iproute2", "unshare": "util-linux", "nsenter": "util-linux", "mount": "mount", "systemd": "systemd", "systemctl": "systemd",
}

// ErrFailed is the end of an inner run that has told its failure itself.
var ErrFailed = errors.New("the run in the world failed")

// Inside reports whether this process is the one that a world is for.
func Inside() bool { return os.Getenv(mark) != "" && os.Getpid() != 1 }

// Enter runs this program again with the same arguments, in a world of its own, and
// returns when that run has ended: nil, [ErrFailed], or why there is no world. When ctx is done,
// the run is asked to stop, and made to when it does not.
func Enter(ctx context.Context) error {
	if os.Getenv(mark) != "" {
		return reap(ctx)
	}
	removeGroups()
	defer removeGroups()
	// The kernel ends the world when the thread that made it ends; this one stays.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	command := exec.CommandContext(ctx, "/proc/self/exe", os.Args[1:]...)
	command.Env = append(os.Environ(), mark+"="+prefix+strconv.Itoa(os.Getpid()))
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = stopLimit
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS,
		Pdeathsig:  syscall.SIGKILL,
	}
	err := command.Run()
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		return ErrFailed
	case errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EINVAL):
		return fmt.Errorf("namespaces cannot be made here (%w); run it on a machine of your own, or in a container with --privileged", err)
	}
	return err
}

// reap is what the world's first process does: it starts the one that the world is for, and buries
// orphans. Without that a machine's process namespace would never be empty.
func reap(ctx context.Context) error {
	child, err := os.StartProcess("/proc/self/exe", os.Args, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { child.Signal(syscall.SIGTERM) })()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err != nil && !errors.Is(err, syscall.EINTR):
			return err
		case pid == child.Pid && status != 0:
			return ErrFailed
		case pid == child.Pid:
			return nil
		}
	}
}

// Permitted says in one sentence what stands in the way of a world, or returns nil.
func Permitted() error {
	if os.Geteuid() != 0 {
		return errors.New("network namespaces need root; run it with: sudo " + strings.Join(os.Args, " "))
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		return errors.New("/dev/net/tun is missing; make it with: modprobe tun")
	}
	return nil
}

// removeGroups removes the control groups of runs that are over; those of a run that goes on
// hold processes, and the kernel refuses.
func removeGroups() {
	for range 10 {
		left := append(matching(groups+"/*/"+prefix+"*"), matching(groups+"/"+prefix+"*")...)
		for _, group := range left {
			removeTree(group)
		}
		if len(left) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond) // the last processes are on their way out
	}
}

// matching are the paths that fit a pattern, which is well formed.
func matching(pattern string) []string {
	names, _ := filepath.Glob(pattern)
	return names
}

func removeTree(group string) {
	below, _ := os.ReadDir(group)
	for _, entry := range below {
		if entry.IsDir() {
			removeTree(filepath.Join(group, entry.Name()))
		}
	}
	unix.Rmdir(group)
}

// A World is the inside: one switch, and the machines at it.
type World struct {
	run      string // its name, for what the host can see of it
	machines []*Machine
}

// switchName is the bridge that every machine has a cable to.
const switchName = "switch"

// New makes the world around this process, which [Enter] started.
func New() (*World, error) {
	steps := []func() error{
		func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
		func() error { return unix.Mount("proc", "/proc", "proc", 0, "") },
		func() error { return unix.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755") },
		func() error { return os.MkdirAll(Folder, 0o755) },
		func() error { return run("ip", "link", "set", "lo", "up") },
		func() error { return run("ip", "link", "add", switchName, "type", "bridge") },
		func() error { return run("ip", "link", "set", switchName, "up") },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, fmt.Errorf("the world cannot be made: %w", err)
		}
	}
	return &World{run: os.Getenv(mark)}, nil
}

// run runs one command and returns what it said when it failed.
func run(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
