"""Athena: SQL over the catalog's tables in S3, by its API."""

from __future__ import annotations

import base64
import json
import time

import duckdb
import pytest

SERDE_CSV = {"SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde", "Parameters": {"separatorChar": ",", "quoteChar": '"'}}
SERDE_PARQUET = {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}
DATABASE = "athena_case"


def column(name: str, kind: str) -> dict:
    return {"Name": name, "Type": kind}


@pytest.fixture(scope="module")
def tables(endpoint, tmp_path_factory):
    """A CSV table, a partitioned Parquet table, an empty one and one whose bucket is missing."""
    s3, glue = endpoint.client("s3"), endpoint.client("glue")
    s3.create_bucket(Bucket="athena-case", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    glue.create_database(DatabaseInput={"Name": DATABASE})
    s3.put_object(Bucket="athena-case", Key="cases/a.csv", Body=b'location,cases,day\n"ecdc/A, B",3,2020-01-01\nC,,2020-01-02\n')
    create(glue, "cases", "cases", SERDE_CSV, [column("location", "string"), column("cases", "bigint"), column("day", "date")])
    parquet = tmp_path_factory.mktemp("parquet") / "p.parquet"
    duckdb.sql(
        "COPY (SELECT 1 AS a, 'x' AS \"ecdc-countries\", 1.50::DECIMAL(10,2) AS m, TIMESTAMP '2020-01-01 10:00:00' AS t, [1, 2] AS l, "
        f"{{'k': 1}} AS st UNION ALL SELECT 2, NULL, NULL, NULL, NULL, NULL) TO '{parquet}' (FORMAT parquet, COMPRESSION snappy)"
    )
    for year in ("2020", "2021"):
        s3.put_object(Bucket="athena-case", Key=f"facts/year={year}/part-0.snappy.parquet", Body=parquet.read_bytes())
        s3.put_object(Bucket="athena-case", Key=f"facts/year={year}/_SUCCESS", Body=b"")
    facts = [column("a", "int"), column("ecdc-countries", "string"), column("m", "decimal(10,2)"), column("t", "timestamp")]
    create(glue, "facts", "facts", SERDE_PARQUET, facts, [column("year", "int")])
    create(glue, "empty", "nothing", SERDE_CSV, [column("a", "string")])
    create(glue, "gone", "x", SERDE_CSV, [column("a", "string")], bucket="no-such-bucket")
    yield
    glue.delete_database(Name=DATABASE)


def create(glue, name: str, folder: str, serde: dict, columns: list, keys: list | None = None, bucket: str = "athena-case") -> None:
    kind = "parquet" if serde is SERDE_PARQUET else "csv"
    glue.create_table(
        DatabaseName=DATABASE,
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": kind, **({"skip.header.line.count": "1"} if kind == "csv" else {})},
            "PartitionKeys": keys or [],
            "StorageDescriptor": {"Location": f"s3://{bucket}/{folder}/", "Columns": columns, "SerdeInfo": serde},
        },
    )


def create_view(glue, name: str, sql: str, database: str = DATABASE) -> None:
    """A view as Athena's CREATE VIEW writes it into the catalog."""
    definition = {"originalSql": sql, "catalog": "awsdatacatalog", "schema": DATABASE, "columns": []}
    text = base64.b64encode(json.dumps(definition).encode()).decode()
    glue.create_table(
        DatabaseName=database,
        TableInput={
            "Name": name,
            "TableType": "VIRTUAL_VIEW",
            "Parameters": {"presto_view": "true"},
            "ViewOriginalText": f"/* Presto View: {text} */",
            "StorageDescriptor": {"Columns": [], "Location": ""},
        },
    )


