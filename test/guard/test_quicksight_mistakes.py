"""Planted mistakes in QuickSight's definitions, and which of three checks finds each.

quicksight/sound.json is what our types write; quicksight/mistakes.json changes one member each. Linters and the service's
model are run here, our own rules by `go test ./constructs/quicksight`; what each finds stands in the file. None passes all three.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest
from api_model import resource_faults
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from cloudformation_validate import TemplateContent
from test_templates import engine

FOLDER = Path(__file__).parent / "quicksight"
SOUND = json.loads((FOLDER / "sound.json").read_text())
MISTAKES = json.loads((FOLDER / "mistakes.json").read_text())


def planted(resource: str, path: str, value: object) -> dict:
    """A copy of the resource's properties with the member at path changed, or deleted for None."""
    copy = json.loads(json.dumps(SOUND[resource]))
    *above, last = path.split("/")
    at = copy
    for key in above:
        at = at[int(key)] if isinstance(at, list) else at[key]
    if value is None:
        del at[last]
    else:
        at[int(last) if isinstance(at, list) else last] = value
    return copy


@functools.cache
def linted() -> set[str]:
    """The logical ids in which cfn-lint or the CDK's validator finds an error, all looked at in one go, for a start costs most."""
    resources = {f"Sound{i}": {"Type": name, "Properties": SOUND[name]} for i, name in enumerate(SOUND)}
    for i, m in enumerate(MISTAKES):
        resources[f"Planted{i}"] = {"Type": m["resource"], "Properties": planted(m["resource"], m["path"], m["value"])}
    text = json.dumps({"Resources": resources})
    # E3019 finds that all of them have one id.
    matches = lint(text, config=ManualArgs(regions=["eu-west-1"], ignore_checks=["E3019", "W", "I"]))
    found = {str(match.path[1]) for match in matches if match.path and len(match.path) > 1}
    for item in engine().validate_template(TemplateContent(text)).diagnostics:
        if item.severity.name in ("FATAL", "ERROR") and not item.rule_id.endswith("3019") and item.entity:
            found.add(item.entity.logical_id)
    return found


@pytest.mark.parametrize(("i", "resource"), list(enumerate(SOUND)))
def test_what_we_write_is_sound(i: int, resource: str) -> None:
    assert f"Sound{i}" not in linted()
    assert resource_faults(resource, SOUND[resource]) == []


@pytest.mark.parametrize(
    ("i", "mistake"), list(enumerate(MISTAKES)), ids=[m["resource"].rsplit(":", 1)[-1] + ": " + m["name"] for m in MISTAKES]
)
def test_each_check_finds_what_it_is_said_to(i: int, mistake: dict) -> None:
    api = bool(resource_faults(mistake["resource"], planted(mistake["resource"], mistake["path"], mistake["value"])))
    assert {"lint": f"Planted{i}" in linted(), "api": api} == {"lint": mistake["lint"], "api": mistake["api"]}
    assert mistake["lint"] or mistake["api"] or mistake["ours"], "passes all three checks"
