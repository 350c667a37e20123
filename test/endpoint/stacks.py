"""Deploy, change and delete stacks, and read why it failed."""

from __future__ import annotations

import json
import time

END = ("_COMPLETE", "_FAILED")


class StackFailed(AssertionError):
    """A stack did not end as wanted; the message has the reasons of its events."""


def deploy(aws, name: str, template: dict, **more) -> dict:
    """Create or update a stack and return its outputs."""
    cloudformation = aws("cloudformation")
    arguments = {"StackName": name, "TemplateBody": json.dumps(template), "Capabilities": ["CAPABILITY_NAMED_IAM"], **more}
    try:
        cloudformation.describe_stacks(StackName=name)
        cloudformation.update_stack(**arguments)
        wanted = "UPDATE_COMPLETE"
    except cloudformation.exceptions.ClientError as error:
        if "does not exist" not in str(error):
            raise
        cloudformation.create_stack(**arguments)
        wanted = "CREATE_COMPLETE"
    stack = wait(cloudformation, name)
    if stack["StackStatus"] != wanted:
        raise StackFailed("\n".join(reasons(cloudformation, stack["StackId"])))
    return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}


def delete(aws, name: str) -> None:
    """Delete a stack and everything in it that is not to be retained."""
    cloudformation = aws("cloudformation")
    identity = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName=name)
    stack = wait(cloudformation, identity)
    if stack["StackStatus"] != "DELETE_COMPLETE":
        raise StackFailed("\n".join(reasons(cloudformation, identity)))


def wait(cloudformation, name: str, limit: float = 60) -> dict:
    """The stack once nothing is in progress."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if stack["StackStatus"].endswith(END) and "IN_PROGRESS" not in stack["StackStatus"]:
            return stack
        time.sleep(0.05)
    raise StackFailed(f"{name} is still {stack['StackStatus']} after {limit} s")


def reasons(cloudformation, name: str) -> list[str]:
    """Every event that has a reason, oldest first."""
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return [
        f"{e['LogicalResourceId']} {e['ResourceStatus']}: {e['ResourceStatusReason']}"
        for e in reversed(events)
        if e.get("ResourceStatusReason")
    ]


def resources(**resources: dict) -> dict:
    """A template of resources: resources(Job=("AWS::Glue::Job", {...}))."""
    return {"Resources": {name: {"Type": rtype, "Properties": properties} for name, (rtype, properties) in resources.items()}}
