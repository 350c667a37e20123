"""A dataset's files from S3 as a relation of DuckDB's, and a result as files in S3."""

from __future__ import annotations

import time
from pathlib import Path

from ..loopback import client
from .recipe import Refused, literal, quoted


def read(dataset: dict, folder: Path) -> str:
    """Fetch a dataset's files into the folder; the SELECT that reads them, all of CSV as text."""
    place = (dataset.get("Input") or {}).get("S3InputDefinition")
    if not place or "<" in place.get("Key", ""):
        raise Refused(f"dataset {dataset['Name']}: the local endpoint reads files in S3, by a key or folder without parameters")
    bucket, key = place["Bucket"], place.get("Key", "")
    keys = [item for item in _below(bucket, key) if not item.endswith("/")]
    if not keys:
        raise Refused(f"dataset {dataset['Name']}: there is no file at s3://{bucket}/{key}")
    paths = []
    for number, item in enumerate(keys):
        paths.append(folder / f"in{number}{Path(item).suffix}")
        client("s3").download_file(bucket, item, str(paths[-1]))
    return _reader(dataset, paths)


def _below(bucket: str, key: str) -> list[str]:
    """The object of that key alone, or all below a folder."""
    pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return keys if not key or key.endswith("/") else [item for item in keys if item == key]


def _reader(dataset: dict, paths: list[Path]) -> str:
    files = "[" + ", ".join(literal(str(path)) for path in paths) + "]"
    kind = dataset.get("Format") or paths[0].suffix.lstrip(".").upper()
    if kind == "PARQUET":
        return f"SELECT * FROM read_parquet({files}, union_by_name = true)"
    if kind == "JSON":
        return f"SELECT * FROM read_json_auto({files}, union_by_name = true)"
    if kind != "CSV":
        raise Refused(f"dataset {dataset['Name']}: the local endpoint reads CSV, JSON and PARQUET, not {kind}")
    options = (dataset.get("FormatOptions") or {}).get("Csv") or {}
    if str(options.get("HeaderRow", True)).lower() == "false":
        raise Refused(f"dataset {dataset['Name']}: the local endpoint reads CSV with a line of headings only")
    return (
        f"SELECT * FROM read_csv({files}, all_varchar = true, header = true, delim = {literal(options.get('Delimiter') or ',')}, "
        "quote = '\"', escape = '\"', nullstr = '', union_by_name = true)"
    )


_COMPRESSIONS = {"PARQUET": ("SNAPPY", "GZIP", "ZSTD"), "CSV": ("GZIP",), "JSON": ("GZIP",)}
_OPTIONS = {"PARQUET": "FORMAT parquet", "CSV": "FORMAT csv, HEADER true", "JSON": "FORMAT json"}


def write(connection, relation: str, job: str, output: dict, folder: Path) -> None:
    """Write a relation to an output of the job; with Overwrite, in place of what is there."""
    kind, compression = output.get("Format") or "CSV", output.get("CompressionFormat")
    if kind not in _OPTIONS or compression and compression not in _COMPRESSIONS[kind] or output.get("PartitionColumns"):
        raise Refused(
            f"output {kind}{' with ' + compression if compression else ''}: the local endpoint writes CSV and JSON, also with GZIP, "
            "and PARQUET with SNAPPY, GZIP or ZSTD; nothing partitioned"
        )
    path = folder / "out"
    packed = f", COMPRESSION {compression.lower()}" if compression else ""
    connection.execute(f"COPY (SELECT * FROM {quoted(relation)}) TO {literal(str(path))} ({_OPTIONS[kind]}{packed})")
    bucket, prefix = output["Location"]["Bucket"], output["Location"].get("Key", "")
    before = _below(bucket, prefix) if output.get("Overwrite") else []
    now = time.time()
    ending = kind.lower() + (f".{compression.lower()}" if compression else "")
    key = f"{prefix}{job}_{time.strftime('%d%b%Y', time.gmtime(now))}_{int(now * 1000)}_part00000.{ending}"
    for old in before:
        client("s3").delete_object(Bucket=bucket, Key=old)
    client("s3").upload_file(str(path), bucket, key)
