"""Lake Formation: settings, locations, grants and tags; kept by moto, enforced by nobody here."""

import hashlib
import json

from ...loopback import client
from ..mapping import Call, Mapping, deleting, only


def _settings(properties: dict) -> dict:
    """The template says Admins, the API DataLakeAdmins."""
    kept = only(
        properties,
        "CreateDatabaseDefaultPermissions",
        "CreateTableDefaultPermissions",
        "TrustedResourceOwners",
        "Parameters",
        "AllowExternalDataFiltering",
        "AllowFullTableExternalDataAccess",
        "AuthorizedSessionTagValueList",
        "ExternalDataFilteringAllowList",
    )
    return {"DataLakeSettings": {**kept, "DataLakeAdmins": properties.get("Admins", [])}}


def _grant(properties: dict) -> dict:
    return only(properties, "Catalog", "Principal", "Resource", "Permissions", "PermissionsWithGrantOption")


# The older type names its resources otherwise than the API.
_OLD_RESOURCES = {
    "DatabaseResource": "Database",
    "TableResource": "Table",
    "TableWithColumnsResource": "TableWithColumns",
    "DataLocationResource": "DataLocation",
}


def _old_grant(properties: dict) -> dict:
    resource = {}
    for name, value in properties["Resource"].items():
        if name == "DataLocationResource":
            value = {**only(value, "CatalogId"), "ResourceArn": value["S3Resource"]}
        resource[_OLD_RESOURCES[name]] = value
    return {**_grant(properties), "Principal": properties["DataLakePrincipal"], "Resource": resource}


def _digest(answer: dict, arguments: dict) -> str:
    """A grant has no identifier at its API; CloudFormation makes one up."""
    return hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()[:32]


_FILTER = ("TableCatalogId", "DatabaseName", "TableName", "Name")


def _other_values(key: str, properties: dict) -> dict:
    """The values to add and to delete, by which the API changes a tag."""
    present = client("lakeformation").get_lf_tag(TagKey=key)["TagValues"]
    wanted = properties["TagValues"]
    changes = {"TagValuesToAdd": sorted(set(wanted) - set(present)), "TagValuesToDelete": sorted(set(present) - set(wanted))}
    return {"TagKey": key, **{k: v for k, v in changes.items() if v}}


def _associated(_physical_id: str, properties: dict, _before: dict) -> None:
    """The API answers 200 and a list of what failed; that is no success."""
    resource = properties["Resource"]
    found = json.dumps(client("lakeformation").get_resource_lf_tags(Resource=resource).get(_SHOWN[next(iter(resource))], []))
    for tag in properties["LFTags"]:
        if json.dumps(tag["TagKey"]) not in found:
            raise ValueError(f"AWS::LakeFormation::TagAssociation: {tag['TagKey']} {tag['TagValues']}: Tag or tag value does not exist.")


_SHOWN = {"Database": "LFTagOnDatabase", "Table": "LFTagsOnTable", "TableWithColumns": "LFTagsOnColumns"}

MAPPINGS = (
    Mapping(
        type="AWS::LakeFormation::DataLakeSettings",
        service="lakeformation",
        create="put_data_lake_settings",
        arguments=_settings,
        ref=lambda answer, arguments: "data-lake-settings",
        update=Call("put_data_lake_settings", lambda pid, p: _settings(p)),
        # What a new account has: nobody is administrator.
        delete=Call("put_data_lake_settings", lambda pid, p: _settings({})),
    ),
    Mapping(
        type="AWS::LakeFormation::Resource",
        service="lakeformation",
        create="register_resource",
        ref=lambda answer, arguments: arguments["ResourceArn"],
        delete=deleting("deregister_resource", "ResourceArn"),
    ),
    Mapping(
        type="AWS::LakeFormation::PrincipalPermissions",
        service="lakeformation",
        create="grant_permissions",
        arguments=_grant,
        ref=_digest,
        delete=Call("revoke_permissions", lambda pid, p: _grant(p)),
    ),
    Mapping(
        type="AWS::LakeFormation::Permissions",
        service="lakeformation",
        create="grant_permissions",
        arguments=_old_grant,
        ref=_digest,
        delete=Call("revoke_permissions", lambda pid, p: _old_grant(p)),
    ),
    Mapping(
        type="AWS::LakeFormation::DataCellsFilter",
        service="lakeformation",
        create="create_data_cells_filter",
        arguments=lambda p: {"TableData": p},
        ref=lambda answer, arguments: "|".join(arguments["TableData"][k] for k in _FILTER),
        delete=Call("delete_data_cells_filter", lambda pid, p: only(p, *_FILTER)),
    ),
    Mapping(
        type="AWS::LakeFormation::Tag",
        service="lakeformation",
        create="create_lf_tag",
        ref=lambda answer, arguments: arguments["TagKey"],
        update=Call("update_lf_tag", _other_values),
        delete=deleting("delete_lf_tag", "TagKey"),
        replace=("CatalogId", "TagKey"),
    ),
    Mapping(
        type="AWS::LakeFormation::TagAssociation",
        service="lakeformation",
        create="add_lf_tags_to_resource",
        arguments=lambda p: only(p, "Resource", "LFTags"),
        ref=_digest,
        settle=_associated,
        delete=Call("remove_lf_tags_from_resource", lambda pid, p: only(p, "Resource", "LFTags")),
    ),
)
