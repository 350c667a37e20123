"""Types that nothing backs: refused by name, or recorded loudly when asked for."""

from __future__ import annotations

import json
from urllib.request import urlopen

import pytest

import stacks

TEMPLATE = stacks.resources(Canary=("AWS::Synthetics::Canary", {"Name": "c"}), Topic=("AWS::SNS::Topic", {"TopicName": "beside"}))


def test_refused_by_name_before_anything_is_created(aws):
    with pytest.raises(aws("cloudformation").exceptions.ClientError, match="Unrecognized resource types") as refused:
        aws("cloudformation").create_stack(StackName="Refused", TemplateBody=json.dumps(TEMPLATE))
    assert "Unrecognized resource types: [AWS::Synthetics::Canary]" in str(refused.value)
    assert "lakekeel up --record-unknown" in str(refused.value)
    assert not [t for t in aws("sns").list_topics()["Topics"] if t["TopicArn"].endswith(":beside")]


def test_recorded_and_said_so(start):
    endpoint = start("--record-unknown")
    stacks.deploy(endpoint.client, "Recorded", TEMPLATE)
    said = stacks.reasons(endpoint.client("cloudformation"), "Recorded")
    reason = "RECORDED ONLY: nothing at the local endpoint backs AWS::Synthetics::Canary"
    assert any(line.startswith(f"Canary CREATE_COMPLETE: {reason}") for line in said)
    assert reason in endpoint.log.read_text()
    with urlopen(f"{endpoint.url}/_lakekeel/types") as answer:
        types = {t["type"]: t["status"] for t in json.load(answer)["types"]}
    assert types["AWS::Synthetics::Canary"] == "recorded only"
    stacks.delete(endpoint.client, "Recorded")


def test_a_steering_type_is_not_recorded(start):
    endpoint = start("--record-unknown")
    with pytest.raises(Exception, match=r"AWS::CloudFormation::Macro"):
        endpoint.client("cloudformation").create_stack(
            StackName="Macro", TemplateBody=json.dumps(stacks.resources(M=("AWS::CloudFormation::Macro", {"Name": "m"})))
        )
