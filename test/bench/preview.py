"""Measure what docs/benchmarks.md claims: the preview of a sheet of ten visuals over a million rows.

test/preview/million.py makes both. Each run writes the page by `lakekeel preview`, opens it in a
new Chromium, and has it drawn once more, as a change of a control does.

python test/bench/preview.py [--runs 5]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import run

sys.path.append(str(run.ROOT / "test" / "preview"))
import million  # noqa: E402
from browser import Browser  # noqa: E402


class Cost(NamedTuple):
    """Of a run: seconds, and megabytes of the largest process that wrote the page."""

    written: float
    cpu: float
    memory: float
    shown: float
    drawn: float
    again: float


def once(program: Path, folder: Path, amount: str) -> Cost:
    started = time.perf_counter()
    command = [program, "preview", "--from", folder / "million.json", "--data", folder, "--out", folder / "out"]
    child = subprocess.Popen(command, env={**os.environ, "LAKEKEEL_HOME": str(run.HOME)}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    written = time.perf_counter() - started
    if status:
        sys.exit(1)  # it has said why
    browser = Browser()
    try:
        browser.open((folder / "out" / "million.html").as_uri())
        shown, drawn = browser.run("return [performance.now(), lakekeel.took]")
        if browser.run("return document.querySelector('#visual-kpi .number').textContent") != amount:
            sys.exit("bench: the page shows another sum than the rows have")
        again = browser.run("redraw(); return lakekeel.took")
    finally:
        browser.close()
    return Cost(written, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, shown / 1000, drawn / 1000, again / 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    folder, program = run.WORK / "preview", run.WORK / "lakekeel"
    folder.mkdir(parents=True, exist_ok=True)
    run.run("go", "build", "-o", program, "./apps/lakekeel")
    amount = million.rows(folder)
    (folder / "million.json").write_text(json.dumps(million.dashboard()))
    once(program, folder, amount)  # every cache is warm
    print("written s  CPU s  MB  shown s  of which drawn s  drawn again s")
    costs = [once(program, folder, amount) for _ in range(runs)]
    for cost in [*costs, Cost(*map(statistics.median, zip(*costs)))]:
        print("{:9.2f}  {:5.2f}  {:3.0f}  {:6.2f}  {:16.2f}  {:13.2f}".format(*cost))
    size = (folder / "out" / "million.0.js").stat().st_size / 1e6
    print(f"the last line is the median; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; the page's rows: {size:.1f} MB")


if __name__ == "__main__":
    main()
