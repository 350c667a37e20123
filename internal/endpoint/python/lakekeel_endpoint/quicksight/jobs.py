"""Asset bundle jobs: export of assets with what they depend on, import with overrides and rollback.

A job is done when it is started, and told in its states over the next moments: queued, in progress,
and how it ended. https://docs.aws.amazon.com/quicksight/latest/developerguide/asset-bundle-ops.html
"""

from __future__ import annotations

import base64
import copy
import secrets
from dataclasses import dataclass, field

from . import assets, bundle, model
from .errors import QuickSightError, conflict, invalid, not_found
from .model import BY_NOUN, KINDS, Kind
from .scope import Asset, Scope, parts, references

QUEUED, RUNNING, UNDOING = "QUEUED_FOR_IMMEDIATE_EXECUTION", "IN_PROGRESS", "FAILED_ROLLBACK_IN_PROGRESS"

# How long a job is told to be queued, and to be under way, in seconds.
QUEUE, WORK = 0.1, 0.4

# How long a download URL holds, in seconds.
URL_LIFE = 300

# An account runs this many jobs of a direction at once, and a body has this many bytes at most:
# https://docs.aws.amazon.com/quicksight/latest/APIReference/API_StartAssetBundleImportJob.html.
AT_ONCE, BODY = 5, 20 * 1024 * 1024


@dataclass
class Job:
    """One job of either direction."""

    id: str
    arn: str
    asked: dict  # the members of its start
    started: float
    end: str  # how it ends
    errors: list[dict] = field(default_factory=list)
    content: bytes = b""  # of an export: the bundle

    def status(self, now: float) -> str:
        """The state that is told now."""
        age = now - self.started
        if age < QUEUE:
            return QUEUED
        if age < QUEUE + WORK:
            return RUNNING
        if self.end == "FAILED_ROLLBACK_COMPLETED" and age < QUEUE + 2 * WORK:
            return UNDOING
        return self.end

    def told(self, now: float) -> dict:
        """What Describe and List tell."""
        status = self.status(now)
        out = {**self.asked, "Arn": self.arn, "JobStatus": status, "CreatedTime": self.started}
        return out if status in (QUEUED, RUNNING) else {**out, "Errors": self.errors, "Warnings": []}


def _begin(scope: Scope, direction: str, fields: dict) -> str:
    """The id of a job that may start now."""
    identity = fields[f"AssetBundle{direction}JobId"]
    running = [j for (of, _), j in scope.jobs.items() if of == direction and j.status(scope.now) in (QUEUED, RUNNING, UNDOING)]
    if any(job.id == identity for job in running):
        raise conflict(f"Asset bundle {direction.lower()} job {identity} is under way")
    if len(running) >= AT_ONCE:
        raise QuickSightError("LimitExceededException", f"{AT_ONCE} asset bundle {direction.lower()} jobs are under way", 409)
    return identity


def _keep(scope: Scope, direction: str, job: Job) -> dict:
    scope.jobs[(direction, job.id)] = job
    return {"Arn": job.arn, f"AssetBundle{direction}JobId": job.id}


def _job(scope: Scope, direction: str, fields: dict) -> Job:
    identity = fields[f"AssetBundle{direction}JobId"]
    if (direction, identity) not in scope.jobs:
        raise not_found(f"Asset bundle {direction.lower()} job {identity}")
    return scope.jobs[(direction, identity)]


def _listed(direction: str):
    def perform(scope: Scope, fields: dict) -> dict:
        found = [job.told(scope.now) for (of, _), job in scope.jobs.items() if of == direction]
        return model.listed(model.service().operation_model(f"ListAssetBundle{direction}Jobs").output_shape, found)

    return perform


# ---- export


def start_export(scope: Scope, fields: dict) -> dict:
    """Export the named assets, with what they depend on if that is asked for."""
    identity = _begin(scope, "Export", fields)
    if fields["ExportFormat"] != "QUICKSIGHT_JSON":
        raise QuickSightError("UnknownOperationException", "the local endpoint exports QUICKSIGHT_JSON, not " + fields["ExportFormat"], 501)
    chosen: dict[str, Asset] = {}
    errors = []
    for arn in fields["ResourceArns"]:
        try:
            _choose(scope, arn, fields, chosen)
        except QuickSightError as error:
            errors.append({"Arn": arn, "Type": error.code, "Message": error.message})
    documents = {bundle.name(a.kind, a.id, a.parent): _document(scope, a, fields) for a in chosen.values()}
    job = Job(identity, scope.of(f"asset-bundle-export-job/{identity}"), fields, scope.now, "FAILED" if errors else "SUCCESSFUL", errors)
    job.content = b"" if errors else bundle.write(documents)
    return _keep(scope, "Export", job)


