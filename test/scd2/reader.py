"""Read a whole table with DuckDB, in a process that knows nothing of Spark.

{"format": …, "path": …, "url": …} on stdin, rows as JSON on stdout.
Iceberg and Delta by DuckDB's own readers; of Hudi, which it has none for, the Parquet
files that the timeline says are the newest of each file group.
"""

import importlib
import json
import pathlib
import re
import sys

import duckdb

COLUMNS = "id, name, email, state, ts, valid_from, valid_to, iscurrent, checksum"


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


def main() -> None:
    asked = json.load(sys.stdin)
    db = connect(asked["url"])
    table = {"iceberg": iceberg, "delta": delta, "hudi": hudi}[asked["format"]](db, asked["path"], asked.get("version"))
    times = ", ".join(f"epoch_us({c}::TIMESTAMPTZ) AS {c}" for c in ("ts", "valid_from", "valid_to"))
    rows = db.execute(f"SELECT * REPLACE ({times}) FROM (SELECT {COLUMNS} FROM {table}) ORDER BY id, valid_from").fetchall()
    json.dump([list(row) for row in rows], sys.stdout)


if __name__ == "__main__":
    main()
