"""Keep ministack's state on disk while it runs, not only when it stops.

ministack saves its state at an orderly stop. With --persist, whoever kills the
endpoint must not lose an afternoon's stacks: a moment after a change the state
is saved, by the functions that ministack itself saves and restores with.
Object bodies and the moto half are on disk already when they are answered.
"""

from __future__ import annotations

import asyncio
import logging

from ministack import app as ministack
from ministack.core import persistence

log = logging.getLogger("lakekeel.snapshot")

# Seconds between a change and the save that has it; what a kill can lose.
DELAY = 2.0


def may_change(scope: dict) -> bool:
    """Whether an HTTP request can change anything, by what can be seen before its body is read."""
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return False
    target = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"x-amz-target"), "")
    return not target.rsplit(".", 1)[-1].startswith(("Get", "List", "Describe", "BatchGet"))


class Keeper:
    """Saves the state a moment after it may have changed."""

    def __init__(self):
        self._changed = asyncio.Event()
        self._task: asyncio.Task | None = None

    def touch(self) -> None:
        """Note that something may have changed."""
        self._changed.set()

    def start(self) -> None:
        """Begin to save. Call it on the event loop."""
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """End; ministack makes the last save itself."""
        if self._task:
            self._task.cancel()

    async def _keep(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(DELAY)
            self._changed.clear()
            if not await asyncio.to_thread(save):
                self._changed.set()


def save() -> bool:
    """Save every service's state; False when one could not be read and is to be tried again.

    Requests go on meanwhile. A service whose state changes under the copy
    raises RuntimeError; its file of the last save stays whole.
    """
    whole = True
    for name, state_of in ministack._build_persistence_save_dict().items():
        try:
            state = state_of()
        except RuntimeError as error:
            log.info("%s changed while it was copied (%s); saved again in a moment", name, error)
            whole = False
            continue
        if state is not None:
            persistence.save_state(name, state)
    return whole
