"""Refusals of QuickSight's API, in AWS's codes."""

from __future__ import annotations


class QuickSightError(Exception):
    """An error of the API: its code, one sentence, and the HTTP status that AWS gives it."""

    def __init__(self, code: str, message: str, status: int):
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> QuickSightError:
    return QuickSightError("InvalidParameterValueException", message, 400)


def not_found(what: str) -> QuickSightError:
    return QuickSightError("ResourceNotFoundException", f"{what} is not found", 404)


def exists(what: str) -> QuickSightError:
    return QuickSightError("ResourceExistsException", f"{what} already exists", 409)


def conflict(message: str) -> QuickSightError:
    return QuickSightError("ConflictException", message, 409)


def denied(message: str) -> QuickSightError:
    return QuickSightError("AccessDeniedException", message, 401)
