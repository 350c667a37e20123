"""The three formats' tables of contacts, whole, against another engine with the same rules in SQL."""

import os
import pathlib

import expected
import generate
import pytest
import scd2
from conftest import BUCKET, DATABASE, ROOT, VECTORS, Failed, Table, delta

USES = ["iceberg", "delta", VECTORS, "hudi", "hudi-mor"]
JANUARY, FEBRUARY = "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"


@pytest.fixture(scope="module", params=USES)
def spark(request, sparks):
    """One Spark process per use."""
    use = delta() if request.param == "delta" else request.param
    one = sparks(use)
    yield one
    one.kill()


def contacts() -> pathlib.Path:
    """The published files, if this machine has them."""
    folder = pathlib.Path(os.environ.get("LAKEKEEL_CONTACTS_DATA") or ROOT.parent / "shared" / "data" / "contacts")
    if not (folder / "update_contacts.csv").exists():
        pytest.skip(f"the published contacts are not in {folder}; LAKEKEEL_CONTACTS_DATA names another folder")
    return folder


def table_of(spark, endpoint, name):
    return Table(endpoint, spark.format, f"{name}_{spark.use.replace('-', '_')}")


def settled(spark, table):
    """Fold Hudi's logs into the files that a reader of Parquet sees."""
    if spark.use == "hudi-mor":
        maintain(spark, table)


def maintain(spark, table, *more):
    argv = ["--format", spark.format, "--database", DATABASE, "--table", table.name, "--warehouse", f"s3://{BUCKET}/crm", *more]
    spark.call(script="maintain", argv=argv)


def history(spark, table) -> list:
    """What was committed, newest last: something that a run without changes must not add to."""
    if spark.format == "iceberg":
        return [r[0] for r in spark.sql(f"SELECT snapshot_id FROM lake.{DATABASE}.{table.name}.snapshots ORDER BY committed_at")]
    if spark.format == "delta":
        return sorted((r[0] for r in spark.sql(f"DESCRIBE HISTORY delta.`{table.path}`")), key=int)
    listed = table.endpoint.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"crm/{table.name}/.hoodie/")["Contents"]
    return sorted(k["Key"].rsplit("/", 1)[1] for k in listed if k["Key"].endswith(("commit",)))


def test_the_published_contacts(spark, endpoint, source):
    folder, table = contacts(), table_of(spark, endpoint, "contacts")
    first, second = (folder / f"{name}_contacts.csv" for name in ("initial", "update"))
    spark.main(table.name, source(first.read_bytes()), ts=JANUARY)
    loaded = expected.of_snapshots({JANUARY: first})
    settled(spark, table)
    assert table.rows() == loaded
    assert len(loaded) == 1000
    before = history(spark, table)

    spark.main(table.name, source(second.read_bytes()), ts=FEBRUARY)
    settled(spark, table)
    whole = expected.of_snapshots({JANUARY: first, FEBRUARY: second})
    assert table.rows() == whole
    assert [row[2] for row in whole if row[0] == 103] == ["anthoneyrice@torphy.com", "hintzkrystle@yahoosyxmalsyx.com"]
    if spark.format != "hudi":  # time travel, by a reader that is not Spark
        assert table.rows(version=int(before[-1])) == loaded

    committed = history(spark, table)
    for again in (second, first):
        spark.main(table.name, source(again.read_bytes()), ts=FEBRUARY if again == second else JANUARY)
    assert history(spark, table) == committed, "a delivery that was there already makes no commit"


def test_late_doubled_and_deleted_records(spark, endpoint, source, tmp_path):
    table = table_of(spark, endpoint, "changes")
    generate.main([str(tmp_path), "300", "4"])
    files = sorted(tmp_path.glob("*.csv"))
    whole = expected.of_changes(files)
    for file in files:
        spark.main(table.name, source(file.read_bytes()), feed="changes")
    settled(spark, table)
    assert table.rows() == whole
    assert len({row[0] for row in whole}) == 300

    committed = history(spark, table)
    spark.main(table.name, source(b"".join(file.read_bytes() for file in reversed(files))), feed="changes")
    assert history(spark, table) == committed


def test_maintenance_changes_no_row(spark, endpoint):
    table = table_of(spark, endpoint, "changes")
    before = table.rows()
    maintain(spark, table, *(["--manifest", "true"] if spark.format == "delta" else []))
    assert table.rows() == before


