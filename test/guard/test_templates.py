"""Linters, our own rules and CloudFormation's limits over every golden template."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import cloudformation_validate as validate
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from waivers import WAIVERS, Waiver

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MAX_RESOURCES = 500
MAX_OUTPUTS = 200
MAX_TEMPLATE_BYTES = 1024 * 1024

RULES = sorted((Path(__file__).parent / "rules").glob("*.guard"))
used: set[Waiver] = set()


def unwaived(rule: str, resource_type: str) -> bool:
    matching = {w for w in WAIVERS if w.rule == rule and w.resource_type == resource_type}
    used.update(matching)
    return not matching


def type_at(template: dict, path: list) -> str:
    """The type of the resource that a linter's path points into, or ""."""
    if len(path) > 1 and path[0] == "Resources":
        return template["Resources"].get(path[1], {}).get("Type", "")
    return ""


@functools.cache
def engine() -> validate.RegoEngine:
    rules = [validate.file_to_external_rule_source(path) for path in RULES]
    return validate.RegoEngine(validate.EngineConfig(guard_rules=rules))


def test_there_are_goldens() -> None:
    from conftest import GOLDENS

    assert GOLDENS, "test/testdata holds no golden template"


def test_cfn_lint_finds_nothing(golden: Path, template: dict) -> None:
    found = [
        f"{match.rule.id} {'/'.join(map(str, match.path or []))}: {match.message}"
        for match in lint(golden.read_text(), config=ManualArgs(regions=["eu-west-1"]))
        if unwaived(match.rule.id, type_at(template, list(match.path or [])))
    ]
    assert not found, "\n".join(found)


def test_the_cdk_validator_and_our_rules_find_nothing(golden: Path) -> None:
    """The engine behind the CDK's validation at synth, at warning level and above."""
    found = []
    for item in engine().validate_template(str(golden)).diagnostics:
        serious = item.severity.name in ("FATAL", "ERROR", "WARN")
        resource_type = (item.entity.resource_type or "") if item.entity else ""
        if serious and unwaived(item.rule_id, resource_type):
            where = item.entity.logical_id if item.entity else "template"
            found.append(f"{item.rule_id} {where} {item.property_path or ''}: {item.message}")
    assert not found, "\n".join(found)


def test_limits_of_cloudformation(golden: Path, template: dict) -> None:
    assert len(template["Resources"]) <= MAX_RESOURCES
    assert len(template.get("Outputs", {})) <= MAX_OUTPUTS
    assert len(json.dumps(template)) <= MAX_TEMPLATE_BYTES


def test_no_partition_is_written_by_hand(golden: Path) -> None:
    """`arn:aws:` works in one of the partitions only."""
    assert "arn:aws:" not in golden.read_text()


def test_no_waiver_is_left_over() -> None:
    """Runs last in this file: by then every golden was looked at."""
    left = [waiver for waiver in WAIVERS if waiver not in used]
    assert not left, f"delete these waivers, nothing needs them: {left}"
