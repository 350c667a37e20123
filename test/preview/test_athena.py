"""Rows of the local endpoint: tables, joins and other steps of a data set as one statement of Athena."""

import json
import os
from pathlib import Path

import boto3
import pytest
from definition import DATA, definition, sheet, text, total, visual
from test_assembly import numbers

TOOLS = Path(os.environ.get("LAKEKEEL_HOME", Path(__file__).resolve().parents[2] / ".lakekeel"))
TABLES = {
    "trades": (
        [("trade_date", "string"), ("symbol", "string"), ("amount", "double")],
        "trade_date,symbol,amount\n01/02/2026,A,10\n01/03/2026,B,5\n01/04/2026,C,2.5\n01/05/2026,X,99\n",
    ),
    "ratings": ([("mor_symbol", "string"), ("rating", "int")], "mor_symbol,rating\nA,4\nB,3\nD,5\n"),
}


@pytest.fixture(scope="module")
def home(lakekeel, tmp_path_factory):
    """Give the home of an endpoint of its own that has the tables."""
    home = tmp_path_factory.mktemp("home")
    for part in ("venv", "node", "jars", "jsii"):
        (home / part).symlink_to(TOOLS / part)
    up = lakekeel("up", "--home", home)
    assert up.returncode == 0, up.stderr
    try:
        fill(json.loads((home / "endpoint" / "endpoint.json").read_text()))
        yield home
    finally:
        lakekeel("down", "--home", home)


def fill(endpoint):
    session = boto3.Session(endpoint["account"], "test", region_name=endpoint["region"])
    s3, glue = (session.client(service, endpoint_url=endpoint["url"]) for service in ("s3", "glue"))
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": endpoint["region"]})
    glue.create_database(DatabaseInput={"Name": "fund"})
    for name, (columns, rows) in TABLES.items():
        s3.put_object(Bucket="lake", Key=f"{name}/rows.csv", Body=rows)
        glue.create_table(
            DatabaseName="fund",
            TableInput={
                "Name": name,
                "Parameters": {"classification": "csv", "skip.header.line.count": "1"},
                "StorageDescriptor": {
                    "Columns": [{"Name": column, "Type": kind} for column, kind in columns],
                    "Location": f"s3://lake/{name}/",
                    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                    "SerdeInfo": {
                        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                        "Parameters": {"field.delim": ","},
                    },
                },
            },
        )


def dataset():
    """Give a data set that joins, casts, calculates, filters and renames."""
    types = {"string": "STRING", "double": "DECIMAL", "int": "INTEGER"}
    physical, sources, steps = {}, {}, {}
    for name, (columns, _) in TABLES.items():
        inputs = [{"Name": column, "Type": types[kind]} for column, kind in columns]
        table = {"DataSourceArn": "arn:aws:quicksight:x:1:datasource/athena", "Schema": "fund", "Name": name, "InputColumns": inputs}
        physical[name], sources[name] = {"RelationalTable": table}, {"PhysicalTableId": name}
        steps[name] = {"ImportTableStep": {"Alias": name, "Source": {"SourceTableId": name}}}

    def step(number, kind, before, **body):
        steps[f"s{number}"] = {kind: {"Alias": f"s{number}", "Source": {"TransformOperationId": before}, **body}}

    sides = {"LeftOperand": {"TransformOperationId": "trades"}, "RightOperand": {"TransformOperationId": "ratings"}}
    steps["s0"] = {"JoinStep": {"Alias": "s0", **sides, "Type": "OUTER", "OnClause": "{symbol} = {mor_symbol}"}}
    step(
        1,
        "CastColumnTypesStep",
        "s0",
        CastColumnTypeOperations=[{"ColumnName": "trade_date", "NewColumnType": "DATETIME", "Format": "MM/dd/yyyy"}],
    )
    formula = {"ColumnName": "fund", "ColumnId": "f", "Expression": "coalesce({symbol}, {mor_symbol})"}
    step(2, "CreateColumnsStep", "s1", Columns=[formula])
    step(3, "FiltersStep", "s2", FilterOperations=[{"ConditionExpression": "{fund} <> 'X'"}])
    step(4, "RenameColumnsStep", "s3", RenameColumnOperations=[{"ColumnName": "trade_date", "NewColumnName": "Trade Date"}])
    return {
        "DataSetId": "trades",
        "Name": DATA,
        "PhysicalTableMap": physical,
        "DataPrepConfiguration": {
            "SourceTableMap": sources,
            "TransformStepMap": steps,
            "DestinationTableMap": {"d": {"Alias": DATA, "Source": {"TransformOperationId": "s4"}}},
        },
        "SemanticModelConfiguration": {"TableMap": {"m": {"Alias": DATA, "DestinationTableId": "d"}}},
    }


def test_rows_come_from_the_endpoint(lakekeel, home, tmp_path):
    from definition import day, line

    combo = {"Category": [text("fund", "c")], "BarValues": [total("amount", field="b")], "LineValues": [total("rating", field="l")]}
    visuals = [visual("ComboChartVisual", "combo", combo), line("line", day("Trade Date"), "SHOW_AS_BLANK")]
    resources = {
        "D": {"Type": "AWS::QuickSight::DataSet", "Properties": dataset()},
        "B": {
            "Type": "AWS::QuickSight::Dashboard",
            "Properties": {"DashboardId": "market", "Name": "Market", "Definition": definition(sheet("s", visuals))},
        },
    }
    (tmp_path / "A.template.json").write_text(json.dumps({"Resources": resources}))
    done = lakekeel("preview", "--from", tmp_path, "--out", tmp_path / "out", "--home", home)
    assert (done.returncode, done.stderr) == (0, "")
    script = tmp_path / "out" / "market.0.js"
    assert sorted(n for n in numbers(script, "amount") if n == n) == [2.5, 5, 10]
    assert sorted(n for n in numbers(script, "rating") if n == n) == [3, 4, 5]
    assert sorted(n for n in numbers(script, "Trade Date") if n == n) == [1767312000000, 1767398400000, 1767484800000]
