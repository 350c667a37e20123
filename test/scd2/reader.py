"""Read a whole table with DuckDB, in a process that knows nothing of Spark.

A line {"format": …, "path": …, "url": …} on stdin, a line {"rows": …} or {"error": …} on stdout.
Nothing of what was read before is remembered.
Iceberg and Delta by DuckDB's own readers; of Hudi, which it has none for, the Parquet
files that the timeline says are the newest of each file group.
"""

import functools
import importlib
import json
import pathlib
import re
import sys

import duckdb

COLUMNS = "id, name, email, state, ts, valid_from, valid_to, iscurrent, checksum"


@functools.cache
def connect(url: str):
    db = duckdb.connect(config={"allow_unsigned_extensions": False})
    for name in ("avro", "httpfs", "iceberg", "delta"):
        folder = pathlib.Path(importlib.import_module(f"duckdb_extension_{name}").__file__).parent
        db.execute(f"LOAD '{next(folder.rglob('*.duckdb_extension'))}'")
    host = url.split("://")[1]
    db.execute(
        "CREATE SECRET (TYPE s3, KEY_ID '123456789012', SECRET 'local', REGION 'eu-west-1', "
        f"ENDPOINT '{host}', URL_STYLE 'path', USE_SSL false)"
    )
    db.execute("SET TimeZone = 'UTC'")
    db.execute("SET enable_external_file_cache = false")
    return db


def iceberg(db, path: str, version) -> str:
    """path is that of the metadata file, as the catalog has it."""
    at = f", snapshot_from_id = {version}" if version else ""
    return f"iceberg_scan('{path}'{at})"


def delta(db, path: str, version) -> str:
    at = f", version = {version}" if version is not None else ""
    return f"delta_scan('{path}'{at})"


def hudi(db, path: str, version) -> str:
    """The newest file of each group that a completed commit wrote; files are FILEID_TOKEN_INSTANT.parquet."""
    commits = [f for (f,) in db.execute(f"SELECT file FROM glob('{path}/.hoodie/*')").fetchall()]
    done = {m[1] for f in commits if (m := re.search(r"/(\d{17})\.(commit|deltacommit|replacecommit)$", f))}
    known = {m[1] for f in commits if (m := re.search(r"/(\d{17})\.", f))}
    oldest = min(known)  # what is older was archived, which only what is complete is
    newest = {}
    for (file,) in db.execute(f"SELECT file FROM glob('{path}/*.parquet')").fetchall():
        group, _, instant = pathlib.PurePath(file).stem.rsplit("_", 2)
        if instant in done or instant < oldest:
            newest[group] = max(newest.get(group, ("", "")), (instant, file))
    files = ", ".join(f"'{file}'" for _, file in newest.values())
    return f"read_parquet([{files}], union_by_name = true)"


def athena(db, path: str, version) -> str:
    """The files in the list that Athena's external table over a Delta table reads."""
    ((listed,),) = db.execute(f"SELECT content FROM read_text('{path}/_symlink_format_manifest/manifest')").fetchall()
    files = ", ".join(f"'{file}'" for file in listed.split())
    return f"read_parquet([{files}])"


def rows(asked: dict) -> list:
    db = connect(asked["url"])
    form = {"iceberg": iceberg, "delta": delta, "hudi": hudi, "athena": athena}[asked["format"]]
    table = form(db, asked["path"], asked.get("version"))
    times = ", ".join(f"epoch_us({c}::TIMESTAMPTZ) AS {c}" for c in ("ts", "valid_from", "valid_to"))
    return db.execute(f"SELECT * REPLACE ({times}) FROM (SELECT {COLUMNS} FROM {table}) ORDER BY id, valid_from").fetchall()


def main() -> None:
    for line in sys.stdin:
        try:
            answer = {"rows": rows(json.loads(line))}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
