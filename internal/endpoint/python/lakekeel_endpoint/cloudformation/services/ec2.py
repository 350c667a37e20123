"""EC2: the parts of a network that ministack's CloudFormation lacks."""

from ...loopback import client
from ..mapping import Call, Mapping, deleting, only


def _rule(properties: dict) -> dict:
    """A security group rule as the API's list of permissions."""
    permission = only(properties, "IpProtocol", "FromPort", "ToPort")
    described = only(properties, "Description")
    if "CidrIp" in properties:
        permission["IpRanges"] = [{"CidrIp": properties["CidrIp"], **described}]
    if "CidrIpv6" in properties:
        permission["Ipv6Ranges"] = [{"CidrIpv6": properties["CidrIpv6"], **described}]
    group = properties.get("SourceSecurityGroupId") or properties.get("DestinationSecurityGroupId")
    if group:
        permission["UserIdGroupPairs"] = [{"GroupId": group, **described}]
    prefixes = properties.get("SourcePrefixListId") or properties.get("DestinationPrefixListId")
    if prefixes:
        permission["PrefixListIds"] = [{"PrefixListId": prefixes, **described}]
    return {"GroupId": properties["GroupId"], "IpPermissions": [permission]}


def _security_group_rule(direction: str) -> Mapping:
    return Mapping(
        type=f"AWS::EC2::SecurityGroup{direction.title()}",
        service="ec2",
        create=f"authorize_security_group_{direction}",
        arguments=_rule,
        ref=lambda answer, arguments: _rule_id(answer, arguments, direction),
        delete=Call(f"revoke_security_group_{direction}", lambda pid, p: _rule(p)),
    )


def _rule_id(answer: dict, arguments: dict, direction: str) -> str:
    rules = answer.get("SecurityGroupRules") or []
    return rules[0]["SecurityGroupRuleId"] if rules else f"{arguments['GroupId']}-{direction}"


def _tagged(kind: str, properties: dict) -> dict:
    """Arguments with the tags where EC2's operations take them."""
    out = {k: v for k, v in properties.items() if k != "Tags"}
    if properties.get("Tags"):
        out["TagSpecifications"] = [{"ResourceType": kind, "Tags": properties["Tags"]}]
    return out


def _flow_log(properties: dict) -> dict:
    """One resource here, a list of them there. No packet is looked at, so nothing is ever written."""
    out = _tagged("vpc-flow-log", properties)
    return {**out, "ResourceIds": [out.pop("ResourceId")]}


def _release(public_ip: str, _properties: dict) -> dict:
    found = client("ec2").describe_addresses(PublicIps=[public_ip])["Addresses"]
    return {"AllocationId": found[0]["AllocationId"]}


def _instance(properties: dict) -> dict:
    out = only(properties, "ImageId", "InstanceType", "SubnetId", "SecurityGroupIds", "KeyName", "UserData", "Tags")
    return {**_tagged("instance", out), "MinCount": 1, "MaxCount": 1}


def _instance_attributes(answer: dict, arguments: dict) -> dict:
    instance = answer["Instances"][0]
    names = {"InstanceId": "InstanceId", "PrivateIp": "PrivateIpAddress", "PrivateDnsName": "PrivateDnsName", "PublicIp": "PublicIpAddress"}
    return {name: instance.get(member, "") for name, member in names.items()} | {
        "AvailabilityZone": instance.get("Placement", {}).get("AvailabilityZone", "")
    }


MAPPINGS = (
    _security_group_rule("ingress"),
    _security_group_rule("egress"),
    Mapping(
        type="AWS::EC2::EIP",
        service="ec2",
        create="allocate_address",
        arguments=lambda p: _tagged("elastic-ip", only(p, "Domain", "Tags")),
        ref=lambda answer, arguments: answer["PublicIp"],
        attributes=lambda answer, arguments: only(answer, "AllocationId", "PublicIp"),
        delete=Call("release_address", _release),
    ),
    Mapping(
        type="AWS::EC2::NatGateway",
        service="ec2",
        create="create_nat_gateway",
        arguments=lambda p: _tagged("natgateway", p),
        ref=lambda answer, arguments: answer["NatGateway"]["NatGatewayId"],
        attributes=lambda answer, arguments: only(answer["NatGateway"], "NatGatewayId"),
        delete=deleting("delete_nat_gateway", "NatGatewayId"),
    ),
    Mapping(
        type="AWS::EC2::FlowLog",
        service="ec2",
        create="create_flow_logs",
        arguments=_flow_log,
        ref=lambda answer, arguments: answer["FlowLogIds"][0],
        attributes=lambda answer, arguments: {"Id": answer["FlowLogIds"][0]},
        delete=Call("delete_flow_logs", lambda pid, p: {"FlowLogIds": [pid]}),
    ),
    Mapping(
        type="AWS::EC2::Volume",
        service="ec2",
        create="create_volume",
        arguments=lambda p: _tagged("volume", p),
        ref=lambda answer, arguments: answer["VolumeId"],
        attributes=lambda answer, arguments: only(answer, "VolumeId"),
        delete=deleting("delete_volume", "VolumeId"),
    ),
    Mapping(
        type="AWS::EC2::VPCPeeringConnection",
        service="ec2",
        create="create_vpc_peering_connection",
        arguments=lambda p: _tagged("vpc-peering-connection", p),
        ref=lambda answer, arguments: answer["VpcPeeringConnection"]["VpcPeeringConnectionId"],
        attributes=lambda answer, arguments: {"Id": answer["VpcPeeringConnection"]["VpcPeeringConnectionId"]},
        delete=deleting("delete_vpc_peering_connection", "VpcPeeringConnectionId"),
    ),
    Mapping(
        type="AWS::EC2::Instance",
        service="ec2",
        create="run_instances",
        arguments=_instance,
        ref=lambda answer, arguments: answer["Instances"][0]["InstanceId"],
        attributes=_instance_attributes,
        delete=Call("terminate_instances", lambda pid, p: {"InstanceIds": [pid]}),
    ),
)
