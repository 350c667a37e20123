"""What the balancer asks: whether this node serves logins, tried by one."""

import asyncio
import json
import subprocess
import time

import daemons
import settings as ports

_EVERY = 1.0  # seconds between logins
_OLD = 4.0  # seconds after which a login that succeeded proves nothing any more
_STALE = 5.0  # seconds that a node may be behind a primary before the balancer is told


class Health:
    """The HTTP server of an agent."""

    def __init__(self, agent):
        self._agent, self._settings = agent, agent.settings
        self._succeeded = float("-inf")
        self._words = "no login yet"

    async def start(self):
        """Listen."""
        await asyncio.start_server(self._answer, self._settings.address, ports.HEALTH)

    async def probe_often(self):
        """Log in again and again, against this node's own krb5kdc."""
        while True:
            self._words = await asyncio.to_thread(self._login)
            if self._words:
                self._agent.metrics.failed_logins += 1
            else:
                self._succeeded = time.monotonic()
            await asyncio.sleep(_EVERY)

    def _login(self):
        """A whole AS exchange with preauthentication, as any client does it; what went wrong."""
        s = self._settings
        if not self._agent.complete_copy:
            return "no complete copy yet"
        try:
            daemons.run("kinit", "-k", "-t", s.path("keytab"), f"health/{s.address}", settings=s, seconds=3)
        except (daemons.Failed, subprocess.SubprocessError) as err:
            return str(err)
        return ""

    def fault(self):
        """Why the balancer is to leave this node out, or nothing."""
        if self._agent.draining:
            return "draining"
        if not self._agent.complete_copy:
            return "no complete copy yet"
        if time.monotonic() - self._succeeded > _OLD:
            return self._words or "no login for a while"
        if self._agent.behind and self._agent.stale_seconds > _STALE:
            return f"behind the primary for {self._agent.stale_seconds:.0f} s"
        return ""

    async def _answer(self, reader, writer):
        try:
            line = (await asyncio.wait_for(reader.readline(), 5)).split()
            path = line[1].decode() if len(line) > 1 else ""
            status, body = self._of(path)
            text = json.dumps(body) + "\n"
            head = [f"HTTP/1.0 {status}", "Content-Type: application/json", f"Content-Length: {len(text)}", "Connection: close", "", ""]
            writer.write(("\r\n".join(head) + text).encode())
            await writer.drain()
        except (OSError, ValueError, asyncio.TimeoutError):
            pass  # a checker that went away
        finally:
            writer.close()

    def _of(self, path):
        fault = self.fault()
        if path == "/health":
            return ("503 Unavailable", {"fault": fault}) if fault else ("200 OK", {"fault": ""})
        if path == "/admin":
            return ("200 OK" if self._agent.primary else "503 Unavailable"), {"role": self._agent.role}
        if path == "/status":
            return "200 OK", {**self._agent.status(), "fault": fault}
        return "404 Not Found", {"paths": ["/health", "/admin", "/status"]}
