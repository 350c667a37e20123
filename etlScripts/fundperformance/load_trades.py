"""Fill the table of trades with invented ones, so that there is something to look at.

Reads   --connection  Glue connection to the database; its secret holds username and password.
Writes  table mft_activity, made if it is not there: --rows trades of funds.py, which Glue puts
        beside this script by --extra-py-files. Rows that are there already stay as they are, so
        it may be run again, and after a run that was cut short. It never deletes a row.
"""

import argparse
import json
import sys
from urllib.parse import urlsplit

import boto3
import funds
import pymysql

TABLE = "mft_activity"
BATCH = 1000  # rows of one INSERT
MAKE = f"""CREATE TABLE IF NOT EXISTS {TABLE} (
  trade_id BIGINT NOT NULL PRIMARY KEY,
  trade_date DATE NOT NULL,
  customer_name VARCHAR(100) NOT NULL,
  fund_name VARCHAR(100) NOT NULL,
  symbol VARCHAR(10) NOT NULL,
  buy_sell VARCHAR(4) NOT NULL,
  trade_amount DECIMAL(15,2) NOT NULL
) CHARACTER SET utf8mb4"""


def database(name: str) -> dict:
    """What pymysql.connect takes, from the Glue connection and its secret."""
    properties = boto3.client("glue").get_connection(Name=name, HidePassword=True)["Connection"]["ConnectionProperties"]
    secret = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=properties["SECRET_ID"])["SecretString"])
    url = urlsplit(properties["JDBC_CONNECTION_URL"].removeprefix("jdbc:"))
    at = {"host": url.hostname, "port": url.port or 3306, "database": url.path.strip("/")}
    # RDS's certificates are signed by its own authority, which is in no system's bundle: encrypted, as sslMode=REQUIRED is in the join.
    tls = {"ssl": {"verify_mode": "none"}} if properties.get("JDBC_ENFORCE_SSL") == "true" else {}
    return {**at, **tls, "user": secret["username"], "password": secret["password"]}


def load(connection, count: int) -> int:
    """Insert the trades that are missing, and return how many rows the table has then."""
    columns = ", ".join(funds.TRADES)
    insert = f"INSERT IGNORE INTO {TABLE} ({columns}) VALUES ({', '.join(['%s'] * len(funds.TRADES))})"
    with connection.cursor() as cursor:
        cursor.execute(MAKE)
        batch = []
        for trade in funds.trades(count):
            batch.append(trade)
            if len(batch) == BATCH:
                cursor.executemany(insert, batch)
                batch.clear()
        if batch:
            cursor.executemany(insert, batch)
        connection.commit()
        cursor.execute(f"SELECT COUNT(*) FROM {TABLE}")
        return cursor.fetchone()[0]


def main(argv: list) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--connection", required=True)
    parser.add_argument("--rows", type=int, default=2000)
    args, _ = parser.parse_known_args(argv)  # Glue adds arguments of its own
    if args.rows < 0:
        raise ValueError(f"--rows is {args.rows}; want 0 or more")
    with pymysql.connect(**database(args.connection)) as connection:
        print(f"{TABLE} has {load(connection, args.rows)} rows")


if __name__ == "__main__":
    main(sys.argv[1:])
