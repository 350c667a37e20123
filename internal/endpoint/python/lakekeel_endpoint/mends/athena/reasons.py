"""Why a query failed, in one sentence that whoever wrote the query can use.

DuckDB's messages speak of its own catalog, quote the translated query and name
files in folders that are gone. What remains is what went wrong, after the name
that Athena gives such an error.
"""

from __future__ import annotations

import re

from .catalog import NotThere
from .sql import Refused

# DuckDB's message -> Athena's name and sentence. The groups are the pattern's.
_KNOWN = (
    (r'Referenced column "(.+?)" (?:was )?not found', "COLUMN_NOT_FOUND: Column '{0}' cannot be resolved"),
    (r'(?:Values list|Table) "(.+?)" does not have a column named "(.+?)"', "COLUMN_NOT_FOUND: Column '{0}.{1}' cannot be resolved"),
    (r'Referenced table "(.+?)" not found', "TABLE_NOT_FOUND: Table '{0}' is not in the FROM clause"),
    (
        r"(?:Scalar|Aggregate|Table|Macro|Window)[\w ]* Function with name (\S+) does not exist",
        "FUNCTION_NOT_FOUND: Function '{0}' not registered",
    ),
    (r"Conversion Error: (.+)", "INVALID_CAST_ARGUMENT: {0}"),
    (r"Ambiguous reference to column name (.+?)[ \n(]", "AMBIGUOUS_NAME: Column {0} is ambiguous"),
    (r"Parser Error: (.+)", "SYNTAX_ERROR: {0}"),
    (r"column (.+?) must appear in the GROUP BY clause", "EXPRESSION_NOT_AGGREGATE: Column {0} must be an aggregate or appear in GROUP BY"),
    (r"Permission Error|file system operations are disabled", "PERMISSION_DENIED: a query reads tables of the catalog, nothing else"),
    (r"(?:Invalid Input|IO|InvalidInput) Error: .*(?:magic bytes|Parquet)", "HIVE_BAD_DATA: a file of the table is no Parquet file"),
    (r"Division by zero", "DIVISION_BY_ZERO: Division by zero"),
    (r"Out of Memory Error", "EXCEEDED_LOCAL_MEMORY_LIMIT: the query needs more memory than there is"),
)


def of(error: Exception) -> str:
    """The sentence for a query's StateChangeReason."""
    if isinstance(error, NotThere | Refused | FileNotFoundError):
        return str(error)
    parsed = getattr(error, "errors", None)
    if type(error).__name__ == "ParseError" and parsed:
        return _syntax(parsed[0])
    text = re.sub(r"\n\s*LINE \d+:.*", "", str(error), flags=re.S)
    for pattern, sentence in _KNOWN:
        match = re.search(pattern, text)
        if match:
            return sentence.format(*(group.strip() for group in match.groups())) + _candidates(text)
    first = re.sub(r"^[\w ]+ Error: ", "", text.strip().splitlines()[0]) if text.strip() else type(error).__name__
    return "GENERIC_USER_ERROR: " + re.sub(r"\S*/queries/\S+", "a file of the table", first)


def _syntax(fault: dict) -> str:
    """sqlglot's first complaint, with the place and the word it is about."""
    word = (fault.get("highlight") or "").strip()
    # sqlglot counts to the word's last letter, Athena to its first.
    at = f"line {fault['line']}:{max(fault['col'] - len(word) + 1, 1)}"
    return f"SYNTAX_ERROR: {at}: mismatched input '{word}'" if word else f"SYNTAX_ERROR: {at}: {fault['description']}"


def _candidates(text: str) -> str:
    """The nearest name that DuckDB would have known, when it is a column that is missing."""
    match = re.search(r'Candidate bindings: "(.+?)"', text)
    return f"; did you mean '{match[1]}'?" if match else ""
