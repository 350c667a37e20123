"""The functions of a KDC's stack: the four steps of a rotation, a node that leaves, and what is fixed.

Secrets Manager is moto's. The nodes are stand-ins that answer Run Command; that the node's own
`rotate` sets a password is tested with the real kadmin, beside the node.
"""

from __future__ import annotations

import http.server
import importlib.util
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

SOURCE = Path(__file__).parents[2] / "constructs/kerberos/functions/index.py"
TOKEN = "11111111-2222-3333-4444-555555555555"


class Nodes:
    """What Systems Manager is to the function: commands sent, and what became of each."""

    def __init__(self) -> None:
        self.sent: list[dict] = []
        self.states = ["Pending", "InProgress", "Success"]  # of a command, one after the other
        self.nodes = [("i-1", "Success", "done\n"), ("i-2", "Success", "")]  # the primary and a replica

    def send_command(self, **arguments: object) -> dict:
        self.sent.append(arguments)
        self.left = list(self.states)
        return {"Command": {"CommandId": f"command-{len(self.sent)}"}}

    def list_commands(self, CommandId: str) -> dict:  # noqa: N803
        assert CommandId == f"command-{len(self.sent)}"
        return {"Commands": [{"Status": self.left.pop(0) if len(self.left) > 1 else self.left[0]}]}

    def list_command_invocations(self, CommandId: str, Details: bool) -> dict:  # noqa: N803
        assert CommandId == f"command-{len(self.sent)}"
        assert Details
        return {"CommandInvocations": [{"InstanceId": i, "Status": s, "CommandPlugins": [{"Output": o}]} for i, s, o in self.nodes]}


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> object:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "DOCUMENT": "kdc-commands",
        "NODE_TAG": "lakekeel:kdc",
        "NODE_VALUE": "main",
    }.items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("kdc_functions", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.POLL, module.LIMIT = 0, 0.2
    return module


class Begun:
    """moto's Secrets Manager in the midst of a rotation: the pending version is announced and has no value yet."""

    def __init__(self, client: object) -> None:
        self.client = client

    def __getattr__(self, name: str) -> object:
        return getattr(self.client, name)

    def describe_secret(self, **arguments: object) -> dict:
        answer = self.client.describe_secret(**arguments)
        answer["VersionIdsToStages"].setdefault(TOKEN, ["AWSPENDING"])
        return answer


@pytest.fixture
def nodes(functions: object, monkeypatch: pytest.MonkeyPatch) -> Nodes:
    nodes, client = Nodes(), boto3.client
    clients = {"ssm": lambda: nodes, "secretsmanager": lambda: Begun(client("secretsmanager"))}
    monkeypatch.setattr(functions, "boto3", SimpleNamespace(client=lambda service: clients[service]()))
    return nodes


@pytest.fixture
def secret(functions: object) -> Iterator[str]:
    """A secret as the stack makes it."""
    with mock_aws():
        value = json.dumps({"realm": "EMR.TEST", "domain": "emr.test", "admin_password": "old-password"})
        yield boto3.client("secretsmanager").create_secret(Name="kdc/main/admin", SecretString=value)["ARN"]


def value_of(arn: str, stage: str) -> dict:
    return json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=arn, VersionStage=stage)["SecretString"])


def rotate(functions: object, arn: str, *steps: str) -> None:
    for step in steps:
        functions.on_rotation({"SecretId": arn, "ClientRequestToken": TOKEN, "Step": step}, None)


STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


def test_a_rotation_ends_with_the_password_that_the_nodes_took(functions, nodes, secret, capsys) -> None:
    rotate(functions, secret, "createSecret")
    pending = value_of(secret, "AWSPENDING")
    rotate(functions, secret, *STEPS[1:])
    assert value_of(secret, "AWSCURRENT") == pending
    assert value_of(secret, "AWSPREVIOUS")["admin_password"] == "old-password"
    assert pending["realm"] == "EMR.TEST"
    assert len(pending["admin_password"]) == 40
    assert pending["admin_password"].isalnum()
    assert [s["Parameters"] for s in nodes.sent] == [{"Step": ["set"], "Version": [TOKEN]}, {"Step": ["test"], "Version": [TOKEN]}]
    assert all(
        s["Targets"] == [{"Key": "tag:lakekeel:kdc", "Values": ["main"]}] and s["DocumentName"] == "kdc-commands" for s in nodes.sent
    )
    said = capsys.readouterr().out + json.dumps(nodes.sent)
    assert pending["admin_password"] not in said
    assert "old-password" not in said


