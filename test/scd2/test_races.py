"""Two writers, two processes, one table, at the same moment; kill -9 of one in some rounds; a third process that reads all the time.

Every round each writer brings a delivery that changes the same contacts. In the end
the table must be what the other engine makes of all deliveries that were acknowledged.
A delivery whose writer was killed is in the table whole or not at all, and is there once
it was brought again. Without the lock the same rounds, or commits right after each
other, must show damage, so that it is known that they test something.
Each test prints what it counted: pytest -s.
"""

import collections
import datetime
import random
import threading
import time

import expected
import pytest
from conftest import BUCKET, STAND_IN, Failed, Reader, Table, Unreadable
from forgetful import Forgetful

CONTACTS = 12  # that every delivery changes
START = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)


def delivery(number: int) -> str:
    """Each contact gets the delivery's number for a name; the moments of two deliveries interleave."""
    at = START + datetime.timedelta(hours=number * 7 % 101, minutes=number)
    return "".join(f"{i},d{number},c{i}@example.com,NY,{at.isoformat()},\n" for i in range(1, CONTACTS + 1))


class Watch:
    """A reader that reads whole tables one after the other, and says what none may look like."""

    def __init__(self, table: Table):
        self.reads, self.torn, self._over = 0, [], threading.Event()
        self._table = Table(table.endpoint, table.format, table.name, Reader())
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.is_set():
            try:
                rows = self._table.rows()
            except Unreadable as error:
                # A version that was replaced while it was read is asked for again; a table that cannot be read is a fault.
                rows = self._again(error)
            self.reads += 1
            self.torn += faults(rows)
            self._over.wait(1)

    def _again(self, error) -> list:
        for _ in range(3):
            try:
                return self._table.rows()
            except Unreadable as another:
                error = another
        self.torn.append(f"unreadable: {str(error)[-300:]}")
        return []

    def end(self) -> None:
        self._over.set()
        self._thread.join(60)


def faults(rows: list) -> list:
    """What is wrong with a table of contacts that no two writers may make."""
    found, by_id, by_name = [], {}, {}
    for row in rows:
        by_id.setdefault(row[0], []).append(row)
        by_name[row[1]] = by_name.get(row[1], 0) + 1
    for contact, versions in by_id.items():
        if sum(row[7] for row in versions) != 1:
            found.append(f"contact {contact} has {sum(row[7] for row in versions)} current versions")
        for one, two in zip(versions, versions[1:]):
            if one[6] != two[5]:
                found.append(f"contact {contact}: a version ends at {one[6]}, the next begins at {two[5]}")
    return found + [f"delivery {name} is there for {n} of {CONTACTS} contacts" for name, n in by_name.items() if n != CONTACTS]


class Race:
    """The rounds, and what came of them."""

    def __init__(self, sparks, endpoint, use: str, name: str, tmp_path, source, **options):
        self._start = lambda: sparks(use, memory="1g", **options)
        self.use, self.table = use, Table(endpoint, use.split("-")[0], name)
        self.writers = [self._start(), self._start()]
        self._logs = [writer.log for writer in self.writers]
        self._source, self._tmp = source, tmp_path
        self.brought, self.failed, self.seconds, self.killed, self.next = [], [], [], [], 0

    def round(self, kill: bool = False) -> None:
        start = time.monotonic()
        numbers = [self._begin(writer) for writer in self.writers]
        victim = random.randrange(2) if kill else None
        if kill:
            time.sleep(random.uniform(0.2, 1.0) * max(getattr(w, "seconds", 4) for w in self.writers))
            self.writers[victim].kill()
        for i, (writer, number) in enumerate(zip(self.writers, numbers)):
            if i != victim:
                self._end(writer, number)
        if kill:
            self.killed.append(f"d{numbers[victim]}" in names(self.table.rows()))
            self.writers[victim] = self._start()
            self._logs.append(self.writers[victim].log)
            self._bring_again(self.writers[victim], numbers[victim])
        self.seconds.append(time.monotonic() - start)

    def _begin(self, writer) -> int:
        self.next += 1
        writer.begin_main(self.table.name, self._put(self.next), feed="changes")
        return self.next

    def _put(self, number: int) -> str:
        (self._tmp / f"{number}.csv").write_text(delivery(number))
        return self._source(delivery(number))

    def _end(self, writer, number: int) -> None:
        try:
            writer.end()
            self.brought.append(number)
        except Failed as error:
            self.failed.append(str(error))
            self._bring_again(writer, number)

    def _bring_again(self, writer, number: int) -> None:
        writer.main(self.table.name, self._put(number), feed="changes")
        self.brought.append(number)

    def expected(self) -> list:
        return expected.of_changes([self._tmp / f"{number}.csv" for number in self.brought])

    def end(self) -> None:
        for writer in self.writers:
            writer.kill()

    def told(self, rows: list, watch: Watch) -> str:
        """The counts, as docs/scd2.md has them."""
        there, versions = names(rows), collections.Counter((row[0], row[5]) for row in rows)
        lost = sum(f"d{number}" not in there for number in self.brought)
        doubled = sum(count > 1 for count in versions.values())
        overtaken = sum(log.read_text().count("another writer was first; attempt") for log in self._logs)
        seconds = sorted(self.seconds)
        return (
            f"{self.use}: {len(seconds)} rounds in {sum(seconds):.0f} s (median {seconds[len(seconds) // 2]:.1f}), "
            f"{len(self.brought)} deliveries acknowledged, {lost} lost, {doubled} versions doubled, {len(rows)} versions there; "
            f"{overtaken} attempts overtaken, {len(self.failed)} failed and brought again; "
            f"{len(self.killed)} killed, {sum(self.killed)} of them after their commit; {watch.reads} reads, {len(watch.torn)} torn"
        )


