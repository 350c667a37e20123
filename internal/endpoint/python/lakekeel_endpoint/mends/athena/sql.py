"""From Athena's SQL (Trino's) to DuckDB's, and which tables a query names."""

from __future__ import annotations

from dataclasses import dataclass

# The schema that stands for information_schema in the query's own database.
CATALOG_SCHEMA = "information_schema_of_glue"


class Refused(Exception):
    """A statement that is not run here; the message says which."""


@dataclass(frozen=True)
class Translated:
    """A query for DuckDB and the tables it reads, as (database, table)."""

    text: str
    tables: tuple[tuple[str, str], ...]


def translate(query: str, database: str, stored: bool = False) -> Translated:
    """Read a query as Trino SQL; raises sqlglot's ParseError or Refused.

    A stored query, which a view has, names its own database for every table: the query that reads
    the view may run in another.
    """
    # Imported at the first query: it takes a sixth of a second.
    from sqlglot import exp, parse

    statements = [s for s in parse(query, read="trino") if s is not None]
    if len(statements) != 1:
        raise Refused(f"Only one sql statement is allowed. Got: {query}")
    expression = statements[0]
    if not isinstance(expression, exp.Query | exp.Values):
        # By its words: sqlglot's name of a statement means nothing to whoever wrote it.
        words = " ".join(query.split()[:2]).upper()
        raise Refused(f"NOT_SUPPORTED: the local endpoint answers queries; it does not run {words}")
    tables = tuple(dict.fromkeys(_take_tables(expression, database, stored)))
    _name_columns(expression)
    return Translated(expression.sql("duckdb"), tables)


def _take_tables(expression, database: str, stored: bool):
    """Every table outside the query itself; the data catalog's name is taken off."""
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    for scope in traverse_scope(expression):
        for table in scope.tables:
            if table.name in scope.cte_sources and not table.db or isinstance(table.this, exp.Func):
                continue
            schema = (table.db or database).lower()
            table.set("catalog", None)
            if schema == "information_schema":
                table.set("db", exp.to_identifier(CATALOG_SCHEMA))
            elif stored:
                table.set("db", exp.to_identifier(schema))
            yield schema, table.name.lower()


def _name_columns(expression) -> None:
    """A result column without a name is _colN in Athena, N its place from 0."""
    from sqlglot import exp

    first = expression
    while isinstance(first, exp.SetOperation | exp.Subquery):
        first = first.this
    if not isinstance(first, exp.Select):
        return
    columns = [
        column if column.is_star or isinstance(column, exp.Alias | exp.Column | exp.Dot) else exp.alias_(column, f"_col{place}")
        for place, column in enumerate(first.expressions)
    ]
    first.set("expressions", columns)
