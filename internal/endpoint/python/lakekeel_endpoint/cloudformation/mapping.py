"""One CloudFormation type as calls of a service's API.

A Mapping says which operation creates a resource, what its physical id is (what
Ref returns), what GetAtt returns, and which operations update and delete it.
The calls go through the endpoint's own port, so that what a stack creates is
what the service's API then shows.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError
from ministack.services.cloudformation import provisioners

from .. import loopback

log = logging.getLogger("lakekeel.cloudformation")

Properties = dict
Arguments = dict


@dataclass(frozen=True)
class Call:
    """An operation of the mapping's service, and its arguments for one resource."""

    operation: str  # boto3's method name
    arguments: Callable[[str, Properties], Arguments]  # (physical id, properties) -> arguments
    before: Callable[[str, Properties], None] | None = None  # what the service wants done first


@dataclass(frozen=True)
class Mapping:
    """How one CloudFormation type is created, changed and deleted through an API."""

    type: str  # e.g. "AWS::DataBrew::Recipe"
    service: str  # boto3's name of the service
    create: str  # boto3's method name
    ref: Callable[[dict, Arguments], str]  # (answer, arguments) -> physical id
    delete: Call | None = None  # None: the API has no such operation, the resource stays
    update: Call | None = None  # None: every change makes a new resource
    replace: tuple[str, ...] = ()  # properties whose change makes a new resource although there is an update
    name: str = ""  # property that CloudFormation makes up when the template leaves it out
    arguments: Callable[[Properties], Arguments] = dict  # properties -> arguments of create, where they differ
    attributes: Callable[[dict, Arguments], Map] = field(default=lambda answer, arguments: {})  # for GetAtt
    settle: Callable[[str, Properties, Properties], None] | None = None  # (physical id, properties, those before)

    # ---- what CloudFormation's engine calls

    def handlers(self) -> dict:
        """The entry of this type in ministack's table of handlers."""
        return {"create": self._create, "update": self._update, "update_with_logical_id": True, "delete": self._delete}

    def _create(self, logical_id: str, properties: Properties, stack_name: str) -> tuple[str, dict]:
        named = self._named(logical_id, properties, stack_name)
        arguments = self._arguments(self.create, self.arguments(named))
        answer = self._call(self.create, arguments)
        physical_id = str(self.ref(answer, arguments))
        self._settle(physical_id, named, {})
        return physical_id, dict(self.attributes(answer, arguments))

    def _update(self, physical_id, old, new, stack_name, logical_id) -> tuple[str, dict]:
        if self.update is None:
            return self._replace(physical_id, old, new, stack_name, logical_id)
        named = self._named(logical_id, new, stack_name)
        arguments = self._arguments(self.update.operation, self.update.arguments(physical_id, named))
        if self.update.before:
            self.update.before(physical_id, named)
        self._call(self.update.operation, arguments)
        self._settle(physical_id, named, old)
        return physical_id, {}

    def _settle(self, physical_id: str, properties: Properties, before: Properties) -> None:
        """Do what takes operations of its own (policies, tags), after creation and update."""
        if self.settle:
            try:
                self.settle(physical_id, properties, before)
            except (ClientError, BotoCoreError) as error:
                raise ValueError(_sentence(self.type, error)) from None

    def _replace(self, physical_id, old, new, stack_name, logical_id) -> tuple[str, dict]:
        """Make a new resource in place of the old one, which the engine deletes afterwards."""
        if self.name and new.get(self.name) and new.get(self.name) == old.get(self.name):
            raise ValueError(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {new[self.name]} and update the stack again."
            )
        return provisioners._replace_resource(self.type, physical_id, old, new, stack_name, logical_id)

    def _delete(self, physical_id: str, properties: Properties) -> None:
        if self.delete is None:
            log.warning("%s %s stays: its API has no operation to delete it", self.type, physical_id)
            return
        arguments = self._arguments(self.delete.operation, self.delete.arguments(physical_id, properties))
        try:
            if self.delete.before:
                self.delete.before(physical_id, properties)
            getattr(loopback.client(self.service), self.delete.operation)(**arguments)
        except ClientError as error:
            if not is_absent(error):
                raise ValueError(_sentence(self.type, error)) from None

    # ---- from a template's properties to an operation's arguments

    def _named(self, logical_id: str, properties: Properties, stack_name: str) -> Properties:
        if not self.name or properties.get(self.name):
            return dict(properties)
        return {**properties, self.name: provisioners._physical_name(stack_name, logical_id)}

    def _arguments(self, operation: str, arguments: Arguments) -> Arguments:
        client = loopback.client(self.service)
        shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation]).input_shape
        known = {member.lower() for member in shape.members}
        for name in sorted(arguments):
            # A property without a counterpart is lost: that is worth a line, or
            # somebody looks for it in vain.
            if name.lower() not in known:
                log.warning("%s: %s has no member %s; the property is not applied", self.type, operation, name)
        return conform(arguments, shape)

    def _call(self, operation: str, arguments: Arguments) -> dict:
        try:
            return getattr(loopback.client(self.service), operation)(**arguments)
        except (ClientError, BotoCoreError) as error:
            raise ValueError(_sentence(self.type, error)) from None


