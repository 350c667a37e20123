"""Requests and answers as they pass between the port and the engines."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

# Status, headers, body.
Answer = tuple[int, dict, bytes]

# What ministack calls for a service: (method, path, headers, body, query) -> Answer.
Handler = Callable[[str, str, dict, bytes, dict], Awaitable[Answer]]

_READS = ("Get", "List", "Describe", "Search", "BatchGet", "Head", "Test", "Validate")


@dataclass(frozen=True)
class Request:
    """One API request, as far as an engine needs it."""

    method: str
    path: str
    headers: dict  # names in lower case
    body: bytes
    query: dict  # name -> list of values

    @property
    def action(self) -> str:
        """The operation's name in the JSON and Query protocols, "" in the REST ones."""
        target = self.headers.get("x-amz-target", "")
        if target:
            return target.rsplit(".", 1)[-1]
        if "Action" in self.query:
            return self.query["Action"][0]
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return parse_qs(self.body.decode("utf-8", "replace")).get("Action", [""])[0]
        return ""

    @property
    def reads_only(self) -> bool:
        """Whether the request changes nothing, judged by its name as AWS names operations."""
        if self.action:
            return self.action.startswith(_READS)
        # Lake Formation posts to /GetDataLakeSettings and the like.
        return self.method in ("GET", "HEAD") or self.path.rsplit("/", 1)[-1].startswith(_READS)


def answer(payload: dict, status: int = 200, content_type: str = "application/x-amz-json-1.1") -> Answer:
    """A JSON answer; values that JSON does not know are written as their text."""
    return status, {"Content-Type": content_type}, json.dumps(payload, default=str).encode()


def fault(code: str, message: str, status: int = 400) -> Answer:
    """An error in the shape that botocore reads in every JSON protocol."""
    body = {"__type": code, "message": message, "Message": message}
    return status, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": code}, json.dumps(body).encode()
