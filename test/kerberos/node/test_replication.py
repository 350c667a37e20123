"""What is acknowledged is on every node, and stays, whoever dies."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from cluster import SECRET

PASSWORD = "pass-0123456789"
REPEATS = int(os.environ.get("LAKEKEEL_KDC_REPEATS", "1"))


class Writer:
    """An administrator who creates principals one after the other through one node, on one connection."""

    def __init__(self, kdc, node, prefix: str, count: int = 1000):
        env = {**kdc.env, "KRB5_CONFIG": str(kdc.krb5_conf(node.address)), "KRB5CCNAME": "MEMORY:"}
        words = ["ip", "netns", "exec", kdc.client, "stdbuf", "-oL", "kadmin", "-p", "admin/admin", "-w", SECRET["admin_password"]]
        self._process = subprocess.Popen(words, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.text: list[str] = []
        self._reading = threading.Thread(target=lambda: self.text.extend(self._process.stdout), daemon=True)
        self._reading.start()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write("".join(f"addprinc -pw {PASSWORD} {prefix}{i}\n" for i in range(count)) + "quit\n")
            self._process.stdin.flush()

    def acknowledged(self) -> set[str]:
        """The names that kadmin was told to be created."""
        return set(re.findall(r'Principal "([^@"]+)@', "".join(self.text)))

    def end(self):
        """Wait until it gives up, and no longer than a minute."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reading.join()


def test_a_principal_is_on_every_node_when_it_is_acknowledged(kdc):
    for turn, through in enumerate(kdc.nodes):
        done = kdc.kadmin(through, f"addprinc -pw {PASSWORD} fresh{turn}")
        assert "created" in done.stdout, done.stderr
        # Port 1088 is krb5kdc itself: no proxy helps.
        assert [kdc.login(f"fresh{turn}", PASSWORD, node.address, port=1088) for node in kdc.nodes] == ["", "", ""]


def test_a_deleted_principal_and_a_changed_password_are_so_everywhere(kdc):
    kdc.kadmin(
        kdc.nodes[0],
        f"addprinc -pw {PASSWORD} short",
        f"addprinc -pw {PASSWORD} moved",
        "cpw -pw other-0123456789 moved",
        "delprinc -force short",
    )
    for node in kdc.nodes:
        assert "not found" in kdc.login("short", PASSWORD, node.address, port=1088)
        assert kdc.login("moved", "other-0123456789", node.address, port=1088) == ""


def test_a_policy_starts_the_log_anew_and_reaches_every_node(kdc):
    done = kdc.kadmin(kdc.nodes[0], "addpol -minlength 10 strict", f"addprinc -policy strict -pw {PASSWORD} judged", seconds=30)
    assert 'Principal "judged@EMR.TEST" created' in done.stdout, done.stderr
    kdc.whole()
    assert [kdc.login("judged", PASSWORD, node.address, port=1088) for node in kdc.nodes] == ["", "", ""]


def test_the_position_is_what_kproplog_says(kdc):
    node = kdc.primary()
    env = {**os.environ, "KRB5_CONFIG": str(node.state / "krb5.conf"), "KRB5_KDC_PROFILE": str(node.state / "kdc.conf")}
    said = subprocess.run(["kproplog", "-h"], env=env, capture_output=True, text=True, check=True).stdout
    assert int(re.search(r"Last serial # : (\d+)", said)[1]) == node.status()["serial"]


def kill_node(node):
    """The machine is gone; another one with its disk comes later."""
    node.die()


def kill_kadmind(node):
    """The daemon alone."""
    node.kill("kadmind")


def kill_agent(node):
    """The agent, and with it kadmind."""
    node.programs[2].process.send_signal(signal.SIGKILL)


def cut_link(node):
    """The cable."""
    node.link("down")


