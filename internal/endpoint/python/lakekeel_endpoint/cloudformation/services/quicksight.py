"""QuickSight: definitions and who may use them; nothing is drawn or refreshed."""

from ... import loopback
from ..mapping import Call, Mapping, conform, is_absent, without

# What the template has in one list and the API changes by calls of its own.
_APART = ("Permissions", "Tags", "FolderArns", "DataSetRefreshProperties")

# What an update cannot change: the template has them, the update operations do not.
_FIXED = ("Type", "UseAs", "FolderType", "ParentFolderArn", "SharingModel", "LinkSharingConfiguration", "LinkEntities")

# How folders call what stands in them.
_MEMBERS = {"DataSource": "DATASOURCE", "DataSet": "DATASET", "Dashboard": "DASHBOARD", "Analysis": "ANALYSIS", "Topic": "TOPIC"}


def _parts(physical_id: str, *names: str) -> dict:
    """The physical id is ACCOUNT|ID, and for a refresh schedule ACCOUNT|DATASET|ID, as on AWS."""
    return dict(zip(("AwsAccountId", *names), physical_id.split("|")))


def _mapping(noun: str, verb: str, arguments=dict) -> Mapping:
    key = f"{noun}Id"
    return Mapping(
        type=f"AWS::QuickSight::{noun}",
        service="quicksight",
        create=f"create_{verb}",
        arguments=lambda p: without(arguments(p), "DataSetRefreshProperties"),
        ref=lambda answer, arguments: f"{arguments['AwsAccountId']}|{arguments[key]}",
        attributes=lambda answer, arguments: {"Arn": answer.get("Arn", "")},
        update=Call(f"update_{verb}", lambda pid, p: {**without(arguments(p), *_APART, *_FIXED), **_parts(pid, key)}),
        delete=Call(f"delete_{verb}", lambda pid, p: _parts(pid, key)),
        replace=("AwsAccountId", key),
        settle=lambda pid, p, before: _settle(noun, verb, pid, p, before),
    )


def _settle(noun: str, verb: str, physical_id: str, properties: dict, before: dict) -> None:
    """Do what takes operations of its own: a creation has done most of it."""
    client, ids = loopback.client("quicksight"), _parts(physical_id, f"{noun}Id")
    if noun == "DataSet":
        _refresh(client, ids, properties.get("DataSetRefreshProperties"), before.get("DataSetRefreshProperties"))
    if not before:
        return
    if noun == "Dashboard":
        newest = client.list_dashboard_versions(**ids)["DashboardVersionSummaryList"][-1]["VersionNumber"]
        client.update_dashboard_published_version(**ids, VersionNumber=newest)
    _share(client, verb, ids, properties.get("Permissions") or [], before.get("Permissions") or [])
    _file(client, ids["AwsAccountId"], noun, ids[f"{noun}Id"], properties.get("FolderArns") or [], before.get("FolderArns") or [])


def _refresh(client, ids: dict, wanted: dict | None, before: dict | None) -> None:
    if wanted:
        shape = client.meta.service_model.operation_model("PutDataSetRefreshProperties").input_shape
        client.put_data_set_refresh_properties(**ids, **conform({"DataSetRefreshProperties": wanted}, shape))
    elif before:
        client.delete_data_set_refresh_properties(**ids)


def _share(client, verb: str, ids: dict, wanted: list, before: list) -> None:
    """Give and take rights; a call cannot do both to one principal."""
    if wanted == before:
        return
    kept = {item["Principal"]: set(item["Actions"]) for item in wanted}
    lost = {item["Principal"]: sorted(set(item["Actions"]) - kept.get(item["Principal"], set())) for item in before}
    change = getattr(client, f"update_{verb}_permissions")
    if revoke := [{"Principal": name, "Actions": actions} for name, actions in lost.items() if actions]:
        change(**ids, RevokePermissions=revoke)
    if wanted:
        change(**ids, GrantPermissions=wanted)


def _file(client, account: str, noun: str, identity: str, wanted: list, before: list) -> None:
    """Put it into folders and take it out of others."""
    for arn in [*(set(wanted) - set(before)), *(set(before) - set(wanted))]:
        act = client.create_folder_membership if arn in wanted else client.delete_folder_membership
        try:
            act(AwsAccountId=account, FolderId=arn.rsplit("/", 1)[-1], MemberType=_MEMBERS[noun], MemberId=identity)
        except client.exceptions.ClientError as error:
            if arn in wanted or not is_absent(error):
                raise


def _topic(properties: dict) -> dict:
    """The template has the topic's own members at the top, the API below Topic."""
    own = without(properties, "AwsAccountId", "TopicId", "FolderArns", "Tags", "CustomInstructions")
    beside = {name: properties.get(name) for name in ("AwsAccountId", "TopicId", "FolderArns", "Tags", "CustomInstructions")}
    return {name: value for name, value in {**beside, "Topic": own}.items() if value is not None}


MAPPINGS = (
    _mapping("VPCConnection", "vpc_connection"),
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
