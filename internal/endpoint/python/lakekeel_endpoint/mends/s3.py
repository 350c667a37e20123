"""S3: encryption with KMS and no key named; and the key's name kept from Spark.

Where no key is named AWS takes the bucket's own KMS key, or the account's aws/s3 key.
ministack refuses such a write; the CDK CLI makes one for every asset.

Spark renames a file by a copy for which it names the key that the file's HEAD tells,
and the Java SDK refuses to send a key's name without TLS, which a local endpoint does
not have. Told no name, it copies, and the bucket's key is taken as on AWS.
"""

from __future__ import annotations

from ministack.core.responses import get_account_id, get_region
from ministack.services import s3

from ..wire import Answer, Handler

_ALGORITHM = "x-amz-server-side-encryption"
_KEY = "x-amz-server-side-encryption-aws-kms-key-id"


def install(joint) -> None:
    """Name the key that AWS would take; name none to Hadoop's S3A."""
    joint.wrap("s3", _without_key_name)
    resolve = s3._resolve_sse_write_headers

    def resolve_sse_write_headers(headers, bucket):
        if headers.get(_ALGORITHM) == "aws:kms" and not headers.get(_KEY):
            headers = {**headers, _KEY: s3._bucket_default_sse_headers(bucket).get(_KEY) or _managed_key()}
        return resolve(headers, bucket)

    s3._resolve_sse_write_headers = resolve_sse_write_headers


def _without_key_name(handler: Handler) -> Handler:
    async def s3_handler(method: str, path: str, headers: dict, body: bytes, query: dict) -> Answer:
        status, answered, content = await handler(method, path, headers, body, query)
        if method == "HEAD" and headers.get("user-agent", "").startswith("Hadoop"):
            answered = {name: value for name, value in answered.items() if name.lower() != _KEY}
        return status, answered, content

    return s3_handler


def _managed_key() -> str:
    from botocore.session import get_session

    region = get_region()
    partition = get_session().get_partition_for_region(region)
    return f"arn:{partition}:kms:{region}:{get_account_id()}:alias/aws/s3"
