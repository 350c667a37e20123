"""Our own rules: each refuses a template that breaks it, and only that."""

from __future__ import annotations

import json

import pytest
from cloudformation_validate import TemplateContent
from test_templates import RULES, engine

CONNECTION = {
    "Type": "AWS::Glue::Connection",
    "Properties": {
        "CatalogId": {"Ref": "AWS::AccountId"},
        "ConnectionInput": {"ConnectionType": "JDBC", "ConnectionProperties": {"JDBC_CONNECTION_URL": "jdbc:mysql://db:3306/x"}},
    },
}
TRIGGER = {
    "Type": "AWS::Glue::Trigger",
    "Properties": {
        "Type": "CONDITIONAL",
        "StartOnCreation": True,
        "Actions": [{"JobName": "a"}],
        "Predicate": {"Conditions": [{"LogicalOperator": "EQUALS", "JobName": "b", "State": "SUCCEEDED"}]},
    },
}
JOB = {
    "Type": "AWS::Glue::Job",
    "Properties": {
        "Role": "glue",
        "Command": {"Name": "glueetl", "ScriptLocation": "s3://scripts/a.py"},
        "SecurityConfiguration": "sealed",
    },
}
CRAWLER = {
    "Type": "AWS::Glue::Crawler",
    "Properties": {"Role": "glue", "Targets": {"S3Targets": [{"Path": "s3://lake/a"}]}, "CrawlerSecurityConfiguration": "sealed"},
}


def changed(resource: dict, path: list[str], value: object) -> dict:
    """A copy of resource with the property at path set, or deleted for None."""
    copy = json.loads(json.dumps(resource))
    inner = copy["Properties"]
    for key in path[:-1]:
        inner = inner[key]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return copy


PLANTED = {
    "GLUE_CONNECTION_NO_PLAIN_PASSWORD": [changed(CONNECTION, ["ConnectionInput", "ConnectionProperties", "PASSWORD"], "hunter2")],
    "GLUE_CONDITIONAL_TRIGGER_STARTS": [
        changed(TRIGGER, ["StartOnCreation"], False),
        changed(TRIGGER, ["StartOnCreation"], None),
        changed(TRIGGER, ["EventBatchingCondition"], {"BatchSize": 1}),
    ],
    "GLUE_JOB_ENCRYPTED": [changed(JOB, ["SecurityConfiguration"], None)],
    "GLUE_CRAWLER_ENCRYPTED": [changed(CRAWLER, ["CrawlerSecurityConfiguration"], None)],
}


def ours(resource: dict) -> set[str]:
    """The rules of ours that find something in a template of one resource."""
    body = TemplateContent(json.dumps({"Resources": {"Planted": resource}}))
    found = {item.rule_id for item in engine().validate_template(body).diagnostics}
    return {name for name in PLANTED if any(name in rule_id for rule_id in found)}


@pytest.mark.parametrize(("rule", "planted"), [(rule, r) for rule, rs in PLANTED.items() for r in rs])
def test_the_rule_refuses_what_breaks_it(rule: str, planted: dict) -> None:
    assert ours(planted) == {rule}


@pytest.mark.parametrize("sound", [CONNECTION, TRIGGER, JOB, CRAWLER], ids=lambda r: r["Type"])
def test_a_sound_resource_passes(sound: dict) -> None:
    assert ours(sound) == set()


def test_every_rule_has_a_planted_mistake() -> None:
    named = {line.split()[1] for path in RULES for line in path.read_text().splitlines() if line.startswith("rule ")}
    assert named == set(PLANTED)
