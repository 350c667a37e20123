"""Tell EventBridge that a run of a Glue workflow has started.

Reads   --WORKFLOW_NAME, --WORKFLOW_RUN_ID  which Glue gives to every job that a workflow starts
        --event_source                      who speaks, e.g. "Covid19 workflow"
Writes  one event on the account's default bus: detail type DETAIL_TYPE,
        detail {workflowName, runId, state: STATE}.
"""

import argparse
import json
import sys

import boto3

DETAIL_TYPE = "Glue Workflow State Change"
STATE = "STARTED"


def entry(source, workflow, run):
    """The event, as an entry of PutEvents."""
    detail = {"workflowName": workflow, "runId": run, "state": STATE}
    return {"Source": source, "DetailType": DETAIL_TYPE, "Detail": json.dumps(detail)}


def send(events, event):
    """Put one event on the default bus and return its id.

    PutEvents answers 200 even if it took nothing, so a refused entry is
    looked for, and raised as a ValueError with EventBridge's own reason.
    """
    answer = events.put_events(Entries=[event])
    if answer["FailedEntryCount"]:
        refused = answer["Entries"][0]
        raise ValueError(
            f"EventBridge refused {event['DetailType']!r} from {event['Source']!r}: "
            f"{refused.get('ErrorCode')}: {refused.get('ErrorMessage')}"
        )
    return answer["Entries"][0]["EventId"]


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--WORKFLOW_NAME", required=True)
    parser.add_argument("--WORKFLOW_RUN_ID", required=True)
    parser.add_argument("--event_source", required=True)
    args, _ = parser.parse_known_args(argv)  # Glue adds arguments of its own

    event = entry(args.event_source, args.WORKFLOW_NAME, args.WORKFLOW_RUN_ID)
    print(f"{STATE} {args.WORKFLOW_NAME} {args.WORKFLOW_RUN_ID}: event {send(boto3.client('events'), event)}")


if __name__ == "__main__":
    main(sys.argv[1:])
