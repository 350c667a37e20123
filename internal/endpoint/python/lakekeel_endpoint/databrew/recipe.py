"""Recipe steps as SQL of DuckDB's, one view a step.

What a step does is said in https://docs.aws.amazon.com/databrew/latest/dg/recipe-actions-reference.html. Where that
says nothing, the function's comment says what is done here.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable


class Refused(Exception):
    """A run that cannot be; the message becomes the run's ErrorMessage."""


class Step:
    """One step over the columns that the step before left."""

    def __init__(self, place: int, operation: str, parameters: dict, columns: list[str]):
        self.place, self.operation, self.parameters, self.columns = place, operation, parameters, columns

    def text(self, name: str) -> str:
        value = self.parameters.get(name)
        if not value:
            raise Refused(f"{self}: the parameter {name} is missing")
        return value

    def column(self, name: str = "sourceColumn") -> str:
        return self.known(self.text(name))

    def known(self, column: str) -> str:
        if column not in self.columns:
            near = difflib.get_close_matches(column, self.columns, 1)
            hint = f"; nearest is {near[0]!r}" if near else ""
            raise Refused(f"{self}: there is no column {column!r}{hint}")
        return column

    def select(self, changed: dict[str, str]) -> str:
        """All columns, some of them by another expression."""
        return "SELECT " + ", ".join(f"{changed.get(c, quoted(c))} AS {quoted(c)}" for c in self.columns) + " FROM {before}"

    def __str__(self) -> str:
        return f"step {self.place} ({self.operation})"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def apply(connection, steps: list[dict], relation: str) -> str:
    """Do the steps to a relation, and return the name of the view that has the result."""
    for place, step in enumerate(steps, 1):
        action = step["Action"]
        operation = action["Operation"]
        if step.get("ConditionExpressions"):
            raise Refused(f"step {place} ({operation}): the local endpoint runs no step with conditions")
        if operation not in OPERATIONS:
            raise Refused(f"step {place}: the local endpoint does not run {operation}; it runs {', '.join(sorted(OPERATIONS))}")
        columns = [row[0] for row in connection.execute(f"DESCRIBE {relation}").fetchall()]
        text = OPERATIONS[operation](Step(place, operation, action.get("Parameters") or {}, columns))
        view = f"step{place}"
        connection.execute(f"CREATE VIEW {view} AS " + text.replace("{before}", relation))
        relation = view
    return relation


# ---- the operations


def _rename(step: Step) -> str:
    old, new = step.column(), step.text("targetColumn")
    if new in step.columns:
        raise Refused(f"{step}: there is a column {new!r} already")
    return "SELECT " + ", ".join(f"{quoted(c)} AS {quoted(new if c == old else c)}" for c in step.columns) + " FROM {before}"


def _delete(step: Step) -> str:
    given = step.text("sourceColumns")
    try:
        gone = {step.known(name) for name in json.loads(given)}
    except ValueError:
        raise Refused(f"{step}: sourceColumns is {given!r}; want a JSON list of names") from None
    kept = [quoted(c) for c in step.columns if c not in gone]
    if not kept:
        raise Refused(f"{step}: no column would be left")
    return f"SELECT {', '.join(kept)} FROM {{before}}"


def _remove_missing(step: Step) -> str:
    return f"SELECT * FROM {{before}} WHERE {quoted(step.column())} IS NOT NULL"


def _delete_duplicate_rows(step: Step) -> str:
    return "SELECT DISTINCT * FROM {before}"


def _split(step: Step) -> str:
    """New columns are named for the old one, with _1, _2 and so on, and the old one stays: the reference says neither."""
    column, separator = step.column(), step.text("pattern")
    times = int(step.parameters.get("limit") or 1)
    if step.parameters.get("includeInSplit") == "true":
        raise Refused(f"{step}: the local endpoint does not run it with includeInSplit")
    parts = f"string_split({quoted(column)}, {literal(separator)})"
    pieces = [f"{parts}[{n}]" for n in range(1, times + 1)]
    rest = f"nullif(array_to_string({parts}[{times + 1}:], {literal(separator)}), '')"
    named = [f"{piece} AS {quoted(f'{column}_{n}')}" for n, piece in enumerate([*pieces, rest], 1)]
    return f"SELECT *, {', '.join(named)} FROM {{before}}"


_INTEGERS = {"byte": "TINYINT", "short": "SMALLINT", "int": "INTEGER", "long": "BIGINT"}
_OTHERS = {
    "float": "FLOAT",
    "double": "DOUBLE",
    "decimal": "DECIMAL(38, 18)",
    "string": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
}


def _change_data_type(step: Step) -> str:
    """What has no such value becomes null. Of a fraction an integer keeps the whole part, as Spark's cast does."""
    column, kind = step.column(), step.text("columnDataType")
    value = quoted(column)
    if kind in _INTEGERS:
        return step.select({column: f"TRY_CAST(trunc(TRY_CAST({value} AS DECIMAL(38, 9))) AS {_INTEGERS[kind]})"})
    if kind == "boolean":
        word = f"lower(CAST({value} AS VARCHAR))"
        return step.select({column: f"CASE WHEN {word} IN ('true', 'yes') THEN true WHEN {word} IN ('false', 'no') THEN false END"})
    if kind not in _OTHERS:
        raise Refused(f"{step}: columnDataType is {kind!r}; want one of {', '.join([*_INTEGERS, *_OTHERS, 'boolean'])}")
    return step.select({column: f"TRY_CAST({value} AS {_OTHERS[kind]})"})


OPERATIONS: dict[str, Callable[[Step], str]] = {
    "RENAME": _rename,
    "DELETE": _delete,
    "REMOVE_MISSING": _remove_missing,
    "DELETE_DUPLICATE_ROWS": _delete_duplicate_rows,
    "SPLIT_COLUMN_SINGLE_DELIMITER": _split,
    "CHANGE_DATA_TYPE": _change_data_type,
}
