"""What a run printed, handed to CloudWatch Logs at the endpoint while it runs and when it ends."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from .errors import GlueError
from .services import Services

log = logging.getLogger("lakekeel.glue")

# Limits of PutLogEvents: 1,048,576 bytes a call with 26 added for each event, and 10,000 events.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
_CALL_BYTES, _EVENT_BYTES, _CALL_EVENTS = 1_000_000, 26, 10_000
# A longer line is cut: an event may hold 256 KiB.
_LINE_BYTES = 200_000
# What one stream keeps here; the file in the run's folder has everything.
STREAM_BYTES = 10_000_000


async def write(services: Services, group: str, stream: str, lines: list[str]) -> None:
    """Put lines to a stream, making group and stream where they are missing."""
    names = {"logGroupName": group, "logStreamName": stream}
    for action, needed in (("CreateLogGroup", {"logGroupName": group}), ("CreateLogStream", names)):
        try:
            await services.logs(action, **needed)
        except GlueError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise
    now = int(time.time() * 1000)
    for events in _calls([{"timestamp": now, "message": line[:_LINE_BYTES]} for line in lines]):
        await services.logs("PutLogEvents", **names, logEvents=events)


def _calls(events: list[dict]):
    """Split events into what one call takes."""
    call, size = [], 0
    for event in events:
        weight = len(event["message"].encode()) + _EVENT_BYTES
        if call and (size + weight > _CALL_BYTES or len(call) == _CALL_EVENTS):
            yield call
            call, size = [], 0
        call.append(event)
        size += weight
    if call:
        yield call


class Tail:
    """Follows a file into a log stream."""

    def __init__(self, services: Services, file: Path, group: str, stream: str):
        self._services, self._file, self._group, self._stream = services, file, group, stream
        self._at = 0  # bytes handed over

    async def advance(self, last: bool = False) -> None:
        """Hand over the whole lines that are new; what follows the last line end only if this is the last call."""
        if self._at >= STREAM_BYTES:
            return
        try:
            with self._file.open("rb") as file:
                file.seek(self._at)
                new = file.read(STREAM_BYTES - self._at)
        except OSError:
            return
        if not last:
            new = new[: new.rfind(b"\n") + 1]
        if not new:
            return
        self._at += len(new)
        lines = [line for line in new.decode("utf-8", "replace").splitlines() if line]
        if self._at >= STREAM_BYTES:
            lines.append(f"… the rest is in {self._file}")
        try:
            await write(self._services, self._group, self._stream, lines)
        except GlueError as error:
            log.error("%s: CloudWatch Logs refuses: %s", self._group, error.message)
