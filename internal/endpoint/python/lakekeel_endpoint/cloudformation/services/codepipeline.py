"""CodePipeline: pipelines are kept and described; executions are recorded, not run.

`lakekeel rehearse` runs the steps of a pipeline; this makes its stack deployable.
"""

import json

from ..mapping import Call, Mapping, deleting, without


def _pipeline(properties: dict) -> dict:
    """The pipeline declaration that CreatePipeline takes."""
    declaration = without(properties, "Tags", "Stages", "RestartExecutionOnUpdate", "DisableInboundStageTransitions")
    declaration["Stages"] = [{**stage, "Actions": [_action(a) for a in stage["Actions"]]} for stage in properties["Stages"]]
    if "ArtifactStores" in properties:
        # The template has a list of pairs, the API a map by region.
        declaration["ArtifactStores"] = {pair["Region"]: pair["ArtifactStore"] for pair in properties["ArtifactStores"]}
    return {"pipeline": {"Version": 1, **declaration}, "tags": properties.get("Tags", [])}


def _action(action: dict) -> dict:
    """An action; its configuration is a map of texts, whatever the template wrote."""
    configuration = action.get("Configuration") or {}
    return {**action, "Configuration": {k: v if isinstance(v, str) else json.dumps(v) for k, v in configuration.items()}}


MAPPINGS = (
    Mapping(
        type="AWS::CodePipeline::Pipeline",
        service="codepipeline",
        create="create_pipeline",
        name="Name",
        arguments=_pipeline,
        ref=lambda answer, arguments: answer["pipeline"]["name"],
        attributes=lambda answer, arguments: {"Version": str(answer["pipeline"].get("version", 1))},
        update=Call("update_pipeline", lambda pid, p: without(_pipeline({**p, "Name": pid}), "tags")),
        delete=deleting("delete_pipeline", "name"),
        replace=("Name",),
    ),
)
