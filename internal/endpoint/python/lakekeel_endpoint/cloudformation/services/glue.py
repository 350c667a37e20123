"""Glue: jobs, crawlers, triggers and what belongs to them, with every property kept.

Databases, tables, partitions and connections are ministack's. It has jobs,
crawlers and triggers too, but its provisioners copy a list of properties and
drop the rest (ExecutionProperty, EventBatchingCondition ...); these pass on
what the API's model has.
"""

from ...loopback import client
from ..mapping import Call, Mapping, deleting, only, without


def _arn(kind: str, name: str) -> str:
    sts = client("sts").get_caller_identity()
    partition, account = sts["Arn"].split(":")[1], sts["Account"]
    return f"arn:{partition}:glue:{client('glue').meta.region_name}:{account}:{kind}/{name}"


def _tagging(kind: str):
    """Bring a resource's tags to what the template says; creation has given them already."""

    def settle(name: str, properties: dict, before: dict) -> None:
        if not before:
            return
        wanted, present = _tags(properties), _tags(before)
        if gone := sorted(present.keys() - wanted.keys()):
            client("glue").untag_resource(ResourceArn=_arn(kind, name), TagsToRemove=gone)
        if wanted != present and wanted:
            client("glue").tag_resource(ResourceArn=_arn(kind, name), TagsToAdd=wanted)

    return settle


def _tags(properties: dict) -> dict:
    tags = properties.get("Tags") or {}
    pairs = tags.items() if isinstance(tags, dict) else ((t["Key"], t["Value"]) for t in tags)
    return {str(key): str(value) for key, value in pairs}


def _crawler(properties: dict) -> dict:
    """The template wraps the schedule, the API takes the expression."""
    schedule = properties.get("Schedule")
    out = without(properties, "Schedule")
    return {**out, "Schedule": schedule["ScheduleExpression"]} if schedule and schedule.get("ScheduleExpression") else out


def _security_configuration(properties: dict) -> dict:
    """The template has S3Encryptions where the API has S3Encryption."""
    encryption = {"S3Encryption" if k == "S3Encryptions" else k: v for k, v in properties["EncryptionConfiguration"].items()}
    return {**properties, "EncryptionConfiguration": encryption}


def _schema(properties: dict) -> dict:
    registry = properties.get("Registry") or {}
    name = registry.get("Name") or registry.get("Arn", "").rsplit("/", 1)[-1]
    out = {**without(properties, "Name", "Registry", "CheckpointVersion"), "SchemaName": properties["Name"]}
    return {**out, "RegistryId": {"RegistryName": name}} if name else out


def _by_arn(kind: str):
    return lambda physical_id, properties: {f"{kind}Id": {f"{kind}Arn": physical_id}}


def _settings_without_encryption(_physical_id: str, properties: dict) -> dict:
    """What a catalog has that nobody set up: encryption at rest disabled."""
    disabled = {"EncryptionAtRest": {"CatalogEncryptionMode": "DISABLED"}}
    return {**only(properties, "CatalogId"), "DataCatalogEncryptionSettings": disabled}


MAPPINGS = (
    Mapping(
        type="AWS::Glue::Job",
        service="glue",
        create="create_job",
        name="Name",
        ref=lambda answer, arguments: answer["Name"],
        update=Call("update_job", lambda pid, p: {"JobName": pid, "JobUpdate": without(p, "Name", "Tags")}),
        delete=deleting("delete_job", "JobName"),
        replace=("Name",),
        settle=_tagging("job"),
    ),
    Mapping(
        type="AWS::Glue::Crawler",
        service="glue",
        create="create_crawler",
        name="Name",
        arguments=_crawler,
        ref=lambda answer, arguments: arguments["Name"],
        update=Call("update_crawler", lambda pid, p: {**without(_crawler(p), "Tags"), "Name": pid}),
        delete=deleting("delete_crawler", "Name"),
        replace=("Name",),
        settle=_tagging("crawler"),
    ),
    Mapping(
        type="AWS::Glue::Trigger",
        service="glue",
        create="create_trigger",
        name="Name",
        ref=lambda answer, arguments: answer["Name"],
        update=Call(
            "update_trigger",
            lambda pid, p: {
                "Name": pid,
                "TriggerUpdate": only(p, "Description", "Schedule", "Actions", "Predicate", "EventBatchingCondition"),
            },
        ),
        delete=deleting("delete_trigger", "Name"),
        replace=("Name", "WorkflowName", "Type"),
        settle=_tagging("trigger"),
    ),
    Mapping(
        type="AWS::Glue::Workflow",
        service="glue",
        create="create_workflow",
        name="Name",
        ref=lambda answer, arguments: answer["Name"],
        update=Call("update_workflow", lambda pid, p: {**without(p, "Tags"), "Name": pid}),
        delete=deleting("delete_workflow", "Name"),
        replace=("Name",),
        settle=_tagging("workflow"),
    ),
    Mapping(
        type="AWS::Glue::SecurityConfiguration",
        service="glue",
        create="create_security_configuration",
        name="Name",
        arguments=_security_configuration,
        ref=lambda answer, arguments: answer["Name"],
        delete=deleting("delete_security_configuration", "Name"),
    ),
    Mapping(
        type="AWS::Glue::Classifier",
        service="glue",
        create="create_classifier",
        ref=lambda answer, arguments: next(iter(arguments.values()))["Name"],
        update=Call("update_classifier", lambda pid, p: p),
        delete=deleting("delete_classifier", "Name"),
    ),
    Mapping(
        type="AWS::Glue::DataCatalogEncryptionSettings",
        service="glue",
        create="put_data_catalog_encryption_settings",
        ref=lambda answer, arguments: "data-catalog-encryption-settings",
        update=Call("put_data_catalog_encryption_settings", lambda pid, p: p),
        delete=Call("put_data_catalog_encryption_settings", _settings_without_encryption),
        replace=("CatalogId",),
    ),
    Mapping(
        type="AWS::Glue::Registry",
        service="glue",
        create="create_registry",
        arguments=lambda p: {**without(p, "Name"), "RegistryName": p["Name"]},
        ref=lambda answer, arguments: answer["RegistryArn"],
        attributes=lambda answer, arguments: {"Arn": answer["RegistryArn"]},
        delete=Call("delete_registry", _by_arn("Registry")),
    ),
    Mapping(
        type="AWS::Glue::Schema",
        service="glue",
        create="create_schema",
        arguments=_schema,
        ref=lambda answer, arguments: answer["SchemaArn"],
        attributes=lambda answer, arguments: {"Arn": answer["SchemaArn"], "InitialSchemaVersionId": answer["SchemaVersionId"]},
        update=Call(
            "update_schema",
            lambda pid, p: {
                "SchemaId": {"SchemaArn": pid},
                **only(p, "Compatibility", "Description"),
                **({"SchemaVersionNumber": p["CheckpointVersion"]} if "CheckpointVersion" in p else {}),
            },
        ),
        delete=Call("delete_schema", _by_arn("Schema")),
        replace=("Registry", "Name", "DataFormat", "SchemaDefinition"),
    ),
)
