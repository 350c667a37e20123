"""Which tables and partitions a folder of files makes."""

import pytest
from lakekeel_endpoint.glue import grouping
from lakekeel_endpoint.glue.classify import Schema
from lakekeel_endpoint.glue.services import Object

AB = Schema("csv", (("a", "bigint"), ("b", "string")), 10, delimiter=",", header=True)
ABC = Schema("csv", (("a", "bigint"), ("b", "string"), ("c", "double")), 10, delimiter=",", header=True)
CD = Schema("csv", (("c", "bigint"), ("d", "string")), 10, delimiter=",", header=True)
JSON = Schema("json", (("a", "int"),), 1)


def tables(files: dict[str, Schema], location: str = "s3://b/top/", **options) -> dict[str, tuple]:
    """Name -> location, partition keys, partition values."""
    items = []
    for path, schema in files.items():
        item = Object("b", f"top/{path}", 100)
        items.append(grouping.File(item, schema, tuple(item.url[len(location) :].split("/")[:-1])))
    found = grouping.tables(location, items, **options)
    return {table.name: (table.location, table.keys, [partition.values for partition in table.partitions]) for table in found}


CASES = {
    "files of one folder are one table, named for it": (
        {"1.csv": AB, "2.csv": AB},
        {"top": ("s3://b/top/", (), [])},
    ),
    "alike folders are partitions": (
        {"x/1.csv": AB, "y/1.csv": AB},
        {"top": ("s3://b/top/", ("partition_0",), [("x",), ("y",)])},
    ),
    "key=value folders name their partitions": (
        {"year=2020/month=1/1.csv": AB, "year=2021/month=1/1.csv": AB},
        {"top": ("s3://b/top/", ("year", "month"), [("2020", "1"), ("2021", "1")])},
    ),
    "values are unescaped": (
        {"at=10%3A00/1.csv": AB},
        {"top": ("s3://b/top/", ("at",), [("10:00",)])},
    ),
    "different folders are tables of their own": (
        {"cities/1.csv": AB, "lakes/1.csv": CD},
        {"cities": ("s3://b/top/cities/", (), []), "lakes": ("s3://b/top/lakes/", (), [])},
    ),
    "different formats are tables of their own": (
        {"x/1.csv": AB, "y/1.json": JSON},
        {"x": ("s3://b/top/x/", (), []), "y": ("s3://b/top/y/", (), [])},
    ),
    "different files of one folder are tables of their own": (
        {"one.csv": AB, "two.csv": CD},
        {"one_csv": ("s3://b/top/one.csv", (), []), "two_csv": ("s3://b/top/two.csv", (), [])},
    ),
    "dissimilar partitions are tables of their own, as in Glue's example": (
        {"year=2017/1.csv": AB, "year=2018/1.csv": CD},
        {"year_2017": ("s3://b/top/year=2017/", (), []), "year_2018": ("s3://b/top/year=2018/", (), [])},
    ),
    "folders of different depth are not one table": (
        {"x/1.csv": AB, "y/z/1.csv": AB},
        {"x": ("s3://b/top/x/", (), []), "y": ("s3://b/top/y/", ("partition_0",), [("z",)])},
    ),
    "a file beside folders": (
        {"1.csv": AB, "sub/2.csv": AB},
        {"sub": ("s3://b/top/sub/", (), []), "top": ("s3://b/top/", (), [])},
    ),
    "nothing makes nothing": ({}, {}),
}


@pytest.mark.parametrize(("files", "wanted"), CASES.values(), ids=CASES)
def test_grouping(files, wanted):
    assert tables(files) == wanted


def test_combining_ignores_how_similar_columns_are_but_not_the_format():
    assert tables({"year=2017/1.csv": AB, "year=2018/1.csv": CD}, combine=True) == {
        "top": ("s3://b/top/", ("year",), [("2017",), ("2018",)])
    }
    assert len(tables({"x/1.csv": AB, "y/1.json": JSON}, combine=True)) == 2


def test_the_table_level_is_counted_from_the_bucket():
    files = {"sales/x/1.csv": AB, "sales/y/1.csv": AB, "stock/x/1.csv": AB}
    assert set(tables(files)) == {"top"}
    assert set(tables(files, level=3)) == {"sales", "stock"}


def test_one_object_as_target_is_one_table():
    assert tables({"one.csv": AB}, location="s3://b/top/one.csv") == {"one_csv": ("s3://b/top/one.csv", (), [])}


def test_merging_widens_types_and_adds_columns():
    other = Schema("csv", (("a", "double"), ("b", "bigint"), ("e", "string")), 5, delimiter=",", header=True, quoted=True)
    merged = grouping.merged([AB, other])
    assert dict(merged.columns) == {"a": "double", "b": "string", "e": "string"}
    assert (merged.records, merged.quoted) == (15, True)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("s3://b/neherlab_case_counts/", "neherlab_case_counts"),
        ("s3://my-bucket.x/", "my_bucket_x"),
        ("s3://b/Sales Data (2020)/", "sales_data__2020_"),
        ("top/one.csv.gz", "one_csv_gz"),
    ],
)
def test_table_names(path, name):
    assert grouping.table_name(path) == name
