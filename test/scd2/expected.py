"""The table of contacts once more, as SQL for DuckDB: the rules of etlScripts/scd2/scd2.py over all records at once."""

import duckdb

# One row per contact and moment; of two, data beats a deletion, then the greater content.
_TOLD = """
CREATE TEMP TABLE told AS
SELECT * FROM (
  SELECT *, NOT deleted AS held,
         CASE WHEN NOT deleted
              THEN md5(concat_ws(chr(31), coalesce(name, chr(30)), coalesce(email, chr(30)), coalesce(state, chr(30)))) END AS checksum
  FROM records)
QUALIFY row_number() OVER (PARTITION BY id, ts ORDER BY held DESC, checksum DESC NULLS LAST) = 1
"""

# Runs of equal content; each is a version that lasts until the next run begins.
_TABLE = """
WITH marked AS (
  SELECT *, lag(held) OVER w AS held_before, lag(checksum) OVER w AS checksum_before, row_number() OVER w AS n
  FROM told WINDOW w AS (PARTITION BY id ORDER BY ts)),
runs AS (
  SELECT *, sum(CASE WHEN n = 1 OR held <> held_before OR checksum IS DISTINCT FROM checksum_before THEN 1 ELSE 0 END)
            OVER (PARTITION BY id ORDER BY ts) AS run
  FROM marked),
spans AS (
  SELECT id, run, any_value(held) AS held, min(ts) AS valid_from, max(ts) AS heard, any_value(name) AS name, any_value(email) AS email,
         any_value(state) AS state, any_value(checksum) AS checksum
  FROM runs GROUP BY id, run),
versions AS (SELECT *, lead(valid_from) OVER (PARTITION BY id ORDER BY valid_from) AS valid_to FROM spans)
SELECT id, name, email, state, epoch_us({ts}) AS ts, epoch_us(valid_from) AS valid_from, epoch_us(valid_to) AS valid_to,
       valid_to IS NULL AS iscurrent, checksum
FROM versions WHERE held ORDER BY id, valid_from
"""

_READ = "read_csv([{}], header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', columns = {})"
_CONTACT = {"id": "BIGINT", "name": "VARCHAR", "email": "VARCHAR", "state": "VARCHAR"}

_CHANGES = "SELECT id, name, email, state, ts, coalesce(op, '') = 'D' AS deleted FROM {}"


def _changes(files) -> str:
    return _READ.format(", ".join(f"'{f}'" for f in files), {**_CONTACT, "ts": "TIMESTAMPTZ", "op": "VARCHAR"})


def of_changes(files) -> list:
    """What a feed of changes makes, whatever the order of its files."""
    db = _connection()
    db.execute("CREATE TEMP TABLE records AS " + _CHANGES.format(_changes(files)))
    return _rows(db, "heard")


def records(files):
    """A feed of changes as records, typed."""
    return _connection().sql(_CHANGES.format(_changes(files)))


def table(files: str) -> list:
    """A table that was written as Parquet, as of_changes returns it."""
    times = ", ".join(f"epoch_us({c}::TIMESTAMPTZ) AS {c}" for c in ("ts", "valid_from", "valid_to"))
    columns = "id, name, email, state, ts, valid_from, valid_to, iscurrent, checksum"
    rows = _connection().execute(f"SELECT * REPLACE ({times}) FROM (SELECT {columns} FROM read_parquet('{files}')) ORDER BY id, valid_from")
    return [list(row) for row in rows.fetchall()]


def of_snapshots(files_by_ts: dict) -> list:
    """What whole deliveries make: a version keeps the ts of the record that began it."""
    db = _connection()
    parts = [
        f"SELECT *, TIMESTAMPTZ '{ts}' AS ts, false AS deleted FROM {_READ.format(repr(str(f)), _CONTACT)}" for ts, f in files_by_ts.items()
    ]
    db.execute("CREATE TEMP TABLE records AS " + " UNION ALL ".join(parts))
    return _rows(db, "valid_from")


def _connection():
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    return db


def _rows(db, ts: str) -> list:
    db.execute(_TOLD)
    return [list(row) for row in db.execute(_TABLE.format(ts=ts)).fetchall()]
