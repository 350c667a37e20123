"""DataBrew: recipe jobs run over files in S3, by its API."""

from __future__ import annotations

import io
import json
import time

import duckdb
import pytest
from botocore.exceptions import ClientError

BUCKET = "databrew-case"
ROLE = "arn:aws:iam::123456789012:role/brew"
ROWS = b'name,kind,born,weight\n"Ada, A",Gold Medal,2021-07-24 00:00:00.0,72.5\nBo,Silver,,NA\nBo,Silver,,NA\n,Gold Medal,2020-01-01,9\n'


@pytest.fixture(scope="module")
def databrew(endpoint):
    """A bucket with one file, and the dataset of it."""
    s3, client = endpoint.client("s3"), endpoint.client("databrew")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=BUCKET, Key="in/rows.csv", Body=ROWS)
    client.create_dataset(Name="rows", Format="CSV", Input={"S3InputDefinition": {"Bucket": BUCKET, "Key": "in/"}})
    return client


@pytest.fixture
def brew(databrew, aws):
    """Publishes a recipe, runs it, and returns the run with the bytes of its output."""
    made = []

    def run(steps: list, output: dict | None = None, dataset: str = "rows") -> tuple[dict, bytes]:
        name = f"case-{time.time_ns()}"
        databrew.create_recipe(Name=name, Steps=[{"Action": {"Operation": o, "Parameters": p}} for o, p in steps])
        databrew.publish_recipe(Name=name)
        place = {"Bucket": BUCKET, "Key": f"out/{name}/"}
        outputs = [{"Location": place, "Format": "PARQUET", "Overwrite": True, **(output or {})}]
        databrew.create_recipe_job(
            Name=name, DatasetName=dataset, RoleArn=ROLE, Outputs=outputs, RecipeReference={"Name": name, "RecipeVersion": "1.0"}
        )
        made.append(name)
        run_id = databrew.start_job_run(Name=name)["RunId"]
        end = time.monotonic() + 30
        while (done := databrew.describe_job_run(Name=name, RunId=run_id))["State"] in ("STARTING", "RUNNING"):
            assert time.monotonic() < end, "the run does not end"
            time.sleep(0.02)
        assert [r["RunId"] for r in databrew.list_job_runs(Name=name)["JobRuns"]] == [run_id]
        found = aws("s3").list_objects_v2(Bucket=BUCKET, Prefix=place["Key"]).get("Contents", [])
        return done, aws("s3").get_object(Bucket=BUCKET, Key=found[0]["Key"])["Body"].read() if found else b""

    yield run
    for name in made:
        databrew.delete_job(Name=name)


def rows(content: bytes, folder) -> list:
    (folder / "out").write_bytes(content)
    return duckdb.sql(f"FROM read_parquet('{folder / 'out'}')").fetchall()


SPLIT = ("SPLIT_COLUMN_SINGLE_DELIMITER", {"sourceColumn": "kind", "pattern": " ", "limit": "1", "includeInSplit": "false"})


def only(name: str) -> tuple:
    """Deletes all other columns."""
    return "DELETE", {"sourceColumns": json.dumps([c for c in ("name", "kind", "born", "weight") if c != name])}


def becomes(column: str, kind: str) -> tuple:
    return "CHANGE_DATA_TYPE", {"sourceColumn": column, "columnDataType": kind}


@pytest.mark.parametrize(
    ("steps", "want"),
    [
        ([("REMOVE_MISSING", {"sourceColumn": "name"}), only("name")], [("Ada, A",), ("Bo",), ("Bo",)]),
        ([("DELETE_DUPLICATE_ROWS", {}), only("name")], [("Ada, A",), ("Bo",), (None,)]),
        ([only("kind"), SPLIT], [("Gold Medal", "Gold", "Medal")] * 2 + [("Silver", "Silver", None)] * 2),
        ([only("weight"), becomes("weight", "int")], [(9,), (72,), (None,), (None,)]),
    ],
    ids=["missing", "duplicates", "split", "whole numbers"],
)
def test_a_step_does_what_the_reference_says(brew, tmp_path, steps, want):
    run, content = brew(steps)
    assert run["State"] == "SUCCEEDED", run.get("ErrorMessage")
    assert sorted(rows(content, tmp_path), key=repr) == sorted(want, key=repr)


def test_a_renamed_column_keeps_its_place_and_types_are_written(brew, tmp_path):
    run, content = brew(
        [
            ("RENAME", {"sourceColumn": "kind", "targetColumn": "medal"}),
            ("CHANGE_DATA_TYPE", {"sourceColumn": "born", "columnDataType": "date"}),
        ]
    )
    assert run["State"] == "SUCCEEDED", run.get("ErrorMessage")
    (tmp_path / "out").write_bytes(content)
    described = duckdb.sql(f"DESCRIBE FROM read_parquet('{tmp_path / 'out'}')").fetchall()
    assert [row[:2] for row in described] == [("name", "VARCHAR"), ("medal", "VARCHAR"), ("born", "DATE"), ("weight", "VARCHAR")]


