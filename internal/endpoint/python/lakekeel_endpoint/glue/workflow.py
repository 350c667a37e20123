"""Workflow runs: triggers fire, actions run, predicates decide what follows.

https://docs.aws.amazon.com/glue/latest/dg/workflows_overview.html. A run works on
the triggers as they were when it started; whether a conditional trigger is
ACTIVATED is asked when its predicate comes true. Each fires at most once a run.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
import uuid
from dataclasses import dataclass, field

from . import triggers as rules
from .crawler import Crawlers
from .errors import GlueError, invalid, not_found, too_many_runs
from .jobs import Cause, Jobs
from .records import Records
from .services import Services
from .triggers import Node, Triggers

log = logging.getLogger("lakekeel.glue")

KIND = "workflow-run"
LIVE = ("RUNNING", "STOPPING")
_DIED = "the endpoint ended while this run was in progress, and its jobs and crawlers with it; start it again"

# How an action counts in a run's statistics, by its state.
_STATISTICS = {
    "RUNNING": "RunningActions",
    "SUCCEEDED": "SucceededActions",
    "FAILED": "FailedActions",
    "TIMEOUT": "TimeoutActions",
    "STOPPED": "StoppedActions",
    "CANCELLED": "StoppedActions",
    "ERROR": "ErroredActions",  # could not be started at all
    "WAITING": "WaitingActions",
}


# What a trigger's action says of the run that it starts.
_HANDED_ON = ("Arguments", "Timeout", "SecurityConfiguration", "NotificationProperty")


@dataclass
class _Live:
    """What a run in progress holds in memory."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # one decision about what fires at a time
    tasks: set[asyncio.Task] = field(default_factory=set)


@dataclass
class _Batch:
    """Events that wait for more of them."""

    ids: list[str] = field(default_factory=list)
    timer: asyncio.Task | None = None


