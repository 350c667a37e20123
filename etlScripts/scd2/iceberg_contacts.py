"""Bring an Iceberg table of contacts up to date; job.py says which arguments there are.

The catalog, its lock and the table's defaults come from Spark's settings, as
tableformat.Props makes them; --catalog names the catalog in SQL.
"""

import sys

import job
import scd2
from pyspark.sql import DataFrame, SparkSession


def merge(spark: SparkSession, table: str, records: DataFrame, confirm: bool) -> dict:
    """Apply the records to the table; how many versions were inserted, updated and deleted."""
    changes = scd2.changes(spark.table(table), records, confirm).persist()
    try:
        counts = job.counted(changes)
        if any(counts.values()):
            changes.createOrReplaceTempView("changes")
            spark.sql(scd2.MERGE.format(table=table, changes="changes"))
        return counts
    finally:
        changes.unpersist()


def main(argv: list) -> None:
    args = job.arguments(argv, __doc__.splitlines()[0])
    spark = SparkSession.builder.appName(f"scd2 {args.table}").getOrCreate()
    table = f"{args.catalog}.{args.database}.{args.table}"
    records = job.read(spark, args.input, args.feed, args.ts)
    create = f"CREATE TABLE IF NOT EXISTS {table} ({scd2.TABLE}) USING iceberg LOCATION '{args.warehouse}/{args.table}'"
    job.apply(lambda: spark.sql(create), args.attempts)
    counts = job.apply(lambda: merge(spark, table, records, args.feed == "changes"), args.attempts)
    print(job.told(table, counts))


if __name__ == "__main__":
    main(sys.argv[1:])
