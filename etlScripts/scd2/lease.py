"""The right to change a table, which one process at a time has: an item of the lock table."""

import contextlib
import threading
import time
import uuid

from botocore.exceptions import BotoCoreError, ClientError

LEASE = 30  # seconds after which the lease of a writer that died is free


class Lease:
    """Held, and kept alive, until the block ends. It is free again LEASE seconds after its holder died."""

    def __init__(self, client, lock_table: str, name: str, wait: float = 300):
        self._client, self._table, self._key, self._wait = client, lock_table, {"key": {"S": name}}, wait
        self._owner, self._over, self.lost = uuid.uuid4().hex, threading.Event(), False

    def __enter__(self):
        end = time.monotonic() + self._wait
        while not self._put("attribute_not_exists(#k) OR expires < :now"):
            if time.monotonic() > end:
                raise TimeoutError(
                    f"{self._key['key']['S']} was locked by other writers for {self._wait:.0f} s; nothing was written, run again"
                )
            time.sleep(0.5)
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        with contextlib.suppress(BotoCoreError, ClientError):  # it ends by itself
            self._client.delete_item(
                TableName=self._table,
                Key=self._key,
                ConditionExpression="holder = :me",
                ExpressionAttributeValues={":me": {"S": self._owner}},
            )

    def check(self) -> None:
        """Raise if somebody else may hold the lease by now."""
        if self.lost:
            raise RuntimeError(f"the lease of {self._key['key']['S']} was lost; nothing was written, run again")

    def _keep(self) -> None:
        renewed = time.monotonic()
        while not self._over.wait(LEASE / 6):
            with contextlib.suppress(BotoCoreError, ClientError):
                if self._put("holder = :me"):
                    renewed = time.monotonic()
            self.lost = self.lost or time.monotonic() - renewed > LEASE / 2

    def _put(self, condition: str) -> bool:
        now = time.time()
        values = {":now": {"N": f"{now:.3f}"}} if ":now" in condition else {":me": {"S": self._owner}}
        names = {"ExpressionAttributeNames": {"#k": "key"}} if "#k" in condition else {}
        item = {**self._key, "holder": {"S": self._owner}, "expires": {"N": f"{now + LEASE:.3f}"}}
        try:
            self._client.put_item(
                TableName=self._table, Item=item, ConditionExpression=condition, ExpressionAttributeValues=values, **names
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True
