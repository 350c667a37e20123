"""Athena: queries in Athena's SQL over the Glue catalog, answered by DuckDB.

ministack hands the text of a query to DuckDB as it stands, after putting file
readers in the place of table names. Here the query is read as Trino SQL and
translated, tables are views over their files, SHOW and DESCRIBE and
information_schema answer from the catalog, local files are out of reach, and a
failure is told in Athena's terms instead of DuckDB's.
"""

from __future__ import annotations

import asyncio
import json
import time

from ministack.services import athena

from ...wire import answer, fault
from . import catalog, engine, reasons, results, sql


def install(joint) -> None:
    """Take the place of ministack's way of running a query."""
    engine.work_under(joint.settings.state)
    duckdb_alone = athena._run_duckdb

    async def run(query: str, database: str, in_catalog: str | None = None) -> dict:
        if (in_catalog or "").lower().startswith("s3tablescatalog/"):
            return await duckdb_alone(query, database, in_catalog)
        return await _run(query, database)

    athena._run_duckdb = run
    athena._start_query_execution = _with_a_folder(athena._start_query_execution)
    athena._save_query_results = results.save
    joint.wrap("athena", _more)


async def _run(query: str, database: str) -> dict:
    try:
        statement = catalog.statement(query, database)
        if statement:
            return statement
        translated = sql.translate(query, database)
        views = catalog.views(translated.tables)
        return await asyncio.to_thread(engine.run, translated.text, database, views)
    except Exception as error:
        raise RuntimeError(reasons.of(error)) from None


def _with_a_folder(start_query_execution):
    """The result goes into the folder, whether or not its URL ends with a slash."""

    def start(data):
        configuration = dict(data.get("ResultConfiguration") or {})
        location = configuration.get("OutputLocation")
        if location and not location.endswith("/"):
            data = {**data, "ResultConfiguration": {**configuration, "OutputLocation": location + "/"}}
        return start_query_execution(data)

    return start


def _more(handler):
    """UpdatePreparedStatement, which ministack lacks."""

    async def handle(method, path, headers, body, query):
        if headers.get("x-amz-target", "").endswith(".UpdatePreparedStatement"):
            return _update_prepared_statement(json.loads(body))
        return await handler(method, path, headers, body, query)

    return handle


def _update_prepared_statement(data: dict):
    statement = athena._prepared_statements.get(f"{data['WorkGroup']}/{data['StatementName']}")
    if statement is None:
        return fault("ResourceNotFoundException", f"PreparedStatement {data['StatementName']} was not found")
    statement.update(QueryStatement=data["QueryStatement"], Description=data.get("Description", ""), LastModifiedTime=int(time.time()))
    return answer({})
