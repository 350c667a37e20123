"""EMR Serverless: applications are kept and described; no job runs here."""

from ...loopback import client
from ..mapping import Call, Mapping, deleting, without


def _stop(application_id: str, _properties: dict) -> None:
    """A started application cannot be deleted."""
    client("emr-serverless").stop_application(applicationId=application_id)


def _arguments(properties: dict) -> dict:
    out = dict(properties)
    # The template has a list of pairs, the API a map by worker type.
    out["InitialCapacity"] = {c["Key"]: c["Value"] for c in properties.get("InitialCapacity", [])}
    return {k: v for k, v in out.items() if v}


MAPPINGS = (
    Mapping(
        type="AWS::EMRServerless::Application",
        service="emr-serverless",
        create="create_application",
        arguments=_arguments,
        ref=lambda answer, arguments: answer["applicationId"],
        attributes=lambda answer, arguments: {"Arn": answer["arn"], "ApplicationId": answer["applicationId"]},
        update=Call(
            "update_application",
            lambda pid, p: {**without(_arguments(p), "Name", "Type", "Tags"), "ApplicationId": pid},
            before=_stop,
        ),
        delete=deleting("delete_application", "applicationId", before=_stop),
        replace=("Name", "Type"),
    ),
)
