"""Step Functions: the data services' integrations call the services of this endpoint."""

from __future__ import annotations

import json
import time

import pytest
from glue import python_shell_job

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


@pytest.fixture(scope="module")
def role(endpoint):
    return endpoint.client("iam").create_role(RoleName="states-case", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]


@pytest.fixture
def run(aws, role):
    """Runs a definition of one task to its end and returns the execution's description."""
    states = aws("stepfunctions")
    made = []

    def execute(resource: str, parameters: dict, **more) -> dict:
        definition = {
            "StartAt": "Do",
            "States": {"Do": {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **more}},
        }
        name = f"case-{time.time_ns()}"
        made.append(states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)["stateMachineArn"])
        execution = states.start_execution(stateMachineArn=made[-1], input="{}")["executionArn"]
        end = time.monotonic() + 30
        while (described := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            assert time.monotonic() < end, f"{resource} does not end"
            time.sleep(0.05)
        return described

    yield execute
    for arn in made:
        states.delete_state_machine(stateMachineArn=arn)


def test_a_query_is_waited_for(run, aws):
    aws("s3").create_bucket(Bucket="states-case", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    done = run(
        "arn:aws:states:::athena:startQueryExecution.sync",
        {"QueryString": "SELECT 1 AS one", "ResultConfiguration": {"OutputLocation": "s3://states-case/out/"}},
    )
    assert done["status"] == "SUCCEEDED", done
    assert json.loads(done["output"])["QueryExecution"]["Status"]["State"] == "SUCCEEDED"


def test_a_query_that_fails_fails_the_task(run, aws):
    done = run(
        "arn:aws:states:::athena:startQueryExecution.sync",
        {"QueryString": "SELECT nocolumn", "ResultConfiguration": {"OutputLocation": "s3://states-case/out/"}},
    )
    assert (done["status"], done["error"]) == ("FAILED", "States.TaskFailed")
    assert "COLUMN_NOT_FOUND" in done["cause"]


def test_a_workflow_is_started_by_the_sdk_integration(run, aws):
    glue = aws("glue")
    glue.create_workflow(Name="states_case", DefaultRunProperties={"a": "1"})
    done = run("arn:aws:states:::aws-sdk:glue:getWorkflow", {"Name": "states_case"})
    assert done["status"] == "SUCCEEDED", done
    assert json.loads(done["output"])["Workflow"]["DefaultRunProperties"] == {"a": "1"}


def test_an_error_has_the_name_that_a_catch_looks_for(run):
    done = run("arn:aws-cn:states:::aws-sdk:glue:startWorkflowRun", {"Name": "no_such_workflow"})
    assert (done["status"], done["error"]) == ("FAILED", "Glue.EntityNotFoundException")


def test_waiting_for_what_nothing_runs_fails_at_once(run):
    arguments = {"ApplicationId": "a", "ExecutionRoleArn": "arn:aws:iam::123456789012:role/r"}
    done = run("arn:aws:states:::emr-serverless:startJobRun.sync", arguments)
    assert done["status"] == "FAILED"
    assert "runs nothing" in done["cause"]


def test_a_databrew_job_is_waited_for(run, aws):
    """It fails, for its dataset has no file; what matters is that the state sees it."""
    databrew, role = aws("databrew"), "arn:aws:iam::123456789012:role/brew"
    aws("s3").create_bucket(Bucket="states-brew", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    databrew.create_dataset(Name="states", Input={"S3InputDefinition": {"Bucket": "states-brew", "Key": "none/"}})
    outputs = [{"Location": {"Bucket": "states-brew", "Key": "out/"}}]
    databrew.create_recipe_job(Name="states", DatasetName="states", RoleArn=role, Outputs=outputs, RecipeReference={"Name": "r"})
    done = run("arn:aws:states:::databrew:startJobRun.sync", {"Name": "states"})
    assert (done["status"], done["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(done["cause"])["State"] == "FAILED"


@pytest.mark.parametrize(
    ("script", "status"), [("print('done')", "SUCCEEDED"), ("raise ValueError('no rows')", "FAILED")], ids=["good", "bad"]
)
def test_a_job_is_run_and_waited_for(run, aws, script, status):
    name = f"j_states_{status.lower()}"
    python_shell_job(aws, name, script)
    done = run("arn:aws:states:::glue:startJobRun.sync", {"JobName": name})
    assert done["status"] == status, done
    result = json.loads(done["output"] if status == "SUCCEEDED" else done["cause"])
    assert (result["JobName"], result["JobRunState"]) == (name, status)
    if status == "FAILED":
        assert done["error"] == "States.TaskFailed"
        assert result["ErrorMessage"] == "ValueError: no rows"


def test_a_workflow_run_is_started_and_looked_at(run, aws):
    glue = aws("glue")
    python_shell_job(aws, "j_states_workflow", "print('in a workflow')")
    glue.create_workflow(Name="states_workflow")
    glue.create_trigger(Name="t_states", WorkflowName="states_workflow", Type="ON_DEMAND", Actions=[{"JobName": "j_states_workflow"}])
    done = run("arn:aws:states:::aws-sdk:glue:startWorkflowRun", {"Name": "states_workflow"})
    assert done["status"] == "SUCCEEDED", done
    started = json.loads(done["output"])["RunId"]
    done = run("arn:aws:states:::aws-sdk:glue:getWorkflowRun", {"Name": "states_workflow", "RunId": started})
    assert json.loads(done["output"])["Run"]["WorkflowRunId"] == started
