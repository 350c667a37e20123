"""Keep a table fast and small: compact, expire what is old, remove what no version names.

The arguments are those of tableformat.Maintenance; --warehouse is the folder of the
tables. Every step is a commit of its own that takes part in the same lock as the
writers, so that it may run beside them.
"""

import argparse
import datetime
import sys

import hudi_contacts
import job
from pyspark.sql import SparkSession

MIB = 1024 * 1024


def iceberg(spark: SparkSession, args: argparse.Namespace) -> None:
    table, system = f"{args.database}.{args.table}", f"CALL {args.catalog}.system"
    size = f"'target-file-size-bytes', '{args.target_file * MIB}'"
    old, orphaned = moment_before(args.keep_hours), moment_before(args.orphan_hours)
    # A file with deletes beside it is rewritten even if it is large enough.
    spark.sql(
        f"{system}.rewrite_data_files(table => '{table}', options => map({size}, 'delete-file-threshold', '1', 'min-input-files', '2'))"
    )
    spark.sql(f"{system}.rewrite_position_delete_files(table => '{table}', options => map('rewrite-all', 'true'))")
    spark.sql(f"{system}.rewrite_manifests('{table}')")
    spark.sql(f"{system}.expire_snapshots(table => '{table}', older_than => TIMESTAMP '{old}', retain_last => {args.keep_last})")
    spark.sql(f"{system}.remove_orphan_files(table => '{table}', older_than => TIMESTAMP '{orphaned}')")


def delta(spark: SparkSession, args: argparse.Namespace) -> None:
    path = f"{args.warehouse}/{args.table}"
    spark.conf.set("spark.databricks.delta.optimize.maxFileSize", args.target_file * MIB)
    spark.sql(f"OPTIMIZE delta.`{path}`")
    if args.manifest:
        spark.sql(f"REORG TABLE delta.`{path}` APPLY (PURGE)")
    spark.sql(f"VACUUM delta.`{path}` RETAIN {args.keep_hours} HOURS")
    if args.manifest:
        import athena
        import boto3

        athena.publish(spark, boto3.client("glue"), args.database, args.table, path)


def hudi(spark: SparkSession, args: argparse.Namespace) -> None:
    path = f"{args.warehouse}/{args.table}"
    options = hudi_contacts.options(spark, args.database, args.table)
    for key, value in options.items():  # Hudi's procedures are told, the lock above all, by the session
        spark.conf.set(key, value)
    if options.get("hoodie.datasource.write.table.type") == "MERGE_ON_READ":
        spark.sql(f"CALL run_compaction(op => 'scheduleandexecute', path => '{path}')")
    name = f"{args.database}.{args.table}"
    if not spark.catalog.tableExists(name):  # where Spark's catalog is not Glue's: cleaning takes a name, and no path
        spark.sql(f"CREATE DATABASE IF NOT EXISTS {args.database}")
        spark.sql(f"CREATE TABLE {name} USING hudi LOCATION '{path}'")
    spark.sql(f"CALL run_clean(table => '{name}', clean_policy => 'KEEP_LATEST_BY_HOURS', hours_retained => {args.keep_hours})")


def moment_before(hours: int) -> str:
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)
    return at.strftime("%Y-%m-%d %H:%M:%S+00:00")


FORMATS = {"iceberg": iceberg, "delta": delta, "hudi": hudi}


def main(argv: list) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--format", choices=FORMATS, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("--warehouse", required=True)
    parser.add_argument("--catalog", default="lake")
    parser.add_argument("--keep-hours", type=int, default=168)
    parser.add_argument("--keep-last", type=int, default=10)
    parser.add_argument("--target-file", type=int, default=128)
    parser.add_argument("--orphan-hours", type=int, default=72)
    parser.add_argument("--manifest", default="")
    args, _ = parser.parse_known_args(argv)
    args.warehouse = args.warehouse.rstrip("/")
    spark = SparkSession.builder.appName(f"maintain {args.table}").getOrCreate()
    job.apply(lambda: FORMATS[args.format](spark, args), attempts=5)
    print(f"{args.database}.{args.table}: maintained")


if __name__ == "__main__":
    main(sys.argv[1:])
