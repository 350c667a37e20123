"""What the primary does: kadmind behind a gate that holds each reply until every in-sync node has the change."""

import asyncio
import contextlib
import dataclasses
import logging
import time

import settings as ports
import vault
from channel import Channel, Forged
from daemons import Daemon, Failed, program
from lease import Lost, Unreachable
from tasks import copy, first

log = logging.getLogger("primary")

SILENCE = 3.0  # seconds without a word or a confirmation, after which a replica is written out of in_sync
HEARTBEAT = 0.5  # seconds
# Seconds from a node's last proof that it has everything until its proxy no longer trusts it:
# 1.5 in the agent (agent.FRESH), 0.3 until the proxy has read it, and some more.
LAPSE = 2.0
_WATCH = 0.2  # seconds between looks at the update log for changes that no reply announced, such as kadmin.local's


class History:
    """The primary's own changes in their order. Positions cannot be compared by size: a change of policy starts them anew."""

    def __init__(self, database):
        self._database = database
        self._number = {}
        self.last = 0

    def look(self):
        """The number of the newest change."""
        position = self._database.position()
        if position not in self._number:
            self.last += 1
            self._number[position] = self.last
            if len(self._number) > 100_000:
                self._number.pop(next(iter(self._number)))
        return self._number[position]

    def number(self, position):
        """The number of a position, or 0 if this node has never been seen there."""
        self.look()
        return self._number.get(tuple(position), 0)


class Replica:
    """A node that follows this one."""

    def __init__(self, name, address, channel):
        self.name, self.address, self.channel = name, address, channel
        self.confirmed = 0
        self.required = False  # replies wait for it
        self.heard = time.monotonic()