def test_the_output_is_as_the_job_says(brew):
    two = ("DELETE", {"sourceColumns": '["kind", "born"]'})
    _, content = brew([two], {"Format": "CSV"})
    assert content.decode().splitlines() == ["name,weight", '"Ada, A",72.5', "Bo,NA", "Bo,NA", ",9"]
    _, content = brew([only("name")], {"Format": "JSON"})
    assert [json.loads(line)["name"] for line in io.BytesIO(content)] == ["Ada, A", "Bo", "Bo", None]


KNOWN = "CHANGE_DATA_TYPE, DELETE, DELETE_DUPLICATE_ROWS, REMOVE_MISSING, RENAME, SPLIT_COLUMN_SINGLE_DELIMITER"
TYPES = "byte, short, int, long, float, double, decimal, string, timestamp, date, boolean"
WRITES = "the local endpoint writes CSV and JSON, also with GZIP, and PARQUET with SNAPPY, GZIP or ZSTD; nothing partitioned"


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (("DELETE", {"sourceColumns": '["nam"]'}), "step 1 (DELETE): there is no column 'nam'; nearest is 'name'"),
        (("DELETE", {"sourceColumns": "name"}), "step 1 (DELETE): sourceColumns is 'name'; want a JSON list of names"),
        (("RENAME", {"sourceColumn": "name"}), "step 1 (RENAME): the parameter targetColumn is missing"),
        (("RENAME", {"sourceColumn": "name", "targetColumn": "kind"}), "step 1 (RENAME): there is a column 'kind' already"),
        (("UPPER_CASE", {"sourceColumn": "name"}), f"step 1: the local endpoint does not run UPPER_CASE; it runs {KNOWN}"),
        (becomes("name", "integer"), f"step 1 (CHANGE_DATA_TYPE): columnDataType is 'integer'; want one of {TYPES}"),
    ],
)
def test_a_step_that_cannot_be_run_fails_by_name(brew, step, message):
    run, content = brew([step])
    assert (run["State"], run["ErrorMessage"], content) == ("FAILED", message, b"")


def test_what_cannot_be_read_or_written_fails_by_name(brew, databrew):
    databrew.create_dataset(Name="nowhere", Format="CSV", Input={"S3InputDefinition": {"Bucket": BUCKET, "Key": "nowhere/"}})
    run, _ = brew([only("name")], dataset="nowhere")
    assert (run["State"], run["ErrorMessage"]) == ("FAILED", "dataset nowhere: there is no file at s3://databrew-case/nowhere/")
    place = {"S3InputDefinition": {"Bucket": BUCKET, "Key": "in/rows.csv"}}
    databrew.create_dataset(Name="headless", Format="CSV", FormatOptions={"Csv": {"HeaderRow": False}}, Input=place)
    run, _ = brew([only("name")], dataset="headless")
    assert (run["State"], run["ErrorMessage"]) == ("FAILED", "dataset headless: the local endpoint reads CSV with a line of headings only")
    run, content = brew([only("name")], {"Format": "ORC"})
    assert (run["State"], run["ErrorMessage"], content) == ("FAILED", f"output ORC: {WRITES}", b"")


def test_a_job_or_run_that_is_not_there_is_not_found(databrew):
    with pytest.raises(ClientError) as no_job:
        databrew.start_job_run(Name="no-such-job")
    assert no_job.value.response["Error"]["Code"] == "ResourceNotFoundException"
    databrew.create_recipe_job(
        Name="never-run", DatasetName="rows", RoleArn=ROLE, Outputs=[{"Location": {"Bucket": BUCKET}}], RecipeReference={"Name": "r"}
    )
    with pytest.raises(ClientError) as no_run:
        databrew.describe_job_run(Name="never-run", RunId="db_0")
    assert no_run.value.response["Error"] == {"Code": "ResourceNotFoundException", "Message": "The job run db_0 wasn't found."}
    assert databrew.list_job_runs(Name="never-run")["JobRuns"] == []


def test_a_run_that_has_ended_is_not_stopped(brew, databrew):
    run, content = brew([only("name")])
    assert databrew.stop_job_run(Name=run["JobName"], RunId=run["RunId"])["RunId"] == run["RunId"]
    assert databrew.describe_job_run(Name=run["JobName"], RunId=run["RunId"])["State"] == "SUCCEEDED"
    assert content
