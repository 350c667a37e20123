"""Bring a Hudi table of contacts up to date; job.py says which arguments there are.

How to write, and the lock, come from Spark's settings, as tableformat.Props makes
them: what stands under spark.hoodie is handed to Hudi's writer.

Hudi compares a commit with those that ended while it was written, not with those
that ended after the table was read. So the whole of reading, deciding and writing
stands under a lease of the same lock table, and Hudi's own lock and its comparison
of commits stay as the second line.
"""

import argparse
import sys

import boto3
import job
import lease
import scd2
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

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


class Table:
    def __init__(self, spark: SparkSession, args: argparse.Namespace):
        self.name = f"{args.warehouse}/{args.table}"
        self._spark, self._lease = spark, f"scd2/{args.database}.{args.table}"
        self.options = options(spark, args.database, args.table)

    def merge(self, records: DataFrame, confirm: bool) -> dict:
        if LOCK + "table" not in self.options:  # a single writer, as it was declared to be
            return job.merged(self.known(), records, confirm, self.upsert)
        client = boto3.client("dynamodb", region_name=self.options[LOCK + "region"])
        with lease.Lease(client, self.options[LOCK + "table"], self._lease) as held:

            def write(changes: DataFrame) -> None:
                held.check()
                self.upsert(changes)

            return job.merged(self.known(), records, confirm, write)

    def known(self) -> DataFrame:
        """The table as it stands; empty when there is none."""
        if not self._exists():
            return self._spark.createDataFrame([], scd2.TABLE)
        return self._spark.read.format("hudi").load(self.name).select(*scd2.COLUMNS)

    def upsert(self, changes: DataFrame) -> None:
        """One upsert inserts, updates and deletes: a row marked _hoodie_is_deleted goes."""
        rows = changes.where(F.col("op") != scd2.GUARD).withColumn("_hoodie_is_deleted", F.col("op") == scd2.DELETE)
        columns = rows.select(*scd2.COLUMNS, "_hoodie_is_deleted")
        columns.write.format("hudi").options(**self.options).mode("append").save(self.name)

    def publish(self) -> None:
        """Hudi's own sync has told the catalog with the commit."""

    def _exists(self) -> bool:
        properties = self._spark.sparkContext._jvm.org.apache.hadoop.fs.Path(f"{self.name}/.hoodie/hoodie.properties")
        return properties.getFileSystem(self._spark.sparkContext._jsc.hadoopConfiguration()).exists(properties)


def main(argv: list) -> None:
    job.run(argv, __doc__.splitlines()[0], Table)


if __name__ == "__main__":
    main(sys.argv[1:])
