"""The endpoint dies: nothing it started lives on, what was kept is found, and a rerun succeeds."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import PACKAGE, Endpoint, Lab, counts, nodes, wait

SAVED = 2.5  # seconds after which the endpoint has kept a change of a definition (snapshot.DELAY, and some)

HANG = """
    import time
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    print("spark is up", flush=True)
    time.sleep(300)
"""


def descendants(pid: int) -> set[int]:
    """All processes below a process."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError):
            continue
    found, new = set(), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
    except OSError:
        return ""


def hanging(lab: Lab, kind: str, script: str) -> tuple[str, str, str]:
    """A workflow whose only job hangs, and the run that does."""
    job = lab.job("hang", script, kind=kind)
    after = lab.job("after", "pass")
    workflow = lab.workflow(("t0", [job]), ("t1", [after], [(job, "SUCCEEDED")]))
    time.sleep(SAVED)
    run = lab.start(workflow)
    job_run = wait(lambda: lab.glue.get_job_runs(JobName=job)["JobRuns"])[0]["Id"]
    wait(lambda: b"up" in _read(lab.endpoint.home / "runs" / job_run / "stdout"))
    return workflow, run, job


def _read(file: Path) -> bytes:
    return file.read_bytes() if file.exists() else b""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
def test_killed_in_the_middle_of_a_spark_job(begin):
    first = begin("--persist")
    lab = Lab(first)
    lab.put("kept/a.csv", "a,n\nx,1\n")
    lab.crawl(lab.crawler("c", f"s3://{lab.bucket}/kept"))
    workflow, run, job = hanging(lab, "glueetl", HANG)
    family = descendants(first.process.pid)
    assert any("java" in program(pid) for pid in family), "Spark's JVM is one of them"
    first.end(signal.SIGKILL)
    wait(lambda: not any(program(pid) for pid in family), limit=10)

    lab.endpoint = second = begin("--persist")
    lab.s3, lab.glue, lab.logs = (second.client(service) for service in ("s3", "glue", "logs"))
    found = lab.completed(workflow, run)
    assert found["Status"] == "ERROR"
    assert found["ErrorMessage"] == ("the endpoint ended while this run was in progress, and its jobs and crawlers with it; start it again")
    assert counts(found) == {"Total": 2, "Failed": 1}
    failed = nodes(found)[job]["JobDetails"]["JobRuns"][0]
    assert (failed["JobRunState"], failed["ErrorMessage"]) == (
        "FAILED", "the endpoint ended while this run was in progress, and the run with it; start it again",
    )  # fmt: skip
    left = second.home / "runs" / failed["Id"]
    assert sorted(path.name for path in left.iterdir()) == ["stderr", "stdout"]
    assert list(lab.tables()) == ["kept"]
    assert lab.text("kept/a.csv") == "a,n\nx,1\n"
    lab.put("scripts/hang.py", "pass")
    again = lab.run_workflow(workflow)
    assert (again["Status"], again["PreviousRunId"]) == ("COMPLETED", run)
    assert [one["Status"] for one in lab.glue.get_workflow_runs(Name=workflow)["Runs"]] == ["COMPLETED", "ERROR"]


def test_stopped_in_good_order_in_the_middle_of_a_job(begin):
    first = begin("--persist")
    lab = Lab(first)
    workflow, run, job = hanging(lab, "pythonshell", "import time; print('up', flush=True); time.sleep(300)")
    family = descendants(first.process.pid)
    started = time.monotonic()
    first.end(signal.SIGTERM)
    assert time.monotonic() - started < 10
    wait(lambda: not any(program(pid) for pid in family), limit=5)
    lab.glue = begin("--persist").client("glue")
    assert lab.completed(workflow, run)["Status"] == "ERROR"
    assert lab.glue.get_job_runs(JobName=job)["JobRuns"][0]["JobRunState"] in ("FAILED", "STOPPED")


def test_a_spark_job_without_java_says_what_to_install(begin, tmp_path):
    lab = Lab(begin(JAVA_HOME=str(tmp_path)))
    run = lab.run(lab.job("j", "pass", kind="glueetl"))
    assert (run["JobRunState"], run["ErrorMessage"]) == (
        "FAILED",
        f"Spark needs Java 17, and JAVA_HOME is {str(tmp_path)!r}, which has no bin/java; install a JDK 17 or mend JAVA_HOME",
    )


def test_without_persist_nothing_is_remembered(begin):
    first = begin()
    lab = Lab(first)
    job = lab.job("j", "pass")
    lab.run(job)
    first.end()
    with pytest.raises(lab.glue.exceptions.EntityNotFoundException):
        begin().client("glue").get_job_runs(JobName=job)


# A full disk: the endpoint's home is a file system of 24 MB in a mount namespace of its own.


class SmallDisk(Endpoint):
    """An endpoint on a file system of its own, which nobody else sees and which ends with it."""

    SIZE = "24m"

    def __init__(self, home: Path):
        home.mkdir()
        self.log = home.parent / "small.log"
        unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
        endpoint = [sys.executable, "-m", "lakekeel_endpoint", "--home", str(home), "--jars", str(home), "--minute", "1"]
        mount = 'mount -t tmpfs -o "size=$0" tmpfs "$1" && shift && exec "$@"'
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*unshare, "sh", "-c", mount, self.SIZE, str(home), *endpoint],
                env={**os.environ, "PYTHONPATH": str(PACKAGE)}, stdout=log, stderr=log,
            )  # fmt: skip
        # Seen from outside through the process's own root.
        self.home = Path(f"/proc/{self.process.pid}/root{home}")
        self.url = self._ready()["url"]


def _may_mount() -> bool:
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    try:
        return subprocess.run(["unshare", *user, "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not _may_mount(), reason="a small file system needs a mount namespace, which this machine refuses")
def test_a_full_disk_ends_the_job_with_one_sentence_and_a_rerun_succeeds(tmp_path):
    small = SmallDisk(tmp_path / "home")
    try:
        lab = Lab(small)
        script = f"""
            import boto3
            s3 = boto3.client("s3")
            for part in range(4):
                s3.put_object(Bucket="{lab.bucket}", Key=f"out/part-{{part}}", Body=b"x" * 4_000_000)
            s3.put_object(Bucket="{lab.bucket}", Key="out/_SUCCESS", Body=b"")
        """
        job = lab.job("fill", script)
        lab.put("in/ballast", b"x" * 8_000_000)
        run = lab.run(job)
        assert run["JobRunState"] == "FAILED"
        assert run["ErrorMessage"].startswith(
            "ClientError: An error occurred (LocalDiskFull) when calling the PutObject operation: the disk of the local endpoint is full:"
        )
        written = lab.keys("out/")
        assert "out/_SUCCESS" not in written
        assert all(len(lab.text(key)) == 4_000_000 for key in written)
        lab.s3.delete_objects(Bucket=lab.bucket, Delete={"Objects": [{"Key": key} for key in ("in/ballast", *written)]})
        assert lab.run(job)["JobRunState"] == "SUCCEEDED"
        assert len(lab.keys("out/")) == 5
    finally:
        small.end(signal.SIGKILL)


def test_the_journal_is_there_only_with_persist(begin):
    with_it = begin("--persist")
    lab = Lab(with_it)
    lab.run(lab.job("j", "pass"))
    journals = list((with_it.home / "state").rglob("glue-runs.jsonl"))
    assert len(journals) == 1
    kinds = {json.loads(line)[0] for line in journals[0].read_text().splitlines()}
    assert kinds == {"job-run"}
