"""The way in, on a node and on a client: every login is tried at one KDC after the other until one answers.

A Kerberos request is small, complete in itself and safe to ask twice. So the proxy
reads it whole, sends it to the KDC that it trusts most, and sends it again to the
next when the connection fails (at once) or nothing comes (after a while, and then
both are waited for). On a node that is its own krb5kdc first and then its peers;
on a client the nodes, whose addresses the proxy learns through the balancer, and
then the balancer. Port 749 is passed on as it is, to the primary.
"""

import asyncio
import contextlib
import json
import logging
import random
import socket
import time

import settings as ports
from settings import Client
from tasks import first

log = logging.getLogger("proxy")

LIMIT = 10.0  # seconds for one request; MIT's clients ask no KDC for longer than that, Java's give up after 30
_CONNECT = 0.04  # seconds without a connection, after which the next KDC is asked too: many times the way between two zones
_HEDGE = 0.3  # the same for an answer on a connection
_PAUSE = 0.05  # seconds before a KDC is asked again when all have failed
_LARGEST = 1 << 20  # bytes of a message; krb5kdc itself takes no more than that
_IDLE = 30.0  # seconds that a client may take for its request
_KEEP = 20.0  # seconds that a client's proxy keeps a connection without a request: less than _IDLE
_MOST_KEPT = 4  # such connections to one KDC: a node has files for those of 10,000 machines
_ADMIN_WAIT = 30.0  # seconds for which a connection to port 749 waits for a primary
_NEWS = 1.5  # seconds for which the word of a node's agent is good
_LEARN = 5.0  # seconds between questions for the list of nodes

# A message of length zero is no Kerberos; a node's proxy answers it with the addresses of all nodes.
_WHO = b"\0\0\0\0"


class Upstream:
    """One address that a KDC answers at, and how far it is trusted."""

    def __init__(self, host, port):
        self.host, self.port = host, port
        self._failures = 0
        self._until = 0.0
        self._kept = []  # connections that wait for the next request, and since when

    @property
    def doubtful(self):
        """Whether it failed lately."""
        return time.monotonic() < self._until

    def good(self):
        """It answered."""
        self._failures, self._until = 0, 0.0

    def bad(self):
        """It failed: others go first for a while, longer each time."""
        while self._kept:
            self._kept.pop()[1].transport.abort()
        self._failures = min(self._failures + 1, 6)
        self._until = time.monotonic() + 0.15 * 2**self._failures

    def ask(self, request):
        """Begin one request."""
        if self._failures:
            self._until = time.monotonic() + LIMIT  # one request tries it again, the others wait for what that finds
        return Attempt(self, request)

    async def connection(self):
        """One that was kept, or a new one."""
        while self._kept:
            reader, writer, since = self._kept.pop()
            if time.monotonic() - since < _KEEP and not reader.at_eof():
                return reader, writer
            writer.transport.abort()
        return await asyncio.open_connection(self.host, self.port)

    def keep(self, reader, writer):
        """Keep a connection after a whole answer. krb5kdc ends its own then; a node's proxy does not."""
        if self.port == ports.KDC and len(self._kept) < _MOST_KEPT:
            self._kept.append((reader, writer, time.monotonic()))
        else:
            writer.transport.abort()


class Attempt:
    """One request on its way, with a connection to itself."""

    def __init__(self, upstream, request):
        self.upstream = upstream
        self.connected = False
        self.task = asyncio.ensure_future(self._run(request))

    async def _run(self, request):
        reader, writer = await self.upstream.connection()
        self.connected = True
        try:
            writer.write(request)
            answer = await _message(reader)
        except BaseException:
            writer.transport.abort()
            raise
        self.upstream.keep(reader, writer)
        return answer


async def _message(reader):
    """A whole message, with the four bytes that say how long it is."""
    head = await reader.readexactly(4)
    length = int.from_bytes(head, "big")
    if length > _LARGEST:
        raise ValueError(f"a message of {length} bytes")
    return head + await reader.readexactly(length)


class Pool:
    """Upstreams by address, kept while the lists change so that what is known of each stays known."""

    def __init__(self):
        self._known = {}

    def of(self, places):
        """The upstreams of some (host, port)."""
        self._known = {**{place: Upstream(*place) for place in places if place not in self._known}, **self._known}
        return [self._known[place] for place in places]


