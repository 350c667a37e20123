"""EMR on EC2: clusters and steps are kept and described; no step runs here."""

from ..mapping import Call, Mapping, deleting, without

_GROUPS = (("MASTER", "MasterInstanceGroup"), ("CORE", "CoreInstanceGroup"))


def _cluster(properties: dict) -> dict:
    """CloudFormation names the instance groups by role; the API has a list of them."""
    instances = dict(properties["Instances"])
    groups = [{"Name": role.title(), **instances.pop(key), "InstanceRole": role} for role, key in _GROUPS if key in instances]
    groups += [{"Name": "Task", **group, "InstanceRole": "TASK"} for group in instances.pop("TaskInstanceGroups", [])]
    if groups:
        instances["InstanceGroups"] = groups
    instances.setdefault("KeepJobFlowAliveWhenNoSteps", True)
    return {**properties, "Instances": instances}


MAPPINGS = (
    Mapping(
        type="AWS::EMR::Cluster",
        service="emr",
        create="run_job_flow",
        arguments=_cluster,
        ref=lambda answer, arguments: answer["JobFlowId"],
        attributes=lambda answer, arguments: {"Id": answer["JobFlowId"], "MasterPublicDNS": ""},
        delete=Call("terminate_job_flows", lambda pid, p: {"JobFlowIds": [pid]}),
    ),
    Mapping(
        type="AWS::EMR::SecurityConfiguration",
        service="emr",
        create="create_security_configuration",
        name="Name",
        ref=lambda answer, arguments: answer["Name"],
        delete=deleting("delete_security_configuration", "Name"),
    ),
    Mapping(
        type="AWS::EMR::Step",
        service="emr",
        create="add_job_flow_steps",
        arguments=lambda p: {"JobFlowId": p["JobFlowId"], "Steps": [without(p, "JobFlowId")]},
        ref=lambda answer, arguments: answer["StepIds"][0],
        attributes=lambda answer, arguments: {"Id": answer["StepIds"][0]},
    ),
)
