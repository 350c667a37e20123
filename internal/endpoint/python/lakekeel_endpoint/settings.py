"""What one run of the endpoint was asked for, and the environment its engines read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"  # loopback only: nothing here authenticates anybody


@dataclass(frozen=True)
class Settings:
    """One run of the endpoint."""

    home: Path  # endpoint.json, state/ and runs/ live here
    jars: Path  # the S3A jars that Spark jobs need
    port: int  # the bound port, never 0
    account: str = "123456789012"  # twelve digits; also the access key id that reaches it
    region: str = "eu-west-1"
    persist: bool = False  # state survives a restart
    record_unknown: bool = False  # record types that nothing backs instead of refusing them
    minute: float = 60.0  # seconds that a declared minute lasts (timeouts, event windows)

    @property
    def url(self) -> str:
        """The endpoint URL that every client uses."""
        return f"http://{HOST}:{self.port}"

    @property
    def state(self) -> Path:
        """Where this run keeps its state.

        A run without --persist starts empty; it must not empty what an earlier
        run with --persist was asked to keep, so the two never share a folder.
        """
        return self.home / "state" / ("kept" if self.persist else "run")

    @property
    def temporary(self) -> Path:
        """Temporary files of the engines; emptied at every start."""
        return self.home / "state" / "tmp"

    @property
    def runs(self) -> Path:
        """Working folders and logs of Glue job runs."""
        return self.home / "runs"

    def environment(self) -> dict[str, str]:
        """The variables that ministack, moto and boto3 read when they are imported.

        Children (Lambda functions, jobs) inherit them, so whatever they call
        comes back here and never reaches a real account: profiles and the
        instance metadata service are cut off.
        """
        environment = {
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "MINISTACK_ACCOUNT_ID": self.account,
            "MINISTACK_REGION": self.region,
            "MOTO_ACCOUNT_ID": self.account,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # Engines use a Docker daemon when they see one; what runs here must
            # not depend on whether the machine happens to have it.
            "DOCKER_HOST": f"unix://{self.home}/no-docker.sock",
            "LAMBDA_EXECUTOR": "local",
            # "auto" would answer queries with made-up rows if DuckDB could not be imported.
            "ATHENA_ENGINE": "duckdb",
            "PERSIST_STATE": "1" if self.persist else "0",
            "STATE_DIR": str(self.state),
            # Object bodies always go to disk: a real data set would not fit in memory.
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.state / "s3"),
            # Unpacked Lambda functions and the like: not left behind in the machine's.
            "TMPDIR": str(self.temporary),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        # Node Lambdas (CDK's own custom resources among them) expect the AWS SDK
        # that AWS's runtime brings; set-up installs it beside the CDK CLI.
        modules = self.home.parent / "node" / "node_modules"
        if modules.is_dir():
            environment["NODE_PATH"] = os.pathsep.join(filter(None, [str(modules), os.environ.get("NODE_PATH")]))
        return environment

    def apply(self) -> None:
        """Put the environment in place. Call it before any engine is imported."""
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
            os.environ.pop(name, None)
        os.environ.update(self.environment())
