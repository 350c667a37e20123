"""The endpoint's home folder: one endpoint per home, its ready file, its state."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from datetime import datetime, timezone
from pathlib import Path

from .settings import Settings


class HomeInUse(Exception):
    """Another endpoint runs on this home; the message names its pid and URL."""


class Home:
    """A home folder held by this process until it ends.

    The lock is the kernel's (flock): it goes with the process however that
    ends, so no stale file ever keeps an endpoint from starting.
    """

    def __init__(self, path: Path):
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self._lock = (path / "endpoint.lock").open("a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise HomeInUse(self._holder()) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        # Left behind by a process that was killed; nobody may take it for alive.
        self.ready_file.unlink(missing_ok=True)

    @property
    def ready_file(self) -> Path:
        """Names the endpoint that answers; present only while it does."""
        return self.path / "endpoint.json"

    def _holder(self) -> str:
        self._lock.seek(0)
        pid = self._lock.read().strip() or "unknown"
        try:
            at = " at " + json.loads(self.ready_file.read_text())["url"]
        except (OSError, ValueError, KeyError):
            at = ", still starting"
        return f"an endpoint runs on {self.path} already: pid {pid}{at}; stop it first, or give another --home"

    def prepare(self, settings: Settings) -> None:
        """Make the folders; a run without --persist starts with an empty state."""
        if not settings.persist:
            shutil.rmtree(settings.state, ignore_errors=True)
        shutil.rmtree(settings.temporary, ignore_errors=True)
        settings.temporary.mkdir(parents=True)
        (settings.state / "s3").mkdir(parents=True, exist_ok=True)
        settings.runs.mkdir(exist_ok=True)

    def announce(self, settings: Settings) -> None:
        """Write the ready file, whole or not at all."""
        facts = {
            "pid": os.getpid(),
            "port": settings.port,
            "url": settings.url,
            "account": settings.account,
            "region": settings.region,
            "persist": settings.persist,
            "started": datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        draft = self.path / ".endpoint.json"
        draft.write_text(json.dumps(facts, indent=2) + "\n")
        draft.replace(self.ready_file)

    def leave(self, settings: Settings) -> None:
        """Orderly exit: no ready file, and no state unless it was to be kept."""
        self.ready_file.unlink(missing_ok=True)
        shutil.rmtree(settings.temporary, ignore_errors=True)
        if not settings.persist:
            shutil.rmtree(settings.state, ignore_errors=True)
