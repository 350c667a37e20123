"""EventBridge rules whose target is a Glue workflow: the engine is told of the event.

ministack knows no such target and only logs it. AWS calls Glue's NotifyEvent,
and the workflow's starting trigger of type EVENT gathers events into a batch.
"""

from __future__ import annotations

import json
import logging

from ministack.core.arn import ArnParseError, parse_arn
from ministack.services import eventbridge

log = logging.getLogger("lakekeel")


def install() -> None:
    """Take the Glue targets out before ministack sees them."""
    invoke = eventbridge._invoke_target

    def invoke_target(target, event, rule, view=None):
        arn = target.get("Arn", "")
        if _is_workflow(arn):
            view = view or eventbridge._pattern_event_view(event)
            _notify(arn, view.event_with_detail())
        else:
            invoke(target, event, rule, view)

    eventbridge._invoke_target = invoke_target


def _is_workflow(arn: str) -> bool:
    try:
        spec = parse_arn(arn)
    except ArnParseError:
        return False
    return spec.service == "glue" and spec.resource.startswith("workflow/")


def _notify(arn: str, event: dict) -> None:
    from .. import glue

    try:
        # A copy, because ministack hands the same event to every target.
        glue.notify_event(arn, json.loads(json.dumps(event, default=str)))
    except Exception as error:
        # As on AWS, a target that fails does not fail PutEvents.
        log.error("EventBridge: %s was not notified: %s", arn, error)
