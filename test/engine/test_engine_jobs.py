"""Job runs: arguments, states, limits, retries, and how each kind of failure is told."""

import io
import json
import time
import zipfile
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from conftest import ROLE, wait

ECHO = """
    import json, os, sys
    print(json.dumps({"argv": sys.argv[1:], "env": dict(os.environ), "files": sorted(os.listdir("."))}))
"""


def printed(lab, run: dict) -> str:
    return (lab.endpoint.home / "runs" / run["Id"] / "stdout").read_text()


def refused(call, **request) -> str:
    with pytest.raises(ClientError) as fault:
        call(**request)
    return fault.value.response["Error"]["Code"]


def test_a_script_gets_its_arguments_and_the_endpoint_as_aws(lab):
    job = lab.job(
        "echo", ECHO, DefaultArguments={"--a": "default", "--b": "default", "--c": "default"}, NonOverridableArguments={"--c": "fixed"}
    )
    run = lab.run(job, Arguments={"--b": "given", "--c": "given"})
    assert (run["JobRunState"], run["Attempt"], run["Arguments"]) == ("SUCCEEDED", 0, {"--b": "given", "--c": "given"})
    said = json.loads(printed(lab, run))
    given = dict(zip(said["argv"][::2], said["argv"][1::2]))
    assert given.pop("--JOB_ID").startswith("j_")
    assert given == {"--JOB_NAME": job, "--JOB_RUN_ID": run["Id"], "--a": "default", "--b": "given", "--c": "fixed"}
    environment = said["env"]
    assert environment["AWS_ENDPOINT_URL"] == lab.endpoint.url
    assert (environment["AWS_ACCESS_KEY_ID"], environment["AWS_REGION"]) == ("123456789012", "eu-west-1")
    assert "AWS_PROFILE" not in environment
    assert "STATE_DIR" not in environment
    assert not (lab.endpoint.home / "runs" / run["Id"] / "work").exists()


def test_output_goes_to_cloudwatch_logs(lab):
    job = lab.job("talk", "import sys; print('first'); print('second'); print('oops', file=sys.stderr)")
    run = lab.run(job)
    for stream, lines in (("output", ["first", "second"]), ("error", ["oops"])):
        events = lab.logs.get_log_events(logGroupName=f"/aws-glue/python-jobs/{stream}", logStreamName=run["Id"])["events"]
        assert [event["message"] for event in events] == lines


def test_output_is_there_while_the_job_runs(lab):
    job = lab.job("live", "import time; print('started', flush=True); time.sleep(30)")
    run = lab.glue.start_job_run(JobName=job)["JobRunId"]

    def seen():
        try:
            return lab.logs.get_log_events(logGroupName="/aws-glue/python-jobs/output", logStreamName=run)["events"]
        except ClientError:
            return None

    assert [event["message"] for event in wait(seen, limit=10)] == ["started"]
    lab.glue.batch_stop_job_run(JobName=job, JobRunIds=[run])
    assert lab.ended(job, run)["JobRunState"] == "STOPPED"


def test_extra_files_and_modules_are_beside_the_script(lab):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("packed.py", "NAME = 'packed'")
    modules = f"{lab.put('lib/loose.py', 'NAME = 1')}, {lab.put('lib/libs.zip', archive.getvalue())}"
    job = lab.job(
        "imports", "import loose, packed; print(packed.NAME, loose.NAME, open('notes.txt').read())",
        DefaultArguments={"--extra-py-files": modules, "--extra-files": lab.put("lib/notes.txt", "read me")},
    )  # fmt: skip
    assert printed(lab, lab.run(job)) == "packed 1 read me\n"