@pytest.fixture(scope="module")
def views(endpoint, tables):
    """A view, a view of it and a table, two of each other, one of nothing, and one in a database of its own."""
    glue = endpoint.client("glue")
    create_view(glue, "known", "SELECT location, cases * 2 AS twice FROM cases WHERE cases IS NOT NULL")
    create_view(glue, "both", "SELECT k.location, f.a FROM known AS k CROSS JOIN facts AS f WHERE f.year = 2020")
    create_view(glue, "one", "SELECT * FROM other")
    create_view(glue, "other", "SELECT * FROM one")
    create_view(glue, "wrong", "SELECT nocolumn FROM cases")
    glue.create_database(DatabaseInput={"Name": "athena_views"})
    create_view(glue, "away", "SELECT count(*) AS n FROM cases", "athena_views")
    yield
    glue.delete_database(Name="athena_views")


class Failed(Exception):
    """A query ended as FAILED; the message is its StateChangeReason."""


@pytest.fixture
def query(aws, tables):
    """Runs a query and returns its rows without the header; query.columns has (name, type) of the last one."""
    athena = aws("athena")

    def run(sql: str, database: str = DATABASE) -> list[list]:
        identity = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": database},
            ResultConfiguration={"OutputLocation": "s3://athena-case/results"},
        )["QueryExecutionId"]
        end = time.monotonic() + 20
        while (execution := athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"])["Status"]["State"] in (
            "QUEUED",
            "RUNNING",
        ):
            assert time.monotonic() < end, f"{sql} does not end"
            time.sleep(0.02)
        run.output = execution["ResultConfiguration"]["OutputLocation"]
        if execution["Status"]["State"] != "SUCCEEDED":
            raise Failed(execution["Status"]["StateChangeReason"])
        result = athena.get_query_results(QueryExecutionId=identity)["ResultSet"]
        run.columns = [(c["Name"], c["Type"]) for c in result["ResultSetMetadata"]["ColumnInfo"]]
        rows = [[d.get("VarCharValue") for d in row["Data"]] for row in result["Rows"]]
        return rows[1:] if execution["StatementType"] == "DML" else rows

    return run


def test_csv_is_read_by_the_tables_columns(query):
    assert query("SELECT * FROM cases ORDER BY location DESC") == [["ecdc/A, B", "3", "2020-01-01"], ["C", None, "2020-01-02"]]
    assert query.columns == [("location", "varchar"), ("cases", "bigint"), ("day", "date")]


def test_parquet_is_read_with_its_partitions(query):
    rows = query("SELECT a, year, m, t, l, st FROM facts WHERE year = 2021 ORDER BY a")
    assert rows == [["1", "2021", "1.50", "2020-01-01 10:00:00.000", "[1, 2]", "{k=1}"], ["2", "2021", None, None, None, None]]
    assert query('SELECT "ecdc-countries", count(*) AS n FROM facts GROUP BY 1 ORDER BY 1') == [["x", "2"], [None, "2"]]


def test_the_result_is_an_object_below_the_output_location(query, aws):
    query("SELECT location, cases FROM cases WHERE cases = 3")
    bucket, key = query.output.removeprefix("s3://").split("/", 1)
    assert key.startswith("results/")
    assert aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == b'"location","cases"\n"ecdc/A, B","3"\n'


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT 7 / 2", [["3"]]),  # integers divide as in Trino, not as in DuckDB
        ("SELECT date_format(day, '%Y/%m') FROM cases WHERE cases = 3", [["2020/01"]]),
        ("SELECT approx_distinct(location) FROM cases", [["2"]]),
        ("SELECT count(*) FROM cases c, facts f WHERE c.cases = 3", [["4"]]),
        (f"SELECT count(*) FROM {DATABASE}.cases JOIN {DATABASE}.facts ON cases.cases > facts.a", [["4"]]),
        ('SELECT count(*) FROM "AwsDataCatalog"."athena_case"."cases"', [["2"]]),
        ("WITH cases AS (SELECT 1 AS x) SELECT * FROM cases", [["1"]]),
        ("SELECT * FROM empty", []),
    ],
)
def test_queries_mean_what_they_mean_in_athena(query, sql, rows):
    assert query(sql) == rows


