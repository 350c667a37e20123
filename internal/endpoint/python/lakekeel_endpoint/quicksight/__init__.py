"""QuickSight's assets, their definitions, and the bundles that carry them from account to account.

README.md is this package's contract. Nothing is drawn, refreshed or asked: a dashboard here is its
definition, checked against the API's model and against what it refers to.
"""

from __future__ import annotations

import functools
import re
import textwrap
import threading
import time
import uuid

from ..wire import Answer, Request, answer, fault
from . import assets, jobs, model
from .errors import QuickSightError, denied
from .scope import Scope

__all__ = ["QuickSight", "coverage", "download", "implemented"]

OPERATIONS = {**assets.OPERATIONS, **jobs.OPERATIONS}


class QuickSight:
    """The assets of every account and region of this process."""

    def __init__(self, url: str):
        self._url = url
        self._scopes: dict[tuple[str, str], Scope] = {}
        self._lock = threading.Lock()

    def call(self, request: Request, account: str, region: str, now: float) -> Answer | None:
        """Answer a request, or return None when it is moto's.

        now is the time of a change, so that a journal played again gives the same; 0 stands for this moment.
        """
        name, fields = model.read(request)
        if name not in OPERATIONS:
            return None if name in _motos() else _unknown(request, name)
        try:
            if fields.get("AwsAccountId", account) != account:
                raise denied(f"Account {account} has no access to account {fields['AwsAccountId']}")
            if wrong := model.faults(name, fields):
                return fault("InvalidParameterValueException", wrong)
            with self._lock:
                scope = self._scope(account, region)
                scope.now = now or time.time()
                payload = OPERATIONS[name](scope, fields)
        except QuickSightError as error:
            return fault(error.code, error.message, error.status)
        shape = model.service().operation_model(name).output_shape
        told = {k: v for k, v in payload.items() if k in shape.members}
        return answer({**told, "Status": 200, "RequestId": uuid.uuid4().hex})

    def _scope(self, account: str, region: str) -> Scope:
        if (account, region) not in self._scopes:
            self._scopes[account, region] = Scope(account, region, _partition(region), url=self._url)
        return self._scopes[account, region]


def download(path: str) -> bytes | None:
    """The bundle of an export by its download URL's path; None when the URL holds no more."""
    return jobs.download(path, time.time())


def implemented() -> dict[str, str]:
    """Who answers each operation of the API that is answered here: "lakekeel" or "moto"."""
    return dict(sorted({**dict.fromkeys(_motos(), "moto"), **dict.fromkeys(OPERATIONS, "lakekeel")}.items()))


def coverage() -> str:
    """What of the API is answered, by whom, as a list in two parts."""
    answered = implemented()
    lines = []
    for who, about in (("lakekeel", "kept and described here"), ("moto", "answered by moto")):
        names = [name for name, by in answered.items() if by == who]
        lines += [f"{len(names)} {about}:", *textwrap.wrap(", ".join(names), 118, initial_indent="  ", subsequent_indent="  ")]
    missing = len(model.service().operation_names) - len(answered)
    return "\n".join([*lines, f"{missing} further operations of the API are refused by name (UnknownOperationException)."])


@functools.cache
def _motos() -> frozenset[str]:
    """The operations that moto has."""
    from moto.quicksight.responses import QuickSightResponse

    snake = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(): name for name in model.service().operation_names}
    return frozenset(name for method, name in snake.items() if hasattr(QuickSightResponse, method))


def _unknown(request: Request, name: str) -> Answer:
    what = name or f"{request.method} {request.path}"
    return fault("UnknownOperationException", f"the local endpoint does not implement quicksight: {what}", 501)


def _partition(region: str) -> str:
    from botocore.session import get_session

    return get_session().get_partition_for_region(region)
