"""What a change of a contact is: the one definition that the three formats share.

A version says what a contact was from valid_from up to, and not including, valid_to;
the current one has no valid_to. The rules, record by record:

- A record says what the contact was at its ts. Records are taken in the order of ts,
  whatever the order of delivery: a late one splits the version that it falls into.
- A record that repeats what held at its ts makes no version, and one that is delivered
  twice changes nothing. Of a feed of changes it moves the ts of its version (confirm):
  ts is when we last heard so, and what comes later but happened before does not
  overrule it. A whole delivery repeats nearly everything, and leaves the table alone.
- A deletion ends the version that holds at its ts; a record after it begins another.
  A deletion of what is not there leaves no trace.
- Two records of one contact with one ts cannot both be right. A record with data beats
  a deletion, and of two with data the greater (checksum, name, email, state) is kept:
  the order of delivery never decides.

Everything here is a pure function of data frames. The mains beside it read what is
known, call changes() and write what it returns; all three write the same table.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

CONTACT = "id bigint, name string, email string, state string"
RECORD = f"{CONTACT}, ts timestamp, deleted boolean"
TABLE = f"{CONTACT}, ts timestamp, valid_from timestamp, valid_to timestamp, iscurrent boolean, checksum string"
COLUMNS = [column.split()[0] for column in TABLE.split(", ")]

# The key of a version; what else a row says may change while the row stays.
KEY = ["id", "valid_from"]

INSERT, UPDATE, DELETE, GUARD = "insert", "update", "delete", "guard"

# Two control characters that no name holds: between the values, and for a value that is not there.
BETWEEN, NOTHING = "\x1f", "\x1e"


def checksum(*columns: str):
    """The MD5 of the values, in which ("a", null) and (null, "a") differ."""
    return F.md5(F.concat_ws(BETWEEN, *[F.coalesce(F.col(c), F.lit(NOTHING)) for c in columns]))


def histories(known: DataFrame, records: DataFrame, confirm: bool = True) -> DataFrame:
    """Per id of the records: `before`, its versions as known, and `after`, as they are to be.

    known is shaped like TABLE, records like RECORD. Ids of known that no record names
    are left out. One shuffle brings all there is about an id together; the rest is
    arithmetic on short arrays.
    """
    ids = records.select("id").distinct()
    row = "struct(valid_from AS at, valid_to, ts, name, email, state, checksum)"
    told = records.withColumn("checksum", checksum("name", "email", "state"))
    says = ", ".join(_blank(column) for column in ("checksum", "name", "email", "state"))
    event = f"struct(ts AS at, NOT deleted AS held, {says}, {confirm} AS counts)"
    nothing = "CAST(NULL AS struct<{}>)"
    events_type = "at: timestamp, held: boolean, checksum: string, name: string, email: string, state: string, counts: boolean"
    rows_type = "at: timestamp, valid_to: timestamp, ts: timestamp, name: string, email: string, state: string, checksum: string"
    both = (
        known.join(ids, "id", "left_semi")
        .select("id", F.expr(row).alias("row"), F.expr(nothing.format(events_type)).alias("event"))
        .unionByName(told.select("id", F.expr(nothing.format(rows_type)).alias("row"), F.expr(event).alias("event")))
    )
    gathered = both.groupBy("id").agg(F.sort_array(F.collect_list("row")).alias("before"), F.collect_list("event").alias("told"))
    return (
        gathered.withColumn("events", F.expr(f"array_sort(concat({_EVENTS}))"))
        .withColumn("events", F.expr(_LAST_OF_EACH_TIME))
        .withColumn("starts", F.expr(_STARTS))
        .select("id", "before", F.expr(_VERSIONS).alias("after"))
    )


def _blank(column: str) -> str:
    """A deletion says nothing of what the contact was."""
    return f"IF(deleted, NULL, {column}) AS {column}"


# What is known, as events again: each version's beginning, when it was last heard of, and its end.
# An end that is the next version's beginning loses against it, as a deletion does.
_EVENTS = """
    transform(before, v -> struct(v.at AS at, true AS held, v.checksum, v.name, v.email, v.state, true AS counts)),
    transform(filter(before, v -> v.ts > v.at),
        v -> struct(v.ts AS at, true AS held, v.checksum, v.name, v.email, v.state, true AS counts)),
    transform(filter(before, v -> v.valid_to IS NOT NULL), v -> struct(v.valid_to AS at, false AS held, CAST(NULL AS string) AS checksum,
        CAST(NULL AS string) AS name, CAST(NULL AS string) AS email, CAST(NULL AS string) AS state, true AS counts)),
    told"""
_LAST_OF_EACH_TIME = "filter(events, (e, i) -> CASE WHEN i + 1 < size(events) THEN events[i + 1].at > e.at ELSE true END)"
_STARTS = """filter(events, (e, i) -> CASE WHEN i = 0 THEN e.held
    ELSE e.held <> events[i - 1].held OR NOT e.checksum <=> events[i - 1].checksum END)"""
_VERSIONS = """filter(transform(starts, (s, i) -> struct(
        s.at AS at,
        CASE WHEN i + 1 < size(starts) THEN starts[i + 1].at END AS valid_to,
        array_max(transform(
            filter(events, e -> e.at = s.at OR e.counts AND e.at > s.at
                AND CASE WHEN i + 1 < size(starts) THEN e.at < starts[i + 1].at ELSE true END),
            e -> e.at)) AS ts,
        s.name, s.email, s.state, s.checksum, s.held)), v -> v.held)"""


def changes(known: DataFrame, records: DataFrame, confirm: bool = True) -> DataFrame:
    """What has to be written so that known becomes what the records make of it.

    Rows are shaped like TABLE, with op: INSERT, UPDATE or DELETE of the version with
    the row's KEY. Of each id that changes there is one more row, GUARD, whose `known`
    lists the fingerprints of all its versions: a writer that finds another one in the
    table worked from a state that is gone, and must begin again. Ids that do not change
    are left out, so that a second run returns nothing.
    """
    version = "v.at AS valid_from, v.valid_to, v.ts, v.name, v.email, v.state, v.checksum, CAST(NULL AS array<string>) AS known"
    rows = f"""concat(
        transform(filter(after, v -> NOT exists(before, b -> b.at = v.at)), v -> struct('{INSERT}' AS op, {version})),
        transform(filter(after, v -> exists(before, b -> b.at = v.at AND {_fingerprint("b", "b.at")} <> {_fingerprint("v", "v.at")})),
            v -> struct('{UPDATE}' AS op, {version})),
        transform(filter(before, v -> NOT exists(after, a -> a.at = v.at)), v -> struct('{DELETE}' AS op, {version})))"""
    guard = f"""struct('{GUARD}' AS op,
        CAST(NULL AS timestamp) AS valid_from, CAST(NULL AS timestamp) AS valid_to, CAST(NULL AS timestamp) AS ts,
        CAST(NULL AS string) AS name, CAST(NULL AS string) AS email, CAST(NULL AS string) AS state, CAST(NULL AS string) AS checksum,
        transform(before, v -> {_fingerprint("v", "v.at")}) AS known)"""
    # Neither a filter nor a plain explode, from which Spark infers one: pushed below the steps
    # of histories() it would have them done over for every element.
    return (
        histories(known, records, confirm)
        .withColumn("rows", F.expr(rows))
        .select("id", F.expr(f"explode_outer(CASE WHEN size(rows) > 0 THEN concat(rows, array({guard})) END)").alias("v"))
        .where("v.op IS NOT NULL")
        .select("id", "v.*")
        .withColumn("iscurrent", F.expr("valid_to IS NULL"))
        .select(*COLUMNS, "op", "known")
    )


def fingerprint(row: str) -> str:
    """All that a version of the table says, as SQL text over the table named row."""
    return _fingerprint(row, f"{row}.valid_from")


def _fingerprint(row: str, begins: str) -> str:
    parts = [f"unix_micros({begins})", f"coalesce(unix_micros({row}.valid_to), '')", f"unix_micros({row}.ts)", f"{row}.checksum"]
    return f"concat_ws('|', {', '.join(parts)})"


# One statement: a row that the guard does not know of fails it, and the format itself refuses the
# commit if the table changed since the statement began. So no update is lost between the two.
STALE = "the table has changed since it was read"
MERGE = f"""
MERGE INTO {{table}} t USING {{changes}} c
ON t.id = c.id AND CASE WHEN c.op = '{GUARD}' THEN NOT array_contains(c.known, {fingerprint("t")}) ELSE t.valid_from = c.valid_from END
WHEN MATCHED AND c.op = '{GUARD}' THEN UPDATE SET id = CAST(raise_error('{STALE}') AS bigint)
WHEN MATCHED AND c.op = '{DELETE}' THEN DELETE
WHEN MATCHED THEN UPDATE SET ts = c.ts, valid_to = c.valid_to, iscurrent = c.iscurrent,
  name = c.name, email = c.email, state = c.state, checksum = c.checksum
WHEN NOT MATCHED AND c.op = '{INSERT}' THEN INSERT ({", ".join(COLUMNS)}) VALUES ({", ".join("c." + c for c in COLUMNS)})
WHEN NOT MATCHED AND c.op <> '{GUARD}' THEN INSERT ({", ".join(COLUMNS)})
  VALUES (CAST(raise_error('{STALE}') AS bigint), {", ".join("c." + c for c in COLUMNS[1:])})
"""
