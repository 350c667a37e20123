"""The operations on assets: created, described, changed, shared, put into folders, deleted."""

from __future__ import annotations

from . import model
from .errors import conflict, exists, invalid, not_found
from .model import BY_NOUN, KINDS, VERSIONED, Kind
from .scope import Asset, Scope, parts, references

# Members of a creation that are kept elsewhere than with the definition.
_APART = ("AwsAccountId", "Permissions", "Tags", "FolderArns", "ValidationStrategy")


def create(scope: Scope, kind: Kind, fields: dict) -> Asset:
    """Make an asset of the members of its creation."""
    body, identity, parent = _identified(kind, fields)
    check(scope, kind, body)
    folders = [_folder(scope, arn) for arn in fields.get("FolderArns") or []]
    asset = scope.add(kind, identity, body, parent)
    for item in fields.get("Permissions") or []:
        asset.permissions[item["Principal"]] = list(item["Actions"])
    for folder in folders:
        hold(folder, asset.arn)
    asset.tags = _pairs(fields.get("Tags"))
    return asset


def update(scope: Scope, kind: Kind, fields: dict) -> Asset:
    """Change an asset."""
    body, identity, parent = _identified(kind, fields)
    asset = scope.get(kind, identity, parent)
    check(scope, kind, body)
    asset.change(body, scope.now)
    return asset


def check(scope: Scope, kind: Kind, body: dict) -> None:
    """Refuse what refers to something that is not there. AWS says so of dashboards and analyses only
    when they have been described as CREATION_FAILED; here it is said at once."""
    # What a source entity names is perhaps another account's.
    for arn in references({name: value for name, value in body.items() if name != "SourceEntity"}):
        region, account, to, identity = parts(arn)
        if account == "aws":
            continue  # a theme of the service's own
        if (region, account) != (scope.region, scope.account) or (to.noun, "", identity) not in scope.assets:
            raise not_found(f"{to.noun} {arn}")
    if kind.noun == "RefreshSchedule":
        scope.get(BY_NOUN["DataSet"], body["DataSetId"])


def _identified(kind: Kind, fields: dict) -> tuple[dict, str, str]:
    """The members that are the asset's own, its id, and its parent's."""
    body = {k: v for k, v in fields.items() if k not in _APART}
    if kind.noun == "RefreshSchedule":
        return body, fields["Schedule"]["ScheduleId"], fields["DataSetId"]
    return body, fields[kind.key], ""


def record(asset: Asset, version: int = 0) -> dict:
    """Everything that an answer can hold of an asset."""
    fields = asset.shown(version)
    out = {
        **fields,
        **fields.get("Schedule", {}),
        "Arn": asset.arn,
        f"{asset.kind.noun}Arn": asset.arn,
        "Status": asset.status,
        "CreationStatus": asset.status,
        "UpdateStatus": asset.status,
        "CreatedTime": asset.created,
        "LastUpdatedTime": asset.updated,
        "LastPublishedTime": asset.updated,
        "AvailabilityStatus": "AVAILABLE",
        "ResourceStatus": asset.status,
        "LatestVersionNumber": len(asset.versions),
        "PublishedVersionNumber": asset.published,
        "VersionArn": f"{asset.arn}/version/{len(asset.versions)}",
        "Type": fields.get("Type", "CUSTOM" if asset.kind.noun == "Theme" else None),
        "SecretArn": (fields.get("Credentials") or {}).get("SecretArn"),
        "DataSetArns": [arn for arn in references(fields.get("Definition")) if ":dataset/" in arn],
        "Sheets": [{"SheetId": s["SheetId"], "Name": s.get("Name", "")} for s in (fields.get("Definition") or {}).get("Sheets", [])],
    }
    if asset.kind.noun == "Topic":
        out.update(fields["Topic"] | {"Topic": fields["Topic"]})
    if asset.kind.noun in VERSIONED:
        number = version or asset.published
        out["VersionNumber"] = number
        out["Version"] = model.shaped(_version_shape(asset.kind), out | {"Arn": f"{asset.arn}/version/{number}"})
        out["Version"]["Description"] = fields.get("VersionDescription")
    return out


def _version_shape(kind: Kind):
    answer = model.service().operation_model(f"Describe{kind.noun}").output_shape
    return answer.members[kind.noun].members["Version"]


# ---- one operation each: (scope, its members) -> what the answer has


def _answer(kind: Kind, operation: str, asset: Asset, version: int = 0) -> dict:
    return model.shaped(model.service().operation_model(operation).output_shape, record(asset, version), (kind.noun,))


def _create(kind: Kind):
    return lambda scope, fields: _answer(kind, f"Create{kind.noun}", create(scope, kind, fields))


def _update(kind: Kind):
    def perform(scope: Scope, fields: dict) -> dict:
        asset = update(scope, kind, fields)
        if kind.noun not in ("Dashboard",):
            asset.published = len(asset.versions)  # a dashboard's readers wait for UpdateDashboardPublishedVersion
        return _answer(kind, f"Update{kind.noun}", asset, len(asset.versions))

    return perform


