"""What a node keeps, hides, gives back and refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from cluster import PROGRAM, PYTHON, REALM, SECRET, Supervised, command

PASSWORD = "pass-0123456789"


def test_set_up_again_changes_nothing(kdc):
    node = kdc.nodes[0]
    before = node.principals()
    node.run("setup")
    assert node.principals() == before


def test_another_realm_is_refused_on_a_live_database(kdc, tmp_path):
    node = kdc.nodes[0]
    file = tmp_path / "other.json"
    file.write_text(json.dumps({**node.settings, "realm": "OTHER.TEST", "domain": "other.test"}))
    done = subprocess.run(
        [*node.words(PYTHON, "-B", PROGRAM, "setup", "--settings", file)], env=kdc.env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "kdc.py setup: realm is 'OTHER.TEST'; want 'EMR.TEST', which the database of this node was made for\n"


def test_a_new_node_of_another_realm_does_not_join(kdc):
    node = kdc.add(realm="OTHER.TEST", domain="other.test")
    try:
        node.start()
        kdc.wait(lambda: "realm is 'OTHER.TEST'; want 'EMR.TEST', which the lease says" in node.log(), 15, "refusal")
    finally:
        node.die()
        kdc.nodes.remove(node)


def test_no_secret_is_in_a_command_line_an_environment_or_a_log(kdc):
    """Watched while a node is set up, takes a copy, and a principal is created."""
    node = kdc.nodes[-1]
    node.die()
    command("rm", "-r", node.state)
    seen, watching = set(), True

    def watch():
        while watching:
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        text = (process / name).read_bytes()
                    except OSError:
                        continue
                    seen.update(f"{name} of {text[:60]}" for secret in SECRET.values() if secret.encode() in text)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        node.start()
        kdc.whole()
        kdc.kadmin(node, f"addprinc -pw {PASSWORD} hidden")
    finally:
        watching = False
        thread.join()
    assert seen == set()
    assert [
        file for file in node.home.rglob("*.log") for secret in [*SECRET.values(), PASSWORD] if secret in file.read_text(errors="replace")
    ] == []
    assert [file for file in node.state.rglob("*") if file.is_file() and file.stat().st_mode & 0o077 and file.name != "cluster.json"] == []


def test_a_login_writes_nothing(kdc):
    node = kdc.nodes[0]
    kdc.kadmin(node, f"addprinc -pw {PASSWORD} reader")
    kdc.whole()
    before = (node.state / "principal").stat().st_mtime_ns
    assert kdc.login("reader", PASSWORD, node.address, port=1088) == ""
    assert kdc.login("reader", "wrong", node.address, port=1088) != ""
    assert (node.state / "principal").stat().st_mtime_ns == before


def test_a_dump_restores_the_realm_on_every_node(kdc):
    primary = kdc.primary()
    kdc.kadmin(primary, f"addprinc -pw {PASSWORD} kept")
    dump = primary.run("backup").stdout.strip()
    kdc.kadmin(primary, f"addprinc -pw {PASSWORD} later", "delprinc -force kept")
    node = next(node for node in kdc.nodes if node is not primary)
    refused = subprocess.run(
        node.words(PYTHON, "-B", PROGRAM, "restore", "--settings", node.settings_file, "--dump", dump),
        env=kdc.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert refused.stderr.strip() == "kdc.py restore: the agent of this node runs; stop it first"
    node.stop()
    assert "principals" in node.run("restore", "--dump", dump).stdout
    node.start()
    kdc.whole()
    for one in kdc.nodes:
        kdc.wait(lambda one=one: "kept" in one.principals() and "later" not in one.principals(), 10, f"{one.name} restored")
        assert kdc.login("kept", PASSWORD, one.address, port=1088) == ""


def test_a_damaged_dump_is_refused(kdc):
    primary = kdc.primary()
    dump = Path(primary.run("backup").stdout.strip())
    text = dump.read_text()
    dump.write_text(text[: len(text) // 2])
    node = next(node for node in kdc.nodes if node is not primary)
    node.stop()
    before = node.principals()
    done = subprocess.run(
        node.words(PYTHON, "-B", PROGRAM, "restore", "--settings", node.settings_file, "--dump", dump),
        env=kdc.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert node.principals() == before


@pytest.fixture
def shared(kdc):
    """The shared folder as a file system of its own, so that it can be frozen."""
    folder, image = kdc.home / "backup", kdc.home / "backup.img"
    folder.mkdir(exist_ok=True)
    command("truncate", "-s", "32M", image)
    command("mkfs.ext4", "-q", image)
    command("mount", "-o", "loop", image, folder)
    yield folder
    subprocess.run(["fsfreeze", "-u", folder], capture_output=True, check=False)
    command("umount", folder)


def test_a_frozen_shared_folder_holds_up_nothing_but_the_dump(kdc, shared):
    primary = kdc.primary()
    command("fsfreeze", "-f", shared)
    words = primary.words(PYTHON, "-B", PROGRAM, "backup", "--settings", primary.settings_file)
    backup = subprocess.Popen(words, env=kdc.env, stdout=subprocess.PIPE, text=True)
    assert "created" in kdc.kadmin(primary, f"addprinc -pw {PASSWORD} unfrozen").stdout
    assert [kdc.login("unfrozen", PASSWORD, node.address) for node in kdc.nodes] == ["", "", ""]
    time.sleep(2)
    assert backup.poll() is None
    command("fsfreeze", "-u", shared)
    assert Path(backup.communicate(timeout=30)[0].strip()).exists()


def test_the_administrators_password_rotates(kdc):
    code = """
