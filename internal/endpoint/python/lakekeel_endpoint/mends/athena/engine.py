"""One query on DuckDB, in a database and a folder that live as long as the query."""

from __future__ import annotations

import datetime
import shutil
import tempfile
from decimal import Decimal
from pathlib import Path

from ministack.services import athena

from . import files
from .catalog import FOLDER, View
from .sql import CATALOG_SCHEMA

_FOLDER: list[Path] = []


def work_under(state: Path) -> None:
    """Say where queries have their folders: on the file system of the objects, to link them."""
    _FOLDER[:] = [state / "queries"]
    shutil.rmtree(_FOLDER[0], ignore_errors=True)


def run(text: str, database: str, views: list[View]) -> dict:
    """Answer a query; blocks, so it runs on a worker thread."""
    _FOLDER[0].mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=_FOLDER[0]))
    try:
        return _run(text, database, views, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(text: str, database: str, views: list[View], folder: Path) -> dict:
    import duckdb

    connection = duckdb.connect(":memory:")
    try:
        # What a query may touch: its own folder. Not the machine's files, not the network.
        connection.execute(f"SET allowed_directories = [{_quoted(str(folder), chr(39))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET integer_division = true")  # 1 / 2 is 0 in Trino
        # ministack's table readers count on TRY_CAST being lenient in the CSV reader.
        connection.execute("SET disabled_optimizers = 'type_pushdown'")
        for number, view in enumerate(views):
            _create(connection, view, folder / str(number))
        if any(view.schema == database.lower() for view in views):
            connection.execute(f"USE {_quoted(database.lower())}")
        result = connection.execute(text)
        columns = [column[0] for column in result.description or []]
        types = [_athena_type(str(column[1])) for column in result.description or []]
        return {"columns": columns, "column_types": types, "rows": [[_value(v) for v in row] for row in result.fetchall()]}
    finally:
        connection.close()


def _create(connection, view: View, folder: Path) -> None:
    files.lay_out(view.objects, folder)
    schema = CATALOG_SCHEMA if view.schema == "information_schema" else view.schema
    relation = view.relation.replace(FOLDER, str(folder).replace("'", "''"))
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_quoted(schema)}")
    connection.execute(f"CREATE VIEW {_quoted(schema)}.{_quoted(view.name)} AS SELECT * FROM {relation}")


def _quoted(name: str, mark: str = '"') -> str:
    return mark + name.replace(mark, mark * 2) + mark


def _athena_type(duckdb_type: str) -> str:
    """The name that GetQueryResults gives a column's type."""
    name = duckdb_type.upper()
    if name.endswith("]"):
        return "array"
    if name.startswith("STRUCT"):
        return "row"
    if name.startswith("MAP"):
        return "map"
    base = name.split("(")[0].strip()
    return {"HUGEINT": "bigint", "UBIGINT": "bigint"}.get(base) or athena._DUCKDB_TYPE_MAP.get(base, "varchar")


def _value(value):
    """A value as Athena's text for it; numbers and booleans are written by ministack."""
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None).isoformat(" ", "milliseconds") + (" UTC" if value.tzinfo else "")
    if isinstance(value, datetime.date | Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_nested(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_nested(item)}" for key, item in value.items()) + "}"
    if isinstance(value, bytes | bytearray):
        return " ".join(f"{byte:02x}" for byte in value)
    return value


def _nested(value) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(_value(value))
