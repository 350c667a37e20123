"""Find the id of a group or a user of IAM Identity Center.

IdentityStore  where to look, d-0123456789
Kind           GROUP, found by its display name, or USER, found by its user name
Name           that name
"""

import boto3
from botocore.exceptions import ClientError

FIND = {"GROUP": ("get_group_id", "displayName", "GroupId"), "USER": ("get_user_id", "userName", "UserId")}


def act(request, properties, _before):
    store, kind, name = properties["IdentityStore"], properties["Kind"], properties["Name"]
    if request == "Delete":
        return f"{kind}:{name}", {}
    operation, attribute, member = FIND[kind]
    unique = {"UniqueAttribute": {"AttributePath": attribute, "AttributeValue": name}}
    try:
        found = getattr(boto3.client("identitystore"), operation)(IdentityStoreId=store, AlternateIdentifier=unique)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise ValueError(f"identity store {store} has no {kind.lower()} {name!r}") from None
    return f"{kind}:{name}", {"Id": found[member]}
