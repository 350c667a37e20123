"""Wrong settings are refused in words, before anything is written."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from cluster import PROGRAM

sys.path.insert(0, str(PROGRAM.parent))
from settings import Client, Refused, Settings  # noqa: E402

GOOD = {
    "name": "i-0abc", "address": "10.0.0.1", "realm": "EMR.TEST", "domain": "emr.test", "table": "lease", "cluster": "main",
    "secrets": ["kdc"], "state": "/var/lib/kdc", "log": "/var/log/kdc",
}  # fmt: skip


def test_sound_settings_are_taken_with_their_defaults():
    settings = Settings.of(GOOD)
    assert (settings.lease_seconds, settings.lockout, settings.backups) == (5, False, None)


@pytest.mark.parametrize(
    ("name", "value", "want"),
    [
        ("name", "two words", 'name is "two words"; want 1 to 64 of letters, digits and -'),
        ("address", "kdc.emr.test", 'address is "kdc.emr.test"; want an IPv4 address'),
        ("address", "10.0.0.999", 'address is "10.0.0.999"; want an IPv4 address'),
        ("realm", "emr.test", 'realm is "emr.test"; want a realm in capitals'),
        ("realm", "", 'realm is ""; want a realm in capitals'),
        ("domain", "EMR.TEST", 'domain is "EMR.TEST"; want a domain in small letters'),
        ("table", "a b", 'table is "a b"; want the name of a DynamoDB table'),
        ("cluster", "Main", 'cluster is "Main"; want 1 to 24 of a-z, 0-9 and -'),
        ("secrets", [], "secrets is []; want a list of secrets' ids"),
        ("secrets", "kdc", 'secrets is "kdc"; want a list of secrets\' ids'),
        ("state", "kdc", 'state is "kdc"; want an absolute path'),
        ("log", "", 'log is ""; want an absolute path'),
        ("backup", "mnt", 'backup is "mnt"; want an absolute path, or nothing'),
        ("backup_minutes", 0, "backup_minutes is 0; want 1 to 1440"),
        ("lease_seconds", 1, "lease_seconds is 1; want 2 to 60"),
        ("lease_seconds", "5", 'lease_seconds is "5"; want 2 to 60'),
        ("lockout", "no", 'lockout is "no"; want true or false'),
    ],
)
def test_one_wrong_setting_is_named(name, value, want):
    with pytest.raises(Refused) as err:
        Settings.of({**GOOD, name: value})
    assert str(err.value) == want


def test_unknown_and_missing_settings_are_all_told():
    with pytest.raises(Refused) as err:
        Settings.of({**{name: value for name, value in GOOD.items() if name != "realm"}, "relam": "EMR.TEST"})
    first, second = str(err.value).splitlines()
    assert first.startswith("relam is not a setting; want one of name, address, realm")
    assert second == "realm is missing"


def test_a_client_needs_upstreams(tmp_path):
    file = tmp_path / "client.json"
    file.write_text(json.dumps({"client": True, "upstreams": ["kdc:88"]}))
    with pytest.raises(Refused, match="want upstreams and admin_upstreams"):
        Client.read(file)


@pytest.mark.parametrize(
    ("arguments", "want"),
    [
        (["setup", "--settings", "/nowhere"], "No such file"),
        (["restore", "--settings", "/nowhere"], "restore wants --settings, --dump"),
        (["rotate", "--settings", "/nowhere", "--step", "set"], "rotate wants --settings, --secret, --version, --step"),
        (["status", "--settings", "/nowhere", "--dump", "x"], "status wants --settings"),
        (["fly", "--settings", "/nowhere"], "invalid choice: 'fly'"),
    ],
)
def test_a_wrong_command_line_is_told_in_a_line(arguments, want):
    done = subprocess.run([sys.executable, "-B", PROGRAM, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert want in done.stderr
    assert "Traceback" not in done.stderr
