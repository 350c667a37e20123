"""A real endpoint process for the engine's tests, and a laboratory to deploy small things into."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "internal" / "endpoint" / "python"
sys.path.insert(0, str(PACKAGE))

ACCOUNT, REGION = "123456789012", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/engine-tests"
LIVE = ("STARTING", "RUNNING", "STOPPING", "WAITING")


def jars() -> Path:
    """The S3A jars, as `make` puts them into the home folder; LAKEKEEL_JARS names another one."""
    home = Path(os.environ.get("LAKEKEEL_HOME") or ROOT / ".lakekeel")
    return Path(os.environ.get("LAKEKEEL_JARS") or home / "jars")


class Endpoint:
    """One endpoint process; a declared minute lasts a second."""

    def __init__(self, home: Path, *arguments: str, **environment: str):
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        self.log = home.parent / f"{home.name}.log"
        command = [sys.executable, "-m", "lakekeel_endpoint", "--home", str(home), "--jars", str(jars()), "--minute", "1", *arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(PACKAGE), **environment}, stdout=log, stderr=log)
        self.url = self._ready()["url"]

    def _ready(self) -> dict:
        file, end = self.home / "endpoint.json", time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            if file.exists() and (ready := json.loads(file.read_text()))["pid"] == self.process.pid:
                return ready
            time.sleep(0.02)
        raise AssertionError(f"the endpoint did not answer: {self.log.read_text()}")

    def client(self, service: str):
        return boto3.client(
            service, endpoint_url=self.url, region_name=REGION, aws_access_key_id=ACCOUNT, aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )  # fmt: skip

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(timeout=20)


class Lab:
    """Deploys small things under names of the test's own, and waits for what they do."""

    def __init__(self, endpoint: Endpoint):
        self.endpoint = endpoint
        self.s3, self.glue, self.logs = (endpoint.client(service) for service in ("s3", "glue", "logs"))
        self.tag = uuid.uuid4().hex[:8]
        self.bucket = f"lab-{self.tag}"
        self.database = f"db_{self.tag}"
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    def name(self, short: str) -> str:
        return f"{short}_{self.tag}"

    def put(self, key: str, content: str | bytes) -> str:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content if isinstance(content, bytes) else content.encode())
        return f"s3://{self.bucket}/{key}"

    def text(self, key: str) -> str:
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()

    def keys(self, prefix: str) -> list[str]:
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])]

    # Jobs.

    def job(self, short: str, script: str = "", kind: str = "pythonshell", location: str = "", **definition) -> str:
        """Deploy a job whose script is given as text, or lies at a location of its own."""
        location = location or self.put(f"scripts/{short}.py", textwrap.dedent(script))
        command = {"Name": kind, "ScriptLocation": location, "PythonVersion": "3"}
        self.glue.create_job(Name=self.name(short), Role=ROLE, Command=command, **definition)
        return self.name(short)

    def run(self, job: str, **request) -> dict:
        """Run a job to its end."""
        return self.ended(job, self.glue.start_job_run(JobName=job, **request)["JobRunId"])

    def ended(self, job: str, run: str) -> dict:
        return wait(lambda: self._unless(self.glue.get_job_run(JobName=job, RunId=run)["JobRun"], "JobRunState", LIVE))

    def running(self, job: str, run: str) -> dict:
        return wait(lambda: self._unless(self.glue.get_job_run(JobName=job, RunId=run)["JobRun"], "JobRunState", ("STARTING",)))

    # Crawlers.

    def crawler(self, short: str, *paths: str, **definition) -> str:
        targets = {"S3Targets": [{"Path": path} for path in paths]}
        self.glue.create_crawler(
            **{"Name": self.name(short), "Role": ROLE, "DatabaseName": self.database, "Targets": targets, **definition}
        )
        return self.name(short)

    def crawl(self, crawler: str) -> dict:
        """Run a crawler to its end; its LastCrawl."""
        self.glue.start_crawler(Name=crawler)
        return self.crawled(crawler)

    def crawled(self, crawler: str) -> dict:
        return wait(lambda: self._unless(self.glue.get_crawler(Name=crawler)["Crawler"], "State", ("RUNNING", "STOPPING")))["LastCrawl"]

    def crawl_log(self, crawler: str) -> list[str]:
        events = self.logs.get_log_events(logGroupName="/aws-glue/crawlers", logStreamName=crawler)["events"]
        return [event["message"].split("] ", 1)[1] for event in events]

    def tables(self) -> dict[str, dict]:
        return {table["Name"]: table for table in self.glue.get_tables(DatabaseName=self.database)["TableList"]}

    def columns(self, table: str) -> dict[str, str]:
        return {column["Name"]: column["Type"] for column in self.tables()[table]["StorageDescriptor"]["Columns"]}

    # Workflows.

    def workflow(self, *steps: tuple, start: str = "ON_DEMAND", **definition) -> str:
        """Deploy a workflow of steps (trigger, actions, conditions), the first of which has no condition.

        An action or a condition's subject is a job's name, or "crawler:" and a
        crawler's; a condition is (subject, state).
        """
        name = self.name("wf")
        self.glue.create_workflow(Name=name, **definition)
        for trigger, actions, *more in steps:
            conditions = more[0] if more else []
            logical = {"Logical": more[1]} if len(more) > 1 else {}
            kind = {"Type": "CONDITIONAL", "StartOnCreation": True} if conditions else {"Type": start}
            if conditions:
                kind["Predicate"] = {**logical, "Conditions": [_condition(*condition) for condition in conditions]}
            if start == "EVENT" and not conditions:
                kind["EventBatchingCondition"] = {"BatchSize": 2, "BatchWindow": 60}
            self.glue.create_trigger(Name=self.name(trigger), WorkflowName=name, Actions=[_action(a) for a in actions], **kind)
        return name

    def start(self, workflow: str, **request) -> str:
        return self.glue.start_workflow_run(Name=workflow, **request)["RunId"]

    def completed(self, workflow: str, run: str) -> dict:
        """Wait for a workflow run; the run with its graph."""
        asked = {"Name": workflow, "RunId": run, "IncludeGraph": True}
        return wait(lambda: self._unless(self.glue.get_workflow_run(**asked)["Run"], "Status", ("RUNNING", "STOPPING")))

    def run_workflow(self, workflow: str, **request) -> dict:
        return self.completed(workflow, self.start(workflow, **request))

    @staticmethod
    def _unless(record: dict, field: str, states) -> dict | None:
        return None if record[field] in states else record