def _describe(kind: Kind, suffix: str = ""):
    def perform(scope: Scope, fields: dict) -> dict:
        asset = find(scope, kind, fields)
        return _answer(kind, f"Describe{kind.noun}{suffix}", asset, fields.get("VersionNumber", 0))

    return perform


def _delete(kind: Kind):
    def perform(scope: Scope, fields: dict) -> dict:
        asset = find(scope, kind, fields)
        if asset.members or any(f.fields.get("ParentFolderArn") == asset.arn for f in scope.every(kind)):
            raise conflict(f"Folder {asset.id} is not empty")
        scope.remove(asset)
        return _answer(kind, f"Delete{kind.noun}", asset)

    return perform


def _list(kind: Kind):
    def perform(scope: Scope, fields: dict) -> dict:
        found = [record(asset) for asset in scope.every(kind, fields.get(kind.parent, ""))]
        return model.listed(model.service().operation_model(f"List{kind.plural}").output_shape, found)

    return perform


def find(scope: Scope, kind: Kind, fields: dict) -> Asset:
    """The asset that the members of a request name."""
    return scope.get(kind, fields[kind.key], fields.get(kind.parent, "") if kind.parent else "")


def _permissions(asset: Asset, operation: str) -> dict:
    held = [{"Principal": name, "Actions": actions} for name, actions in sorted(asset.permissions.items())]
    return model.shaped(model.service().operation_model(operation).output_shape, {**record(asset), "Permissions": held})


def _describe_permissions(kind: Kind):
    return lambda scope, fields: _permissions(find(scope, kind, fields), f"Describe{kind.noun}Permissions")


def _update_permissions(kind: Kind):
    def perform(scope: Scope, fields: dict) -> dict:
        asset = find(scope, kind, fields)
        for item in fields.get("RevokePermissions") or []:
            left = [a for a in asset.permissions.get(item["Principal"], []) if a not in item["Actions"]]
            asset.permissions[item["Principal"]] = left
        for item in fields.get("GrantPermissions") or []:
            held = asset.permissions.get(item["Principal"], [])
            asset.permissions[item["Principal"]] = list(dict.fromkeys([*held, *item["Actions"]]))
        asset.permissions = {name: actions for name, actions in asset.permissions.items() if actions}
        return _permissions(asset, f"Update{kind.noun}Permissions")

    return perform


# ---- versions of dashboards


def _publish(scope: Scope, fields: dict) -> dict:
    asset = find(scope, BY_NOUN["Dashboard"], fields)
    asset.shown(fields["VersionNumber"])
    asset.published = fields["VersionNumber"]
    return {"DashboardId": asset.id, "DashboardArn": asset.arn}


def _versions(scope: Scope, fields: dict) -> dict:
    asset = find(scope, BY_NOUN["Dashboard"], fields)
    shape = model.service().operation_model("ListDashboardVersions").output_shape
    return model.listed(shape, [{**record(asset, n + 1), "Arn": f"{asset.arn}/version/{n + 1}"} for n in range(len(asset.versions))])


# ---- refresh properties of data sets, refresh schedules of topics


def _put_refresh(scope: Scope, fields: dict) -> dict:
    find(scope, BY_NOUN["DataSet"], fields).refresh = fields["DataSetRefreshProperties"]
    return {}


def _describe_refresh(scope: Scope, fields: dict) -> dict:
    asset = find(scope, BY_NOUN["DataSet"], fields)
    if not asset.refresh:
        raise not_found(f"Refresh properties of data set {asset.id}")
    return {"DataSetRefreshProperties": asset.refresh}


def _delete_refresh(scope: Scope, fields: dict) -> dict:
    _describe_refresh(scope, fields)
    find(scope, BY_NOUN["DataSet"], fields).refresh = {}
    return {}


def _topic_schedule(act):
    """An operation on the refresh schedule that a topic has for a data set."""

    def perform(scope: Scope, fields: dict) -> dict:
        topic = find(scope, BY_NOUN["Topic"], fields)
        identity = fields.get("DatasetId") or fields["DatasetArn"].rsplit("/", 1)[-1]
        if act is not _create_schedule and identity not in topic.schedules:
            raise not_found(f"Refresh schedule of topic {topic.id} for data set {identity}")
        answer = act(topic, identity, fields)
        return {"TopicId": topic.id, "TopicArn": topic.arn, "DatasetArn": scope.arn(BY_NOUN["DataSet"], identity), **(answer or {})}

    return perform


def _create_schedule(topic: Asset, identity: str, fields: dict) -> None:
    if identity in topic.schedules:
        raise exists(f"A refresh schedule of topic {topic.id} for data set {identity}")
    own = {name: fields[name] for name in ("DatasetArn", "DatasetName", "RefreshSchedule") if name in fields}
    topic.schedules[identity] = {"DatasetId": identity, **own}


def _describe_schedule(topic: Asset, identity: str, fields: dict) -> dict:
    return {"RefreshSchedule": topic.schedules[identity]["RefreshSchedule"]}


