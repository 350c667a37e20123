"""The agent of a node: it is replica or primary, and says which to the proxy and to the balancer."""

import asyncio
import contextlib
import dataclasses
import fcntl
import json
import logging
import signal
import sys
import time

from daemons import Failed
from database import Database, write
from health import Health
from lease import Item, Lost, Table, Unreachable
from metrics import Metrics
from primary import Primary
from replica import Replica
from settings import Refused, Settings
from tasks import first

log = logging.getLogger("agent")

_STEP = 0.5  # seconds between looks at what may have changed
FRESH = 1.5  # seconds for which a proof that this node had everything that was acknowledged is good
_STRANGER = 3.0  # seconds that a node without a complete copy leaves to the others before it founds a realm


class Agent:
    """One node's part in the KDC."""

    def __init__(self, file):
        """Read a file of settings."""
        self._file = str(file)
        self.settings = settings = Settings.read(file)
        self.database = Database(settings)
        self.table = Table(settings)
        self.key = settings.path("node.key").read_bytes()
        self.item = None
        self._addresses = self._remembered()
        # Whether the copy on disk is known to be whole. A daemon that was killed in the
        # middle of a write may leave half a page, so a start does not count on it.
        self.sound = False
        self._fresh_until = time.monotonic()
        self._began = time.monotonic()
        self._stopping = asyncio.Event()
        self.primary = self.replica = None
        self.metrics = Metrics(settings)

    async def run(self):
        """Until SIGTERM."""
        lock = self.settings.path("agent.lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        health = Health(self)
        await health.start()
        measured = self.metrics.send_often(lambda: self.primary is not None)
        # Whatever fails unforeseen ends this process, and kadmind with it; the next one begins anew.
        await first(self._work(), self._look(), self._tend(), self._back_up(), health.probe_often(), measured)

    async def _work(self):
        while not self._stopping.is_set():
            await self._step()

    async def _step(self):
        item = self.item
        if await self._may_take(item):
            await self._take(item)
        elif item and item.holder == self.settings.name and item.in_sync != (self.settings.name,):
            await self._resign(item)
        elif item and item.holder not in ("", self.settings.name):
            await self._follow(item)
        else:
            await asyncio.sleep(0.1)

    # What the table says.

    async def _look(self):
        """Read the lease often and the list of nodes seldom."""
        turn = 0
        while True:
            with contextlib.suppress(Unreachable):
                await self._read()
                if turn % 5 == 0:
                    await asyncio.to_thread(self.table.announce, self.role)
                    self._addresses = list((await asyncio.to_thread(self.table.nodes)).values())
            turn += 1
            await asyncio.sleep(self.settings.lease_seconds / 5 if self.item else _STEP)

    async def _read(self):
        asked = time.monotonic()
        self.item = await asyncio.to_thread(self.table.read)
        if self.sound and self.item and self.settings.name in self.item.in_sync:
            self.fresh(since=asked)

    async def _may_take(self, item):
        """Whether this node is to try for the lease now."""
        if self.draining or self.item is None and time.monotonic() - self._began < 1:
            return False
        if item is None:
            return self.complete_copy or time.monotonic() - self._began > _STRANGER
        if item.realm != self.settings.realm:
            raise Refused(f"realm is {self.settings.realm!r}; want {item.realm!r}, which the lease says")
        if self.settings.name not in item.in_sync:
            return False
        still = self.table.still()
        expired = item.holder == "" or still > self.settings.lease_seconds
        if self.sound:
            return expired and item.holder != self.settings.name
        # This node started anew. Others that have everything go first; alone, it has to do.
        alone = item.in_sync == (self.settings.name,)
        return (expired or item.holder == self.settings.name) and (alone or still > 3 * self.settings.lease_seconds)

    async def _take(self, item):
        """Try for the lease, and hold office if it is won."""
        s = self.settings
        try:
            if not self.sound:
                await asyncio.to_thread(self._repair)
            # The others stay in sync: nothing is acknowledged without them until they are found silent.
            others = tuple(name for name in item.in_sync if name not in (s.name, item.holder)) if item else ()
            wanted = Item(0, item.epoch + 1 if item else 1, s.name, s.address, (s.name, *others), s.realm)
            asked = time.monotonic()
            won = await asyncio.to_thread(self.table.write, wanted, item)
        except (Lost, Unreachable, Failed) as err:
            log.warning("lease not taken: %s", str(err) or "another node was first")
            await asyncio.sleep(_STEP)
            with contextlib.suppress(Unreachable):
                await self._read()
            return
        self.item = won
        self.complete()
        await self._hold(Primary(self, won, asked))

    def _repair(self):
        """Before an office with a copy that may be damaged: read it all, and have every replica take it anew.

        kadmind writes a change first and logs it then; what lies between would never reach a replica.
        """
        self.database.check()
        self.database.forget_position()

    async def _hold(self, primary):
        self.primary = primary
        try:
            await primary.serve()
        except (Failed, Refused, OSError) as err:
            primary.stop(str(err))
        finally:
            self.primary = None
            # It may have a change that nobody else has: it begins with a full copy.
            self.sound = False
            self._fresh_until = time.monotonic()
            await primary.release(primary.others or [self.settings.name])
            await asyncio.sleep(_STEP)
            with contextlib.suppress(Unreachable):
                await self._read()

    async def _resign(self, item):
        """The lease is of an agent of this node that is dead, and its kadmind with it: the others need not wait for the time to pass."""
        others = tuple(name for name in item.in_sync if name != self.settings.name)
        with contextlib.suppress(Lost, Unreachable):
            await asyncio.to_thread(self.table.write, dataclasses.replace(item, holder="", address="", in_sync=others), item)
            await self._read()

    async def _follow(self, item):
        self.replica = Replica(self, item)
        work = asyncio.ensure_future(self.replica.follow())
        try:
            while not work.done() and not self._stopping.is_set() and self.item.epoch == item.epoch and not self._expired():
                await asyncio.wait([work], timeout=0.1)
        finally:
            work.cancel()
            await asyncio.wait([work])
            self.replica = None
        await asyncio.sleep(0.2)
        with contextlib.suppress(Unreachable):
            await self._read()

    def _expired(self):
        return self.item.holder == "" or self.table.still() > self.settings.lease_seconds

    # What this node is.

    @property
    def role(self):
        """One word for the status."""
        if self.primary:
            return "primary"
        return "replica" if self.complete_copy else "joining"

    @property
    def complete_copy(self):
        """Whether there is a database to answer from. krb5kdc starts when there is."""
        return self.settings.path("complete").exists()

    def complete(self):
        """The copy on disk is whole."""
        self.sound = True
        self.settings.path("complete").touch()

    @property
    def draining(self):
        """Whether this node was told to leave."""
        return self.settings.path("draining").exists()

    def fresh(self, since=None):
        """This node had everything that was acknowledged at a moment, and is taken to have it for FRESH more."""
        self._fresh_until = max(self._fresh_until, (since or time.monotonic()) + FRESH)

    @property
    def stale_seconds(self):
        """For how long this node may have missed what was acknowledged."""
        return 0.0 if self.primary else max(0.0, time.monotonic() - self._fresh_until)

    @property
    def behind(self):
        """Whether a primary in office is known to acknowledge changes without this node.

        Where nobody can tell, as when DynamoDB is out of reach, there is no primary for long and no
        better copy. To call every node unfit then would have all of them replaced.
        """
        item = self.item
        return bool(item) and item.holder not in ("", self.settings.name) and self.settings.name not in item.in_sync and not self._expired()

    def _remembered(self):
        """The nodes that the agent before this one knew: the proxy must not be without them at a restart."""
        try:
            return json.loads(self.settings.path("cluster.json").read_text())["nodes"]
        except (OSError, ValueError, KeyError):
            return []

    async def _tend(self):
        """Tell the proxy of this node where the others are, again and again, and step down when told to."""
        written, at = None, 0.0
        while True:
            news = {
                "primary": self.item.address if self.item else "",
                "nodes": sorted({*self._addresses, self.settings.address}),
                "fresh": self.stale_seconds == 0.0,
            }
            self.metrics.lag = max(self.metrics.lag, self.stale_seconds)
            if news != written or time.monotonic() - at > 0.4:
                write(self.settings.path("cluster.json"), json.dumps(news))
                written, at = news, time.monotonic()
            if self.primary and self._stopping.is_set():
                self.primary.stop("this node stops")
            elif self.primary and self.draining and self.primary.others:
                self.primary.stop("this node is drained")
            await asyncio.sleep(0.1)

    async def _back_up(self):
        """On the primary, every now and then, a dump by a process of its own; the next begins only when that has ended."""
        due = time.monotonic() + 60
        while True:
            await asyncio.sleep(1)
            if self.settings.backup and self.primary and time.monotonic() > due:
                began = time.monotonic()
                done = await asyncio.create_subprocess_exec(sys.executable, sys.argv[0], "backup", "--settings", self._file)
                due = time.monotonic() + 60 * self.settings.backup_minutes
                if await done.wait() != 0:
                    log.error("the database was not backed up")
                else:
                    self.metrics.backup_seconds = time.monotonic() - began

    def status(self):
        """What an operator asks first."""
        item = self.item
        return {
            "node": self.settings.name,
            "role": self.role,
            "epoch": item.epoch if item else 0,
            "primary": item.holder if item else "",
            "in_sync": list(item.in_sync) if item else [],
            "serial": self._serial(),
            "lag_seconds": round(self.stale_seconds, 3),
            "draining": self.draining,
        }

    def _serial(self):
        try:
            return self.database.position()[0]
        except (OSError, Failed):
            return 0
