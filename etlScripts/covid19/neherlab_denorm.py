"""Join the four neherlab tables: one row for each country and day, with its hospitals.

Reads   --database  catalog database with the tables of SHAPES, comma-separated
                    files as a crawler describes them; types are the crawler's.
Writes  --output    s3:// folder; every run writes Snappy Parquet into a folder
                    of its own below it, named for the run.
        --table     catalog table in --database, shaped like denormalized()
                    returns; shown in one step (publish.py, which the job gets
                    by --extra-py-files).
"""

import argparse
import csv
import re
import sys
import uuid

import boto3
from publish import Publication, cause
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

SOURCE = "ecdc"  # whose case counts are kept: the European Centre for Disease Prevention and Control

# The columns that each table must have, first its key; further columns are carried along.
# The types stand for numbers and text; which type of number it is, the crawler knows better.
SHAPES = {
    "neherlab_case_counts": (
        "location string, date string, datetime string, cases bigint, deaths bigint, hospitalized bigint, icu bigint, recovered bigint"
    ),
    "neherlab_icu_capacity": (
        "country string, acute_care bigint, acute_care_per_100k double, imcu bigint, icu bigint, critical_care bigint, "
        "critical_care_per_100k double, percent_of_total double, gdp double"
    ),
    "neherlab_country_codes": (
        "name string, alpha_2 string, alpha_3 string, country_code string, iso_3166_2 string, region string, sub_region string, "
        "intermediate_region string, region_code string, sub_region_code string, intermediate_region_code string"
    ),
    "neherlab_population": (
        "name string, population bigint, country string, hospital_beds bigint, icu_beds bigint, suspected_cases_mar_1st bigint, "
        "imports_per_day double, hemisphere string"
    ),
}
NUMBER = re.compile(r"tinyint|smallint|int|integer|bigint|float|double|decimal.*")

NOTHING = f"the join of {', '.join(SHAPES)} has no rows: no location {SOURCE}/<country> names a country that the three others have"

# Set on a row that was read from a malformed line: "<file>: <line>"; null on every other row.
MALFORMED = "_malformed"


# Transforms: data frames in, a data frame out.


def ecdc_cases(case_counts: DataFrame) -> DataFrame:
    """Keep the rows of SOURCE and split location "ecdc/<country>".

    The country is everything after the first slash, further slashes included.
    """
    parts = F.split("location", "/", 2)
    return case_counts.where(F.col("location").startswith(SOURCE + "/")).withColumns({"country": parts[1], "ecdc-countries": parts[0]})


def with_table(left: DataFrame, right: DataFrame, key: str, prefix: str) -> DataFrame:
    """Inner join on left.country = right.<key>; right's key is not repeated.

    A column of right that left has already is called <prefix>_<column>: both
    keep their values and no name stands twice.
    """
    taken = {name.lower() for name in left.columns}
    columns = [F.col(name).alias(f"{prefix}_{name}" if name.lower() in taken else name) for name in right.columns if name != key]
    renamed = right.select(F.col(key).cast("string").alias("country"), *columns)
    return left.join(renamed, on="country", how="inner")


def denormalized(case_counts: DataFrame, icu_capacity: DataFrame, country_codes: DataFrame, population: DataFrame) -> DataFrame:
    """Case counts of SOURCE with the country's hospitals, codes and population.

    A country that one of the tables lacks is left out; equal rows become one.
    with_table renames two columns: icu_capacity_icu (beds, where icu is
    patients) and population_country.
    """
    return (
        ecdc_cases(case_counts)
        .transform(with_table, icu_capacity, "country", "icu_capacity")
        .transform(with_table, country_codes, "name", "country_codes")
        .transform(with_table, population, "name", "population")
        .distinct()
    )


# Reading: the catalog says where and how, and a line that does not fit is never taken for a row.


def described(glue, database: str, name: str) -> dict:
    """The catalog's table, checked: comma-separated (or by another sign), with the columns of SHAPES."""
    try:
        table = glue.get_table(DatabaseName=database, Name=name)["Table"]
    except glue.exceptions.EntityNotFoundException:
        there = [t["Name"] for page in glue.get_paginator("get_tables").paginate(DatabaseName=database) for t in page["TableList"]]
        raise ValueError(f"{database} has no table {name}; it has {listed(there)}") from None
    kind = table.get("Parameters", {}).get("classification")
    if kind != "csv":
        raise ValueError(f"{database}.{name} is classified {kind!r}; want 'csv'")
    there = [column["Name"] for column in table["StorageDescriptor"]["Columns"]]
    missing = [column for column in shape(name) if column not in there]
    if missing:
        raise ValueError(f"{database}.{name} has no column {listed(missing)}; it has {listed(there)}")
    return table


def shape(name: str) -> dict:
    """The types of SHAPES, by column."""
    return dict(column.split() for column in SHAPES[name].split(", "))


