"""Triggers: what Glue lets one be, when it may fire, and what its predicate says.

https://docs.aws.amazon.com/glue/latest/dg/about-triggers.html
"""

from __future__ import annotations

from .errors import GlueError, invalid
from .services import Services

START_TYPES = ("ON_DEMAND", "SCHEDULED", "EVENT")  # those that may begin a workflow
TYPES = (*START_TYPES, "CONDITIONAL")
# States that a condition may ask for; no trigger listens for another.
# https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-trigger.html
JOB_STATES = ("SUCCEEDED", "STOPPED", "FAILED", "TIMEOUT")
CRAWL_STATES = ("SUCCEEDED", "FAILED", "CANCELLED")
EVENT_WINDOW = 900  # seconds: Glue's default of EventBatchingCondition.BatchWindow

# What ended: ("JOB" or "CRAWLER", name).
Node = tuple[str, str]


class Triggers:
    """The triggers of the catalog, by Glue's rules."""

    def __init__(self, services: Services):
        self._services = services

    async def get(self, name: str) -> dict:
        return shown((await self._services.glue("GetTrigger", Name=name))["Trigger"])

    async def of(self, workflow: str) -> list[dict]:
        """The workflow's triggers; those outside every workflow for ""."""
        every = (await self._services.glue("GetTriggers"))["Triggers"]
        return [shown(trigger) for trigger in every if (trigger.get("WorkflowName") or "") == workflow]

    async def create(self, request: dict) -> dict:
        check(request)
        if request["Type"] in START_TYPES and request.get("WorkflowName"):
            for other in await self.of(request["WorkflowName"]):
                if other["Type"] in START_TYPES:
                    raise invalid(f"workflow {request['WorkflowName']} has a start trigger already: {other['Name']}; want one")
        return await self._services.glue("CreateTrigger", **request)

    async def stop(self, request: dict) -> dict:
        trigger = await self.get(request["Name"])
        if trigger["Type"] == "ON_DEMAND":
            raise invalid(f"trigger {request['Name']} is on demand; only a trigger that was activated can be stopped")
        return await self._services.glue("StopTrigger", **request)

    async def activated(self, name: str) -> bool:
        """Whether a conditional trigger would fire now: it is there and ACTIVATED."""
        try:
            return (await self.get(name)).get("State") == "ACTIVATED"
        except GlueError:
            return False


def shown(trigger: dict) -> dict:
    """The definition as the API shows it: without what is empty."""
    return {name: value for name, value in trigger.items() if value or name == "Actions"}


def check(request: dict) -> None:
    """Refuse a definition that Glue would refuse, with the first fault."""
    kind = request.get("Type")
    if kind not in TYPES:
        raise invalid(f"Type is {kind!r}; want one of {', '.join(TYPES)}")
    if not request.get("Actions"):
        raise invalid("Actions is empty; want at least one job or crawler")
    for i, action in enumerate(request["Actions"]):
        if bool(action.get("JobName")) == bool(action.get("CrawlerName")):
            held = "both a job and a crawler" if action.get("JobName") else "nothing"
            raise invalid(f"Actions[{i}] names {held}; want a job or a crawler")
    if kind == "SCHEDULED" and not request.get("Schedule"):
        raise invalid("Schedule is empty; a SCHEDULED trigger wants cron(...)")
    if kind == "EVENT" and not request.get("WorkflowName"):
        raise invalid("WorkflowName is empty; an EVENT trigger starts a workflow")
    if kind == "ON_DEMAND" and request.get("StartOnCreation"):
        raise invalid("StartOnCreation is true; an ON_DEMAND trigger cannot be started on creation")
    if kind == "CONDITIONAL":
        _check_predicate(request.get("Predicate") or {})


def _check_predicate(predicate: dict) -> None:
    conditions = predicate.get("Conditions") or []
    if not conditions:
        raise invalid("Predicate has no condition; a CONDITIONAL trigger wants at least one")
    for i, condition in enumerate(conditions):
        states, state = (JOB_STATES, condition.get("State")) if condition.get("JobName") else (CRAWL_STATES, condition.get("CrawlState"))
        if state not in states:
            raise invalid(f"Predicate.Conditions[{i}] waits for {state!r}; want one of {', '.join(states)}")


def nodes(trigger: dict) -> list[Node]:
    """What the trigger starts."""
    return [("JOB", a["JobName"]) if a.get("JobName") else ("CRAWLER", a.get("CrawlerName", "")) for a in trigger.get("Actions") or []]


def watched(trigger: dict) -> list[Node]:
    """What the trigger waits for."""
    return [_watched(condition) for condition in (trigger.get("Predicate") or {}).get("Conditions") or []]


def holds(trigger: dict, ended: dict[Node, str]) -> bool:
    """Whether the predicate is true of what has ended in which state."""
    predicate = trigger.get("Predicate") or {}
    conditions = predicate.get("Conditions") or []
    met = [ended.get(_watched(condition)) == (condition.get("State") or condition.get("CrawlState")) for condition in conditions]
    return any(met) if predicate.get("Logical") == "ANY" else bool(met) and all(met)


def _watched(condition: dict) -> Node:
    return ("JOB", condition["JobName"]) if condition.get("JobName") else ("CRAWLER", condition.get("CrawlerName", ""))
