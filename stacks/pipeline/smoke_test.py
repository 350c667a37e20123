"""Run a Glue workflow once and tell whether the run was good.

    python3 smoke_test.py WORKFLOW --expect 7 --timeout-minutes 60

A run is good if it completed, and as many actions as expected ran and all of
them succeeded. The last line says how it ended; the exit status is 0 for a good
run, 1 for any other, 2 for a wrong command line.

The delivery pipeline runs this file after each deployment. Nothing but boto3 is
needed; AWS_ENDPOINT_URL points it at another endpoint.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# A session of a role that was taken by another role lasts an hour at most:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
SESSION_SECONDS = 3600
RENEW_SECONDS = 1800

# Statuses after which a run does not change any more:
# https://docs.aws.amazon.com/glue/latest/webapi/API_WorkflowRun.html
ENDED = {"COMPLETED", "STOPPED", "ERROR"}

BAD_STATES = {"FAILED", "TIMEOUT", "ERROR", "STOPPED", "CANCELLED", "EXPIRED"}


class Failure(Exception):
    """Why the run cannot count as good, in one sentence."""


class Glue:
    """Glue of one region, by a role whose session is renewed in time."""

    def __init__(self, region: str | None, role: str | None):
        self.region, self.role = region, role
        # A run takes long enough to meet a hiccup of the network: eight attempts, a minute in all.
        attempts = int(os.environ.get("AWS_MAX_ATTEMPTS", "8"))
        self.config = Config(retries={"mode": "standard", "total_max_attempts": attempts})
        self.made, self.client = 0.0, None

    def __getattr__(self, operation: str):
        if self.client is None or time.monotonic() - self.made > RENEW_SECONDS:
            self.client, self.made = self._connect(), time.monotonic()
        return getattr(self.client, operation)

    def _connect(self):
        credentials = {}
        if self.role:
            sts = boto3.client("sts", region_name=self.region, config=self.config)
            session = take(sts.assume_role, self.role)
            credentials = {
                "aws_access_key_id": session["AccessKeyId"],
                "aws_secret_access_key": session["SecretAccessKey"],
                "aws_session_token": session["SessionToken"],
            }
        return boto3.client("glue", region_name=self.region, config=self.config, **credentials)


def take(assume_role, role: str) -> dict:
    """Return the credentials of a session of the role.

    A role that was made by the deployment just now is refused for some seconds,
    until IAM knows it everywhere; so a refusal counts only after a minute.
    """
    for attempt in range(13):
        try:
            answer = assume_role(RoleArn=role, RoleSessionName="smoke-test", DurationSeconds=SESSION_SECONDS)
            return answer["Credentials"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied" or attempt == 12:
                raise
        time.sleep(5)
    raise AssertionError("unreachable")


def start(glue, workflow: str, deadline: float, poll: float) -> str:
    """Start a run and return its id, waiting for a run that is under way already."""
    while True:
        try:
            return glue.start_workflow_run(Name=workflow)["RunId"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConcurrentRunsExceededException":
                raise
        if time.monotonic() + poll > deadline:
            raise Failure("another run of it was under way all the time")
        print("another run is under way; waiting for it", flush=True)
        time.sleep(poll)


def wait(glue, workflow: str, run: str, deadline: float, poll: float) -> dict:
    """Return the run once it ended; show its progress on the way."""
    shown = None
    while True:
        state = glue.get_workflow_run(Name=workflow, RunId=run)["Run"]
        line = progress(state)
        if line != shown:
            print(time.strftime("%H:%M:%S"), line, flush=True)
            shown = line
        if state["Status"] in ENDED:
            return state
        if time.monotonic() + poll > deadline:
            raise Failure(f"its run {run} had not ended in time ({line})")
        time.sleep(poll)


def progress(state: dict) -> str:
    """Say how far a run is: its status, and how many of its actions succeeded."""
    numbers = state.get("Statistics", {})
    return f"{state['Status']}: {numbers.get('SucceededActions', 0)} of {numbers.get('TotalActions', 0)} succeeded"


def judge(state: dict, expect: int) -> str | None:
    """Say what is wrong with a run that ended; None if it is good."""
    numbers = state.get("Statistics", {})
    total, succeeded = numbers.get("TotalActions", 0), numbers.get("SucceededActions", 0)
    if state["Status"] == "COMPLETED" and total == succeeded == expect:
        return None
    said = f": {state['ErrorMessage']}" if state.get("ErrorMessage") else ""
    more = f", and {total} were run" if total > expect else ""
    return f"its run ended {state['Status']}{said}, {succeeded} of {expect} actions succeeded{more}"


def causes(run: dict) -> list[str]:
    """Name the actions that ended badly, with their own messages, from a run's graph."""
    found = []
    for node in run.get("Graph", {}).get("Nodes", []):
        details = node.get("JobDetails", {}).get("JobRuns", []) + node.get("CrawlerDetails", {}).get("Crawls", [])
        for attempt in details[-1:]:  # the last attempt decides
            state = attempt.get("JobRunState") or attempt.get("State")
            if state in BAD_STATES:
                found.append(f"{node['Name']} {state}: {attempt.get('ErrorMessage', 'no message')}")
    return found


def prove(glue, args: argparse.Namespace) -> str:
    """Run the workflow and return the id of its good run."""
    deadline = time.monotonic() + args.timeout_minutes * 60
    run = start(glue, args.workflow, deadline, args.poll_seconds)
    print(f"started run {run}", flush=True)
    wrong = judge(wait(glue, args.workflow, run, deadline, args.poll_seconds), args.expect)
    if wrong:
        for line in causes(glue.get_workflow_run(Name=args.workflow, RunId=run, IncludeGraph=True)["Run"]):
            print(line)
        raise Failure(wrong)
    return run


def positive(kind):
    """An argparse type: a number of that kind above zero."""

    def parse(text: str):
        value = kind(text)
        if not value > 0:
            raise ValueError
        return value

    parse.__name__ = "number above zero"
    return parse


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run a Glue workflow once and tell whether the run was good.")
    parser.add_argument("workflow", help="name of the workflow")
    parser.add_argument("--expect", type=positive(int), required=True, help="how many actions a good run has")
    parser.add_argument("--timeout-minutes", type=positive(float), required=True, help="how long all of it may take")
    parser.add_argument("--region", help="region of the workflow; if left out, as boto3 finds it")
    parser.add_argument("--role", help="role to take first; if left out, none")
    parser.add_argument("--poll-seconds", type=positive(float), default=15, help="time between two looks, 15 s")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    args = parse(argv)
    try:
        run = prove(Glue(args.region, args.role), args)
    except (Failure, ClientError, BotoCoreError) as error:
        reason = " ".join(str(error).split())
        print(f"smoke test of {args.workflow} failed: {reason}")
        return 1
    print(f"smoke test of {args.workflow} passed: {args.expect} of {args.expect} actions succeeded in run {run}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