def test_what_athena_reads_of_a_delta_table(spark, endpoint, source):
    if spark.format != "delta":
        pytest.skip("Athena reads the format itself")
    table = table_of(spark, endpoint, "changes")
    spark.main(table.name, source("1,a,e,s,2030-01-01T00:00:00Z,\n"), feed="changes")
    if spark.use == VECTORS:
        maintain(spark, table, "--manifest", "true")
    assert Table(endpoint, "athena", table.name).rows() == table.rows()
    described = endpoint.client("glue").get_table(DatabaseName=DATABASE, Name=table.name)["Table"]["StorageDescriptor"]
    assert described["Location"] == f"{table.path}/_symlink_format_manifest/"
    assert [column["Name"] for column in described["Columns"]] == scd2.COLUMNS


def test_a_decision_that_another_writer_overtook_is_refused(spark, endpoint, source):
    if spark.format == "hudi":
        pytest.skip("Hudi has no statement that could refuse it; there the lease keeps others out (test_lease.py)")
    table = table_of(spark, endpoint, "stale")
    spark.main(table.name, source("1,a,e,s,2024-01-01T00:00:00Z,\n2,a,e,s,2024-01-01T00:00:00Z,\n"), feed="changes")
    name = f"lake.{DATABASE}.{table.name}" if spark.format == "iceberg" else f"delta.`{table.path}`"
    lost, error = spark.run("stale", table=name, source=source("1,b,e,s,2024-01-02T00:00:00Z,\n"))
    assert lost, error
    assert [row[1] for row in table.rows()] == ["a", "another", "a"]


BAD = {
    "a letter for an id": ("x,n,e,s\n", "snapshot", "has the line 'x,n,e,s'; want id, name, email, state"),
    "three fields": ("1,n,e\n", "snapshot", "has the line '1,n,e'; want id, name, email, state"),
    "five fields": ("1,n,e,s,t\n", "snapshot", "has the line '1,n,e,s,t'; want id, name, email, state"),
    "no time": ("1,n,e,s,,\n", "changes", "want id, name, email, state, ts, op (empty, I, U or D)"),
    "a time that is none": ("1,n,e,s,yesterday,\n", "changes", "has the line '1,n,e,s,yesterday"),
    "an operation that is none": ("1,n,e,s,2024-01-01T00:00:00Z,X\n", "changes", "has the line '1,n,e,s,2024-01-01T00:00:00Z,X'"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_line_that_is_no_record_is_shown_and_nothing_is_written(spark, endpoint, source, name):
    text, feed, want = BAD[name]
    with pytest.raises(Failed) as error:
        spark.main(
            "bad",
            source("7,n,e,s" + (",2024-01-01T00:00:00Z,\n" if feed == "changes" else "\n") + text),
            feed=feed,
            **({"ts": JANUARY} if feed == "snapshot" else {}),
        )
    assert want in str(error.value)
    assert "Contents" not in endpoint.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="crm/bad/")


ARGUMENTS = {
    "a snapshot without its moment": ({"feed": "snapshot"}, "--ts is ''; want the moment of the snapshot with its zone"),
    "a moment without its zone": ({"ts": "2024-01-01"}, "--ts is '2024-01-01'; want the moment of the snapshot with its zone"),
    "changes with a moment": ({"feed": "changes", "ts": JANUARY}, "the records of a feed of changes bring their own"),
    "an unknown feed": ({"feed": "all"}, "--feed is 'all'; want 'snapshot' or 'changes'"),
    "no attempt": ({"ts": JANUARY, "attempts": 0}, "--attempts is 0; want 1 or more"),
    "s3a": ({"ts": JANUARY, "warehouse": "s3a://b/t"}, "--warehouse is 's3a://b/t'; want s3://BUCKET/FOLDER"),
    "a table with a dash": ({"ts": JANUARY, "table": "a-b"}, "--table is 'a-b'; want a to z, 0 to 9 and _"),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_argument_that_is_none(name):
    import job

    given, want = ARGUMENTS[name]
    given = {"input": "s3://b/i", "database": "crm", "table": "t", "warehouse": "s3://b/t", **given}
    with pytest.raises(ValueError, match=".") as error:
        job.arguments([part for key, value in given.items() for part in (f"--{key}", str(value))], "")
    assert want in str(error.value)
