"""CloudFormation types that ministack does not provision, or not wholly.

services/ has one module per service with two kinds of entries: MAPPINGS, the
types that are created through an API, and COMPLETIONS, functions that apply
through the API what ministack's own provisioner of a type drops.
"""

from __future__ import annotations

from ministack.services.cloudformation import provisioners, stacks

from .completion import Completion
from .mapping import Mapping
from .services import MODULES

MAPPINGS: dict[str, Mapping] = {m.type: m for module in MODULES for m in getattr(module, "MAPPINGS", ())}
COMPLETIONS: dict[str, Completion] = {c.type: c for module in MODULES for c in getattr(module, "COMPLETIONS", ())}


def install() -> None:
    """Enter our types in ministack's tables."""
    for mapping in MAPPINGS.values():
        provisioners._RESOURCE_HANDLERS[mapping.type] = mapping.handlers()
        # The engine then replaces on a change of one of these, in AWS's order.
        provisioners._REPLACING_PROPERTIES[mapping.type] = mapping.replace
    for completion in COMPLETIONS.values():
        provisioners._RESOURCE_HANDLERS[completion.type] = completion.around(provisioners._RESOURCE_HANDLERS[completion.type])
    stacks._runs_on_worker_thread = _off_the_loop(stacks._runs_on_worker_thread)
    stacks._update_resource = _keeping_attributes(stacks._update_resource)


def _off_the_loop(runs_on_worker_thread):
    """Ours call back into this server, so they must not run on its event loop."""
    return lambda rtype: rtype in MAPPINGS or rtype in COMPLETIONS or runs_on_worker_thread(rtype)


def _keeping_attributes(update_resource):
    """An update operation rarely answers what GetAtt returns, and what it returns does not change by it."""

    def update(rtype, physical_id, old, new, stack_name, logical_id=None, attributes=None):
        new_id, found = update_resource(rtype, physical_id, old, new, stack_name, logical_id, attributes)
        if rtype in MAPPINGS and new_id == physical_id:
            found = {**(attributes or {}), **found}
        return new_id, found

    return update
