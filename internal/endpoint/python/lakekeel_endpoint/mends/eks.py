"""EKS: the security group of a cluster, which is there and in the cluster's VPC.

ministack makes up its id, so that no rule can be added to it and nothing can name it.
"""

from __future__ import annotations

from ministack.core.responses import get_account_id
from ministack.services import ec2, eks

_EVERYTHING_OUT = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}


def install() -> None:
    """Make and remove the group with its cluster."""
    create, delete = eks._create_cluster, eks._delete_cluster

    def create_cluster(body, *args, **kwargs):
        known = body.get("name") in eks._clusters
        answer = create(body, *args, **kwargs)
        if not known and body.get("name") in eks._clusters:
            _make_group(eks._clusters[body["name"]])
        return answer

    def delete_cluster(name, *args, **kwargs):
        group = eks._clusters.get(name, {}).get("resourcesVpcConfig", {}).get("clusterSecurityGroupId")
        answer = delete(name, *args, **kwargs)
        if name not in eks._clusters:
            ec2._security_groups.pop(group, None)
        return answer

    eks._create_cluster, eks._delete_cluster = create_cluster, delete_cluster


def _make_group(cluster: dict) -> None:
    network = cluster["resourcesVpcConfig"]
    homes = [ec2._subnets[subnet]["VpcId"] for subnet in network["subnetIds"] if subnet in ec2._subnets]
    network["vpcId"] = homes[0] if homes else network["vpcId"]
    group = network["clusterSecurityGroupId"]
    ec2._security_groups[group] = {
        "GroupId": group,
        "GroupName": f"eks-cluster-sg-{cluster['name']}",
        "Description": "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes.",
        "VpcId": network["vpcId"],
        "OwnerId": get_account_id(),
        "IpPermissions": [],
        "IpPermissionsEgress": [dict(_EVERYTHING_OUT)],
    }
