"""Athena's view of a Delta table: an external table over the list of its current files."""

import contextlib

import scd2
from pyspark.sql import SparkSession


def publish(spark: SparkSession, glue, database: str, table: str, path: str) -> None:
    """Write the list of files, and describe it in the catalog if nobody has.

    https://docs.delta.io/3.3.0/presto-integration.html. The list is a snapshot: it is
    written after each commit, and by maintenance. Of a table with deletion vectors
    (delta.enableDeletionVectors) by maintenance alone, which folds them in first: a
    list of files cannot say which of their rows are gone. Of two writers that end at the
    same moment the older list may stay until the next one writes its own.
    """
    spark.sql(f"GENERATE symlink_format_manifest FOR TABLE delta.`{path}`")
    with contextlib.suppress(glue.exceptions.AlreadyExistsException):
        glue.create_table(DatabaseName=database, TableInput=described(table, path))


def marks_rows(spark: SparkSession, path: str) -> bool:
    """Whether the table has deletion vectors."""
    properties = {row["key"]: row["value"] for row in spark.sql(f"SHOW TBLPROPERTIES delta.`{path}`").collect()}
    return properties.get("delta.enableDeletionVectors") == "true"


def described(table: str, path: str) -> dict:
    return {
        "Name": table,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet"},
        "StorageDescriptor": {
            "Columns": [dict(zip(("Name", "Type"), column.split())) for column in scd2.TABLE.split(", ")],
            "Location": f"{path}/_symlink_format_manifest/",
            "InputFormat": "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
        },
    }
