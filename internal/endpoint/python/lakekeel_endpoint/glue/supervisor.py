"""Run one command so that nothing it starts outlives this process or the one above it.

    python -I -S supervisor.py PARENT_PID COMMAND ARGUMENT...

A job is a tree: Python, the JVM that Spark starts from it, whatever the script
starts itself. A signal to the script alone would leave the rest behind. So the
command gets a process group of its own and, on Linux, this process adopts
every orphan of the tree (PR_SET_CHILD_SUBREAPER) and is told by the kernel
when the endpoint dies, by kill -9 too (PR_SET_PDEATHSIG). When the command
ends, on SIGTERM, or when the endpoint dies, everything left is killed.

Exits with the command's own status, 128 + n if signal n ended it. Imports
the standard library only and is started without site-packages: it must cost
a few milliseconds.
"""

# ruff: noqa: PTH123, SIM105 - pathlib and contextlib would double the time this takes to start

import ctypes
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
PR_SET_CHILD_SUBREAPER = 36
LINUX = sys.platform == "linux"


def prctl(option, value):
    if LINUX:
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def children():
    """The process ids of this process's children, adopted ones included."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as listing:
            return [int(pid) for pid in listing.read().split()]
    except OSError:  # not Linux, or a kernel without this file: the group must do
        return []


def kill_tree(group):
    """Kill the command's group and every descendant, until none is left."""
    while True:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        for pid in children():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def watch(parent, group):
    """Where the kernel does not tell that the parent died: look twice a second."""
    while os.getppid() == parent:
        time.sleep(0.5)
    kill_tree(group)
    os._exit(128 + signal.SIGTERM)


def start(command):
    """Start the command in a new process group; its pid, which is the group's id."""
    me = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # should someone kill -9 this supervisor
    if os.getppid() == me:
        try:
            os.execv(command[0], command)
        except OSError as error:
            os.write(2, f"cannot start {command[0]}: {error.strerror}\n".encode())
    os._exit(127)


def main(parent, command):
    group = None

    def end(*_):
        if group:
            kill_tree(group)
        os._exit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    if os.getppid() != parent:  # it died before we asked to be told
        os._exit(128 + signal.SIGTERM)
    group = start(command)
    if not LINUX:
        threading.Thread(target=watch, args=(parent, group), daemon=True).start()
    while True:
        pid, status = os.wait()
        if pid == group:
            break
    kill_tree(group)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
