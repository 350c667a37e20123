"""The Glue API's actions that the engine answers; every other goes on to the catalog."""

from __future__ import annotations

import json
import logging

from ..wire import Answer, answer, fault
from .catalog import Catalog
from .crawler import Crawlers
from .errors import GlueError, invalid
from .jobs import Jobs
from .services import Services
from .triggers import Triggers, shown
from .workflow import Workflows

log = logging.getLogger("lakekeel.glue")


class Api:
    """One handler for ministack's "glue" entry."""

    def __init__(self, services: Services, catalog: Catalog, triggers: Triggers, jobs: Jobs, crawlers: Crawlers, workflows: Workflows):
        self._services = services
        self._catalog = catalog
        self._triggers = triggers
        self._jobs = jobs
        self._crawlers = crawlers
        self._workflows = workflows
        # An action's method is its name in snake case, with "do_" before it.
        self._actions = {_pascal(name[3:]): getattr(self, name) for name in dir(self) if name.startswith("do_")}

    @property
    def actions(self) -> list[str]:
        """The actions that the engine answers."""
        return sorted(self._actions)

    async def handle(self, method: str, path: str, headers: dict, body: bytes, query: dict) -> Answer:
        target = headers.get("x-amz-target", "")
        act = self._actions.get(target.removeprefix("AWSGlue.")) if target.startswith("AWSGlue.") else None
        if act is None:
            return await self._services.other(method, path, headers, body, query)
        try:
            request = json.loads(body or b"{}")
            return answer(await act(request))
        except GlueError as error:
            return fault(error.code, error.message)
        except KeyError as error:
            return fault("InvalidInputException", f"{error.args[0]} is missing")
        except ValueError as error:
            return fault("SerializationException", str(error))
        except Exception as error:
            log.exception("%s", target)
            return fault("InternalServiceException", f"the local engine failed: {type(error).__name__}: {error}", 500)

    # Jobs.

    async def do_start_job_run(self, request):
        run, _ = await self._jobs.start(request["JobName"], request)
        return {"JobRunId": run["Id"]}

    async def do_get_job_run(self, request):
        return {"JobRun": self._jobs.get(request["JobName"], request["RunId"])}

    async def do_get_job_runs(self, request):
        return _page("JobRuns", await self._jobs.runs(request["JobName"]), request)

    async def do_batch_stop_job_run(self, request):
        done, errors = [], []
        for run_id in request["JobRunIds"]:
            try:
                self._jobs.stop(request["JobName"], run_id)
                done.append({"JobName": request["JobName"], "JobRunId": run_id})
            except GlueError as error:
                detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
                errors.append({"JobName": request["JobName"], "JobRunId": run_id, "ErrorDetail": detail})
        return {"SuccessfulSubmissions": done, "Errors": errors}

    # Crawlers.

    async def do_start_crawler(self, request):
        await self._crawlers.start(request["Name"])
        return {}

    async def do_stop_crawler(self, request):
        await self._crawlers.stop(request["Name"])
        return {}

    async def do_get_crawler(self, request):
        crawler = (await self._services.glue("GetCrawler", **request))["Crawler"]
        return {"Crawler": self._crawlers.shown(crawler)}

    async def do_get_crawlers(self, request):
        every = (await self._services.glue("GetCrawlers"))["Crawlers"]
        return _page("Crawlers", [self._crawlers.shown(crawler) for crawler in every], request)

    async def do_batch_get_crawlers(self, request):
        found = await self._services.glue("BatchGetCrawlers", **request)
        return {**found, "Crawlers": [self._crawlers.shown(crawler) for crawler in found["Crawlers"]]}

    async def do_update_crawler(self, request):
        self._crawlers.refuse_running(request["Name"])
        return await self._services.glue("UpdateCrawler", **request)

    async def do_delete_crawler(self, request):
        self._crawlers.refuse_running(request["Name"])
        return await self._services.glue("DeleteCrawler", **request)

    async def do_get_crawler_metrics(self, request):
        names = request.get("CrawlerNameList") or [c["Name"] for c in (await self._services.glue("GetCrawlers"))["Crawlers"]]
        return _page("CrawlerMetricsList", [self._crawlers.metrics(name) for name in names], request)

    async def do_list_crawls(self, request):
        crawls = await self._crawlers.history(request["CrawlerName"])
        wanted = [crawl for crawl in crawls if all(_matches(crawl, one) for one in request.get("Filters") or [])]
        return _page("Crawls", wanted, request, default=20)

    # Triggers.

    async def do_create_trigger(self, request):
        return await self._triggers.create(request)

    async def do_get_trigger(self, request):
        return {"Trigger": await self._triggers.get(request["Name"])}

    async def do_get_triggers(self, request):
        answered = await self._services.glue("GetTriggers", **request)
        return _page("Triggers", [shown(trigger) for trigger in answered["Triggers"]], request)

    async def do_batch_get_triggers(self, request):
        answered = await self._services.glue("BatchGetTriggers", **request)
        return {**answered, "Triggers": [shown(trigger) for trigger in answered["Triggers"]]}

    async def do_start_trigger(self, request):
        return await self._workflows.start_trigger(request["Name"])

    async def do_stop_trigger(self, request):
        return await self._triggers.stop(request)

    # Workflows.

    async def do_get_workflow(self, request):
        workflow = (await self._services.glue("GetWorkflow", Name=request["Name"]))["Workflow"]
        return {"Workflow": await self._workflows.described(workflow, bool(request.get("IncludeGraph")))}

    async def do_batch_get_workflows(self, request):
        found = await self._services.glue("BatchGetWorkflows", **request)
        graph = bool(request.get("IncludeGraph"))
        return {**found, "Workflows": [await self._workflows.described(workflow, graph) for workflow in found["Workflows"]]}

    async def do_start_workflow_run(self, request):
        return {"RunId": await self._workflows.start(request["Name"], request.get("RunProperties"))}

    async def do_stop_workflow_run(self, request):
        await self._workflows.stop(request["Name"], request["RunId"])
        return {}

    async def do_get_workflow_run(self, request):
        return {"Run": await self._workflows.get(request["Name"], request["RunId"], bool(request.get("IncludeGraph")))}

    async def do_get_workflow_runs(self, request):
        return _page("Runs", await self._workflows.runs(request["Name"], bool(request.get("IncludeGraph"))), request)

    async def do_get_workflow_run_properties(self, request):
        return {"RunProperties": await self._workflows.properties(request["Name"], request["RunId"])}

    async def do_put_workflow_run_properties(self, request):
        await self._workflows.put_properties(request["Name"], request["RunId"], request["RunProperties"])
        return {}

    # The catalog.

    async def do_update_table(self, request):
        return await self._catalog.update_table(request)

    async def do_delete_table(self, request):
        answered = await self._services.glue("DeleteTable", **request)
        self._catalog.forget(request["DatabaseName"], request["Name"])
        return answered

    async def do_get_table_versions(self, request):
        return await self._catalog.versions(request)

    async def do_get_table_version(self, request):
        return await self._catalog.version(request)

    async def do_delete_table_version(self, request):
        return await self._catalog.delete_version(request)

    async def do_batch_delete_table_version(self, request):
        return await self._catalog.delete_versions(request)

    async def do_get_partitions(self, request):
        return await self._catalog.partitions(request)


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _page(name: str, items: list, request: dict, default: int = 1000) -> dict:
    """One page of a list: NextToken is the index at which the next one begins."""
    try:
        start = int(request.get("NextToken") or 0)
    except ValueError:
        raise invalid(f"NextToken {request['NextToken']!r} is not from this list") from None
    end = start + int(request.get("MaxResults") or default)
    return {name: items[start:end], **({"NextToken": str(end)} if end < len(items) else {})}


_COMPARISONS = {
    "GT": lambda one, other: one > other,
    "GE": lambda one, other: one >= other,
    "LT": lambda one, other: one < other,
    "LE": lambda one, other: one <= other,
    "EQ": lambda one, other: one == other,
    "NE": lambda one, other: one != other,
}
_FIELDS = {"CRAWL_ID": "CrawlId", "STATE": "State", "START_TIME": "StartTime", "END_TIME": "EndTime"}


def _matches(crawl: dict, condition: dict) -> bool:
    """A filter of ListCrawls; times are given in milliseconds."""
    name = _FIELDS.get(condition.get("FieldName", ""))
    compare = _COMPARISONS.get(condition.get("FilterOperator", ""))
    if not name or not compare:
        raise invalid(f"Filters has {condition}; want FieldName of {', '.join(_FIELDS)} and FilterOperator of {', '.join(_COMPARISONS)}")
    value = condition.get("FieldValue", "")
    if name.endswith("Time"):
        return compare(crawl.get(name, 0) * 1000, float(value))
    return compare(crawl.get(name), value)
