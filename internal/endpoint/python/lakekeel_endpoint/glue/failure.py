"""Why a job failed, in one line: the script's own last error, or Spark's innermost cause."""

from __future__ import annotations

import re

LIMIT = 1000  # characters of an error message that are kept; our choice

_TRACEBACK = "Traceback (most recent call last):"
_EXCEPTION = re.compile(r"^([A-Za-z_][\w.]*)(?:: (.*))?$")
_SYNTAX = re.compile(r"^(SyntaxError|IndentationError|TabError): ")
_JAVA_CAUSE = re.compile(r"^Caused by: ([\w.$]+)(?:: (.*))?$")
_JAVA_FIRST = re.compile(r"^: ([\w.$]+)(?:: (.*))?$")

# Java exceptions that only say that another one happened.
_WRAPPERS = ("SparkException", "RuntimeException", "ExecutionException", "UncheckedExecutionException", "InvocationTargetException")

# Spark's error classes, and those of them that only say that another error happened.
_SPARK_CLASS = re.compile(r"^\[[A-Z][A-Z0-9_.]+\]")
_SPARK_WRAPPERS = re.compile(r"^\[(TASK_WRITE_FAILED|INTERNAL_ERROR)")

_HINTS = (
    (
        re.compile(r"No module named 'awsglue"),
        "the awsglue package exists on AWS only: a script that runs in both places reads its arguments with argparse",
    ),
    (re.compile(r"JAVA_GATEWAY_EXITED|Java gateway process exited"), "Spark's JVM did not start; lakekeel doctor checks Java"),
    (re.compile(r"No space left on device|Disk quota exceeded"), "the disk is full; free some room and run again"),
    (
        re.compile(r"TABLE_OR_VIEW_NOT_FOUND|SCHEMA_NOT_FOUND"),
        "Spark's own catalog is empty here: read the table's location from the Glue API",
    ),
    (re.compile(r"OutOfMemoryError|MemoryError"), "the job ran out of memory: Spark has 1 GiB here"),
)

# stderr of Spark's launcher, before any error of the script.
_NOISE = re.compile(r"^(\s*$|Setting default log level|To adjust logging level|WARNING: |Picked up JAVA_TOOL_OPTIONS)")


def explain(stderr: str, code: int) -> str:
    """The message of a job that ended with this status (128 + n: signal n) and this end of stderr."""
    message = _from_traceback(stderr) or _from_status(stderr, code)
    message = re.sub(r"\s+", " ", message).strip()
    for pattern, hint in _HINTS:
        if pattern.search(message):
            message = f"{message} ({hint})"
            break
    return message if len(message) <= LIMIT else message[: LIMIT - 1] + "…"


def _from_traceback(stderr: str) -> str:
    """The exception that ended the script, "" if no traceback is there."""
    start = stderr.rfind(_TRACEBACK)
    if start < 0:
        return ""
    lines = stderr[start:].splitlines()[1:]
    for at, line in enumerate(lines):
        found = _EXCEPTION.match(line)
        if found and not line.startswith(" "):
            return _named(found[1], found[2] or "", lines[at + 1 :])
    return ""


def _named(kind: str, text: str, more: list[str]) -> str:
    name = kind.rsplit(".", 1)[-1]
    if name in ("Py4JJavaError", "SparkException") or any(_JAVA_CAUSE.match(line) for line in more):
        cause = _java_cause(more)
        if cause:
            return cause
    if not text:  # "AssertionError", or a message that begins on the next line
        text = next((line.strip() for line in more if line.strip()), "")
    return f"{name}: {text}" if text else name


def _java_cause(lines: list[str]) -> str:
    """The innermost cause that says something, of a Java stack trace.

    Before it stands what Spark itself says last, under one of its error
    classes: the file or the row, where the innermost cause may only say which
    text was no number.
    """
    causes = [found.groups() for found in (_JAVA_FIRST.match(line) or _JAVA_CAUSE.match(line) for line in lines) if found]
    said = [(name.rsplit(".", 1)[-1], text.strip()) for name, text in causes if text]
    inner = next((cause for cause in reversed(said) if cause[0] not in _WRAPPERS), said[-1] if said else None)
    spark = next((cause for cause in reversed(said) if _SPARK_CLASS.match(cause[1]) and not _SPARK_WRAPPERS.match(cause[1])), None)
    if spark and inner and spark != inner:
        return f"{': '.join(spark)} Caused by {': '.join(inner)}"
    return ": ".join(spark or inner or ())


def _from_status(stderr: str, code: int) -> str:
    if code == 128 + 9:
        return "the job's process was killed (signal 9): the machine may have run out of memory"
    if code > 128:
        return f"the job's process was ended by signal {code - 128}"
    said = [line.strip() for line in stderr.splitlines() if not _NOISE.match(line)]
    if said and _SYNTAX.match(said[-1]):  # Python tells of these without a traceback
        return said[-1]
    return f"the script ended with exit status {code}" + (f": {said[-1]}" if said else "")
