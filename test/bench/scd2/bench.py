"""What the Spark process of run.py does: load, our merge, the published way, count."""

import argparse
import importlib

import scd2
from pyspark.sql import functions as F

BUCKET = "s3://lakekeel-tables/crm"
T0, T1 = "2024-01-01 00:00:00", "2024-02-01 00:00:00"


def contacts(spark, first: int, count: int, generation: int, ts: str):
    """Records in an order of ids that has nothing to do with the table's."""
    return spark.range(first, first + count).select(
        "id",
        F.concat(F.lit("name "), F.md5(F.col("id").cast("string"))).alias("name"),
        F.concat(F.lit("u"), "id", F.lit(f".{generation}@example.com")).alias("email"),
        F.element_at(F.array(*map(F.lit, ("CA", "NY", "TX", "WA"))), (F.col("id") % 4 + 1).cast("int")).alias("state"),
        F.lit(ts).cast("timestamp").alias("ts"),
        F.lit(False).alias("deleted"),
    )


def delivery(spark, rows: int, count: int):
    """Nine of ten change a contact anywhere in the table, one of ten is new."""
    old = contacts(spark, 0, rows, 1, T1).where(f"pmod(hash(id), {rows}) < {count * 9 // 10}")
    return old.unionByName(contacts(spark, rows, count // 10, 1, T1))


def versions(records):
    return records.select(
        *("id", "name", "email", "state", "ts"),
        F.col("ts").alias("valid_from"),
        F.lit(None).cast("timestamp").alias("valid_to"),
        F.lit(True).alias("iscurrent"),
        scd2.checksum("name", "email", "state").alias("checksum"),
    )


class Table:
    """A table of one format, loaded and read by Spark, and rewritten in the published way."""

    def __init__(self, spark, format, name):
        self.spark, self.format, self.path = spark, format, f"{BUCKET}/{name}"
        self.sql = f"lake.crm.{name}" if format == "iceberg" else f"delta.`{self.path}`"
        args = argparse.Namespace(catalog="lake", database="crm", table=name, warehouse=BUCKET)
        self.ours = importlib.import_module(f"{format}_contacts").Table(spark, args)

    def read(self):
        return self.ours.known() if self.format == "hudi" else self.spark.table(self.sql)

    def load(self, rows):
        if self.format == "hudi":
            return self._hudi(rows, "bulk_insert")
        place = f" LOCATION '{self.path}'" if self.format == "iceberg" else ""
        self.spark.sql(f"CREATE TABLE {self.sql} ({scd2.TABLE}) USING {self.format}{place}")
        return self.append(rows)

    def replace(self, rows):
        if self.format == "hudi":
            self._hudi(rows, "insert_overwrite_table")
        else:
            rows.writeTo(self.sql).overwrite(F.lit(True))

    def append(self, rows):
        if self.format == "hudi":
            self._hudi(rows, "insert")
        else:
            rows.writeTo(self.sql).append()

    def _hudi(self, rows, operation):
        options = self.ours.options | {"hoodie.datasource.write.operation": operation}
        rows.withColumn("_hoodie_is_deleted", F.lit(False)).write.format("hudi").options(**options).mode("append").save(self.path)


def naive(table, records):
    """Two passes: close what changed by writing everything again, then append what is new."""
    told = versions(records)
    current = table.read().where("iscurrent").select("checksum")
    changed = told.join(current, "checksum", "left_anti")
    ends = changed.select("id", F.col("ts").alias("ended"))
    rows = table.read().join(ends, "id", "left")
    over = F.col("iscurrent") & F.col("ended").isNotNull()
    closed = rows.withColumn("valid_to", F.when(over, F.col("ended")).otherwise(F.col("valid_to"))).withColumn(
        "iscurrent", F.col("iscurrent") & ~over
    )
    changed = changed.localCheckpoint()  # the first pass changes what it would be computed from
    table.replace(closed.select(*scd2.COLUMNS))
    table.append(changed.select(*scd2.COLUMNS))


def bench(spark, step, format, table, count):
    one = Table(spark, format, table)
    if step == "load":
        one.load(versions(contacts(spark, 0, count, 0, T0)))
        bench.rows = count
        return None
    if step == "count":
        got = one.read().agg(F.count("*"), F.sum(F.col("iscurrent").cast("int")), F.countDistinct("id")).first()
        return [int(n) for n in got]
    records = delivery(spark, bench.rows, count)
    one.ours.merge(records, True) if step == "merge" else naive(one, records)
    return None