class Node:
    """Where a node's proxy goes: what the agent wrote in cluster.json."""

    def __init__(self, settings):
        self._settings, self._pool = settings, Pool()
        self.listen, self.udp = settings.address, False
        self._news = {"primary": "", "nodes": [settings.address], "fresh": False}

    async def learn(self):
        """Follow the file. An agent that is dead or frozen cannot say that its copy grew old, so its word does."""
        file = self._settings.path("cluster.json")
        while True:
            with contextlib.suppress(OSError, ValueError):
                news = json.loads(file.read_text())
                self._news = {**news, "fresh": news["fresh"] and time.time() - file.stat().st_mtime < _NEWS}
            await asyncio.sleep(0.2)

    def kdcs(self):
        """Own krb5kdc first, unless it may have missed something."""
        others = [node for node in self.nodes() if node != self._settings.address]
        random.shuffle(others)
        own = [self._settings.address]
        order = own + others if self._news["fresh"] else others + own
        return self._pool.of([(address, ports.KRB5KDC) for address in order])

    def admins(self):
        """The primary's gate."""
        return [(self._news["primary"], ports.GATE)] if self._news["primary"] else []

    def nodes(self):
        """Addresses of all nodes."""
        return self._news["nodes"]


class Machine:
    """Where a client's proxy goes: the nodes themselves, and the balancer."""

    def __init__(self, client):
        self._client, self._pool = client, Pool()
        self.listen, self.udp = client.listen, True
        self._nodes, self._balancers = [], []

    async def learn(self):
        """Ask through the balancer, or a node, which nodes there are."""
        while True:
            self._balancers = await _resolved(self._client.upstreams) or self._balancers
            with contextlib.suppress(OSError, ValueError, asyncio.TimeoutError):
                answer = await asyncio.wait_for(answered(self.kdcs(), _WHO), LIMIT)
                self._nodes = [str(node) for node in json.loads(answer[4:])]
            await asyncio.sleep(_LEARN if self._nodes else 0.5)

    def kdcs(self):
        """The nodes in any order, so that each gets its part; the balancer knows those that are new."""
        nodes = random.sample(self._nodes, len(self._nodes))
        return self._pool.of([*((node, ports.KDC) for node in nodes), *random.sample(self._balancers, len(self._balancers))])

    def admins(self):
        """The same for the admin server."""
        return [_split(place) for place in self._client.admin_upstreams]

    def nodes(self):
        """Addresses of all nodes."""
        return self._nodes


def _split(place):
    host, _, port = place.rpartition(":")
    return host, int(port)


async def _resolved(places):
    """All addresses behind the names: a balancer has one in each zone."""
    loop, found = asyncio.get_running_loop(), []
    for place in places:
        host, port = _split(place)
        with contextlib.suppress(OSError):
            found += [info[4][:2] for info in await loop.getaddrinfo(host, port, family=socket.AF_INET, type=socket.SOCK_STREAM)]
    return list(dict.fromkeys(found))


async def answered(upstreams, request):
    """The first whole answer to a request. Those that failed lately are asked last."""
    if not upstreams:
        raise OSError("no KDC is known yet")
    order = sorted(upstreams, key=lambda upstream: upstream.doubtful)
    attempts = {}
    try:
        for turn in range(1000):
            newest = order[turn % len(order)].ask(request)
            attempts[newest.task] = newest
            answer = await _any(attempts, newest)
            if answer:
                return answer
            if turn >= len(order) - 1 and not attempts:
                await asyncio.sleep(_PAUSE)
    finally:
        for attempt in attempts.values():
            attempt.task.cancel()
    raise OSError("no KDC answers")


