"""The small rules: predicates, definitions of triggers, records, partition expressions, Spark's settings."""

import asyncio
import json
from pathlib import Path

import pytest
from lakekeel_endpoint.glue import catalog, spark, triggers
from lakekeel_endpoint.glue.crawler import _glob
from lakekeel_endpoint.glue.errors import GlueError
from lakekeel_endpoint.glue.jobs import cancel_soon
from lakekeel_endpoint.glue.records import Records
from lakekeel_endpoint.glue.services import parse_url


def job(name, state):
    return {"LogicalOperator": "EQUALS", "JobName": name, "State": state}


def crawl(name, state):
    return {"LogicalOperator": "EQUALS", "CrawlerName": name, "CrawlState": state}


DONE = {("JOB", "a"): "SUCCEEDED", ("JOB", "b"): "FAILED", ("CRAWLER", "a"): "CANCELLED"}

PREDICATES = {
    "one that is true": ({"Conditions": [job("a", "SUCCEEDED")]}, True),
    "one of another state": ({"Conditions": [job("b", "SUCCEEDED")]}, False),
    "all of two": ({"Logical": "AND", "Conditions": [job("a", "SUCCEEDED"), job("b", "FAILED")]}, True),
    "one of two is not all": ({"Logical": "AND", "Conditions": [job("a", "SUCCEEDED"), job("c", "SUCCEEDED")]}, False),
    "any of two": ({"Logical": "ANY", "Conditions": [job("a", "FAILED"), job("b", "FAILED")]}, True),
    "none of two": ({"Logical": "ANY", "Conditions": [job("a", "FAILED"), job("c", "FAILED")]}, False),
    "a crawler of a job's name": ({"Conditions": [crawl("a", "CANCELLED")]}, True),
    "no condition at all": ({"Conditions": []}, False),
}


@pytest.mark.parametrize(("predicate", "true"), PREDICATES.values(), ids=PREDICATES)
def test_a_predicate_holds(predicate, true):
    assert triggers.holds({"Predicate": predicate}, DONE) is true


RUN = [{"JobName": "a"}]
REFUSED = {
    "an unknown type": ({"Type": "ONDEMAND", "Actions": RUN}, "Type is 'ONDEMAND'; want one of ON_DEMAND, SCHEDULED, EVENT, CONDITIONAL"),
    "no action": ({"Type": "ON_DEMAND"}, "Actions is empty; want at least one job or crawler"),
    "an action of nothing": ({"Type": "ON_DEMAND", "Actions": [{}]}, "Actions[0] names nothing; want a job or a crawler"),
    "an action of two things": (
        {"Type": "ON_DEMAND", "Actions": [{"JobName": "a", "CrawlerName": "b"}]},
        "Actions[0] names both a job and a crawler; want a job or a crawler",
    ),
    "no schedule": ({"Type": "SCHEDULED", "Actions": RUN}, "Schedule is empty; a SCHEDULED trigger wants cron(...)"),
    "no workflow": ({"Type": "EVENT", "Actions": RUN}, "WorkflowName is empty; an EVENT trigger starts a workflow"),
    "an on-demand trigger that starts itself": (
        {"Type": "ON_DEMAND", "Actions": RUN, "StartOnCreation": True},
        "StartOnCreation is true; an ON_DEMAND trigger cannot be started on creation",
    ),
    "no condition": (
        {"Type": "CONDITIONAL", "Actions": RUN, "Predicate": {}},
        "Predicate has no condition; a CONDITIONAL trigger wants at least one",
    ),
    "a state that no trigger listens for": (
        {"Type": "CONDITIONAL", "Actions": RUN, "Predicate": {"Conditions": [job("a", "ERROR")]}},
        "Predicate.Conditions[0] waits for 'ERROR'; want one of SUCCEEDED, STOPPED, FAILED, TIMEOUT",
    ),
    "a job's state for a crawler": (
        {"Type": "CONDITIONAL", "Actions": RUN, "Predicate": {"Conditions": [crawl("a", "TIMEOUT")]}},
        "Predicate.Conditions[0] waits for 'TIMEOUT'; want one of SUCCEEDED, FAILED, CANCELLED",
    ),
}


@pytest.mark.parametrize(("request_", "message"), REFUSED.values(), ids=REFUSED)
def test_a_trigger_is_refused_for(request_, message):
    with pytest.raises(GlueError) as fault:
        triggers.check(request_)
    assert (fault.value.code, fault.value.message) == ("InvalidInputException", message)


# Records.


def test_records_are_found_again(tmp_path):
    first = Records(tmp_path / "journal")
    run = {"Status": "RUNNING"}
    first.save("run", "s", "1", run)
    run["Status"] = "COMPLETED"
    first.save("run", "s", "1", run)
    first.save("run", "s", "2", {})
    first.drop("run", "s", "2")
    again = Records(tmp_path / "journal")
    assert again.of("run", "s") == [{"Status": "COMPLETED"}]
    assert (tmp_path / "journal").read_text() == '["run", "s", "1", {"Status": "COMPLETED"}]\n'


def test_a_torn_last_line_is_left_out(tmp_path):
    (tmp_path / "journal").write_text('["run", "s", "1", {"n": 1}]\n["run", "s", "1", {"n"')
    assert Records(tmp_path / "journal").get("run", "s", "1") == {"n": 1}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")
