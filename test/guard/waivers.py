"""Findings that stand, each with the reason why.

A waiver names the tool's rule and the resource type it is waived for ("" for
a finding about the template as a whole). test_templates.py fails when a
waiver matches nothing any more, so that this list only shrinks by itself.
"""

from __future__ import annotations

from typing import NamedTuple


class Waiver(NamedTuple):
    rule: str
    resource_type: str
    reason: str


WAIVERS: tuple[Waiver, ...] = (
    Waiver(
        "W3005",
        "AWS::CodePipeline::Pipeline",
        "the CDK lets a resource depend on its role and the role's policies; the role is then said twice",
    ),
    Waiver("W3005", "AWS::Lambda::Function", "as above, of the function that compares permissions"),
    Waiver("E3703", "AWS::CodePipeline::Pipeline", "a matter of style: the CDK writes Fn::Join where the linter prefers Fn::Sub"),
)
