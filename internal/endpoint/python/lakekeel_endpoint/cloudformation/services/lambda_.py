"""Lambda: what ministack's function provisioner drops."""

from ...loopback import client
from ..completion import Completion


def _complete(function: str, properties: dict, _before: dict) -> None:
    changes = {}
    if properties.get("DeadLetterConfig"):
        changes["DeadLetterConfig"] = properties["DeadLetterConfig"]
    if properties.get("KmsKeyArn"):
        changes["KMSKeyArn"] = properties["KmsKeyArn"]
    if changes:
        client("lambda").update_function_configuration(FunctionName=function, **changes)
    if properties.get("ReservedConcurrentExecutions") is not None:
        client("lambda").put_function_concurrency(
            FunctionName=function, ReservedConcurrentExecutions=int(properties["ReservedConcurrentExecutions"])
        )


COMPLETIONS = (Completion("AWS::Lambda::Function", _complete, ("DeadLetterConfig", "KmsKeyArn", "ReservedConcurrentExecutions")),)
