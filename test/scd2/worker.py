"""One Spark process, told what to do line by line: a job as the endpoint or EMR would start it, kept alive between calls.

A line in is {"script": …, "argv": […]} for a main, {"sql": …} for a statement, or {"race": …}; a line
out is {"ok": …} or {"error": …}. Settings come from SPARK_CONF_DIR alone.
"""

import importlib
import json
import os
import sys
import time
import traceback


def call(request: dict):
    if "script" in request:
        importlib.import_module(request["script"]).main(request["argv"])
        return None
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    spark.sparkContext.setLogLevel(os.environ.get("SCD2_LOG", "OFF"))
    if "sql" in request:
        return [list(map(str, row)) for row in spark.sql(request["sql"]).collect()]
    if request["run"] == "bench":  # of test/bench/scd2
        sys.path.append(os.environ["SCD2_BENCH"])
        import bench

        return bench.bench(spark, **request["with"])
    return RUN[request["run"]](spark, **request["with"])


def hudi_write(spark, path, table, database, id, ts):
    """One row, upserted without reading first: what Hudi's own concurrency control has to keep."""
    import hudi_contacts
    import scd2

    row = spark.sql(
        f"SELECT {id}L AS id, 'n' AS name, 'e' AS email, 's' AS state, timestamp'{ts}' AS ts, timestamp'{ts}' AS valid_from, "
        "CAST(NULL AS timestamp) AS valid_to, true AS iscurrent, 'c' AS checksum, false AS _hoodie_is_deleted"
    )
    assert row.columns[:-1] == scd2.COLUMNS
    options = hudi_contacts.options(spark, database, table) | {"hoodie.datasource.meta.sync.enable": "false"}
    row.coalesce(1).write.format("hudi").options(**options).mode("append").save(path)


def versions(spark, known, records, confirm):
    """scd2.changes applied in memory: what a table that held known holds afterwards."""
    import scd2
    from pyspark.sql import functions as F

    before = spark.createDataFrame([], scd2.TABLE) if known is None else spark.read.schema(scd2.TABLE).parquet(known)
    told = spark.read.schema(scd2.RECORD).parquet(records)
    changes = scd2.changes(before, told, confirm)
    kept = before.join(changes.where("op <> 'guard'").select("id", "valid_from"), scd2.KEY, "left_anti")
    return kept.unionByName(changes.where(F.col("op").isin("insert", "update")).select(*scd2.COLUMNS))


def fold(spark, deliveries, confirm, out):
    """Apply deliveries, folders of Parquet, one after the other; write the table and how much the last one changed."""
    known = None
    for i, delivery in enumerate(deliveries):
        versions(spark, known, delivery, confirm).write.mode("overwrite").parquet(f"{out}/{i}")
        known = f"{out}/{i}"
    return known


def hudi_read(spark, path):
    return [
        [str(v) for v in row] for row in spark.read.format("hudi").load(path).select("id", "valid_from", "valid_to", "iscurrent").collect()
    ]


def append(spark, target, writer, count):
    """Commits of one row each, one right after the other, to a Delta folder or an Iceberg table; how many were acknowledged."""
    import job

    acknowledged = 0
    for i in range(count):
        row = spark.sql(f"SELECT '{writer}' AS writer, {i} AS i").coalesce(1)
        try:
            row.write.format("delta").mode("append").save(target) if "://" in target else row.writeTo(target).append()
            acknowledged += 1
        except Exception as error:
            if not job.LOST_RACE.search(str(error)):
                raise
    return acknowledged


def stale(spark, table, source):
    """Merge what was decided before another writer changed the table; the error, which must come."""
    import job
    import scd2
    from pyspark.sql import functions as F

    read = f"SELECT * FROM {table}"
    records = job.read(spark, source, "changes", "")
    decided = scd2.changes(spark.sql(read), records).localCheckpoint()
    between = records.withColumn("name", F.lit("another")).withColumn("ts", F.expr("ts - INTERVAL 1 HOUR"))
    scd2.changes(spark.sql(read), between).localCheckpoint().createOrReplaceTempView("between")
    spark.sql(scd2.MERGE.format(table=table, changes="between"))
    decided.createOrReplaceTempView("decided")
    try:
        spark.sql(scd2.MERGE.format(table=table, changes="decided"))
    except Exception as error:
        return bool(job.LOST_RACE.search(str(error))), str(error)[:500]
    return None


RUN = {"stale": stale, "append": append, "hudi_write": hudi_write, "fold": fold, "hudi_read": hudi_read}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what scripts print goes to the log
    for line in sys.stdin:
        start = time.monotonic()
        try:
            answer = {"ok": call(json.loads(line))}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps({**answer, "seconds": time.monotonic() - start}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
