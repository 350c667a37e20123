"""Nothing that a job starts outlives the job, its supervisor or the endpoint."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import PACKAGE, wait

SUPERVISOR = str(PACKAGE / "lakekeel_endpoint" / "glue" / "supervisor.py")

# Starts a child in its group, one in a session of its own, writes their ids and its own, and does as told.
FAMILY = """
import os, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
pids = [os.getpid(), subprocess.Popen(sleep).pid, subprocess.Popen(sleep, start_new_session=True).pid]
open(sys.argv[1] + ".new", "w").write(" ".join(map(str, pids)))
os.rename(sys.argv[1] + ".new", sys.argv[1])
if sys.argv[2] == "end":
    sys.exit(7)
time.sleep(60)
"""


def supervise(*command: str, parent: int | None = None) -> subprocess.Popen:
    line = [sys.executable, "-I", "-S", SUPERVISOR, str(parent or os.getpid()), *command]
    return subprocess.Popen(line, start_new_session=True, stderr=subprocess.PIPE)


def family(tmp_path, what: str) -> tuple[subprocess.Popen, Path]:
    file = tmp_path / "pids"
    return supervise(sys.executable, "-c", FAMILY, str(file), what), file


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def all_gone(file: Path) -> bool:
    return wait(lambda: not any(alive(int(pid)) for pid in file.read_text().split()), limit=10)


def test_the_status_is_the_commands():
    assert supervise(sys.executable, "-c", "import sys; sys.exit(3)").wait(10) == 3
    assert supervise(sys.executable, "-c", "import os; os.kill(os.getpid(), 11)").wait(10) == 128 + 11


def test_a_command_that_is_not_there():
    process = supervise("/no/such/program")
    assert process.wait(10) == 127
    assert process.stderr.read() == b"cannot start /no/such/program: No such file or directory\n"


@pytest.mark.skipif(sys.platform != "linux", reason="adopting orphans needs Linux")
@pytest.mark.parametrize("how", ["end", "terminate", "kill"])
def test_everything_is_gone_after(how, tmp_path):
    process, file = family(tmp_path, "end" if how == "end" else "stay")
    wait(file.exists)
    if how == "terminate":
        process.terminate()
    if how == "kill":  # the job itself goes; what it started in sessions of their own is beyond anybody's reach
        process.kill()
        wait(lambda: not alive(int(file.read_text().split()[0])), limit=10)
        for pid in file.read_text().split()[1:]:
            os.kill(int(pid), signal.SIGKILL)
    status = process.wait(10)
    assert all_gone(file)
    assert status == {"end": 7, "terminate": 128 + 15, "kill": -9}[how]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells of a parent's death on Linux")
def test_everything_is_gone_when_the_parent_is_killed(tmp_path):
    file = tmp_path / "pids"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, SUPERVISOR, FAMILY, str(file)])
    wait(file.exists)
    parent.send_signal(signal.SIGKILL)
    parent.wait(10)
    assert all_gone(file)


PARENT = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-I", "-S", sys.argv[1], str(os.getpid()), sys.executable, "-c", sys.argv[2], sys.argv[3], "stay"])
time.sleep(60)
"""


def test_a_supervisor_whose_parent_is_gone_already_starts_nothing(tmp_path):
    started = time.monotonic()
    assert supervise(sys.executable, "-c", FAMILY, str(tmp_path / "pids"), "stay", parent=1).wait(10) == 128 + 15
    assert time.monotonic() - started < 5
    assert not (tmp_path / "pids").exists()
