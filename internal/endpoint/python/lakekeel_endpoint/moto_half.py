"""moto, called in this process: the services that ministack lacks.

moto is written as a WSGI application. It is called directly, without a socket
of its own, and imported at the first request that needs it: that import costs
a quarter of a second and 20 MB that a Glue stack never uses.
"""

from __future__ import annotations

import functools
import io
import os
import sys
from urllib.parse import quote, urlencode

from .wire import Answer, Request


@functools.cache
def _application():
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    from .mends import lakeformation

    lakeformation.install()
    # moto has read its default account from it; left in place, it would be everybody's account.
    os.environ.pop("MOTO_ACCOUNT_ID", None)
    return DomainDispatcherApplication(create_backend_app)


def seed(value: int) -> None:
    """Make the identifiers that moto generates next follow from value."""
    from moto.moto_api._internal import mock_random

    mock_random.seed(value)


def call(request: Request, account: str) -> Answer:
    """Let moto answer for an account."""
    status_and_headers: list = []

    def start_response(status, headers, _exception=None):
        status_and_headers[:] = [int(status.split()[0]), dict(headers)]

    body = b"".join(_application()(_environ(request, account), start_response))
    status, headers = status_and_headers
    headers.pop("Content-Length", None)
    return status, headers, body


def _environ(request: Request, account: str) -> dict:
    """The WSGI environment (PEP 3333) of a request."""
    query = urlencode(request.query, doseq=True)
    uri = quote(request.path) + (f"?{query}" if query else "")
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path,
        "QUERY_STRING": query,
        "RAW_URI": uri,
        "REQUEST_URI": uri,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "HTTP_X_MOTO_ACCOUNT_ID": account,
    }
    for name, value in request.headers.items():
        if name == "content-type":
            environ["CONTENT_TYPE"] = value
        elif name not in ("content-length", "transfer-encoding"):
            environ["HTTP_" + name.upper().replace("-", "_")] = value
    return environ
