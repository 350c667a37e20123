"""Dashboards of a synthesized app, and what is said of bad input. No browser."""

import base64
import gzip
import json
import re
import struct

import pytest
from definition import definition, sheet, text, total, visual

ARN = {
    "Fn::Join": [
        "",
        ["arn:", {"Ref": "AWS::Partition"}, ":quicksight:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}, ":dataset/trades"],
    ]
}


def template(arn=ARN):
    bar = visual("BarChartVisual", "bar", {"Category": [text("fund")], "Values": [total("amount")]})
    return {
        "Resources": {
            "Board": {
                "Type": "AWS::QuickSight::Dashboard",
                "Properties": {"DashboardId": "trades", "Name": "Fund trades", "Definition": definition(sheet("s", [bar]), arn=arn)},
            },
            "Trades": {
                "Type": "AWS::QuickSight::DataSet",
                "Properties": {
                    "DataSetId": "trades",
                    "Name": "Trades",
                    "PhysicalTableMap": {
                        "t": {
                            "RelationalTable": {
                                "DataSourceArn": "arn:aws:quicksight:x:1:datasource/athena",
                                "Schema": "trades",
                                "Name": "trades",
                                "InputColumns": [{"Name": "fund", "Type": "STRING"}, {"Name": "amount", "Type": "DECIMAL"}],
                            }
                        }
                    },
                    "LogicalTableMap": {"l": {"Alias": "Trades", "Source": {"PhysicalTableId": "t"}}},
                },
            },
        }
    }


@pytest.fixture
def assembly(tmp_path):
    """Give a cdk.out with the same dashboard in two stages."""
    for stage in ("Dev", "Prod"):
        folder = tmp_path / "cdk.out" / f"assembly-{stage}"
        folder.mkdir(parents=True)
        (folder / "Reports.template.json").write_text(json.dumps(template()))
    return tmp_path / "cdk.out"


def numbers(script, name):
    """Read a column of numbers out of a page's data."""
    data = json.loads(re.fullmatch(r'lakekeel.add\(".*?", (.*)\);\n', script.read_text(), re.S)[1])
    packed = next(c for c in data["columns"] if c["name"] == name)
    plain = gzip.decompress(base64.b64decode(packed["values"]))
    return list(struct.unpack(f"<{len(plain) // 8}d", plain))


@pytest.mark.parametrize(
    "arn",
    [
        ARN,
        {"Fn::GetAtt": ["Trades", "Arn"]},
        {"Fn::Sub": "arn:${AWS::Partition}:quicksight:${AWS::Region}:${AWS::AccountId}:dataset/trades"},
    ],
)
def test_dashboard_of_a_template(lakekeel, rows, tmp_path, arn):
    (tmp_path / "A.template.json").write_text(json.dumps(template(arn)))
    done = lakekeel("preview", "--from", tmp_path, "--data", rows, "--out", tmp_path / "out")
    assert (done.stdout, done.stderr, done.returncode) == ("trades.html\n", "", 0)
    assert numbers(tmp_path / "out" / "trades.0.js", "amount")[:6] == [10, 30, 20, 5, 7, 100]
    assert "http" not in (tmp_path / "out" / "trades.html").read_text()


def test_same_dashboard_of_two_stages_is_one(lakekeel, rows, assembly, tmp_path):
    done = lakekeel("preview", "Fund trades", "--from", assembly, "--data", rows, "--out", tmp_path / "out")
    assert (done.stdout, done.returncode) == ("trades.html\n", 0), done.stderr


def test_folder_of_parquet(lakekeel, assembly, tmp_path):
    import duckdb

    (tmp_path / "rows" / "trades").mkdir(parents=True)
    for i in range(2):
        duckdb.sql(f"COPY (SELECT 'A' AS fund, {i} + 0.5 AS amount) TO '{tmp_path}/rows/trades/{i}.parquet'")
    done = lakekeel("preview", "--from", assembly, "--data", tmp_path / "rows", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert sorted(numbers(tmp_path / "out" / "trades.0.js", "amount")) == [0.5, 1.5]


def test_bad_input(lakekeel, rows, assembly, tmp_path):
    """Each is one sentence and exit status 1."""
    bare, empty, wrong, words, nothing = (tmp_path / name for name in ("bare", "empty", "wrong", "words", "nothing"))
    for folder in (bare, empty, wrong, words, nothing):
        folder.mkdir()
    (bare / "A.template.json").write_text('{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}')
    (empty / "trades.csv").write_text("fund,amount\n")
    (wrong / "trades.csv").write_text("fund,amounts\nA,1\n")
    (words / "trades.csv").write_text("fund,amount\nA,much\n")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "blank.json").write_text("{}")
    end = ["--out", tmp_path / "out"]
    files = '"trades.csv", "trades.parquet", "trades", "Trades.csv", "Trades.parquet" or "Trades"'
    column = 'has no column "amount"; want one of its columns; nearest is "amounts"'
    at = 'dashboard "Fund trades": '
    cases = [
        (["--from", tmp_path / "no"], f"{tmp_path}/no is not there; synthesize the app with: cdk synth"),
        (["--from", bare], f"no template in {bare} has a dashboard (AWS::QuickSight::Dashboard)"),
        (
            ["Fund trade", "--from", assembly, "--data", rows],
            '"Fund trade" is no dashboard; want the name or id of one; nearest is "Fund trades"',
        ),
        (
            ["--from", assembly, "--data", empty],
            f'{at}the data set "Trades" has no rows; run the workflow that fills it, or give rows with --data',
        ),
        (
            ["--from", assembly, "--data", wrong],
            f'{at}{wrong}/trades.csv: the data set "Trades" {column}',
        ),
        (
            ["--from", assembly, "--data", words],
            'dashboard "Fund trades": the data set "Trades": the column "amount" holds "much"; want numbers',
        ),
        (
            ["--from", assembly, "--data", nothing],
            f'{at}the rows of data set "Trades" are not in {nothing}; want {files}',
        ),
        (["--from", tmp_path / "broken.json"], f"{tmp_path}/broken.json is no JSON object: unexpected end of JSON input"),
        (["--from", tmp_path / "blank.json"], f"{tmp_path}/blank.json: the definition declares no dataset"),
    ]
    for args, want in cases:
        done = lakekeel("preview", *args, *end)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", f"lakekeel: {want}\n"), args


def test_endpoint_that_is_down(lakekeel, assembly, tmp_path):
    done = lakekeel("preview", "--from", assembly, "--out", tmp_path / "out", "--endpoint", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.startswith("lakekeel: ")
    assert "http://127.0.0.1:9" in done.stderr
    assert done.stderr.count("\n") == 1
