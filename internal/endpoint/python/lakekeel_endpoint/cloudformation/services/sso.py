"""IAM Identity Center: permission sets and assignments."""

import json

from ...loopback import client
from ..mapping import Call, Mapping, only, without


def _attach(physical_id: str, properties: dict, before: dict) -> None:
    """The policies of a permission set, which operations of their own attach."""
    sso = client("sso-admin")
    this = {"InstanceArn": properties["InstanceArn"], "PermissionSetArn": _set_arn(physical_id)}
    wanted, present = set(properties.get("ManagedPolicies", [])), set(before.get("ManagedPolicies", []))
    for policy in sorted(wanted - present):
        sso.attach_managed_policy_to_permission_set(**this, ManagedPolicyArn=policy)
    for policy in sorted(present - wanted):
        sso.detach_managed_policy_from_permission_set(**this, ManagedPolicyArn=policy)
    inline = properties.get("InlinePolicy")
    if inline:
        sso.put_inline_policy_to_permission_set(**this, InlinePolicy=inline if isinstance(inline, str) else json.dumps(inline))
    elif before.get("InlinePolicy"):
        sso.delete_inline_policy_from_permission_set(**this)


def _set_arn(physical_id: str) -> str:
    """The physical id is INSTANCE_ARN|PERMISSION_SET_ARN, as on AWS."""
    return physical_id.split("|")[-1]


_POLICIES = ("ManagedPolicies", "InlinePolicy", "CustomerManagedPolicyReferences", "PermissionsBoundary")

MAPPINGS = (
    Mapping(
        type="AWS::SSO::PermissionSet",
        service="sso-admin",
        create="create_permission_set",
        arguments=lambda p: {
            **without(p, *_POLICIES, "RelayStateType"),
            **({"RelayState": p["RelayStateType"]} if "RelayStateType" in p else {}),
        },
        ref=lambda answer, arguments: f"{arguments['InstanceArn']}|{answer['PermissionSet']['PermissionSetArn']}",
        attributes=lambda answer, arguments: {"PermissionSetArn": answer["PermissionSet"]["PermissionSetArn"]},
        update=Call(
            "update_permission_set",
            lambda pid, p: {**only(p, "InstanceArn", "Description", "SessionDuration"), "PermissionSetArn": _set_arn(pid)},
        ),
        delete=Call("delete_permission_set", lambda pid, p: {"InstanceArn": p["InstanceArn"], "PermissionSetArn": _set_arn(pid)}),
        replace=("InstanceArn", "Name"),
        settle=_attach,
    ),
    Mapping(
        type="AWS::SSO::Assignment",
        service="sso-admin",
        create="create_account_assignment",
        ref=lambda answer, arguments: "|".join(str(arguments[k]) for k in sorted(arguments)),
        delete=Call("delete_account_assignment", lambda pid, p: p),
    ),
)