FAILURES = {
    "a script that throws": ("raise ValueError('no such lake')", {}, "ValueError: no such lake"),
    "a script that exits": ("import sys; sys.exit(4)", {}, "the script ended with exit status 4"),
    "a script that is no Python": ("def (", {}, "SyntaxError: invalid syntax"),
    "a module that is not installed": (
        "pass", {"DefaultArguments": {"--additional-python-modules": "nosuchmodule==1.0,boto3"}},
        "--additional-python-modules asks for nosuchmodule==1.0, which is not installed beside the endpoint; nothing is downloaded here",
    ),
    "a format that the engine lacks": (
        "pass", {"DefaultArguments": {"--datalake-formats": "hudi"}},
        "--datalake-formats asks for hudi, which the local engine does not bring; run this job on AWS",
    ),
    "a kind of job that is not run here": (
        "pass", {"kind": "glueray"}, "command 'glueray' is not run locally; want glueetl or pythonshell",
    ),
    "a missing bucket": (
        "", {"location": "s3://no-such-bucket-here/job.py"},
        "the script s3://no-such-bucket-here/job.py cannot be read: the bucket no-such-bucket-here does not exist",
    ),
    "a location that is no URL": ("", {"location": "job.py"}, "the script: 'job.py' is not an S3 URL; want s3://BUCKET/KEY"),
    "properties of Spark that are none": (
        "pass", {"kind": "glueetl", "DefaultArguments": {"--conf": "shuffle=2"}},
        "--conf has 'shuffle=2'; want spark.NAME=VALUE, further ones after ' --conf '",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("script", "definition", "message"), FAILURES.values(), ids=FAILURES)
def test_a_run_fails_with_one_sentence_for(script, definition, message, lab):
    run = lab.run(lab.job("bad", script, **definition))
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", message)


def test_a_missing_object_is_named_and_mended_by_putting_it_there(lab):
    location = f"s3://{lab.bucket}/later.py"
    job = lab.job("later", location=location)
    assert lab.run(job)["ErrorMessage"] == f"the script {location} cannot be read: the bucket {lab.bucket} has no such object"
    lab.put("later.py", "print('here')")
    assert lab.run(job)["JobRunState"] == "SUCCEEDED"


def test_the_script_is_the_object_of_the_moment(lab):
    job = lab.job("new", "print('old')")
    assert printed(lab, lab.run(job)) == "old\n"
    lab.put("scripts/new.py", "print('new')")
    assert printed(lab, lab.run(job)) == "new\n"


def test_a_job_that_outlives_its_timeout_is_ended_and_not_tried_again(lab):
    job = lab.job("slow", "import time; time.sleep(60)", Timeout=1, MaxRetries=2)
    started = time.monotonic()
    run = lab.run(job)
    assert (run["JobRunState"], run["ErrorMessage"]) == ("TIMEOUT", "Timed out after 1 minutes (the job's Timeout)")
    assert time.monotonic() - started < 10
    assert len(lab.glue.get_job_runs(JobName=job)["JobRuns"]) == 1
    lab.put("scripts/slow.py", "pass")
    assert lab.run(job)["JobRunState"] == "SUCCEEDED"


def test_the_timeout_of_a_run_comes_before_the_jobs(lab):
    assert lab.run(lab.job("slow", "import time; time.sleep(60)", Timeout=2000), Timeout=1)["Timeout"] == 1


def test_a_job_that_fails_is_tried_again(lab):
    script = f"""
        import boto3, sys
        s3 = boto3.client("s3")
        done = s3.list_objects_v2(Bucket="{lab.bucket}", Prefix="tries/").get("KeyCount", 0)
        s3.put_object(Bucket="{lab.bucket}", Key=f"tries/{{done}}", Body=b"")
        sys.exit("not yet") if done < 2 else None
    """
    job = lab.job("flaky", script, MaxRetries=3)
    first = lab.run(job)
    assert (first["JobRunState"], first["ErrorMessage"]) == ("FAILED", "the script ended with exit status 1: not yet")
    last = lab.ended(job, wait(lambda: _id_of_attempt(lab, job, 2)))
    assert last["JobRunState"] == "SUCCEEDED"
    runs = lab.glue.get_job_runs(JobName=job)["JobRuns"]
    root = first["Id"]
    assert [run["Id"] for run in reversed(runs)] == [root, f"{root}_attempt_1", f"{root}_attempt_2"]
    assert [run.get("PreviousRunId") for run in reversed(runs)] == [None, root, f"{root}_attempt_1"]


def _id_of_attempt(lab, job, number):
    return next((run["Id"] for run in lab.glue.get_job_runs(JobName=job)["JobRuns"] if run["Attempt"] == number), None)


def test_more_runs_at_once_than_allowed_are_refused(lab):
    job = lab.job("busy", "import time; time.sleep(60)")
    run = lab.glue.start_job_run(JobName=job)["JobRunId"]
    assert refused(lab.glue.start_job_run, JobName=job) == "ConcurrentRunsExceededException"
    stopped = lab.glue.batch_stop_job_run(JobName=job, JobRunIds=[run, "jr_none"])
    assert [one["JobRunId"] for one in stopped["SuccessfulSubmissions"]] == [run]
    assert stopped["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert lab.ended(job, run)["JobRunState"] == "STOPPED"
    lab.put("scripts/busy.py", "pass")
    assert lab.run(job)["JobRunState"] == "SUCCEEDED"


def test_as_many_runs_at_once_as_allowed(lab):
    job = lab.job("two", "import time; time.sleep(60)", ExecutionProperty={"MaxConcurrentRuns": 2})
    runs = [lab.glue.start_job_run(JobName=job)["JobRunId"] for _ in range(2)]
    assert refused(lab.glue.start_job_run, JobName=job) == "ConcurrentRunsExceededException"
    lab.glue.batch_stop_job_run(JobName=job, JobRunIds=runs)
    assert {lab.ended(job, run)["JobRunState"] for run in runs} == {"STOPPED"}


def test_a_run_may_repeat_another_with_its_arguments(lab):
    job = lab.job("again", "pass")
    first = lab.run(job, Arguments={"--x": "1"})
    second = lab.run(job, JobRunId=first["Id"])
    assert (second["Arguments"], second["PreviousRunId"]) == ({"--x": "1"}, first["Id"])


def test_what_is_not_there(lab):
    job = lab.job("here", "pass")
    assert refused(lab.glue.start_job_run, JobName="nowhere") == "EntityNotFoundException"
    assert refused(lab.glue.get_job_runs, JobName="nowhere") == "EntityNotFoundException"
    assert refused(lab.glue.get_job_run, JobName=job, RunId="jr_none") == "EntityNotFoundException"
    run = lab.run(job)
    other = lab.job("other", "pass")
    assert refused(lab.glue.get_job_run, JobName=other, RunId=run["Id"]) == "EntityNotFoundException"
    stopped = lab.glue.batch_stop_job_run(JobName=job, JobRunIds=[run["Id"]])
    assert stopped["Errors"][0]["ErrorDetail"]["ErrorMessage"] == f"job run {run['Id']} is SUCCEEDED; want one that runs"


def test_job_runs_come_in_pages_the_newest_first(lab):
    job = lab.job("many", "pass")
    ids = [lab.run(job)["Id"] for _ in range(3)]
    first = lab.glue.get_job_runs(JobName=job, MaxResults=2)
    rest = lab.glue.get_job_runs(JobName=job, NextToken=first["NextToken"])
    assert [run["Id"] for run in first["JobRuns"] + rest["JobRuns"]] == ids[::-1]


def test_what_runs_on_is_killed_with_the_job(lab):
    script = """
        import subprocess, sys
        print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True).pid)
    """
    pid = int(printed(lab, lab.run(lab.job("leaves", script))))
    with pytest.raises(FileNotFoundError):
        Path(f"/proc/{pid}/stat").read_text()


def test_the_role_is_what_was_deployed(lab):
    assert lab.glue.get_job(JobName=lab.job("role", "pass"))["Job"]["Role"] == ROLE
