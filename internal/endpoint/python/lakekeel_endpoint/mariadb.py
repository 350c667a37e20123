"""MariaDB servers of this endpoint: each a real one, on a free port of loopback.

They stand in for RDS for MySQL and MariaDB. A server dies with the endpoint, by kill -9
too; its data folder stays as long as the endpoint's state does.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pymysql

from .settings import HOST

START_SECONDS = 60  # a server that does not answer by then is given up
_SUPERVISOR = Path(__file__).parent / "glue" / "supervisor.py"

# The name of the server's program on Debian and Fedora, and where they keep it off the PATH.
_PLACES = ("/usr/sbin", "/usr/libexec", "/usr/local/sbin")


class Missing(Exception):
    """This machine has no MariaDB server, or it does not start; the message says what to do."""


def program(name: str) -> str:
    """The path of one of MariaDB's programs."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *_PLACES]))
    if not found:
        raise Missing(
            f"a database of RDS for MySQL or MariaDB needs MariaDB's server here, and there is no {name}: apt-get install mariadb-server"
        )
    return found


class Servers:
    """The servers of one endpoint, by the identifiers of their database instances."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._running: dict[str, subprocess.Popen] = {}
        # The kernel ends a child when the thread that made it ends, so one thread makes all.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mariadb")

    def create(self, name: str, user: str, password: str, database: str) -> int:
        """Make a server with one user, who may do anything, and one database; its port."""
        return self._thread.submit(self._create, name, user, password, database).result()

    def resume(self, name: str) -> int | None:
        """Start a server whose data is still there; its port, or None if there is no data."""
        if not self._data(name).is_dir():
            return None
        return self._thread.submit(self._start, name, None).result()

    def remove(self, name: str) -> None:
        """End a server and remove its data."""
        self._end(name)
        shutil.rmtree(self._folder / name, ignore_errors=True)

    def stop(self) -> None:
        for name in list(self._running):
            self._end(name)

    def _data(self, name: str) -> Path:
        return self._folder / name / "data"

    def _create(self, name: str, user: str, password: str, database: str) -> int:
        data = self._data(name)
        shutil.rmtree(data, ignore_errors=True)
        data.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        install = [program("mariadb-install-db"), "--no-defaults", f"--datadir={data}", *_as_root(), "--skip-test-db"]
        done = subprocess.run([*install, "--auth-root-authentication-method=normal"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing(f"MariaDB cannot make a data folder: {done.stderr.strip().splitlines()[-1:]}")
        first = data.parent / "first.sql"
        first.touch(mode=0o600)
        first.write_text(_first(user, password, database))
        try:
            port = self._start(name, first)
        finally:
            first.unlink()  # it holds the password
        try:  # the server starts whatever comes of its first statements
            pymysql.connect(host=HOST, port=port, user=user, password=password, database=database or None).close()
        except pymysql.MySQLError as error:
            self.remove(name)
            raise Missing(f"MariaDB does not make user {user!r} and database {database!r}: {error}") from None
        return port

    def _start(self, name: str, first: Path | None) -> int:
        """Start the server and wait until it answers."""
        data, port = self._data(name), _free_port()
        command = [program("mariadbd"), "--no-defaults", f"--datadir={data}", *_as_root(), f"--bind-address={HOST}", f"--port={port}"]
        # The socket stands in the data folder: the path of one is 107 characters at most, and a relative one is short.
        command += ["--socket=socket", f"--pid-file={data.parent / 'pid'}", f"--log-error={data.parent / 'log'}"]
        command += ["--character-set-server=utf8mb4", "--skip-name-resolve", "--innodb-buffer-pool-size=64M"]
        if first:
            command.append(f"--init-file={first}")
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_SUPERVISOR), str(os.getpid()), *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._running[name] = process
        end = time.monotonic() + START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > end:
                self._end(name)
                raise Missing(f"MariaDB does not start; {data.parent / 'log'} says why")
            time.sleep(0.05)
        return port

    def _end(self, name: str) -> None:
        process = self._running.pop(name, None)
        if process:
            process.terminate()
            process.wait()


def _as_root() -> list[str]:
    """MariaDB wants it said that it runs as root."""
    return ["--user=root"] if os.getuid() == 0 else []


def _first(user: str, password: str, database: str) -> str:
    """What the server runs at its first start: one statement a line."""
    account = f"{_text(user)}@'%'"
    lines = [f"CREATE USER {account} IDENTIFIED BY {_text(password)};", f"GRANT ALL PRIVILEGES ON *.* TO {account} WITH GRANT OPTION;"]
    if database:
        lines.append(f"CREATE DATABASE `{database.replace('`', '``')}`;")
    others = f"DELETE FROM mysql.global_priv WHERE User NOT IN ({_text(user)}, 'mariadb.sys');"  # among them root, without a password
    return "\n".join([*lines, others, "FLUSH PRIVILEGES;", ""])


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _answers(port: int) -> bool:
    """Whether a server greets: it does so before anybody signs in."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.settimeout(1)
            return len(connection.recv(5)) == 5
    except OSError:
        return False
