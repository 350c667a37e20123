"""SCD2 of 100,000 changes into 1,000,000 contacts, per format: our merge against the way that is published for the exercise.

    LAKEKEEL_JARS=… python test/bench/scd2/run.py [FORMAT …] [--rows 1000000] [--changes 100000] [--json FILE]

The published way takes two passes: join the current rows with the delivery on the
checksum, write the whole table again with the old versions closed, then append the new
ones. Both begin with the same table in the same process sizes; bytes are those of the
objects that S3 holds afterwards and did not hold before; CPU and peak memory are the
kernel's, of the Spark process and its JVM. One run of each, alternating the order by format.
"""

import argparse
import contextlib
import json
import os
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1] / "scd2"), str(HERE)]

import conftest  # noqa: E402
import jars  # noqa: E402

FORMATS = ["iceberg", "delta", "hudi"]
LINE = "{format:8} {way:6} {wall:7.1f} s  CPU {cpu:7.1f} s  peak {peak:6.0f} MiB  written {written:8.1f} MiB  rows {rows}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("formats", nargs="*", default=FORMATS)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--changes", type=int, default=100_000)
    parser.add_argument("--json", type=pathlib.Path)
    args = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="bench-scd2-"))
    (work / "endpoint").mkdir()
    endpoint = conftest.Endpoint(work / "endpoint")
    conftest.prepare(endpoint)
    results = []
    try:
        for i, format in enumerate(args.formats):
            if jars.cold(format):
                jars.fetch(format)
            for way in ("merge", "naive") if i % 2 == 0 else ("naive", "merge"):
                results.append(measure(endpoint, work, format, way, args.rows, args.changes))
                print(LINE.format(**results[-1]), flush=True)
    finally:
        endpoint.stop()
    if args.json:
        args.json.write_text(
            json.dumps({"machine": {"cores": os.cpu_count(), "load": os.getloadavg()}, "results": results}, indent=1) + "\n"
        )


def measure(endpoint, work, format: str, way: str, rows: int, changes: int) -> dict:
    """One way in a fresh process, after the table was loaded by it."""
    os.environ["SCD2_BENCH"] = str(HERE)
    spark = conftest.Spark(endpoint, format, work, memory="4g" if format == "hudi" else "3g")
    table = f"bench_{way}"
    try:
        spark.run("bench", step="load", format=format, table=table, count=rows)
        before, used = objects(endpoint, table), cpu(spark.process.pid)
        start = time.monotonic()
        spark.run("bench", step=way, format=format, table=table, count=changes)
        wall = time.monotonic() - start
        after = objects(endpoint, table)
        written = sum(size for key, (size, tag) in after.items() if before.get(key) != (size, tag))
        counted = spark.run("bench", step="count", format=format, table=table, count=0)
        return {
            "format": format,
            "way": way,
            "wall": wall,
            "cpu": cpu(spark.process.pid) - used,
            "peak": peak(spark.process.pid),
            "written": written / 2**20,
            "rows": counted,
        }
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
    # Delta's log store remembers the versions of a table; one of the same name begins anew.
    dynamodb, lock = endpoint.client("dynamodb"), jars.SETTINGS["delta"]["LockTable"]
    for item in dynamodb.scan(TableName=lock)["Items"]:
        dynamodb.delete_item(TableName=lock, Key={key: item[key] for key in jars.SETTINGS["delta"]["LockKeys"]})


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
