"""Faults that the Glue API answers with, in AWS's codes."""

from __future__ import annotations


class GlueError(Exception):
    """An error of the Glue API: its code and one sentence that says what was wrong."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str) -> GlueError:
    return GlueError("InvalidInputException", message)


def not_found(kind: str, name: str) -> GlueError:
    return GlueError("EntityNotFoundException", f"{kind} {name} is not found")


def too_many_runs(kind: str, name: str, limit: int) -> GlueError:
    return GlueError(
        "ConcurrentRunsExceededException",
        f"Concurrent runs exceeded for {kind} {name}: {limit} allowed at once (MaxConcurrentRuns)",
    )
