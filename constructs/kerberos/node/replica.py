"""What a replica does: kpropd, woken at each change that the primary tells of, and confirmations."""

import asyncio
import logging
import signal
import time

import settings as ports
from channel import Channel, Forged
from daemons import Daemon, Failed, program
from tasks import first, wait

log = logging.getLogger("replica")

SILENCE = 3.0  # seconds without a word from the primary, after which another connection is tried
_WAKE = 0.03  # seconds between signals to a kpropd that has not got the change
_LOOK = 0.002  # seconds between looks at the update log while a change is awaited
_STUCK = 1.5  # seconds without the change, after which a full copy is let in


class Replica:
    """One connection to one primary."""

    def __init__(self, agent, item):
        self._agent, self._settings, self._database = agent, agent.settings, agent.database
        self._item = item
        self._wanted = None
        self._news = asyncio.Event()
        self.in_sync = False
        self._kpropd, self._open, self._since = None, False, 0.0

    async def follow(self):
        """Follow the primary until the connection or kpropd is lost."""
        channel = None
        try:
            channel = await Channel.call(self._agent.key, self._item.address, ports.PEERS)
            channel.say(name=self._settings.name, address=self._settings.address)
            welcome = await channel.hear(5)
            log.info("following %s in epoch %d", self._item.holder, welcome["welcome"])
            self._take(welcome)
            self._database.follow(self._item.address)
            if not self._agent.sound:
                await asyncio.to_thread(self._database.forget_position)
            self._start_kpropd(open=not self._agent.sound)
            await first(self._hear(channel), self._confirm(channel), self._supervise())
        except (OSError, ValueError, KeyError, asyncio.TimeoutError, Forged, Failed) as err:
            log.info("left %s: %s", self._item.holder, str(err) or type(err).__name__)
        finally:
            self.in_sync = False
            if channel:
                channel.close()
            await self._end_kpropd()

    def _start_kpropd(self, open):
        """Start kpropd anew, open for a full copy or not.

        A copy that was asked for twice comes twice, and the second one would take back
        what came since the first. So none is let in unless it is needed, and a kpropd
        that was open is killed with all that it still receives before anything is confirmed.
        """
        if self._kpropd:
            self._kpropd.kill()
        if open:
            log.info("taking a full copy")
        self._open, self._since = open, time.monotonic()
        self._database.accept_copies(self._item.address if open else "")
        s = self._settings
        self._kpropd = Daemon(
            s, "kpropd", "-D", "-r", s.realm, "-A", self._item.address, "-a", s.path("kpropd.acl"), "-f", s.path("received.dump"),
            "-F", s.path("principal"), "-p", program("kdb5_util"), "-P", ports.KPROPD, "-s", s.path("keytab"),
            conf="replica.conf",
        )  # fmt: skip

    async def _end_kpropd(self):
        """Kill kpropd between two changes, so that it leaves a whole database."""
        if not self._kpropd:
            return
        for _ in range(10):
            before = self._database.position()
            await asyncio.sleep(0.1)
            if self._database.position() == before:
                break
        self._kpropd.kill()

    async def _supervise(self):
        while self._kpropd.running:
            await asyncio.sleep(0.05)
        # It may have died in the middle of a write, which this kind of database does not survive for certain.
        self._agent.sound = False
        raise Failed("kpropd died")

    async def _hear(self, channel):
        while True:
            self._take(await channel.hear(SILENCE))

    def _take(self, message):
        self._wanted = tuple(message["position"])
        self.in_sync = message["in_sync"]
        if self.in_sync:
            self._agent.fresh()
        self._news.set()

    async def _confirm(self, channel):
        """Tell the primary of each new position, and at least twice a second that this node lives."""
        told, at, woken = None, 0.0, 0.0
        while True:
            position = self._database.position()
            now = time.monotonic()
            self._choose(position, now)
            if self._open:
                position = (0, 0, 0)
            if position != told or now - at > 0.5:
                channel.say(position=position)
                told, at = position, now
            if position == self._wanted:
                self._news.clear()
                await wait(self._news, 0.25)
            else:
                if now - woken > _WAKE:
                    self._kpropd.signal(signal.SIGUSR1)
                    woken = now
                await asyncio.sleep(_LOOK)

    def _choose(self, position, now):
        """Open for a full copy when the changes cannot come one by one, and close when the copy is there."""
        if position == self._wanted:
            self._since = now
            if self._open:
                self._start_kpropd(open=False)
            elif not self._agent.sound:
                self._agent.complete()
        elif not self._open and (self._wanted[0] <= position[0] or now - self._since > _STUCK):
            # A change of policy starts the primary's log anew.
            self._start_kpropd(open=True)
