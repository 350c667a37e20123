"""SNS: what ministack's topic provisioner drops."""

from ...loopback import client
from ..completion import Completion


def _complete(topic: str, properties: dict, before: dict) -> None:
    key = properties.get("KmsMasterKeyId", "")
    if key or before.get("KmsMasterKeyId"):
        client("sns").set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=key)


COMPLETIONS = (Completion("AWS::SNS::Topic", _complete, ("KmsMasterKeyId",)),)
