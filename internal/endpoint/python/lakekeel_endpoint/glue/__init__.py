"""Glue that runs: workflows, triggers, crawlers and jobs behind the Glue API.

README.md is this package's contract. install() puts the engine before the
handler that answers the Glue API so far; notify_event() is how EventBridge
reaches a workflow. Nothing else here is called from outside.
"""

from __future__ import annotations

import asyncio
import logging
import re

from ministack.core.responses import set_request_account_id, set_request_region

from .api import Api
from .catalog import Catalog
from .crawler import Crawlers
from .errors import GlueError, invalid
from .jobs import Jobs
from .records import Records
from .scope import Scope
from .services import Services
from .triggers import Triggers
from .workflow import Workflows

__all__ = ["Engine", "install", "notify_event"]

log = logging.getLogger("lakekeel.glue")

JOURNAL = "glue-runs.jsonl"  # in the state folder, if the state is kept


class Engine:
    """The engine of one endpoint process. Everything of it runs on the process's event loop."""

    def __init__(self, handlers: dict, settings):
        scope = Scope()
        records = Records(settings.state / JOURNAL if settings.persist else None)
        services = Services(handlers, handlers["glue"])
        triggers = Triggers(services)
        self._jobs = Jobs(settings, services, records, scope)
        catalog = Catalog(services, records, scope)
        self._crawlers = Crawlers(services, catalog, records, scope)
        self._workflows = Workflows(settings, services, records, triggers, self._jobs, self._crawlers, scope)
        self.handle = Api(services, catalog, triggers, self._jobs, self._crawlers, self._workflows).handle
        self.loop: asyncio.AbstractEventLoop | None = None
        for part in (self._workflows, self._jobs, self._crawlers):
            part.recover()

    def start(self) -> None:
        """Take the running event loop for the process's."""
        self.loop = asyncio.get_running_loop()

    async def stop(self) -> None:
        """Orderly exit: end every job, crawl and run; record that they did not finish."""
        for part in (self._workflows, self._jobs, self._crawlers):
            await part.stop_all()

    async def notify(self, account: str, region: str, workflow: str, event: dict) -> None:
        """Count an event for a workflow's EVENT trigger; as on AWS, nobody hears of a failure but the log."""
        set_request_account_id(account)
        set_request_region(region)
        try:
            await self._workflows.notify(workflow, event)
        except GlueError as error:
            log.error("workflow %s was not notified of an event: %s", workflow, error.message)


_engine: Engine | None = None


def install(joint) -> None:
    """Put the engine before the joint's Glue handler. Call it once, when that handler is complete."""
    global _engine
    _engine = Engine(joint.handlers, joint.settings)
    joint.wrap("glue", lambda _: _engine.handle)
    joint.on_start(_engine.start)
    joint.on_stop(_engine.stop)


def notify_event(workflow_arn: str, event: dict) -> None:
    """An EventBridge rule whose target is this workflow has matched the event.

    From any thread; the workflow starts, if its batch is full, a moment after
    this returns. A GlueError says that the ARN is no workflow's.
    """
    name = re.fullmatch(r"arn:[^:]+:glue:([^:]+):([^:]+):workflow/(.+)", workflow_arn)
    if not name:
        raise invalid(f"{workflow_arn!r} is no workflow's ARN")
    asyncio.run_coroutine_threadsafe(_engine.notify(name[2], name[1], name[3], event), _engine.loop)
