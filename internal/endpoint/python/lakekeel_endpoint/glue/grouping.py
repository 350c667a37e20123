"""Which tables a folder of classified files makes: roots, partitions, names.

Rules: https://docs.aws.amazon.com/glue/latest/dg/crawler-s3-folder-table-partition.html
and https://docs.aws.amazon.com/glue/latest/dg/crawler-grouping-policy.html. Pure:
files and schemas in, tables out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from .classify import Schema
from .services import Object

# Share of columns that two schemas must have in common to count as one table.
# https://repost.aws/knowledge-center/glue-crawler-detect-schema
SIMILAR = 0.7


@dataclass(frozen=True)
class File:
    """An object and what it turned out to be."""

    object: Object
    schema: Schema
    folders: tuple[str, ...]  # from the include path down to the object


@dataclass(frozen=True)
class Partition:
    """One combination of partition values."""

    values: tuple[str, ...]
    location: str
    files: tuple[File, ...]


@dataclass(frozen=True)
class Table:
    """A table as the files make it, before the catalog is asked."""

    name: str  # from its folder; without the crawler's prefix
    location: str  # s3:// URL, with a closing slash if it is a folder
    files: tuple[File, ...]
    keys: tuple[str, ...] = ()  # partition keys, all strings
    partitions: tuple[Partition, ...] = ()

    @property
    def schema(self) -> Schema:
        return merged([file.schema for file in self.files])


@dataclass
class _Folder:
    location: str
    files: list[File] = field(default_factory=list)
    folders: dict[str, _Folder] = field(default_factory=dict)

    def all_files(self) -> list[File]:
        return [*self.files, *(file for folder in self.folders.values() for file in folder.all_files())]


def tables(location: str, files: list[File], combine: bool = False, level: int | None = None) -> list[Table]:
    """The tables below an include path.

    combine ignores how similar schemas are, as CombineCompatibleSchemas does;
    level is TableLevelConfiguration: the depth of table folders, the bucket being 1.
    """
    if not location.endswith("/"):  # the include path is one object
        return [Table(table_name(file.object.key), file.object.url, (file,)) for file in files]
    root = _Folder(location)
    for file in files:
        _place(root, file)
    one_table = compatible if combine else similar
    if level is None:
        return _resolve(root, one_table)
    depth = level - len(location.removeprefix("s3://").strip("/").split("/"))
    return [table for folder in _at_depth(root, max(0, depth)) for table in _resolve(folder, one_table)]


def _place(root: _Folder, file: File) -> None:
    folder = root
    for name in file.folders:
        folder = folder.folders.setdefault(name, _Folder(f"{folder.location}{name}/"))
    folder.files.append(file)


def _at_depth(folder: _Folder, depth: int) -> list[_Folder]:
    if depth == 0:
        return [folder]
    return [found for below in folder.folders.values() for found in _at_depth(below, depth - 1)]


def _resolve(folder: _Folder, one_table: Callable[[list[Schema]], bool]) -> list[Table]:
    """One table if everything below is alike and equally deep; else each part for itself."""
    files = folder.all_files()
    if not files:
        return []
    deep = {len(file.folders) for file in files}
    if len(deep) == 1 and one_table([file.schema for file in files]):
        return [_table(folder, files)]
    found = [table for below in folder.folders.values() for table in _resolve(below, one_table)]
    if not folder.files:
        return found
    if one_table([file.schema for file in folder.files]):
        return [*found, _table(folder, folder.files)]
    return [*found, *(Table(table_name(file.object.key), file.object.url, (file,)) for file in folder.files)]


def _table(folder: _Folder, files: list[File]) -> Table:
    levels = list(zip(*(_below(folder, file) for file in files)))
    keys = tuple(_key(set(names), i) for i, names in enumerate(levels))
    return Table(table_name(folder.location), folder.location, tuple(files), keys, _partitions(folder, files) if keys else ())


def _below(folder: _Folder, file: File) -> tuple[str, ...]:
    inside = file.object.url[len(folder.location) :].split("/")
    return tuple(inside[:-1])


def _key(names: set[str], level: int) -> str:
    """The key of key=value folders if all have the same; else partition_0, partition_1 …"""
    keys = {name.partition("=")[0] for name in names if "=" in name}
    if len(keys) == 1 and all("=" in name for name in names):
        return keys.pop().lower()
    return f"partition_{level}"


def _partitions(folder: _Folder, files: list[File]) -> tuple[Partition, ...]:
    groups: dict[tuple[str, ...], list[File]] = {}
    for file in files:
        groups.setdefault(_below(folder, file), []).append(file)
    return tuple(
        Partition(tuple(map(_value, names)), f"{folder.location}{'/'.join(names)}/", tuple(group)) for names, group in groups.items()
    )


def _value(name: str) -> str:
    return unquote(name.partition("=")[2]) if "=" in name else name


# Schemas.


def compatible(schemas: list[Schema]) -> bool:
    """Whether one reader can read them all: same format, compression and, of CSV, dialect."""
    kinds = {(s.classification, s.compression, s.delimiter, s.header, s.quote) for s in schemas}
    return len(kinds) == 1


def similar(schemas: list[Schema]) -> bool:
    """Whether they are compatible and share most of their columns."""
    return compatible(schemas) and all(_likeness(schemas[0], other) >= SIMILAR for other in schemas[1:])


def _likeness(one: Schema, other: Schema) -> float:
    first, second = dict(one.columns), dict(other.columns)
    common = sum(name in second and widened(kind, second[name]) != "" for name, kind in first.items())
    return common / len({**first, **second}) if first or second else 1.0


_WIDER = ("tinyint", "smallint", "int", "bigint", "float", "double")


def widened(one: str, other: str) -> str:
    """The type that holds both; "" if only string would."""
    if one == other:
        return one
    if one in _WIDER and other in _WIDER:
        return max(one, other, key=_WIDER.index)
    return ""


def merged(schemas: list[Schema]) -> Schema:
    """One schema for all: every column, of a type that holds each file's values."""
    columns: dict[str, str] = {}
    for schema in schemas:
        for name, kind in schema.columns:
            columns[name] = (widened(columns[name], kind) or "string") if name in columns else kind
    paths = dict.fromkeys(path for schema in schemas for path in schema.paths)
    return replace(
        schemas[0],
        columns=tuple(columns.items()),
        records=sum(schema.records for schema in schemas),
        quoted=any(schema.quoted for schema in schemas),
        gaps=any(schema.gaps for schema in schemas),
        paths=tuple(paths),
    )


# Names.


def table_name(path: str) -> str:
    """The last path element in lower case, with "_" for what a table's name may not hold."""
    last = path.removeprefix("s3://").rstrip("/").rsplit("/", 1)[-1]
    return re.sub(r"[^a-z0-9_]", "_", last.lower())[:255]


def distinct_name(name: str, location: str) -> str:
    """The name that a table gets when another location has its own, as Glue does it: with a hash."""
    return f"{name}_{hashlib.md5(location.encode(), usedforsecurity=False).hexdigest()}"
