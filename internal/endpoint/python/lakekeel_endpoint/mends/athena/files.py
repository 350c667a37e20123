"""A table's objects as files that DuckDB can read, without copying them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ministack.services import athena, s3


@dataclass(frozen=True)
class Object:
    """One object below a table's location."""

    bucket: str
    key: str
    path: str  # relative to the location, so that Hive's key=value folders are seen


def below(location: str) -> list[Object]:
    """The objects that Athena reads for a location: all of them but hidden ones."""
    parts = urlsplit(location)
    bucket, prefix = parts.netloc, parts.path.lstrip("/")
    if prefix and not prefix.endswith("/"):
        prefix += "/"
    found = s3._buckets.get(bucket)
    if found is None:
        raise FileNotFoundError(f"HIVE_FILESYSTEM_ERROR: bucket {bucket} of {location} does not exist")
    keys = sorted(k for k in list(found["objects"]) if k.startswith(prefix) and not k.endswith("/"))
    objects = (Object(bucket, key, key[len(prefix) :]) for key in keys)
    # Empty objects hold no row, and no header that a reader could look for.
    return [o for o in objects if not athena._hidden(o.path) and found["objects"][o.key].get("size", 1)]


def lay_out(objects: tuple[Object, ...], folder: Path) -> None:
    """Put the objects into a folder, as hard links to where ministack keeps their bodies.

    A link keeps the body that the object has now, however long the query takes
    and whoever overwrites or deletes the object meanwhile.
    """
    for item in objects:
        path = folder / item.path
        path.parent.mkdir(parents=True, exist_ok=True)
        record = s3._buckets[item.bucket]["objects"].get(item.key)
        if record is None:
            raise FileNotFoundError(f"HIVE_CANNOT_OPEN_SPLIT: s3://{item.bucket}/{item.key} was deleted while the query started")
        kept = s3._object_disk_path(item.bucket, item.key)
        try:
            os.link(kept, path)
        except (OSError, TypeError):
            # Not on disk (it could not be written there) or on another file system.
            path.write_bytes(s3._read_body(item.bucket, item.key, record))
