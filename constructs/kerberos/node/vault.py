"""The secrets of a KDC, read from Secrets Manager and kept in memory alone."""

import json

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from daemons import Failed
from settings import Refused


def read(settings):
    """All fields of all documents, as one dictionary."""
    fields = {}
    for name in settings.secrets:
        fields.update(_document(settings, SecretId=name))
    return fields


def field(settings, secret, version, name):
    """One field of one version of a secret."""
    document = _document(settings, SecretId=secret, VersionId=version)
    if not document.get(name):
        raise Refused(f"secret {secret}: want {name}")
    return document[name]


def _document(settings, **which):
    client = boto3.client("secretsmanager", region_name=settings.region or None)
    try:
        document = json.loads(client.get_secret_value(**which)["SecretString"])
    except (BotoCoreError, ClientError) as err:
        raise Failed(f"secret {which['SecretId']}: {err}") from None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Refused(f"secret {which['SecretId']}: want one JSON object")
    return document
