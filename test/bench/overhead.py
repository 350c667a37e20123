"""What `lakekeel run Covid_19` takes beyond its Spark job: the figure of docs/benchmarks.md.

Needs the endpoint of `make demo`. Wall seconds of the whole command, the program's
start included, less the time between start and end of the Spark job's process.

python test/bench/overhead.py [--runs 5]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent.parent / "bin" / "lakekeel"


def once() -> tuple[float, float]:
    """The command's wall seconds, and the Spark job's."""
    started = time.perf_counter()
    done = subprocess.run([PROGRAM, "run", "Covid_19", "--json", "--include-graph"], capture_output=True, text=True)
    wall = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"bench: {done.stderr}")
    (spark,) = [node for node in json.loads(done.stdout)["Run"]["Graph"]["Nodes"] if node["Name"] == "j_neherlab_denorm"]
    run = spark["JobDetails"]["JobRuns"][-1]
    return wall, (moment(run["CompletedOn"]) - moment(run["StartedOn"])).total_seconds()


def moment(value: str) -> datetime:
    return datetime.fromisoformat(value.replace("Z", "+00:00"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = [once() for _ in range(parser.parse_args().runs)]
    for wall, spark in runs:
        print(f"{wall:5.1f} s in all, {spark:5.1f} s Spark, {wall - spark:4.2f} s beyond it")
    print(f"median of {len(runs)}: {statistics.median(wall - spark for wall, spark in runs):.2f} s beyond the Spark job")


if __name__ == "__main__":
    main()
