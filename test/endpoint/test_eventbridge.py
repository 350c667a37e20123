"""EventBridge: a rule whose target is a Glue workflow starts it."""

from __future__ import annotations

import json

from glue import python_shell_job, until


def test_an_event_starts_the_workflow_that_its_rule_targets(aws):
    glue, events = aws("glue"), aws("events")
    python_shell_job(aws, "j_event_case", "print('started by an event')")
    glue.create_workflow(Name="event_case")
    glue.create_trigger(
        Name="t_event_case",
        WorkflowName="event_case",
        Type="EVENT",
        Actions=[{"JobName": "j_event_case"}],
        EventBatchingCondition={"BatchSize": 2, "BatchWindow": 900},
    )
    account = aws("sts").get_caller_identity()["Account"]
    events.put_rule(Name="event-case", EventPattern=json.dumps({"source": ["case"]}))
    workflow = f"arn:aws:glue:eu-west-1:{account}:workflow/event_case"
    events.put_targets(Rule="event-case", Targets=[{"Id": "w", "Arn": workflow, "RoleArn": f"arn:aws:iam::{account}:role/j_event_case"}])

    def send(source: str) -> None:
        sent = events.put_events(Entries=[{"Source": source, "DetailType": "t", "Detail": "{}"}])
        assert sent["FailedEntryCount"] == 0

    send("case")
    send("another")
    assert glue.get_workflow_runs(Name="event_case")["Runs"] == [], "one event of two does not fill the batch"
    send("case")
    run = until(lambda: glue.get_workflow_runs(Name="event_case")["Runs"], "the workflow's run")[0]
    ended = until(lambda: _ended(glue, run["WorkflowRunId"]), "the end of the run")
    assert (ended["Status"], ended["Statistics"]["SucceededActions"]) == ("COMPLETED", 1)


def _ended(glue, run_id: str) -> dict | None:
    run = glue.get_workflow_run(Name="event_case", RunId=run_id)["Run"]
    return None if run["Status"] == "RUNNING" else run
