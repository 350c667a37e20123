"""Step Functions: the data services' integrations that ministack lacks.

arn:PARTITION:states:::SERVICE:operation, with .sync where it waits, and
arn:PARTITION:states:::aws-sdk:SERVICE:operation are called through this
endpoint by boto3. What waits, waits for what really runs: a Glue job, a crawl,
a query, a DataBrew job. Nothing here runs EMR Serverless jobs, so that waiting for
one fails at once and says so, rather than never ending.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import stepfunctions

from .. import loopback
from ..cloudformation.mapping import conform

_RESOURCE = re.compile(r"arn:aws[\w-]*:states:::(?P<sdk>aws-sdk:)?(?P<service>[\w-]+):(?P<operation>\w+?)(?P<sync>\.sync(:2)?)?$")

# Optimized integrations by the service's name in the ARN, to boto3's name.
OPTIMIZED = {
    "glue": "glue",
    "athena": "athena",
    "databrew": "databrew",
    "emr-serverless": "emr-serverless",
    "emr-containers": "emr-containers",
    "elasticmapreduce": "emr",
    "codebuild": "codebuild",
    "redshift-data": "redshift-data",
}

# aws-sdk integrations: the ARN has the SDK for Java's name of the service.
SDK = {
    "glue": "glue",
    "athena": "athena",
    "databrew": "databrew",
    "emrserverless": "emr-serverless",
    "emrcontainers": "emr-containers",
    "emr": "emr",
    "codebuild": "codebuild",
    "codepipeline": "codepipeline",
    "lakeformation": "lakeformation",
    "quicksight": "quicksight",
    "redshift": "redshift",
    "redshiftdata": "redshift-data",
    "redshiftserverless": "redshift-serverless",
}

_POLL = 0.2  # seconds between two looks at what runs


@dataclass(frozen=True)
class Wait:
    """How a .sync task knows that its work has ended."""

    look: Callable  # (client, arguments, answer) -> (state, the task's result)
    good: frozenset
    bad: frozenset


def _job_run(client, arguments, answer):
    run = client.get_job_run(JobName=arguments["JobName"], RunId=answer["JobRunId"])["JobRun"]
    return run["JobRunState"], run


def _query(client, arguments, answer):
    execution = client.get_query_execution(QueryExecutionId=answer["QueryExecutionId"])["QueryExecution"]
    return execution["Status"]["State"], {"QueryExecution": execution}


def _brew(client, arguments, answer):
    run = client.describe_job_run(Name=arguments["Name"], RunId=answer["RunId"])
    return run["State"], run


WAITS = {
    ("glue", "startJobRun"): Wait(_job_run, frozenset({"SUCCEEDED"}), frozenset({"FAILED", "TIMEOUT", "ERROR", "STOPPED", "EXPIRED"})),
    ("databrew", "startJobRun"): Wait(_brew, frozenset({"SUCCEEDED"}), frozenset({"FAILED", "STOPPED", "TIMEOUT"})),
    ("athena", "startQueryExecution"): Wait(_query, frozenset({"SUCCEEDED"}), frozenset({"FAILED", "CANCELLED"})),
}


def install() -> None:
    """Answer our integrations, leave the rest to ministack."""
    invoke = stepfunctions._invoke_resource

    def invoke_resource(resource, data):
        match = _RESOURCE.match(resource)
        names = (SDK if match["sdk"] else OPTIMIZED) if match else {}
        if not match or match["service"] not in names:
            return invoke(resource, data)
        return _call(names[match["service"]], match, data)

    stepfunctions._invoke_resource = invoke_resource


def _call(service: str, match: re.Match, data: dict) -> dict:
    client, operation = loopback.client(service), match["operation"]
    method = xform_name(operation)
    if method not in client.meta.method_to_api_mapping:
        raise stepfunctions._ExecutionError("States.Runtime", f"{service} has no operation {operation}")
    wait = WAITS.get((service, operation))
    if match["sync"] and wait is None:
        raise stepfunctions._ExecutionError(
            "States.Runtime", f"the local endpoint keeps what {service}:{operation} starts but runs nothing, so .sync would never end"
        )
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
    arguments = conform(data or {}, shape)
    for member in ("clientToken", "ClientRequestToken", "ClientToken"):
        if member in shape.required_members:
            arguments.setdefault(member, uuid.uuid4().hex)
    answer = _answer(service, match, lambda: getattr(client, method)(**arguments))
    if match["sync"]:
        answer = _wait(service, match, wait, client, arguments, answer)
    answer.pop("ResponseMetadata", None)
    # As JSON, since the state machine goes on with it; aws-sdk results are
    # PascalCase on AWS, which is what boto3 gives for these services but the REST ones.
    return json.loads(json.dumps(answer, default=_text))


def _answer(service: str, match: re.Match, call: Callable) -> dict:
    """The answer, or the error under the name that a Catch looks for: Glue.EntityNotFoundException."""
    try:
        return call()
    except ClientError as error:
        fault = error.response.get("Error", {})
        raise stepfunctions._ExecutionError(f"{_prefix(service)}.{fault.get('Code')}", fault.get("Message", "")) from None
    except BotoCoreError as error:
        raise stepfunctions._ExecutionError("States.Runtime", str(error)) from None


def _prefix(service: str) -> str:
    known = stepfunctions._AWS_SDK_ERROR_PREFIX
    return known.get(service, "".join(part.title() for part in service.split("-")))


def _wait(service: str, match: re.Match, wait: Wait, client, arguments: dict, answer: dict) -> dict:
    while True:
        state, result = _answer(service, match, lambda: wait.look(client, arguments, answer))
        if state in wait.good:
            return result
        if state in wait.bad:
            raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(result, default=_text))
        time.sleep(_POLL)


def _text(value) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
