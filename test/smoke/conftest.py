"""A local endpoint for the tests of the smoke test, and workflows on it."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import boto3
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMOKE_TEST = ROOT / "stacks" / "pipeline" / "smoke_test.py"


class Endpoint:
    """A local endpoint that runs for the tests, and how to reach it."""

    def __init__(self, url: str, account: str, region: str):
        self.url, self.account, self.region = url, account, region
        self.environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id=self.account,
            aws_secret_access_key="none",
        )

    def smoke_test(self, *args: str) -> subprocess.CompletedProcess:
        """Run the script as the pipeline does, in a process of its own."""
        command = [sys.executable, str(SMOKE_TEST), *args, "--region", self.region, "--poll-seconds", "0.2"]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120, check=False)

    def workflow(self, name: str, *scripts: str) -> None:
        """Make a workflow of Python shell jobs that run one after the other."""
        glue, s3 = self.client("glue"), self.client("s3")
        glue.create_workflow(Name=name, MaxConcurrentRuns=1)
        before = None
        for i, script in enumerate(scripts):
            job = f"{name}_{i}"
            s3.put_object(Bucket="smoke-scripts", Key=f"{job}.py", Body=script.encode())
            glue.create_job(
                Name=job,
                Role=f"arn:aws:iam::{self.account}:role/smoke",
                Command={"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": f"s3://smoke-scripts/{job}.py"},
                MaxCapacity=0.0625,
            )
            trigger = {"Name": f"t_{job}", "WorkflowName": name, "Actions": [{"JobName": job}]}
            if before is None:
                glue.create_trigger(Type="ON_DEMAND", **trigger)
            else:
                condition = {"LogicalOperator": "EQUALS", "JobName": before, "State": "SUCCEEDED"}
                glue.create_trigger(Type="CONDITIONAL", StartOnCreation=True, Predicate={"Conditions": [condition]}, **trigger)
            before = job


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory):
    home = tmp_path_factory.mktemp("home") / "endpoint"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "internal" / "endpoint" / "python")}
    log = (home.parent / "log").open("wb")
    command = [sys.executable, "-m", "lakekeel_endpoint", "--home", str(home), "--jars", str(home), "--port", "0"]
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        record = wait_for(home / "endpoint.json", process, home.parent / "log")
        endpoint = Endpoint(record["url"], record["account"], record["region"])
        endpoint.client("s3").create_bucket(Bucket="smoke-scripts", CreateBucketConfiguration={"LocationConstraint": endpoint.region})
        yield endpoint
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        log.close()


def wait_for(path: pathlib.Path, process: subprocess.Popen, log: pathlib.Path) -> dict:
    """Return the endpoint's record as soon as the endpoint answers."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the endpoint ended: {log.read_text()[-2000:]}")
        if path.exists():
            return json.loads(path.read_text())
        time.sleep(0.1)
    raise TimeoutError(f"no endpoint in 90 s: {log.read_text()[-2000:]}")