def _action(name: str) -> dict:
    return {"CrawlerName": name.removeprefix("crawler:")} if name.startswith("crawler:") else {"JobName": name}


def _condition(name: str, state: str) -> dict:
    crawl = name.startswith("crawler:")
    return {"LogicalOperator": "EQUALS", **_action(name), ("CrawlState" if crawl else "State"): state}


def wait(look, limit: float = 180):
    """What look gives once it gives something; an AssertionError after limit seconds."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.03)
    raise AssertionError(f"waited {limit:g} s in vain")


def nodes(run: dict) -> dict[str, dict]:
    return {node["Name"]: node for node in run["Graph"]["Nodes"]}


def counts(run: dict) -> dict[str, int]:
    """The statistics that are not zero, by their names without "Actions"."""
    return {name.removesuffix("Actions"): count for name, count in run["Statistics"].items() if count}


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory):
    """One endpoint for all tests that let it live."""
    running = Endpoint(tmp_path_factory.mktemp("engine") / "home")
    yield running
    running.end()


@pytest.fixture
def lab(endpoint):
    return Lab(endpoint)


@pytest.fixture
def begin(tmp_path):
    """Starts endpoints of the test's own in one home, and ends them afterwards."""
    begun = []

    def start(*arguments: str, **environment: str) -> Endpoint:
        begun.append(Endpoint(tmp_path / "home", *arguments, **environment))
        return begun[-1]

    yield start
    for running in begun:
        running.end(signal.SIGKILL)
