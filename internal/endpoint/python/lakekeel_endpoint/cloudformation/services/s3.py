"""S3: what ministack's bucket provisioner drops."""

from botocore.exceptions import ClientError

from ...loopback import client
from ..completion import Completion
from ..mapping import is_absent, is_true


def _complete(bucket: str, properties: dict, before: dict) -> None:
    for name, (put, delete) in _PARTS.items():
        if properties.get(name):
            put(bucket, properties[name])
        elif before.get(name):
            delete(bucket)


def _put_tags(bucket: str, tags: list) -> None:
    client("s3").put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})


def _put_encryption(bucket: str, encryption: dict) -> None:
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
            "BucketKeyEnabled": is_true(rule.get("BucketKeyEnabled", False)),
        }
        for rule in encryption["ServerSideEncryptionConfiguration"]
    ]
    client("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})


def _put_lifecycle(bucket: str, lifecycle: dict) -> None:
    rules = [_lifecycle_rule(rule, number) for number, rule in enumerate(lifecycle["Rules"])]
    client("s3").put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})


def _lifecycle_rule(rule: dict, number: int) -> dict:
    """A rule of the template as one of the API: other names, the same meaning."""
    out = {"ID": rule.get("Id", f"rule-{number}"), "Status": rule["Status"], "Filter": _filter(rule)}
    if expiration := _expiration(rule):
        out["Expiration"] = expiration
    if rule.get("Transitions") or rule.get("Transition"):
        out["Transitions"] = [_transition(t) for t in rule.get("Transitions") or [rule["Transition"]]]
    old = rule.get("NoncurrentVersionExpiration") or {}
    days = old.get("NoncurrentDays") or rule.get("NoncurrentVersionExpirationInDays")
    if days:
        out["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(days), **_int(old, "NewerNoncurrentVersions")}
    if rule.get("NoncurrentVersionTransitions"):
        out["NoncurrentVersionTransitions"] = [
            {"NoncurrentDays": int(t["TransitionInDays"]), "StorageClass": t["StorageClass"], **_int(t, "NewerNoncurrentVersions")}
            for t in rule["NoncurrentVersionTransitions"]
        ]
    if rule.get("AbortIncompleteMultipartUpload"):
        out["AbortIncompleteMultipartUpload"] = _int(rule["AbortIncompleteMultipartUpload"], "DaysAfterInitiation")
    return out


def _filter(rule: dict) -> dict:
    parts = {"Prefix": rule["Prefix"]} if rule.get("Prefix") else {}
    parts |= _int(rule, "ObjectSizeGreaterThan") | _int(rule, "ObjectSizeLessThan")
    tags = rule.get("TagFilters") or []
    if len(parts) + len(tags) > 1:
        return {"And": {**parts, **({"Tags": tags} if tags else {})}}
    return {"Tag": tags[0]} if tags else parts or {"Prefix": ""}


def _expiration(rule: dict) -> dict:
    if "ExpirationInDays" in rule:
        return {"Days": int(rule["ExpirationInDays"])}
    if "ExpirationDate" in rule:
        return {"Date": rule["ExpirationDate"]}
    return {"ExpiredObjectDeleteMarker": True} if is_true(rule.get("ExpiredObjectDeleteMarker")) else {}


def _transition(transition: dict) -> dict:
    when = {"Days": int(transition["TransitionInDays"])} if "TransitionInDays" in transition else {"Date": transition["TransitionDate"]}
    return {**when, "StorageClass": transition["StorageClass"]}


def _int(source: dict, name: str) -> dict:
    return {name: int(source[name])} if source.get(name) is not None else {}


def _put_logging(bucket: str, logging: dict) -> None:
    enabled = {"TargetBucket": logging.get("DestinationBucketName", bucket), "TargetPrefix": logging.get("LogFilePrefix", "")}
    client("s3").put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": enabled})


def _put_public_access_block(bucket: str, block: dict) -> None:
    flags = {name: is_true(value) for name, value in block.items()}
    client("s3").put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=flags)


def _put_ownership(bucket: str, ownership: dict) -> None:
    client("s3").put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=ownership)


_PARTS = {
    "Tags": (_put_tags, lambda b: client("s3").delete_bucket_tagging(Bucket=b)),
    "BucketEncryption": (_put_encryption, lambda b: client("s3").delete_bucket_encryption(Bucket=b)),
    "LifecycleConfiguration": (_put_lifecycle, lambda b: client("s3").delete_bucket_lifecycle(Bucket=b)),
    "LoggingConfiguration": (_put_logging, lambda b: client("s3").put_bucket_logging(Bucket=b, BucketLoggingStatus={})),
    "PublicAccessBlockConfiguration": (_put_public_access_block, lambda b: client("s3").delete_public_access_block(Bucket=b)),
    "OwnershipControls": (_put_ownership, lambda b: client("s3").delete_bucket_ownership_controls(Bucket=b)),
}


def _delete(bucket: str, _properties: dict) -> None:
    """As the API does it: refused while there are objects. ministack's provisioner would drop them."""
    try:
        client("s3").delete_bucket(Bucket=bucket)
    except ClientError as error:
        if not is_absent(error):
            raise ValueError(f"AWS::S3::Bucket: {error.response['Error']['Message']} ({bucket})") from None


COMPLETIONS = (Completion("AWS::S3::Bucket", _complete, tuple(_PARTS), _delete),)
