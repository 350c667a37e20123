"""Rights and refresh schedules of a topic, for which CloudFormation has no properties.

The Lambda function behind the custom resource of constructs/quicksight; boto3 only. The file
is put into the template as it is, so it must stay below 4096 characters.
"""

import json
import urllib.request

import boto3


def topic(quicksight, request, new, old):
    """Bring the topic from what it had to what it should have."""
    ids = {"AwsAccountId": new["AccountId"], "TopicId": new["TopicId"]}
    want, had = json.loads(new["Want"]), json.loads(old.get("Want", "{}"))
    if request == "Delete":
        want, had = {}, want
    try:
        rights(quicksight, ids, want.get("Permissions", []), had.get("Permissions", []))
        schedules(quicksight, ids, want.get("Schedules", []), had.get("Schedules", []))
    except quicksight.exceptions.ResourceNotFoundException:
        if request != "Delete":
            raise


def rights(quicksight, ids, want, had):
    """Take rights away before giving others, one call each: one call cannot do both to one principal."""
    keep = {item["Principal"]: set(item["Actions"]) for item in want}
    lost = {item["Principal"]: set(item["Actions"]) - keep.get(item["Principal"], set()) for item in had}
    revoke = [{"Principal": name, "Actions": sorted(actions)} for name, actions in lost.items() if actions]
    if revoke:
        quicksight.update_topic_permissions(**ids, RevokePermissions=revoke)
    if want:
        quicksight.update_topic_permissions(**ids, GrantPermissions=want)


def schedules(quicksight, ids, want, had):
    kept = {item["DatasetArn"] for item in want}
    for item in had:
        if item["DatasetArn"] not in kept:
            quicksight.delete_topic_refresh_schedule(**ids, DatasetId=item["DatasetArn"].rsplit("/", 1)[-1])
    for item in want:
        try:
            quicksight.create_topic_refresh_schedule(**ids, **item)
        except quicksight.exceptions.ResourceExistsException:
            schedule = {"DatasetId": item["DatasetArn"].rsplit("/", 1)[-1], "RefreshSchedule": item["RefreshSchedule"]}
            quicksight.update_topic_refresh_schedule(**ids, **schedule)


def handler(event, _context):
    """Act, and tell CloudFormation how it went: without an answer it would wait for an hour."""
    properties = event["ResourceProperties"]
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    answer["PhysicalResourceId"] = f"topic:{properties['TopicId']}"
    try:
        topic(boto3.client("quicksight"), event["RequestType"], properties, event.get("OldResourceProperties", {}))
        answer["Status"] = "SUCCESS"
    except Exception as error:
        answer.update(Status="FAILED", Reason=f"{type(error).__name__}: {error}"[:1000])
    print(json.dumps(answer))
    body = json.dumps(answer).encode()
    headers = {"Content-Type": "", "Content-Length": str(len(body))}
    request = urllib.request.Request(event["ResponseURL"], data=body, headers=headers, method="PUT")
    urllib.request.urlopen(request, timeout=30).close()
