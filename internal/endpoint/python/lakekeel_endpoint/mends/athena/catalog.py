"""What the Glue catalog knows: SHOW, DESCRIBE, information_schema, and tables as views."""

from __future__ import annotations

import base64
import difflib
import fnmatch
import json
import re
from dataclasses import dataclass

from ministack.services import athena, glue

from . import files, sql


class NotThere(Exception):
    """A table or database that the catalog does not have; the message is Athena's."""


# Stands in a relation for a folder that does not exist yet.
FOLDER = "{folder of this table}"


@dataclass(frozen=True)
class View:
    """A table of the catalog as a view of DuckDB's."""

    schema: str
    name: str
    relation: str  # a DuckDB relation, with FOLDER where the folder of its files is
    objects: tuple[files.Object, ...] = ()


_NAME = r'[`"]?(?P<{}>[\w$-]+)[`"]?'
_TABLE = rf"(?:{_NAME.format('database')}\.)?{_NAME.format('table')}"

# Hive's statements, which Athena takes beside Trino's SQL.
_STATEMENTS = (
    (re.compile(r"show\s+(?:databases|schemas)(?:\s+like)?(?:\s+'(?P<pattern>[^']*)')?$", re.I), "_databases"),
    (
        re.compile(rf"show\s+tables(?:\s+(?:in|from)\s+{_NAME.format('database')})?(?:\s+like)?(?:\s+'(?P<pattern>[^']*)')?$", re.I),
        "_tables",
    ),
    (re.compile(rf"show\s+columns\s+(?:in|from)\s+{_TABLE}(?:\s+(?:in|from)\s+{_NAME.format('outer')})?$", re.I), "_columns"),
    (re.compile(rf"show\s+partitions\s+{_TABLE}$", re.I), "_partitions"),
    (re.compile(rf"(?:describe|desc)(?:\s+(?:extended|formatted))?\s+{_TABLE}$", re.I), "_described"),
)


def statement(query: str, database: str) -> dict | None:
    """The result of a SHOW or DESCRIBE, None for any other statement."""
    text = re.sub(r"--[^\n]*|/\*.*?\*/", " ", query, flags=re.S).strip().rstrip(";").strip()
    for pattern, answer in _STATEMENTS:
        match = pattern.match(text)
        if match:
            return globals()[answer](match.groupdict(), database)
    return None


def _result(columns: list[str], rows: list[list]) -> dict:
    return {"columns": columns, "column_types": ["varchar"] * len(columns), "rows": rows}


def _databases(words: dict, _database: str) -> dict:
    return _result(["database_name"], [[n] for n in sorted(glue._databases.keys()) if _like(n, words)])


def _tables(words: dict, database: str) -> dict:
    database = words.get("database") or database
    _check_database(database)
    return _result(["tab_name"], [[name] for name in _names(database) if _like(name, words)])


def _like(name: str, words: dict) -> bool:
    """Hive's patterns: * for anything, | between alternatives."""
    pattern = words.get("pattern")
    return not pattern or any(fnmatch.fnmatchcase(name, p.replace("%", "*")) for p in pattern.lower().split("|"))


def _columns(words: dict, database: str) -> dict:
    table = _table(words.get("database") or words.get("outer") or database, words["table"])
    return _result(["field"], [[c["Name"]] for c in _all_columns(table)])


def _described(words: dict, database: str) -> dict:
    table = _table(words.get("database") or database, words["table"])
    rows = [[c["Name"], c.get("Type", "string"), c.get("Comment", "")] for c in _all_columns(table)]
    return _result(["col_name", "data_type", "comment"], rows)


def _partitions(words: dict, database: str) -> dict:
    database = words.get("database") or database
    table = _table(database, words["table"])
    keys = [key["Name"] for key in table.get("PartitionKeys") or []]
    if not keys:
        raise NotThere(f"FAILED: SemanticException table {database}.{words['table']} is not a partitioned table")
    found = glue._partitions.get(f"{database}/{words['table'].lower()}") or []
    return _result(["partition"], [["/".join(f"{k}={v}" for k, v in zip(keys, p.get("Values", [])))] for p in found])


def _names(database: str) -> list[str]:
    return sorted(key.split("/", 1)[1] for key in glue._tables if key.startswith(f"{database.lower()}/"))


def _all_columns(table: dict) -> list[dict]:
    return [*(table.get("StorageDescriptor") or {}).get("Columns", []), *(table.get("PartitionKeys") or [])]


def _check_database(database: str) -> None:
    if database.lower() not in glue._databases:
        near = difflib.get_close_matches(database.lower(), list(glue._databases.keys()), 1)
        raise NotThere(f"SCHEMA_NOT_FOUND: Schema '{database}' does not exist" + (f"; did you mean '{near[0]}'?" if near else ""))


