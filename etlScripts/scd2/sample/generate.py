"""Make deliveries of changes that are late, doubled, delivered again and deleted: contacts nobody has.

    python3 etlScripts/scd2/sample/generate.py FOLDER [CONTACTS [DELIVERIES [SEED]]]

Writes FOLDER/changes_1.csv … without a header: id, name, email, state, ts, op. The same
bytes come out on every machine: no clock, no random source, no dictionary order. What
is in them:
- each contact's first record is in the first delivery; each later one is in any delivery
  after that, so that many come late
- one record in eight is delivered again, in the same file or in any later one
- one contact in five is deleted, some of them come back
- one in seven returns to what it was before, so that a late record stands between equals
- names with commas and quotes, letters beyond ASCII, empty values
"""

import csv
import datetime
import hashlib
import pathlib
import sys

EPOCH = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
STATES = ("CA", "FL", "IL", "MA", "NJ", "NY", "OR", "TX", "VI", "WA")
NAMES = ("Ada", "Björn", 'Cho "C." Kim', "Diaz, Eva", "Émile", "Fay O'Hara", "")


def dice(*about) -> int:
    """A number that depends on nothing but its arguments."""
    return int.from_bytes(hashlib.blake2b(repr(about).encode(), digest_size=6).digest(), "big")


def history(contact: int, seed: int):
    """The contact's records, as (id, name, email, state, ts, op), in the order in which they happened."""
    length = 1 + dice(seed, contact, "length") % 5
    at = dice(seed, contact, "start") % 86_400
    rows = []
    for i in range(length):
        at += 1 + dice(seed, contact, i, "gap") % 1_000_000
        again = i >= 2 and dice(seed, contact, "again") % 7 == 0 and i == 2
        generation = 0 if again else i
        gone = i > 0 and dice(seed, contact, i, "gone") % 10 == 0
        ts = (EPOCH + datetime.timedelta(seconds=at, microseconds=dice(seed, contact, i) % 1_000_000)).isoformat()
        if gone:
            rows.append([contact, "", "", "", ts, "D"])
            continue
        name = NAMES[dice(seed, contact, "name") % len(NAMES)]
        email = f"u{contact}.{generation}@example.com"
        rows.append([contact, name, email, STATES[dice(seed, contact, generation, "state") % len(STATES)], ts, "" if i else "I"])
    return rows


def deliveries(contacts: int, count: int, seed: int = 1) -> list:
    """count lists of rows."""
    made = [[] for _ in range(count)]
    for contact in range(1, contacts + 1):
        for i, row in enumerate(history(contact, seed)):
            first = 0 if i == 0 or count == 1 else 1 + dice(seed, contact, i, "delivery") % (count - 1)
            made[first].append(row)
            if dice(seed, contact, i, "repeat") % 8 == 0:
                made[first + dice(seed, contact, i, "repeated in") % (count - first)].append(row)
    for i, rows in enumerate(made):
        rows.sort(key=lambda row, i=i: dice(seed, i, row[0], row[4]))
    return made


def main(argv: list) -> None:
    if not argv:
        sys.exit(__doc__)
    folder, contacts, count, seed = pathlib.Path(argv[0]), *(int(n) for n in (*argv[1:], *(1000, 4, 1)[len(argv) - 1 :]))
    folder.mkdir(parents=True, exist_ok=True)
    for i, rows in enumerate(deliveries(contacts, count, seed), 1):
        with (folder / f"changes_{i}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
