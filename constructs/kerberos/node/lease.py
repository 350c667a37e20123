"""The lease: one item in DynamoDB that says which node is the primary and which nodes have all that was acknowledged.

Every change is a conditional write on the item's version, so two nodes never both
succeed. A node that is not the holder may take the lease when the version stood
still for the lease's time by the node's own clock, and only if it is named in
in_sync; so nothing that is acknowledged is lost, whatever the clocks say.
"""

import dataclasses
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError


class Lost(Exception):
    """Somebody else changed the item."""


class Unreachable(Exception):
    """DynamoDB did not answer."""


@dataclasses.dataclass(frozen=True)
class Item:
    """The lease as it was read or written. An empty holder is a lease that was given back."""

    version: int
    epoch: int  # number of the term of office
    holder: str
    address: str
    in_sync: tuple
    realm: str


class Table:
    """The lease and the list of nodes of one KDC."""

    def __init__(self, settings):
        self._settings = settings
        # Answers in milliseconds; whoever waits longer than a second had better ask again.
        config = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
        self._client = boto3.client("dynamodb", region_name=settings.region or None, config=config)
        self._seen = None, 0.0

    def read(self):
        """The item, or None if there never was one."""
        answer = self._call("get_item", Key=self._key("lease"), ConsistentRead=True)
        item = _item(answer["Item"]) if "Item" in answer else None
        version = item.version if item else None
        if version != self._seen[0]:
            self._seen = version, time.monotonic()
        return item

    def still(self):
        """Seconds for which the version that was read last has stood still."""
        return time.monotonic() - self._seen[1]

    def write(self, item, over):
        """Put an item in the place of the one that was read; raises Lost if that is no longer there."""
        condition = {"ConditionExpression": "attribute_not_exists(id)"}
        if over:
            condition = {"ConditionExpression": "version = :v", "ExpressionAttributeValues": {":v": {"N": str(over.version)}}}
        fresh = dataclasses.replace(item, version=over.version + 1 if over else 1)
        self._call("put_item", Item={**self._key("lease"), **_attributes(fresh)}, **condition)
        return fresh

    def announce(self, status):
        """Keep this node in the list; an entry is dropped by readers a minute after its last announcement."""
        values = {
            "name": {"S": self._settings.name},
            "address": {"S": self._settings.address},
            "seen": {"N": str(int(time.time()))},
            "status": {"S": status},
        }
        self._call("put_item", Item={**self._key(f"node/{self._settings.name}"), **values})

    def nodes(self):
        """Address by name of the nodes that were announced in the last minute. Who was not for an hour is forgotten."""
        prefix, now = f"{self._settings.cluster}/node/", time.time()
        answer = self._call("scan", FilterExpression="begins_with(id, :p)", ExpressionAttributeValues={":p": {"S": prefix}})
        ages = {item["name"]["S"]: (now - int(item["seen"]["N"]), item["address"]["S"]) for item in answer["Items"]}
        for name in [name for name, (age, _) in ages.items() if age > 3600]:
            self._call("delete_item", Key=self._key(f"node/{name}"))
        return {name: address for name, (age, address) in ages.items() if age < 60}

    def _key(self, name):
        return {"id": {"S": f"{self._settings.cluster}/{name}"}}

    def _call(self, operation, **arguments):
        try:
            return getattr(self._client, operation)(TableName=self._settings.table, **arguments)
        except ClientError as err:
            if err.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise Lost from None
            raise Unreachable(str(err)) from None
        except BotoCoreError as err:
            raise Unreachable(str(err)) from None


def _item(raw):
    return Item(
        version=int(raw["version"]["N"]),
        epoch=int(raw["epoch"]["N"]),
        holder=raw["holder"]["S"],
        address=raw["address"]["S"],
        in_sync=tuple(value["S"] for value in raw["in_sync"]["L"]),
        realm=raw["realm"]["S"],
    )


def _attributes(item):
    return {
        "version": {"N": str(item.version)},
        "epoch": {"N": str(item.epoch)},
        "holder": {"S": item.holder},
        "address": {"S": item.address},
        "in_sync": {"L": [{"S": name} for name in item.in_sync]},
        "realm": {"S": item.realm},
    }
