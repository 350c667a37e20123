"""Bring a Delta Lake table of contacts up to date; job.py says which arguments there are.

The log store that keeps several writers apart comes from Spark's settings, as
tableformat.Props makes them. The table is written through s3://: the log store
knows a table by its URL, and Athena's list of files repeats it.
"""

import sys

import athena
import boto3
import job
import scd2
from pyspark.sql import DataFrame, SparkSession


def merge(spark: SparkSession, path: str, records: DataFrame, confirm: bool) -> dict:
    """Apply the records to the table; how many versions were inserted, updated and deleted."""
    changes = scd2.changes(spark.read.format("delta").load(path), records, confirm).persist()
    try:
        counts = job.counted(changes)
        if any(counts.values()):
            changes.createOrReplaceTempView("changes")
            spark.sql(scd2.MERGE.format(table=f"delta.`{path}`", changes="changes"))
        return counts
    finally:
        changes.unpersist()


def main(argv: list) -> None:
    args = job.arguments(argv, __doc__.splitlines()[0])
    spark = SparkSession.builder.appName(f"scd2 {args.table}").getOrCreate()
    path = f"{args.warehouse}/{args.table}"
    records = job.read(spark, args.input, args.feed, args.ts)
    create = f"CREATE TABLE IF NOT EXISTS delta.`{path}` ({scd2.TABLE}) USING delta"
    job.apply(lambda: spark.sql(create), args.attempts)
    counts = job.apply(lambda: merge(spark, path, records, args.feed == "changes"), args.attempts)
    athena.publish(spark, boto3.client("glue"), args.database, args.table, path)
    print(job.told(path, counts))


if __name__ == "__main__":
    main(sys.argv[1:])
