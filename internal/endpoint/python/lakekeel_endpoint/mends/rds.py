"""RDS for MySQL and MariaDB: instances that answer.

ministack runs databases in containers, and with CloudFormation not at all: the endpoint of an
instance is a name that nobody answers. Here a real MariaDB stands behind each instance of
these engines that a template asks for, with its master user, its password and its database. Its
address is 127.0.0.1 and a port of its own, which DescribeDBInstances and Fn::GetAtt tell.
Instances of other engines stay what they are in ministack: a record.
"""

from __future__ import annotations

import asyncio

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import rds
from ministack.services.cloudformation import provisioners, stacks

from ..mariadb import Servers
from ..settings import HOST

TYPE = "AWS::RDS::DBInstance"
ENGINES = ("mysql", "mariadb")


def install(joint) -> None:
    """Stand servers behind the instances that templates make."""
    servers = Servers(joint.settings.state / "mariadb")
    provisioners._RESOURCE_HANDLERS[TYPE] = _served(provisioners._RESOURCE_HANDLERS[TYPE], servers)
    on_thread = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda rtype: rtype == TYPE or on_thread(rtype)  # a start takes seconds
    joint.on_start(lambda: asyncio.to_thread(_resume, servers))
    joint.on_stop(lambda: asyncio.to_thread(servers.stop))


def _served(handlers: dict, servers: Servers) -> dict:
    """The handlers of the type, with a server that comes and goes with the instance."""
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]

    def create_served(logical_id, properties, stack_name):
        name, attributes = create(logical_id, properties, stack_name)
        if str(properties.get("Engine")).lower() not in ENGINES or properties.get("DBClusterIdentifier"):
            return name, attributes
        instance = rds._instances[name]
        try:
            port = servers.create(name, instance["MasterUsername"], instance["_MasterUserPassword"], properties.get("DBName", ""))
        except Exception:
            delete(name, properties)
            raise
        instance["Endpoint"].update(Address=HOST, Port=port)
        return name, {**attributes, "Endpoint.Address": HOST, "Endpoint.Port": str(port)}

    def update_kept(name, old, new, *rest):
        """ministack writes the declared port over the real one."""
        before = dict(rds._instances.get(name, {}).get("Endpoint", {}))
        made, attributes = update(name, old, new, *rest)
        if made == name and before.get("Address") == HOST:
            rds._instances[name]["Endpoint"].update(before)
            attributes = {**attributes, "Endpoint.Address": HOST, "Endpoint.Port": str(before["Port"])}
        return made, attributes

    def delete_served(name, properties, *rest):
        result = delete(name, properties, *rest)
        servers.remove(name)
        return result

    # A replacement goes through ministack's own functions, and must get a server too.
    provisioners._rds_db_instance_create, provisioners._rds_db_instance_delete = create_served, delete_served
    return {**handlers, "create": create_served, "update": update_kept, "delete": delete_served}


def _resume(servers: Servers) -> None:
    """Start the servers of instances that were kept; their ports may be others than before."""
    for (account, region, name), instance in list(rds._instances._data.items()):
        set_request_account_id(account)
        set_request_region(region)
        if str(instance.get("Engine")).lower() in ENGINES:
            port = servers.resume(name)
            if port:
                instance["Endpoint"].update(Address=HOST, Port=port)
