"""Athena: named queries, data catalogs and prepared statements; work groups are ministack's."""

from ..mapping import Call, Mapping, deleting, updating

MAPPINGS = (
    Mapping(
        type="AWS::Athena::NamedQuery",
        service="athena",
        create="create_named_query",
        ref=lambda answer, arguments: answer["NamedQueryId"],
        attributes=lambda answer, arguments: {"NamedQueryId": answer["NamedQueryId"]},
        delete=deleting("delete_named_query", "NamedQueryId"),
        name="Name",
    ),
    Mapping(
        type="AWS::Athena::DataCatalog",
        service="athena",
        create="create_data_catalog",
        ref=lambda answer, arguments: arguments["Name"],
        update=updating("update_data_catalog", "Name"),
        delete=deleting("delete_data_catalog", "Name"),
        replace=("Name",),
    ),
    Mapping(
        type="AWS::Athena::PreparedStatement",
        service="athena",
        create="create_prepared_statement",
        ref=lambda answer, arguments: arguments["StatementName"],
        update=Call("update_prepared_statement", lambda pid, p: p),
        delete=Call("delete_prepared_statement", lambda pid, p: {"StatementName": pid, "WorkGroup": p["WorkGroup"]}),
        replace=("StatementName", "WorkGroup"),
    ),
)