def names(rows: list) -> set:
    return {row[1] for row in rows}


def run(race: Race, rounds: int, kills=()) -> Watch:
    race.writers[0].main(race.table.name, race._put(0), feed="changes")  # there is a table to read
    race.brought.append(0)
    watch = Watch(race.table)
    try:
        for i in range(rounds):
            race.round(kill=i in kills)
    finally:
        watch.end()
        race.end()
    return watch


@pytest.mark.parametrize("use", ["iceberg", STAND_IN, "hudi", "delta"])
def test_with_the_lock_no_update_is_lost(use, sparks, endpoint, source, tmp_path, request):
    rounds = request.config.getoption("--rounds")
    race = Race(sparks, endpoint, use, f"race_{use.replace('-', '_')}", tmp_path, source)
    watch = run(race, rounds, kills=range(min(rounds - 1, 3), rounds, 6))
    rows = race.table.rows()
    print(f"\n{race.told(rows, watch)}")
    assert rows == race.expected()
    assert not watch.torn
    assert watch.reads >= rounds / 2
    assert all("was first" in text or "lease" in text or "locked" in text for text in race.failed), race.failed


def test_with_the_lock_alone_iceberg_loses_nothing(sparks, endpoint, source, tmp_path):
    """Where the catalog does not compare versions, the lock is all there is."""
    catalog = Forgetful(endpoint.url)
    race = Race(sparks, endpoint, "iceberg", "race_iceberg_forgetful", tmp_path, source, glue_url=catalog.url)
    watch = run(race, 4)
    catalog.close()
    rows = race.table.rows()
    print(f"\n{race.told(rows, watch)} (catalog without versions)")
    assert rows == race.expected()
    assert not watch.torn


def damage(race: Race, rounds: int = 8) -> str:
    """Run rounds until the table is not what it should be; say what is wrong."""
    race.writers[0].main(race.table.name, race._put(0), feed="changes")
    race.brought.append(0)
    for _ in range(rounds):
        try:
            race.round()
        except Failed as error:  # so broken that not even one writer goes on
            race.end()
            return f"broken: {str(error)[:300]}"
        try:
            rows = race.table.rows()
        except Unreadable as error:
            race.end()
            return f"unreadable: {str(error)[-300:]}"
        whole = race.expected()
        if rows != whole:
            race.end()
            return f"{len(whole)} versions should be there, {len(rows)} are; {faults(rows)[:3]}"
    race.end()
    return ""


def test_without_the_lease_hudi_is_damaged(sparks, endpoint, source, tmp_path):
    found = damage(Race(sparks, endpoint, "hudi-single", "race_hudi_single", tmp_path, source))
    print(f"\nhudi-single: {found}")
    assert found


def commits(writers: list, target: str, batches: int) -> tuple:
    """Batches of 40 commits by each of two writers until one is lost; how many were acknowledged, how many are there."""
    acknowledged = sum(writer.run("append", target=target, writer="warm", count=1) for writer in writers)
    for _ in range(batches):
        for i, writer in enumerate(writers):
            writer.begin(run="append", **{"with": {"target": target, "writer": str(i), "count": 40}})
        acknowledged += sum(writer.end() for writer in writers)
        table = f"delta.`{target}`" if "://" in target else target
        there = int(writers[0].sql(f"SELECT count(*) FROM {table}")[0][0])
        if there < acknowledged:
            break
    for writer in writers:
        writer.kill()
    return acknowledged, there


@pytest.mark.parametrize("use", ["delta-single", STAND_IN, "delta"])
def test_deltas_commits_right_after_each_other(use, sparks):
    """Delta's default log store looks whether a version is there and then writes it: between the two is all the time that another needs."""
    writers = [sparks(use, memory="1g"), sparks(use, memory="1g")]
    safe = use != "delta-single"
    acknowledged, there = commits(writers, f"s3://{BUCKET}/crm/tight_{use.replace('-', '_')}", batches=1 if safe else 6)
    print(f"\n{use}: {acknowledged} commits acknowledged, {there} there")
    assert (there == acknowledged) == safe


@pytest.mark.parametrize("use", ["iceberg-single", "iceberg"])
def test_icebergs_commits_right_after_each_other_where_the_catalog_ignores_versions(use, sparks, endpoint):
    """Iceberg looks which metadata the catalog names and then names its own; the lock alone keeps another from doing so between the two."""
    catalog = Forgetful(endpoint.url)
    writers = [sparks(use, memory="1g", glue_url=catalog.url) for _ in range(2)]
    table, safe = f"lake.crm.tight_{use.replace('-', '_')}", use == "iceberg"
    writers[0].sql(f"CREATE TABLE {table} (writer string, i int) USING iceberg")
    acknowledged, there = commits(writers, table, batches=1 if safe else 6)
    catalog.close()
    print(f"\n{use}, catalog without versions: {acknowledged} commits acknowledged, {there} there")
    assert (there == acknowledged) == safe


def test_without_the_lock_glue_itself_keeps_icebergs_writers_apart(sparks, endpoint, source, tmp_path):
    """There is no damage to show: Iceberg gives UpdateTable the version that it read, and Glue refuses an older one."""
    race = Race(sparks, endpoint, "iceberg-single", "race_iceberg_single", tmp_path, source)
    assert damage(race, rounds=4) == ""
