"""Bring a Delta Lake table of contacts up to date; job.py says which arguments there are.

The log store that keeps several writers apart comes from Spark's settings, as
tableformat.Props makes them. The table is written through s3://: the log store
knows a table by its URL, and Athena's list of files repeats it.
"""

import argparse
import sys

import athena
import boto3
import job
import scd2
from pyspark.sql import DataFrame, SparkSession


class Table:
    def __init__(self, spark: SparkSession, args: argparse.Namespace):
        self.name = f"{args.warehouse}/{args.table}"
        self._spark, self._args, self._sql = spark, args, f"delta.`{self.name}`"

    def merge(self, records: DataFrame, confirm: bool) -> dict:
        self._spark.sql(f"CREATE TABLE IF NOT EXISTS {self._sql} ({scd2.TABLE}) USING delta")
        return job.merged(self._spark.table(self._sql), records, confirm, job.merge_into(self._spark, self._sql))

    def publish(self) -> None:
        """Athena reads the list of files that the last commit left."""
        if athena.marks_rows(self._spark, self.name):
            print(f"{self.name} has deletion vectors: Athena's list of its files is left to maintenance")
        else:
            athena.publish(self._spark, boto3.client("glue"), self._args.database, self._args.table, self.name)


def main(argv: list) -> None:
    job.run(argv, __doc__.splitlines()[0], Table)


if __name__ == "__main__":
    main(sys.argv[1:])
