"""Measure what docs/benchmarks.md claims: synth in Go against TypeScript and Python.

The three programs under synth/ write the same stacks; their templates are
compared first, so that what is measured is the same work. Every program is
built before the clock starts, every cache is warm, the CDK's validator is off
(it costs the same in all three), and the programs take turns, so that a slow
minute of the machine hits all of them.

python test/bench/run.py [--runs 5] [--workflows 1 10 100]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HOME = Path(os.environ.get("LAKEKEEL_HOME", ROOT / ".lakekeel"))
WORK = HOME / "bench"


class Cost(NamedTuple):
    """Of a run and all processes below it: seconds, and the largest process in MB."""

    wall: float
    cpu: float
    memory: float


def environment(out: Path) -> dict[str, str]:
    return {
        **os.environ,
        "CDK_OUTDIR": str(out),
        "CDK_VALIDATION": "false",
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(HOME / "jsii"),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        "NODE_NO_WARNINGS": "1",
    }


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"bench: {' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")


def build() -> dict[str, list[str]]:
    """Build the three programs under .lakekeel/bench; return how to start each."""
    WORK.mkdir(parents=True, exist_ok=True)
    go = WORK / "golang"
    run("go", "build", "-o", go, "./test/bench/synth/golang")
    script = WORK / "typescript"
    if not (script / "node_modules").exists():
        shutil.rmtree(script, ignore_errors=True)
        shutil.copytree(HERE / "synth" / "typescript", script)
        run("npm", "ci", "--silent", cwd=script)
    shutil.copy(HERE / "synth" / "typescript" / "app.ts", script)
    run("node", script / "node_modules" / "typescript" / "bin" / "tsc", cwd=script)
    venv = WORK / "python"
    if not (venv / ".done").exists():
        shutil.rmtree(venv, ignore_errors=True)
        run(sys.executable, "-m", "venv", venv)
        run(venv / "bin" / "pip", "install", "--quiet", "--require-hashes", "-r", HERE / "synth" / "python" / "requirements.txt")
        (venv / ".done").touch()
    return {
        "Go": [str(go)],
        "TypeScript": ["node", str(script / "app.js")],
        "Python": [str(venv / "bin" / "python"), str(HERE / "synth" / "python" / "app.py")],
    }


def measure(command: list[str], workflows: int, out: Path) -> Cost:
    shutil.rmtree(out, ignore_errors=True)
    started = time.perf_counter()
    with (WORK / "output.log").open("w") as log:
        child = subprocess.Popen([*command, str(workflows)], env=environment(out), cwd=WORK, stdout=log, stderr=log)
        _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"bench: {' '.join(command)} failed:\n{(WORK / 'output.log').read_text()}")
    return Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def resources(out: Path) -> dict:
    """All resources of an assembly, without the metadata that only the library writes."""
    found = {}
    for path in sorted(out.glob("*.template.json")):
        for name, resource in json.loads(path.read_text())["Resources"].items():
            resource.pop("Metadata", None)
            found[path.name, name] = resource
    return found


def compare(programs: dict[str, list[str]]) -> None:
    """Fail unless all programs write the same; warms every cache on the way."""
    written = {}
    for name, command in programs.items():
        measure(command, 2, WORK / "out")
        written[name] = resources(WORK / "out")
    for name, found in written.items():
        if found != written["Go"]:
            different = sorted(str(key) for key in found.keys() | written["Go"].keys() if found.get(key) != written["Go"].get(key))
            sys.exit(f"bench: the templates of {name} and Go differ in {', '.join(different[:5])}")


def crossings(command: list[str], workflows: int) -> tuple[int, float]:
    """The number of jsii calls of the Go program, and the share of its time that it waits for them."""
    module = subprocess.run(
        ["go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/jsii-runtime-go"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    kernel = Path(module) / "internal" / "embedded" / "resources" / "bin" / "jsii-runtime.js"
    report = WORK / "wire.json"
    wire = f"{sys.executable} {HERE / 'synth' / 'wire.py'} {report} node {kernel}"
    subprocess.run(
        [*command, str(workflows)], env={**environment(WORK / "out"), "JSII_RUNTIME": wire}, cwd=WORK, capture_output=True, check=True
    )
    counted = json.loads(report.read_text())
    return sum(counted["calls"].values()), counted["waited"] / counted["wall"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--workflows", type=int, nargs="+", default=[1, 10, 100])
    args = parser.parse_args()
    programs = build()
    compare(programs)
    median: dict[tuple[str, int], Cost] = {}
    for workflows in args.workflows:
        taken: dict[str, list[Cost]] = {name: [] for name in programs}
        for _ in range(args.runs):
            for name, command in programs.items():
                taken[name].append(measure(command, workflows, WORK / "out"))
        for name, costs in taken.items():
            median[name, workflows] = Cost(*(statistics.median(column) for column in zip(*costs)))
    print(f"medians of {args.runs} runs, {os.cpu_count()} cores; CPU of all processes; memory of the largest process\n")
    print("| workflows | language | wall, s | CPU, s | CPU / TypeScript's | memory, MB |")
    print("|---|---|---|---|---|---|")
    for (name, workflows), cost in median.items():
        ratio = cost.cpu / median["TypeScript", workflows].cpu
        print(f"| {workflows} | {name} | {cost.wall:.2f} | {cost.cpu:.2f} | {ratio:.2f} | {cost.memory:.0f} |")
    low, high = min(args.workflows), max(args.workflows)
    if low < high:
        added = {name: (median[name, high].cpu - median[name, low].cpu) / (high - low) for name in programs}
        print(f"\nCPU of each added workflow, from {low} to {high}:")
        for name, cost in added.items():
            print(f"  {name:<10} {1000 * cost:5.1f} ms, {cost / added['TypeScript']:.2f} of TypeScript's")
    for workflows in args.workflows:
        calls, share = crossings(programs["Go"], workflows)
        print(f"jsii calls of Go, {workflows} workflows: {calls}; waiting for them takes {share:.0%} of the time")


if __name__ == "__main__":
    main()