import boto3, json, sys
client = boto3.client("secretsmanager")
new = {**json.loads(client.get_secret_value(SecretId="kdc")["SecretString"]), "admin_password": sys.argv[1]}
print(client.put_secret_value(SecretId="kdc", SecretString=json.dumps(new), VersionStages=["AWSPENDING"])["VersionId"])
"""

    def rotated(password):
        version = command("ip", "netns", "exec", kdc.aws, sys.executable, "-c", code, password, env=kdc.env).stdout.strip()
        steps = [
            [node.run("rotate", "--secret", "kdc", "--version", version, "--step", step).stdout for node in kdc.nodes]
            for step in ("set", "test")
        ]
        expected = ["done\n" if node is kdc.primary() else "" for node in kdc.nodes]
        assert steps == [expected, expected]

    rotated("another-0123456789")
    try:
        for principal in ("admin/admin", "kadmin/admin"):
            for node in kdc.nodes:
                kdc.wait(
                    lambda p=principal, n=node: kdc.login(p, "another-0123456789", n.address, port=1088) == "",
                    5,
                    f"{principal} on {node.name}",
                )
        assert kdc.login("admin/admin", SECRET["admin_password"], kdc.nodes[0].address) != ""
    finally:
        rotated(SECRET["admin_password"])
    assert "created" in kdc.kadmin(kdc.nodes[1], f"addprinc -pw {PASSWORD} rotated").stdout


class Client:
    """A machine that is no node, with the client's proxy."""

    def __init__(self, kdc, tmp_path, *nodes):
        file = tmp_path / "client.json"
        file.write_text(
            json.dumps(
                {"client": True, "upstreams": [f"{n.address}:88" for n in nodes], "admin_upstreams": [f"{n.address}:749" for n in nodes]}
            )
        )
        self.log = tmp_path / "client.log"
        words = ["ip", "netns", "exec", kdc.client, PYTHON, "-B", PROGRAM, "proxy", "--settings", file]
        self.program = Supervised(self.log, *words, env=kdc.env)
        kdc.wait(lambda: self.log.exists() and "listening" in self.log.read_text(), 10, "the client's proxy")
        time.sleep(1)


@pytest.fixture
def client(kdc, tmp_path):
    """It is told of one node alone, as a balancer stands in front of all."""
    one = Client(kdc, tmp_path, kdc.nodes[0])
    yield one
    one.program.stop()


def logins(kdc, count: int, at_a_time: int = 8) -> list[tuple[str, float]]:
    """What went wrong and how long it took, of many logins through the client's proxy."""
    results, turns = [], iter(range(count))
    lock = threading.Lock()

    def work():
        while True:
            with lock:
                if next(turns, None) is None:
                    return
            began = time.monotonic()
            fault = kdc.login("busy", PASSWORD, "127.0.0.1")
            results.append((fault, time.monotonic() - began))

    threads = [threading.Thread(target=work) for _ in range(at_a_time)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("fault", ["krb5kdc", "frozen krb5kdc", "proxy", "node", "link"])
def test_no_login_fails_and_none_is_slow(kdc, client, fault):
    kdc.kadmin(kdc.nodes[0], f"addprinc -pw {PASSWORD} busy")
    node = kdc.nodes[0]

    def strike():
        time.sleep(0.5)
        if fault == "krb5kdc":
            node.kill("krb5kdc")
        elif fault == "frozen krb5kdc":
            os.kill(node.pids("krb5kdc")[0], signal.SIGSTOP)
        elif fault == "proxy":
            node.programs[1].process.kill()
        elif fault == "node":
            node.die()
        else:
            node.link("down")

    thread = threading.Thread(target=strike)
    thread.start()
    results = logins(kdc, 200)
    thread.join()
    for pid in node.pids("krb5kdc"):
        os.kill(pid, signal.SIGCONT)
    assert [text for text, _ in results if text] == []
    assert max(seconds for _, seconds in results) < 5


def test_a_client_that_asks_by_udp_is_answered(kdc, client):
    kdc.kadmin(kdc.nodes[0], f"addprinc -pw {PASSWORD} datagram")
    began = time.monotonic()
    assert kdc.login("datagram", PASSWORD, "127.0.0.1", udp=1_000_000) == ""
    assert time.monotonic() - began < 2


def test_the_admin_server_is_reached_through_the_clients_proxy(kdc, client):
    env = {**kdc.env, "KRB5_CONFIG": str(kdc.krb5_conf("127.0.0.1")), "KRB5CCNAME": "MEMORY:"}
    words = ["ip", "netns", "exec", kdc.client, "kadmin", "-p", f"kadmin/admin@{REALM}", "-q", f"addprinc -pw {PASSWORD} remote"]
    done = subprocess.run(words, env=env, input=SECRET["admin_password"] + "\n", capture_output=True, text=True, check=False, timeout=60)
    assert "created" in done.stdout, done.stderr


def test_rubbish_on_the_ways_in_is_dropped_and_the_next_login_served(kdc):
    node = kdc.nodes[0]
    kdc.kadmin(node, f"addprinc -pw {PASSWORD} calm")
    code = """
import socket, sys
rubbish = [(88, b"\\xff" * 64), (88, b"GET / HTTP/1.0\\r\\n\\r\\n"), (88, b"\\0\\0\\0\\x05hello"), (749, b"x" * 100), (8088, b"\\0" * 10)]
for port, data in rubbish + [(int(port), b"y" * 70000) for port in sys.argv[2:]]:
    s = socket.create_connection((sys.argv[1], port), 3)
    s.sendall(data)
    s.close()
"""
    command("ip", "netns", "exec", kdc.client, sys.executable, "-c", code, kdc.primary().address, "1751", "1749")
    command("ip", "netns", "exec", kdc.client, sys.executable, "-c", code, node.address)
    assert kdc.login("calm", PASSWORD, node.address) == ""
    kdc.whole()