def _choose(scope: Scope, arn: str, fields: dict, chosen: dict[str, Asset]) -> None:
    """Take an asset, and what it needs, into an export."""
    if arn in chosen:
        return
    asset = scope.at(arn)
    if not asset.kind.bundle:
        raise invalid(f"{arn} cannot be exported: asset bundles have no {asset.kind.noun.lower()}s")
    chosen[arn] = asset
    needed = []
    if fields.get("IncludeAllDependencies"):
        needed += [a for a in references(asset.shown()) if parts(a)[1] != "aws"]
        needed += [a.arn for a in scope.schedules(asset.id)] if asset.kind.noun == "DataSet" else []
    if fields.get("IncludeFolderMemberships"):
        needed += [folder.arn for folder in scope.folders(arn)]
    if fields.get("IncludeFolderMembers", "NONE") != "NONE" and asset.kind.noun == "Folder":
        needed += asset.members
        if fields["IncludeFolderMembers"] == "RECURSE":
            needed += [f.arn for f in scope.every(asset.kind) if f.fields.get("ParentFolderArn") == arn]
    for other in needed:
        _choose(scope, other, fields, chosen)


def _document(scope: Scope, asset: Asset, fields: dict) -> dict:
    more = {}
    if asset.refresh:
        more["DataSetRefreshProperties"] = asset.refresh
    if fields.get("IncludePermissions") and asset.permissions:
        more["Permissions"] = [{"Principal": name, "Actions": actions} for name, actions in asset.permissions.items()]
    if fields.get("IncludeTags") and asset.tags:
        more["Tags"] = assets.tags(asset)
    if fields.get("IncludeFolderMemberships") and (folders := scope.folders(asset.arn)):
        more["FolderArns"] = [folder.arn for folder in folders]
    return bundle.document(asset.kind, asset.shown(), more)


# The bundles that may be downloaded, by the secret part of their URLs: content, and until when.
_downloads: dict[str, tuple[bytes, float]] = {}


def describe_export(scope: Scope, fields: dict) -> dict:
    """An export; when it succeeded, with a new URL for its bundle."""
    job = _job(scope, "Export", fields)
    told = job.told(scope.now)
    if told["JobStatus"] == "SUCCESSFUL":
        token = secrets.token_urlsafe(24)
        _downloads[token] = (job.content, scope.now + URL_LIFE)
        told["DownloadUrl"] = f"{scope.url}/_lakekeel/bundles/{token}/{job.id}.qs"
    return told


def download(path: str, now: float) -> bytes | None:
    """The bundle at a path below /_lakekeel/bundles/; None if the URL never held or holds no more."""
    content, until = _downloads.get(path.split("/")[0], (None, 0.0))
    return content if now < until else None


# ---- import


def start_import(scope: Scope, fields: dict) -> dict:
    """Import a bundle: each asset in turn, those before it that it refers to first."""
    identity = _begin(scope, "Import", fields)
    job = Job(identity, scope.of(f"asset-bundle-import-job/{identity}"), fields, scope.now, "SUCCESSFUL")
    before = copy.deepcopy(scope.assets)
    try:
        members = _overridden(scope, bundle.read(_content(fields["AssetBundleImportSource"])), fields)
    except QuickSightError as error:
        members = []
        job.errors.append({"Arn": job.arn, "Type": error.code, "Message": error.message})
    for kind, body in members:
        try:
            _put(scope, kind, body, fields)
        except QuickSightError as error:
            job.errors.append({"Arn": scope.arn(kind, *_identity(kind, body)), "Type": error.code, "Message": error.message})
    if job.errors:
        job.end = "FAILED"
        if fields.get("FailureAction") == "ROLLBACK":
            job.end = "FAILED_ROLLBACK_COMPLETED"
            scope.assets = before
    job.asked = {k: v for k, v in fields.items() if k != "AssetBundleImportSource"}
    return _keep(scope, "Import", job)


def _content(source: dict) -> bytes:
    if "Body" not in source:
        # When the endpoint plays its journal again, its S3 does not answer yet.
        raise invalid("The local endpoint imports the body of a request, not an object of S3")
    try:
        content = base64.b64decode(source["Body"])
    except ValueError:
        raise invalid("The body of the asset bundle is not in base64") from None
    if len(content) > BODY:
        raise invalid("The body of the asset bundle is larger than 20 MB")
    return content


def _identity(kind: Kind, body: dict) -> tuple[str, str]:
    """Id and parent's id of an asset of a bundle."""
    if kind.noun == "RefreshSchedule":
        return body["Schedule"]["ScheduleId"], body["DataSetId"]
    return body[kind.key], ""


# What an import may override, by the kind: the list among OverrideParameters.
_PARAMETERS = {kind.noun: kind.plural for kind in KINDS if kind.bundle}