def test_a_disk_that_is_full_does_not_stop_a_run():
    records = Records(None)
    records._file = Path("/dev/full").open("w")  # noqa: SIM115
    records.save("run", "s", "1", {"n": "x" * 100_000})
    assert records.get("run", "s", "1")
    records._file = None


# Partition expressions.

KEYS = [{"Name": "year", "Type": "int"}, {"Name": "month", "Type": "string"}, {"Name": "day", "Type": "date"}]
ROWS = [["2019", "12", "2019-12-31"], ["2020", "01", "2020-01-15"], ["2020", "10", "2020-10-15"], ["2021", "01", "2021-01-01"]]

EXPRESSIONS = {
    "year = 2020": [1, 2],
    "year > 2019 AND month = '01'": [1, 3],
    "year = 2019 OR NOT (month = '01')": [0, 2],
    "year IN (2019, 2021)": [0, 3],
    "year BETWEEN 2019 AND 2020 AND month LIKE '1%'": [0, 2],
    'month = "01"': [1, 3],
    "day >= '2020-10-15'": [2, 3],
    "day = DATE '2020-01-15'": [1],
    "month <> '01'": [0, 2],
    "year IS NULL": [],
}


@pytest.mark.parametrize(("expression", "chosen"), EXPRESSIONS.items(), ids=EXPRESSIONS)
def test_partitions_where(expression, chosen):
    assert catalog.matching(expression, KEYS, ROWS) == chosen


@pytest.mark.parametrize(
    "expression",
    [
        "year =",
        "town = 'x'",
        "1); DROP TABLE given; --",
        "1); DROP TABLE given; SELECT (1",
        "year IN (SELECT 1 FROM read_csv('/etc/passwd'))",
    ],
)
def test_an_expression_is_refused(expression):
    with pytest.raises(GlueError) as fault:
        catalog.matching(expression, KEYS, ROWS)
    assert fault.value.code == "InvalidInputException"
    assert fault.value.message.startswith(f"Expression {expression!r} is not understood: ")


# Exclusions of a crawl's target.


@pytest.mark.parametrize(
    ("pattern", "path", "out"),
    [
        ("*.csv", "a.csv", True), ("*.csv", "x/a.csv", False), ("**.csv", "x/a.csv", True), ("a?.csv", "ab.csv", True),
        ("x/**", "x/y/z", True), ("[ab].csv", "a.csv", True), ("[!ab].csv", "a.csv", False), ("{a,b}.csv", "b.csv", True),
        ("a.csv", "aXcsv", False), ("\\*.csv", "*.csv", True), ("\\*.csv", "a.csv", False), ("{a,b", "b", True),
    ],
)  # fmt: skip
def test_an_exclude_pattern(pattern, path, out):
    assert bool(_glob(pattern).fullmatch(path)) is out


# URLs and Spark.


@pytest.mark.parametrize(
    ("url", "parts"), [("s3://b/k/x.py", ("b", "k/x.py")), ("s3a://b", ("b", "")), ("s3://b/a b?c#d", ("b", "a b?c#d"))]
)
def test_an_s3_url(url, parts):
    assert parse_url(url) == parts


@pytest.mark.parametrize("url", ["", "b/k", "https://b/k", "s3:///k"])
def test_no_s3_url(url):
    with pytest.raises(ValueError, match="want s3://BUCKET/KEY"):
        parse_url(url)


def test_several_properties_in_one_conf():
    assert spark.parse_conf("spark.a=1 --conf spark.b=x=y") == {"spark.a": "1", "spark.b": "x=y"}
    with pytest.raises(ValueError, match="--conf has 'spark.b'; want spark.NAME=VALUE"):
        spark.parse_conf("spark.a=1 --conf spark.b")


def test_a_job_may_set_what_does_not_tie_it_to_this_machine(tmp_path):
    (tmp_path / "s3a.jar").touch()
    asked = {
        "spark.sql.shuffle.partitions": "7",
        "spark.master": "yarn",
        "spark.hadoop.fs.s3a.endpoint": "http://elsewhere",
        "spark.x": "y",
    }
    chosen = spark.settings(spark.Local("http://127.0.0.1:1", "123456789012", "eu-west-1", tmp_path, tmp_path, asked))
    assert (chosen["spark.sql.shuffle.partitions"], chosen["spark.x"]) == ("7", "y")
    assert (chosen["spark.master"], chosen["spark.hadoop.fs.s3a.endpoint"]) == ("local[2]", "http://127.0.0.1:1")


def test_without_jars_spark_is_refused(tmp_path):
    with pytest.raises(spark.SparkMissing, match="has none"):
        spark.settings(spark.Local("http://127.0.0.1:1", "123456789012", "eu-west-1", tmp_path, tmp_path))


def test_without_java_spark_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(spark.SparkMissing, match="which has no bin/java"):
        spark.java()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(spark.SparkMissing, match="neither JAVA_HOME nor a java"):
        spark.java()


def test_records_are_plain_json(tmp_path):
    records = Records(tmp_path / "journal")
    records.save("run", "s", "1", {"at": 1.5, "path": tmp_path})
    assert json.loads((tmp_path / "journal").read_text())[3] == {"at": 1.5, "path": str(tmp_path)}


def test_a_task_that_is_stopped_before_its_first_step_still_ends_in_order():
    ended = []

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("recorded")

    async def main():
        task = asyncio.create_task(work())
        cancel_soon(task)
        await asyncio.wait([task])

    asyncio.run(main())
    assert ended == ["recorded"]
