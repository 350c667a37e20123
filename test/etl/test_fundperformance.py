"""Trades of a real MariaDB and a feed of ratings, joined; what SQL on another engine makes of the same rows is the measure."""

import csv
import io
import json
import pathlib
import shutil
import sys
import uuid

import duckdb
import pymysql
import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession

ROOT = pathlib.Path(__file__).parents[2]
SCRIPTS = ROOT / "etlScripts" / "fundperformance"
sys.path[:0] = [str(SCRIPTS), str(ROOT / "internal" / "endpoint" / "python")]

import funds  # noqa: E402
import load_trades  # noqa: E402
import trade_analysis  # noqa: E402
from lakekeel_endpoint.mariadb import Servers  # noqa: E402

FEED = (SCRIPTS / "sample" / "Morningstar.csv").read_text()
PASSWORD = "not for a log"
RATED = "mor_rating_fund_symbol string, fund_names string, ratings bigint, historical_earnings double, lt_earnings double"
MISSING = "*** NOT PROVED: the fund-performance job needs MariaDB's server (apt-get install mariadb-server)"
on_mariadb = pytest.mark.skipif(not shutil.which("mariadbd", path="/usr/sbin:/usr/libexec:/usr/local/sbin"), reason=MISSING)


def test_the_feed_is_what_its_generator_makes():
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(funds.RATINGS)
    rows.writerows(funds.ratings())
    assert out.getvalue() == FEED
    symbols = [symbol for symbol, _ in funds.funds()]
    assert len(set(symbols)) == len(symbols)


