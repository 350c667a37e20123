"""The built program with a home of its own, for the tests that deploy: test/system and test/governance."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import boto3

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(os.environ.get("LAKEKEEL_HOME", ROOT / ".lakekeel"))
PROGRAM = os.environ.get("LAKEKEEL_PROGRAM", str(ROOT / "bin" / "lakekeel"))


class Result(NamedTuple):
    status: int
    out: str
    err: str


class Program:
    """The built program; its tools are the shared ones."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(exist_ok=True)
        for part in ("venv", "node", "jars", "jsii"):
            (home / part).symlink_to(TOOLS / part)

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

    def endpoint(self) -> dict:
        return json.loads((self.home / "endpoint" / "endpoint.json").read_text())

    def client(self, service: str, account: str = "", **options):
        """A boto3 client of the endpoint, in its own account or another."""
        at = self.endpoint()
        return boto3.client(
            service,
            endpoint_url=at["url"],
            region_name=at["region"],
            aws_access_key_id=account or at["account"],
            aws_secret_access_key="local",
            **options,
        )
