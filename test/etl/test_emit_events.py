"""The two events, sent over HTTP to a bus and received by who listens for them."""

import json

import emit_ended_event
import emit_start_event
import pytest
from botocore.stub import Stubber
from conftest import SCRIPTS

ARGV = ["--JOB_ID", "j_1", "--WORKFLOW_NAME", "Covid_19", "--WORKFLOW_RUN_ID", "wr_1", "--event_source", "Covid19 workflow"]


@pytest.fixture
def received(aws):
    """A function that returns what arrived of the Covid-19 workflow's events since the test began."""
    events, sqs = aws("events"), aws("sqs")
    url = sqs.create_queue(QueueName="received")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["Covid19 workflow"], "detail-type": ["Glue Workflow State Change"]}
    events.put_rule(Name="received", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="received", Targets=[{"Id": "queue", "Arn": arn}])
    yield lambda: [
        json.loads(message["Body"])["detail"]
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2, MaxNumberOfMessages=10).get("Messages", [])
    ]
    sqs.delete_queue(QueueUrl=url)


@pytest.mark.parametrize(("script", "state"), [(emit_start_event, "STARTED"), (emit_ended_event, "ENDED")])
def test_the_event_arrives_on_the_default_bus(received, capsys, script, state):
    script.main(ARGV)

    assert received() == [{"workflowName": "Covid_19", "runId": "wr_1", "state": state}]
    assert capsys.readouterr().out.startswith(f"{state} Covid_19 wr_1: event ")


@pytest.mark.parametrize("script", [emit_start_event, emit_ended_event])
def test_a_refused_event_fails_the_job(aws, script):
    answer = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "try again"}]}
    events = aws("events")
    with Stubber(events) as stub:
        stub.add_response("put_events", answer)
        with pytest.raises(ValueError, match="EventBridge refused") as error:
            script.send(events, script.entry("Covid19 workflow", "Covid_19", "wr_1"))

    assert str(error.value) == ("EventBridge refused 'Glue Workflow State Change' from 'Covid19 workflow': InternalFailure: try again")


def test_a_job_outside_a_workflow_says_what_is_missing(capsys):
    with pytest.raises(SystemExit):
        emit_start_event.main(["--event_source", "Covid19 workflow"])

    assert "the following arguments are required: --WORKFLOW_NAME, --WORKFLOW_RUN_ID" in capsys.readouterr().err


def test_the_scripts_differ_in_their_state_alone():
    """Glue ships one file a job; what the two share stands in both and must stay the same."""
    pairs = zip(*[(SCRIPTS / f"emit_{name}_event.py").read_text().splitlines() for name in ("start", "ended")], strict=True)

    assert [pair for pair in pairs if pair[0] != pair[1]] == [
        (
            '"""Tell EventBridge that a run of a Glue workflow has started.',
            '"""Tell EventBridge that a run of a Glue workflow has ended.',
        ),
        ('STATE = "STARTED"', 'STATE = "ENDED"'),
    ]
