"""DynamoDB: what ministack's table provisioner drops."""

from ...loopback import client
from ..completion import Completion
from ..mapping import is_true


def _complete(table: str, properties: dict, _before: dict) -> None:
    ttl, backups = properties.get("TimeToLiveSpecification"), properties.get("PointInTimeRecoverySpecification")
    encryption = properties.get("SSESpecification")
    if ttl:
        specification = {"AttributeName": ttl["AttributeName"], "Enabled": is_true(ttl.get("Enabled", True))}
        if _ttl(table) != specification:
            client("dynamodb").update_time_to_live(TableName=table, TimeToLiveSpecification=specification)
    if backups:
        enabled = is_true(backups.get("PointInTimeRecoveryEnabled"))
        client("dynamodb").update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled}
        )
    if encryption:
        wanted = {"Enabled": is_true(encryption.get("SSEEnabled"))}
        wanted |= {k: encryption[k] for k in ("SSEType", "KMSMasterKeyId") if k in encryption}
        client("dynamodb").update_table(TableName=table, SSESpecification=wanted)


def _ttl(table: str) -> dict:
    """What is set already: DynamoDB refuses to enable what is enabled."""
    described = client("dynamodb").describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    return {"AttributeName": described.get("AttributeName"), "Enabled": described.get("TimeToLiveStatus") == "ENABLED"}


COMPLETIONS = (
    Completion("AWS::DynamoDB::Table", _complete, ("TimeToLiveSpecification", "PointInTimeRecoverySpecification", "SSESpecification")),
)