def test_columns_without_a_name_are_numbered(query):
    query("SELECT 1, cases, sum(cases) FROM cases GROUP BY cases")
    assert [name for name, _ in query.columns] == ["_col0", "cases", "_col2"]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SHOW TABLES", [["cases"], ["empty"], ["facts"], ["gone"]]),
        ("SHOW TABLES IN athena_case 'ca*|fa*';", [["cases"], ["facts"]]),
        ("SHOW COLUMNS IN cases", [["location"], ["cases"], ["day"]]),
        ("DESCRIBE athena_case.cases", [["location", "string", ""], ["cases", "bigint", ""], ["day", "date", ""]]),
        ("SHOW DATABASES LIKE 'athena_c*'", [["athena_case"]]),
        (
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'athena_case' ORDER BY 1",
            [["cases"], ["empty"], ["facts"], ["gone"]],
        ),
        (
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'facts' ORDER BY ordinal_position",
            [["a", "integer"], ["ecdc-countries", "varchar"], ["m", "decimal(10,2)"], ["t", "timestamp(3)"], ["year", "integer"]],
        ),
    ],
)
def test_the_catalog_can_be_asked(query, sql, rows):
    assert query(sql) == rows


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM case", "TABLE_NOT_FOUND: Table 'awsdatacatalog.athena_case.case' does not exist; did you mean 'cases'?"),
        ("SELECT * FROM athena_cases.cases", "SCHEMA_NOT_FOUND: Schema 'athena_cases' does not exist; did you mean 'athena_case'?"),
        ("SELECT caes FROM cases", "COLUMN_NOT_FOUND: Column 'caes' cannot be resolved; did you mean 'cases'?"),
        ("SELECT a FRM cases WHERE", "SYNTAX_ERROR: line 1:14: mismatched input 'cases'"),
        ("SELECT CAST('x' AS integer)", "INVALID_CAST_ARGUMENT: Could not convert string 'x' to INT32"),
        ("SELECT nofunction(1)", "FUNCTION_NOT_FOUND: Function 'nofunction' not registered"),
        ("SELECT 1 / 0", "DIVISION_BY_ZERO: Division by zero"),
        ("SELECT * FROM gone", "HIVE_FILESYSTEM_ERROR: bucket no-such-bucket of s3://no-such-bucket/x/ does not exist"),
        ("SELECT * FROM read_csv('/etc/hostname')", "PERMISSION_DENIED: a query reads tables of the catalog, nothing else"),
        ("CREATE TABLE t AS SELECT 1", "NOT_SUPPORTED: the local endpoint answers queries; it does not run CREATE TABLE"),
        ("SELECT 1; SELECT 2", "Only one sql statement is allowed. Got: SELECT 1; SELECT 2"),
        ("DESCRIBE nothing", "TABLE_NOT_FOUND: Table 'awsdatacatalog.athena_case.nothing' does not exist"),
    ],
)
def test_a_query_that_fails_says_why_in_one_sentence(query, sql, reason):
    with pytest.raises(Failed) as failed:
        query(sql)
    assert str(failed.value) == reason


def test_a_view_is_its_query(query, views):
    assert query("SELECT * FROM known") == [["ecdc/A, B", "6"]]
    assert query("SELECT location, a FROM both ORDER BY a") == [["ecdc/A, B", "1"], ["ecdc/A, B", "2"]]
    assert query("SELECT b.a, k.twice FROM both AS b JOIN known AS k ON b.location = k.location WHERE b.a = 1") == [["1", "6"]]


def test_a_view_reads_the_tables_of_its_own_database(query, views):
    assert query("SELECT n FROM away", "athena_views") == [["2"]]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM one", "INVALID_VIEW: View 'athena_case.one' is made of itself"),
        ("SELECT * FROM wrong", "COLUMN_NOT_FOUND: Column 'nocolumn' cannot be resolved"),
    ],
)
def test_a_view_that_cannot_be_read_says_why(query, views, sql, reason):
    with pytest.raises(Failed, match=reason):
        query(sql)
