"""Measure what docs/benchmarks.md claims: synth of a lakehouse by its number of teams.

The app reads a configuration with so many teams, each with Iceberg tables, and writes the
assembly, as `cdk synth` has it do; the CDK's validator is off and every cache warm.

python test/bench/tenants.py [--runs 5] [--teams 1 10 100] [--formats iceberg]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from pathlib import Path

import run

CONFIGURATION = """environments:
  - name: Local
    account: "123456789012"
    region: eu-west-1
    release: direct
    lakehouse:
      enabled: true
      stacks: {stacks}
      tenants:
"""


def configuration(teams: int, formats: list[str], stacks: int) -> Path:
    """A configuration file with so many teams."""
    path = run.WORK / f"lakehouse-{teams}.yaml"
    names = "".join(f"        - {{name: team-{i:03}, formats: [{', '.join(formats)}]}}\n" for i in range(teams))
    path.write_text(CONFIGURATION.format(stacks=stacks) + names)
    return path


def templates(out: Path) -> list[tuple[int, int]]:
    """Of each template: how many resources it has, and its bytes."""
    texts = [path.read_text() for path in out.glob("*.template.json")]
    return [(len(json.loads(text)["Resources"]), len(text.encode())) for text in texts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--teams", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--formats", nargs="+", default=["iceberg"])
    parser.add_argument("--stacks", type=int, default=16)
    args = parser.parse_args()
    run.WORK.mkdir(parents=True, exist_ok=True)
    app, out = run.WORK / "app", run.WORK / "lakehouse"
    run.run("go", "build", "-o", app, "./apps/lakekeel-app")
    context = json.loads((run.ROOT / "cdk.json").read_text())["context"]
    print("teams  wall s  CPU s  MB  stacks  resources  most  KB in all  KB the largest")
    for teams in args.teams:
        config = configuration(teams, args.formats, args.stacks)
        os.environ["CDK_CONTEXT_JSON"] = json.dumps({**context, "stage": "Local", "config": str(config)})
        costs = [run.measure([str(app)], teams, out) for _ in range(args.runs)]
        wall, cpu, memory = (statistics.median(values) for values in zip(*costs))
        made = templates(out)
        counts, sizes = zip(*made)
        print(
            f"{teams:5}  {wall:6.2f}  {cpu:5.2f}  {memory:3.0f}  {len(made):6}  {sum(counts):9}  {max(counts):4}"
            f"  {sum(sizes) // 1000:9}  {max(sizes) // 1000:14}"
        )


if __name__ == "__main__":
    main()
