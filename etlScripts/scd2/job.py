"""What the three mains share: all but how their format reads and writes.

A main hands run() its Table: a class made of (spark, args), with `name`,
`merge(records, confirm)`, which brings the table up to date in one attempt and
returns merged()'s counts, and `publish()` for what stands beside the table.
"""

import argparse
import datetime
import random
import re
import time

import scd2
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

# How a writer is told that another one was first, in the words of each format and in ours.
LOST_RACE = re.compile(
    "|".join(
        [
            re.escape(scd2.STALE),
            # A version that changed matches the guard and its own row: our rows have one key each, so it means the same.
            r"MULTIPLE_SOURCE_ROW_MATCHING|MERGE_CARDINALITY_VIOLATION",
            r"CommitFailedException|Found conflicting|Cannot commit|AlreadyExistsException: Table already exists",  # Iceberg
            r"Concurrent\w*Exception|DELTA_CONCURRENT|MetadataChanged|ProtocolChanged|FileAlreadyExistsException",  # Delta
            r"HoodieWriteConflictException|HoodieLockException|Unable to acquire lock|HoodieEarlyConflictDetectionException",  # Hudi
        ]
    )
)


def arguments(argv: list, description: str) -> argparse.Namespace:
    """The arguments of a main, checked; every fault is told at once."""
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    parser.add_argument("--input", required=True, help="folder or file of CSV without a header")
    parser.add_argument("--feed", default="snapshot", help="snapshot: whole deliveries (id, name, email, state); changes: with ts and op")
    parser.add_argument("--ts", default="", help="of a snapshot: when it was taken, e.g. 2024-01-01T00:00:00Z")
    parser.add_argument("--database", required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("--warehouse", required=True, help="s3:// folder that holds the tables")
    parser.add_argument("--catalog", default="lake", help="of Iceberg, in SQL")
    parser.add_argument("--attempts", type=int, default=10, help="how often to begin again when another writer was first")
    args, _ = parser.parse_known_args(argv)  # Glue adds arguments of its own
    faults = [fault for ok, fault in _checks(args) if not ok]
    if faults:
        raise ValueError("\n".join(faults))
    args.warehouse = args.warehouse.rstrip("/")
    return args


def _checks(args: argparse.Namespace):
    name = re.compile(r"[a-z0-9_]{1,255}")
    yield args.feed in ("snapshot", "changes"), f"--feed is {args.feed!r}; want 'snapshot' or 'changes'"
    if args.feed == "snapshot":
        yield (
            moment(args.ts) is not None,
            f"--ts is {args.ts!r}; want the moment of the snapshot with its zone, such as 2024-01-01T00:00:00Z",
        )
    else:
        yield not args.ts, f"--ts is {args.ts!r}; want nothing: the records of a feed of changes bring their own"
    yield bool(name.fullmatch(args.database)), f"--database is {args.database!r}; want a to z, 0 to 9 and _"
    yield bool(name.fullmatch(args.table)), f"--table is {args.table!r}; want a to z, 0 to 9 and _"
    yield bool(re.fullmatch(r"s3://[^/]+/.+", args.warehouse)), f"--warehouse is {args.warehouse!r}; want s3://BUCKET/FOLDER"
    yield args.attempts > 0, f"--attempts is {args.attempts}; want 1 or more"


def moment(text: str):
    """The moment that ISO 8601 text with a zone names, in UTC, or None."""
    try:
        at = datetime.datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
    except ValueError:
        return None
    return at.astimezone(datetime.timezone.utc) if at.tzinfo else None


def read(spark: SparkSession, path: str, feed: str, ts: str) -> DataFrame:
    """The input as scd2.RECORD. Raises a ValueError that shows the first line that is none."""
    names = ["id", "name", "email", "state"] + (["ts", "op"] if feed == "changes" else [])
    schema = ", ".join(f"{name} string" for name in names) + ", _rest string"
    # A line with too few or too many fields is kept whole in _rest.
    rows = spark.read.schema(schema).csv(path, mode="PERMISSIVE", columnNameOfCorruptRecord="_rest", quote='"', escape='"')
    at = F.expr("try_to_timestamp(ts)") if feed == "changes" else F.lit(moment(ts).strftime("%Y-%m-%d %H:%M:%S.%f+00:00")).cast("timestamp")
    op = F.upper(F.coalesce(F.col("op"), F.lit(""))) if feed == "changes" else F.lit("")
    typed = rows.select(
        F.expr("CASE WHEN trim(id) RLIKE '^-?[0-9]{1,18}$' THEN cast(trim(id) AS bigint) END").alias("id"),
        *("name", "email", "state"),
        at.alias("ts"),
        F.when(op.isin("", "I", "U", "D"), op == "D").alias("deleted"),
        F.coalesce("_rest", F.concat_ws(",", *names)).alias("_line"),
        F.col("_rest"),
    ).persist()
    bad = typed.where("_rest IS NOT NULL OR id IS NULL OR ts IS NULL OR deleted IS NULL").select("_line").first()
    if bad:
        want = "id, name, email, state" + (", ts, op (empty, I, U or D)" if feed == "changes" else "")
        raise ValueError(f"{path} has the line {bad[0]!r}; want {want}")
    return typed.drop("_line", "_rest")


def apply(attempt, attempts: int):
    """Call attempt until it is not overtaken by another writer; its result.

    Between two calls it waits a random time that grows, so that writers do not
    meet again; any other error is raised as it is.
    """
    for i in range(1, attempts + 1):
        try:
            return attempt()
        except (PySparkException, Py4JJavaError) as error:
            if not LOST_RACE.search(str(error)):
                raise
            if i == attempts:
                raise RuntimeError(f"another writer was first {attempts} times in a row; nothing was written, run again") from error
            print(f"another writer was first; attempt {i + 1} of {attempts}")
            time.sleep(random.uniform(0, min(0.2 * 2**i, 10)))
    return None


def merged(known: DataFrame, records: DataFrame, confirm: bool, write) -> dict:
    """Decide what has to change and have it written, if anything; how many versions were inserted, updated and deleted."""
    changes = scd2.changes(known, records, confirm).persist()
    try:
        rows = changes.where(F.col("op") != scd2.GUARD).groupBy("op").count().collect()
        counts = dict.fromkeys((scd2.INSERT, scd2.UPDATE, scd2.DELETE), 0) | {row["op"]: row["count"] for row in rows}
        if rows:
            write(changes)
        return counts
    finally:
        changes.unpersist()


def merge_into(spark: SparkSession, table: str):
    """A writer for merged(): one MERGE into a table that SQL calls so."""

    def write(changes: DataFrame) -> None:
        changes.createOrReplaceTempView("changes")
        spark.sql(scd2.MERGE.format(table=table, changes="changes"))

    return write


def run(argv: list, description: str, open_table) -> None:
    """A main: read the input, bring the table up to date however often another writer is first, tell what changed."""
    args = arguments(argv, description)
    spark = SparkSession.builder.appName(f"scd2 {args.table}").getOrCreate()
    table = open_table(spark, args)
    records = read(spark, args.input, args.feed, args.ts)
    counts = apply(lambda: table.merge(records, args.feed == "changes"), args.attempts)
    table.publish()
    print(f"{table.name}: {counts[scd2.INSERT]} versions inserted, {counts[scd2.UPDATE]} updated, {counts[scd2.DELETE]} deleted")
