"""Answers CloudFormation for a custom resource; put before the code of every function of
internal/custom, which defines act(request, properties, before) -> (physical id, data)."""

import json
import traceback
import urllib.request


def handler(event, _context):
    """Act, and tell CloudFormation how it went: without an answer it would wait for an hour.

    act gets the request ("Create", "Update" or "Delete"), the properties, and those that the
    resource had before an update ({} otherwise).
    """
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    answer["PhysicalResourceId"] = event.get("PhysicalResourceId", event["LogicalResourceId"])
    try:
        name, data = act(event["RequestType"], event["ResourceProperties"], event.get("OldResourceProperties", {}))  # noqa: F821
        answer.update(Status="SUCCESS", PhysicalResourceId=name, Data=data)
    except Exception as error:
        traceback.print_exc()
        answer.update(Status="FAILED", Reason=f"{type(error).__name__}: {error}"[:1000])
    body = json.dumps(answer).encode()
    print(body.decode())
    headers = {"Content-Type": "", "Content-Length": str(len(body))}
    request = urllib.request.Request(event["ResponseURL"], data=body, headers=headers, method="PUT")
    urllib.request.urlopen(request, timeout=30).close()
