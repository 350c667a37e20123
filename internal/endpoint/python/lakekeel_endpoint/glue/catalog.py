"""What the catalog beneath lacks: former versions of tables, and partitions by expression."""

from __future__ import annotations

import asyncio
import re

from .errors import GlueError, invalid, not_found
from .records import Records
from .services import Services

_VERSION = "table-version"  # key: database/table/version


class Catalog:
    """UpdateTable that keeps what it replaces; GetPartitions that filters."""

    def __init__(self, services: Services, records: Records, scope):
        self._services = services
        self._records = records
        self._scope = scope
        self._locks: dict[tuple[str, str, str], asyncio.Lock] = {}

    async def update_table(self, request: dict) -> dict:
        """One update of a table at a time, so that of two with the same VersionId exactly one is taken."""
        database, name = request.get("DatabaseName", ""), (request.get("TableInput") or {}).get("Name", "")
        async with self._locks.setdefault((self._scope(), database, name), asyncio.Lock()):
            before = await self._table(database, name)
            answer = await self._services.glue("UpdateTable", **request)
            if not request.get("SkipArchive"):
                self._records.save(_VERSION, self._scope(), f"{database}/{name}/{before['VersionId']}", before)
        return answer

    async def versions(self, request: dict) -> dict:
        """GetTableVersions: the newest, which is the table itself, first."""
        every = await self._versions(request["DatabaseName"], request["TableName"])
        return {"TableVersions": [{"Table": table, "VersionId": str(table["VersionId"])} for table in every]}

    async def version(self, request: dict) -> dict:
        every = await self._versions(request["DatabaseName"], request["TableName"])
        wanted = str(request.get("VersionId") or every[0]["VersionId"])
        for table in every:
            if str(table["VersionId"]) == wanted:
                return {"TableVersion": {"Table": table, "VersionId": wanted}}
        raise not_found(f"version {wanted} of table", request["TableName"])

    async def delete_version(self, request: dict) -> dict:
        table = (await self.version(request))["TableVersion"]
        current = await self._table(request["DatabaseName"], request["TableName"])
        if str(current["VersionId"]) == table["VersionId"]:
            raise invalid(f"version {table['VersionId']} of table {request['TableName']} is the current one; it goes with the table")
        self._records.drop(_VERSION, self._scope(), f"{request['DatabaseName']}/{request['TableName']}/{table['VersionId']}")
        return {}

    async def delete_versions(self, request: dict) -> dict:
        errors = []
        for version in request.get("VersionIds") or []:
            try:
                await self.delete_version({**request, "VersionId": version})
            except GlueError as error:
                detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
                errors.append({"TableName": request["TableName"], "VersionId": version, "ErrorDetail": detail})
        return {"Errors": errors}

    def forget(self, database: str, name: str) -> None:
        """The table is deleted, its former versions with it."""
        for table in self._former(database, name):
            self._records.drop(_VERSION, self._scope(), f"{database}/{name}/{table['VersionId']}")

    async def partitions(self, request: dict) -> dict:
        """GetPartitions, of a table that must exist; Expression is a WHERE clause over the partition keys."""
        table = await self._table(request["DatabaseName"], request["TableName"])
        expression = (request.get("Expression") or "").strip()
        plain = {name: value for name, value in request.items() if name != "Expression"}
        answer = await self._services.glue("GetPartitions", **plain)
        if not expression or not answer["Partitions"]:
            return answer
        rows = [partition["Values"] for partition in answer["Partitions"]]
        chosen = await asyncio.to_thread(matching, expression, table.get("PartitionKeys") or [], rows)
        return {**answer, "Partitions": [answer["Partitions"][i] for i in chosen]}

    async def _table(self, database: str, name: str) -> dict:
        return (await self._services.glue("GetTable", DatabaseName=database, Name=name))["Table"]

    async def _versions(self, database: str, name: str) -> list[dict]:
        return [await self._table(database, name), *reversed(self._former(database, name))]

    def _former(self, database: str, name: str) -> list[dict]:
        every = self._records.of(_VERSION, self._scope())
        return [table for table in every if (table["DatabaseName"], table["Name"]) == (database, name)]


_TYPES = {
    "string": "VARCHAR", "tinyint": "TINYINT", "smallint": "SMALLINT", "int": "INTEGER", "integer": "INTEGER",
    "bigint": "BIGINT", "long": "BIGINT", "date": "DATE", "timestamp": "TIMESTAMP", "double": "DOUBLE", "float": "FLOAT",
}  # fmt: skip


def matching(expression: str, keys: list[dict], rows: list[list[str]]) -> list[int]:
    """The indexes of the rows of partition values that the expression is true of, in order.

    The expression is Glue's subset of SQL (comparisons, AND, OR, NOT, IN,
    BETWEEN, LIKE, IS NULL), which DuckDB evaluates with the keys' types; an
    InvalidInputException tells what it does not understand.
    """
    import duckdb

    names = [key["Name"].replace('"', '""') for key in keys]
    columns = ", ".join(f'TRY_CAST("{name}" AS {_duck_type(key["Type"])}) AS "{name}"' for name, key in zip(names, keys))
    declared = ", ".join(f'"{name}" VARCHAR' for name in names)
    marks = ", ".join("?" for _ in range(len(keys) + 1))
    with duckdb.connect(config={"threads": 1, "enable_external_access": False}) as connection:
        connection.execute(f"CREATE TABLE given (lakekeel_row INTEGER, {declared})")
        connection.executemany(f"INSERT INTO given VALUES ({marks})", [[i, *values] for i, values in enumerate(rows)])
        # The line end closes a comment; a second statement would be another language than Glue's.
        query = f"SELECT lakekeel_row FROM (SELECT lakekeel_row, {columns} FROM given) WHERE ({_single_quoted(expression)}\n) ORDER BY 1"
        try:
            if len(connection.extract_statements(query)) != 1:
                raise invalid(f"Expression {expression!r} is not understood: it has several statements")
            return [row[0] for row in connection.execute(query).fetchall()]
        except duckdb.Error as error:
            raise invalid(f"Expression {expression!r} is not understood: {str(error).splitlines()[0]}") from None


def _duck_type(kind: str) -> str:
    return "DECIMAL" + kind[7:] if kind.startswith("decimal") else _TYPES.get(kind.split("(")[0], "VARCHAR")


def _single_quoted(expression: str) -> str:
    """Glue takes "2020" for a text as well as '2020'; SQL would take it for a name."""
    return re.sub(r'"((?:[^"\\]|\\.)*)"', lambda text: "'" + text[1].replace("'", "''") + "'", expression)
