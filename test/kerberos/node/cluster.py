"""A KDC on this machine: each node in a network namespace of its own, running the files that are shipped.

Nothing leaves the machine: the namespaces hang on one bridge that has no way out.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / "constructs" / "kerberos" / "node" / "kdc.py"
# What runs on the nodes; Amazon Linux 2023 has Python 3.9.
PYTHON = os.environ.get("LAKEKEEL_KDC_PYTHON", sys.executable)
PACKAGES = "krb5-kdc krb5-admin-server krb5-kpropd krb5-user iproute2"
REALM, DOMAIN = "EMR.TEST", "emr.test"
SECRET = {
    "database_password": "test-database-0123456789",
    "admin_password": "test-admin-0123456789",
    "node_key": "test-node-key-0123456789-0123456789",
}


def missing() -> list[str]:
    """Programs that the tests need and this machine lacks."""
    folders = os.environ["PATH"] + ":/usr/sbin:/sbin"
    return [name for name in ("krb5kdc", "kadmind", "kpropd", "kinit", "ip", "unshare") if not shutil.which(name, path=folders)]


def command(*words, **options) -> subprocess.CompletedProcess:
    """Run to the end; fails with the program's own words."""
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{' '.join(map(str, words))}: {done.stdout}{done.stderr}"
    return done


