"""The lakehouse's reviewed templates, as far as the endpoint takes their types.

What it does not take is asked of `lakekeel doctor --types`, never written down here, so
that a type which it learns is deployed by this test from then on.
"""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from conftest import ROOT
from test_types import coverage

import stacks

NAMES = {"Lakehouse": "lakehouse", "Lakehouse-Tenants-02": "lakehouse_sales", "Lakehouse-Tenants-05": "lakehouse_finance"}
BUCKET = "lakehouse-templates"
TAKEN = ("created", "record")


@pytest.fixture(scope="module", autouse=True)
def bucket(endpoint):
    s3 = endpoint.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield
    for name in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        s3.delete_object(Bucket=BUCKET, Key=name["Key"])
    s3.delete_bucket(Bucket=BUCKET)


@pytest.fixture(scope="module")
def templates() -> dict[str, dict]:
    return {name: json.loads((ROOT / "test" / "testdata" / f"{file}.json").read_text()) for name, file in NAMES.items()}


@pytest.fixture(scope="module")
def lacking(templates) -> set[str]:
    """Types of the templates that nothing backs. Custom resources are no types: their functions would ask a Kubernetes API server."""
    taken = {entry["type"] for entry in coverage()["types"] if entry["status"] in TAKEN}
    used = {r["Type"] for template in templates.values() for r in template["Resources"].values()}
    return {kind for kind in used - taken if not kind.startswith("Custom::")}


def without(template: dict, lacking: set[str]) -> dict:
    """The template without resources of the lacking types, without what refers to them, and without the bootstrap's version."""
    resources = dict(template["Resources"])
    gone = {name for name, r in resources.items() if r["Type"] in lacking or r["Type"].startswith("Custom::")}
    while gone:
        resources = {name: r for name, r in resources.items() if name not in gone}
        gone = {name for name, r in resources.items() if refers(r.get("Properties"), set(resources))}
    for name, r in resources.items():
        waits = r.get("DependsOn", [])
        resources[name] = {**r, "DependsOn": [d for d in ([waits] if isinstance(waits, str) else waits) if d in resources]}
    outputs = {k: v for k, v in template.get("Outputs", {}).items() if not refers(v, set(resources))}
    return {"Resources": resources, "Outputs": outputs}


def refers(value, there: set[str]) -> bool:
    """Whether value refers to something that is not there."""
    if isinstance(value, list):
        return any(refers(v, there) for v in value)
    if not isinstance(value, dict):
        return False
    name = value.get("Ref") or (value.get("Fn::GetAtt") or [None])[0]
    if name and not name.startswith("AWS::") and name not in there:
        return True
    return any(refers(v, there) for v in value.values())


def deploy(aws, name: str, template: dict) -> None:
    """Create a stack whose template is too large for the call itself."""
    aws("s3").put_object(Bucket=BUCKET, Key=name, Body=json.dumps(template).encode())
    cloudformation = aws("cloudformation")
    url = f"https://s3.eu-west-1.amazonaws.com/{BUCKET}/{name}"
    cloudformation.create_stack(StackName=name, TemplateURL=url, Capabilities=["CAPABILITY_NAMED_IAM"])
    if stacks.wait(cloudformation, name)["StackStatus"] != "CREATE_COMPLETE":
        raise stacks.StackFailed("\n".join(stacks.reasons(cloudformation, name)))


def test_what_lacks_is_refused_by_name(templates, lacking, aws):
    with pytest.raises((ClientError, stacks.StackFailed)) as refused:
        deploy(aws, "lakehouse-whole", {"Resources": templates["Lakehouse"]["Resources"]})
    missed = {kind for kind in lacking if kind in str(refused.value)}
    assert missed == lacking & {r["Type"] for r in templates["Lakehouse"]["Resources"].values()}, str(refused.value)


def test_everything_else_is_deployed(templates, lacking, aws):
    print("not taken by the endpoint:", ", ".join(sorted(lacking)))
    for name, template in templates.items():
        deploy(aws, name, without(template, lacking))

    for tenant, formats in {"sales": ("hudi", "iceberg", "delta"), "finance": ("iceberg",)}.items():
        for kind in formats:
            assert aws("glue").get_database(Name=f"{tenant}_{kind}")["Database"]
            assert aws("dynamodb").describe_table(TableName=f"lakehouse.{tenant}.{kind}")["Table"]["DeletionProtectionEnabled"]
            for step in ("load", "update", "maintain"):
                started(aws, tenant, f"{kind}-{step}")

    for name in reversed(NAMES):
        stacks.delete(aws, name)


def started(aws, tenant: str, job: str) -> None:
    """Start a job by the request that the construct wrote for the command line: boto3 checks its shape, the endpoint takes it."""
    text = aws("ssm").get_parameter(Name=f"/lakekeel/lakehouse/{tenant}/jobs/{job}")["Parameter"]["Value"]
    request = json.loads(text)
    clusters = aws("emr-containers").list_virtual_clusters()["virtualClusters"]
    run = aws("emr-containers").start_job_run(clientToken=job, **request)
    assert run["virtualClusterId"] in {c["id"] for c in clusters if c["containerProvider"]["info"]["eksInfo"]["namespace"] == tenant}
