"""Three functions of a KDC's stack: rotate the administrator's password, let a node leave, guard what is fixed.

The rotation is that of Secrets Manager (create, set, test, finish). No password passes
through here on its way to the KDC: the function makes a random one as the secret's pending
version and asks the nodes, by Run Command and a document with a fixed script, to fetch that
version and make it theirs. It logs the step and the version, never a value.

A realm is part of every principal's name and of the salt of its key (RFC 4120, 4), so the realm
of a live database cannot change. Nor can the names of its secrets, or what stands in them beside
the password: Secrets Manager would generate the password anew. The guard stands before them all,
and fails the update.
"""

import json
import os
import time
import urllib.request

import boto3

POLL = 2  # seconds between two looks at a command
LIMIT = 240  # seconds that the nodes may take for it
FIXED = ("Realm", "Domain", "Name", "SecretName")
UNFINISHED = {"Pending", "InProgress", "Delayed", "Cancelling"}


class Refused(Exception):
    """A rotation that must not go on; its text is shown in the function's log."""


def on_rotation(event: dict, _context: object) -> None:
    """Answer one step of Secrets Manager's rotation."""
    secret, version, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    secrets = boto3.client("secretsmanager")
    stages = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
    if version not in stages:
        raise Refused(f"version {version} is not one of the secret's")
    if "AWSCURRENT" in stages[version]:
        print(f"{step}: version {version} is current already")
        return
    if "AWSPENDING" not in stages[version]:
        raise Refused(f"version {version} is not pending")
    print(f"{step}: version {version}")
    steps = {"createSecret": create, "setSecret": ask_nodes, "testSecret": ask_nodes, "finishSecret": finish}
    steps[step](secrets, secret, version, step)


def create(secrets: object, secret: str, version: str, _step: str) -> None:
    """Make the pending version, unless an earlier attempt has: the same with another password."""
    try:
        secrets.get_secret_value(SecretId=secret, VersionId=version, VersionStage="AWSPENDING")
        return
    except secrets.exceptions.ResourceNotFoundException:
        pass
    value = json.loads(secrets.get_secret_value(SecretId=secret, VersionStage="AWSCURRENT")["SecretString"])
    value["admin_password"] = secrets.get_random_password(PasswordLength=40, ExcludePunctuation=True)["RandomPassword"]
    secrets.put_secret_value(SecretId=secret, ClientRequestToken=version, SecretString=json.dumps(value), VersionStages=["AWSPENDING"])


def ask_nodes(_secrets: object, _secret: str, version: str, step: str) -> None:
    """Have the primary set the pending password, or try a login with it; the others do nothing and say nothing."""
    parameters = {"Step": [{"setSecret": "set", "testSecret": "test"}[step]], "Version": [version]}
    command = send(parameters, Targets=[{"Key": f"tag:{os.environ['NODE_TAG']}", "Values": [os.environ["NODE_VALUE"]]}])
    invocations = answers(command)
    failed = [f"{i['InstanceId']} {i['Status']}" for i in invocations if i["Status"] != "Success"]
    if failed:
        raise Refused(f"command {command} failed on {', '.join(failed)}; its output is in Systems Manager's history")
    if not any(p["Output"].startswith("done") for i in invocations for p in i["CommandPlugins"]):
        raise Refused(f"command {command} found no primary; Secrets Manager tries again")


def send(parameters: dict, **nodes: object) -> str:
    """Run the stack's document on nodes, and return the id of the command."""
    sent = boto3.client("ssm").send_command(DocumentName=os.environ["DOCUMENT"], Parameters=parameters, TimeoutSeconds=60, **nodes)
    return sent["Command"]["CommandId"]


def answers(command: str) -> list[dict]:
    """What each node answered, when all have."""
    ssm = boto3.client("ssm")
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        time.sleep(POLL)
        if ssm.list_commands(CommandId=command)["Commands"][0]["Status"] not in UNFINISHED:
            return ssm.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]
    raise Refused(f"the nodes did not answer command {command} within {LIMIT} seconds")


def finish(secrets: object, secret: str, version: str, _step: str) -> None:
    """Make the pending version the current one."""
    stages = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
    current = next(v for v, names in stages.items() if "AWSCURRENT" in names)
    secrets.update_secret_version_stage(SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=version, RemoveFromVersionId=current)


def on_leaving(event: dict, _context: object) -> None:
    """Ask the node that Auto Scaling is about to end to leave in order; it completes the hook itself.

    A node that cannot be asked is gone already, or will be when the hook's time is over.
    """
    node = event["detail"]["EC2InstanceId"]
    print(f"{node} leaves")
    send({"Step": ["leave"]}, InstanceIds=[node])


def on_fixed(event: dict, _context: object) -> None:
    """Answer CloudFormation: what is fixed may be set once, and be given up with its KDC.

    The values stand in the physical id, which an update keeps, and are not taken from the event's
    old properties: when an update fails, CloudFormation goes back by one more, from the refused values.
    """
    after = [event["ResourceProperties"][field] for field in FIXED]
    fixed = event.get("PhysicalResourceId", "|".join(after))
    changed = [(f, b, a) for f, b, a in zip(FIXED, fixed.split("|"), after, strict=True) if event["RequestType"] == "Update" and b != a]
    reason = "; ".join(f"{field} is {a}; want {b}, which a live database keeps" for field, b, a in changed)
    answer = {
        "Status": "FAILED" if changed else "SUCCESS",
        "Reason": f"{reason}: define a second KDC" if changed else "nothing that is fixed has changed",
        "PhysicalResourceId": fixed,
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    body = json.dumps(answer).encode()
    request = urllib.request.Request(event["ResponseURL"], data=body, method="PUT", headers={"content-type": ""})
    urllib.request.urlopen(request, timeout=30).close()