def _overridden(scope: Scope, members: list[tuple[Kind, dict]], fields: dict) -> list[tuple[Kind, dict]]:
    """The assets as they are to be here: other ids, other account, other parameters; in the order of their dependencies."""
    wanted = fields.get("OverrideParameters") or {}
    prefix = (wanted.get("ResourceIdOverrideConfiguration") or {}).get("PrefixForAllResources", "")
    inside = {(kind.noun, *_identity(kind, body)) for kind, body in members}
    for noun, plural in _PARAMETERS.items():
        for item in wanted.get(plural) or []:
            kind = BY_NOUN[noun]
            target = next((b for k, b in members if k is kind and _names(kind, item, b)), None)
            if target is None:
                raise invalid(f"OverrideParameters has a {noun} that is not in the asset bundle: {item.get(kind.key)}")
            schedule = {"StartAfterDateTime": item["StartAfterDateTime"]} if "StartAfterDateTime" in item else {}
            if kind.noun == "RefreshSchedule":
                target["Schedule"] = {**target["Schedule"], **schedule}
            else:
                target.update(item)
    moved = [(kind, _moved(scope, body, inside, prefix)) for kind, body in members]
    for kind, body in moved if prefix else ():
        if kind.noun == "RefreshSchedule":
            body["DataSetId"] = prefix + body["DataSetId"]
        else:
            body[kind.key] = prefix + body[kind.key]
    return _ordered(scope, moved)


def _names(kind: Kind, item: dict, body: dict) -> bool:
    """Whether an override is for an asset."""
    if kind.noun == "RefreshSchedule":
        return (item["ScheduleId"], item["DataSetId"]) == _identity(kind, body)
    return item[kind.key] == body[kind.key]


def _moved(scope: Scope, value, inside: set, prefix: str):
    """A value whose ARNs of assets are of this account and region."""
    if isinstance(value, dict):
        return {k: _moved(scope, v, inside, prefix) for k, v in value.items()}
    if isinstance(value, list):
        return [_moved(scope, v, inside, prefix) for v in value]
    found = parts(value) if isinstance(value, str) else None
    if not found or found[1] == "aws":
        return value
    kind, identity = found[2], found[3]
    return scope.arn(kind, (prefix if (kind.noun, identity, "") in inside else "") + identity)


def _ordered(scope: Scope, members: list[tuple[Kind, dict]]) -> list[tuple[Kind, dict]]:
    """By kind, and data sets and folders behind those that they are made of."""
    place = {scope.arn(kind, *_identity(kind, body)): (kind, body) for kind, body in members}
    done: dict[str, tuple[Kind, dict]] = {}

    def put(arn: str) -> None:
        if arn in done or arn not in place:
            return
        kind, body = place.pop(arn)
        for other in references(body):
            put(other)
        done[arn] = (kind, body)

    for arn in sorted(place, key=lambda a: KINDS.index(place[a][0])):
        put(arn)
    return list(done.values())


def _put(scope: Scope, kind: Kind, body: dict, fields: dict) -> None:
    """Make or change one asset."""
    identity, parent = _identity(kind, body)
    body = {"AwsAccountId": scope.account, **body}
    refresh = body.pop("DataSetRefreshProperties", None)
    folders = body.pop("FolderArns", [])
    permissions = _permissions(scope, kind, identity, body, fields)
    body.pop("Permissions", None)
    if fault := model.faults(f"Create{kind.noun}", body):
        raise invalid(fault)
    put = assets.update if (kind.noun, parent, identity) in scope.assets else assets.create
    asset = put(scope, kind, body)
    asset.published = max(len(asset.versions), 1)
    if refresh:
        asset.refresh = refresh
    if permissions is not None:
        asset.permissions = permissions
    for arn in folders:
        assets.hold(scope.at(arn), asset.arn)


def _permissions(scope: Scope, kind: Kind, identity: str, body: dict, fields: dict) -> dict[str, list[str]] | None:
    """Who may do what with an asset after the import; None if that stays as it is."""
    held = {item["Principal"]: item["Actions"] for item in body.get("Permissions") or []}
    for item in (fields.get("OverridePermissions") or {}).get(kind.plural) or []:
        ids = item[f"{kind.noun}Ids"]
        if ("*" in ids or identity in ids) and item.get("Permissions"):
            held.update(dict.fromkeys(item["Permissions"]["Principals"], item["Permissions"]["Actions"]))
    for principal in held:
        if principal.split(":")[4:5] != [scope.account]:
            raise invalid(f"{principal} is of another account than {scope.account}")
    return held or None


def describe_import(scope: Scope, fields: dict) -> dict:
    """An import."""
    return _job(scope, "Import", fields).told(scope.now)


OPERATIONS = {
    "StartAssetBundleExportJob": start_export,
    "DescribeAssetBundleExportJob": describe_export,
    "ListAssetBundleExportJobs": _listed("Export"),
    "StartAssetBundleImportJob": start_import,
    "DescribeAssetBundleImportJob": describe_import,
    "ListAssetBundleImportJobs": _listed("Import"),
}
