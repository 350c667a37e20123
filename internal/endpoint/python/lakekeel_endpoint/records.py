"""Resource families that neither engine implements: kept as records.

A record is created, described, updated, listed and deleted through the
service's own API, with the service's own request and answer shapes, which are
read from botocore's models. Nothing is computed from it: a Redshift Serverless
workgroup runs no query. That is enough for a stack to be deployed, looked at,
changed and removed, and types.py says "record" for them, not more.
"""

from __future__ import annotations

import functools
import json
import random
import re
import threading
import uuid
from dataclasses import dataclass
from urllib.parse import unquote

from .wire import Answer, Request, answer, fault


@dataclass(frozen=True)
class Family:
    """The operations on one noun of one service, e.g. DataBrew's projects."""

    service: str  # name of the botocore model
    noun: str  # as in CreateProject, DescribeProject, ListProjects
    key: str  # member that identifies one, e.g. "Name"; generated when it ends in "Arn" or is not given


FAMILIES = (
    Family("databrew", "Project", "Name"),
    Family("databrew", "Schedule", "Name"),
    Family("redshift-serverless", "Namespace", "namespaceName"),
    Family("redshift-serverless", "Workgroup", "workgroupName"),
    Family("codestar-connections", "Connection", "ConnectionArn"),
    Family("codeconnections", "Connection", "ConnectionArn"),
    Family("fsx", "DataRepositoryAssociation", "AssociationId"),
)

SERVICES = frozenset(family.service for family in FAMILIES)

# Members of an answer that a service works out; each is given where the shape has it.
_STATES = {
    "Status": "CREATION_SUCCESSFUL",
    "CreationStatus": "CREATION_SUCCESSFUL",
    "ConnectionStatus": "PENDING",  # as on AWS until a person completes it in the console
    "Lifecycle": "AVAILABLE",
    "status": "AVAILABLE",
}
_TIMES = ("CreatedTime", "LastUpdatedTime", "LastPublishedTime", "CreateDate", "LastModifiedDate", "CreationTime", "creationDate")

_VERBS = re.compile(r"(Create|Describe|Get|Update|Delete|List|Search)(\w+)$")


@dataclass(frozen=True)
class _Operation:
    """One modelled operation on a family."""

    verb: str
    family: Family
    model: object  # botocore.model.OperationModel
    path: re.Pattern


@functools.cache
def _operations(service: str) -> dict[str, _Operation]:
    """The operations on the service's families, by name, from botocore's model."""
    import botocore.session

    model = botocore.session.get_session().get_service_model(service)
    found = {}
    for name in model.operation_names:
        match = _VERBS.match(name)
        family = match and next((f for f in FAMILIES if f.service == service and match[2] in _forms(f.noun)), None)
        if family:
            operation = model.operation_model(name)
            uri = operation.http.get("requestUri", "/").split("?")[0]
            pattern = re.sub(r"\{(\w+)\+?\}", r"(?P<\1>[^/]+)", uri)
            # FSx lists by DescribeXs.
            verb = "List" if match[1] == "Describe" and match[2] != family.noun else match[1]
            found[name] = _Operation(verb, family, operation, re.compile(f"{pattern}/?$"))
    return found


def _forms(noun: str) -> tuple[str, ...]:
    """A noun in the singular and the plural."""
    plural = noun[:-2] + "es" if noun.endswith("is") else noun + "s"
    return noun, plural


class Records:
    """The records of every account and region of this process."""

    def __init__(self):
        self._records: dict[tuple, dict] = {}
        self._lock = threading.Lock()

    def call(self, service: str, request: Request, account: str, region: str, seed: int, now: float) -> Answer | None:
        """Answer a request, or return None when it concerns none of the families.

        seed makes generated identifiers repeatable and now is the time that the
        record bears, so that a journal played again gives the same records.
        """
        operation, fields = _match(service, request)
        if operation is None:
            return None
        with self._lock:
            return self._apply(operation, fields, (service, operation.family.noun, account, region), seed, now)

    def _apply(self, operation: _Operation, fields: dict, scope: tuple, seed: int, now: float) -> Answer:
        family, verb = operation.family, operation.verb
        named = {k: v for k, v in fields.items() if k == family.key}
        if verb in ("List", "Search"):
            wanted = fields.get(f"{family.key}s")
            members = [record for key, record in self._records.items() if key[:4] == scope and (not wanted or key[4] in wanted)]
            return answer(_listing(operation.model.output_shape, members))
        if verb == "Create":
            identity = named.setdefault(family.key, _identity(family, scope, seed))
            key = (*scope, identity)
            if key in self._records:
                return fault("ConflictException", f"{family.noun} {identity} exists already", 409)
            arn = _arn(family, scope, identity)
            record = {**dict.fromkeys(_TIMES, now), **_STATES, **_arns(family, arn), **fields, **named}
            self._records[key] = record
            return answer(_shaped(operation.model.output_shape, record))
        key = (*scope, named.get(family.key))
        if key not in self._records:
            return fault("ResourceNotFoundException", f"{family.noun} {named.get(family.key)} not found", 404)
        if verb == "Delete":
            record = self._records.pop(key)
        else:
            record = self._records[key]
            if verb == "Update":
                record.update({**fields, **named, "LastUpdatedTime": now, "LastModifiedDate": now})
        return answer(_shaped(operation.model.output_shape, record))


def _match(service: str, request: Request) -> tuple[_Operation | None, dict]:
    """The operation a request is for, and its members by their modelled names."""
    operations = _operations(service)
    if request.headers.get("x-amz-target"):
        operation = operations.get(request.action)
        return operation, json.loads(request.body or b"{}") if operation else {}
    for operation in operations.values():
        match = operation.path.match(request.path)
        if match and operation.model.http["method"] == request.method:
            shape = operation.model.input_shape
            in_path = {m.serialization.get("name", n): n for n, m in shape.members.items()}
            fields = json.loads(request.body or b"{}")
            fields.update({in_path.get(name, name): unquote(value) for name, value in match.groupdict().items()})
            return operation, fields
    return None, {}


def _identity(family: Family, scope: tuple, seed: int) -> str:
    value = uuid.UUID(int=random.Random(seed).getrandbits(128), version=4)
    return _arn(family, scope, str(value)) if family.key.endswith("Arn") else value.hex


def _arn(family: Family, scope: tuple, identity: str) -> str:
    if identity.startswith("arn:"):
        return identity
    from botocore.session import get_session

    service, _, account, region = scope
    partition = get_session().get_partition_for_region(region)
    return f"arn:{partition}:{service}:{region}:{account}:{family.noun.lower()}/{identity}"


def _arns(family: Family, arn: str) -> dict:
    """The names under which services call a resource's own ARN."""
    noun = family.noun[0].lower() + family.noun[1:]
    return {"Arn": arn, "ResourceARN": arn, "ResourceArn": arn, f"{noun}Arn": arn}


def _shaped(shape, record: dict) -> dict:
    """The members of a record that an answer shape has, nested as the shape nests them."""
    out = {}
    for name, member in shape.members.items() if shape else ():
        if record.get(name) is not None and not (member.type_name == "structure" and not isinstance(record[name], dict)):
            out[member.serialization.get("name", name)] = record[name]
        elif member.type_name == "structure":
            nested = _shaped(member, record)
            if nested:
                out[member.serialization.get("name", name)] = nested
    return out


def _listing(shape, records: list[dict]) -> dict:
    name, member = next((n, m) for n, m in shape.members.items() if m.type_name == "list")
    return {member.serialization.get("name", name): [_shaped(member.member, record) for record in records]}
