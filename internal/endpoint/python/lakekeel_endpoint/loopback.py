"""boto3 clients that call this endpoint, for provisioners and integrations.

What CloudFormation creates goes through the same API, over the same port, that
a user then asks: there is no second way in that could tell another story.
"""

from __future__ import annotations

import functools
import threading

import boto3
from botocore.config import Config
from ministack.core.responses import get_account_id, get_region

# Making the first client of a service is not thread-safe in boto3.
_making = threading.Lock()

_URL: list[str] = []


def aim(url: str) -> None:
    """Say where this endpoint answers. Called once, at start."""
    _URL[:] = [url]


def client(service: str):
    """A client for the account and region of the request that is being served.

    It blocks, so it may be used on worker threads only: waiting for the event
    loop on the event loop would never end.
    """
    with _making:
        return _client(service, get_account_id(), get_region())


@functools.cache
def _client(service: str, account: str, region: str):
    return boto3.client(
        service,
        endpoint_url=_URL[0],
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="local",
        # Nothing here is throttled or lost on the way: a second try could only hide a fault.
        config=Config(retries={"total_max_attempts": 1}, read_timeout=120, s3={"addressing_style": "path"}),
    )
