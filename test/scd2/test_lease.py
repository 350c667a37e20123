"""The lease under which the Hudi job reads, decides and writes, against the endpoint's DynamoDB."""

import threading
import time

import jars
import lease
import pytest
from lease import Lease

LOCKS = jars.SETTINGS["hudi"]["LockTable"]


@pytest.fixture
def dynamodb(endpoint):
    return endpoint.client("dynamodb")


def test_of_many_one_holds_it_at_a_time(endpoint):
    inside, most, entered = 0, 0, []

    def work(me):
        nonlocal inside, most
        for _ in range(3):
            with Lease(endpoint.client("dynamodb"), LOCKS, "many", wait=60):
                inside += 1
                most = max(most, inside)
                entered.append(me)
                time.sleep(0.01)
                inside -= 1

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert len(entered) == 12


def test_one_that_is_held_is_waited_for_and_then_refused(dynamodb):
    with Lease(dynamodb, LOCKS, "held"), pytest.raises(TimeoutError, match="held was locked by other writers for 1 s; nothing was written"):
        Lease(dynamodb, LOCKS, "held", wait=1).__enter__()


def test_that_of_a_dead_writer_is_free_after_its_time(dynamodb, monkeypatch):
    dead = Lease(dynamodb, LOCKS, "dead")
    monkeypatch.setattr(lease, "LEASE", 2)
    assert dead._put("attribute_not_exists(#k) OR expires < :now")  # and nobody keeps it
    start = time.monotonic()
    with Lease(dynamodb, LOCKS, "dead", wait=30):
        assert 1 < time.monotonic() - start < 10


def test_who_lost_it_does_not_write(dynamodb, monkeypatch):
    monkeypatch.setattr(lease, "LEASE", 1)
    with Lease(dynamodb, LOCKS, "lost") as held:
        held.check()
        dynamodb.put_item(TableName=LOCKS, Item={"key": {"S": "lost"}, "holder": {"S": "another"}, "expires": {"N": str(time.time() + 60)}})
        time.sleep(1.2)
        with pytest.raises(RuntimeError, match="the lease of lost was lost; nothing was written"):
            held.check()
    kept = dynamodb.get_item(TableName=LOCKS, Key={"key": {"S": "lost"}})["Item"]
    assert kept["holder"]["S"] == "another", "whoever lost it does not take it from the next one"
