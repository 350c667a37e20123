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
    Waiver("W3005", "AWS::StepFunctions::StateMachine", "as above"),
    Waiver("W9002", "AWS::EKS::AccessEntry", "the roles of people are made elsewhere, so that their names are configuration"),
    Waiver("E3703", "AWS::CodePipeline::Pipeline", "a matter of style: the CDK writes Fn::Join where the linter prefers Fn::Sub"),
    Waiver(
        "E1029",
        "AWS::QuickSight::Dashboard",
        "${name} is QuickSight's way to write a parameter in an expression; CloudFormation leaves it alone",
    ),
    Waiver("E1029", "AWS::QuickSight::Analysis", "as above"),
    Waiver(
        "W9002",
        "AWS::QuickSight::Dashboard",
        "the ARN is made of the theme's id where it is deployed, so that no stack imports another's outputs",
    ),
    Waiver("W9002", "AWS::SSO::PermissionSet", "an instance has neither region nor account; its partition is a token"),
    Waiver("W9002", "AWS::SSO::Assignment", "as above"),
    Waiver("E3012", "AWS::LakeFormation::PrincipalPermissions", "the schema has the catalog as text, the service as an empty object"),
    Waiver("F3012", "AWS::LakeFormation::PrincipalPermissions", "as above, by the CDK's validator"),
)