def test_the_join_keeps_both_sides_and_no_name_twice(spark):
    trades = spark.createDataFrame([(1, "A", 5.0), (2, "A", 6.0), (3, "X", 7.0)], "ratings int, symbol string, trade_amount double")
    ratings = spark.createDataFrame([("A", 4), ("B", 2)], "mor_rating_fund_symbol string, Ratings int")
    expected = spark.createDataFrame(
        [(1, "A", 5.0, "A", 4), (2, "A", 6.0, "A", 4), (3, "X", 7.0, None, None), (None, None, None, "B", 2)],
        "ratings int, symbol string, trade_amount double, mor_rating_fund_symbol string, rating_Ratings int",
    )
    assert_df_equality(trade_analysis.merged(trades, ratings), expected, ignore_row_order=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A MariaDB with the sample's trades; its port."""
    servers = Servers(tmp_path_factory.mktemp("mariadb"))
    yield servers.create("dbdev", "fund", PASSWORD, "DBDEV")
    servers.stop()


@pytest.fixture
def connection(aws, server):
    """The name of a Glue connection to it."""
    name = f"Trade-Analysis-{uuid.uuid4().hex[:8]}"
    aws("secretsmanager").create_secret(Name=name, SecretString=json.dumps({"username": "fund", "password": PASSWORD}))
    properties = {"JDBC_CONNECTION_URL": f"jdbc:mysql://127.0.0.1:{server}/DBDEV", "SECRET_ID": name}
    aws("glue").create_connection(ConnectionInput={"Name": name, "ConnectionType": "JDBC", "ConnectionProperties": properties})
    return name


def prepare(lake, connection, feed=FEED, rows=500):
    """The database, the feed and the catalog as the loader and the crawlers leave them."""
    load_trades.main(["--connection", connection, "--rows", str(rows), "--JOB_NAME", "x"])
    lake.put("morningstar/Morningstar.csv", feed)
    lake.table("morningstar", RATED)
    columns = [{"Name": name, "Type": "string"} for name in funds.TRADES]
    table = {"Name": "dbdev_mft_activity", "StorageDescriptor": {"Columns": columns, "Location": "DBDEV.mft_activity"}}
    lake.glue.create_table(DatabaseName=lake.database, TableInput=table)


def run(lake, connection, run_id="jr_1", **changed):
    arguments = {
        "connection": connection,
        "database": lake.database,
        "trades": "dbdev_mft_activity",
        "ratings": "morningstar",
        "output": f"s3://{lake.bucket}/merged/",
        "table": "tradesratingsmerged",
        "JOB_RUN_ID": run_id,
        **changed,
    }
    SparkSession.active().catalog.clearCache()  # a run on Glue has a session of its own
    trade_analysis.main([part for name, value in arguments.items() for part in (f"--{name}", value)])


@on_mariadb
def test_the_whole_job_against_another_engine(spark, lake, connection, server, capsys):
    prepare(lake, connection)
    load_trades.main(["--connection", connection, "--rows", "500"])  # again: nothing doubled
    assert "mft_activity has 500 rows" in capsys.readouterr().out
    run(lake, connection)

    location, _, columns = lake.shown("tradesratingsmerged")
    assert list(columns) == [*funds.TRADES, *funds.RATINGS]
    with pymysql.connect(host="127.0.0.1", port=server, user="fund", password=PASSWORD, database="DBDEV") as db, db.cursor() as cursor:
        cursor.execute("SELECT * FROM mft_activity")
        trades = cursor.fetchall()
    duck = duckdb.connect()
    duck.execute(
        "CREATE TABLE t (trade_id BIGINT, trade_date DATE, customer_name TEXT, fund_name TEXT, symbol TEXT, buy_sell TEXT, a DECIMAL(15,2))"
    )
    duck.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", trades)
    duck.execute(f"CREATE TABLE r AS FROM read_csv('{SCRIPTS / 'sample' / 'Morningstar.csv'}')")
    expected = duck.execute("SELECT * FROM t FULL OUTER JOIN r ON t.symbol = r.mor_rating_fund_symbol").fetchall()
    got = [tuple(row) for row in spark.read.parquet(location).collect()]
    assert sorted(map(repr, got)) == sorted(map(repr, expected))
    assert any(row[0] is None for row in got), "the sample has funds that nobody trades"
    assert any(row[7] is None for row in got), "and one that nobody rates"
    assert all(".snappy" not in key for key in lake.keys("merged/"))


BROKEN = {
    "a fund rated twice": (FEED + "ALGMX,Again,1,1.0,1.0\n", r"morningstar has 2 ratings of fund 'ALGMX'; want one of each"),
    "a rating that is no number": (FEED.replace(",2,3.92,", ",two,3.92,", 1), r"morningstar at .* cannot be read: .*"),
    "another header": (FEED.replace("ratings", "stars", 1), r"morningstar at .* cannot be read: .*"),
}


@on_mariadb
@pytest.mark.parametrize(("feed", "says"), BROKEN.values(), ids=BROKEN)
def test_a_feed_that_is_not_as_it_should_be_changes_nothing(spark, lake, connection, feed, says):
    prepare(lake, connection)
    run(lake, connection)
    lake.put("morningstar/Morningstar.csv", feed)
    with pytest.raises(ValueError, match=says):
        run(lake, connection, "jr_2")
    assert lake.shown("tradesratingsmerged")[0] == f"s3://{lake.bucket}/merged/jr_1/"


@on_mariadb
def test_what_is_missing_is_named(spark, lake, connection):
    prepare(lake, connection)
    for changed, error, says in [
        ({"ratings": "stars"}, ValueError, f"{lake.database} has no table stars; has its crawler run?"),
        (
            {"trades": "morningstar"},
            ValueError,
            "morningstar has no column trade_date, customer_name, fund_name, symbol, buy_sell, trade_amount",
        ),
    ]:
        with pytest.raises(error, match=says):
            run(lake, connection, **changed)
    with pytest.raises(ValueError, match="--rows is -1; want 0 or more"):
        load_trades.main(["--connection", connection, "--rows", "-1"])


@on_mariadb
def test_a_database_that_does_not_answer_is_one_sentence_without_its_password(spark, lake, aws, connection):
    prepare(lake, connection)
    aws("secretsmanager").put_secret_value(SecretId=connection, SecretString=json.dumps({"username": "fund", "password": "wrong"}))
    with pytest.raises(OSError, match="cannot read DBDEV.mft_activity: Access denied for user 'fund'") as fault:
        run(lake, connection)
    assert "\n" not in str(fault.value)
    assert "wrong" not in str(fault.value)
