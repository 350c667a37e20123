"""Crawls of a real MariaDB: what they write to the catalog, and how they fail."""

import json
import shutil
import uuid

import pymysql
import pytest
from lakekeel_endpoint.mariadb import Servers

MISSING = "*** NOT PROVED: crawls of databases need MariaDB's server (apt-get install mariadb-server)"
pytestmark = pytest.mark.skipif(not shutil.which("mariadbd", path="/usr/sbin:/usr/libexec:/usr/local/sbin"), reason=MISSING)

PASSWORD = "not for a log"
SHOP = """
CREATE TABLE orders (
    ID INT PRIMARY KEY, placed DATETIME, total DECIMAL(12,2), note TEXT, paid TINYINT(1), weight DOUBLE, counter INT UNSIGNED
);
CREATE TABLE order_lines (id BIGINT, day DATE, kind ENUM('a', 'b'), seal VARBINARY(16));
CREATE TABLE Parts (id SMALLINT);
CREATE VIEW big AS SELECT id FROM orders WHERE total > 100;
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    servers = Servers(tmp_path_factory.mktemp("mariadb"))
    port = servers.create("shop", "reader", PASSWORD, "SHOP")
    with pymysql.connect(host="127.0.0.1", port=port, user="reader", password=PASSWORD, database="SHOP") as connection:
        for statement in filter(str.strip, SHOP.split(";")):
            connection.cursor().execute(statement)
    yield port
    servers.stop()


@pytest.fixture
def connect(lab, port):
    """Makes a Glue connection to the database, by secret unless other properties are given; its name."""

    def make(**properties):
        tag = uuid.uuid4().hex[:8]
        name, secret = f"shop-{tag}", f"secret-{tag}"
        client = lab.endpoint.client("secretsmanager")
        client.create_secret(Name=secret, SecretString=json.dumps({"username": "reader", "password": PASSWORD}))
        whole = {"JDBC_CONNECTION_URL": f"jdbc:mysql://127.0.0.1:{port}/SHOP", "SECRET_ID": secret, **properties}
        given = {key: value for key, value in whole.items() if value}
        lab.glue.create_connection(ConnectionInput={"Name": name, "ConnectionType": "JDBC", "ConnectionProperties": given})
        return name

    return make


def crawl(lab, connection, path, **definition):
    target = {"ConnectionName": connection, "Path": path, **definition}
    crawler = lab.crawler("c" + uuid.uuid4().hex, Targets={"JdbcTargets": [target]}, TablePrefix="p_")
    return crawler, lab.crawl(crawler)


def test_the_tables_of_a_database(lab, connect, port):
    connection = connect()
    crawler, done = crawl(lab, connection, "SHOP/%")
    assert done["Status"] == "SUCCEEDED", done
    tables = lab.tables()
    assert sorted(tables) == ["p_shop_big", "p_shop_order_lines", "p_shop_orders", "p_shop_parts"]
    assert lab.columns("p_shop_orders") == {
        "id": "int",
        "placed": "timestamp",
        "total": "decimal(12,2)",
        "note": "string",
        "paid": "boolean",
        "weight": "double",
        "counter": "bigint",
    }
    assert lab.columns("p_shop_order_lines") == {"id": "bigint", "day": "date", "kind": "string", "seal": "binary"}
    assert tables["p_shop_parts"]["StorageDescriptor"]["Location"] == "SHOP.Parts"
    assert tables["p_shop_parts"]["Parameters"] == {
        "classification": "mysql",
        "connectionName": connection,
        "typeOfData": "table",
        "compressionType": "none",
        "UPDATED_BY_CRAWLER": crawler,
    }
    assert PASSWORD not in str(lab.crawl_log(crawler))


def test_a_pattern_an_exclusion_and_a_user_in_the_connection(lab, connect):
    connection = connect(SECRET_ID="", USERNAME="reader", PASSWORD=PASSWORD)
    _, done = crawl(lab, connection, "SHOP/order%", Exclusions=["SHOP/%_lines"])
    assert done["Status"] == "SUCCEEDED", done
    assert list(lab.tables()) == ["p_shop_orders"]


def test_a_table_that_has_changed_and_one_that_is_gone(lab, connect, port):
    with pymysql.connect(host="127.0.0.1", port=port, user="reader", password=PASSWORD, database="SHOP") as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE tmp_a (a INT)")
        cursor.execute("CREATE TABLE tmp_b (b INT)")
        crawler, _ = crawl(lab, connect(), "SHOP/tmp_%")
        cursor.execute("ALTER TABLE tmp_a ADD COLUMN c DATE")
        cursor.execute("DROP TABLE tmp_b")
        assert lab.crawl(crawler)["Status"] == "SUCCEEDED"
        cursor.execute("DROP TABLE tmp_a")
    assert lab.columns("p_shop_tmp_a") == {"a": "int", "c": "date"}
    assert "DEPRECATED_BY_CRAWLER" in lab.tables()["p_shop_tmp_b"]["Parameters"]


def test_each_failure_is_one_sentence_without_the_password(lab, connect, port):
    url = "JDBC_CONNECTION_URL"
    cases = [
        (
            connect(**{url: "jdbc:postgresql://127.0.0.1/shop"}),
            "SHOP/%",
            "has 'jdbc:postgresql://127.0.0.1/shop'; only jdbc:mysql: is crawled locally",
        ),
        (connect(**{url: "jdbc:mysql:///shop"}), "SHOP/%", "has 'jdbc:mysql:///shop'; want jdbc:mysql://HOST:PORT/DATABASE"),
        (connect(**{url: "jdbc:mysql://127.0.0.1:1/SHOP"}), "SHOP/%", "Can't connect to MySQL server on '127.0.0.1'"),
        (connect(SECRET_ID="", USERNAME="reader", PASSWORD="wrong"), "SHOP/%", "Access denied for user 'reader'"),
        (connect(), "NOWHERE/%", "Unknown database 'NOWHERE'"),
        (connect(), "SHOP/public/%", "JDBC target 'SHOP/public/%': want DATABASE/TABLE"),
        (connect(SECRET_ID="no-such-secret"), "SHOP/%", "Secrets Manager can't find"),
        ("no-such-connection", "SHOP/%", "Connection no-such-connection not found"),
    ]
    for connection, path, says in cases:
        _, done = crawl(lab, connection, path)
        assert (done["Status"], says in done["ErrorMessage"]) == ("FAILED", True), done
        assert PASSWORD not in done["ErrorMessage"]
