"""Glue definitions, kept as they were given.

ministack copies a list of members when a job, crawler or trigger is created
and drops the others; UpdateJob and UpdateTrigger change single members where
AWS overwrites the whole definition. The engine that runs them (../glue) and
whoever reads them back need what was asked for. Some operations on
definitions are missing altogether; they are added here.
"""

from __future__ import annotations

import functools
import json
import time

from ministack.services import glue

from ..wire import Answer, answer, fault

# What AWS fills in when a definition leaves it out, from the API reference.
JOB_DEFAULTS = {"Timeout": 2880, "MaxRetries": 0, "ExecutionProperty": {"MaxConcurrentRuns": 1}}
CRAWLER_DEFAULTS = {
    "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
}

# DPUs of one worker: https://docs.aws.amazon.com/glue/latest/dg/worker-types.html
DPU = {"Standard": 1, "G.025X": 0.25, "G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8, "G.12X": 12, "G.16X": 16} | {
    "R.1X": 1,
    "R.2X": 2,
    "R.4X": 4,
    "R.8X": 8,
    "Z.2X": 2,
}

# Given in the request, but no part of what GetJob and the others answer.
_NOT_KEPT = ("Tags", "StartOnCreation", "JobName")


def install(joint) -> None:
    """Keep definitions whole, and answer what ministack does not know."""
    _after("_create_job", lambda data: _store_job(data["Name"], data))
    _after("_update_job", lambda data: _store_job(data["JobName"], data.get("JobUpdate", {})))
    _after("_create_crawler", lambda data: _store_crawler(data["Name"], data))
    _after("_update_crawler", lambda data: _store_crawler(data["Name"], data))
    _after("_create_trigger", lambda data: _store_trigger(data["Name"], data))
    _after("_update_trigger", _restore_trigger)
    _before("_create_trigger", _check_trigger)
    _after("_create_database", lambda data: _store_target(data["DatabaseInput"]["Name"], data))
    _after("_update_database", lambda data: _store_target(data["Name"], data))
    joint.wrap("glue", _more)


def _store_target(name: str, data: dict) -> None:
    """What a resource link stands for: without it the link would be an empty database."""
    target = data["DatabaseInput"].get("TargetDatabase")
    glue._databases[name].pop("TargetDatabase", None)
    if target:
        glue._databases[name]["TargetDatabase"] = target


def _after(name: str, store) -> None:
    """Let store correct the record that ministack's function has made."""
    original = getattr(glue, name)

    @functools.wraps(original)
    def whole(data):
        result = original(data)
        if result[0] < 300:
            store(data)
        return result

    setattr(glue, name, whole)


def _before(name: str, check) -> None:
    """Let check refuse what AWS refuses and ministack takes."""
    original = getattr(glue, name)

    @functools.wraps(original)
    def checked(data):
        return check(data) or original(data)

    setattr(glue, name, checked)


def _given(data: dict) -> dict:
    return {key: value for key, value in data.items() if key not in _NOT_KEPT and value is not None}


def _store_job(name: str, data: dict) -> None:
    made = glue._jobs[name]
    job = {**JOB_DEFAULTS, **_given(data), "Name": name, "CreatedOn": made["CreatedOn"], "LastModifiedOn": int(time.time())}
    glue._jobs[name] = {**job, **_capacity(job)}


def _capacity(job: dict) -> dict:
    """The DPUs that AWS works out when the definition gives workers instead."""
    if "MaxCapacity" in job:
        return {}
    if job.get("Command", {}).get("Name") == "pythonshell":
        return {"MaxCapacity": 0.0625}
    if "WorkerType" in job and "NumberOfWorkers" in job:
        dpu = float(DPU.get(job["WorkerType"], 1) * job["NumberOfWorkers"])
        return {"MaxCapacity": dpu, "AllocatedCapacity": int(dpu)}
    return {}


def _store_crawler(name: str, data: dict) -> None:
    """Creation and update alike: a crawler's update leaves alone what it does not name."""
    crawler = glue._crawlers[name]
    crawler.update({k: v for k, v in _given(data).items() if k != "Schedule"})
    for member, default in CRAWLER_DEFAULTS.items():
        if not crawler.get(member):
            crawler[member] = default


def _store_trigger(name: str, data: dict) -> None:
    made = glue._triggers[name]
    glue._triggers[name] = {**_given(data), "Name": name, "Type": made["Type"], "State": made["State"]}


def _restore_trigger(data: dict) -> None:
    """An update overwrites the definition; what a trigger is and belongs to stays."""
    name = data["Name"]
    kept = {k: v for k, v in glue._triggers[name].items() if k in ("Name", "WorkflowName", "Id", "Type", "State")}
    glue._triggers[name] = {**_given(data.get("TriggerUpdate", {})), **kept}


def _check_trigger(data: dict) -> Answer | None:
    """True is not supported for ON_DEMAND triggers (API reference, CreateTrigger)."""
    if data.get("Type") == "ON_DEMAND" and data.get("StartOnCreation"):
        return fault("InvalidInputException", "StartOnCreation is not supported for ON_DEMAND triggers")
    return None


# ---- operations that ministack lacks


def _more(handler):
    """The handler, with our operations before it."""

    async def handle(method, path, headers, body, query):
        own = OPERATIONS.get(headers.get("x-amz-target", "").rsplit(".", 1)[-1])
        if own:
            return own(json.loads(body or b"{}"))
        return await handler(method, path, headers, body, query)

    return handle


def _update_classifier(data: dict) -> Answer:
    kind, definition = next(iter(data.items()))
    name = definition.get("Name")
    if name not in glue._classifiers:
        return fault("EntityNotFoundException", f"Classifier {name} not found")
    before = glue._classifiers[name].get(kind)
    if before is None:
        return fault("InvalidInputException", f"Classifier {name} is no {kind}")
    glue._classifiers[name] = {kind: {**before, **definition, "Version": before["Version"] + 1, "LastUpdated": int(time.time())}}
    return answer({})


def _update_connection(data: dict) -> Answer:
    name = data.get("Name")
    if name not in glue._connections:
        return fault("EntityNotFoundException", f"Connection {name} not found")
    created = glue._connections[name].get("CreationTime")
    glue._connections[name] = {**data["ConnectionInput"], "Name": name, "CreationTime": created, "LastUpdatedTime": int(time.time())}
    return answer({})


def _names(store_name: str, member: str):
    """ListX: the names alone."""
    return lambda data: answer({member: sorted(getattr(glue, store_name).keys())})


def _several(store_name: str, asked: str, found: str, missing: str):
    """BatchGetX: what there is, and the names of what there is not."""

    def get(data: dict) -> Answer:
        store = getattr(glue, store_name)
        return answer(
            {found: [store[n] for n in data.get(asked, []) if n in store], missing: [n for n in data.get(asked, []) if n not in store]}
        )

    return get


OPERATIONS = {
    "UpdateClassifier": _update_classifier,
    "UpdateConnection": _update_connection,
    "ListJobs": _names("_jobs", "JobNames"),
    "ListCrawlers": _names("_crawlers", "CrawlerNames"),
    "ListWorkflows": _names("_workflows", "Workflows"),
    "BatchGetJobs": _several("_jobs", "JobNames", "Jobs", "JobsNotFound"),
    "BatchGetCrawlers": _several("_crawlers", "CrawlerNames", "Crawlers", "CrawlersNotFound"),
    "BatchGetWorkflows": _several("_workflows", "Names", "Workflows", "MissingWorkflows"),
}
