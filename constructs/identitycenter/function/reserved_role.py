"""Find the role that IAM Identity Center made in this account for a permission set.

PermissionSet  its name
Account        this account, for messages
Wait           seconds to look for before giving up
"""

import re
import time

import boto3

PATH = "/aws-reserved/sso.amazonaws.com/"  # and the region, outside us-east-1
LONGEST = 30  # seconds between two looks; they double from 1


def act(request, properties, _before):
    name = properties["PermissionSet"]
    if request == "Delete":
        return name, {}
    role = wait_for(name, properties["Account"], int(properties["Wait"]))
    return name, {"Arn": role["Arn"], "Name": role["RoleName"]}


def wait_for(name, account, limit):
    """The role, as soon as it is there."""
    end, pause = time.monotonic() + limit, 1
    while True:
        found = matching(name)
        if len(found) == 1:
            return found[0]
        if found:
            arns = ", ".join(sorted(role["Arn"] for role in found))
            raise ValueError(f"permission set {name} has {len(found)} roles in account {account}: {arns}; pin the one that is meant")
        if time.monotonic() + pause > end:
            raise ValueError(f"permission set {name} has no role in account {account} after {limit} seconds; is it assigned there?")
        time.sleep(pause)
        pause = min(2 * pause, LONGEST)


def matching(name):
    role = re.compile(rf"AWSReservedSSO_{re.escape(name)}_[0-9a-f]{{16}}")
    pages = boto3.client("iam").get_paginator("list_roles").paginate(PathPrefix=PATH)
    return [found for page in pages for found in page["Roles"] if role.fullmatch(found["RoleName"])]
