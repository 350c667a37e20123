"""The pipeline's smoke test: its judgement, and whole runs at a real endpoint."""

import importlib.util
import json

import pytest
from botocore.exceptions import ClientError
from conftest import SMOKE_TEST

spec = importlib.util.spec_from_file_location("smoke_test", SMOKE_TEST)
smoke_test = importlib.util.module_from_spec(spec)
spec.loader.exec_module(smoke_test)

GOOD = "print('hello')\n"


def last_line(done) -> str:
    assert done.stderr == ""
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("status", "total", "succeeded", "wrong"),
    [
        ("COMPLETED", 7, 7, None),
        ("COMPLETED", 7, 6, "its run ended COMPLETED, 6 of 7 actions succeeded"),
        ("COMPLETED", 8, 7, "its run ended COMPLETED, 7 of 7 actions succeeded, and 8 were run"),
        ("COMPLETED", 3, 3, "its run ended COMPLETED, 3 of 7 actions succeeded"),
        ("STOPPED", 7, 7, "its run ended STOPPED, 7 of 7 actions succeeded"),
        ("ERROR", 0, 0, "its run ended ERROR, 0 of 7 actions succeeded"),
    ],
)
def test_only_a_whole_run_is_good(status, total, succeeded, wrong):
    state = {"Status": status, "Statistics": {"TotalActions": total, "SucceededActions": succeeded}}
    assert smoke_test.judge(state, 7) == wrong


def test_a_run_that_glue_refused_is_told_in_glues_words():
    state = {"Status": "ERROR", "ErrorMessage": "Concurrent runs exceeded"}
    assert smoke_test.judge(state, 7) == "its run ended ERROR: Concurrent runs exceeded, 0 of 7 actions succeeded"


def test_the_last_attempt_of_an_action_decides():
    retried = {"Name": "a", "JobDetails": {"JobRuns": [{"JobRunState": "FAILED"}, {"JobRunState": "SUCCEEDED"}]}}
    failed = {"Name": "b", "JobDetails": {"JobRuns": [{"JobRunState": "FAILED", "ErrorMessage": "ValueError: x"}]}}
    crawl = {"Name": "c", "CrawlerDetails": {"Crawls": [{"State": "FAILED", "ErrorMessage": "no bucket"}]}}
    trigger = {"Name": "t", "TriggerDetails": {}}
    run = {"Graph": {"Nodes": [retried, failed, crawl, trigger]}}
    assert smoke_test.causes(run) == ["b FAILED: ValueError: x", "c FAILED: no bucket"]


def test_the_session_of_a_role_is_renewed_in_time(monkeypatch):
    made = []

    def connect(_):
        made.append("client")
        return made[-1]

    monkeypatch.setattr(smoke_test.Glue, "_connect", connect)
    now = [10_000.0]
    monkeypatch.setattr(smoke_test.time, "monotonic", lambda: now[0])
    glue = smoke_test.Glue("eu-west-1", "role")
    for moment in (0, smoke_test.RENEW_SECONDS - 1, smoke_test.RENEW_SECONDS + 1):
        now[0] = 10_000.0 + moment
        assert glue.upper() == "CLIENT"
    assert len(made) == 2
    assert smoke_test.RENEW_SECONDS < smoke_test.SESSION_SECONDS


def test_a_role_that_is_new_is_waited_for(monkeypatch):
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, "AssumeRole")
    answers = [denied, denied, {"Credentials": {"AccessKeyId": "a"}}]

    def assume_role(**_):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(smoke_test.time, "sleep", lambda seconds: None)
    assert smoke_test.take(assume_role, "role")["AccessKeyId"] == "a"
    answers[:] = [denied] * 100
    with pytest.raises(ClientError):
        smoke_test.take(assume_role, "role")
    assert answers, "it gives up at last"


