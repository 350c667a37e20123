"""What the tests of etlScripts/scd2 share: a local endpoint, Spark processes with the construct's settings, an independent reader.

A test whose jars nobody has fetched is skipped, and says what is not proved and how to mend it.
"""

import contextlib
import functools
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import uuid

import boto3
import jars
import pytest
import tls

ROOT = pathlib.Path(__file__).parents[2]
SCRIPTS = ROOT / "etlScripts" / "scd2"
ACCOUNT, REGION = "123456789012", "eu-west-1"
sys.path[:0] = [str(SCRIPTS), str(SCRIPTS / "sample")]

# Of the construct's settings, those that a test may change: where things are. Names are the local test's own.
BUCKET, DATABASE = "lakekeel-tables", "crm"


def pytest_addoption(parser):
    parser.addoption("--rounds", type=int, default=20, help="rounds of the races of two writers, per format")


class Endpoint:
    """The project's local endpoint, its TLS door, and clients of it."""

    def __init__(self, home: pathlib.Path):
        path = os.pathsep.join(filter(None, [str(ROOT / "internal" / "endpoint" / "python"), os.environ.get("PYTHONPATH")]))
        self._log = (home / "endpoint.log").open("wb")
        command = [sys.executable, "-m", "lakekeel_endpoint", "--home", str(home), "--jars", str(home), "--port", "0"]
        self.process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stdout=self._log, stderr=self._log)
        self.url = self._ready(home)["url"]
        self.door = tls.Door(home / "tls", int(self.url.rsplit(":", 1)[1]), REGION)

    def _ready(self, home: pathlib.Path) -> dict:
        for _ in range(600):
            with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
                return json.loads((home / "endpoint.json").read_text())
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"the endpoint does not answer: {(home / 'endpoint.log').read_text()[-2000:]}")

    def client(self, service: str):
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, aws_access_key_id=ACCOUNT, aws_secret_access_key="local")

    def stop(self) -> None:
        self.door.close()
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory):
    running = Endpoint(tmp_path_factory.mktemp("endpoint"))
    prepare(running)
    yield running
    running.stop()


def prepare(endpoint) -> None:
    """The bucket, the database and the lock tables that the construct and its settings speak of."""
    endpoint.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    endpoint.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    for use in jars.SETTINGS.values():
        if not use["LockTable"]:
            continue
        dynamodb = endpoint.client("dynamodb")
        with contextlib.suppress(dynamodb.exceptions.ResourceInUseException):
            dynamodb.create_table(
                TableName=use["LockTable"],
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in use["LockKeys"]],
                KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(use["LockKeys"], ("HASH", "RANGE"))],
            )


def overrides(endpoint, glue_url: str = "") -> dict:
    """Where this machine's S3, Glue and DynamoDB are, in each client's own words. Nothing else differs from AWS."""
    catalog = "spark.sql.catalog.lake"
    return {
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": endpoint.url,
        "spark.hadoop.fs.s3a.endpoint.region": REGION,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
        "spark.hadoop.fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
        "spark.hadoop.fs.s3a.access.key": ACCOUNT,
        "spark.hadoop.fs.s3a.secret.key": "local",
        "spark.hadoop.fs.s3a.change.detection.mode": "none",
        "spark.hoodie.aws.glue.endpoint": endpoint.url,
        "spark.hoodie.aws.glue.region": REGION,
        "spark.hoodie.write.lock.dynamodb.endpoint_url": endpoint.url,
        f"{catalog}.s3.endpoint": endpoint.url,
        f"{catalog}.s3.path-style-access": "true",
        f"{catalog}.glue.endpoint": glue_url or endpoint.url,
        f"{catalog}.dynamodb.endpoint": endpoint.url,
    }


# Two uses that are tableformat's delta with something changed: our stand-in for Delta's log store, and deletion vectors.
STAND_IN, VECTORS = "delta-conditional", "delta-vectors"


