"""CloudFormation properties against the AWS call that they become.

CloudFormation's own schemas say little about lengths, patterns, enums and
unions that the service enforces; botocore's models do, and they are what the
resource's handler will call. The mapping from type to call is found, not
written down: the resource schema lists the permissions that its create handler
needs, and among the calls of those names the one whose input shares most
members with the properties is the call.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import cfnlint.data
from botocore.model import OperationModel, ServiceModel, Shape

SCHEMAS = Path(cfnlint.data.__path__[0]) / "schemas"

# IAM's name of a service where botocore has another.
SERVICES = {"elasticloadbalancing": "elbv2", "elasticmapreduce": "emr", "sso": "sso-admin", "states": "stepfunctions", "es": "opensearch"}

# Types whose handler makes several calls, so that no single input holds their properties: the right one, or None where there is none.
CALLS: dict[str, tuple[str, str] | None] = {
    "AWS::LakeFormation::PrincipalPermissions": ("lakeformation", "GrantPermissions"),
    "AWS::SSO::Assignment": ("sso-admin", "CreateAccountAssignment"),
    "AWS::IAM::ManagedPolicy": None,  # its name and document have other names in the call
    "AWS::Lambda::Permission": None,  # CloudFormation makes up the statement's id
    "AWS::Events::Rule": ("events", "PutRule"),
    "AWS::S3::Bucket": None,  # one call per property, each with the property's content inside
    "AWS::S3::BucketPolicy": None,  # the policy is a document here and text there
    "AWS::IAM::Policy": None,
    "AWS::EC2::FlowLog": None,  # one resource here, a list of them there
    "AWS::EC2::SecurityGroup": None,  # its description has another name in the call
    "AWS::StepFunctions::StateMachine": None,  # so has its definition
    "AWS::EC2::InternetGateway": ("ec2", "CreateInternetGateway"),
    "AWS::EFS::FileSystem": ("efs", "CreateFileSystem"),
    "AWS::Backup::BackupPlan": None,  # its rules have another name in the call
    "AWS::Route53::HostedZone": None,  # CloudFormation makes up the caller's reference
    "AWS::Route53::RecordSet": None,  # one record here, a batch of changes there
    "AWS::SNS::Topic": None,  # CloudFormation makes up the name
    "AWS::SNS::TopicPolicy": None,  # an attribute of each topic there
}

# Members that CloudFormation names or lays out otherwise than the call does, by the path in the call; its schema checks them.
DIFFERENT = {
    "AWS::CodePipeline::Pipeline": ("pipeline.ArtifactStores",),  # a list here, a map by region there
    "AWS::DynamoDB::Table": ("SSESpecification.SSEEnabled",),  # Enabled in the call
    "AWS::EC2::VPCEndpoint": ("DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint",),  # a word here, true or false there
    "AWS::EKS::Cluster": ("logging.ClusterLogging",),  # an object here, a list there
    "AWS::Glue::SecurityConfiguration": ("EncryptionConfiguration.S3Encryptions",),  # S3Encryption in the call
}

# Properties that CloudFormation reshapes on the way; its schema checks them.
RESHAPED = {"tags"}


def folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def is_token(value: object) -> bool:
    """Whether value is an intrinsic function: known at deploy time only."""
    return isinstance(value, dict) and len(value) == 1 and (next(iter(value)) == "Ref" or next(iter(value)).startswith("Fn::"))


@functools.cache
def session() -> botocore.session.Session:
    return botocore.session.Session()


@functools.cache
def model(service: str) -> ServiceModel | None:
    name = SERVICES.get(service, service)
    if name not in session().get_available_services():
        return None
    return session().get_service_model(name)


@functools.cache
def schema(resource_type: str) -> dict:
    providers = json.loads((SCHEMAS / "providers" / "us-east-1.json").read_text())
    if resource_type not in providers:
        return {}
    return json.loads((SCHEMAS / "resources" / f"{providers[resource_type]}.json").read_text())


def candidates(resource_type: str) -> Iterator[OperationModel]:
    """The calls that the type's create handler may make, but for reading and tidying ones."""
    permissions = schema(resource_type).get("handlers", {}).get("create", {}).get("permissions", [])
    for permission in permissions:
        service, _, action = permission.partition(":")
        api = model(service)
        if api and action in api.operation_names and not re.match("Get|Describe|List|Tag|Untag|Delete|Update", action):
            yield api.operation_model(action)


@functools.cache
def call_of(resource_type: str) -> OperationModel | None:
    """The call that makes a resource of this type, or None where no single call does."""
    if resource_type in CALLS:
        known = CALLS[resource_type]
        return model(known[0]).operation_model(known[1]) if known else None
    properties = {folded(name) for name in schema(resource_type).get("properties", {})}

    def overlap(call: OperationModel) -> float:
        members = {folded(name) for name in members_within(call.input_shape)}
        named_for_it = folded(resource_type.rsplit("::", 1)[-1]) in folded(call.name)
        return len(properties & members) / max(1, len(properties)) + 0.2 * named_for_it

    return max((call for call in candidates(resource_type) if call.input_shape), key=overlap, default=None)


def members_within(shape: Shape) -> Iterator[str]:
    """The names of a structure's members and of the members of structures in it."""
    for name, member in shape.members.items():
        yield name
        if member.type_name == "structure":
            yield from member.members


