"""What the services say, and what `lakekeel access` printed, as sets of the same shape."""

from __future__ import annotations

from conftest import Lake

# kind, account, principal, database, table, columns, rows, where, action, grantable
Fact = tuple


def printed(lake: Lake) -> set[Fact]:
    """What lakekeel access says, with the names that only a deployment knows filled in."""
    facts = set()
    names = _deployed(lake)
    for row in lake.access():
        values = dict(row)
        for unknown, name in names.items():
            values["principal"] = values["principal"].replace(unknown, name)
        assert "${" not in values["principal"], row
        members = ("kind", "account", "principal", "database", "table", "columns", "rows", "where", "action", "grantable")
        facts.add(tuple(values[member] for member in members))
    return facts


def _deployed(lake: Lake) -> dict[str, str]:
    names = {}
    for stack in {row["stack"] for row in lake.access()} | {"Local-Covid19"}:
        account = next((row["account"] for row in lake.access() if row["stack"] == stack), None)
        client = lake.client("cloudformation", account) if account else lake.client("cloudformation")
        for resource in client.describe_stack_resources(StackName=stack)["StackResources"]:
            names[f"${{{stack}.{resource['LogicalResourceId']}}}"] = resource["PhysicalResourceId"]
    return names


def actual(lake: Lake, *accounts: str) -> set[Fact]:
    """What Lake Formation and the catalog of each account say."""
    return set().union(*(_administrators(lake, a) | _grants(lake, a) | _tags(lake, a) | _links(lake, a) for a in accounts))


def _administrators(lake: Lake, account: str) -> set[Fact]:
    settings = lake.client("lakeformation", account).get_data_lake_settings()["DataLakeSettings"]
    assert settings["CreateDatabaseDefaultPermissions"] == settings["CreateTableDefaultPermissions"] == []
    admins = (a["DataLakePrincipalIdentifier"] for a in settings["DataLakeAdmins"])
    return {("administrator", account, admin, "", "", "", "", "", "everything", False) for admin in admins}


def _grants(lake: Lake, account: str) -> set[Fact]:
    facts = set()
    client = lake.client("lakeformation", account)
    filters = {(f["DatabaseName"], f["TableName"], f["Name"]): f for f in client.list_data_cells_filter()["DataCellsFilters"]}
    for grant in client.list_permissions()["PrincipalResourcePermissions"]:
        place = _place(account, grant["Resource"], filters)
        for action in grant["Permissions"]:
            option = action in grant["PermissionsWithGrantOption"]
            facts.add(("grant", account, grant["Principal"]["DataLakePrincipalIdentifier"], *place, action, option))
    return facts


def _owned(account: str, owner: str, name: str) -> str:
    return name if owner == account else f"{owner}/{name}"


def _columns(of: dict) -> str:
    without = of.get("ColumnWildcard", {}).get("ExcludedColumnNames")
    return "all but " + ", ".join(sorted(without)) if without else ", ".join(sorted(of.get("ColumnNames", [])))


def _tag(of: dict) -> str:
    values = sorted(of["TagValues"])
    return f"{of['TagKey']}={values[0]}" if len(values) == 1 else f"{of['TagKey']} in ({', '.join(values)})"


def _place(account: str, resource: dict, filters: dict) -> tuple:
    """Database, table, columns, rows, where."""
    (kind, of), *_ = resource.items()
    if kind == "Database":
        return _owned(account, of["CatalogId"], of["Name"]), "", "", "", ""
    if kind in ("Table", "TableWithColumns"):
        return _owned(account, of["CatalogId"], of["DatabaseName"]), of.get("Name", "*"), _columns(of), "", ""
    if kind == "DataCellsFilter":
        data = filters[of["DatabaseName"], of["TableName"], of["Name"]]
        rows = data["RowFilter"]["FilterExpression"]
        return _owned(account, of["TableCatalogId"], of["DatabaseName"]), of["TableName"], _columns(data), rows, ""
    if kind == "DataLocation":
        return "", "", "", "", of["ResourceArn"]
    if kind == "LFTag":
        return "", "", "", "", "LF-tag " + _tag(of)
    if kind == "LFTagPolicy":
        words = " and ".join(sorted(map(_tag, of["Expression"])))
        return "", "", "", "", f"{of['ResourceType'].lower()}s with {words}"
    return "", "", "", "", "the catalog"


def _tags(lake: Lake, account: str) -> set[Fact]:
    """The tags of every database, table and column that the catalog or a grant knows."""
    facts = set()
    client = lake.client("lakeformation", account)
    for database in lake.client("glue", account).get_databases()["DatabaseList"]:
        name = database["Name"]
        found = client.get_resource_lf_tags(Resource={"Database": {"CatalogId": account, "Name": name}})
        facts |= {("tag", account, "", name, "", "", "", _tag(tag), "", False) for tag in found.get("LFTagOnDatabase", [])}
        tables = {t["Name"] for t in lake.client("glue", account).get_tables(DatabaseName=name)["TableList"]} | {"neherlab_denormalized"}
        for table in tables:
            of = {"CatalogId": account, "DatabaseName": name, "Name": table}
            found = client.get_resource_lf_tags(Resource={"Table": of})
            facts |= {("tag", account, "", name, table, "", "", _tag(tag), "", False) for tag in found.get("LFTagsOnTable", [])}
            by_tag: dict[str, list[str]] = {}
            for column in found.get("LFTagsOnColumns", []):
                for tag in column["LFTags"]:
                    by_tag.setdefault(_tag(tag), []).append(column["Name"])
            facts |= {("tag", account, "", name, table, ", ".join(sorted(cs)), "", tag, "", False) for tag, cs in by_tag.items()}
    return facts


def _links(lake: Lake, account: str) -> set[Fact]:
    facts = set()
    for database in lake.client("glue", account).get_databases()["DatabaseList"]:
        if target := database.get("TargetDatabase"):
            where = f"{target['CatalogId']}/{target['DatabaseName']}"
            facts.add(("link", account, "", database["Name"], "", "", "", where, "", False))
    return facts
