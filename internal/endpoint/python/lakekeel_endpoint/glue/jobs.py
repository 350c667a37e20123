"""Job runs: the deployed script object, run for real with the deployed arguments.

A run resolves its script from S3 at its start, as Glue does, and executes the
very bytes: a Spark job (glueetl) by this Python with Spark's local settings, a
Python-shell job by this Python alone. States, attempts, time limits and error
messages are Glue's; README.md says what differs.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import shutil
import signal
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from . import failure, logs, spark
from .errors import GlueError, not_found, too_many_runs
from .records import Records
from .services import NoSuchBucket, NoSuchKey, Services, parse_url

log = logging.getLogger("lakekeel.glue")

KIND = "job-run"
LIVE = ("STARTING", "RUNNING", "STOPPING", "WAITING")

# Default of Timeout, in minutes: Glue's for Spark jobs up to version 4.0 and for Python shell.
# https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-job.html
TIMEOUT_MINUTES = 2880
KILLED = 9 + 128  # status of a job whose process got SIGKILL
STDERR_TAIL = 200_000  # bytes of stderr in which a failure's reason is looked for
FOLLOW_SECONDS = 1.0  # how often new output goes to CloudWatch Logs while a job runs
FOLDERS_KEPT = 200  # newest run folders that a start of the endpoint leaves

# Variables of ours that a job may see; anything else of this machine stays outside.
_ENVIRONMENT = ("PATH", "JAVA_HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ", "USER")
_LOG_GROUPS = {"glueetl": "/aws-glue/jobs", "pythonshell": "/aws-glue/python-jobs"}
_DIED = "the endpoint ended while this run was in progress, and the run with it; start it again"


class Refused(Exception):
    """The run cannot be carried out here; the message is its ErrorMessage."""


@dataclass(frozen=True)
class Cause:
    """What started a run, as far as the run tells it."""

    trigger: str = ""
    workflow: str = ""
    workflow_run: str = ""
    predecessors: tuple[tuple[str, str], ...] = ()  # job name and run id of the jobs whose end fired the trigger


@dataclass
class _Attempt:
    """One run in progress."""

    record: dict
    task: asyncio.Task | None = None
    process: asyncio.subprocess.Process | None = None


class Jobs:
    """Starts, follows and stops job runs."""

    def __init__(self, settings, services: Services, records: Records, scope):
        self._settings = settings
        self._services = services
        self._records = records
        self._scope = scope
        self._live: dict[tuple[str, str], _Attempt] = {}

    # What the API asks.

    async def start(self, name: str, request: dict, cause: Cause = Cause()) -> tuple[dict, asyncio.Task]:
        """Start a run; its record, and a task that ends with the record of the last attempt."""
        job = (await self._services.glue("GetJob", JobName=name))["Job"]
        limit = int((job.get("ExecutionProperty") or {}).get("MaxConcurrentRuns") or 1)
        if sum(run["JobRunState"] in LIVE for run in self._of(name)) >= limit:
            raise too_many_runs("job", name, limit)
        request = self._with_previous(name, request)
        run = self._new_run(job, request, cause, f"jr_{_random_id()}", attempt=0)
        attempt = self._begin(job, run, cause)
        return run, asyncio.create_task(self._see_through(job, request, cause, attempt))

    def get(self, name: str, run_id: str) -> dict:
        run = self._records.get(KIND, self._scope(), run_id)
        if not run or run["JobName"] != name:
            raise not_found("job run", run_id)
        return public(run)

    async def runs(self, name: str) -> list[dict]:
        """The job's runs, the newest first; an error if there is no such job."""
        await self._services.glue("GetJob", JobName=name)
        return [public(run) for run in reversed(self._of(name))]

    def find(self, run_ids: list[str]) -> list[dict]:
        found = (self._records.get(KIND, self._scope(), run_id) for run_id in run_ids)
        return [public(run) for run in found if run]

    def attempts(self, run_id: str) -> list[dict]:
        """The run and the retries that followed it, in order."""
        chain = self.find([run_id])
        while chain and (later := self._next(chain[-1]["Id"])):
            chain += self.find([later])
        return chain

    def stop(self, name: str, run_id: str) -> None:
        """Ask a run to stop; it becomes STOPPED when its processes are gone."""
        run = self._records.get(KIND, self._scope(), run_id)
        if not run or run["JobName"] != name:
            raise not_found("job run", run_id)
        attempt = self._live.get((self._scope(), run_id))
        if run["JobRunState"] not in LIVE or not attempt:
            raise GlueError("InvalidInputException", f"job run {run_id} is {run['JobRunState']}; want one that runs")
        if run["JobRunState"] != "STOPPING":
            self._set(run, JobRunState="STOPPING")
            cancel_soon(attempt.task)

    async def stop_all(self) -> None:
        """End every run, for an orderly exit of the endpoint."""
        tasks = [attempt.task for attempt in self._live.values()]
        for attempt in list(self._live.values()):
            attempt.record["JobRunState"] = "STOPPING"
            cancel_soon(attempt.task)
        if tasks:
            await asyncio.wait(tasks, timeout=5)

    def recover(self) -> None:
        """After a restart: what the records take for running died with the endpoint."""
        now = time.time()
        for scope, run_id, run in self._records.everything(KIND):
            if run["JobRunState"] in LIVE:
                run.update(JobRunState="FAILED", ErrorMessage=_DIED, CompletedOn=now, LastModifiedOn=now)
                self._records.save(KIND, scope, run_id, run)
        folders = sorted((f for f in self._settings.runs.glob("jr_*") if f.is_dir()), key=lambda f: f.stat().st_mtime)
        for folder in folders[:-FOLDERS_KEPT]:
            shutil.rmtree(folder, ignore_errors=True)
        for folder in folders[-FOLDERS_KEPT:]:
            _clear(folder)

    # One attempt after the other.

    async def _see_through(self, job: dict, request: dict, cause: Cause, attempt: _Attempt) -> dict:
        """Wait for the run and, while it FAILED and retries are left, for the next attempt.

        A run that timed out or was stopped is not tried again:
        https://docs.aws.amazon.com/glue/latest/dg/add-job.html (Number of retries).
        """
        first = attempt.record["Id"]
        for number in range(1, int(job.get("MaxRetries") or 0) + 2):
            await asyncio.wait([attempt.task])
            run = attempt.record
            if run["JobRunState"] != "FAILED" or number > int(job.get("MaxRetries") or 0):
                break
            again = self._new_run(job, request, cause, f"{first}_attempt_{number}", number, previous=run["Id"])
            attempt = self._begin(job, again, cause)
        return attempt.record

    def _begin(self, job: dict, run: dict, cause: Cause) -> _Attempt:
        attempt = _Attempt(run)
        self._live[(self._scope(), run["Id"])] = attempt
        attempt.task = asyncio.create_task(self._run(job, attempt, cause))
        return attempt

    async def _run(self, job: dict, attempt: _Attempt, cause: Cause) -> None:
        """Carry out one attempt and record how it ended, whatever happens."""
        run, began = attempt.record, time.monotonic()
        folder = self._settings.runs / run["Id"]
        ended = {}
        try:
            ended = await self._execute(job, attempt, cause, folder)
        except asyncio.CancelledError:
            ended = {"JobRunState": "STOPPED"}
        except Refused as error:
            ended = {"JobRunState": "FAILED", "ErrorMessage": str(error)}
        except OSError as error:  # a full disk, a folder that may not be written
            reason = f"{error.strerror or error}: {error.filename or folder}"
            ended = {"JobRunState": "FAILED", "ErrorMessage": f"the run could not be prepared: {reason}"}
        except Exception as error:  # ours, not the script's: say so, and never leave the run RUNNING
            log.exception("job run %s", run["Id"])
            ended = {"JobRunState": "FAILED", "ErrorMessage": f"the local engine failed: {type(error).__name__}: {error}"}
        finally:
            self._live.pop((self._scope(), run["Id"]), None)
            self._set(run, **ended, CompletedOn=time.time(), ExecutionTime=round(time.monotonic() - began))
            _clear(folder)

    async def _execute(self, job: dict, attempt: _Attempt, cause: Cause, folder: Path) -> dict:
        """How the attempt ended: JobRunState, and ErrorMessage if it failed."""
        run = attempt.record
        kind = (job.get("Command") or {}).get("Name", "glueetl")
        if kind not in _LOG_GROUPS:
            raise Refused(f"command {kind!r} is not run locally; want glueetl or pythonshell")
        arguments = self._arguments(job, run, cause)
        (folder / "work").mkdir(parents=True)
        script = await self._fetch(folder / "work", job["Command"].get("ScriptLocation", ""), "the script")
        environment = await self._prepare(kind, arguments, folder)
        command = [sys.executable, "-u", str(script), *_flat(arguments)]
        tails = [
            logs.Tail(self._services, folder / name, f"{_LOG_GROUPS[kind]}/{group}", run["Id"])
            for name, group in (("stdout", "output"), ("stderr", "error"))
        ]
        seconds = run["Timeout"] * self._settings.minute
        try:
            code = await self._follow(attempt, command, environment, folder, tails, seconds)
        except TimeoutError:
            return {"JobRunState": "TIMEOUT", "ErrorMessage": f"Timed out after {run['Timeout']} minutes (the job's Timeout)"}
        if code == 0:
            return {"JobRunState": "SUCCEEDED"}
        return {"JobRunState": "FAILED", "ErrorMessage": failure.explain(_end_of(folder / "stderr"), code)}

    async def _follow(self, attempt: _Attempt, command, environment, folder: Path, tails, seconds: float) -> int:
        """Run the command to its end; its status. Its output is in CloudWatch Logs when this returns."""
        supervised = [sys.executable, "-I", "-S", str(Path(__file__).with_name("supervisor.py")), str(os.getpid()), *command]
        with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
            process = await asyncio.create_subprocess_exec(
                *supervised, cwd=folder / "work", env=environment, stdin=asyncio.subprocess.DEVNULL,
                stdout=out, stderr=err, start_new_session=True,
            )  # fmt: skip
        attempt.process = process
        self._set(attempt.record, JobRunState="RUNNING")
        follower = asyncio.create_task(_keep_following(tails))
        try:
            return await asyncio.wait_for(asyncio.shield(process.wait()), seconds)
        except BaseException:
            await _terminate(process)
            raise
        finally:
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)
            for tail in tails:
                await tail.advance(last=True)

    # What a run is given.

    def _arguments(self, job: dict, run: dict, cause: Cause) -> dict[str, str]:
        """Names with their "--" and values, in Glue's order of precedence."""
        ours = {"--JOB_NAME": job["Name"], "--JOB_ID": f"j_{_stable_id(self._scope(), job['Name'])}", "--JOB_RUN_ID": run["Id"]}
        if cause.workflow:
            ours |= {"--WORKFLOW_NAME": cause.workflow, "--WORKFLOW_RUN_ID": cause.workflow_run}
        declared = {**(job.get("DefaultArguments") or {}), **run["Arguments"], **(job.get("NonOverridableArguments") or {})}
        return {**ours, **{name: str(value) for name, value in declared.items()}}

    async def _prepare(self, kind: str, arguments: dict[str, str], folder: Path) -> dict[str, str]:
        """Fetch what the special arguments name; the environment of the script."""
        work = folder / "work"
        for name in ("--additional-python-modules", "--datalake-formats", "--python-modules-installer-option"):
            _refuse_missing(name, arguments.get(name, ""))
        modules = [await self._fetch(work, url, "--extra-py-files") for url in _listed(arguments, "--extra-py-files")]
        for url in _listed(arguments, "--extra-files"):
            await self._fetch(work, url, "--extra-files")
        (folder / "tmp").mkdir(exist_ok=True)
        environment = self._environment(folder)
        # A module is found by its folder, an archive by its own path.
        paths = [str(path if path.suffix in (".zip", ".egg", ".whl") else path.parent) for path in modules]
        environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
        if kind == "glueetl":
            environment |= await self._prepare_spark(arguments, folder)
        return environment

    async def _prepare_spark(self, arguments: dict[str, str], folder: Path) -> dict[str, str]:
        try:
            spark.java()
            conf = spark.parse_conf(arguments["--conf"]) if arguments.get("--conf") else {}
            jars = [await self._fetch(folder / "work", url, "--extra-jars") for url in _listed(arguments, "--extra-jars")]
            scope, settings = self._scope, self._settings
            return spark.prepare(spark.Local(settings.url, scope.account(), scope.region(), settings.jars, folder, conf, tuple(jars)))
        except (ValueError, spark.SparkMissing) as error:
            raise Refused(str(error)) from None

    async def _fetch(self, work: Path, url: str, what: str) -> Path:
        """Copy an object to the run's folder; Refused, with the reason, if it is not there."""
        try:
            bucket, key = parse_url(url)
            content = await self._services.read(bucket, key)
        except ValueError as error:
            raise Refused(f"{what}: {error}") from None
        except NoSuchBucket:
            raise Refused(f"{what} {url} cannot be read: the bucket {bucket} does not exist") from None
        except NoSuchKey:
            raise Refused(f"{what} {url} cannot be read: the bucket {bucket} has no such object") from None
        file = work / (Path(key).name or "script.py")
        file.write_bytes(content)
        return file

    def _environment(self, folder: Path) -> dict[str, str]:
        """What a script sees: this machine's programs, the endpoint as AWS, nothing else."""
        region = self._scope.region()
        return {
            **{name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            "HOME": str(folder / "work"),
            "TMPDIR": str(folder / "tmp"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_DRIVER_PYTHON": sys.executable,
            "AWS_ENDPOINT_URL": self._settings.url,
            "AWS_ACCESS_KEY_ID": self._scope.account(),
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    # The record.

    def _of(self, name: str) -> list[dict]:
        return [run for run in self._records.of(KIND, self._scope()) if run["JobName"] == name]

    def _next(self, run_id: str) -> str | None:
        return next((run["Id"] for run in self._records.of(KIND, self._scope()) if run.get("PreviousRunId") == run_id), None)

    def _with_previous(self, name: str, request: dict) -> dict:
        """StartJobRun with JobRunId runs an earlier run again, with its arguments."""
        if not request.get("JobRunId"):
            return request
        return {"Arguments": self.get(name, request["JobRunId"])["Arguments"], **request}

    def _new_run(self, job: dict, request: dict, cause: Cause, run_id: str, attempt: int, previous: str = "") -> dict:
        now = time.time()
        timeout = request.get("Timeout") or job.get("Timeout") or TIMEOUT_MINUTES
        run = {
            "Id": run_id,
            "Attempt": attempt,
            "PreviousRunId": previous or request.get("JobRunId"),
            "TriggerName": cause.trigger or None,
            "JobName": job["Name"],
            "StartedOn": now,
            "LastModifiedOn": now,
            "JobRunState": "STARTING",
            "Arguments": {name: str(value) for name, value in (request.get("Arguments") or {}).items()},
            "PredecessorRuns": [{"JobName": name, "RunId": run} for name, run in cause.predecessors],
            "ExecutionTime": 0,
            "Timeout": int(timeout),
            "GlueVersion": job.get("GlueVersion"),
            "LogGroupName": _LOG_GROUPS.get((job.get("Command") or {}).get("Name", "glueetl"), "/aws-glue/jobs"),
        }
        for name in ("WorkerType", "NumberOfWorkers", "MaxCapacity", "SecurityConfiguration", "NotificationProperty", "ExecutionClass"):
            value = request.get(name) or job.get(name)
            if value:
                run[name] = value
        self._records.save(KIND, self._scope(), run_id, run)
        return run

    def _set(self, run: dict, **changes) -> None:
        run.update(changes, LastModifiedOn=time.time())
        self._records.save(KIND, self._scope(), run["Id"], run)


def public(run: dict) -> dict:
    """The record as the API shows it: without what is empty."""
    return {name: value for name, value in run.items() if value is not None}


def cancel_soon(task: asyncio.Task) -> None:
    """Cancel a task that may have been made this very moment.

    Cancelled before its first step a coroutine never runs, and could not
    record how it ended; asked for now, its first step comes before this.
    """
    asyncio.get_running_loop().call_soon(task.cancel)


async def _keep_following(tails) -> None:
    while True:
        await asyncio.sleep(FOLLOW_SECONDS)
        for tail in tails:
            await tail.advance()


async def _terminate(process: asyncio.subprocess.Process) -> None:
    """End the supervisor, which kills the job's whole tree; wait until it is gone."""
    try:
        process.send_signal(signal.SIGTERM)
    except ProcessLookupError:
        return
    await process.wait()


def _listed(arguments: dict[str, str], name: str) -> list[str]:
    return [url.strip() for url in arguments.get(name, "").split(",") if url.strip()]


def _flat(arguments: dict[str, str]) -> list[str]:
    return [word for name, value in arguments.items() for word in (name, value)]


def _refuse_missing(name: str, value: str) -> None:
    """Glue would install these; here they count only as far as they are installed already."""
    if not value:
        return
    if name == "--additional-python-modules":
        missing = [module for module in value.split(",") if not _installed(module)]
        if missing:
            raise Refused(f"{name} asks for {', '.join(missing)}, which is not installed beside the endpoint; nothing is downloaded here")
    elif name == "--datalake-formats":
        raise Refused(f"{name} asks for {value}, which the local engine does not bring; run this job on AWS")


def _installed(requirement: str) -> bool:
    """Whether a requirement like "numpy==1.26" is met by what is installed here."""
    from importlib import metadata

    name, _, version = requirement.strip().partition("==")
    try:
        there = metadata.version(name.split(">")[0].split("<")[0].split("[")[0].strip())
    except (metadata.PackageNotFoundError, ValueError):
        return False
    return not version or there == version.strip()


def _end_of(file: Path) -> str:
    with file.open("rb") as content:
        content.seek(0, os.SEEK_END)
        content.seek(max(0, content.tell() - STDERR_TAIL))
        return content.read().decode("utf-8", "replace")


def _clear(folder: Path) -> None:
    """Remove what a run needed; stdout and stderr stay."""
    for name in ("work", "tmp", "spark", "conf"):
        shutil.rmtree(folder / name, ignore_errors=True)


def _random_id() -> str:
    """64 hexadecimal digits, as many as in Glue's ids."""
    return uuid.uuid4().hex + uuid.uuid4().hex


def _stable_id(*parts: str) -> str:
    """64 hexadecimal digits that are the same for the same parts."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()
