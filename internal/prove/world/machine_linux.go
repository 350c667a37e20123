package world

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
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

// A Machine is one of a [World]: a network interface at the switch, files of its own over
// this machine's, and systemd.
type Machine struct {
	Name    string // at most 12 letters: the name of its cable, too
	Address netip.Addr

	world *World
	pid   int // of its systemd, as this process sees it
	wait  chan struct{}
}

// bootLimit is how long systemd may take to answer.
const bootLimit = 30 * time.Second

// bits of the one network that all machines are in.
const bits = 24

// Boot starts a machine. prepare, which may be nil, is given the root folder of its
// files before anything runs there.
func (w *World) Boot(name string, address netip.Addr, prepare func(root string) error) (*Machine, error) {
	m := &Machine{Name: name, Address: address, world: w}
	for _, step := range []func() error{m.plug, func() error { return m.lay(prepare) }, m.start, m.answer} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("machine %s: %w", name, err)
		}
	}
	w.machines = append(w.machines, m)
	return m, nil
}

// plug gives the machine its network namespace and the cable to the switch.
func (m *Machine) plug() error {
	for _, args := range [][]string{
		{"netns", "add", m.Name},
		{"link", "add", "eth0", "netns", m.Name, "type", "veth", "peer", "name", m.cable()},
		{"-n", m.Name, "link", "set", "lo", "up"},
		{"-n", m.Name, "addr", "add", netip.PrefixFrom(m.Address, bits).String(), "dev", "eth0"},
		{"-n", m.Name, "link", "set", "eth0", "up"},
		{"link", "set", m.cable(), "master", switchName, "up"},
	} {
		if err := run("ip", args...); err != nil {
			return err
		}
	}
	return nil
}

// cable is the switch's end of the machine's link.
func (m *Machine) cable() string { return "to-" + m.Name }

// Root is the folder of the machine's files.
func (m *Machine) Root() string { return filepath.Join(Folder, "machines", m.Name, "root") }