@pytest.mark.parametrize("repeat", range(REPEATS))
@pytest.mark.parametrize("fault", [kill_node, kill_kadmind, kill_agent, cut_link])
def test_nothing_acknowledged_is_lost(kdc, fault, repeat):
    primary = kdc.primary()
    other = next(node for node in kdc.nodes if node is not primary)
    prefix = f"{fault.__name__}{repeat}x"
    writer = Writer(kdc, other, prefix)
    kdc.wait(lambda: len(writer.acknowledged()) > 20 + 7 * repeat % 40, 30, "the first principals")
    began = time.monotonic()
    fault(primary)
    writer.end()
    acknowledged = writer.acknowledged()
    # Whoever is primary now: the next one is created within ten seconds.
    assert "created" in kdc.kadmin(other, f"addprinc -pw {PASSWORD} {prefix}next").stdout
    print(f"{fault.__name__}: {len(acknowledged)} acknowledged, the next after {time.monotonic() - began:.1f} s")
    assert time.monotonic() - began < 12
    survivors = [node for node in kdc.nodes if node.programs and not (fault is cut_link and node is primary)]
    for node in survivors:
        kdc.wait(lambda node=node: acknowledged <= node.principals(), 5, f"{node.name} lost {acknowledged - node.principals()}")
    primary.link("up")
    if not primary.programs:
        primary.start()
    kdc.whole()
    sets = [node.principals() for node in kdc.nodes]
    assert sets[0] == sets[1] == sets[2]
    assert acknowledged <= sets[0]


def test_a_primary_that_was_frozen_acknowledges_nothing_when_it_wakes(kdc):
    primary = kdc.primary()
    other = next(node for node in kdc.nodes if node is not primary)
    writer = Writer(kdc, primary, "frozen")
    kdc.wait(lambda: len(writer.acknowledged()) > 10, 30, "the first principals")
    pids = primary.pids()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    kdc.wait(lambda: "created" in kdc.kadmin(other, f"addprinc -pw {PASSWORD} meanwhile").stdout, 30, "another primary")
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    writer.end()
    kdc.whole()
    sets = [node.principals() for node in kdc.nodes]
    assert sets[0] == sets[1] == sets[2]
    assert writer.acknowledged() | {"meanwhile"} <= sets[0]


def test_a_silent_replica_holds_up_one_reply_and_comes_back_by_itself(kdc):
    replica = next(node for node in kdc.nodes if node is not kdc.primary())
    replica.link("down")
    began = time.monotonic()
    assert "created" in kdc.kadmin(kdc.primary(), f"addprinc -pw {PASSWORD} without").stdout
    assert time.monotonic() - began < 8
    kdc.wait(lambda: replica.name not in kdc.in_sync(), 5, "out of sync")
    assert replica.http("/health")[0] == 200  # nothing better is known there
    replica.link("up")
    kdc.whole()
    assert kdc.login("without", PASSWORD, replica.address, port=1088) == ""


def test_logins_go_on_without_the_lease_and_admin_comes_back_with_it(kdc):
    kdc.kadmin(kdc.nodes[0], f"addprinc -pw {PASSWORD} steady")
    kdc.endpoint.send_signal(signal.SIGSTOP)
    try:
        kdc.wait(lambda: kdc.primary() is None, 10, "no primary without a lease")
        assert not any(node.pids("kadmind") for node in kdc.nodes)
        assert [kdc.login("steady", PASSWORD, node.address) for node in kdc.nodes] == ["", "", ""]
        time.sleep(8)  # more than any node waits before it calls itself behind
        assert [node.http("/health")[0] for node in kdc.nodes] == [200, 200, 200]
    finally:
        kdc.endpoint.send_signal(signal.SIGCONT)
    kdc.whole()
    assert "created" in kdc.kadmin(kdc.nodes[0], f"addprinc -pw {PASSWORD} again").stdout


def test_a_drained_primary_hands_over_within_two_seconds_and_serves_on(kdc):
    primary = kdc.primary()
    other = next(node for node in kdc.nodes if node is not primary)
    primary.run("drain")
    began = time.monotonic()
    kdc.wait(lambda: kdc.primary() not in (None, primary), 5, "another primary")
    assert "created" in kdc.kadmin(other, f"addprinc -pw {PASSWORD} handed").stdout
    assert time.monotonic() - began < 4
    assert primary.http("/health") == (503, {"fault": "draining"})
    assert kdc.login("handed", PASSWORD, primary.address) == ""
    primary.run("undrain")
    kdc.whole()
    kdc.wait(lambda: primary.http("/health")[0] == 200, 5, "healthy again")


def test_a_node_whose_agent_is_frozen_asks_its_peers(kdc):
    node = next(node for node in kdc.nodes if node is not kdc.primary())
    agent = next(pid for pid in node.pids("python", "python3", "python3.9") if b"\0agent\0" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(agent, signal.SIGSTOP)
    try:
        assert "created" in kdc.kadmin(kdc.primary(), f"addprinc -pw {PASSWORD} unseen").stdout
        assert kdc.login("unseen", PASSWORD, node.address) == ""
    finally:
        os.kill(agent, signal.SIGCONT)
