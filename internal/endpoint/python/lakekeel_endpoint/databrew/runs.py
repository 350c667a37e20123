"""Runs of recipe jobs: started, looked at, stopped."""

from __future__ import annotations

import asyncio
import logging
import re
import tempfile
import time
import uuid
from pathlib import Path

from botocore.exceptions import ClientError
from ministack.core.responses import get_account_id, get_region

from ..loopback import client
from ..wire import Answer, Handler, answer, fault
from . import files, recipe

log = logging.getLogger("lakekeel.databrew")

_PATHS = (
    (re.compile(r"POST /jobs/([^/]+)/startJobRun"), "_start"),
    (re.compile(r"GET /jobs/([^/]+)/jobRuns"), "_list"),
    (re.compile(r"GET /jobs/([^/]+)/jobRun/([^/]+)"), "_describe"),
    (re.compile(r"POST /jobs/([^/]+)/jobRun/([^/]+)/stopJobRun"), "_stop"),
)
LIVE = ("STARTING", "RUNNING")


class Stopped(Exception):
    """Somebody stopped the run."""


class Runs:
    """The runs of all jobs, newest last."""

    def __init__(self, moto: Handler, temporary: Path):
        self._moto, self._temporary = moto, temporary
        self._runs: dict[tuple, list[dict]] = {}  # by account, region and job
        self._tasks: set[asyncio.Task] = set()

    async def handle(self, method: str, path: str, headers: dict, body: bytes, query: dict) -> Answer:
        for pattern, act in _PATHS:
            match = pattern.fullmatch(f"{method} {path}")
            if match:
                try:
                    return answer(await getattr(self, act)(*match.groups()))
                except ClientError as error:  # moto's own words, e.g. of a job that is not there
                    problem = error.response["Error"]
                    return fault(problem["Code"], problem["Message"], error.response["ResponseMetadata"]["HTTPStatusCode"])
                except KeyError as error:
                    return fault("ResourceNotFoundException", f"The job run {error.args[0]} wasn't found.", 404)
        return await self._moto(method, path, headers, body, query)

    async def _start(self, name: str) -> dict:
        job = await asyncio.to_thread(_describe_job, name)
        run = {"RunId": f"db_{uuid.uuid4().hex}", "JobName": name, "State": "STARTING", "StartedOn": time.time(), "Attempt": 0}
        for member in ("DatasetName", "RecipeReference", "Outputs", "LogSubscription"):
            if job.get(member):
                run[member] = job[member]
        self._of(name).append(run)
        task = asyncio.create_task(asyncio.to_thread(self._run, job, run))
        self._tasks.add(task)  # or nobody would hold it
        task.add_done_callback(self._tasks.discard)
        return {"RunId": run["RunId"]}

    async def _list(self, name: str) -> dict:
        await asyncio.to_thread(_describe_job, name)
        return {"JobRuns": self._of(name)[::-1]}

    async def _describe(self, name: str, run_id: str) -> dict:
        return self._find(name, run_id)

    async def _stop(self, name: str, run_id: str) -> dict:
        run = self._find(name, run_id)
        if run["State"] in LIVE:
            run["State"] = "STOPPING"
        return {"RunId": run_id}

    def _of(self, name: str) -> list[dict]:
        return self._runs.setdefault((get_account_id(), get_region(), name), [])

    def _find(self, name: str, run_id: str) -> dict:
        for run in self._of(name):
            if run["RunId"] == run_id:
                return run
        raise KeyError(run_id)

    def _run(self, job: dict, run: dict) -> None:
        """Do a run, on a worker thread."""
        begun = time.monotonic()
        try:
            run["State"] = "RUNNING" if run["State"] == "STARTING" else run["State"]
            with tempfile.TemporaryDirectory(dir=self._temporary) as folder:
                _perform(job, run, Path(folder))
            run["State"] = "SUCCEEDED"
        except Stopped:
            run["State"] = "STOPPED"
        except Exception as error:
            log.warning("%s %s failed", job["Name"], run["RunId"], exc_info=not isinstance(error, recipe.Refused))
            run.update(State="FAILED", ErrorMessage=" ".join(str(error).split()) or type(error).__name__)
        run.update(CompletedOn=time.time(), ExecutionTime=int(time.monotonic() - begun))


def _describe_job(name: str) -> dict:
    return client("databrew").describe_job(Name=name)


def _perform(job: dict, run: dict, folder: Path) -> None:
    import duckdb

    if job.get("Type") != "RECIPE" or not job.get("RecipeReference"):
        raise recipe.Refused("the local endpoint runs recipe jobs that name a dataset and a recipe; no profile jobs, no projects")
    if job.get("DataCatalogOutputs") or job.get("DatabaseOutputs") or not job.get("Outputs"):
        raise recipe.Refused("the local endpoint writes to S3 only: want Outputs")
    dataset = client("databrew").describe_dataset(Name=job["DatasetName"])
    reference = job["RecipeReference"]
    version = {"RecipeVersion": reference["RecipeVersion"]} if reference.get("RecipeVersion") else {}
    steps = client("databrew").describe_recipe(Name=reference["Name"], **version)["Steps"]
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE VIEW given AS " + files.read(dataset, folder))
        done = recipe.apply(connection, steps, "given")
        if run["State"] == "STOPPING":
            raise Stopped
        for output in job["Outputs"]:
            files.write(connection, done, job["Name"], output, folder)
