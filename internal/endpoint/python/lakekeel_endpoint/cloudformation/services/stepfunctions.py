"""Step Functions: what ministack's state machine provisioner drops."""

from ...loopback import client
from ..completion import Completion
from ..mapping import conform


def _complete(arn: str, properties: dict, _before: dict) -> None:
    states = client("stepfunctions")
    shape = states.meta.service_model.operation_model("UpdateStateMachine").input_shape
    wanted = {k: properties[k] for k in ("TracingConfiguration", "LoggingConfiguration") if properties.get(k)}
    if wanted:
        states.update_state_machine(stateMachineArn=arn, **conform(wanted, shape))


COMPLETIONS = (Completion("AWS::StepFunctions::StateMachine", _complete, ("TracingConfiguration", "LoggingConfiguration")),)
