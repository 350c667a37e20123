"""CloudTrail: trails are kept and described; nothing is recorded into them."""

from ..mapping import Call, Mapping, deleting, without


def _arguments(properties: dict) -> dict:
    out = without(properties, "TrailName", "IsLogging", "Tags", "EventSelectors", "InsightSelectors")
    return {**out, "Name": properties["TrailName"], "TagsList": properties.get("Tags", [])}


MAPPINGS = (
    Mapping(
        type="AWS::CloudTrail::Trail",
        service="cloudtrail",
        create="create_trail",
        name="TrailName",
        arguments=_arguments,
        ref=lambda answer, arguments: answer["Name"],
        attributes=lambda answer, arguments: {"Arn": answer["TrailARN"]},
        update=Call("update_trail", lambda pid, p: {**without(_arguments({**p, "TrailName": pid}), "TagsList"), "Name": pid}),
        delete=deleting("delete_trail", "Name"),
        replace=("TrailName",),
    ),
)
