"""The definition of change on small histories, and in any order of delivery, in one Spark process without any table format."""

import datetime
import itertools

import expected
import generate
import pytest

DAY = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)


def line(day: int, name: str, contact: int = 1) -> str:
    """One record; the name "-" stands for a deletion."""
    ts = (DAY + datetime.timedelta(days=day)).isoformat()
    return f"{contact},,,,{ts},D\n" if name == "-" else f"{contact},{name},{name}@x,NY,{ts},\n"


# Deliveries of (day, name), and the versions that must come of them: (name, from, to, last heard).
CASES = {
    "a first record": ([[(1, "a")]], [("a", 1, None, 1)]),
    "a change": ([[(1, "a")], [(5, "b")]], [("a", 1, 5, 1), ("b", 5, None, 5)]),
    "a late record splits": ([[(1, "a"), (5, "b")], [(3, "c")]], [("a", 1, 3, 1), ("c", 3, 5, 3), ("b", 5, None, 5)]),
    "a record before all": ([[(5, "b")], [(1, "a")]], [("a", 1, 5, 1), ("b", 5, None, 5)]),
    "a late record that the next repeats": ([[(1, "a"), (5, "b")], [(3, "b")]], [("a", 1, 3, 1), ("b", 3, None, 5)]),
    "twice in one delivery": ([[(1, "a"), (1, "a")]], [("a", 1, None, 1)]),
    "delivered again": ([[(1, "a")], [(2, "b")], [(1, "a")], [(2, "b")]], [("a", 1, 2, 1), ("b", 2, None, 2)]),
    "nothing new moves when we last heard": ([[(1, "a")], [(4, "a")]], [("a", 1, None, 4)]),
    "late, between two that are equal": ([[(1, "a"), (5, "a")], [(3, "b")]], [("a", 1, 3, 1), ("b", 3, 5, 3), ("a", 5, None, 5)]),
    "a deletion": ([[(1, "a")], [(3, "-")]], [("a", 1, 3, 1)]),
    "deleted, and back the same": ([[(1, "a")], [(3, "-")], [(5, "a")]], [("a", 1, 3, 1), ("a", 5, None, 5)]),
    "a deletion that is late": ([[(1, "a"), (5, "b")], [(3, "-")]], [("a", 1, 3, 1), ("b", 5, None, 5)]),
    "deleted, then a late record": ([[(1, "a"), (5, "-")], [(3, "b")]], [("a", 1, 3, 1), ("b", 3, 5, 3)]),
    "a deletion of nobody": ([[(1, "-")]], []),
    "data beats a deletion at one time": ([[(1, "a")], [(3, "-")], [(3, "b")]], [("a", 1, 3, 1), ("b", 3, None, 3)]),
    "and in the other order": ([[(1, "a")], [(3, "b")], [(3, "-")]], [("a", 1, 3, 1), ("b", 3, None, 3)]),
}


@pytest.fixture(scope="module")
def spark(sparks):
    one = sparks("iceberg")
    yield one
    one.kill()


@pytest.fixture
def fold(spark, tmp_path):
    """Apply deliveries of CSV text one after the other; the table."""

    def applied(deliveries, confirm=True) -> list:
        folders = []
        for i, text in enumerate(deliveries):
            (tmp_path / f"{i}.csv").write_text(text)
            records = expected.records([tmp_path / f"{i}.csv"])
            folders.append(str(tmp_path / f"{i}.parquet"))
            records.write_parquet(folders[-1])
        out = spark.run("fold", deliveries=folders, confirm=confirm, out=str(tmp_path / "out"))
        return expected.table(f"{out}/*.parquet")

    return applied


def day(micros):
    return None if micros is None else round((micros / 1e6 - DAY.timestamp()) / 86400)


def test_each_rule(fold):
    """All cases at once, each a contact of its own: step n holds every case's n-th delivery."""
    steps = max(len(deliveries) for deliveries, _ in CASES.values())
    texts = [
        "".join(
            line(*record, contact=i) for i, (deliveries, _) in enumerate(CASES.values()) if n < len(deliveries) for record in deliveries[n]
        )
        for n in range(steps)
    ]
    rows = fold(texts)
    for i, (name, (_, want)) in enumerate(CASES.items()):
        got = [(r[1], day(r[5]), day(r[6]), day(r[4])) for r in rows if r[0] == i]
        assert got == want, name


def test_a_whole_delivery_that_repeats_changes_nothing(fold):
    rows = fold([line(1, "a"), line(4, "a"), line(6, "b")], confirm=False)
    assert [(r[1], day(r[5]), day(r[6]), day(r[4])) for r in rows] == [("a", 1, 6, 1), ("b", 6, None, 6)]


def test_any_order_of_delivery_makes_the_same_table(fold, tmp_path):
    generate.main([str(tmp_path / "made"), "200", "4"])
    files = sorted((tmp_path / "made").glob("*.csv"))
    whole = expected.of_changes(files)
    first, *rest = [file.read_text() for file in files]  # a deletion before there is anything leaves no trace: the first stays first
    for order in itertools.islice(itertools.permutations(rest), 3):
        assert fold([first, *order]) == whole
    assert fold(["".join([first, *rest])]) == whole
