import json
import os
import subprocess
from pathlib import Path

import browser as browsers
import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = """Trade Date,fund,country,amount
2026-01-01,A,DE,10
2026-01-02,A,DE,30
2026-01-05,A,FR,20
2026-01-01,B,FR,5
2026-01-05,B,FR,7
2026-01-05,C,US,100
2026-01-05,C,,
"""


@pytest.fixture(scope="session")
def lakekeel(tmp_path_factory):
    """Give a function that runs the program and returns what it did."""
    program = os.environ.get("LAKEKEEL_PROGRAM")
    if program is None:
        program = tmp_path_factory.mktemp("bin") / "lakekeel"
        subprocess.run(["go", "build", "-p", "2", "-o", program, "./apps/lakekeel"], cwd=ROOT, check=True)

    def run(*args, **more):
        return subprocess.run([program, *map(str, args)], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, **more)

    run.program = program
    return run


@pytest.fixture(scope="session")
def browser():
    if browsers.PROGRAM is None:
        pytest.skip("*** NOT PROVED: the preview in a browser; mend with: sudo apt-get install -y chromium")
    driver = browsers.Browser()
    yield driver
    driver.close()


@pytest.fixture(scope="session")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    (folder / "trades.csv").write_text(ROWS)
    return folder


@pytest.fixture(scope="session")
def drawn(lakekeel, rows, tmp_path_factory):
    """Give a function that writes the page of a definition, and returns its address."""

    def draw(name, definition, data=rows):
        folder = tmp_path_factory.mktemp(name)
        file = folder / f"{name}.json"
        file.write_text(json.dumps(definition))
        done = lakekeel("preview", "--from", file, "--data", data, "--out", folder / "out")
        assert done.returncode == 0, done.stderr
        return (folder / "out" / f"{name}.html").as_uri()

    return draw


@pytest.fixture
def picture(browser, request):
    """Give a function that keeps a screenshot where LAKEKEEL_PICTURES says, for a person to look at."""

    def keep(name):
        if folder := os.environ.get("LAKEKEEL_PICTURES"):
            browser.screenshot(Path(folder) / f"{name}.png")

    return keep
