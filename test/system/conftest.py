"""A deployed Covid-19 system at an endpoint of its own, and the program to use it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from program import ROOT, Program  # noqa: E402

SAMPLE = ROOT / "etlScripts" / "covid19" / "sample"
WORKFLOW = "Covid_19"


class Lake(Program):
    """The program, and what a user of the workflow does with it."""

    def run(self, data: Path | None = None) -> dict:
        """A run of the workflow that must succeed, as get-workflow-run gives it."""
        more = ["--data", str(data)] if data else []
        return json.loads(self.do("run", WORKFLOW, "--json", *more))["Run"]

    def rows(self, sql: str) -> list[dict]:
        return json.loads(self.do("query", "--json", sql))


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