def test_a_good_run_passes(endpoint):
    endpoint.workflow("good", GOOD, GOOD)
    done = endpoint.smoke_test("good", "--expect", "2", "--timeout-minutes", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert last_line(done).startswith("smoke test of good passed: 2 of 2 actions succeeded in run ")


def test_a_run_with_fewer_actions_than_expected_fails(endpoint):
    endpoint.workflow("short", GOOD)
    done = endpoint.smoke_test("short", "--expect", "7", "--timeout-minutes", "1")
    assert done.returncode == 1
    assert last_line(done) == "smoke test of short failed: its run ended COMPLETED, 1 of 7 actions succeeded"


def test_a_failing_job_is_named_with_its_own_error(endpoint):
    endpoint.workflow("bad", GOOD, "raise ValueError('no rows in the table')\n")
    done = endpoint.smoke_test("bad", "--expect", "2", "--timeout-minutes", "1")
    assert done.returncode == 1
    assert "bad_1 FAILED: ValueError: no rows in the table" in done.stdout
    assert last_line(done) == "smoke test of bad failed: its run ended COMPLETED, 1 of 2 actions succeeded"


def test_a_run_over_its_time_fails(endpoint):
    endpoint.workflow("slow", "import time\ntime.sleep(60)\n")
    done = endpoint.smoke_test("slow", "--expect", "1", "--timeout-minutes", "0.05")
    assert done.returncode == 1
    line = last_line(done)
    assert line.startswith("smoke test of slow failed: its run wr_"), line
    assert line.endswith("had not ended in time (RUNNING: 0 of 1 succeeded)"), line


def test_another_run_is_waited_for(endpoint):
    endpoint.workflow("busy", "import time\ntime.sleep(2)\n")
    endpoint.client("glue").start_workflow_run(Name="busy")
    done = endpoint.smoke_test("busy", "--expect", "1", "--timeout-minutes", "1")
    assert "another run is under way; waiting for it" in done.stdout
    assert done.returncode == 0, done.stdout + done.stderr


def test_another_run_that_never_ends_fails(endpoint):
    endpoint.workflow("stuck", "import time\ntime.sleep(60)\n")
    endpoint.client("glue").start_workflow_run(Name="stuck")
    done = endpoint.smoke_test("stuck", "--expect", "1", "--timeout-minutes", "0.03")
    assert done.returncode == 1
    assert last_line(done) == "smoke test of stuck failed: another run of it was under way all the time"


def test_a_workflow_that_is_not_there_fails_in_one_line(endpoint):
    done = endpoint.smoke_test("nowhere", "--expect", "1", "--timeout-minutes", "1")
    assert done.returncode == 1
    assert last_line(done).startswith("smoke test of nowhere failed: An error occurred (EntityNotFoundException)")


def test_a_role_is_taken_first(endpoint):
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}
    role = endpoint.client("iam").create_role(RoleName="smoke", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    endpoint.workflow("byrole", GOOD)
    done = endpoint.smoke_test("byrole", "--expect", "1", "--timeout-minutes", "1", "--role", role)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_endpoint_that_is_not_there_fails_in_one_line(endpoint, monkeypatch):
    monkeypatch.setitem(endpoint.environment, "AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setitem(endpoint.environment, "AWS_MAX_ATTEMPTS", "1")
    done = endpoint.smoke_test("good", "--expect", "1", "--timeout-minutes", "1")
    assert done.returncode == 1
    assert "Could not connect to the endpoint URL" in last_line(done)


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["w"],
        ["w", "--expect", "0", "--timeout-minutes", "1"],
        ["w", "--expect", "7", "--timeout-minutes", "-1"],
        ["w", "--expect", "many", "--timeout-minutes", "1"],
    ],
)
def test_a_wrong_command_line_is_refused(args, capsys):
    with pytest.raises(SystemExit) as refused:
        smoke_test.main(args)
    assert refused.value.code == 2
    assert "error:" in capsys.readouterr().err
