"""What is broken on purpose ends in one clear sentence, and a rerun succeeds."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest
from conftest import SAMPLE, WORKFLOW, Lake

CASES = "neherlab_case_counts.csv"
ROWS = "SELECT count(*) AS n FROM neherlab_denormalized"


@pytest.fixture(scope="module")
def whole(lake: Lake) -> list[dict]:
    """The joined rows of the sample, as readers see them; every test here leaves them so."""
    lake.run(SAMPLE)
    return lake.rows(ROWS)


def spoil(data: Path, how: str) -> None:
    lines = (data / CASES).read_text().splitlines(keepends=True)
    spoilt = {
        "a short line": [*lines[:2], "ecdc/Austria,2020-03-01\n", *lines[2:]],
        "a word for a number": [lines[0], "ecdc/Austria,2020-03-01,2020-03-01T00:00:00,many,0,,,\n", *lines[1:]],
        "a header only": lines[:1],
    }
    (data / CASES).write_text("".join(spoilt[how]))


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("a short line", r"neherlab_case_counts.*ecdc/Austria,2020-03-01"),
        ("a word for a number", r"neherlab_case_counts.*many"),
        ("a header only", r"neherlab_case_counts"),
    ],
)
def test_bad_input_fails_the_run_with_one_sentence(lake: Lake, data: Path, whole: list[dict], how: str, told: str) -> None:
    spoil(data, how)
    result = lake.try_("run", WORKFLOW, "--data", str(data))
    assert result.status == 1, result.out
    said = [line for line in result.err.splitlines() if "j_neherlab_denorm" in line or "c_neherlab" in line]
    assert re.search(told, result.err), result.err
    assert len(said) >= 1
    assert len(result.err.splitlines()) <= 6, result.err
    assert "Traceback" not in result.out + result.err
    assert lake.rows(ROWS) == whole, "readers see something else than before"
    lake.run(SAMPLE)
    assert lake.rows(ROWS) == whole


def test_a_missing_file_is_named_before_anything_is_uploaded(lake: Lake, data: Path) -> None:
    (data / CASES).rename(data / "neherlab_case_count.csv")
    result = lake.try_("run", WORKFLOW, "--data", str(data))
    assert result.status == 1
    assert "neherlab_case_count" in result.err
    assert "uploaded" not in result.out


def test_a_missing_output_bucket(lake: Lake, whole: list[dict]) -> None:
    """The catalog still has the table; the job cannot write and says where."""
    s3 = lake.client("s3")
    (bucket,) = [b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith("neherlab-denormalized")]
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    resource = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=bucket)
    try:
        result = lake.try_("run", WORKFLOW)
        assert result.status == 1
        assert bucket in result.err
        assert "Traceback" not in result.err
    finally:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": lake.endpoint()["region"]})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=resource)
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    lake.run(SAMPLE)
    assert lake.rows(ROWS) == whole


def wait_for_spark(lake: Lake) -> None:
    """Until the join is running, so that what follows hits it in the middle."""
    glue = lake.client("glue")
    for _ in range(600):
        runs = glue.get_job_runs(JobName="j_neherlab_denorm")["JobRuns"]
        if runs and runs[0]["JobRunState"] == "RUNNING":
            time.sleep(3)
            return
        time.sleep(0.1)
    pytest.fail("the join never started")


def test_two_runs_at_once(lake: Lake) -> None:
    first = lake.start("run", WORKFLOW)
    wait_for_spark(lake)
    second = lake.try_("run", WORKFLOW)
    assert second.status == 1
    assert re.search(r"concurrent|at once|MaxConcurrentRuns", second.err), second.err
    assert len(second.err.splitlines()) == 1
    first.communicate(timeout=300)
    assert first.returncode == 0


def test_interrupted_by_ctrl_c(lake: Lake, whole: list[dict]) -> None:
    running = lake.start("run", WORKFLOW)
    wait_for_spark(lake)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert lake.rows(ROWS) == whole
    lake.run()
    assert lake.rows(ROWS) == whole


def test_the_endpoint_killed_in_the_middle_of_the_join(lake: Lake, whole: list[dict]) -> None:
    running = lake.start("run", WORKFLOW)
    wait_for_spark(lake)
    os.kill(lake.endpoint()["pid"], signal.SIGKILL)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert len([line for line in err.splitlines() if line.startswith("lakekeel:")]) == 1, err
    lake.do("up", "--persist")
    assert lake.rows(ROWS) == whole
    runs = lake.client("glue").get_workflow_runs(Name=WORKFLOW)["Runs"]
    assert all(run["Status"] != "RUNNING" for run in runs)
    lake.run()
    assert lake.rows(ROWS) == whole
