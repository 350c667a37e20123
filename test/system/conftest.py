"""A deployed Covid-19 system at an endpoint of its own, and the program to use it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import boto3
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = Path(os.environ.get("LAKEKEEL_HOME", ROOT / ".lakekeel"))
SAMPLE = ROOT / "etlScripts" / "covid19" / "sample"
WORKFLOW = "Covid_19"


class Result(NamedTuple):
    status: int
    out: str
    err: str


class Lake:
    """The built program with a home of its own, whose tools are the shared ones."""

    def __init__(self, home: Path) -> None:
        self.home = home
        for part in ("venv", "node", "jars", "jsii"):
            (home / part).symlink_to(TOOLS / part)

    def start(self, *args: str) -> subprocess.Popen:
        environment = {**os.environ, "LAKEKEEL_HOME": str(self.home), "CDK_VALIDATION": "false", "NO_COLOR": "1"}
        return subprocess.Popen(
            [str(ROOT / "bin" / "lakekeel"), *args], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def try_(self, *args: str) -> Result:
        program = self.start(*args)
        out, err = program.communicate(timeout=300)
        return Result(program.returncode, out, err)

    def do(self, *args: str) -> str:
        """A command that must succeed; what it printed."""
        result = self.try_(*args)
        assert result.status == 0, f"lakekeel {' '.join(args)}\n{result.out}{result.err}"
        return result.out

    def run(self, data: Path | None = None) -> dict:
        """A run of the workflow that must succeed, as get-workflow-run gives it."""
        more = ["--data", str(data)] if data else []
        return json.loads(self.do("run", WORKFLOW, "--json", *more))["Run"]

    def rows(self, sql: str) -> list[dict]:
        return json.loads(self.do("query", "--json", sql))

    def endpoint(self) -> dict:
        return json.loads((self.home / "endpoint" / "endpoint.json").read_text())

    def client(self, service: str):
        at = self.endpoint()
        return boto3.client(
            service, endpoint_url=at["url"], region_name=at["region"], aws_access_key_id=at["account"], aws_secret_access_key="local"
        )


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """The stage Local, deployed."""
    deployed = Lake(tmp_path_factory.mktemp("home"))
    deployed.do("up", "--persist")
    try:
        deployed.do("deploy", "Local")
        yield deployed
    finally:
        deployed.do("down")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the sample's four files, to be spoiled."""
    folder = tmp_path / "data"
    folder.mkdir()
    for file in SAMPLE.glob("*.csv"):
        shutil.copy(file, folder)
    return folder