async def _any(attempts, newest):
    """The first answer to any attempt, or None when one failed or the newest is silent."""
    done, _ = await asyncio.wait(attempts, timeout=_CONNECT, return_when=asyncio.FIRST_COMPLETED)
    if not done and newest.connected:
        done, _ = await asyncio.wait(attempts, timeout=_HEDGE - _CONNECT, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        upstream = attempts.pop(task).upstream
        try:
            answer = task.result()
        except (OSError, EOFError, ValueError):
            upstream.bad()
            continue
        upstream.good()
        return answer
    if not done:
        newest.upstream.bad()
    return None


class Proxy:
    """The listening half."""

    def __init__(self, ways):
        self._ways = ways

    async def run(self):
        """Serve for ever."""
        listen = self._ways.listen
        await asyncio.start_server(self._kdc, listen, ports.KDC, backlog=4096)
        await asyncio.start_server(self._admin, listen, ports.ADMIN, backlog=1024)
        if self._ways.udp:
            await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Datagrams(self._ways), local_addr=(listen, ports.KDC))
        log.info("listening on %s", listen)
        await self._ways.learn()

    async def _kdc(self, reader, writer):
        """Requests of one client, one after the other."""
        try:
            while True:
                request = await asyncio.wait_for(_message(reader), _IDLE)
                writer.write(await self._answer(request))
                await writer.drain()
        except (OSError, EOFError, ValueError, asyncio.TimeoutError) as err:
            if str(err) and not isinstance(err, EOFError):
                log.info("client: %s", err)
        finally:
            writer.close()

    async def _answer(self, request):
        if request == _WHO and isinstance(self._ways, Node):
            text = json.dumps(self._ways.nodes()).encode()
            return len(text).to_bytes(4, "big") + text
        return await asyncio.wait_for(answered(self._ways.kdcs(), request), LIMIT)

    async def _admin(self, reader, writer):
        try:
            await Session(reader, writer).run(self._to_admin, self._ways.admins)
        except OSError as err:
            log.info("admin: %s", err)
        finally:
            writer.close()

    async def _to_admin(self):
        """A connection to the primary, when there is one again."""
        end = time.monotonic() + _ADMIN_WAIT
        while time.monotonic() < end:
            for place in self._ways.admins():
                with contextlib.suppress(OSError, asyncio.TimeoutError):
                    reader, writer = await asyncio.wait_for(asyncio.open_connection(*place), 1)
                    _notice_silence(writer.get_extra_info("socket"))
                    return place, reader, writer
            await asyncio.sleep(0.1)
        raise ConnectionRefusedError("no primary")


class Session:
    """One connection to the admin server.

    What a client says before it heard anything only opens a session, so it is said
    again to the next primary when this one ends without a word. Later it is not:
    a change must not be asked for twice.
    """

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer
        self._said = b""
        self._heard = self._left = False

    async def run(self, connect, admins):
        """Until one side ends, or the admin server has moved."""
        end = time.monotonic() + _ADMIN_WAIT
        while time.monotonic() < end:
            place, back_reader, back_writer = await connect()
            try:
                back_writer.write(self._said)
                with contextlib.suppress(ConnectionError):
                    await first(self._up(back_writer), self._down(back_reader), _moved(place, admins))
            finally:
                back_writer.transport.abort()
            if self._heard or self._left:
                return
            await asyncio.sleep(_PAUSE)

    async def _up(self, back):
        while True:
            data = await self._reader.read(65536)
            if not data:
                self._left = True
                return
            if not self._heard:
                self._said += data
            back.write(data)
            await back.drain()

    async def _down(self, back):
        while True:
            data = await back.read(65536)
            if not data:
                return
            self._heard = True
            self._writer.write(data)
            await self._writer.drain()


async def _moved(place, admins):
    """A primary whose link is cut says nothing, not even that it is gone."""
    while place in admins():
        await asyncio.sleep(0.2)


def _notice_silence(sock):
    """The other side's death without a word ends the connection in about ten seconds."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 4), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 10_000)):
        sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


class _Datagrams(asyncio.DatagramProtocol):
    """Clients that ask by UDP first, as krb5.conf on EMR has them do, get the same answers."""

    def __init__(self, ways):
        self._ways = ways
        self._tasks = set()

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, addr):
        task = asyncio.ensure_future(self._reply(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, data, addr):
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            answer = await asyncio.wait_for(answered(self._ways.kdcs(), len(data).to_bytes(4, "big") + data), LIMIT)
            self._transport.sendto(answer[4:], addr)


def ways(path):
    """Where the proxy of a file of settings goes."""
    if ports.is_client(path):
        return Machine(Client.read(path))
    return Node(ports.Settings.read(path))
