"""Join trades with ratings: every trade and every rating, whether or not it has a partner.

Reads   --connection  Glue connection to the database of trades; its secret holds username and password
        --trades      table of the catalog in --database that a crawler made of the database's table
        --ratings     table of the catalog in --database that a crawler made of the feed, CSV with a header
Writes  --output      s3:// folder; every run writes uncompressed Parquet into a folder of its own below it
        --table       catalog table in --database, shaped like merged() returns; shown in one step
                      (publish.py, which the job gets by --extra-py-files)
"""

import argparse
import json
import sys
import uuid

import boto3
from publish import Publication, cause
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

TRADES = ("trade_date", "customer_name", "fund_name", "symbol", "buy_sell", "trade_amount")  # further columns are carried along
RATINGS = {
    "mor_rating_fund_symbol": "string",
    "fund_names": "string",
    "ratings": "int",
    "historical_earnings": "double",
    "lt_earnings": "double",
}
NOTHING = "neither trades nor ratings have a row"
FETCH = 10_000  # rows that the driver takes from the database at a time; it would take all of them at once


def merged(trades: DataFrame, ratings: DataFrame) -> DataFrame:
    """Full outer join on symbol = mor_rating_fund_symbol.

    A trade of a fund without a rating has nulls for it, a rating without a trade for that. A column of
    ratings that trades have too is called rating_<column>: no name stands twice.
    """
    taken = {name.lower() for name in trades.columns}
    renamed = ratings.select([F.col(name).alias(f"rating_{name}" if name.lower() in taken else name) for name in ratings.columns])
    return trades.join(renamed, trades["symbol"] == renamed["mor_rating_fund_symbol"], "full_outer")


def described(glue, database: str, name: str, wanted) -> dict:
    """The catalog's table; a ValueError if it is not there or lacks a column."""
    try:
        table = glue.get_table(DatabaseName=database, Name=name)["Table"]
    except glue.exceptions.EntityNotFoundException:
        raise ValueError(f"{database} has no table {name}; has its crawler run?") from None
    there = [column["Name"] for column in table["StorageDescriptor"]["Columns"]]
    missing = [column for column in wanted if column not in there]
    if missing:
        raise ValueError(f"{database}.{name} has no column {', '.join(missing)}; it has {', '.join(there)}")
    return table


def read_trades(spark: SparkSession, glue, secrets, connection: str, table: dict) -> DataFrame:
    """The rows of the table that the catalog's one describes, with its columns' names in lower case."""
    properties = glue.get_connection(Name=connection, HidePassword=True)["Connection"]["ConnectionProperties"]
    secret = json.loads(secrets.get_secret_value(SecretId=properties["SECRET_ID"])["SecretString"])
    options = {
        "url": properties["JDBC_CONNECTION_URL"],
        "dbtable": table["StorageDescriptor"]["Location"],
        "user": secret["username"],
        "password": secret["password"],
        "driver": "com.mysql.cj.jdbc.Driver",
        "useCursorFetch": "true",
        "fetchsize": FETCH,
    }
    if properties.get("JDBC_ENFORCE_SSL") == "true":
        options["sslMode"] = "REQUIRED"
    try:
        rows = spark.read.format("jdbc").options(**options).load()
    except (PySparkException, Py4JJavaError) as error:
        raise OSError(f"connection {connection}: cannot read {options['dbtable']}: {cause(error)}") from None
    return rows.toDF(*[name.lower() for name in rows.columns])


def read_ratings(spark: SparkSession, table: dict) -> DataFrame:
    """The feed's rows; a ValueError for a line that does not fit, or a symbol that stands twice.

    A second rating of a fund would double its trades.
    """
    columns = [column["Name"] for column in table["StorageDescriptor"]["Columns"]]
    schema = ", ".join(f"`{name}` {RATINGS.get(name, 'string')}" for name in columns)
    rows = spark.read.options(header=True, enforceSchema=False, mode="FAILFAST", escape='"').schema(schema)
    ratings = rows.csv(table["StorageDescriptor"]["Location"]).persist()
    try:
        twice = ratings.groupBy("mor_rating_fund_symbol").count().where("count > 1").first()
    except (PySparkException, Py4JJavaError) as error:
        raise ValueError(f"{table['Name']} at {table['StorageDescriptor']['Location']} cannot be read: {cause(error)}") from None
    if twice:
        raise ValueError(f"{table['Name']} has {twice['count']} ratings of fund {twice['mor_rating_fund_symbol']!r}; want one of each")
    return ratings


def main(argv: list) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    for name in ("connection", "database", "trades", "ratings", "output", "table"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--JOB_NAME", default="")
    parser.add_argument("--JOB_RUN_ID", default=f"local_{uuid.uuid4().hex}")
    args, _ = parser.parse_known_args(argv)  # Glue adds arguments of its own

    glue, secrets = boto3.client("glue"), boto3.client("secretsmanager")
    publication = Publication(args.database, args.table, args.output, args.JOB_NAME, args.JOB_RUN_ID)
    activity = described(glue, args.database, args.trades, TRADES)
    feed = described(glue, args.database, args.ratings, RATINGS)
    spark = SparkSession.builder.appName(args.table).getOrCreate()
    trades = read_trades(spark, glue, secrets, args.connection, activity)
    # Read once: the rows that are counted are those that are written.
    rows = merged(trades, read_ratings(spark, feed)).persist()
    print(publication.show(rows, NOTHING, compression="uncompressed"))


if __name__ == "__main__":
    main(sys.argv[1:])
