"""What agents say to each other: lines of JSON, each proved to come from a holder of the node key."""

import asyncio
import hashlib
import hmac
import json
import secrets


class Forged(Exception):
    """A line that no node of this KDC wrote, or that was heard before."""


class Channel:
    """One connection of two agents. Each side's lines are numbered and bound to both sides' random numbers."""

    def __init__(self, key, reader, writer, caller):
        self._key, self._reader, self._writer, self._caller = key, reader, writer, caller
        self._session = b""
        self._sent = self._heard = 0

    @classmethod
    async def call(cls, key, address, port, seconds=2):
        """Connect to an agent."""
        reader, writer = await asyncio.wait_for(asyncio.open_connection(address, port), seconds)
        return await cls(key, reader, writer, caller=True).greet()

    async def greet(self, seconds=2):
        """Exchange the random numbers."""
        mine = secrets.token_hex(16).encode()
        self._writer.write(mine + b"\n")
        theirs = (await asyncio.wait_for(self._reader.readline(), seconds)).strip()
        if len(theirs) != len(mine):
            raise Forged("no greeting")
        self._session = mine + theirs if self._caller else theirs + mine
        return self

    def say(self, **message):
        """Send one message. What is not taken off by the network within its buffer is the receiver's loss: it will be found silent."""
        text = json.dumps(message).encode()
        self._writer.write(self._proof(self._caller, self._sent, text) + b" " + text + b"\n")
        self._sent += 1

    async def hear(self, seconds=None):
        """The next message; raises ConnectionError at the end and asyncio.TimeoutError after silence."""
        line = await asyncio.wait_for(self._reader.readline(), seconds)
        if not line.endswith(b"\n"):
            raise ConnectionResetError("the other agent is gone")
        proof, _, text = line.rstrip(b"\n").partition(b" ")
        if not hmac.compare_digest(proof, self._proof(not self._caller, self._heard, text)):
            raise Forged("a line without proof")
        self._heard += 1
        return json.loads(text)

    def close(self):
        """End the connection at once."""
        self._writer.transport.abort()

    def _proof(self, caller, number, text):
        told = b"%s %d %d %s" % (self._session, caller, number, text)
        return hmac.new(self._key, told, hashlib.sha256).hexdigest().encode()
