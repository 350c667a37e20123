"""CloudFormation: stacks that were being changed when the endpoint ended.

What changed them is gone with the process, so that they would stay "in
progress" for ever and every command would refuse to touch them. Each is put
into the state from which the next deployment or deletion goes on.
"""

from __future__ import annotations

import logging

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import cloudformation
from ministack.services.cloudformation.stacks import _add_event

log = logging.getLogger("lakekeel")

# The CDK CLI deletes a stack in ROLLBACK_FAILED and creates it anew; it updates
# one in UPDATE_ROLLBACK_COMPLETE; a deletion that failed can be asked for again.
_AFTERWARDS = {
    "CREATE_IN_PROGRESS": "ROLLBACK_FAILED",
    "ROLLBACK_IN_PROGRESS": "ROLLBACK_FAILED",
    "DELETE_IN_PROGRESS": "DELETE_FAILED",
    "UPDATE_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
}


def install(joint) -> None:
    """Look at the restored stacks before requests come in."""
    joint.on_start(release)


def release() -> None:
    """Take every stack out of a progress that nobody makes."""
    for (account, region, name), stack in list(cloudformation._stacks._data.items()):
        was = stack.get("StackStatus")
        if was not in _AFTERWARDS:
            continue
        set_request_account_id(account)
        set_request_region(region)
        reason = f"the local endpoint ended while the stack was in {was}; deploy or delete it again"
        stack.update(StackStatus=_AFTERWARDS[was], StackStatusReason=reason)
        _add_event(stack["StackId"], name, name, "AWS::CloudFormation::Stack", _AFTERWARDS[was], reason, stack["StackId"])
        log.warning("stack %s: %s", name, reason)