class Supervised:
    """A program that is started again 0.1 s after it ended, as systemd does it."""

    def __init__(self, log: Path, *words, env: dict):
        self._words, self._log, self._env = [*map(str, words)], log, env
        self._stop = threading.Event()
        self.process: subprocess.Popen | None = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._started.wait()

    def _run(self):
        while not self._stop.is_set():
            with self._log.open("ab") as log:
                self.process = subprocess.Popen(self._words, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            self._started.set()
            self.process.wait()
            self._stop.wait(0.1)

    def stop(self, number=signal.SIGKILL):
        """End it for good."""
        self._stop.set()
        if self.process.poll() is None:
            self.process.send_signal(number)
        self._thread.join()


class Node:
    """One node."""

    def __init__(self, cluster: Cluster, number: int, **settings):
        self.cluster, self.name, self.address = cluster, f"n{number}", f"10.98.0.{10 + number}"
        self.space = cluster.space(self.name, self.address)
        self.home = cluster.home / self.name
        self.settings_file = cluster.home / f"{self.name}.json"
        self.settings = {
            "name": self.name, "address": self.address, "realm": REALM, "domain": DOMAIN, "table": "lease", "cluster": "main",
            "secrets": ["kdc"], "state": str(self.home / "state"), "log": str(self.home / "log"), "region": "eu-west-1",
            "backup": str(cluster.home / "backup"), **settings,
        }  # fmt: skip
        self.home.mkdir()
        self.settings_file.write_text(json.dumps(self.settings))
        self.programs: list[Supervised] = []

    @property
    def state(self) -> Path:
        """Its folder."""
        return self.home / "state"

    def words(self, *words) -> list:
        """A command in this node's namespace."""
        return ["ip", "netns", "exec", self.space, *words]

    def run(self, name: str, *arguments, **options) -> subprocess.CompletedProcess:
        """One command of the program."""
        return command(*self.words(PYTHON, PROGRAM, name, "--settings", self.settings_file, *arguments), env=self.cluster.env, **options)

    def start(self):
        """Set up and start the three programs."""
        self.run("setup")
        for name in ("krb5kdc", "proxy", "agent"):
            line = self.words(PYTHON, PROGRAM, name, "--settings", self.settings_file)
            self.programs.append(Supervised(self.home / f"{name}.log", *line, env=self.cluster.env))

    def pids(self, *names: str) -> list[int]:
        """Processes in this node's namespace, of some names or all."""
        found = [int(pid) for pid in command("ip", "netns", "pids", self.space).stdout.split()]
        comm = {}
        for pid in found:
            with contextlib.suppress(OSError):
                comm[pid] = Path(f"/proc/{pid}/comm").read_text().strip()
        return [pid for pid in comm if not names or comm[pid] in names]

    def kill(self, *names: str):
        """kill -9 of daemons by name."""
        for pid in self.pids(*names):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def die(self):
        """The whole node, at once and for good."""
        for program in self.programs:
            program._stop.set()
        while self.pids():
            self.kill()
        for program in self.programs:
            program.stop()
        self.programs = []

    def stop(self):
        """In good order."""
        for program in reversed(self.programs):
            program.stop(signal.SIGTERM)
        self.programs = []

    def link(self, state: str):
        """Cut or mend the cable."""
        command("ip", "-n", self.space, "link", "set", "eth0", state)

    def principals(self) -> set[str]:
        """What is in this node's own database."""
        env = {**os.environ, "KRB5_CONFIG": str(self.state / "krb5.conf"), "KRB5_KDC_PROFILE": str(self.state / "kdc.conf")}
        said = command("kadmin.local", "-r", REALM, "listprincs", env=env).stdout
        return {line.removesuffix(f"@{REALM}") for line in said.split() if line.endswith(f"@{REALM}")}

    def http(self, path: str) -> tuple[int, dict]:
        """What the node's HTTP server says, asked from its own namespace; 0 if it says nothing."""
        words = self.words("curl", "-s", "-m", "5", "-w", "%{http_code}", f"http://{self.address}:8088{path}")
        text = subprocess.run(words, capture_output=True, text=True, check=False).stdout
        body, code = text[:-3], int(text[-3:] or 0)
        return code, json.loads(body) if body else {}

    def status(self) -> dict:
        """Its status, or nothing."""
        return self.http("/status")[1]

    def log(self) -> str:
        """Everything that its programs said."""
        files = sorted([*self.home.glob("*.log"), *self.home.glob("log/*.out")])
        return "".join(f"== {file.relative_to(self.cluster.home)}\n{file.read_text(errors='replace')[-4000:]}" for file in files)


class Cluster:
    """Nodes, one endpoint with DynamoDB and Secrets Manager, and a client."""

    def __init__(self, home: Path, nodes: int = 3, secret: dict | None = None, **settings):
        self.home = home
        self._prefix = f"lk{os.getpid()}"
        self._spaces: list[str] = []
        self._switch = self._new_space("sw")
        command("ip", "-n", self._switch, "link", "add", "br0", "type", "bridge")
        command("ip", "-n", self._switch, "link", "set", "br0", "up")
        self.env = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "AWS_ENDPOINT_URL": "http://10.98.0.2:5000", "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        self.aws = self.space("aws", "10.98.0.2")
        with (home / "aws.log").open("wb") as log:
            words = ["ip", "netns", "exec", self.aws, sys.executable, "-m", "moto.server", "-H", "10.98.0.2", "-p", "5000"]
            self.endpoint = subprocess.Popen(words, env=self.env, stdout=log, stderr=log)
        self.fill(secret or SECRET)
        self.client = self.space("cl", "10.98.0.100")
        self.nodes = [Node(self, number, **settings) for number in range(1, nodes + 1)]

    def fill(self, secret: dict):
        """Create the table and the secret."""
        code = """
import boto3, json, sys, time
from botocore.exceptions import BotoCoreError
for _ in range(300):
    try:
        boto3.client("dynamodb").create_table(TableName="lease", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
        break
    except BotoCoreError:
        time.sleep(0.1)
boto3.client("secretsmanager").create_secret(Name="kdc", SecretString=sys.stdin.read())
"""
        command("ip", "netns", "exec", self.aws, sys.executable, "-c", code, env=self.env, input=json.dumps(secret))

    def _new_space(self, name: str) -> str:
        space = f"{self._prefix}{name}"
        command("ip", "netns", "add", space)
        command("ip", "-n", space, "link", "set", "lo", "up")
        self._spaces.append(space)
        return space

    def space(self, name: str, address: str) -> str:
        """A namespace with an address on the bridge."""
        space = self._new_space(name)
        command("ip", "-n", self._switch, "link", "add", f"to{name}", "type", "veth", "peer", "name", "eth0", "netns", space)
        command("ip", "-n", self._switch, "link", "set", f"to{name}", "master", "br0", "up")
        command("ip", "-n", space, "addr", "add", f"{address}/24", "dev", "eth0")
        command("ip", "-n", space, "link", "set", "eth0", "up")
        return space

    def start(self):
        """All nodes, until all are in sync."""
        for node in self.nodes:
            node.start()
        self.whole()

    def add(self, **settings) -> Node:
        """One more node."""
        node = Node(self, len(self.nodes) + 1, **settings)
        self.nodes.append(node)
        return node

    def primary(self) -> Node | None:
        """The node that says that it is the primary."""
        return next((node for node in self.nodes if node.programs and node.status().get("role") == "primary"), None)

    def in_sync(self) -> list[str]:
        """What the primary says."""
        primary = self.primary()
        return primary.status().get("in_sync", []) if primary else []

    def wait(self, true, seconds: float, what: str):
        """Wait for something to come true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = true()
            if value:
                return value
            time.sleep(0.1)
        raise AssertionError(f"not within {seconds:g} s: {what}\n" + "".join(node.log() for node in self.nodes))

    def krb5_conf(self, *addresses: str, port: int = 88, udp: int = 1) -> Path:
        """A client's configuration that names these nodes."""
        file = self.home / f"krb5-{port}-{udp}-{'-'.join(addresses)}.conf"
        if file.exists():
            return file
        kdcs = "".join(f"  kdc = {address}:{port}\n" for address in addresses)
        file.write_text(
            f"[libdefaults]\n default_realm = {REALM}\n udp_preference_limit = {udp}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n"
            f" rdns = false\n dns_canonicalize_hostname = false\n[realms]\n {REALM} = {{\n{kdcs}  admin_server = {addresses[0]}\n }}\n"
        )
        return file

    def whole(self):
        """Wait until every running node is in sync."""
        running = sorted(node.name for node in self.nodes if node.programs)
        self.wait(lambda: sorted(self.in_sync()) == running, 40, f"in sync: {running}")

    def kadmin(self, node: Node, *queries: str, seconds: float = 60) -> subprocess.CompletedProcess:
        """Run queries as the administrator through port 749 of a node; whatever comes of it."""
        env = {**self.env, "KRB5_CONFIG": str(self.krb5_conf(node.address)), "KRB5CCNAME": "MEMORY:"}
        words = ["ip", "netns", "exec", self.client, "kadmin", "-p", "admin/admin"]
        said = "\n".join([SECRET["admin_password"], *queries, "quit", ""])
        return subprocess.run(words, env=env, input=said, capture_output=True, text=True, check=False, timeout=seconds)

    def login(self, principal: str, password: str, *addresses: str, port: int = 88, udp: int = 1, seconds: float = 20) -> str:
        """Log in from the client; what went wrong."""
        env = {**self.env, "KRB5_CONFIG": str(self.krb5_conf(*addresses, port=port, udp=udp)), "KRB5CCNAME": "MEMORY:"}
        words = ["ip", "netns", "exec", self.client, "kinit", principal]
        done = subprocess.run(words, env=env, input=password + "\n", capture_output=True, text=True, check=False, timeout=seconds)
        return "" if done.returncode == 0 else done.stderr.strip()

    def close(self):
        """End everything that was started here."""
        for node in self.nodes:
            node.die()
        self.endpoint.kill()
        self.endpoint.wait()
        for space in self._spaces:
            for pid in command("ip", "netns", "pids", space).stdout.split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            command("ip", "netns", "del", space)
