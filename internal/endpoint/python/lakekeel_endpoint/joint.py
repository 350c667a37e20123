"""The joint: ministack and moto behind one port, each service answered by one of them.

ministack answers whatever it implements. For a service that it lacks, first
records.py or quicksight/ is asked, then moto; all keep their state in memory, so journal.py
stands before them. Glue goes to our own engine first (glue.install), which
passes on what it does not answer itself.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable

from ministack import app as ministack
from ministack.core.responses import get_account_id, get_region

from . import cloudformation, loopback, mends, moto_half, neighbours, quicksight, record, records
from .journal import Journal
from .settings import Settings
from .wire import Answer, Handler, Request, fault

log = logging.getLogger("lakekeel")

# Services, by the name they sign requests with, that moto answers here. A list
# and not "whatever is left": moto accepts many calls that do nothing, and what
# nobody has looked at is better refused by name. EMR is in ministack too;
# moto's knows security configurations besides.
MOTO_SERVICES = frozenset(
    {
        "codecommit",
        "codepipeline",
        "databrew",
        "elasticmapreduce",
        "emr-containers",
        "emr-serverless",
        "fsx",
        "identitystore",
        "lakeformation",
        "quicksight",
        "ram",
        "redshift",
        "redshift-data",
        "sso",
    }
)

# Of Glue, the families that ministack lacks.
MOTO_GLUE = ("Registry", "Registries", "Schema", "ResourcePolicy", "DataCatalogEncryptionSettings")


class Joint:
    """One running endpoint: its settings, its services, what to do at start and stop."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.handlers: dict[str, Handler] = ministack.SERVICE_HANDLERS
        self._starts: list[Callable] = []
        self._stops: list[Callable] = []
        self._records = records.Records()
        self._quicksight = quicksight.QuickSight(settings.url)
        self._journal = Journal(settings.state / "moto.jsonl" if settings.persist else None, self._mutate)

    # ---- what other modules may ask of the joint

    def wrap(self, service: str, make: Callable[[Handler], Handler]) -> None:
        """Put make(current handler) in the place of a service's handler."""
        self.handlers[service] = make(self.handlers[service])

    def moto(self, service: str) -> Handler:
        """A handler that lets the fallback half answer for a service."""

        async def handler(method: str, path: str, headers: dict, body: bytes, query: dict) -> Answer:
            request = Request(method, path, headers, body or b"", query or {})
            return await asyncio.to_thread(self._fallback, service, request)

        return handler

    def on_start(self, act: Callable[[], Awaitable | None]) -> None:
        """Call act on the event loop when the state is restored and before requests come in."""
        self._starts.append(act)

    def on_stop(self, act: Callable[[], Awaitable | None]) -> None:
        """Call act on the event loop at an orderly stop, last registered first."""
        self._stops.append(act)

    # ---- assembly

    def install(self) -> None:
        """Join the engines. Nothing answers yet."""
        loopback.aim(self.settings.url)
        added = MOTO_SERVICES | records.SERVICES
        for service in sorted(added):
            self.handlers[service] = self.moto(service)
        mends.routing.install(added)
        self.wrap("glue", self._glue_families)
        mends.install(self)
        cloudformation.install()
        record.refuse_with_a_way_out()
        if self.settings.record_unknown:
            record.install()
        from . import databrew, glue

        glue.install(self)
        databrew.install(self)

    async def start(self) -> None:
        """Restore what was kept, then start what runs beside the requests."""
        played = await asyncio.to_thread(self._journal.replay)
        if played:
            log.info("played %d kept changes again", played)
        for act in self._starts:
            await _maybe(act())

    async def stop(self) -> None:
        """Stop what runs; one that fails to stop does not keep the others from it."""
        for act in reversed(self._stops):
            try:
                await _maybe(act())
            except Exception:
                log.exception("stopping failed")

    # ---- the fallback half

    def _fallback(self, service: str, request: Request) -> Answer:
        if request.reads_only:
            return self._perform(service, request, get_account_id(), get_region(), 0, 0.0)
        return self._journal.run(request, get_account_id())

    def _mutate(self, request: Request, account: str, seed: int, now: float) -> Answer:
        moto_half.seed(seed)
        service, region = _scope(request)
        return self._perform(service, request, account, region, seed, now)

    def _perform(self, service: str, request: Request, account: str, region: str, seed: int, now: float) -> Answer:
        if service in records.SERVICES:
            answer = self._records.call(service, request, account, region, seed, now)
            if answer is not None:
                return answer
        if service == "quicksight":
            answer = self._quicksight.call(request, account, region, now)
            if answer is not None:
                return answer
        if service not in MOTO_SERVICES | {"glue"}:
            what = request.action or f"{request.method} {request.path}"
            return fault("UnknownOperationException", f"the local endpoint does not implement {service}: {what}", 501)
        neighbours.introduce(service, request, account, region)
        return moto_half.call(request, account)

    def _glue_families(self, ministack_glue: Handler) -> Handler:
        moto = self.moto("glue")

        async def handler(method, path, headers, body, query):
            action = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
            chosen = moto if any(family in action for family in MOTO_GLUE) else ministack_glue
            return await chosen(method, path, headers, body, query)

        return handler


def _scope(request: Request) -> tuple[str, str]:
    """Service and region from the credential scope of a signed request.

    Credential=KEY/DATE/REGION/SERVICE/aws4_request
    """
    try:
        scope = request.headers["authorization"].split("Credential=", 1)[1].split(",", 1)[0].split("/")
        return scope[3], scope[2]
    except (KeyError, IndexError):
        return "", get_region()


async def _maybe(result) -> None:
    if inspect.isawaitable(result):
        await result
