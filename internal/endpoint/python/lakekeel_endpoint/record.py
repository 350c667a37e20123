"""--record-unknown: accept types that nothing backs, and say so wherever it can be seen.

Without it a template with such a type is refused before anything is created.
With it the resource is a line in the stack and nothing else: no API knows it.
"""

from __future__ import annotations

import hashlib
import logging

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

log = logging.getLogger("lakekeel")

REASON = "RECORDED ONLY: nothing at the local endpoint backs {type}; it exists in this stack alone (--record-unknown)"

ADVICE = (
    "Nothing at the local endpoint backs them. `lakekeel doctor --types` lists what is covered; "
    "`lakekeel up --record-unknown` records such types without creating anything"
)


class RecordingHandlers(dict):
    """CloudFormation's handlers by type, with one for every AWS type that has none.

    Types of CloudFormation itself are left out: they steer a deployment, so
    that to accept one and do nothing would change what the others mean.
    """

    def __contains__(self, rtype) -> bool:
        return super().__contains__(rtype) or recordable(rtype)

    def get(self, rtype, default=None):
        if super().__contains__(rtype):
            return super().get(rtype)
        return {"create": _creator(rtype), "update": _update, "delete": _delete} if recordable(rtype) else default

    def __getitem__(self, rtype):
        handler = self.get(rtype)
        if handler is None:
            raise KeyError(rtype)
        return handler


def recordable(rtype) -> bool:
    """Whether a type may be recorded without anything behind it."""
    return isinstance(rtype, str) and rtype.startswith("AWS::") and not rtype.startswith("AWS::CloudFormation::")


def install() -> None:
    """Accept every type from now on."""
    provisioners._RESOURCE_HANDLERS = RecordingHandlers(provisioners._RESOURCE_HANDLERS)
    stacks._add_event = _saying(stacks._add_event)
    log.warning("--record-unknown: types that nothing backs are recorded, not created")


def refuse_with_a_way_out() -> None:
    """Say, where a template is refused for its types, what can be done. The CDK CLI prints it."""
    validate = engine.validate_template_support

    def validate_template_support(*args, **named):
        try:
            return validate(*args, **named)
        except ValueError as error:
            if "Unrecognized resource types" not in str(error):
                raise
            raise ValueError(f"{error}. {ADVICE}") from None

    for module in (engine, handlers, changesets):
        module.validate_template_support = validate_template_support


def is_recorded(rtype: str) -> bool:
    """Whether a type is one that only gets recorded in this process."""
    handlers = provisioners._RESOURCE_HANDLERS
    return isinstance(handlers, RecordingHandlers) and not dict.__contains__(handlers, rtype) and recordable(rtype)


def _saying(add_event):
    """Put the reason on the stack events of recorded resources: `cdk deploy` prints them."""

    def add(stack_id, stack_name, logical_id, resource_type, status, reason="", *rest, **named):
        if not reason and is_recorded(resource_type) and status.endswith("_COMPLETE"):
            reason = REASON.format(type=resource_type)
        return add_event(stack_id, stack_name, logical_id, resource_type, status, reason, *rest, **named)

    return add


def _creator(rtype: str):
    def create(logical_id, props, stack_name):
        log.warning("%s in stack %s: %s", logical_id, stack_name, REASON.format(type=rtype))
        digest = hashlib.sha256(f"{stack_name}/{logical_id}".encode()).hexdigest()[:12]
        physical_id = f"recorded-only-{digest}"
        return physical_id, {"Arn": _arn(rtype, physical_id), "Id": physical_id}

    return create


def _arn(rtype: str, physical_id: str) -> str:
    from botocore.session import get_session

    partition = get_session().get_partition_for_region(get_region())
    return f"arn:{partition}:{rtype.split('::')[1].lower()}:{get_region()}:{get_account_id()}:recorded/{physical_id}"


def _update(physical_id, _old_props, _new_props, _stack_name):
    return physical_id, {}


def _delete(_physical_id, _props):
    """There is nothing to delete."""
