"""Persistence for the half that keeps its state in memory only (moto and records.py).

Every request that changed something is written down, one JSON line each, and
played again at the next start. Identifiers must come out the same, so each
mutation runs under the lock with a seed of its own, and the seed is written
down with it.
"""

from __future__ import annotations

import base64
import json
import logging
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

from .wire import Answer, Request

log = logging.getLogger("lakekeel.journal")

# Performs one mutation: request, account, seed, Unix time of the request.
Perform = Callable[[Request, str, int, float], Answer]

# The headers an engine routes and answers by; the rest is not worth keeping.
_KEPT_HEADERS = ("x-amz-target", "content-type", "authorization", "host", "x-amz-date")


class Journal:
    """A file of mutations. Without a path it only keeps them in order, one at a time."""

    def __init__(self, path: Path | None, perform: Perform):
        self._path = path
        self._perform = perform
        self._lock = threading.Lock()

    def run(self, request: Request, account: str) -> Answer:
        """Perform a mutation and, if it succeeded, write it down before it is answered."""
        with self._lock:
            seed, now = random.getrandbits(48), time.time()
            answer = self._perform(request, account, seed, now)
            if self._path and answer[0] < 400:
                self._append(request, account, seed, now)
            return answer

    def _append(self, request: Request, account: str, seed: int, now: float) -> None:
        line = json.dumps(
            {
                "seed": seed,
                "time": now,
                "account": account,
                "method": request.method,
                "path": request.path,
                "query": request.query,
                "headers": {k: v for k, v in request.headers.items() if k in _KEPT_HEADERS},
                "body": base64.b64encode(request.body).decode(),
            }
        )
        # Flushed, not synced: this is to survive the death of the process, not of the machine.
        with self._path.open("a") as file:
            file.write(line + "\n")

    def replay(self) -> int:
        """Play the journal again and return how many mutations it held.

        A process that dies while it writes leaves a torn last line: that
        mutation was never answered, so it is cut off, lest the next line be
        glued to it. A torn line anywhere else is damage, and is said.
        """
        if not self._path or not self._path.exists():
            return 0
        lines = self._path.read_bytes().splitlines(keepends=True)
        played, whole = 0, 0
        with self._lock:
            for number, line in enumerate(lines, 1):
                try:
                    if not line.endswith(b"\n"):
                        raise ValueError("torn")
                    entry = json.loads(line)
                except ValueError:
                    if number < len(lines):
                        log.error("%s line %d cannot be read and is left out", self._path, number)
                        whole += len(line)
                        continue
                    log.warning("%s: torn last line cut off (the endpoint died while it wrote)", self._path)
                    with self._path.open("r+b") as file:
                        file.truncate(whole)
                    break
                whole += len(line)
                self._play(entry, number)
                played += 1
        return played

    def _play(self, entry: dict, number: int) -> None:
        request = Request(entry["method"], entry["path"], entry["headers"], base64.b64decode(entry["body"]), entry["query"])
        status, _, body = self._perform(request, entry["account"], entry["seed"], entry["time"])
        if status >= 400:
            log.error("%s line %d no longer succeeds: %d %s", self._path, number, status, body[:200])
