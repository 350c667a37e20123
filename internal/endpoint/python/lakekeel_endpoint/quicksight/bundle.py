"""The file of an asset bundle: a zip of one JSON document for each asset.

An asset stands at RESOURCETYPE/ID.json, a refresh schedule at
refreshSchedule/DATASET--refresh-schedule--ID.json. A document has resourceType and the members of
the asset's creation in lowerCamelCase; keys of maps (table ids, column names) stand as they are.
ARNs keep the account and region of the export. The service documents the zip and not what is in it
(https://docs.aws.amazon.com/quicksight/latest/developerguide/assetbundle-export.html); this is what bundles
of real accounts look like, as the tests of public tools that read them show.
"""

from __future__ import annotations

import io
import json
import re
import zipfile

from ..cloudformation.mapping import conform
from . import model
from .errors import invalid
from .model import BY_BUNDLE, BY_NOUN, Kind

# Never in a bundle: the account, secrets, and what an import sets by its overrides.
_LEFT_OUT = ("AwsAccountId", "Credentials", "ValidationStrategy", "Permissions", "Tags", "FolderArns")


def write(documents: dict[str, dict]) -> bytes:
    """A bundle of documents, by their names in it; the same bytes for the same documents."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, document in sorted(documents.items()):
            archive.writestr(zipfile.ZipInfo(name), json.dumps(document, indent=2, ensure_ascii=False))
    return out.getvalue()


def name(kind: Kind, identity: str, parent: str) -> str:
    """Where an asset stands in a bundle."""
    return f"{kind.bundle}/{parent}--refresh-schedule--{identity}.json" if parent else f"{kind.bundle}/{identity}.json"


def document(kind: Kind, fields: dict, more: dict) -> dict:
    """An asset as a bundle has it: members of its creation, and more of them."""
    body = {k: v for k, v in fields.items() if k not in _LEFT_OUT} | more
    return {"resourceType": kind.bundle, **_lower(body, _shape(kind))}


def read(content: bytes) -> list[tuple[Kind, dict]]:
    """The assets of a bundle, each with the members of its creation; InvalidParameterValueException if it is none."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile:
        raise invalid("The asset bundle is not a zip file") from None
    found = []
    with archive:
        for entry in archive.infolist():
            if not entry.is_dir():
                found.append(_member(entry.filename, archive.read(entry)))
    if not found:
        raise invalid("The asset bundle is empty")
    return found


def _member(path: str, text: bytes) -> tuple[Kind, dict]:
    kind = BY_BUNDLE.get(path.split("/", 1)[0].lower())
    if kind is None:
        raise invalid(f"{path} in the asset bundle is of no known resource type")
    try:
        body = json.loads(text)
    except ValueError as error:
        raise invalid(f"{path} in the asset bundle is not JSON: {error}") from None
    if not isinstance(body, dict) or str(body.pop("resourceType", "")).lower() != kind.bundle.lower():
        raise invalid(f"{path} in the asset bundle has another resourceType")
    if unknown := _unknown(body, _shape(kind)):
        raise invalid(f"{path} in the asset bundle has the unknown member {unknown}")
    try:
        fields = conform(body, _shape(kind))
        schedule = fields["DataSetId"] and fields["Schedule"]["ScheduleId"] if kind.parent else ""
        if not (schedule or fields[kind.key]):
            raise ValueError
    except (AttributeError, KeyError, TypeError, ValueError):
        raise invalid(f"{path} in the asset bundle has no id, or a member of another type than the model's") from None
    return kind, fields


class _Shape:
    """What a bundle holds of a kind: the members of its creation, and of a data set the refresh properties."""

    type_name = "structure"

    def __init__(self, kind: Kind):
        self.members = dict(model.create_shape(kind).members)
        if kind is BY_NOUN["DataSet"]:
            put = model.service().operation_model("PutDataSetRefreshProperties").input_shape
            self.members["DataSetRefreshProperties"] = put.members["DataSetRefreshProperties"]
        if kind is BY_NOUN["Folder"]:
            self.members["FolderArns"] = model.create_shape(BY_NOUN["DataSet"]).members["FolderArns"]


def _shape(kind: Kind) -> _Shape:
    return _Shape(kind)


def lower_camel(name: str) -> str:
    """DataSetId becomes dataSetId, KPIVisual kpiVisual, URLOperation urlOperation."""
    return re.sub(r"^[A-Z]+(?=[A-Z][a-z])|^[A-Z]", lambda match: match[0].lower(), name)


def _lower(value, shape):
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {lower_camel(k): _lower(v, shape.members[k]) for k, v in value.items() if k in shape.members}
    if kind == "list" and isinstance(value, list):
        return [_lower(item, shape.member) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {k: _lower(v, shape.value) for k, v in value.items()}
    return value


def _unknown(value, shape, path: str = "") -> str:
    """The first member that the model does not know, by its path; "" if there is none."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        known = {member.lower(): member for member in shape.members}
        for k, v in value.items():
            if k.lower() not in known:
                return f"{path}{k}"
            if below := _unknown(v, shape.members[known[k.lower()]], f"{path}{k}."):
                return below
    elif kind in ("list", "map") and isinstance(value, (list, dict)):
        of = shape.member if kind == "list" else shape.value
        for v in value if kind == "list" else value.values():
            if below := _unknown(v, of, path):
                return below
    return ""
