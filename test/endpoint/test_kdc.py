"""The KDC's reviewed template, as far as the endpoint takes its types: no node starts here, no login is made.

What it does not take is asked of `lakekeel doctor --types`, never written down here, so
that a type which it learns is deployed by this test from then on.
"""

from __future__ import annotations

import copy
import json

import pytest
from botocore.exceptions import ClientError
from conftest import ROOT
from test_lakehouse import TAKEN, refers
from test_types import coverage

import stacks

BUCKET = "kdc-templates"


@pytest.fixture(scope="module")
def template() -> dict:
    return json.loads((ROOT / "test" / "testdata" / "kdc.json").read_text())


@pytest.fixture(scope="module")
def lacking(template) -> set[str]:
    """Types that nothing backs. The custom resource's function really runs, so it is not among them."""
    taken = {entry["type"] for entry in coverage()["types"] if entry["status"] in TAKEN}
    return {kind for kind in {r["Type"] for r in template["Resources"].values()} - taken if not kind.startswith("Custom::")}


@pytest.fixture(scope="module")
def known(template, lacking) -> dict:
    """The template without resources of the lacking types and without what refers to them."""
    resources = copy.deepcopy(template["Resources"])
    gone = {name for name, r in resources.items() if r["Type"] in lacking}
    while gone:
        resources = {name: r for name, r in resources.items() if name not in gone}
        gone = {name for name, r in resources.items() if refers(r.get("Properties"), set(resources))}
    for r in resources.values():
        waits = r.get("DependsOn", [])
        r["DependsOn"] = [d for d in ([waits] if isinstance(waits, str) else waits) if d in resources]
    return {"Resources": resources}


@pytest.fixture(scope="module")
def deploy(endpoint):
    s3, cloudformation = endpoint.client("s3"), endpoint.client("cloudformation")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def deploy(name: str, template: dict, call: str = "create_stack") -> str:
        """Create or update a stack whose template is too large for the call itself; its status."""
        s3.put_object(Bucket=BUCKET, Key=name, Body=json.dumps(template).encode())
        url = f"https://s3.eu-west-1.amazonaws.com/{BUCKET}/{name}"
        getattr(cloudformation, call)(StackName=name, TemplateURL=url, Capabilities=["CAPABILITY_NAMED_IAM"])
        return stacks.wait(cloudformation, name, limit=120)["StackStatus"]

    yield deploy
    for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    s3.delete_bucket(Bucket=BUCKET)


def test_what_lacks_is_refused_by_name(template, lacking, deploy, aws):
    if not lacking:
        pytest.fail("the endpoint takes every type: deploy the whole template here")
    try:
        assert deploy("kdc-whole", {"Resources": template["Resources"]}) != "CREATE_COMPLETE"
        said = "\n".join(stacks.reasons(aws("cloudformation"), "kdc-whole"))
    except ClientError as err:
        said = str(err)
    assert {kind for kind in lacking if kind in said} == lacking, said


def test_the_rest_is_deployed_and_another_realm_is_refused(known, lacking, deploy, aws):
    print("not taken by the endpoint:", ", ".join(sorted(lacking)))
    assert deploy("kdc", known) == "CREATE_COMPLETE", "\n".join(stacks.reasons(aws("cloudformation"), "kdc"))

    secret = json.loads(aws("secretsmanager").get_secret_value(SecretId="kdc/main/database")["SecretString"])
    assert (secret["realm"], secret["domain"], len(secret["database_password"])) == ("EMR.EXAMPLE.COM", "emr.example.com", 40)

    changed = copy.deepcopy(known)
    guard = next(r for r in changed["Resources"].values() if r["Type"] == "Custom::KerberosFixed")
    guard["Properties"]["Realm"] = "OTHER.EXAMPLE.COM"
    status = deploy("kdc", changed, "update_stack")
    said = "\n".join(stacks.reasons(aws("cloudformation"), "kdc"))
    assert status == "UPDATE_ROLLBACK_COMPLETE", said
    assert "Realm is OTHER.EXAMPLE.COM; want EMR.EXAMPLE.COM, which a live database keeps" in said
    assert json.loads(aws("secretsmanager").get_secret_value(SecretId="kdc/main/database")["SecretString"]) == secret

    # A cluster is protected unless the props say otherwise; so it takes a person's hand to delete it.
    clusters = [c["Id"] for c in aws("emr").list_clusters()["Clusters"] if c["Name"] == "Kdc"]
    aws("emr").set_termination_protection(JobFlowIds=clusters, TerminationProtected=False)
    stacks.delete(aws, "kdc")
