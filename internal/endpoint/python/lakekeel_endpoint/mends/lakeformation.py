"""Lake Formation: what moto gets wrong or lacks, mended in its backend.

- A grant that is added to one that is there changes the hash by which a set holds it, so
  that it can never be revoked again: the grants of a catalog are kept by principal and resource.
- A second LF-tag on a resource replaces the first; asking for the tags of what has none,
  or taking off one that is not there, is an internal error; a value that a tag does not have is taken.
- A registration forgets everything but the role.
- Data cells filters can be listed (there never are any) but not made.
"""

from __future__ import annotations

import json

_LINKED = "aws-service-role/lakeformation.amazonaws.com/AWSServiceRoleForLakeFormationDataAccess"
_FILTER = ("TableCatalogId", "DatabaseName", "TableName", "Name")


def install() -> None:
    """Change moto's classes; called when moto is imported."""
    from moto.lakeformation import models, responses, urls

    models.PermissionCatalog.add_permission = _add_permission
    models.PermissionCatalog.remove_permission = _remove_permission
    backend, response = models.LakeFormationBackend, responses.LakeFormationResponse
    backend.add_lf_tags_to_resource = _add_tags
    backend.get_resource_lf_tags = _get_tags
    backend.remove_lf_tags_from_resource = _remove_tags
    response.register_resource = _register
    for name, method in _FILTERS.items():
        setattr(response, name, method)
        path = "".join(word.title() for word in name.split("_"))
        urls.url_paths[f"{{0}}/{path}$"] = urls.response.dispatch


def _same(catalog, permission):
    return next((p for p in catalog.permissions if p.equal_principal_and_resouce(permission)), None)


def _add_permission(self, permission) -> None:
    there = _same(self, permission)
    if there:
        self.permissions = {p for p in self.permissions if p is not there}
        there.merge(permission)
        permission = there
    permission.permissions = sorted(permission.permissions)
    permission.permissions_with_grant_options = sorted(permission.permissions_with_grant_options)
    self.permissions.add(permission)


def _remove_permission(self, permission) -> None:
    there = _same(self, permission)
    if there is None:
        return
    self.permissions = {p for p in self.permissions if p is not there}
    there.diff(permission)
    # Whoever may not do it any more may not let others do it either.
    there.permissions_with_grant_options = [p for p in there.permissions_with_grant_options if p in there.permissions]
    if not there.is_empty():
        self.permissions.add(there)


def _tagged(backend, resource: dict) -> list[tuple[dict, tuple]]:
    """Where the backend keeps the tags of a resource: a dict and the key in it, for each column."""
    (kind, of), *_ = resource.items()
    catalog = of.get("CatalogId", backend.account_id)
    if kind == "Database":
        return [(backend.lf_database_tags, (catalog, of["Name"]))]
    if kind == "Table":
        return [(backend.lf_table_tags, (catalog, of["DatabaseName"], of["Name"]))]
    return [(backend.lf_columns_tags, (catalog, of["DatabaseName"], of["Name"], column)) for column in of["ColumnNames"]]


def _add_tags(self, catalog_id, resource, tags):
    known = self.list_lf_tags(catalog_id)
    tags = [{"CatalogId": catalog_id, **tag} for tag in tags]
    error = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Tag or tag value does not exist."}
    failures = [{"LFTag": tag, "Error": error} for tag in tags if not set(tag["TagValues"]) <= set(known.get(tag["TagKey"], []))]
    if failures:
        return failures
    keys = {tag["TagKey"] for tag in tags}
    for kept, key in _tagged(self, resource):
        kept[key] = [tag for tag in kept.get(key, []) if tag["TagKey"] not in keys] + tags
    return []


def _get_tags(self, catalog_id, resource):
    found = [(key[-1], kept.get(key, [])) for kept, key in _tagged(self, resource)]
    tags = [tag for _, tags in found for tag in tags]
    if "Database" in resource:
        return tags, [], []
    if "Table" in resource:
        of = resource["Table"]
        columns = [
            {"Name": key[3], "LFTags": tags}
            for key, tags in self.lf_columns_tags.items()
            if tags and key[1:3] == (of["DatabaseName"], of["Name"])
        ]
        return [], tags, columns
    return [], [], [{"Name": column, "LFTags": tags} for column, tags in found if tags]


def _remove_tags(self, catalog_id, resource, tags):
    gone = [(tag["TagKey"], tag["TagValues"]) for tag in tags]
    for kept, key in _tagged(self, resource):
        kept[key] = [tag for tag in kept.get(key, []) if (tag["TagKey"], tag["TagValues"]) not in gone]


def _register(self) -> str:
    arn, role = self._get_param("ResourceArn"), self._get_param("RoleArn")
    if self._get_param("UseServiceLinkedRole"):
        role = f"arn:aws:iam::{self.current_account}:role/{_LINKED}"
    self.lakeformation_backend.register_resource(resource_arn=arn, role_arn=role)
    resource = self.lakeformation_backend.resources[arn]
    shown = {**resource.to_dict(), "HybridAccessEnabled": bool(self._get_param("HybridAccessEnabled"))}
    resource.to_dict = lambda: shown
    return "{}"


# ---- data cells filters: a record, which nothing enforces


def _filters(response) -> dict:
    return vars(response.lakeformation_backend).setdefault("data_cells_filters", {})


def _identity(data: dict) -> tuple:
    return tuple(data.get(member) for member in _FILTER)


def _named(response) -> dict:
    return {member: response._get_param(member) for member in _FILTER}


def _create_filter(self) -> str:
    from moto.lakeformation.exceptions import AlreadyExists

    data = self._get_param("TableData")
    if _identity(data) in _filters(self):
        raise AlreadyExists(f"Data cells filter {data['Name']} already exists")
    _filters(self)[_identity(data)] = data
    return "{}"


def _get_filter(self) -> str:
    return json.dumps({"DataCellsFilter": _existing(self, _named(self))})


def _update_filter(self) -> str:
    data = self._get_param("TableData")
    _existing(self, data)
    _filters(self)[_identity(data)] = data
    return "{}"


def _delete_filter(self) -> str:
    _existing(self, _named(self))
    del _filters(self)[_identity(_named(self))]
    return "{}"


def _list_filters(self) -> str:
    table = self._get_param("Table") or {}
    wanted = {"TableCatalogId": table.get("CatalogId"), "DatabaseName": table.get("DatabaseName"), "TableName": table.get("Name")}
    found = [data for data in _filters(self).values() if all(v in (None, data.get(k)) for k, v in wanted.items())]
    return json.dumps({"DataCellsFilters": found})


def _existing(response, data: dict) -> dict:
    from moto.lakeformation.exceptions import EntityNotFound

    if _identity(data) not in _filters(response):
        raise EntityNotFound
    return _filters(response)[_identity(data)]


_FILTERS = {
    "create_data_cells_filter": _create_filter,
    "get_data_cells_filter": _get_filter,
    "update_data_cells_filter": _update_filter,
    "delete_data_cells_filter": _delete_filter,
    "list_data_cells_filter": _list_filters,
}
