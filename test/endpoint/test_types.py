"""Every mapped type: created by a stack, shown by its service, changed, deleted."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError
from cases import CASES, Case
from conftest import ROOT, environment

import stacks


def template(case: Case, properties: dict) -> dict:
    wanted = {k: v for k, v in properties.items() if v is not None}
    made = stacks.resources(It=(case.type, wanted), **case.beside)
    made["Outputs"] = {"Ref": {"Value": {"Ref": "It"}}}
    for name in case.attributes:
        made["Outputs"]["Att" + name.replace(".", "")] = {"Value": {"Fn::GetAtt": ["It", name]}}
    return made


def shown(case: Case, aws, ref: str) -> dict | None:
    """What the service shows, or None when it says that there is nothing."""
    try:
        return case.look(aws, ref) or None
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            raise  # that is no answer
        return None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.type.replace("::", "-"))
def test_a_mapped_type_is_created_changed_and_deleted(case, aws):
    name = "case-" + case.type.split("::", 1)[1].replace("::", "-")

    outputs = stacks.deploy(aws, name, template(case, case.properties))
    there = shown(case, aws, outputs["Ref"])
    assert there, f"{case.type} {outputs['Ref']} is not shown by its service"
    assert {k: there.get(k) for k in case.shows} == case.shows
    assert all(outputs["Att" + a.replace(".", "")] for a in case.attributes)

    if case.changed:
        changed = stacks.deploy(aws, name, template(case, {**case.properties, **case.change}))
        assert changed["Ref"] == outputs["Ref"], "the update must not make a new resource"
        there = shown(case, aws, changed["Ref"])
        assert {k: there.get(k) for k in case.changed} == case.changed

    stacks.delete(aws, name)
    if not case.stays:
        assert shown(case, aws, outputs["Ref"]) is None, "it is still there after the stack was deleted"


def coverage() -> dict:
    """What `--types --json` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "lakekeel_endpoint", "--types", "--json"], env=environment(), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_every_mapped_type_has_a_case():
    mapped = {t["type"] for t in coverage()["types"] if t["provisioner"] == "lakekeel"}
    assert mapped == {case.type for case in CASES}


def test_the_coverage_names_engine_and_status():
    types = {t["type"]: t for t in coverage()["types"]}
    assert types["AWS::S3::Bucket"]["engine"] == "ministack"
    assert types["AWS::LakeFormation::Tag"]["engine"] == "moto"
    assert (types["AWS::QuickSight::Topic"]["engine"], types["AWS::QuickSight::Topic"]["status"]) == ("lakekeel", "record")
    assert types["AWS::LakeFormation::DataCellsFilter"]["status"] == "record"


def test_the_table_is_aligned_and_counted():
    done = subprocess.run(
        [sys.executable, "-m", "lakekeel_endpoint", "--types"], env=environment(), capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    body = lines[1 : lines.index("")]
    column = lines[0].index("STATUS")
    assert all(line[column - 1] == " " and line[column] != " " for line in body)
    counts = [line for line in lines[lines.index("") + 1 :] if re.match(r" {0,3}\d+  \w", line)]
    assert sum(int(line.split()[0]) for line in counts) == len(body)


def test_a_running_endpoint_tells_its_coverage(endpoint):
    from urllib.request import urlopen

    with urlopen(f"{endpoint.url}/_lakekeel/types") as answer:
        told = json.load(answer)
    assert told == coverage()


@pytest.mark.parametrize("golden", ["covid19.json", "pipeline.json"])
def test_everything_in_the_stacks_that_we_ship_is_created(golden):
    template = json.loads((ROOT / "test" / "testdata" / golden).read_text())
    used = {r["Type"] for r in template["Resources"].values() if not r["Type"].startswith("Custom::")}
    assert used <= {t["type"] for t in coverage()["types"] if t["status"] == "created"}


def test_the_pipeline_that_we_ship_deploys(aws):
    template = json.loads((ROOT / "test" / "testdata" / "pipeline.json").read_text())
    template.pop("Rules", None)  # they ask for the bootstrap's version
    template["Parameters"].pop("BootstrapVersion", None)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Code"] = {"ZipFile": "def handler(event, context): pass"}  # the golden masks the asset
    aws("s3").create_bucket(Bucket="pipeline-template", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    aws("s3").put_object(Bucket="pipeline-template", Key="t.json", Body=json.dumps(template).encode())
    url = aws("s3").meta.endpoint_url + "/pipeline-template/t.json"
    aws("cloudformation").create_stack(StackName="Shipped", TemplateURL=url, Capabilities=["CAPABILITY_NAMED_IAM"])

    assert stacks.wait(aws("cloudformation"), "Shipped")["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(
        aws("cloudformation"), "Shipped"
    )
    name = next(iter(aws("codepipeline").list_pipelines()["pipelines"]))["name"]
    stages = aws("codepipeline").get_pipeline(name=name)["pipeline"]["stages"]
    assert [s["name"] for s in stages][:4] == ["Source", "Build", "UpdatePipeline", "Assets"]
    stacks.delete(aws, "Shipped")
