"""The proxy's connections, to a KDC that counts them."""

from __future__ import annotations

import asyncio
import sys

import pytest
from cluster import PROGRAM

sys.path.insert(0, str(PROGRAM.parent))
import proxy  # noqa: E402

REQUEST = ANSWER = b"\0\0\0\3abc"


class KDC:
    """Answers some requests on each connection, and then ends it."""

    def __init__(self, each):
        self.each, self.connections = each, 0

    async def serve(self, reader, writer):
        self.connections += 1
        for _ in range(self.each):
            if not await reader.read(len(REQUEST)):
                break
            writer.write(ANSWER)
        writer.close()


def asked(kdc, requests, wait=0.0):
    """How many connections some requests took, one after the other."""

    async def run():
        server = await asyncio.start_server(kdc.serve, "127.0.0.1")
        port = server.sockets[0].getsockname()[1]
        proxy.ports.KDC, was = port, proxy.ports.KDC
        try:
            upstream = proxy.Upstream("127.0.0.1", port)
            for _ in range(requests):
                assert await proxy.answered([upstream], REQUEST) == ANSWER
                await asyncio.sleep(wait)
        finally:
            proxy.ports.KDC = was
            server.close()

    asyncio.run(asyncio.wait_for(run(), 10))
    return kdc.connections


def test_a_connection_is_used_again():
    assert asked(KDC(each=1000), 20) == 1


@pytest.mark.parametrize("wait", [0.0, 0.05])
def test_a_connection_that_ended_meanwhile_fails_no_request(wait):
    assert asked(KDC(each=1), 5, wait) == 5


def test_a_connection_is_not_kept_for_long(monkeypatch):
    monkeypatch.setattr(proxy, "_KEEP", 0.01)
    assert asked(KDC(each=1000), 3, wait=0.05) == 3


def test_many_requests_at_a_time_leave_a_few_connections():
    kdc = KDC(each=1000)

    async def run():
        server = await asyncio.start_server(kdc.serve, "127.0.0.1")
        proxy.ports.KDC, was = server.sockets[0].getsockname()[1], proxy.ports.KDC
        try:
            upstream = proxy.Upstream("127.0.0.1", proxy.ports.KDC)
            await asyncio.gather(*(proxy.answered([upstream], REQUEST) for _ in range(20)))
            assert len(upstream._kept) == proxy._MOST_KEPT
            upstream.bad()
            assert not upstream._kept
        finally:
            proxy.ports.KDC = was
            server.close()

    asyncio.run(asyncio.wait_for(run(), 10))
