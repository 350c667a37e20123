"""One test a golden template, whatever stacks there are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

GOLDENS = sorted((Path(__file__).parent.parent / "testdata").glob("*.json"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "golden" in metafunc.fixturenames:
        metafunc.parametrize("golden", GOLDENS, ids=[path.stem for path in GOLDENS])


@pytest.fixture
def template(golden: Path) -> dict:
    return json.loads(golden.read_text())
