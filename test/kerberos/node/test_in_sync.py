"""The one item that all safety rests on, with nodes that write it at the same time."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
import time
import types

import pytest
from cluster import PROGRAM

sys.path.insert(0, str(PROGRAM.parent))
from agent import Agent  # noqa: E402
from lease import Item, Lost  # noqa: E402
from primary import Primary  # noqa: E402

ITEM = Item(1, 1, "a", "10.0.0.1", ("a", "b", "c"), "EMR.TEST")


class SlowTable:
    """A table whose writes take a while, as they do."""

    def __init__(self, item):
        self.item = item

    def read(self):
        return self.item

    def write(self, item, over):
        time.sleep(0.05)
        if over.version != self.item.version:
            raise Lost
        self.item = Item(over.version + 1, item.epoch, item.holder, item.address, item.in_sync, item.realm)
        return self.item


@pytest.fixture
def primary():
    settings = types.SimpleNamespace(name="a", address="10.0.0.1", lease_seconds=5)
    database = types.SimpleNamespace(position=lambda: (1, 1, 1))
    agent = types.SimpleNamespace(settings=settings, database=database, table=SlowTable(ITEM))
    return Primary(agent, ITEM, time.monotonic())


def test_a_renewal_that_waited_does_not_put_back_a_node_that_was_written_out(primary):
    async def at_once():
        await asyncio.gather(primary._drop("b", "silent"), primary._change(), primary._change(add=["d"]), primary._drop("c", "silent"))

    asyncio.run(at_once())
    assert primary.item.in_sync == ("a", "d")
    assert primary._table.item == primary.item


def test_a_change_waits_for_everyone_who_is_in_sync_though_nobody_is_connected(primary):
    assert sorted(primary._lagging(1)) == ["b", "c"]


def test_a_primary_whose_item_another_node_wrote_ends_its_term(primary):
    primary._table.item = Item(2, 2, "b", "10.0.0.2", ("b",), "EMR.TEST")
    assert asyncio.run(primary._change()) is False
    assert primary.reason == "b holds the lease"


def test_a_write_whose_answer_was_lost_is_found_again(primary):
    primary._table.item = Item(2, 1, "a", "10.0.0.1", ("a", "c"), "EMR.TEST")
    assert asyncio.run(primary._change()) is False
    assert primary.item.in_sync == ("a", "c")
    assert primary.reason == ""


@pytest.mark.parametrize(
    ("item", "still", "behind"),
    [
        (ITEM, 0.0, False),
        (dataclasses.replace(ITEM, in_sync=("a",)), 0.0, True),
        (dataclasses.replace(ITEM, in_sync=("a",)), 60.0, False),  # nobody renews the lease, or nobody can read it
        (dataclasses.replace(ITEM, in_sync=("a",), holder=""), 0.0, False),
        (dataclasses.replace(ITEM, in_sync=("a",), holder="b"), 0.0, False),
        (None, 0.0, False),
    ],
)
def test_a_node_is_behind_only_where_a_primary_is_known_to_go_on_without_it(item, still, behind):
    agent = Agent.__new__(Agent)
    agent.item, agent.table = item, types.SimpleNamespace(still=lambda: still)
    agent.settings = types.SimpleNamespace(name="b", lease_seconds=3)
    assert agent.behind is behind