def constructs(use: str) -> dict:
    """The settings as the construct makes them, and the one thing that these two uses change."""
    if use not in (STAND_IN, VECTORS):
        return jars.SETTINGS[use]["Settings"]
    settings = dict(jars.SETTINGS["delta"]["Settings"])
    if stands_in(use):
        settings |= {key: "lakekeel.ConditionalLogStore" for key in settings if key.startswith("spark.delta.logStore.")}
    if use == VECTORS:
        settings["spark.databricks.delta.properties.defaults.enableDeletionVectors"] = "true"
    return settings


def stands_in(use: str) -> bool:
    return use == STAND_IN or use == VECTORS and not jars.of("log-store")


def classes(use: str) -> str:
    """The class path of a use."""
    more = [jars.stand_in()] if stands_in(use) else jars.of("log-store") if use in ("delta", VECTORS) else []
    return os.pathsep.join(map(str, [*jars.of(use.split("-")[0]), *jars.s3a(), *more]))


def machine(use: str, work: pathlib.Path, endpoint, memory: str, cores: int) -> dict:
    """What the size of this machine asks for."""
    java = f"-Djava.io.tmpdir={work} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Duser.timezone=UTC {endpoint.door.java}"
    return {
        "spark.master": f"local[{cores}]",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": memory,
        "spark.driver.extraClassPath": classes(use),
        "spark.driver.extraJavaOptions": java,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(work / "warehouse"),
        "spark.local.dir": str(work),
    }


LOG4J = """\
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d %p %c{1}: %m%n%ex{short}
"""


class Failed(Exception):
    """A call failed in the Spark process; the message is its error."""


class Spark:
    """A Spark process with the settings that the construct makes for a use of tableformat: "hudi", "delta-single", …"""

    def __init__(self, endpoint, use: str, work: pathlib.Path, glue_url: str = "", memory: str = "1500m", cores: int = 2):
        self.use, self.format = use, use.split("-")[0]
        self.log = work / f"{use}-{uuid.uuid4().hex[:6]}.log"
        conf = work / self.log.stem
        conf.mkdir(parents=True)
        # Only the keys of this format: the others' clients are not there.
        others = {"hudi": ("spark.sql.catalog",), "iceberg": ("spark.hoodie",)}.get(self.format, ("spark.sql.catalog", "spark.hoodie"))
        ours = {key: value for key, value in overrides(endpoint, glue_url).items() if not key.startswith(others)}
        settings = {**machine(use, conf, endpoint, memory, cores), **constructs(use), **ours}
        (conf / "spark-defaults.conf").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
        (conf / "log4j2.properties").write_text(LOG4J)
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("SPARK_", "PYSPARK_", "AWS_"))},
            "SPARK_CONF_DIR": str(conf),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYTHONPATH": os.pathsep.join([str(SCRIPTS), str(pathlib.Path(__file__).parent)]),
            "PYSPARK_PYTHON": sys.executable,
            "AWS_ENDPOINT_URL": endpoint.url,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        self._log = self.log.open("wb")
        command = [sys.executable, str(pathlib.Path(__file__).parent / "worker.py")]
        # A group of its own, so that kill() reaches the JVM as well.
        self.process = subprocess.Popen(
            command,
            env=environment,
            cwd=conf,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            start_new_session=True,
        )

    def begin(self, **request) -> None:
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def end(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"the process ended ({self.process.wait()}): {self.log.read_text()[-3000:]}")
        answer = json.loads(line)
        self.seconds = answer["seconds"]
        if "error" in answer:
            raise Failed("\n".join(line for line in answer["error"].splitlines() if not line.lstrip().startswith("at ")))
        return answer["ok"]

    def call(self, **request):
        self.begin(**request)
        return self.end()

    def sql(self, statement: str):
        return self.call(sql=statement)

    def run(self, what: str, **arguments):
        return self.call(run=what, **{"with": arguments})

    def kill(self) -> None:
        """kill -9 of Python and of its JVM, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def main(self, table: str, source: str, **arguments):
        """The format's own main, as a job would call it."""
        self.begin_main(table, source, **arguments)
        return self.end()

    def begin_main(self, table: str, source: str, **arguments):
        argv = ["--input", source, "--database", DATABASE, "--table", table, "--warehouse", f"s3://{BUCKET}/crm"]
        for name, value in arguments.items():
            argv += [f"--{name}", str(value)]
        self.begin(script=f"{self.format}_contacts", argv=argv)


