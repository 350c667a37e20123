"""A governed Covid-19 lake, deployed by the real cdk deploy at an endpoint of its own."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.config import Config

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from program import Program  # noqa: E402

CONFIG = Path(__file__).with_name("lakekeel.yaml")
PRODUCER, CONSUMER = "123456789012", "210987654321"


class Lake(Program):
    """The program with a configuration of its own, of two accounts."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.config = home / "lakekeel.yaml"
        self.config.write_text(CONFIG.read_text())

    def say(self, *changes: str) -> None:
        """Change the configuration: old and new text, in turn."""
        text = CONFIG.read_text()
        for old, new in zip(changes[::2], changes[1::2], strict=True):
            assert old in text
            text = text.replace(old, new)
        self.config.write_text(text)

    def deploy(self) -> str:
        return self.do("deploy", "Local", "--", "-c", f"config={self.config}")

    @property
    def assembly(self) -> str:
        """What the last deployment synthesized."""
        return str(self.home / "cdk" / "cdk.out")

    def access(self) -> list[dict]:
        return json.loads(self.do("access", self.assembly, "--format", "json"))

    def lines(self) -> list[dict]:
        return list(csv.DictReader(self.do("access", self.assembly, "--format", "csv").splitlines()))

    def client(self, service: str, account: str = PRODUCER):
        return super().client(service, account, config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """The lake, its consumer and their governance, deployed; what was open before is there to be closed."""
    deployed = Lake(tmp_path_factory.mktemp("lake"))
    deployed.do("up")
    try:
        everybody = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}
        for resource in (
            {"Database": {"CatalogId": PRODUCER, "Name": "covid19db"}},
            {"Table": {"CatalogId": PRODUCER, "DatabaseName": "covid19db", "Name": "neherlab_population"}},
        ):
            deployed.client("lakeformation").grant_permissions(Principal=everybody, Resource=resource, Permissions=["ALL"])
        deployed.deploy()
        yield deployed
    finally:
        deployed.do("down")
