"""Bring a Hudi table of contacts up to date; job.py says which arguments there are.

How to write, and the lock, come from Spark's settings, as tableformat.Props makes
them: what stands under spark.hoodie is handed to Hudi's writer.

Hudi compares a commit with those that ended while it was written, not with those
that ended after the table was read. So the whole of reading, deciding and writing
stands under a lease of the same lock table, and Hudi's own lock and its comparison
of commits stay as the second line.
"""

import contextlib
import sys
import threading
import time
import uuid

import boto3
import job
import scd2
from botocore.exceptions import BotoCoreError, ClientError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

LEASE = 30  # seconds after which the lease of a writer that died is free
LOCK = "hoodie.write.lock.dynamodb."


def options(spark: SparkSession, database: str, table: str) -> dict:
    """What Hudi's writer is told: the settings under spark.hoodie, and what belongs to this table."""
    settings = {
        key.removeprefix("spark."): value for key, value in spark.sparkContext.getConf().getAll() if key.startswith("spark.hoodie.")
    }
    own = {
        "hoodie.table.name": table,
        "hoodie.database.name": database,
        "hoodie.datasource.write.recordkey.field": ",".join(scd2.KEY),
        "hoodie.datasource.write.precombine.field": "ts",
        "hoodie.datasource.write.keygenerator.class": "org.apache.hudi.keygen.NonpartitionedKeyGenerator",
        "hoodie.datasource.hive_sync.database": database,
        "hoodie.datasource.hive_sync.table": table,
        "hoodie.datasource.hive_sync.partition_extractor_class": "org.apache.hudi.hive.NonPartitionedExtractor",
    }
    if LOCK + "table" in settings:
        own[LOCK + "partition_key"] = f"{database}.{table}"
    return settings | own


class Lease:
    """The right to change a table, kept alive until the block ends. It is free again LEASE seconds after its holder died."""

    def __init__(self, client, lock_table: str, name: str, wait: float = 300):
        self._client, self._table, self._key, self._wait = client, lock_table, {"key": {"S": name}}, wait
        self._owner, self._over, self.lost = uuid.uuid4().hex, threading.Event(), False

    def __enter__(self):
        end = time.monotonic() + self._wait
        while not self._put("attribute_not_exists(#k) OR expires < :now"):
            if time.monotonic() > end:
                raise TimeoutError(
                    f"{self._key['key']['S']} was locked by other writers for {self._wait:.0f} s; nothing was written, run again"
                )
            time.sleep(0.5)
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        with contextlib.suppress(BotoCoreError, ClientError):  # it ends by itself
            self._client.delete_item(
                TableName=self._table,
                Key=self._key,
                ConditionExpression="holder = :me",
                ExpressionAttributeValues={":me": {"S": self._owner}},
            )

    def check(self) -> None:
        """Raise if somebody else may hold the lease by now."""
        if self.lost:
            raise RuntimeError(f"the lease of {self._key['key']['S']} was lost; nothing was written, run again")

    def _keep(self) -> None:
        renewed = time.monotonic()
        while not self._over.wait(LEASE / 6):
            with contextlib.suppress(BotoCoreError, ClientError):
                if self._put("holder = :me"):
                    renewed = time.monotonic()
            self.lost = self.lost or time.monotonic() - renewed > LEASE / 2

    def _put(self, condition: str) -> bool:
        now = time.time()
        values = {":now": {"N": f"{now:.3f}"}} if ":now" in condition else {":me": {"S": self._owner}}
        names = {"ExpressionAttributeNames": {"#k": "key"}} if "#k" in condition else {}
        item = {**self._key, "holder": {"S": self._owner}, "expires": {"N": f"{now + LEASE:.3f}"}}
        try:
            self._client.put_item(
                TableName=self._table, Item=item, ConditionExpression=condition, ExpressionAttributeValues=values, **names
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def known(spark: SparkSession, path: str) -> DataFrame:
    """The table as it stands; empty when there is none."""
    if not exists(spark, path):
        return spark.createDataFrame([], scd2.TABLE)
    return spark.read.format("hudi").load(path).select(*scd2.COLUMNS)


def exists(spark: SparkSession, path: str) -> bool:
    hadoop = spark.sparkContext._jvm.org.apache.hadoop.fs.Path(f"{path}/.hoodie/hoodie.properties")
    return hadoop.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()).exists(hadoop)


def merge(spark: SparkSession, path: str, records: DataFrame, confirm: bool, options: dict, check=lambda: None) -> dict:
    """Apply the records to the table; how many versions were inserted, updated and deleted.

    One upsert carries all three: a row marked _hoodie_is_deleted goes.
    """
    changes = scd2.changes(known(spark, path), records, confirm).persist()
    try:
        counts = job.counted(changes)
        if any(counts.values()):
            rows = changes.where(F.col("op") != scd2.GUARD).withColumn("_hoodie_is_deleted", F.col("op") == scd2.DELETE)
            check()
            rows.select(*scd2.COLUMNS, "_hoodie_is_deleted").write.format("hudi").options(**options).mode("append").save(path)
        return counts
    finally:
        changes.unpersist()


def main(argv: list) -> None:
    args = job.arguments(argv, __doc__.splitlines()[0])
    spark = SparkSession.builder.appName(f"scd2 {args.table}").getOrCreate()
    path = f"{args.warehouse}/{args.table}"
    told = options(spark, args.database, args.table)
    records = job.read(spark, args.input, args.feed, args.ts)

    def attempt() -> dict:
        if LOCK + "table" not in told:  # a single writer, as it was declared to be
            return merge(spark, path, records, args.feed == "changes", told)
        client = boto3.client("dynamodb", region_name=told[LOCK + "region"])
        with Lease(client, told[LOCK + "table"], f"scd2/{args.database}.{args.table}") as lease:
            return merge(spark, path, records, args.feed == "changes", told, lease.check)

    print(job.told(path, job.apply(attempt, args.attempts)))


if __name__ == "__main__":
    main(sys.argv[1:])