class Primary:
    """One term of office, from the moment that the lease is held."""

    def __init__(self, agent, item, asked):
        """The lease was asked for at a moment of the monotonic clock."""
        self._agent, self._settings, self._database, self._table = agent, agent.settings, agent.database, agent.table
        self.item = item
        self.replicas = {}
        self._history = History(self._database)
        self._confirmation = asyncio.Condition()
        self._writing = asyncio.Lock()
        self._over = asyncio.Event()
        self._admitting = asyncio.Lock()
        self._asked = asked  # when the last renewal that succeeded was sent
        self._lapse = 0.0  # when the nodes that were written out no longer answer for themselves
        self._gate_connections = set()
        self.reason = ""
        self.kadmind = None

    # The term.

    async def serve(self):
        """Hold office until the lease or kadmind is lost, or stop is called; returns why."""
        s = self._settings
        tasks = [self._begin(self._fence()), self._begin(self._renew())]
        servers = []
        try:
            await asyncio.to_thread(self._prepare)
            self._history.look()
            self.kadmind = self._start_kadmind()
            servers = [
                await asyncio.start_server(self._peer, s.address, ports.PEERS),
                await asyncio.start_server(self._pass, s.address, ports.GATE, backlog=1024),
            ]
            tasks += [self._begin(work) for work in (self._watch(), self._beat(), self._expel(), self._supervise())]
            log.info("primary in epoch %d, in sync %s", self.item.epoch, ",".join(self.item.in_sync))
            await self._over.wait()
        finally:
            self._close(tasks, servers)
        return self.reason

    def _begin(self, work):
        """Run beside the rest; what fails unforeseen ends the term."""
        task = asyncio.ensure_future(work)
        task.add_done_callback(lambda done: done.cancelled() or done.exception() is None or self.stop(repr(done.exception())))
        return task

    def _close(self, tasks, servers):
        if self.kadmind:
            self.kadmind.kill()
        for task in tasks:
            task.cancel()
        for server in servers:
            server.close()
        for writer in list(self._gate_connections):
            writer.transport.abort()
        for replica in self.replicas.values():
            replica.channel.close()

    def _prepare(self):
        self._settings.path("full.dump").unlink(missing_ok=True)
        self._database.admit(self._settings.address)
        # EMR's name is there from the beginning, as a service; the last one made says that all are.
        if not self._database.has(ports.ADMINISTRATORS[-1]):
            password = vault.read(self._settings)["admin_password"]
            for principal in ports.ADMINISTRATORS:
                self._database.set_password(principal, password)

    def _start_kadmind(self):
        s = self._settings
        return Daemon(
            s, "kadmind", "-nofork", "-r", s.realm, "-P", s.path("kadmind.pid"), "-p", program("kdb5_util"),
            "-K", program("kprop"), "-k", ports.KPROPD, "-F", s.path("full.dump"),
        )  # fmt: skip

    def stop(self, reason):
        """End the term: kadmind is dead when this returns."""
        if not self._over.is_set():
            log.warning("no longer primary: %s", reason)
            self.reason = reason
            if self.kadmind:
                self.kadmind.kill()
            self._over.set()

    async def _supervise(self):
        while self.kadmind.running:
            await asyncio.sleep(0.05)
        self.stop("kadmind died")

    # The lease.

    async def _fence(self):
        """End the term before another node may begin one."""
        while True:
            left = self._asked + self._settings.lease_seconds * 0.8 - time.monotonic()
            if left <= 0:
                self.stop("the lease could not be renewed")
                return
            await asyncio.sleep(left)

    async def _renew(self):
        while True:
            await asyncio.sleep(self._settings.lease_seconds / 5)
            await self._change()

    async def _change(self, add=(), drop=()):
        """Renew the lease, naming more or fewer nodes that are in sync; whether it was written.

        What to name is decided inside the lock: a renewal that had waited with an older
        list would put back a node that was written out meanwhile.
        """
        async with self._writing:
            asked = time.monotonic()
            in_sync = dict.fromkeys([*self.item.in_sync, *add])
            wanted = dataclasses.replace(self.item, in_sync=tuple(name for name in in_sync if name not in drop))
            try:
                self.item = await asyncio.to_thread(self._table.write, wanted, self.item)
            except Unreachable as err:
                log.warning("lease: %s", err)
                return False
            except Lost:
                return await self._reread()
            self._asked = asked
            return True

    async def _reread(self):
        """A write whose answer was lost may have succeeded: then the item is still this node's."""
        with contextlib.suppress(Unreachable):
            item = await asyncio.to_thread(self._table.read)
            if item and item.holder == self._settings.name and item.epoch == self.item.epoch:
                self.item = item
            else:
                self.stop(f"{item.holder if item else 'nobody'} holds the lease")
        return False

    async def release(self, heirs):
        """Give the lease back, so that one of the heirs takes it at once. After stop."""
        async with self._writing:
            free = dataclasses.replace(self.item, holder="", address="", in_sync=tuple(heirs))
            with contextlib.suppress(Lost, Unreachable):
                await asyncio.to_thread(self._table.write, free, self.item)

    @property
    def others(self):
        """The other nodes that have everything."""
        return [name for name in self.item.in_sync if name != self._settings.name]

    # Replicas.

    async def _peer(self, reader, writer):
        replica = None
        try:
            channel = await Channel(self._agent.key, reader, writer, caller=False).greet()
            hello = await channel.hear(2)
            replica = Replica(hello["name"], hello["address"], channel)
            async with self._admitting:
                if self._over.is_set():
                    return
                await asyncio.to_thread(self._database.admit, replica.address)
            self._replace(replica)
            channel.say(welcome=self.item.epoch, **self._news(replica))
            while True:
                await self._hear(replica, await channel.hear(SILENCE))
        except (OSError, ValueError, KeyError, asyncio.TimeoutError, Forged, Failed) as err:
            log.info("peer %s: %s", replica.name if replica else "?", str(err) or type(err).__name__)
        finally:
            writer.transport.abort()

    def _replace(self, replica):
        old = self.replicas.get(replica.name)
        if old:
            old.channel.close()
            replica.required = old.required
        self.replicas[replica.name] = replica

    async def _hear(self, replica, message):
        replica.heard = time.monotonic()
        replica.confirmed = max(replica.confirmed, self._history.number(message["position"]))
        async with self._confirmation:
            self._confirmation.notify_all()
        newest = replica.confirmed == self._history.last
        if newest and replica.name not in self.item.in_sync:
            # Required first: whatever is acknowledged from here on, it has.
            replica.required = True
            if await self._change(add=[replica.name]):
                log.info("%s is in sync", replica.name)
                replica.channel.say(**self._news(replica))

    def _news(self, replica):
        return {"position": self._database.position(), "in_sync": replica.name in self.item.in_sync}

    def _tell(self):
        for replica in self.replicas.values():
            replica.channel.say(**self._news(replica))

    async def _beat(self):
        while True:
            self._tell()
            await asyncio.sleep(HEARTBEAT)

    async def _watch(self):
        while True:
            self._notice()
            await asyncio.sleep(_WATCH)

    def _notice(self):
        """The number of the newest change, of which the replicas are told if it is news."""
        before = self._history.last
        number = self._history.look()
        if self._history.last != before:
            self._tell()
        return number

    async def _expel(self):
        """Write silent replicas out of in_sync, so that the others' changes go on without them."""
        began = time.monotonic()
        while True:
            await asyncio.sleep(0.1)
            now = time.monotonic()
            for name in self.others:
                replica = self.replicas.get(name)
                if now - (replica.heard if replica else began) > SILENCE:
                    await self._drop(name, "silent")

    async def _drop(self, name, why):
        if await self._change(drop=[name]):
            log.warning("%s is no longer in sync: %s", name, why)
            self._lapse = time.monotonic() + LAPSE
            if name in self.replicas:
                self.replicas[name].required = False
                self.replicas[name].channel.close()
            async with self._confirmation:
                self._confirmation.notify_all()

    def _lagging(self, number):
        """Nodes without which a change cannot be acknowledged yet."""
        required = set(self.others) | {name for name, replica in self.replicas.items() if replica.required}
        return [name for name in required if name not in self.replicas or self.replicas[name].confirmed < number]

    async def _confirmed(self, number):
        """Return when every in-sync node has a change, and no other node takes itself for one."""
        end = time.monotonic() + SILENCE
        while not self._over.is_set():
            lagging = self._lagging(number)
            if not lagging and time.monotonic() > self._lapse:
                return
            if not lagging:
                await asyncio.sleep(0.05)
                continue
            left = end - time.monotonic()
            if left <= 0:
                for name in lagging:
                    await self._drop(name, f"no confirmation for {SILENCE:g} s")
                await asyncio.sleep(0.1)
                continue
            async with self._confirmation:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._confirmation.wait(), min(left, 0.2))
        raise ConnectionAbortedError("the term is over")

    # The gate.

    async def _pass(self, reader, writer):
        self._gate_connections.add(writer)
        try:
            back_reader, back_writer = await self._to_kadmind()
            try:
                await first(copy(reader, back_writer), self._reply(back_reader, writer))
            finally:
                back_writer.transport.abort()
        except OSError as err:
            log.info("gate: %s", err)
        finally:
            self._gate_connections.discard(writer)
            writer.close()

    async def _to_kadmind(self):
        """A connection to kadmind, which may be just about to listen."""
        for _ in range(100):
            with contextlib.suppress(OSError):
                return await asyncio.open_connection(self._settings.address, ports.KADMIND)
            await asyncio.sleep(0.05)
        raise ConnectionRefusedError("kadmind does not answer")

    async def _reply(self, reader, writer):
        """kadmind works on one request at a time and logs the change before it answers.

        So when its answer is read here, the change has its number.
        """
        while True:
            data = await reader.read(65536)
            if not data:
                return
            await self._confirmed(self._notice())
            writer.write(data)
            await writer.drain()
