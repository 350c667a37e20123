"""EMR on EKS: virtual clusters are kept and described; no job runs here."""

from ..mapping import Mapping, deleting

MAPPINGS = (
    Mapping(
        type="AWS::EMRContainers::VirtualCluster",
        service="emr-containers",
        create="create_virtual_cluster",
        ref=lambda answer, arguments: answer["id"],
        attributes=lambda answer, arguments: {"Arn": answer["arn"], "Id": answer["id"]},
        delete=deleting("delete_virtual_cluster", "id"),
    ),
)
