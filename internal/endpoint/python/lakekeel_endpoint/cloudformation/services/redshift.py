"""Redshift: clusters and their groups are kept and described; they hold no data."""

from ..mapping import Call, Mapping, deleting, without


def _endpoint(answer: dict, arguments: dict) -> dict:
    endpoint = answer["Cluster"].get("Endpoint") or {}
    return {
        "Endpoint.Address": endpoint.get("Address", ""),
        "Endpoint.Port": str(endpoint.get("Port", 5439)),
        "ClusterNamespaceArn": answer["Cluster"].get("ClusterNamespaceArn", ""),
    }


def _cluster(properties: dict) -> dict:
    # The API tells the number of nodes from NumberOfNodes alone when it is more than one.
    return without(properties, "LoggingProperties", "SnapshotCopyGrantName", "DestinationRegion")


MAPPINGS = (
    Mapping(
        type="AWS::Redshift::Cluster",
        service="redshift",
        create="create_cluster",
        name="ClusterIdentifier",
        arguments=_cluster,
        ref=lambda answer, arguments: answer["Cluster"]["ClusterIdentifier"],
        attributes=_endpoint,
        update=Call(
            "modify_cluster",
            lambda pid, p: {
                **without(_cluster(p), "DBName", "MasterUsername", "IamRoles", "Tags", "ClusterSubnetGroupName", "Port"),
                "ClusterIdentifier": pid,
            },
        ),
        delete=Call("delete_cluster", lambda pid, p: {"ClusterIdentifier": pid, "SkipFinalClusterSnapshot": True}),
        replace=("ClusterIdentifier", "DBName", "MasterUsername", "ClusterSubnetGroupName"),
    ),
    Mapping(
        type="AWS::Redshift::ClusterSubnetGroup",
        service="redshift",
        create="create_cluster_subnet_group",
        name="ClusterSubnetGroupName",
        ref=lambda answer, arguments: answer["ClusterSubnetGroup"]["ClusterSubnetGroupName"],
        attributes=lambda answer, arguments: {"ClusterSubnetGroupName": answer["ClusterSubnetGroup"]["ClusterSubnetGroupName"]},
        delete=deleting("delete_cluster_subnet_group", "ClusterSubnetGroupName"),
    ),
    Mapping(
        type="AWS::Redshift::ClusterParameterGroup",
        service="redshift",
        create="create_cluster_parameter_group",
        name="ParameterGroupName",
        arguments=lambda p: without(p, "Parameters"),
        ref=lambda answer, arguments: answer["ClusterParameterGroup"]["ParameterGroupName"],
        delete=deleting("delete_cluster_parameter_group", "ParameterGroupName"),
    ),
)
