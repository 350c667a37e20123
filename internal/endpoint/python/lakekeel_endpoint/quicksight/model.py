"""QuickSight's API as botocore's model has it: which operation a request is for, and what its answer holds."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from urllib.parse import unquote

from ..wire import Request


@dataclass(frozen=True)
class Kind:
    """A noun of the service: what is created, described, listed and deleted under one name."""

    noun: str  # as in CreateDataSet
    key: str  # the member that identifies one
    arn: str  # the type in its ARN
    bundle: str = ""  # its resource type in an asset bundle; empty if bundles do not have it
    parent: str = ""  # the member that identifies what it belongs to

    @property
    def plural(self) -> str:
        return self.noun[:-2] + "es" if self.noun.endswith("is") else self.noun + "s"


# In the order in which each can refer to those before it, which is the order of an import.
KINDS = (
    Kind("VPCConnection", "VPCConnectionId", "vpcConnection", "vpcConnection"),
    Kind("Folder", "FolderId", "folder", "folder"),
    Kind("DataSource", "DataSourceId", "datasource", "datasource"),
    Kind("Theme", "ThemeId", "theme", "theme"),
    Kind("DataSet", "DataSetId", "dataset", "dataset"),
    Kind("RefreshSchedule", "ScheduleId", "refresh-schedule", "refreshSchedule", parent="DataSetId"),
    Kind("Topic", "TopicId", "topic"),
    Kind("Template", "TemplateId", "template"),
    Kind("Analysis", "AnalysisId", "analysis", "analysis"),
    Kind("Dashboard", "DashboardId", "dashboard", "dashboard"),
)
BY_NOUN = {kind.noun: kind for kind in KINDS}
BY_BUNDLE = {kind.bundle.lower(): kind for kind in KINDS if kind.bundle}

# Definitions of which the service keeps every version; the rest has the last one only.
VERSIONED = ("Dashboard", "Theme", "Template")


@functools.cache
def service():
    """botocore's model of the service."""
    import botocore.session

    return botocore.session.get_session().get_service_model("quicksight")


@functools.cache
def _routes() -> list[tuple[re.Pattern, str, str]]:
    """Path, method and name of every operation; those with the fewest variables in the path first."""
    routes = []
    for name in service().operation_names:
        http = service().operation_model(name).http
        uri = http["requestUri"].split("?")[0]
        # An ARN in a path comes with its slashes.
        pattern = re.sub(r"\{(\w+)\}", lambda m: f"(?P<{m[1]}>{'.+' if m[1].endswith('Arn') else '[^/]+'})", uri)
        routes.append((re.compile(f"{pattern}/?$"), http["method"], name))
    return sorted(routes, key=lambda route: (route[0].groups, route[2]))


def read(request: Request) -> tuple[str, dict]:
    """The name of the operation a request is for, and its members; "" if it is for none."""
    for pattern, method, name in _routes():
        match = pattern.match(request.path) if method == request.method else None
        if match:
            shape = service().operation_model(name).input_shape
            named = {m.serialization.get("name", n): (n, m) for n, m in shape.members.items()}
            fields = json.loads(request.body or b"{}")
            for member, values in request.query.items():
                if member in named:
                    name_in_model, of = named[member]
                    fields[name_in_model] = values if of.type_name == "list" else _number(values[0], of)
            for member, value in match.groupdict().items():
                name_in_model, of = named[member]
                fields[name_in_model] = _number(unquote(value), of)
            return name, fields
    return "", {}


def _number(text: str, shape):
    return int(text) if shape.type_name in ("integer", "long") and text.isdigit() else text


def faults(operation: str, fields: dict) -> str:
    """What the API's model has against the members of a request, or ""."""
    from botocore.validate import ParamValidator

    report = ParamValidator().validate(fields, service().operation_model(operation).input_shape)
    return " ".join(report.generate_report().split()) if report.has_errors() else ""


def shaped(shape, record: dict, into: tuple[str, ...] = ()) -> dict:
    """The members of a record that an answer has; those named in into are nested."""
    out = {}
    for name, member in shape.members.items():
        if record.get(name) is not None:
            out[name] = record[name]
        elif name in into and (nested := shaped(member, record, into)):
            out[name] = nested
    return out


def listed(shape, records: list[dict]) -> dict:
    """The records as the one list of an answer."""
    name, member = next((n, m) for n, m in shape.members.items() if m.type_name == "list")
    of = member.member
    return {name: [shaped(of, record) if of.type_name == "structure" else record["Arn"] for record in records]}


def create_shape(kind: Kind):
    """What Create takes."""
    return service().operation_model(f"Create{kind.noun}").input_shape
