"""Show a Spark job's result in one step: the former rows, or the new ones, never a part of them.

Every run writes Parquet into a folder of its own below the output folder, named for the run;
then one UpdateTable turns the catalog's table to it. Whoever reads the table sees the former
result until the new one is whole. The former result stays for readers in flight; what is older,
and what a run that died left behind, is deleted by the next run that succeeds.

Shipped to a job by --extra-py-files.
"""

import contextlib
import datetime
import re
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

ROWS_A_FILE = 1_000_000  # else there is a file for each shuffle partition: on Glue 200, most of them empty

# A run's folder: Glue's job run id, or our own name outside Glue. Nothing else is ever deleted.
RUN = re.compile(r"(jr_|local_)[0-9A-Za-z_-]+")
LIVE = {"STARTING", "RUNNING", "STOPPING", "WAITING"}  # states of a job run that may still write
ABANDONED = datetime.timedelta(days=1)  # age at which the folder of a run unknown to Glue is deleted


class Publication:
    """One run's way from rows to a table of the catalog.

    Make it before the input is read: it remembers which version of the table it replaces.
    """

    def __init__(self, database: str, table: str, output: str, job: str, run: str):
        """Take the s3:// folder of the output, and Glue's names of the job ("" outside Glue) and of its run."""
        self.glue, self.s3 = boto3.client("glue"), boto3.client("s3")
        self.database, self.table, self.output = database, table, output.rstrip("/")
        self.job, self.run = job, run
        self.folder = f"{self.output}/{run}"
        self.before = current(self.glue, database, table)

    def show(self, rows: DataFrame, empty: str, compression: str = "snappy") -> str:
        """Write the rows, turn the table to them, and say so in a line.

        Raises a ValueError with the sentence in empty if there are no rows, an OSError if they cannot be
        written, a RuntimeError if another run published meanwhile. Then the table is what it was.
        """
        try:
            count = write(rows, self.folder, empty, compression)
            table = table_input(self.table, rows, self.folder + "/", compression)
            publish(self.glue, self.database, table, self.before)
        except Exception:
            with contextlib.suppress(BotoCoreError, ClientError):  # the next run deletes what this one cannot
                delete(self.s3, self.folder)
            raise
        self._sweep()
        return f"{self.database}.{self.table}: {count} rows in {self.folder}"

    def _sweep(self) -> None:
        """Delete the folders below the output but those shown now, shown before, and still being written."""
        dead = [run for run, newest in runs_below(self.s3, self.output).items() if not may_write(self.glue, self.job, run, newest)]
        # Asked last: a run that ended while we asked about it has published by now.
        tables = (current(self.glue, self.database, self.table), self.before)
        shown = [t["StorageDescriptor"]["Location"].rstrip("/") for t in tables if t]
        for run in dead:
            if f"{self.output}/{run}" not in shown:
                delete(self.s3, f"{self.output}/{run}")


def current(glue, database: str, name: str):
    """The catalog's table, or None. Its VersionId is what publish() compares."""
    try:
        return glue.get_table(DatabaseName=database, Name=name)["Table"]
    except glue.exceptions.EntityNotFoundException:
        return None


def write(rows: DataFrame, folder: str, empty: str, compression: str) -> int:
    """Write Parquet and return the number of rows, at least one.

    What an earlier attempt of the same run left in the folder is replaced.
    """
    count = rows.count()
    if count == 0:
        raise ValueError(empty)
    try:
        rows.coalesce(1 + count // ROWS_A_FILE).write.mode("overwrite").option("compression", compression).parquet(folder)
    except (PySparkException, Py4JJavaError) as error:
        raise OSError(f"cannot write {folder}: {cause(error)}") from None
    return count


def table_input(name: str, rows: DataFrame, folder: str, compression: str) -> dict:
    """The table as Athena, Spark and Hive read it."""
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE", "parquet.compression": compression.upper()},
        "StorageDescriptor": {
            "Columns": [{"Name": field.name, "Type": field.dataType.simpleString()} for field in rows.schema],
            "Location": folder,
            "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
        },
    }


def publish(glue, database: str, table: dict, before) -> None:
    """Create the table, or replace the version that stood when this run began.

    Raises a RuntimeError if another run published meanwhile: it began later
    and read newer files, so ours must not hide its result.
    """
    try:
        if before is None:
            glue.create_table(DatabaseName=database, TableInput=table)
        else:
            glue.update_table(DatabaseName=database, TableInput=table, VersionId=before["VersionId"])
    except (glue.exceptions.ConcurrentModificationException, glue.exceptions.AlreadyExistsException) as error:
        now = current(glue, database, table["Name"])
        if now and now["StorageDescriptor"]["Location"] == table["StorageDescriptor"]["Location"]:
            return  # the call was answered late and sent again: the first one did it
        raise RuntimeError(
            f"{database}.{table['Name']} was changed by another run since this one began; nothing was published, run again"
        ) from error


def runs_below(s3, output: str) -> dict:
    """The folders of runs directly below output, each with the time of its newest object."""
    bucket, prefix = split(output)
    newest = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            run, slash, _ = item["Key"][len(prefix) :].partition("/")
            if slash and RUN.fullmatch(run):
                newest[run] = max(newest.get(run, item["LastModified"]), item["LastModified"])
    return newest


def may_write(glue, job: str, run: str, newest: datetime.datetime) -> bool:
    """Whether the run may still be writing its folder. Outside Glue there is no job to ask about."""
    if job:
        with contextlib.suppress(glue.exceptions.EntityNotFoundException):
            return glue.get_job_run(JobName=job, RunId=run)["JobRun"]["JobRunState"] in LIVE
    return datetime.datetime.now(datetime.timezone.utc) - newest < ABANDONED


def delete(s3, folder: str) -> None:
    """Delete what is in an s3:// folder."""
    bucket, prefix = split(folder)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
        errors = keys and s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True}).get("Errors")
        if errors:
            raise OSError(f"cannot delete s3://{bucket}/{errors[0]['Key']}: {errors[0]['Message']}")


def split(url: str) -> tuple:
    """Bucket, and prefix with its closing slash, of an s3:// folder."""
    parts = urlsplit(url)
    return parts.netloc, f"{parts.path.strip('/')}/".lstrip("/")


def cause(error: Exception) -> str:
    """What went wrong, in one line of Spark's many: the innermost cause, without S3's request ids."""
    text = re.sub(r"\n\s+(at |\.\.\. )[^\n]*|\n\s*JVM stacktrace:.*", "", str(error), flags=re.DOTALL)
    innermost = re.split(r"^(?:Caused by)?: ", text, flags=re.MULTILINE)[-1]
    return re.sub(r"^[\w.$]+(Exception|Error): | \(Service: .*", "", " ".join(innermost.split()))
