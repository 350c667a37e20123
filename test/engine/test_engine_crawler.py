"""Crawls over a real S3: what they write to the catalog, what Athena then reads, and how they fail."""

import gzip

import duckdb
import pytest
from botocore.exceptions import ClientError
from conftest import wait

CITIES = "city,people,area\nUlm,126000,118.7\nBonn,330000,141\n"


def answered(lab, query: str) -> list[list[str]]:
    """What Athena answers, without the header."""
    athena = lab.endpoint.client("athena")
    asked = athena.start_query_execution(
        QueryString=query,
        QueryExecutionContext={"Database": lab.database},
        ResultConfiguration={"OutputLocation": f"s3://{lab.bucket}/_athena/"},
    )["QueryExecutionId"]
    state = wait(lambda: _done(athena.get_query_execution(QueryExecutionId=asked)["QueryExecution"]["Status"]))
    assert state["State"] == "SUCCEEDED", state
    rows = athena.get_query_results(QueryExecutionId=asked)["ResultSet"]["Rows"]
    return [[cell.get("VarCharValue", "") for cell in row["Data"]] for row in rows[1:]]


def _done(status):
    return status if status["State"] not in ("QUEUED", "RUNNING") else None


def crawled(lab, *paths, **definition):
    crawl = lab.crawl(lab.crawler("c", *paths, **definition))
    assert crawl["Status"] == "SUCCEEDED", crawl
    return lab.tables()


