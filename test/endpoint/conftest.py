"""A real endpoint process for the tests, and clients that call it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "internal" / "endpoint" / "python"
ACCOUNT = "123456789012"
REGION = "eu-west-1"


class Endpoint:
    """One endpoint process on a free port."""

    def __init__(self, home: Path, *arguments: str):
        self.home = home
        self._clients: dict = {}
        self.log = home / "endpoint.log"
        home.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "lakekeel_endpoint", "--home", str(home), "--jars", str(jars()), "--minute", "1", *arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=environment(), stdout=log, stderr=log)
        self.ready = self._wait()
        self.url = self.ready["url"]

    def _wait(self, limit: float = 30) -> dict:
        """What the ready file says; fails with the process's own words when it does not come."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if (self.home / "endpoint.json").exists():
                ready = json.loads((self.home / "endpoint.json").read_text())
                if ready["pid"] == self.process.pid:
                    return ready
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"the endpoint did not answer: {self.log.read_text()}")

    def client(self, service: str):
        """A boto3 client of this endpoint."""
        if service not in self._clients:
            self._clients[service] = self._new_client(service)
        return self._clients[service]

    def _new_client(self, service: str):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=20)


def environment() -> dict:
    """This process's environment with the package on the path."""
    path = os.pathsep.join(filter(None, [str(PACKAGE), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "AWS_EC2_METADATA_DISABLED": "true"}


def jars() -> Path:
    """Spark's S3A jars; the tests here run no Spark job, so the folder may be empty."""
    return Path(os.environ.get("LAKEKEEL_HOME", ROOT / ".lakekeel")) / "jars"


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory):
    """One endpoint for all tests that leave it as they found it."""
    running = Endpoint(tmp_path_factory.mktemp("endpoint"))
    yield running
    running.stop()


@pytest.fixture
def start(tmp_path):
    """Starts endpoints of the test's own, and stops them afterwards."""
    started = []

    def begin(*arguments: str, home: Path | None = None) -> Endpoint:
        started.append(Endpoint(home or tmp_path / "home", *arguments))
        return started[-1]

    yield begin
    for running in started:
        if running.process.poll() is None:
            running.stop(signal.SIGKILL)


@pytest.fixture
def aws(endpoint):
    """Clients of the shared endpoint: aws("glue")."""
    return endpoint.client
