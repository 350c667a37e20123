"""What a JDBC target holds: tables and columns of a database, as a crawler enters them.

MySQL and MariaDB only. Path and exclusions are as in
https://docs.aws.amazon.com/glue/latest/dg/define-crawler.html#define-crawler-choose-data-sources:
DATABASE/TABLE, where % stands for any part of a name. Nothing here asks the catalog.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import pymysql

SECONDS = 10  # how long a database may take to answer

# Columns by MySQL's own types; what is not listed is a string.
_TYPES = {
    "tinyint": "tinyint",
    "smallint": "smallint",
    "mediumint": "int",
    "int": "int",
    "bigint": "bigint",
    "float": "float",
    "double": "double",
    "bit": "boolean",
    "date": "date",
    "datetime": "timestamp",
    "timestamp": "timestamp",
    "year": "int",
    "binary": "binary",
    "varbinary": "binary",
    "tinyblob": "binary",
    "blob": "binary",
    "mediumblob": "binary",
    "longblob": "binary",
}

_COLUMNS = (
    "SELECT c.table_schema, c.table_name, c.column_name, c.data_type, c.column_type, c.numeric_precision, c.numeric_scale"
    " FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)"
    " WHERE c.table_schema = %s AND t.table_type IN ('BASE TABLE', 'VIEW')"
    " ORDER BY c.table_name, c.ordinal_position"
)


class Unreachable(Exception):
    """The database cannot be crawled; the message says why, and never holds a password."""


@dataclass(frozen=True)
class Source:
    """A database as a Glue connection describes it."""

    connection: str  # the connection's name
    url: str  # its JDBC_CONNECTION_URL
    user: str
    password: str


@dataclass(frozen=True)
class Table:
    """A table of a database."""

    database: str
    name: str
    columns: tuple[tuple[str, str], ...]  # name and type, as the catalog has them

    @property
    def location(self) -> str:
        return f"{self.database}.{self.name}"

    @property
    def catalog_name(self) -> str:
        """The name in the catalog, without the crawler's prefix."""
        return f"{self.database}_{self.name}".lower()


def tables(source: Source, path: str, exclusions: list[str]) -> list[Table]:
    """The tables that a path names, in the order of their names."""
    host, port = _address(source)
    database, _, pattern = path.partition("/")
    if not database or "%" in database or "/" in pattern:
        raise Unreachable(f"JDBC target {path!r}: want DATABASE/TABLE, with % in the table's name for any part; MySQL has no schemas")
    at = {"host": host, "port": port, "user": source.user, "password": source.password, "database": database}
    try:
        with pymysql.connect(**at, connect_timeout=SECONDS, read_timeout=SECONDS) as connection, connection.cursor() as cursor:
            cursor.execute(_COLUMNS, (database,))
            rows = cursor.fetchall()
    except pymysql.MySQLError as error:
        raise Unreachable(f"connection {source.connection} to {source.url}: {error.args[-1]}") from None
    wanted, left_out = _like(pattern or "%"), [_like(exclusion.rpartition("/")[2]) for exclusion in exclusions]
    found: dict[str, list[tuple[str, str]]] = {}
    for _, table, column, *kind in rows:
        if wanted.fullmatch(table) and not any(exclusion.fullmatch(table) for exclusion in left_out):
            found.setdefault(table, []).append((column.lower(), _type(*kind)))
    return [Table(database, name, tuple(columns)) for name, columns in found.items()]


def _address(source: Source) -> tuple[str, int]:
    """Host and port of jdbc:mysql://HOST:PORT/DATABASE."""
    url = source.url.removeprefix("jdbc:")
    parts = urlsplit(url)
    if parts.scheme != "mysql" or url == source.url:
        raise Unreachable(f"connection {source.connection} has {source.url!r}; only jdbc:mysql: is crawled locally")
    try:
        port = parts.port or 3306
    except ValueError:
        port = 0
    if not parts.hostname or not port:
        raise Unreachable(f"connection {source.connection} has {source.url!r}; want jdbc:mysql://HOST:PORT/DATABASE")
    return parts.hostname, port


def _like(pattern: str) -> re.Pattern:
    """A pattern in which % or * stands for any characters."""
    return re.compile("".join(".*" if sign in "%*" else re.escape(sign) for sign in pattern))


def _type(kind: str, full: str, precision: int | None, scale: int | None) -> str:
    if kind == "decimal":
        return f"decimal({precision},{scale})"
    if full.startswith("tinyint(1)"):
        return "boolean"  # as MySQL's driver has it
    if "unsigned" in full:
        return {"smallint": "int", "int": "bigint", "bigint": "decimal(20,0)"}.get(kind, _TYPES.get(kind, "string"))
    return _TYPES.get(kind, "string")
