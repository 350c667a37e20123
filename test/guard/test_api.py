"""Every resource of every golden, as the AWS call that it becomes."""

from __future__ import annotations

import pytest
from api_model import call_of, resource_faults


def test_the_service_would_take_every_resource(template: dict) -> None:
    found = [
        f"{logical_id} ({resource['Type']}): {fault}"
        for logical_id, resource in template["Resources"].items()
        for fault in resource_faults(resource["Type"], resource.get("Properties", {}))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("resource_type", "call"),
    [
        ("AWS::Glue::Job", "CreateJob"),
        ("AWS::Glue::Crawler", "CreateCrawler"),
        ("AWS::Glue::Trigger", "CreateTrigger"),
        ("AWS::Glue::Workflow", "CreateWorkflow"),
        ("AWS::KMS::Key", "CreateKey"),
        ("AWS::CodePipeline::Pipeline", "CreatePipeline"),
    ],
)
def test_the_call_is_found(resource_type: str, call: str) -> None:
    assert call_of(resource_type).name == call


JOB = {"Role": "glue", "Command": {"Name": "glueetl", "ScriptLocation": "s3://scripts/a.py"}, "Name": "a"}


@pytest.mark.parametrize(
    ("resource_type", "properties", "fault"),
    [
        ("AWS::Glue::Job", {**JOB, "WorkerType": "G.3X"}, "WorkerType is 'G.3X'"),
        ("AWS::Glue::Job", {**JOB, "Name": "n" * 256}, "Name: length is 256; want at most 255"),
        ("AWS::Glue::Job", {"Name": "a", "Role": "glue"}, "CreateJob needs Command"),
        ("AWS::Glue::Job", {**JOB, "Command": {"Nam": "glueetl"}}, "Command.Nam: no such member of JobCommand"),
        ("AWS::Glue::Job", {**JOB, "Timeout": "an hour"}, "Timeout is 'an hour'; want a number"),
        ("AWS::Glue::Trigger", {"Name": "t", "Type": "SOMETIMES", "Actions": []}, "Type is 'SOMETIMES'"),
        ("AWS::Glue::Crawler", {"Name": "c", "Role": "r", "Targets": []}, "Targets is a list; want an object"),
    ],
)
def test_a_planted_mistake_is_found(resource_type: str, properties: dict, fault: str) -> None:
    assert any(fault in found for found in resource_faults(resource_type, properties)), resource_faults(resource_type, properties)


def test_a_sound_resource_passes() -> None:
    assert resource_faults("AWS::Glue::Job", {**JOB, "Name": {"Ref": "Name"}, "WorkerType": "G.1X"}) == []