class Workflows:
    """Starts, follows and stops workflow runs."""

    def __init__(self, settings, services: Services, records: Records, triggers: Triggers, jobs: Jobs, crawlers: Crawlers, scope):
        self._settings = settings
        self._services = services
        self._records = records
        self._triggers = triggers
        self._jobs = jobs
        self._crawlers = crawlers
        self._scope = scope
        self._live: dict[str, _Live] = {}
        self._batches: dict[tuple[str, str], _Batch] = {}

    # What the API asks.

    async def start(self, name: str, properties: dict | None = None, batch: dict | None = None) -> str:
        """Start a run; its id. The start trigger fires before this returns."""
        workflow = await self._definition(name)
        triggers = await self._triggers.of(name)
        start = next((trigger for trigger in triggers if trigger["Type"] in rules.START_TYPES), None)
        if not start:
            raise invalid(f"workflow {name} has no start trigger; want one that is on demand, scheduled or started by an event")
        limit = int(workflow.get("MaxConcurrentRuns") or 0)
        past = self._of(name)
        if limit and sum(run["Status"] in LIVE for run in past) >= limit:
            raise too_many_runs("workflow", name, limit)
        run = {
            "Name": name,
            "WorkflowRunId": f"wr_{uuid.uuid4().hex}{uuid.uuid4().hex}",
            "PreviousRunId": past[-1]["WorkflowRunId"] if past else None,
            "WorkflowRunProperties": {**(workflow.get("DefaultRunProperties") or {}), **(properties or {})},
            "StartedOn": time.time(),
            "Status": "RUNNING",
            "StartingEventBatchCondition": batch,
            "_triggers": triggers,
            "_actions": [],
            "_fired": [],
        }
        self._live[run["WorkflowRunId"]] = _Live()
        self._fire(run, start)
        return run["WorkflowRunId"]

    async def stop(self, name: str, run_id: str) -> None:
        """Stop what runs and start nothing more; the run becomes STOPPED when all have ended."""
        run = self._run(name, run_id)
        if run["Status"] != "RUNNING":
            raise GlueError("IllegalWorkflowStateException", f"workflow run {run_id} is {run['Status']}; want one that is RUNNING")
        run["Status"] = "STOPPING"
        self._save(run)
        for action in run["_actions"]:
            await self._stop_action(action)

    async def get(self, name: str, run_id: str, graph: bool = False) -> dict:
        await self._definition(name)
        return self.shown(self._run(name, run_id), graph)

    async def runs(self, name: str, graph: bool = False) -> list[dict]:
        """The workflow's runs, the newest first."""
        await self._definition(name)
        return [self.shown(run, graph) for run in reversed(self._of(name))]

    async def properties(self, name: str, run_id: str) -> dict:
        await self._definition(name)
        return self._run(name, run_id)["WorkflowRunProperties"]

    async def put_properties(self, name: str, run_id: str, properties: dict) -> None:
        await self._definition(name)
        run = self._run(name, run_id)
        run["WorkflowRunProperties"] = {**run["WorkflowRunProperties"], **properties}
        self._save(run)

    async def described(self, workflow: dict, graph: bool = False) -> dict:
        """A definition with its last run, and with the graph of its triggers if asked."""
        runs = self._of(workflow["Name"])
        shown = {name: value for name, value in workflow.items() if name != "LastRun" and value not in (None, "")}
        if not shown.get("MaxConcurrentRuns"):
            shown.pop("MaxConcurrentRuns", None)
        if runs:
            shown["LastRun"] = self.shown(runs[-1], graph)
        if graph:
            shown["Graph"] = self._graph(workflow["Name"], await self._triggers.of(workflow["Name"]), [])
        return shown

    async def notify(self, workflow: str, event: dict) -> None:
        """Count an event for the workflow's EVENT trigger; start a run when its batch is full or its window over.

        https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-trigger.html (EventBatchingCondition)
        """
        start = next((trigger for trigger in await self._triggers.of(workflow) if trigger["Type"] == "EVENT"), None)
        if not start:
            raise invalid(f"workflow {workflow} has no trigger that an event starts")
        condition = start.get("EventBatchingCondition") or {}
        size, window = int(condition.get("BatchSize") or 1), int(condition.get("BatchWindow") or rules.EVENT_WINDOW)
        batch = self._batches.setdefault((self._scope(), workflow), _Batch())
        batch.ids.append(str(event.get("id") or uuid.uuid4()))
        if len(batch.ids) >= size:
            await self._start_by_events(workflow, window)
        elif batch.timer is None:
            batch.timer = asyncio.create_task(self._after_window(workflow, window))

    async def start_trigger(self, name: str) -> dict:
        """StartTrigger: an on-demand trigger fires, any other is activated."""
        trigger = await self._triggers.get(name)
        if trigger["Type"] != "ON_DEMAND":
            return await self._services.glue("StartTrigger", Name=name)
        if trigger.get("WorkflowName"):
            await self.start(trigger["WorkflowName"])
        else:
            self._fire(await self._loose_run(), trigger)
        return {"Name": name}

    async def stop_all(self) -> None:
        """For an orderly exit: what runs now must not be found RUNNING by the next start."""
        for _, _, run in self._records.everything(KIND):
            for task in self._live.get(run["WorkflowRunId"], _Live()).tasks:
                task.cancel()
        for batch in self._batches.values():
            if batch.timer:
                batch.timer.cancel()
        self.recover()

    def recover(self) -> None:
        """After a restart: what the records take for running died with the endpoint."""
        for scope, run_id, run in self._records.everything(KIND):
            if run["Status"] in LIVE:
                run.update(Status="ERROR", ErrorMessage=_DIED, CompletedOn=time.time())
                for action in run["_actions"]:
                    if action["state"] == "RUNNING":
                        action["state"] = "FAILED"
                self._records.save(KIND, scope, run_id, run)

    # One run.

    def _fire(self, run: dict, trigger: dict) -> None:
        """Start all actions of a trigger at once."""
        run["_fired"].append(trigger["Name"])
        live = self._live.setdefault(run["WorkflowRunId"], _Live())
        for node, action in zip(rules.nodes(trigger), trigger["Actions"]):
            entry = {"trigger": trigger["Name"], "kind": node[0], "name": node[1], "state": "RUNNING", "ids": [], "error": None}
            run["_actions"].append(entry)
            task = asyncio.create_task(self._act(run, trigger, action, entry))
            live.tasks.add(task)
            task.add_done_callback(live.tasks.discard)
        self._save(run)

    async def _act(self, run: dict, trigger: dict, action: dict, entry: dict) -> None:
        """Carry out one action, then let what waits for it fire."""
        try:
            try:
                record, task = await self._begin(run, trigger, action, entry)
            except GlueError as error:
                entry.update(state="ERROR", error=f"{error.code}: {error.message}", at=time.time())
            else:
                entry["ids"].append(record.get("Id") or record["CrawlId"])
                self._save(run)
                if run["Status"] == "STOPPING":
                    await self._stop_action(entry)
                ended = await task
                entry["state"] = ended.get("JobRunState") or ended["State"]
            await self._advance(run)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # ours: the run must not hang RUNNING
            log.exception("workflow run %s", run["WorkflowRunId"])
            self._end(run, "ERROR", f"the local engine failed: {type(error).__name__}: {error}")

    async def _begin(self, run: dict, trigger: dict, action: dict, entry: dict):
        if entry["kind"] == "CRAWLER":
            return await self._crawlers.start(entry["name"])
        cause = Cause(
            trigger["Name"],
            run["Name"],
            run["WorkflowRunId"] if run["Name"] else "",
            tuple((a["name"], a["ids"][-1]) for a in run["_actions"] if ("JOB", a["name"]) in rules.watched(trigger) and a["ids"]),
        )
        request = {name: action[name] for name in _HANDED_ON if action.get(name)}
        return await self._jobs.start(entry["name"], request, cause)

    async def _advance(self, run: dict) -> None:
        """Fire every trigger whose predicate has come true; end the run if nothing runs any more."""
        live = self._live.get(run["WorkflowRunId"])
        if live is None:
            return
        async with live.lock:
            self._save(run)
            ended = _ended(run)
            for trigger in run["_triggers"]:
                due = trigger["Type"] == "CONDITIONAL" and trigger["Name"] not in run["_fired"] and rules.holds(trigger, ended)
                if due and run["Status"] == "RUNNING" and await self._triggers.activated(trigger["Name"]):
                    self._fire(run, trigger)
            if run["Status"] in LIVE and all(action["state"] != "RUNNING" for action in run["_actions"]):
                self._end(run, "STOPPED" if run["Status"] == "STOPPING" else "COMPLETED")

    def _end(self, run: dict, status: str, message: str | None = None) -> None:
        run.update(Status=status, ErrorMessage=message, CompletedOn=time.time())
        self._save(run)
        self._live.pop(run["WorkflowRunId"], None)

    async def _stop_action(self, action: dict) -> None:
        if action["state"] != "RUNNING" or not action["ids"]:
            return
        try:
            if action["kind"] == "CRAWLER":
                await self._crawlers.stop(action["name"])
            else:
                self._jobs.stop(action["name"], self._jobs.attempts(action["ids"][-1])[-1]["Id"])
        except GlueError:
            pass  # it ended by itself meanwhile

    # Triggers outside every workflow, and events.

    async def _loose_run(self) -> dict:
        """What an on-demand trigger outside a workflow starts: a run that only the engine sees.

        Conditional triggers outside workflows watch jobs that a trigger
        started, never those that somebody started by hand.
        """
        run_id, triggers = f"loose_{uuid.uuid4().hex}", await self._triggers.of("")
        return {"Name": "", "WorkflowRunId": run_id, "Status": "RUNNING", "_triggers": triggers, "_actions": [], "_fired": []}

    async def _after_window(self, workflow: str, window: int) -> None:
        await asyncio.sleep(window * self._settings.minute / 60)
        await self._start_by_events(workflow, window)

    async def _start_by_events(self, workflow: str, window: int) -> None:
        """Start a run for the events that have come; Glue hands their ids over as a run property."""
        batch = self._batches.pop((self._scope(), workflow))
        if batch.timer and batch.timer is not asyncio.current_task():
            batch.timer.cancel()
        properties = {"aws:eventIds": f"[{','.join(batch.ids)}]"}
        try:
            await self.start(workflow, properties, {"BatchSize": len(batch.ids), "BatchWindow": window})
        except GlueError as error:
            log.error("workflow %s was not started by %d events: %s", workflow, len(batch.ids), error.message)

    # What the API shows.

    def shown(self, run: dict, graph: bool = False) -> dict:
        public = {name: value for name, value in run.items() if not name.startswith("_") and value is not None}
        public["Statistics"] = statistics(run)
        if graph:
            public["Graph"] = self._graph(run["Name"], run["_triggers"], run["_actions"])
        return public

    def _graph(self, workflow: str, triggers: list[dict], actions: list[dict]) -> dict:
        """Every trigger, job and crawler as a node; what starts what and what waits for what as edges."""
        nodes, edges = {}, []
        for trigger in triggers:
            here = _node_id(workflow, "TRIGGER", trigger["Name"])
            nodes[here] = {"Type": "TRIGGER", "Name": trigger["Name"], "UniqueId": here, "TriggerDetails": {"Trigger": trigger}}
            for node in rules.nodes(trigger):
                nodes.setdefault(_node_id(workflow, *node), self._action_node(workflow, node, actions))
                edges.append({"SourceId": here, "DestinationId": _node_id(workflow, *node)})
            edges += [{"SourceId": _node_id(workflow, *node), "DestinationId": here} for node in dict.fromkeys(rules.watched(trigger))]
        return {"Nodes": list(nodes.values()), "Edges": edges}

    def _action_node(self, workflow: str, node: Node, actions: list[dict]) -> dict:
        kind, name = node
        mine = [action for action in actions if (action["kind"], action["name"]) == node]
        shown = {"Type": kind, "Name": name, "UniqueId": _node_id(workflow, kind, name)}
        if kind == "CRAWLER":
            return {**shown, "CrawlerDetails": {"Crawls": [crawl for action in mine for crawl in self._shown_crawls(action)]}}
        return {**shown, "JobDetails": {"JobRuns": [run for action in mine for run in self._shown_runs(action)]}}

    def _shown_runs(self, action: dict) -> list[dict]:
        if action["state"] == "ERROR":
            return [{"JobName": action["name"], "TriggerName": action["trigger"], "JobRunState": "ERROR",
                     "ErrorMessage": action["error"], "StartedOn": action["at"], "CompletedOn": action["at"]}]  # fmt: skip
        return [run for run_id in action["ids"] for run in self._jobs.attempts(run_id)]

    def _shown_crawls(self, action: dict) -> list[dict]:
        if action["state"] == "ERROR":
            return [{"State": "ERROR", "ErrorMessage": action["error"], "StartedOn": action["at"], "CompletedOn": action["at"]}]
        shown = []
        for crawl in self._crawlers.find(action["ids"]):
            names = {"State": "State", "StartedOn": "StartTime", "CompletedOn": "EndTime", "ErrorMessage": "ErrorMessage",
                     "LogGroup": "LogGroup", "LogStream": "LogStream"}  # fmt: skip
            shown.append({name: crawl[source] for name, source in names.items() if crawl.get(source)})
        return shown

    # The record.

    async def _definition(self, name: str) -> dict:
        return (await self._services.glue("GetWorkflow", Name=name))["Workflow"]

    def _of(self, name: str) -> list[dict]:
        return [run for run in self._records.of(KIND, self._scope()) if run["Name"] == name]

    def _run(self, name: str, run_id: str) -> dict:
        run = self._records.get(KIND, self._scope(), run_id)
        if not run or run["Name"] != name:
            raise not_found("workflow run", run_id)
        return run

    def _save(self, run: dict) -> None:
        if run["Name"]:
            self._records.save(KIND, self._scope(), run["WorkflowRunId"], run)


def statistics(run: dict) -> dict[str, int]:
    """The run's actions counted by state; TotalActions counts those of all its triggers."""
    counts = {"TotalActions": sum(len(trigger["Actions"]) for trigger in run["_triggers"])}
    counts |= dict.fromkeys(_STATISTICS.values(), 0)
    for action in run["_actions"]:
        counts[_STATISTICS[action["state"]]] += 1
    return counts


def _ended(run: dict) -> dict[Node, str]:
    """What has ended in the run, and how."""
    return {(action["kind"], action["name"]): action["state"] for action in run["_actions"] if action["state"] != "RUNNING"}


def _node_id(workflow: str, kind: str, name: str) -> str:
    """The same for the same node of the same workflow, as long as Glue's."""
    return "wnode_" + hashlib.sha256(f"{workflow}/{kind}/{name}".encode()).hexdigest()
