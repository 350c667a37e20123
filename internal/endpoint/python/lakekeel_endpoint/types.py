"""Which CloudFormation types a stack may use here, and what stands behind each.

Read from the tables that the running endpoint provisions by, so that it cannot
say anything else than what happens.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass

# What stands behind a type.
CREATED = "created"  # a service of one of the engines creates it, and its API shows it
RECORD = "record"  # its API shows it, as a record of ours that nothing else knows
RECORDED_ONLY = "recorded only"  # a line in the stack; no API knows it (--record-unknown)
REFUSED = "refused"  # the template is refused, with the type's name

MEANING = {
    CREATED: "its service creates it and its API shows it",
    RECORD: "its API shows it, as a record that nothing else knows",
    RECORDED_ONLY: "a line in the stack alone (--record-unknown)",
    REFUSED: "a template with it is refused by name",
}

# Types of this field that somebody may look for. Every other type that is in
# no table is refused as well; these are listed so that it is known beforehand.
# An entry that gets a provisioner leaves the list of refused types by itself.
FIELD = (
    "AWS::Athena::CapacityReservation",
    "AWS::Backup::BackupSelection",
    "AWS::CodeArtifact::Domain",
    "AWS::CodeArtifact::Repository",
    "AWS::CodeBuild::ReportGroup",
    "AWS::CodeBuild::SourceCredential",
    "AWS::CodeDeploy::Application",
    "AWS::CodePipeline::CustomActionType",
    "AWS::CodePipeline::Webhook",
    "AWS::CodeStarNotifications::NotificationRule",
    "AWS::Config::ConfigRule",
    "AWS::DMS::ReplicationTask",
    "AWS::DataSync::Task",
    "AWS::DataZone::Domain",
    "AWS::EC2::FlowLog",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::PrefixList",
    "AWS::EC2::VPNGateway",
    "AWS::EMR::InstanceFleetConfig",
    "AWS::EMR::InstanceGroupConfig",
    "AWS::EMR::Studio",
    "AWS::EMR::WALWorkspace",
    "AWS::Events::ApiDestination",
    "AWS::Events::Archive",
    "AWS::Events::Connection",
    "AWS::FIS::ExperimentTemplate",
    "AWS::FSx::Snapshot",
    "AWS::FSx::StorageVirtualMachine",
    "AWS::FSx::Volume",
    "AWS::Glue::DataQualityRuleset",
    "AWS::Glue::DevEndpoint",
    "AWS::Glue::MLTransform",
    "AWS::Glue::SchemaVersion",
    "AWS::Glue::TableOptimizer",
    "AWS::Glue::UsageProfile",
    "AWS::IAM::OIDCProvider",
    "AWS::IAM::ServiceLinkedRole",
    "AWS::KMS::ReplicaKey",
    "AWS::Lambda::CodeSigningConfig",
    "AWS::Logs::QueryDefinition",
    "AWS::MSK::Cluster",
    "AWS::MWAA::Environment",
    "AWS::OpenSearchServerless::Collection",
    "AWS::Organizations::Policy",
    "AWS::RAM::ResourceShare",
    "AWS::Redshift::EventSubscription",
    "AWS::Redshift::ScheduledAction",
    "AWS::S3::StorageLens",
    "AWS::SQS::QueueInlinePolicy",
    "AWS::SSO::InstanceAccessControlAttributeConfiguration",
    "AWS::SageMaker::NotebookInstance",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::ServiceCatalog::Portfolio",
    "AWS::StepFunctions::Activity",
    "AWS::Synthetics::Canary",
    "AWS::Timestream::Database",
)


# Operations that a mend of ours adds to an engine, to keep a record.
_MENDED = ("CreateDataCellsFilter",)

# Services that sign their requests with another name than boto3 has for them.
_SCOPES = {"emr": "elasticmapreduce", "sso-admin": "sso"}


@dataclass(frozen=True)
class Type:
    """One CloudFormation type and what stands behind it."""

    type: str
    status: str  # CREATED, RECORD, RECORDED_ONLY or REFUSED
    engine: str  # "ministack", "moto", "lakekeel", or "" when nothing stands behind it
    provisioner: str  # whose code creates it from the template: "ministack" or "lakekeel"
    completed: tuple[str, ...] = ()  # properties that we apply because ministack's provisioner drops them


@dataclass(frozen=True)
class Coverage:
    """Every type that is known of, in alphabetical order."""

    types: tuple[Type, ...]

    def counts(self) -> dict[str, int]:
        """How many types have which status."""
        counted = Counter(t.status for t in self.types)
        return {status: counted[status] for status in MEANING if counted[status]}

    def as_dict(self) -> dict:
        return {"types": [asdict(t) for t in self.types], "counts": self.counts(), "meaning": MEANING}

    def as_json(self) -> str:
        return json.dumps(self.as_dict(), indent=2)

    def as_table(self) -> str:
        """The types as an aligned table, the counts below."""
        rows = [("TYPE", "STATUS", "ENGINE", "PROVISIONER", "PROPERTIES ADDED BY LAKEKEEL")]
        rows += [(t.type, t.status, t.engine or "-", t.provisioner or "-", ", ".join(t.completed)) for t in self.types]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[4]]).rstrip() for row in rows]
        return "\n".join([*lines, "", *self._summary()])

    def _summary(self) -> Iterator[str]:
        width = max(len(status) for status in MEANING)
        for status, number in self.counts().items():
            yield f"{number:4}  {status.ljust(width)}  {MEANING[status]}"
        engines = Counter(t.engine for t in self.types if t.engine)
        yield "      " + ", ".join(f"{number} by {engine}" for engine, number in engines.most_common())
        yield "      Created does not mean that it works: Glue, Lambda, Step Functions, EventBridge and Athena run here;"
        yield "      EMR, Redshift, DataBrew, QuickSight, FSx, CodePipeline and the like are kept and described."
        yield "      A type that is not listed is refused by name, unless the endpoint runs with --record-unknown."


def coverage(record_unknown: bool = False) -> Coverage:
    """The coverage of this process, in which the tables are installed."""
    from ministack.services.cloudformation import provisioners

    handled = {rtype: _handled(rtype) for rtype in provisioners._RESOURCE_HANDLERS if rtype.startswith("AWS::")}
    status = RECORDED_ONLY if record_unknown else REFUSED
    missing = {rtype: Type(rtype, status, "", "") for rtype in FIELD if rtype not in handled}
    return Coverage(tuple(sorted((handled | missing).values(), key=lambda t: t.type)))


def read() -> Coverage:
    """The coverage, in a process that serves nothing."""
    from . import cloudformation

    cloudformation.install()
    return coverage()


def _handled(rtype: str) -> Type:
    from . import cloudformation

    mapping = cloudformation.MAPPINGS.get(rtype)
    if mapping is None:
        completion = cloudformation.COMPLETIONS.get(rtype)
        return Type(rtype, CREATED, "ministack", "ministack", completion.properties if completion else ())
    engine = _engine(mapping)
    return Type(rtype, RECORD if engine == "lakekeel" else CREATED, engine, "lakekeel")


def _engine(mapping) -> str:
    """Who answers the operation that creates the type."""
    from . import joint, quicksight, records

    operation = "".join("VPC" if word == "vpc" else word.title() for word in mapping.create.split("_"))
    if operation in _MENDED:
        return "lakekeel"
    if (mapping.service, operation.removeprefix("Create")) in {(f.service, f.noun) for f in records.FAMILIES}:
        return "lakekeel"
    if mapping.service == "quicksight":
        return quicksight.implemented()[operation]
    scope = _SCOPES.get(mapping.service, mapping.service)
    if scope in joint.MOTO_SERVICES or scope == "glue" and any(family in operation for family in joint.MOTO_GLUE):
        return "moto"
    return "ministack"