@pytest.fixture(scope="session")
def sparks(endpoint, request):
    """Starts Spark processes and ends them: sparks("iceberg")."""
    started = []
    work = pathlib.Path(tempfile.mkdtemp(prefix="scd2-"))

    def start(use: str, **options) -> Spark:
        need(use)
        started.append(Spark(endpoint, use, work, **options))
        return started[-1]

    yield start
    for one in started:
        one.kill()
    if not request.session.testsfailed:
        import shutil

        shutil.rmtree(work, ignore_errors=True)


NOT_PROVED = "*** NOT PROVED: "  # what the suite shows of a check's output before all else


def need(use: str) -> None:
    """What a use runs with, or a loud skip."""
    format = use.split("-")[0]
    try:
        jars.s3a()
    except jars.Missing as error:
        pytest.skip(f"{NOT_PROVED}{format}; {error}")
    if jars.cold(format) or jars.reader_cold():
        pytest.skip(f"{NOT_PROVED}{format}, whose jars are not there; python test/scd2/jars.py fetches them")
    if use == "delta" and not jars.of("log-store"):
        pytest.skip(
            f"{NOT_PROVED}Delta's DynamoDB log store, whose jar is not there (a stand-in ran in its place); "
            "python test/scd2/jars.py log-store fetches it, if this machine's registry has it"
        )


def delta() -> str:
    """Delta for several writers as the construct has it, or else with the stand-in for its log store."""
    return "delta" if jars.of("log-store") else STAND_IN


class Unreadable(Exception):
    """The other engine cannot read a table; the message is its error."""


class Table:
    """A table as somebody else sees it, who has DuckDB and no Spark."""

    def __init__(self, endpoint, format: str, name: str, reader: "Reader | None" = None):
        self.endpoint, self.format, self.name, self._reader = endpoint, format, name, reader
        self.path = f"s3://{BUCKET}/crm/{name}"

    def rows(self, version=None) -> list:
        """The whole table, times in microseconds since 1970, by id and valid_from."""
        path = self.metadata() if self.format == "iceberg" else self.path
        return (self._reader or common_reader()).ask({"format": self.format, "path": path, "url": self.endpoint.url, "version": version})

    def metadata(self) -> str:
        table = self.endpoint.client("glue").get_table(DatabaseName=DATABASE, Name=self.name)["Table"]
        return table["Parameters"]["metadata_location"]


class Reader:
    """A process that reads tables, one after the other; it ends with this one."""

    def __init__(self):
        keys = {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}
        environment = {"PYTHONPATH": str(jars.READER), "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **keys}
        command = [sys.executable, str(pathlib.Path(__file__).parent / "reader.py")]
        self._process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, question: dict) -> list:
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or f'{{"error": "the reader ended ({self._process.wait()})"}}')
        if "error" in answer:
            raise Unreadable(answer["error"])
        return answer["rows"]


@functools.cache
def common_reader() -> Reader:
    return Reader()


@pytest.fixture
def source(endpoint):
    """Puts CSV text into the bucket; the s3:// URL."""

    def put(text) -> str:
        key = f"input/{uuid.uuid4().hex}/part.csv"
        endpoint.client("s3").put_object(Bucket=BUCKET, Key=key, Body=text if isinstance(text, bytes) else text.encode())
        return f"s3://{BUCKET}/{key}"

    return put
