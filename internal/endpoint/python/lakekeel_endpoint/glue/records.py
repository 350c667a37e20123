"""What the engine did, kept: runs, crawls, former table versions.

One journal, one JSON line a change; the last line of a key holds its value. A
line is written whole by one call, so a process killed at any moment leaves at
worst a torn last line, which the next start leaves out.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

log = logging.getLogger("lakekeel.glue")

KEPT = 1000  # records of one kind and scope that a start keeps, the newest; our choice, Glue keeps 90 days


class Records:
    """Dictionaries by kind, scope (account and region) and key, in the order in which they were made.

    The dictionaries are live: change one, then save() it. Without a journal
    they are in memory only.
    """

    def __init__(self, journal: Path | None = None):
        self._all: dict[tuple[str, str], dict[str, dict]] = {}
        self._journal = journal
        self._file = None
        if journal:
            self._load()
            self._compact()
            self._file = journal.open("a", encoding="utf-8")  # noqa: SIM115 - open as long as the process

    def get(self, kind: str, scope: str, key: str) -> dict | None:
        return self._all.get((kind, scope), {}).get(key)

    def of(self, kind: str, scope: str) -> list[dict]:
        return list(self._all.get((kind, scope), {}).values())

    def everything(self, kind: str):
        """(scope, key, record) of every scope."""
        return [(scope, key, record) for (k, scope), records in self._all.items() if k == kind for key, record in records.items()]

    def save(self, kind: str, scope: str, key: str, record: dict) -> None:
        self._all.setdefault((kind, scope), {})[key] = record
        self._append([kind, scope, key, record])

    def drop(self, kind: str, scope: str, key: str) -> None:
        if self._all.get((kind, scope), {}).pop(key, None) is not None:
            self._append([kind, scope, key, None])

    def _append(self, entry: list) -> None:
        if self._file is None:
            return
        try:
            self._file.write(json.dumps(entry, default=str) + "\n")
            self._file.flush()
        except OSError as error:  # a full disk must not stop the run that is being recorded
            log.error("%s: cannot record: %s", self._journal, error.strerror)

    def _load(self) -> None:
        try:
            lines = self._journal.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                kind, scope, key, record = json.loads(line)
            except ValueError:
                continue
            if record is None:
                self._all.get((kind, scope), {}).pop(key, None)
            else:
                self._all.setdefault((kind, scope), {})[key] = record

    def _compact(self) -> None:
        """Write the journal anew, one line a record; the old one stays until the new one is whole."""
        draft = self._journal.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as out:
            for (kind, scope), records in self._all.items():
                for key in list(records)[:-KEPT]:
                    del records[key]
                for key, record in records.items():
                    out.write(json.dumps([kind, scope, key, record], default=str) + "\n")
        draft.replace(self._journal)