def is_absent(error: ClientError) -> bool:
    """Whether an API says that what was asked for does not exist."""
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return bool(re.search(r"NotFound|NoSuch|DoesNotExist|Unknown(?!Operation)", code)) or status == 404


def _sentence(rtype: str, error: Exception) -> str:
    """What CloudFormation's event says: type, code and the service's own words."""
    if isinstance(error, ClientError):
        fault = error.response.get("Error", {})
        return f"{rtype}: {fault.get('Code')}: {fault.get('Message')}"
    return f"{rtype}: {error}"


def conform(value, shape):
    """A template's value as the API's model wants it.

    Templates write members in PascalCase where many APIs have lowerCamelCase,
    numbers and booleans as strings as they please, tags as lists where some APIs
    want maps and the reverse, and documents as objects where APIs want text.
    Members that the model does not know are left out.
    """
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        members = {member.lower(): member for member in shape.members}
        named = ((members[k.lower()], v) for k, v in value.items() if k.lower() in members and v is not None)
        return {member: conform(v, shape.members[member]) for member, v in named}
    if kind == "list" and isinstance(value, dict):
        return [conform({"Key": k, "Value": v}, shape.member) for k, v in value.items()]
    if kind == "list" and isinstance(value, list):
        return [conform(item, shape.member) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {k: conform(v, shape.value) for k, v in value.items()}
    if kind == "map" and isinstance(value, list):
        return {item.get("Key", item.get("key")): item.get("Value", item.get("value", "")) for item in value}
    return _scalar(value, kind)


def _scalar(value, kind: str):
    if isinstance(value, (dict, list)):
        return json.dumps(value) if kind == "string" else value
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "boolean":
        return is_true(value)
    if kind == "string":
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def is_true(value) -> bool:
    """A template's boolean, which may be the text "true"."""
    return str(value).lower() == "true"


# ---- small helpers that the services' tables are written with


def by(member: str, ref: Callable[[str], str] = lambda physical_id: physical_id):
    """Arguments that hold the physical id alone, under one name."""
    return lambda physical_id, properties: {member: ref(physical_id)}


def deleting(operation: str, member: str, before=None) -> Call:
    """The delete operation that takes the physical id under one name."""
    return Call(operation, by(member), before)


def updating(operation: str, member: str) -> Call:
    """The update operation that takes the physical id under one name beside the properties."""
    return Call(operation, lambda physical_id, properties: {**properties, member: physical_id})


def only(properties: Properties, *names: str) -> Properties:
    """The named properties that are there."""
    return {name: properties[name] for name in names if name in properties}


def without(properties: Properties, *names: str) -> Properties:
    """The properties but the named ones."""
    return {name: value for name, value in properties.items() if name not in names}
