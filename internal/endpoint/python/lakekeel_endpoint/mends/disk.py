"""S3 on a full disk: an object that cannot be kept is refused.

ministack answers such a write with 200, logs a warning and holds the object in
memory: a reader finds it until the endpoint ends, then it is gone. Whoever
wrote it must hear of it at once instead, and what was there before must stay.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.sax.saxutils import escape

from ..wire import Answer, Handler

# Room that an upload must leave, for its own metadata and the state of the other services; our choice.
RESERVE = 4 << 20


def install(joint) -> None:
    """Look at the disk before an upload reaches S3."""
    joint.wrap("s3", lambda inner: _guarded(inner, joint.settings.state))


def _guarded(inner: Handler, state: Path) -> Handler:
    async def handler(method: str, path: str, headers: dict, body: bytes, query: dict) -> Answer:
        # DeleteObjects posts a list of keys: it must stay possible, it makes room.
        stores = method in ("PUT", "POST") and body and "delete" not in query
        if stores and not _fits(len(body), state):
            return _refusal(path, len(body), state)
        return await inner(method, path, headers, body, query)

    return handler


def _fits(size: int, state: Path) -> bool:
    return shutil.disk_usage(state).free >= size + RESERVE


def _refusal(path: str, size: int, state: Path) -> Answer:
    """A 400: clients repeat what is answered by a 5xx, and the disk would still be full."""
    free = shutil.disk_usage(state).free >> 20
    room = f"{free} MiB free for an upload of {size / (1 << 20):.1f} MiB"
    message = f"the disk of the local endpoint is full: {room}; free some room and run again"
    error = f"<Error><Code>LocalDiskFull</Code><Message>{message}</Message><Resource>{escape(path)}</Resource></Error>"
    return 400, {"Content-Type": "application/xml"}, f'<?xml version="1.0" encoding="UTF-8"?>\n{error}'.encode()