def _table(database: str, name: str) -> dict:
    _check_database(database)
    table = glue._tables.get(f"{database.lower()}/{name.lower()}")
    if table is None:
        near = difflib.get_close_matches(name.lower(), _names(database), 1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise NotThere(f"TABLE_NOT_FOUND: Table 'awsdatacatalog.{database}.{name}' does not exist{hint}")
    return table


# ---- tables as views


def views(tables: tuple, inside: tuple = ()) -> list[View]:
    """Tables of the catalog, ready to be read, each after those that it is made of; NotThere if one is not in it."""
    found: dict[View, None] = {}
    for schema, name in tables:
        if (schema, name) in inside:
            raise NotThere(f"INVALID_VIEW: View '{schema}.{name}' is made of itself")
        stored = _stored(schema, name)
        if stored is None:
            found[_view(schema, name)] = None
            continue
        found.update(dict.fromkeys(views(stored.tables, (*inside, (schema, name)))))
        found[View(schema, name, f"({stored.text})")] = None
    return list(found)


_PRESTO_VIEW = re.compile(r"/\* Presto View: (\S+) \*/")


def _stored(schema: str, name: str) -> sql.Translated | None:
    """The query of a view, as Athena's CREATE VIEW writes it into the catalog; None for a table of files."""
    if schema == "information_schema":
        return None
    table = _table(schema, name)
    if table.get("TableType") != "VIRTUAL_VIEW":
        return None
    try:
        definition = json.loads(base64.b64decode(_PRESTO_VIEW.fullmatch(table["ViewOriginalText"])[1]))
        return sql.translate(definition["originalSql"], definition["schema"], stored=True)
    except (KeyError, TypeError, ValueError) as error:
        raise NotThere(f"INVALID_VIEW: View '{schema}.{name}' cannot be read: {error}") from None


def _view(schema: str, name: str) -> View:
    """A table of files, or of information_schema."""
    if schema == "information_schema":
        return View(schema, name, _information(name))
    table = _table(schema, name)
    location = (table.get("StorageDescriptor") or {}).get("Location")
    if not location:
        raise NotThere(f"HIVE_INVALID_METADATA: Table '{schema}.{name}' has no location")
    objects = tuple(files.below(location))
    if not objects:
        return View(schema, name, f"(SELECT * FROM {athena._empty_relation(table)})")
    # ministack's reader of a table, with a mark where the folder of its files will be.
    relation = athena._table_relation(table, [f"{FOLDER}/{o.path}" for o in objects])
    return View(schema, name, relation, objects)


def _information(name: str) -> str:
    """A table of information_schema, as a list of values."""
    makers = {"tables": _tables_of_all, "columns": _columns_of_all, "schemata": _schemata}
    if name not in makers:
        raise NotThere(f"TABLE_NOT_FOUND: Table 'awsdatacatalog.information_schema.{name}' does not exist; there are {', '.join(makers)}")
    columns, rows = makers[name]()
    names = ", ".join(columns)
    if not rows:
        return f"(SELECT {', '.join(f'NULL AS {c}' for c in columns)} WHERE FALSE)"
    return f"(SELECT * FROM (VALUES {', '.join(map(_row, rows))}) AS t({names}))"


def _row(values: list) -> str:
    return "(" + ", ".join(_literal(value) for value in values) + ")"


def _literal(value) -> str:
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def _schemata() -> tuple[list[str], list]:
    return ["catalog_name", "schema_name"], [["awsdatacatalog", name] for name in sorted(glue._databases.keys())]


def _tables_of_all() -> tuple[list[str], list]:
    rows = [["awsdatacatalog", *key.split("/", 1), _kind(table)] for key, table in sorted(glue._tables.items())]
    return ["table_catalog", "table_schema", "table_name", "table_type"], rows


def _kind(table: dict) -> str:
    return "VIEW" if table.get("TableType") == "VIRTUAL_VIEW" else "BASE TABLE"


def _columns_of_all() -> tuple[list[str], list]:
    columns = ["table_catalog", "table_schema", "table_name", "column_name", "ordinal_position", "is_nullable", "data_type"]
    rows = []
    for key, table in sorted(glue._tables.items()):
        for place, column in enumerate(_all_columns(table), 1):
            rows.append(["awsdatacatalog", *key.split("/", 1), column["Name"], place, "YES", _trino(column.get("Type", "string"))])
    return columns, rows


def _trino(hive: str) -> str:
    """The name of a type in Trino, where Hive's differs."""
    return {"string": "varchar", "int": "integer", "float": "real", "binary": "varbinary", "timestamp": "timestamp(3)"}.get(hive, hive)
