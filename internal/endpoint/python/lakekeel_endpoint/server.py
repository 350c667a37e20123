"""The port: our own two paths, everything else to ministack's application."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import resource
import signal
import socket

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app as ministack

from . import quicksight, snapshot, types
from .home import Home
from .joint import Joint
from .settings import Settings

log = logging.getLogger("lakekeel")

# Requests under way at SIGTERM get this long to end, in seconds.
GRACE = 1


class Application:
    """The ASGI application: health and coverage here, AWS's APIs in the engines."""

    def __init__(self, joint: Joint):
        self._joint = joint
        self._keeper = snapshot.Keeper() if joint.settings.persist else None

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith("/_lakekeel/"):
            await self._own(scope["path"], send)
        else:
            if self._keeper and scope["type"] == "http" and snapshot.may_change(scope):
                self._keeper.touch()
            await ministack(scope, receive, send)

    async def _lifespan(self, scope, receive, send):
        """Start after ministack has restored its state, stop before it saves it."""

        async def receive_and_stop():
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self._joint.stop()
                if self._keeper:
                    await self._keeper.stop()
            return message

        async def start_and_send(message):
            if message["type"] == "lifespan.startup.complete":
                await self._joint.start()
                if self._keeper:
                    self._keeper.start()
            await send(message)

        await ministack(scope, receive_and_stop, start_and_send)

    async def _own(self, path: str, send):
        settings = self._joint.settings
        if path.startswith("/_lakekeel/bundles/"):
            await self._bundle(path.removeprefix("/_lakekeel/bundles/"), send)
            return
        if path == "/_lakekeel/health":
            status, payload = 200, {"status": "ok", "account": settings.account, "region": settings.region}
        elif path == "/_lakekeel/types":
            status, payload = 200, types.coverage(settings.record_unknown).as_dict()
        else:
            status, payload = 404, {"message": f"{path} is unknown; there are /_lakekeel/health and /_lakekeel/types"}
        await _send(send, status, b"application/json", json.dumps(payload).encode())

    async def _bundle(self, path: str, send):
        """What a download URL of QuickSight's gives: there, an object of S3 by a presigned URL."""
        content = quicksight.download(path)
        if content is None:
            await _send(send, 403, b"text/plain", b"The URL has expired; ask DescribeAssetBundleExportJob for another")
        else:
            await _send(send, 200, b"application/zip", content)


async def _send(send, status: int, content_type: bytes, body: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def run(settings: Settings, home: Home, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT. Returns after an orderly stop."""
    joint = Joint(settings)
    joint.install()
    _raise_file_limit()
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.graceful_timeout = GRACE
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    asyncio.run(_serve(Application(joint), config, settings, home))


async def _serve(application: Application, config: Config, settings: Settings, home: Home) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    announcing = asyncio.create_task(_announce(settings, home))
    try:
        await serve(application, config, shutdown_trigger=stopped.wait)
    finally:
        announcing.cancel()


async def _announce(settings: Settings, home: Home) -> None:
    """Write the ready file once the endpoint has answered a request of its own."""
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", settings.port)
            writer.write(b"GET /_lakekeel/health HTTP/1.0\r\nHost: localhost\r\n\r\n")
            status = await reader.readline()
            writer.close()
            if b" 200" in status:
                break
        except OSError:
            pass
        await asyncio.sleep(0.05)
    home.announce(settings)
    log.info("answers at %s (pid %d)", settings.url, os.getpid())


def _raise_file_limit() -> None:
    """Spark opens many connections at once; the soft limit of 1024 files is too low for them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
