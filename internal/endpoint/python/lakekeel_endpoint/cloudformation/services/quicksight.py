"""QuickSight: data sources by moto, the rest as records; nothing is drawn or refreshed."""

from ..mapping import Call, Mapping, without


def _parts(physical_id: str, *names: str) -> dict:
    """The physical id is ACCOUNT|ID, and for a refresh schedule ACCOUNT|DATASET|ID, as on AWS."""
    return dict(zip(("AwsAccountId", *names), physical_id.split("|")))


def _mapping(noun: str, verb: str, arguments=dict) -> Mapping:
    key = f"{noun}Id"
    return Mapping(
        type=f"AWS::QuickSight::{noun}",
        service="quicksight",
        create=f"create_{verb}",
        arguments=arguments,
        ref=lambda answer, arguments: f"{arguments['AwsAccountId']}|{arguments[key]}",
        attributes=lambda answer, arguments: {"Arn": answer.get("Arn", "")},
        update=Call(f"update_{verb}", lambda pid, p: {**without(arguments(p), "Permissions", "Tags", *_FIXED), **_parts(pid, key)}),
        delete=Call(f"delete_{verb}", lambda pid, p: _parts(pid, key)),
        replace=("AwsAccountId", key),
    )


# What an update cannot change: the template has them, the update operations do not.
_FIXED = ("Type", "FolderType", "ParentFolderArn", "SharingModel", "LinkSharingConfiguration", "LinkEntities", "FolderArns")


def _topic(properties: dict) -> dict:
    """The template has the topic's own members at the top, the API below Topic."""
    own = without(properties, "AwsAccountId", "TopicId", "FolderArns", "Tags")
    return {"AwsAccountId": properties["AwsAccountId"], "TopicId": properties["TopicId"], "Topic": own, "Tags": properties.get("Tags")}


MAPPINGS = (
    _mapping("DataSource", "data_source"),
    _mapping("DataSet", "data_set"),
    _mapping("Dashboard", "dashboard"),
    _mapping("Analysis", "analysis"),
    _mapping("Template", "template"),
    _mapping("Theme", "theme"),
    _mapping("Folder", "folder"),
    _mapping("Topic", "topic", _topic),
    Mapping(
        type="AWS::QuickSight::RefreshSchedule",
        service="quicksight",
        create="create_refresh_schedule",
        ref=lambda answer, arguments: f"{arguments['AwsAccountId']}|{arguments['DataSetId']}|{arguments['Schedule']['ScheduleId']}",
        attributes=lambda answer, arguments: {"Arn": answer.get("Arn", "")},
        update=Call("update_refresh_schedule", lambda pid, p: {**p, **dict(list(_parts(pid, "DataSetId").items())[:2])}),
        delete=Call("delete_refresh_schedule", lambda pid, p: _parts(pid, "DataSetId", "ScheduleId")),
        replace=("AwsAccountId", "DataSetId"),
    ),
)