def columns_of(table: dict) -> list:
    """The table's columns and the types to read them with: the crawler's, as far as they fit.

    A crawler takes a column for text when nobody filled it, and when one value is no
    number. Read as what it should be, the one is null and the other shows its line.
    """
    want = shape(table["Name"])
    read = []
    for column in table["StorageDescriptor"]["Columns"]:
        name, kind = column["Name"], column["Type"]
        wanted = want.get(name, kind)
        read.append((name, wanted if NUMBER.fullmatch(wanted) and not NUMBER.fullmatch(kind) else kind))
    return read


def csv_options(table: dict) -> dict:
    """How the table's files are written, as options of Spark's CSV reader.

    Hive's readers are told to skip a header line by skip.header.line.count,
    which spark.table() ignores: it would read the header as a row.
    """
    serde = table["StorageDescriptor"].get("SerdeInfo", {}).get("Parameters", {})
    told = {**serde, **table.get("Parameters", {})}
    return {
        "sep": serde.get("separatorChar") or serde.get("field.delim") or told.get("delimiter") or ",",
        "quote": serde.get("quoteChar") or '"',
        "escape": serde.get("escapeChar") or '"',
        "header": int(told.get("skip.header.line.count") or 0) > 0,
        "enforceSchema": False,  # compare each file's header with the catalog's columns
        "recursiveFileLookup": True,  # as Athena does
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": MALFORMED,
    }


def read_table(spark: SparkSession, glue, database: str, name: str) -> DataFrame:
    """The table's rows and the column MALFORMED.

    Raises a ValueError when there is no row, a header differs from the
    catalog, or a line cannot be told what it is about (see check_lines).
    """
    table = described(glue, database, name)
    where, options = table["StorageDescriptor"]["Location"], csv_options(table)
    columns = columns_of(table)
    schema = ", ".join(f"`{column}` {kind}" for column, kind in [*columns, (MALFORMED, "string")])
    line = F.concat("_metadata.file_path", F.lit(": "), MALFORMED)
    try:
        # Kept: the check and the join must see the same rows, and the files are read once.
        rows = spark.read.options(**options).schema(schema).csv(where).withColumn(MALFORMED, line).persist()
        empty = rows.isEmpty()
    except (PySparkException, Py4JJavaError) as error:
        raise ValueError(f"{database}.{name} at {where} cannot be read: {cause(error)}") from None
    if empty:
        raise ValueError(f"{database}.{name} at {where} has no rows; want at least one")
    malformed = (row[0] for row in rows.where(F.col(MALFORMED).isNotNull()).select(MALFORMED).toLocalIterator())
    check_lines(f"{database}.{name}", malformed, len(columns), options["sep"], options["quote"])
    return rows


def check_lines(table: str, malformed, width: int, sep: str, quote: str) -> None:
    """Raise a ValueError for the first malformed line whose key is in doubt.

    A line with too many fields may hold a separator in its key, a line of one
    field may be cut inside it. Of any other malformed line the key is known:
    such a line is only named here, and refused by whole() if the join takes it.
    """
    for line in malformed:
        fields = len(next(csv.reader([line.split(": ", 1)[1]], delimiter=sep, quotechar=quote), []))
        if fields > width or fields < 2:
            raise ValueError(malformed_line(table, line, f"it has {fields} fields; want {width}"))
        print(f"warning: {malformed_line(table, line, f'{fields} of {width} fields, or a value of the wrong type')}")


def whole(rows: DataFrame, marks: dict) -> DataFrame:
    """The rows without their marks; marks names, by table, the column that holds MALFORMED.

    Raises a ValueError if one of the rows was made from a malformed line.
    """
    bad = rows.where(F.coalesce(*marks.values()).isNotNull()).select(*marks.values()).first()
    if bad:
        table, mark = next((table, mark) for table, mark in marks.items() if bad[mark])
        raise ValueError(malformed_line(table, bad[mark], "a field is missing or has no value of its column's type"))
    return rows.drop(*marks.values())


def malformed_line(table: str, line: str, why: str) -> str:
    file, text = line.split(": ", 1)
    return f"{table} has a malformed line in {file}: {text!r}: {why}"


def read_joined(spark: SparkSession, glue, database: str) -> DataFrame:
    """denormalized() over the catalog's tables, without a row from a malformed line."""
    tables, marks = [], {}
    for name in SHAPES:
        mark = f"{MALFORMED}_{name}"
        marks[f"{database}.{name}"] = mark
        tables.append(read_table(spark, glue, database, name).withColumnRenamed(MALFORMED, mark))
    return whole(denormalized(*tables).persist(), marks)


# Small words.


def listed(names) -> str:
    return ", ".join(names) or "none"


def main(argv: list) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--database", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("--JOB_NAME", default="")
    parser.add_argument("--JOB_RUN_ID", default=f"local_{uuid.uuid4().hex}")
    args, _ = parser.parse_known_args(argv)  # Glue adds arguments of its own

    publication = Publication(args.database, args.table, args.output, args.JOB_NAME, args.JOB_RUN_ID)
    rows = read_joined(SparkSession.builder.appName(args.table).getOrCreate(), boto3.client("glue"), args.database)
    print(publication.show(rows, NOTHING))


if __name__ == "__main__":
    main(sys.argv[1:])