// lay mounts the machine's files: this machine's, with what it writes kept in memory.
func (m *Machine) lay(prepare func(root string) error) error {
	home := filepath.Dir(m.Root())
	upper, work := filepath.Join(home, "written"), filepath.Join(home, "work")
	for _, folder := range []string{upper, work, m.Root()} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	if err := unix.Mount("overlay", m.Root(), "overlay", 0, "lowerdir=/,upperdir="+upper+",workdir="+work); err != nil {
		return fmt.Errorf("the overlay of its files: %w", err)
	}
	// Of this machine's own units none shall run there.
	for path, text := range map[string]string{"etc/systemd/system/" + bootTarget: bootUnit, "etc/hostname": m.Name + "\n"} {
		if err := os.WriteFile(filepath.Join(m.Root(), path), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if prepare == nil {
		return nil
	}
	return prepare(m.Root())
}

const (
	bootTarget = "lakekeel-machine.target"
	bootUnit   = "[Unit]\nDescription=A machine of the proof\nAllowIsolate=yes\n"
)

// boot is what the machine's first process does before it becomes systemd: it mounts what a
// container has (https://systemd.io/CONTAINER_INTERFACE) and makes the overlay its root.
const boot = `set -e
cd "$1"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do : > dev/$device; mount --bind /dev/$device dev/$device; done
mkdir dev/shm && mount -t tmpfs tmpfs dev/shm
ln -s /proc/self/fd dev/fd
if [ -d /sys/fs/cgroup/unified ]; then
  mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
  mkdir sys/fs/cgroup/unified sys/fs/cgroup/systemd
  mount -t cgroup2 cgroup2 sys/fs/cgroup/unified
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
else
  mount -t cgroup2 cgroup2 sys/fs/cgroup
fi
hostname "$2"
mkdir run/outside
pivot_root . run/outside
umount -l /run/outside
container=lakekeel exec /lib/systemd/systemd --unit=` + bootTarget + ` --log-target=null --show-status=no
`

// start runs the machine's first process.
func (m *Machine) start() error {
	// A control group of the machine's own comes first: what unshare leaves, its first process sees as the root.
	script := `for tree in ` + groups + ` ` + groups + `/unified ` + groups + `/systemd; do
  [ -e $tree/cgroup.procs ] || continue
  mkdir -p $tree/"$1" && echo $$ > $tree/"$1"/cgroup.procs
done
exec ip netns exec "$2" unshare --mount --pid --fork --kill-child --uts --ipc --cgroup sh -c "$3" boot "$4" "$2"`
	log, err := os.Create(filepath.Join(filepath.Dir(m.Root()), "boot.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command("sh", "-c", script, "start", m.world.run+"-"+m.Name, m.Name, boot, m.Root())
	command.Env, command.Stdout, command.Stderr = environment, log, log
	if err := command.Start(); err != nil {
		return err
	}
	m.wait = make(chan struct{})
	go func() {
		command.Wait()
		close(m.wait)
	}()
	m.pid, err = child(command.Process.Pid, m.wait)
	if err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(said)))
	}
	return nil
}

// child waits for the child of a process that is the first in a process namespace of its own.
func child(parent int, ended <-chan struct{}) (int, error) {
	path := fmt.Sprintf("/proc/%d/task/%[1]d/children", parent)
	ours, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return 0, err
	}
	for {
		text, _ := os.ReadFile(path)
		for _, pid := range strings.Fields(string(text)) {
			if space, err := os.Readlink("/proc/" + pid + "/ns/pid"); err == nil && space != ours {
				return strconv.Atoi(pid)
			}
		}
		select {
		case <-ended:
			return 0, errors.New("its first process ended")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// answer waits until systemd takes orders.
func (m *Machine) answer() error {
	ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
	defer cancel()
	for {
		// Before systemd there is a shell, which has the world's files still.
		if name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", m.pid)); strings.TrimSpace(string(name)) == "systemd" {
			out, _ := m.Command(ctx, "systemctl", "is-active", bootTarget).Output()
			if strings.TrimSpace(string(out)) == "active" {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			said, _ := os.ReadFile(filepath.Join(filepath.Dir(m.Root()), "boot.log"))
			return fmt.Errorf("systemd did not answer within %s: %s", bootLimit, strings.TrimSpace(string(said)))
		case <-m.wait:
			said, _ := os.ReadFile(filepath.Join(filepath.Dir(m.Root()), "boot.log"))
			return fmt.Errorf("systemd ended: %s", strings.TrimSpace(string(said)))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// environment is all that a machine's programs know: nothing of the user's.
var environment = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"}

// Command prepares a command that runs in the machine.
func (m *Machine) Command(ctx context.Context, args ...string) *exec.Cmd {
	enter := []string{"--target", strconv.Itoa(m.pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root"}
	command := exec.CommandContext(ctx, "nsenter", append(append(enter, "--"), args...)...)
	command.Env = environment
	// What is cancelled ends with all it started, inside as outside.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return unix.Kill(-command.Process.Pid, unix.SIGKILL) }
	command.WaitDelay = time.Second
	return command
}

// Run runs a command in the machine and returns what it printed; the error holds what it
// said when it failed.
func (m *Machine) Run(ctx context.Context, args ...string) (string, error) {
	out, err := m.Command(ctx, args...).CombinedOutput()
	text := strings.TrimSpace(string(out))
	if err != nil {
		return text, fmt.Errorf("%s: %s: %w: %s", m.Name, strings.Join(args, " "), err, text)
	}
	return text, nil
}

// Kill ends all processes of the machine at once, as a loss of power does, and takes it off the switch.
func (m *Machine) Kill() error {
	select {
	case <-m.wait:
		return nil // dead already
	default:
	}
	run("ip", "link", "del", m.cable()) // first: the dead send no farewells
	if err := unix.Kill(m.pid, unix.SIGKILL); err != nil {
		return err
	}
	<-m.wait
	run("ip", "netns", "del", m.Name)
	return errors.Join(unix.Unmount(m.Root(), unix.MNT_DETACH), os.RemoveAll(filepath.Dir(m.Root())))
}

// Route sends what the machine has for a network to another machine.
func (m *Machine) Route(network netip.Prefix, through *Machine) error {
	return run("ip", "-n", m.Name, "route", "replace", network.String(), "via", through.Address.String())
}

// Bind makes a folder of this machine's appear at a path below a root, before [World.Boot] runs anything there.
func Bind(folder, root, path string) error {
	at := filepath.Join(root, path)
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	return unix.Mount(folder, at, "", unix.MS_BIND, "")
}

// Cut takes the machine off the switch: what is sent to it or by it vanishes without an answer.
func (m *Machine) Cut() error { return run("ip", "link", "set", m.cable(), "nomaster") }

// Mend undoes Cut.
func (m *Machine) Mend() error { return run("ip", "link", "set", m.cable(), "master", switchName) }

// Signal sends a signal to every process of the machine whose program has the name, and
// returns how many there were.
func (m *Machine) Signal(name string, signal unix.Signal) (int, error) {
	found := m.processes(name)
	for _, pid := range found {
		if err := unix.Kill(pid, signal); err != nil && !errors.Is(err, unix.ESRCH) {
			return 0, err
		}
	}
	return len(found), nil
}

// Running reports whether a process of the machine runs the program.
func (m *Machine) Running(name string) bool { return len(m.processes(name)) > 0 }

// processes are those in the machine's network, by the name of their program. Daemons may be
// in process namespaces of their own there.
func (m *Machine) processes(name string) []int {
	mine, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", m.pid))
	if err != nil {
		return nil
	}
	var found []int
	for _, folder := range matching("/proc/[0-9]*") {
		comm, _ := os.ReadFile(folder + "/comm")
		space, _ := os.Readlink(folder + "/ns/net")
		if strings.TrimSpace(string(comm)) == name && space == mine {
			pid, _ := strconv.Atoi(filepath.Base(folder))
			found = append(found, pid)
		}
	}
	return found
}

// Within calls do with this thread in the machine's network; a socket that do opens stays there.
func (m *Machine) Within(do func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		space, err := os.Open(filepath.Join("/run/netns", m.Name))
		if err == nil {
			defer space.Close()
			err = unix.Setns(int(space.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			err = do()
		}
		done <- err
	}()
	return <-done
}