def test_a_folder_of_csv_becomes_a_table_as_glue_describes_it(lab):
    lab.put("cities/a.csv", CITIES)
    crawler = lab.crawler("c", f"s3://{lab.bucket}/cities")
    assert lab.crawl(crawler)["Status"] == "SUCCEEDED"
    table = lab.tables()["cities"]
    assert lab.columns("cities") == {"city": "string", "people": "bigint", "area": "double"}
    parameters = {
        "classification": "csv", "compressionType": "none", "typeOfData": "file", "delimiter": ",", "columnsOrdered": "true",
        "areColumnsQuoted": "false", "skip.header.line.count": "1", "recordCount": "2", "objectCount": "1", "sizeKey": str(len(CITIES)),
        "averageRecordSize": str(len(CITIES) // 2), "UPDATED_BY_CRAWLER": crawler, "CrawlerSchemaSerializerVersion": "1.0",
        "CrawlerSchemaDeserializerVersion": "1.0",
    }  # fmt: skip
    assert table["Parameters"] == parameters == table["StorageDescriptor"]["Parameters"]
    assert (table["TableType"], table["PartitionKeys"]) == ("EXTERNAL_TABLE", [])
    storage = table["StorageDescriptor"]
    assert storage["Location"] == f"s3://{lab.bucket}/cities/"
    assert storage["SerdeInfo"] == {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    }
    assert answered(lab, "SELECT city, people + 1, area FROM cities ORDER BY city") == [
        ["Bonn", "330001", "141.0"],
        ["Ulm", "126001", "118.7"],
    ]


def test_quoted_values_are_read_without_their_quotes_and_numbers_stay_numbers(lab):
    lab.put("counts/a.csv", 'place,n\n"Congo, Republic of the",1\nUlm,\n')
    table = crawled(lab, f"s3://{lab.bucket}/counts")["counts"]
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    assert table["Parameters"]["use.null.for.invalid.data"] == "TRUE"
    assert lab.columns("counts") == {"place": "string", "n": "bigint"}
    assert answered(lab, "SELECT place, n + 1 FROM counts ORDER BY place") == [["Congo, Republic of the", "2"], ["Ulm", ""]]


def test_other_formats(lab, tmp_path):
    lab.put("words/a.csv", "Ulm;1\nBonn;2\n")
    lab.put("lines/a.json", '{"Id": 1, "tags": ["x"]}\n{"Id": 2}\n')
    lab.put("packed/a.csv.gz", gzip.compress(CITIES.encode()))
    duckdb.connect().execute(f"COPY (SELECT 1 AS n, DATE '2020-01-01' AS day) TO '{tmp_path}/p.parquet' (FORMAT parquet)")
    lab.put("columns/part-0.snappy.parquet", (tmp_path / "p.parquet").read_bytes())
    lab.put("columns/_SUCCESS", "")
    tables = crawled(lab, *(f"s3://{lab.bucket}/{name}/" for name in ("words", "lines", "packed", "columns")))
    kinds = {name: table["Parameters"]["classification"] for name, table in tables.items()}
    assert kinds == {"words": "csv", "lines": "json", "packed": "csv", "columns": "parquet"}
    assert lab.columns("words") == {"col0": "string", "col1": "bigint"}
    assert lab.columns("lines") == {"id": "int", "tags": "array<string>"}
    assert lab.columns("columns") == {"n": "int", "day": "date"}
    assert (tables["packed"]["Parameters"]["compressionType"], tables["packed"]["StorageDescriptor"]["Compressed"]) == ("gzip", True)
    assert tables["lines"]["StorageDescriptor"]["SerdeInfo"]["Parameters"] == {"paths": "Id,tags"}
    assert answered(lab, "SELECT day FROM columns") == [["2020-01-01"]]
    assert answered(lab, "SELECT sum(people) FROM packed") == [["456000"]]
    assert answered(lab, "SELECT col0 FROM words WHERE col1 = 2") == [["Bonn"]]


def test_partitions_come_and_go(lab):
    for year in (2019, 2020):
        lab.put(f"sales/year={year}/month=1/a.csv", f"what,n\nx,{year}\ny,2\n")
    crawler = lab.crawler("c", f"s3://{lab.bucket}/sales/", SchemaChangePolicy={"DeleteBehavior": "DELETE_FROM_DATABASE"})
    lab.crawl(crawler)
    assert [key["Name"] for key in lab.tables()["sales"]["PartitionKeys"]] == ["year", "month"]
    names = {"DatabaseName": lab.database, "TableName": "sales"}
    partitions = lab.glue.get_partitions(**names)["Partitions"]
    assert [partition["Values"] for partition in partitions] == [["2019", "1"], ["2020", "1"]]
    assert partitions[0]["StorageDescriptor"]["Location"] == f"s3://{lab.bucket}/sales/year=2019/month=1/"
    assert len(lab.glue.get_partitions(**names, Expression="year = '2020'")["Partitions"]) == 1
    assert answered(lab, "SELECT n FROM sales WHERE year = '2020' AND what = 'x'") == [["2020"]]
    lab.put("sales/year=2021/month=1/a.csv", "what,n\nx,2021\ny,2\n")
    lab.s3.delete_object(Bucket=lab.bucket, Key="sales/year=2019/month=1/a.csv")
    lab.crawl(crawler)
    assert [p["Values"] for p in lab.glue.get_partitions(**names)["Partitions"]] == [["2020", "1"], ["2021", "1"]]


def test_a_second_crawl_takes_over_what_changed_and_nothing_else(lab):
    lab.put("cities/a.csv", CITIES)
    crawler = lab.crawler("c", f"s3://{lab.bucket}/cities")
    lab.crawl(crawler)
    lab.crawl(crawler)
    assert lab.tables()["cities"]["VersionId"] == "1"
    lab.put("cities/a.csv", "city,people,mayor\nUlm,126000.5,x\n")
    lab.crawl(crawler)
    assert lab.columns("cities") == {"city": "string", "people": "double", "mayor": "string"}
    versions = lab.glue.get_table_versions(DatabaseName=lab.database, TableName="cities")["TableVersions"]
    assert [version["VersionId"] for version in versions] == ["2", "1"]
    metrics = lab.glue.get_crawler_metrics(CrawlerNameList=[crawler])["CrawlerMetricsList"][0]
    assert (metrics["TablesCreated"], metrics["TablesUpdated"]) == (0, 1)
    crawls = lab.glue.list_crawls(CrawlerName=crawler)["Crawls"]
    assert [crawl["State"] for crawl in crawls] == ["COMPLETED"] * 3


@pytest.mark.parametrize(
    ("policy", "configuration", "columns"),
    [
        ({"UpdateBehavior": "LOG"}, "", {"a": "string", "n": "bigint"}),
        ({}, '{"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}',
         {"a": "string", "n": "bigint", "m": "bigint"}),
    ],
    ids=["LOG", "MergeNewColumns"],
)  # fmt: skip
def test_how_a_change_of_the_schema_is_taken(policy, configuration, columns, lab):
    lab.put("t/a.csv", "a,n\nx,1\n")
    crawler = lab.crawler("c", f"s3://{lab.bucket}/t", SchemaChangePolicy=policy, Configuration=configuration)
    lab.crawl(crawler)
    lab.put("t/a.csv", "a,m\nx,2\n")
    lab.crawl(crawler)
    assert lab.columns("t") == columns


@pytest.mark.parametrize(
    ("behavior", "left"), [("LOG", {"t": False}), ("DEPRECATE_IN_DATABASE", {"t": True}), ("DELETE_FROM_DATABASE", {})]
)
def test_how_the_end_of_a_table_is_taken(behavior, left, lab):
    lab.put("t/a.csv", CITIES)
    crawler = lab.crawler("c", f"s3://{lab.bucket}/t", SchemaChangePolicy={"DeleteBehavior": behavior})
    lab.crawl(crawler)
    lab.s3.delete_object(Bucket=lab.bucket, Key="t/a.csv")
    assert lab.crawl(crawler)["Status"] == "SUCCEEDED"
    assert {name: "DEPRECATED_BY_CRAWLER" in table["Parameters"] for name, table in lab.tables().items()} == left


def test_prefix_exclusions_and_grouping(lab):
    lab.put("top/x/a.csv", "a,b\n1,x\n2,y\n")
    lab.put("top/y/a.csv", "c,d\n1,x\n2,y\n")
    lab.put("top/z/secret.csv", CITIES)
    targets = {"S3Targets": [{"Path": f"s3://{lab.bucket}/top", "Exclusions": ["z/**"]}]}
    tables = crawled(
        lab, Targets=targets, TablePrefix="raw_",
        Configuration='{"Version": 1.0, "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"}}',
    )  # fmt: skip
    assert list(tables) == ["raw_top"]
    assert lab.columns("raw_top") == {"a": "bigint", "b": "string", "c": "bigint", "d": "string"}


def test_two_locations_of_one_name_are_two_tables(lab):
    lab.put("one/t/a.csv", CITIES)
    lab.put("two/t/a.csv", CITIES)
    tables = crawled(lab, f"s3://{lab.bucket}/one/t", f"s3://{lab.bucket}/two/t")
    assert len(tables) == 2
    assert all(name == "t" or name.startswith("t_") for name in tables)


def test_a_custom_classifier(lab):
    lab.glue.create_classifier(CsvClassifier={"Name": lab.name("k"), "ContainsHeader": "PRESENT", "Delimiter": ","})
    lab.put("w/a.csv", "city,country\nUlm,Germany\nParis,France\n")
    crawled(lab, f"s3://{lab.bucket}/w", Classifiers=[lab.name("k")])
    assert lab.columns("w") == {"city": "string", "country": "string"}


def test_a_malformed_line_is_named_in_the_log_and_the_table_is_right(lab):
    lab.put("t/a.csv", "a,n\n" + "x,1\n" * 20 + "torn\n")
    crawler = lab.crawler("c", f"s3://{lab.bucket}/t")
    assert lab.crawl(crawler)["Status"] == "SUCCEEDED"
    assert lab.columns("t") == {"a": "string", "n": "bigint"}
    assert f"WARN s3://{lab.bucket}/t/a.csv: 1 of 22 lines do not have 2 values: the first is number 22, 'torn'" in lab.crawl_log(crawler)


def test_a_target_without_objects_makes_no_table(lab):
    crawler = lab.crawler("c", f"s3://{lab.bucket}/empty/")
    assert lab.crawl(crawler)["Status"] == "SUCCEEDED"
    assert lab.tables() == {}
    lab.put("empty/a.csv", CITIES)
    lab.crawl(crawler)
    assert list(lab.tables()) == ["empty"]


def test_a_header_without_rows_makes_no_table_and_says_why(lab):
    lab.put("t/a.csv", "city,people\n")
    crawler = lab.crawler("c", f"s3://{lab.bucket}/t")
    assert lab.crawl(crawler)["Status"] == "SUCCEEDED"
    assert lab.tables() == {}
    reason = "it has fewer than two lines, which is too little to tell CSV from text"
    assert f"WARN s3://{lab.bucket}/t/a.csv is left out: {reason}" in lab.crawl_log(crawler)


FAILURES = {
    "a missing bucket": (
        {"S3Targets": [{"Path": "s3://no-such-bucket-here/x"}]},
        "The S3 location s3://no-such-bucket-here/x does not exist: there is no bucket no-such-bucket-here",
    ),
    "a path that is no URL": ({"S3Targets": [{"Path": "data/x"}]}, "S3 target: 'data/x' is not an S3 URL; want s3://BUCKET/KEY"),
    "a DynamoDB target": (
        {"DynamoDBTargets": [{"Path": "shop"}]},
        "a DynamoDB target (shop) is not crawled locally; only S3 and JDBC targets are",
    ),
    "no target": ({"S3Targets": []}, "the crawler has no target; want at least one S3 path or database"),
}


@pytest.mark.parametrize(("targets", "message"), FAILURES.values(), ids=FAILURES)
def test_a_crawl_fails_with_one_sentence_for(targets, message, lab):
    crawl = lab.crawl(lab.crawler("c", Targets=targets))
    assert (crawl["Status"], crawl["ErrorMessage"]) == ("FAILED", message)


def test_a_crawler_runs_once_at_a_time_and_can_be_stopped(lab):
    for i in range(60):
        lab.put(f"t/{i}.csv", "a,n\n" + "x,1\n" * 20_000)
    crawler = lab.crawler("c", f"s3://{lab.bucket}/t")
    lab.glue.start_crawler(Name=crawler)
    for call, code in (
        (lab.glue.start_crawler, "CrawlerRunningException"),
        (lab.glue.delete_crawler, "CrawlerRunningException"),
        (lab.glue.update_crawler, "CrawlerRunningException"),
    ):
        with pytest.raises(ClientError) as fault:
            call(Name=crawler)
        assert fault.value.response["Error"]["Code"] == code
    assert lab.glue.get_crawler(Name=crawler)["Crawler"]["State"] == "RUNNING"
    lab.glue.stop_crawler(Name=crawler)
    assert lab.crawled(crawler)["Status"] == "CANCELLED"
    with pytest.raises(lab.glue.exceptions.CrawlerNotRunningException):
        lab.glue.stop_crawler(Name=crawler)


def test_of_many_updates_with_one_version_exactly_one_is_taken(lab):
    """The optimistic lock that Iceberg commits by."""
    from concurrent.futures import ThreadPoolExecutor

    lab.glue.create_database(DatabaseInput={"Name": lab.database})
    lab.glue.create_table(DatabaseName=lab.database, TableInput={"Name": "t", "Parameters": {"n": "0"}})

    def update(number):
        try:
            lab.glue.update_table(DatabaseName=lab.database, TableInput={"Name": "t", "Parameters": {"n": str(number)}}, VersionId="1")
            return number
        except lab.glue.exceptions.ConcurrentModificationException:
            return None

    with ThreadPoolExecutor(8) as threads:
        taken = [number for number in threads.map(update, range(1, 41)) if number]
    assert len(taken) == 1
    versions = lab.glue.get_table_versions(DatabaseName=lab.database, TableName="t")["TableVersions"]
    assert [(v["VersionId"], v["Table"]["Parameters"]["n"]) for v in versions] == [("2", str(taken[0])), ("1", "0")]
    names = {"DatabaseName": lab.database, "TableName": "t"}
    assert lab.glue.get_table_version(**names, VersionId="1")["TableVersion"]["Table"]["Parameters"] == {"n": "0"}
    with pytest.raises(lab.glue.exceptions.InvalidInputException):
        lab.glue.delete_table_version(**names, VersionId="2")
    lab.glue.delete_table_version(**names, VersionId="1")
    assert len(lab.glue.get_table_versions(**names)["TableVersions"]) == 1
    with pytest.raises(lab.glue.exceptions.EntityNotFoundException):
        lab.glue.get_table_version(**names, VersionId="1")
