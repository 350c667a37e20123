"""SCD2 of 100,000 changes into 1,000,000 contacts, per format: our merge against the way that is published for the exercise.

    python test/bench/scd2/run.py [USE …] [--runs 3] [--rows 1000000] [--changes 100000] [--json FILE]

The published way takes two passes: join the current rows with the delivery on the
checksum, write the whole table again with the old versions closed, then append the new
ones. Each begins with the same table, loaded by the same fresh process, and takes its
turn in every run. Bytes are those of the objects that S3 holds afterwards and did not
hold before; CPU and peak memory are the kernel's, of the Spark process and its JVM
(the peak's process has loaded the table before). Medians are shown at the end.
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time
import uuid

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1] / "scd2"), str(HERE)]

import conftest  # noqa: E402

# What is rewritten whole is the same with and without marks and logs, so that there is one published way per format.
WAYS = {
    "iceberg": ("merge", "naive"),
    conftest.delta(): ("naive", "merge"),
    conftest.VECTORS: ("merge",),
    "hudi": ("merge", "naive"),
    "hudi-mor": ("merge",),
}
LINE = "{use:17} {way:6} {wall:7.1f} s  CPU {cpu:7.1f} s  peak {peak:6.0f} MiB  written {written:8.1f} MiB  rows {rows}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("uses", nargs="*", default=list(WAYS), metavar="USE", help=", ".join(WAYS))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--changes", type=int, default=100_000)
    parser.add_argument("--json", type=pathlib.Path)
    args = parser.parse_args()
    if unknown := set(args.uses) - set(WAYS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(WAYS)}")
    work = pathlib.Path(tempfile.mkdtemp(prefix="bench-scd2-"))
    (work / "endpoint").mkdir()
    endpoint = conftest.Endpoint(work / "endpoint")
    conftest.prepare(endpoint)
    results = []
    try:
        for _ in range(args.runs):
            for use in args.uses:
                for way in WAYS[use]:
                    results.append(measure(endpoint, work, use, way, args.rows, args.changes))
                    print(LINE.format(**results[-1]), flush=True)
                    if args.json:
                        args.json.write_text(json.dumps({"cores": os.cpu_count(), "results": results}, indent=1) + "\n")
    finally:
        endpoint.stop()
    print(f"medians of {args.runs}:")
    for use in args.uses:
        for way in WAYS[use]:
            print(LINE.format(**median([r for r in results if (r["use"], r["way"]) == (use, way)])))


def median(results: list) -> dict:
    """The median of each figure; the rows are the same in every run, or the figures mean nothing."""
    rows = {tuple(result["rows"]) for result in results}
    assert len(rows) == 1, rows
    figures = {name: statistics.median(result[name] for result in results) for name in ("wall", "cpu", "peak", "written")}
    return {**results[0], **figures}


def measure(endpoint, work, use: str, way: str, rows: int, changes: int) -> dict:
    """One way in a fresh process, after the table was loaded by it."""
    os.environ["SCD2_BENCH"] = str(HERE)
    spark = conftest.Spark(endpoint, use, work, memory="4g" if use.startswith("hudi") else "3g")
    table = f"bench_{way}_{uuid.uuid4().hex[:8]}"  # Delta's log store remembers the names that it has seen

    def step(name: str, count: int):
        return spark.run("bench", step=name, format=spark.format, table=table, count=count)

    try:
        step("load", rows)
        before, used, start = objects(endpoint, table), cpu(spark.process.pid), time.monotonic()
        step(way, changes)
        wall, took, most, after = time.monotonic() - start, cpu(spark.process.pid) - used, peak(spark.process.pid), objects(endpoint, table)
        written = sum(size for key, (size, tag) in after.items() if before.get(key) != (size, tag)) / 2**20
        return {"use": use, "way": way, "wall": wall, "cpu": took, "peak": most, "written": written, "rows": step("count", 0)}
    finally:
        spark.kill()
        clear(endpoint, table)


def objects(endpoint, table: str) -> dict:
    pages = endpoint.client("s3").get_paginator("list_objects_v2").paginate(Bucket=conftest.BUCKET, Prefix=f"crm/{table}/")
    return {o["Key"]: (o["Size"], o["ETag"]) for page in pages for o in page.get("Contents", [])}


def clear(endpoint, table: str) -> None:
    s3, glue = endpoint.client("s3"), endpoint.client("glue")
    for key in objects(endpoint, table):
        s3.delete_object(Bucket=conftest.BUCKET, Key=key)
    with contextlib.suppress(glue.exceptions.EntityNotFoundException):
        glue.delete_table(DatabaseName=conftest.DATABASE, Name=table)


def family(pid: int) -> list:
    """The process and its descendants."""
    parents = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
            parents[int(stat.parent.name)] = int(fields[1])
        except (OSError, IndexError):
            continue
    found, grew = {pid}, True
    while grew:
        more = {child for child, parent in parents.items() if parent in found} - found
        grew, found = bool(more), found | more
    return sorted(found)


def cpu(pid: int) -> float:
    """Seconds of CPU that the process and its descendants took."""
    total = 0
    for one in family(pid):
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        total += sum(int(fields[i]) for i in (11, 12, 13, 14))
    return total / os.sysconf("SC_CLK_TCK")


def peak(pid: int) -> float:
    """The largest resident memory of one of them, MiB: the JVM's."""
    sizes = []
    for one in family(pid):
        for line in pathlib.Path(f"/proc/{one}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                sizes.append(int(line.split()[1]) / 1024)
    return max(sizes)


if __name__ == "__main__":
    main()
