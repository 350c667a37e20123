"""IAM: what ministack's role provisioner drops."""

from ...loopback import client
from ..completion import Completion


def _complete_role(role: str, properties: dict, before: dict) -> None:
    boundary = properties.get("PermissionsBoundary")
    if boundary:
        client("iam").put_role_permissions_boundary(RoleName=role, PermissionsBoundary=boundary)
    elif before.get("PermissionsBoundary"):
        client("iam").delete_role_permissions_boundary(RoleName=role)


COMPLETIONS = (Completion("AWS::IAM::Role", _complete_role, ("PermissionsBoundary",)),)
