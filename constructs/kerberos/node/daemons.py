"""Processes that a node starts: the distribution's Kerberos daemons and tools."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

_FOLDERS = "/usr/sbin:/usr/bin:/sbin:/bin"  # Debian and Amazon Linux keep them in the same two
_NEW_HOSTNAME, _DIE_WITH_PARENT = 0x04000000, 1  # CLONE_NEWUTS, PR_SET_PDEATHSIG
_libc = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """A tool that ended with an error; its words, never its input."""


def program(name):
    """Where a program is."""
    found = shutil.which(name, path=_FOLDERS)
    if not found:
        raise Failed(f"{name} is not installed")
    return found


def run(name, *arguments, settings, said="", seconds=60):
    """Run a Kerberos tool to its end and return what it printed. What is secret goes in by said, its standard input."""
    try:
        done = subprocess.run(
            [program(name), *map(str, arguments)],
            input=said,
            env=environment(settings),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{name}: no end after {seconds} s") from None
    if done.returncode != 0:
        raise Failed(f"{name}: {done.stderr.strip() or done.returncode}")
    return done.stdout + done.stderr


def environment(settings, conf="krb5.conf"):
    """What the Kerberos programs of this node read, and nothing of ours: above all no credentials."""
    return {
        "PATH": _FOLDERS,
        "LC_ALL": "C",
        "KRB5_CONFIG": str(settings.path(conf)),
        "KRB5_KDC_PROFILE": str(settings.path("kdc.conf")),
        "KRB5RCACHEDIR": str(settings.state),
        "KRB5CCNAME": "MEMORY:",
    }


class Daemon:
    """One running daemon with all that it forks. It dies with this process."""

    def __init__(self, settings, name, *arguments, conf="krb5.conf"):
        """Start it under the node's address as its host's name: kprop and kpropd derive their principals from that.

        It is the first of its own process namespace, so that its forks end with it.
        """
        command = [program("unshare"), "--pid", "--fork", "--kill-child", program(name), *map(str, arguments)]
        settings.log.mkdir(parents=True, exist_ok=True)
        with (settings.log / f"{name}.out").open("ab") as out:
            self._outer = subprocess.Popen(
                command,
                env=environment(settings, conf),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=lambda: _prepare(settings.address),
                close_fds=True,
            )
        self.name = name

    @property
    def running(self):
        """Whether it still runs."""
        return self._outer.poll() is None

    def signal(self, number):
        """Send a signal to the daemon itself."""
        pid = self._inner()
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self):
        """End it now, and return when it and all its forks are gone."""
        self.signal(signal.SIGKILL)
        try:
            self._outer.wait(2)
        except subprocess.TimeoutExpired:  # it never came to start its daemon
            self._outer.kill()
            self._outer.wait()

    def _inner(self):
        outer = self._outer.pid
        with contextlib.suppress(OSError):
            return int(Path(f"/proc/{outer}/task/{outer}/children").read_text().split()[0])
        return None


def _prepare(address):
    """In the child before it becomes the daemon."""
    _libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if _libc.unshare(_NEW_HOSTNAME) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    socket.sethostname(address)
