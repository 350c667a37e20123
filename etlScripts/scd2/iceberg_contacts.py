"""Bring an Iceberg table of contacts up to date; job.py says which arguments there are.

The catalog, its lock and the table's defaults come from Spark's settings, as
tableformat.Props makes them; --catalog names the catalog in SQL.
"""

import argparse
import sys

import job
import scd2
from pyspark.sql import DataFrame, SparkSession


class Table:
    def __init__(self, spark: SparkSession, args: argparse.Namespace):
        self.name = f"{args.catalog}.{args.database}.{args.table}"
        self._spark, self._path = spark, f"{args.warehouse}/{args.table}"

    def merge(self, records: DataFrame, confirm: bool) -> dict:
        self._spark.sql(f"CREATE TABLE IF NOT EXISTS {self.name} ({scd2.TABLE}) USING iceberg LOCATION '{self._path}'")
        return job.merged(self._spark.table(self.name), records, confirm, job.merge_into(self._spark, self.name))

    def publish(self) -> None:
        """Whoever asks the catalog sees the commit already."""


def main(argv: list) -> None:
    job.run(argv, __doc__.splitlines()[0], Table)


if __name__ == "__main__":
    main(sys.argv[1:])
