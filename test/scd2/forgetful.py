"""A catalog that does not compare versions, as Glue's was before it did: the endpoint, with VersionId taken out of UpdateTable.

Each UpdateTable is held up for a moment, which on AWS is the way to Glue: what two writers decide in that moment collides.
"""

import contextlib
import http.client
import http.server
import json
import threading
import time

HELD_UP = 0.05  # seconds


class Forgetful:
    def __init__(self, url: str):
        host = url.split("://")[1]

        class Relay(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.headers.get("X-Amz-Target", "").endswith(".UpdateTable"):
                    body = json.dumps({k: v for k, v in json.loads(body).items() if k != "VersionId"}).encode()
                    time.sleep(HELD_UP)
                asked = http.client.HTTPConnection(host, timeout=60)
                headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length", "connection", "expect")}
                asked.request("POST", self.path, body, headers)
                answer = asked.getresponse()
                text = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                with contextlib.suppress(BrokenPipeError):
                    self.wfile.write(text)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Relay)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