def faults(shape: Shape, value: object, path: str) -> Iterator[str]:
    """What the service would refuse in value, each fault as one sentence."""
    if is_token(value):
        return
    yield from CHECKS.get(shape.type_name, lambda *_: iter(()))(shape, value, path)


def bounds(shape: Shape, number: float, what: str, path: str) -> Iterator[str]:
    if number > shape.metadata.get("max", number):
        yield f"{path}: {what} is {number:g}; want at most {shape.metadata['max']}"
    if number < shape.metadata.get("min", number):
        yield f"{path}: {what} is {number:g}; want at least {shape.metadata['min']}"


def structure_faults(shape: Shape, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is a {type(value).__name__}; want an object"
        return
    by_name = {folded(name): name for name in shape.members}
    seen = set()
    for key, inner in value.items():
        name = by_name.get(folded(key))
        if name is None:
            yield f"{path}.{key}: no such member of {shape.name}"
            continue
        seen.add(name)
        yield from faults(shape.members[name], inner, f"{path}.{key}")
    yield from (f"{path}: {shape.name} needs {name}" for name in shape.required_members if name not in seen)
    if getattr(shape, "is_tagged_union", False) and len(seen) != 1:
        yield f"{path} has {sorted(seen)}; {shape.name} wants exactly one member"


def list_faults(shape: Shape, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path} is a {type(value).__name__}; want a list"
        return
    yield from bounds(shape, len(value), "number of items", path)
    for i, item in enumerate(value):
        yield from faults(shape.member, item, f"{path}[{i}]")


def map_faults(shape: Shape, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is a {type(value).__name__}; want a map"
        return
    yield from bounds(shape, len(value), "number of entries", path)
    for key, inner in value.items():
        yield from faults(shape.key, key, f"{path} key {key!r}")
        yield from faults(shape.value, inner, f"{path}.{key}")


def string_faults(shape: Shape, value: object, path: str) -> Iterator[str]:
    if isinstance(value, (dict, list)):
        yield f"{path} is a {type(value).__name__}; want a string"
        return
    text = str(value).lower() if isinstance(value, bool) else str(value)
    allowed = getattr(shape, "enum", None)
    if allowed and text not in allowed:
        yield f"{path} is {text!r}; want one of {', '.join(allowed)}"
    yield from bounds(shape, len(text), "length", path)
    pattern = shape.metadata.get("pattern")
    if pattern and not matches(pattern, text):
        yield f"{path} is {text!r}; want a match of {pattern}"


def matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern if pattern.startswith("^") else f"^(?:{pattern})$", text) is not None
    except re.error:  # a Java pattern that Python cannot read: the schema's check remains
        return True


def number_faults(shape: Shape, value: object, path: str) -> Iterator[str]:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        yield f"{path} is {value!r}; want a number"
        return
    yield from bounds(shape, number, "value", path)


def boolean_faults(_: Shape, value: object, path: str) -> Iterator[str]:
    if str(value).lower() not in ("true", "false"):
        yield f"{path} is {value!r}; want true or false"


CHECKS = {
    "structure": structure_faults,
    "list": list_faults,
    "map": map_faults,
    "string": string_faults,
    "character": string_faults,
    "boolean": boolean_faults,
    **dict.fromkeys(("integer", "long", "double", "float"), number_faults),
}


def request(call: OperationModel, resource_type: str, properties: dict) -> dict:
    """The properties laid out as the call's input: at its top, or one structure down."""
    own = resource_type.rsplit("::", 1)[-1]
    top = {folded(name): name for name in call.input_shape.members}
    top |= {folded(name.replace(own, "", 1)): name for name in call.input_shape.members if name != own}
    body: dict = {}
    for key, value in properties.items():
        if folded(key) in RESHAPED:
            continue
        if folded(key) in top:
            body[top[folded(key)]] = value
            continue
        for name, member in call.input_shape.members.items():
            if member.type_name == "structure" and folded(key) in {folded(inner) for inner in member.members}:
                body.setdefault(name, {})[key] = value
                break
    return body


def made_elsewhere(shape: Shape, value: object, resource_type: str, name: str) -> bool:
    """Whether the handler itself turns a document or list into the text that the call takes."""
    declared = schema(resource_type).get("properties", {}).get(name, {}).get("type")
    return shape.type_name == "string" and isinstance(value, (dict, list)) and declared != "string"


def generated(resource_type: str) -> set[str]:
    """Names that CloudFormation makes up when the template gives none."""
    own = resource_type.rsplit("::", 1)[-1]
    described = schema(resource_type)
    paths = [p for field in ("primaryIdentifier", "readOnlyProperties", "createOnlyProperties") for p in described.get(field, [])]
    names = {folded(path.split("/")[2]) for path in paths}
    return names | {folded(own + name) for name in names}


def resource_faults(resource_type: str, properties: dict) -> list[str]:
    """What the service would refuse of a resource; empty for types without a call of their own."""
    call = call_of(resource_type)
    if call is None:
        return []
    shape = call.input_shape
    body = request(call, resource_type, properties)
    found = []
    for name, value in body.items():
        if not made_elsewhere(shape.members[name], value, resource_type, name):
            found += (fault for fault in faults(shape.members[name], value, name) if not fault.startswith(DIFFERENT.get(resource_type, ())))
    optional = generated(resource_type)
    for name in shape.required_members:
        token = shape.members[name].metadata.get("idempotencyToken") or folded(name).endswith("token")
        if name not in body and not token and folded(name) not in optional:
            found.append(f"{call.name} needs {name}")
    return found
