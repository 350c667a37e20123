"""A governed Covid-19 lake, deployed by the real cdk deploy at an endpoint of its own."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import boto3
import pytest
from botocore.config import Config

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = Path(os.environ.get("LAKEKEEL_HOME", ROOT / ".lakekeel"))
PROGRAM = os.environ.get("LAKEKEEL_PROGRAM", str(ROOT / "bin" / "lakekeel"))
CONFIG = Path(__file__).with_name("lakekeel.yaml")
PRODUCER, CONSUMER = "123456789012", "210987654321"


class Result(NamedTuple):
    status: int
    out: str
    err: str


class Lake:
    """The built program with a home of its own, whose tools are the shared ones."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(exist_ok=True)
        for part in ("venv", "node", "jars", "jsii"):
            (home / part).symlink_to(TOOLS / part)
        self.config = home / "lakekeel.yaml"
        self.config.write_text(CONFIG.read_text())

    def start(self, *args: str) -> subprocess.Popen:
        environment = {**os.environ, "LAKEKEEL_HOME": str(self.home), "CDK_VALIDATION": "false", "NO_COLOR": "1"}
        return subprocess.Popen([PROGRAM, *args], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def try_(self, *args: str) -> Result:
        program = self.start(*args)
        out, err = program.communicate(timeout=300)
        return Result(program.returncode, out, err)

    def do(self, *args: str) -> str:
        """A command that must succeed; what it printed."""
        result = self.try_(*args)
        assert result.status == 0, f"lakekeel {' '.join(args)}\n{result.out}{result.err}"
        return result.out

    def say(self, *changes: str) -> None:
        """Change the configuration: old and new text, in turn."""
        text = CONFIG.read_text()
        for old, new in zip(changes[::2], changes[1::2], strict=True):
            assert old in text
            text = text.replace(old, new)
        self.config.write_text(text)

    def deploy(self) -> str:
        return self.do("deploy", "Local", "--", "-c", f"config={self.config}")

    @property
    def assembly(self) -> str:
        """What the last deployment synthesized."""
        return str(self.home / "cdk" / "cdk.out")

    def access(self) -> list[dict]:
        return json.loads(self.do("access", self.assembly, "--format", "json"))

    def lines(self) -> list[dict]:
        return list(csv.DictReader(self.do("access", self.assembly, "--format", "csv").splitlines()))

    def client(self, service: str, account: str = PRODUCER):
        at = json.loads((self.home / "endpoint" / "endpoint.json").read_text())
        return boto3.client(
            service,
            endpoint_url=at["url"],
            region_name=at["region"],
            aws_access_key_id=account,
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}),
        )


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """The lake, its consumer and their governance, deployed; what was open before is there to be closed."""
    deployed = Lake(tmp_path_factory.mktemp("lake"))
    deployed.do("up")
    try:
        everybody = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}
        for resource in (
            {"Database": {"CatalogId": PRODUCER, "Name": "covid19db"}},
            {"Table": {"CatalogId": PRODUCER, "DatabaseName": "covid19db", "Name": "neherlab_population"}},
        ):
            deployed.client("lakeformation").grant_permissions(Principal=everybody, Resource=resource, Permissions=["ALL"])
        deployed.deploy()
        yield deployed
    finally:
        deployed.do("down")
