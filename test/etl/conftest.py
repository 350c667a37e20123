"""What the tests of etlScripts share: one Spark session, one local AWS, a bucket and a catalog database for each test."""

import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request
import uuid

import boto3
import pytest

ROOT = pathlib.Path(__file__).parents[2]
SCRIPTS = ROOT / "etlScripts" / "covid19"
SAMPLE = SCRIPTS / "sample"
sys.path[:0] = [str(SCRIPTS), str(SAMPLE), str(ROOT / "etlScripts" / "shared"), str(ROOT / "constructs" / "lake" / "function")]

ACCOUNT, REGION = "123456789012", "eu-west-1"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def jars():
    """The S3A jars, as `make` puts them into the home folder; LAKEKEEL_JARS names another one."""
    home = pathlib.Path(os.environ.get("LAKEKEEL_HOME") or ROOT / ".lakekeel")
    folder = pathlib.Path(os.environ.get("LAKEKEEL_JARS") or home / "jars")
    found = sorted(map(str, folder.rglob("*.jar")))
    if not found:
        pytest.exit(f"no jars in {folder}: run `make setup`, or name the folder in LAKEKEEL_JARS", returncode=2)
    return ",".join(found)


@pytest.fixture(scope="session")
def aws(tmp_path_factory):
    """A local AWS that answers over real HTTP; boto3 and Spark find it by the environment."""
    port = free_port()
    home = tmp_path_factory.mktemp("aws")
    os.environ.update(
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}",
        AWS_ACCESS_KEY_ID=ACCOUNT,
        AWS_SECRET_ACCESS_KEY="none",
        AWS_REGION=REGION,
        AWS_DEFAULT_REGION=REGION,
        AWS_EC2_METADATA_DISABLED="true",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    )
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
    }
    with (home / "log").open("w") as log:
        command = [sys.executable, "-m", "ministack"]
        server = subprocess.Popen(command, env={**os.environ, **settings}, cwd=home, stdout=log, stderr=log)
    try:
        answers(server, f"http://127.0.0.1:{port}/_ministack/health", home / "log")
        yield boto3.client
    finally:
        server.terminate()
        server.wait(10)


def answers(server, url, log):
    """Wait until url answers, 30 s at most."""
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            return urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the local AWS does not answer: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def spark(aws):
    """One session for all tests; s3:// means the local AWS, as on Glue it means S3."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.jars": jars(),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        # Small frames and many plans: what takes time here is compiling.
        "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": os.environ["AWS_ENDPOINT_URL"],
        "spark.hadoop.fs.s3a.endpoint.region": REGION,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
        "spark.hadoop.fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
        "spark.hadoop.fs.s3a.access.key": ACCOUNT,
        "spark.hadoop.fs.s3a.secret.key": "none",
    }
    builder = SparkSession.builder.master("local[2]").appName("test")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture
def lake(aws):
    """A bucket and a database of the test's own."""
    return Lake(aws)


class Lake:
    """Files in a bucket and their tables in a database, as a crawler would leave them."""

    def __init__(self, client):
        name = uuid.uuid4().hex[:12]
        self.s3, self.glue = client("s3"), client("glue")
        self.bucket, self.database = f"lake-{name}", f"db_{name}"
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.glue.create_database(DatabaseInput={"Name": self.database})

    def put(self, key, text):
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=text if isinstance(text, bytes) else text.encode())

    def keys(self, prefix=""):
        return [o["Key"] for o in self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])]

    def table(self, name, columns, header=True):
        """Describe the CSV files below <name>/; columns is "name type, name type"."""
        self.glue.create_table(
            DatabaseName=self.database,
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"classification": "csv", **({"skip.header.line.count": "1"} if header else {})},
                "StorageDescriptor": {
                    "Columns": [dict(zip(("Name", "Type"), column.split())) for column in columns.split(", ")],
                    "Location": f"s3://{self.bucket}/{name}/",
                    "SerdeInfo": {
                        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                        "Parameters": {"field.delim": ","},
                    },
                },
            },
        )

    def shown(self, table):
        """Folder, version and columns that the catalog shows for the table."""
        t = self.glue.get_table(DatabaseName=self.database, Name=table)["Table"]
        columns = {c["Name"]: c["Type"] for c in t["StorageDescriptor"]["Columns"]}
        return t["StorageDescriptor"]["Location"], t["VersionId"], columns
