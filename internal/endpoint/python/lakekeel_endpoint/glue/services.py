"""The endpoint's own services, called inside the process by their API.

The engine knows S3, CloudWatch Logs and the Glue catalog only as a client
does: by requests. It merely saves the way over the socket.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from ..wire import Handler
from .errors import GlueError


@dataclass(frozen=True)
class Object:
    """One object of a bucket."""

    bucket: str
    key: str
    size: int  # bytes

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class S3Error(Exception):
    """S3 refused for a reason other than a missing bucket or object."""


class NoSuchBucket(Exception):
    """The bucket does not exist."""


class NoSuchKey(Exception):
    """The bucket exists, the object does not."""


def parse_url(url: str) -> tuple[str, str]:
    """Bucket and key of an s3:// URL; a ValueError for anything else."""
    parts = urlsplit(url)
    if parts.scheme not in ("s3", "s3a", "s3n") or not parts.netloc:
        raise ValueError(f"{url!r} is not an S3 URL; want s3://BUCKET/KEY")
    # urlsplit would cut a key at "?" or "#", which S3 allows.
    return parts.netloc, url.split("://", 1)[1][len(parts.netloc) :].lstrip("/")


class Services:
    """Calls to the services beside the engine.

    glue is the handler that answered the Glue API before the engine came: the
    catalog and the definitions of jobs, crawlers, triggers and workflows.
    """

    def __init__(self, handlers: dict[str, Handler], glue: Handler):
        self._handlers = handlers
        self._glue = glue

    @property
    def other(self) -> Handler:
        """The handler of every Glue request that the engine does not answer."""
        return self._glue

    async def glue(self, action: str, **request) -> dict:
        """One call to the catalog; a GlueError if it refuses."""
        return await _json_call(self._glue, f"AWSGlue.{action}", request)

    async def logs(self, action: str, **request) -> dict:
        """One call to CloudWatch Logs; a GlueError if it refuses."""
        return await _json_call(self._handlers["logs"], f"Logs_20140328.{action}", request)

    async def secret(self, name: str) -> str:
        """The text of a secret; a GlueError if there is none."""
        answer = await _json_call(self._handlers["secretsmanager"], "secretsmanager.GetSecretValue", {"SecretId": name})
        return answer.get("SecretString", "")

    async def list(self, bucket: str, prefix: str) -> list[Object]:
        """Every object below prefix, in key order."""
        found, query = [], {"list-type": ["2"], "prefix": [prefix], "encoding-type": ["url"]}
        while True:
            status, _, body = await self._handlers["s3"]("GET", f"/{bucket}", {}, b"", query)
            _check_s3(status, body, bucket, prefix)
            page = _without_namespaces(body)
            for item in page.iter("Contents"):
                found.append(Object(bucket, unquote(item.findtext("Key", "")), int(item.findtext("Size", "0"))))
            token = page.findtext("NextContinuationToken")
            if not token:
                return found
            query = {**query, "continuation-token": [token]}

    async def read(self, bucket: str, key: str, first: int = 0, last: int | None = None) -> bytes:
        """The object's bytes from first to last, both included; all if last is None."""
        headers = {} if last is None else {"range": f"bytes={first}-{last}"}
        status, _, body = await self._handlers["s3"]("GET", f"/{bucket}/{key}", headers, b"", {})
        _check_s3(status, body, bucket, key)
        return body


async def _json_call(handler: Handler, target: str, request: dict) -> dict:
    headers = {"x-amz-target": target, "content-type": "application/x-amz-json-1.1"}
    status, _, body = await handler("POST", "/", headers, json.dumps(request).encode(), {})
    content = json.loads(body or b"{}")
    if status >= 400:
        code = str(content.get("__type", "InternalServiceException")).rsplit("#", 1)[-1]
        raise GlueError(code, content.get("message") or content.get("Message") or code)
    return content


def _without_namespaces(body: bytes) -> ElementTree.Element:
    root = ElementTree.fromstring(body)
    for element in root.iter():
        element.tag = element.tag.rsplit("}", 1)[-1]
    return root


def _check_s3(status: int, body: bytes, bucket: str, key: str) -> None:
    if status < 400:
        return
    try:
        code = _without_namespaces(body).findtext("Code", "")
    except ElementTree.ParseError:
        code = ""
    if code == "NoSuchBucket":
        raise NoSuchBucket(bucket)
    if code == "NoSuchKey" or status == 404:
        raise NoSuchKey(f"s3://{bucket}/{key}")
    raise S3Error(f"S3 answers {status} {code} for s3://{bucket}/{key}")
