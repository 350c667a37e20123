"""What moto looks for in its own backends although it lives in ministack's.

moto checks that a pipeline's role exists and that a cluster's subnets do. Both
are ministack's here, so they are shown to moto just before a call that asks
for them. This happens where the call is made, so that it happens again when
the journal is played.
"""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from ministack.services import ec2, iam

from .wire import Request


def introduce(service: str, request: Request, account: str, region: str) -> None:
    """Show moto what a request refers to."""
    if service == "codepipeline" and request.action in ("CreatePipeline", "UpdatePipeline"):
        _role(json.loads(request.body)["pipeline"].get("roleArn", ""), account)
    if service == "redshift" and request.action == "CreateClusterSubnetGroup":
        fields = parse_qsl(request.body.decode())
        for subnet in (value for name, value in fields if name.startswith("SubnetIds.")):
            _subnet(subnet, account, region)


def _role(arn: str, account: str) -> None:
    from moto.iam.models import iam_backends

    role = iam._roles.get(arn.rsplit("/", 1)[-1])
    if role is None or not arn.startswith("arn:"):
        return  # moto then refuses the pipeline, as AWS does
    backend = iam_backends[account][arn.split(":")[1]]
    known = next((r for r in backend.roles.values() if r.arn == arn), None)
    if known is None:
        trust = role["AssumeRolePolicyDocument"]
        backend.create_role(
            role_name=role["RoleName"],
            assume_role_policy_document=trust if isinstance(trust, str) else json.dumps(trust),
            path=role.get("Path", "/"),
            permissions_boundary=None,
            description="",
            tags=[],
            max_session_duration="3600",
        )


def _subnet(identity: str, account: str, region: str) -> None:
    from moto.ec2.models import ec2_backends

    subnet = ec2._subnets.get(identity)
    if subnet is None:
        return
    backend = ec2_backends[account][region]
    zone = subnet.get("AvailabilityZone") or f"{region}a"
    if identity in backend.subnets[zone]:
        return
    # moto makes up the identifiers of what it creates: make one of its own and give it ours.
    vpc = backend.create_vpc(cidr_block=subnet["CidrBlock"])
    made = backend.create_subnet(vpc.id, subnet["CidrBlock"], availability_zone=zone)
    del backend.subnets[zone][made.id]
    made.id, made.vpc_id = identity, subnet["VpcId"]
    backend.subnets[zone][identity] = made
