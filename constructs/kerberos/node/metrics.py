"""What a node tells CloudWatch, once a minute."""

import asyncio
import logging

import boto3
from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger("metrics")

_EVERY = 60.0  # seconds


class Metrics:
    """Counts since the last minute. Without a namespace nothing is sent."""

    def __init__(self, settings):
        self._settings = settings
        self.failed_logins = 0
        self.lag = 0.0
        self.backup_seconds = None

    async def send_often(self, primary):
        """Send each minute; primary says whether this node is it."""
        if not self._settings.metrics:
            await asyncio.Event().wait()
        client = boto3.client("cloudwatch", region_name=self._settings.region or None)
        while True:
            await asyncio.sleep(_EVERY)
            data = self._data(primary())
            try:
                await asyncio.to_thread(client.put_metric_data, Namespace=self._settings.metrics, MetricData=data)
            except (BotoCoreError, ClientError) as err:
                log.warning("CloudWatch: %s", err)

    def _data(self, primary):
        values = [
            ("FailedLogins", self.failed_logins, "Count"),
            ("PropagationLag", self.lag, "Seconds"),
            ("Primary", int(primary), "Count"),
        ]
        if self.backup_seconds is not None:
            values.append(("BackupSeconds", self.backup_seconds, "Seconds"))
        self.failed_logins, self.lag, self.backup_seconds = 0, 0.0, None
        dimensions = [{"Name": "Kdc", "Value": self._settings.cluster}]
        return [{"MetricName": name, "Value": value, "Unit": unit, "Dimensions": dimensions} for name, value, unit in values]