def _update_schedule(topic: Asset, identity: str, fields: dict) -> None:
    topic.schedules[identity]["RefreshSchedule"] = fields["RefreshSchedule"]


def _delete_schedule(topic: Asset, identity: str, fields: dict) -> None:
    del topic.schedules[identity]


def _list_topic_schedules(scope: Scope, fields: dict) -> dict:
    topic = find(scope, BY_NOUN["Topic"], fields)
    return {"TopicId": topic.id, "TopicArn": topic.arn, "RefreshSchedules": list(topic.schedules.values())}


# ---- folders

# What a folder can hold: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_CreateFolderMembership.html.
_HELD = {"DASHBOARD": "Dashboard", "ANALYSIS": "Analysis", "DATASET": "DataSet", "DATASOURCE": "DataSource", "TOPIC": "Topic"}


def _folder(scope: Scope, arn: str) -> Asset:
    folder = scope.at(arn)
    if folder.kind.noun != "Folder":
        raise invalid(f"{arn} is no folder")
    return folder


def hold(folder: Asset, arn: str) -> None:
    """Put a resource into a folder."""
    if arn not in folder.members:
        folder.members.append(arn)


def _held(scope: Scope, fields: dict) -> tuple[Asset, Asset]:
    noun = _HELD.get(fields["MemberType"])
    if noun is None:
        raise invalid(f"MemberType is {fields['MemberType']}; want one of {', '.join(_HELD)}")
    return scope.get(BY_NOUN["Folder"], fields["FolderId"]), scope.get(BY_NOUN[noun], fields["MemberId"])


def _join(scope: Scope, fields: dict) -> dict:
    folder, held = _held(scope, fields)
    hold(folder, held.arn)
    return {"FolderMember": {"MemberId": held.id, "MemberType": fields["MemberType"]}}


def _leave(scope: Scope, fields: dict) -> dict:
    folder, held = _held(scope, fields)
    if held.arn not in folder.members:
        raise not_found(f"{held.arn} in folder {folder.id}")
    folder.members.remove(held.arn)
    return {}


def _list_members(scope: Scope, fields: dict) -> dict:
    folder = scope.get(BY_NOUN["Folder"], fields["FolderId"])
    return {"FolderMemberList": [{"MemberId": arn.rsplit("/", 1)[-1], "MemberArn": arn} for arn in folder.members]}


def _folders_of(scope: Scope, fields: dict) -> dict:
    return {"Folders": [folder.arn for folder in scope.folders(scope.at(fields["ResourceArn"]).arn)]}


# ---- tags


def tags(asset: Asset) -> list[dict]:
    """The tags of an asset as the API has them."""
    return [{"Key": key, "Value": value} for key, value in asset.tags.items()]


def _tag(scope: Scope, fields: dict) -> dict:
    scope.at(fields["ResourceArn"]).tags.update(_pairs(fields["Tags"]))
    return {}


def _untag(scope: Scope, fields: dict) -> dict:
    asset = scope.at(fields["ResourceArn"])
    asset.tags = {key: value for key, value in asset.tags.items() if key not in fields["TagKeys"]}
    return {}


def _list_tags(scope: Scope, fields: dict) -> dict:
    return {"Tags": tags(scope.at(fields["ResourceArn"]))}


def _pairs(tags: list[dict] | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags or []}


def _operations() -> dict:
    names = set(model.service().operation_names)
    found = {}
    for kind in KINDS:
        families = {
            f"Create{kind.noun}": _create(kind),
            f"Describe{kind.noun}": _describe(kind),
            f"Describe{kind.noun}Definition": _describe(kind, "Definition"),
            f"Update{kind.noun}": _update(kind),
            f"Delete{kind.noun}": _delete(kind),
            f"List{kind.plural}": _list(kind),
            f"Describe{kind.noun}Permissions": _describe_permissions(kind),
            f"Update{kind.noun}Permissions": _update_permissions(kind),
        }
        found.update({name: act for name, act in families.items() if name in names})
    return found


OPERATIONS = {
    **_operations(),
    "UpdateDashboardPublishedVersion": _publish,
    "ListDashboardVersions": _versions,
    "PutDataSetRefreshProperties": _put_refresh,
    "DescribeDataSetRefreshProperties": _describe_refresh,
    "DeleteDataSetRefreshProperties": _delete_refresh,
    "CreateTopicRefreshSchedule": _topic_schedule(_create_schedule),
    "DescribeTopicRefreshSchedule": _topic_schedule(_describe_schedule),
    "UpdateTopicRefreshSchedule": _topic_schedule(_update_schedule),
    "DeleteTopicRefreshSchedule": _topic_schedule(_delete_schedule),
    "ListTopicRefreshSchedules": _list_topic_schedules,
    "CreateFolderMembership": _join,
    "DeleteFolderMembership": _leave,
    "ListFolderMembers": _list_members,
    "ListFoldersForResource": _folders_of,
    "TagResource": _tag,
    "UntagResource": _untag,
    "ListTagsForResource": _list_tags,
}