def test_a_step_may_be_repeated(functions, nodes, secret) -> None:
    """Secrets Manager calls a step again when it had no answer."""
    rotate(functions, secret, "createSecret")
    first = value_of(secret, "AWSPENDING")
    rotate(functions, secret, "createSecret", "setSecret", "setSecret", "testSecret", "finishSecret", "finishSecret")
    assert value_of(secret, "AWSCURRENT") == first


@pytest.mark.parametrize("state", ["Failed", "TimedOut", "Undeliverable"])
def test_a_node_that_fails_leaves_the_old_password_current(functions, nodes, secret, state) -> None:
    nodes.nodes.append(("i-3", state, ""))
    rotate(functions, secret, "createSecret")
    with pytest.raises(functions.Refused, match=f"command command-1 failed on i-3 {state}"):
        rotate(functions, secret, "setSecret")
    assert value_of(secret, "AWSCURRENT")["admin_password"] == "old-password"


@pytest.mark.parametrize("answered", [[], [("i-2", "Success", "")]], ids=["no node at all", "replicas alone"])
def test_without_a_primary_nothing_becomes_current(functions, nodes, secret, answered) -> None:
    nodes.nodes = answered
    rotate(functions, secret, "createSecret")
    with pytest.raises(functions.Refused, match="command command-1 found no primary"):
        rotate(functions, secret, "setSecret")


def test_nodes_that_hang_stop_the_rotation(functions, nodes, secret) -> None:
    nodes.states = ["InProgress"]
    rotate(functions, secret, "createSecret")
    with pytest.raises(functions.Refused, match="the nodes did not answer command command-1 within"):
        rotate(functions, secret, "setSecret")


def test_a_version_of_another_secret_is_refused(functions, nodes, secret) -> None:
    with pytest.raises(functions.Refused, match="version nobody is not one of the secret's"):
        functions.on_rotation({"SecretId": secret, "ClientRequestToken": "nobody", "Step": "setSecret"}, None)
    assert nodes.sent == []


def test_a_node_that_is_about_to_end_is_asked_to_leave(functions, nodes) -> None:
    functions.on_leaving({"detail": {"EC2InstanceId": "i-7", "LifecycleHookName": "drained"}}, None)
    assert nodes.sent == [{"DocumentName": "kdc-commands", "Parameters": {"Step": ["leave"]}, "TimeoutSeconds": 60, "InstanceIds": ["i-7"]}]


@pytest.fixture
def answers() -> Iterator[tuple[str, list[dict]]]:
    """The place where CloudFormation waits for the answer of a custom resource."""
    got: list[dict] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:  # noqa: N802
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", got
        server.shutdown()


FIXED = {"Realm": "EMR.TEST", "Domain": "emr.test", "Name": "main", "SecretName": "kdc/main"}
KEPT = "which a live database keeps"


@pytest.mark.parametrize(
    ("kind", "after", "reason"),
    [
        ("Create", FIXED, ""),
        ("Delete", FIXED, ""),
        ("Update", FIXED, ""),
        ("Update", {**FIXED, "Realm": "A.TEST"}, f"Realm is A.TEST; want EMR.TEST, {KEPT}: define a second KDC"),
        ("Update", {**FIXED, "SecretName": "x"}, f"SecretName is x; want kdc/main, {KEPT}: define a second KDC"),
        (
            "Update",
            {**FIXED, "Domain": "a.test", "Name": "b"},
            f"Domain is a.test; want emr.test, {KEPT}; Name is b; want main, {KEPT}: define a second KDC",
        ),
    ],
)
def test_what_is_fixed_is_refused_before_anything_changes(functions, answers, kind, after, reason) -> None:
    url, got = answers
    ids = {"StackId": "s", "RequestId": "r", "LogicalResourceId": "l"}
    event = {"RequestType": kind, "ResponseURL": url, "ResourceProperties": after, **ids}
    if kind != "Create":
        event["PhysicalResourceId"] = "EMR.TEST|emr.test|main|kdc/main"
    if kind == "Update":
        event["OldResourceProperties"] = {"Realm": "REFUSED.TEST"}  # as in the way back from an update that was refused
    functions.on_fixed(event, None)
    want = {"Status": "FAILED", "Reason": reason} if reason else {"Status": "SUCCESS", "Reason": "nothing that is fixed has changed"}
    assert got == [want | ids | {"PhysicalResourceId": "EMR.TEST|emr.test|main|kdc/main"}]
