"""DataBrew: definitions by moto; recipe jobs run (../../databrew), profile jobs do not."""

from ..mapping import Call, Mapping, deleting, without


def _named(noun: str, update: str, delete: Call | None = None, arguments=dict) -> Mapping:
    """A noun that is created, updated and deleted by its Name."""
    verb = noun.lower()
    return Mapping(
        type=f"AWS::DataBrew::{noun}",
        service="databrew",
        create=f"create_{verb}",
        ref=lambda answer, arguments: arguments["Name"],
        arguments=arguments,
        update=Call(update, lambda pid, p: {**arguments(p), "Name": pid}),
        delete=delete or deleting(f"delete_{verb}", "Name"),
        replace=("Name",),
    )


def _recipe(properties: dict) -> dict:
    """Steps without the parameters that the template has and the API lacks."""
    steps = [
        {"Action": {"Operation": s["Action"]["Operation"], "Parameters": _texts(s["Action"].get("Parameters", {}))}}
        | ({"ConditionExpressions": s["ConditionExpressions"]} if "ConditionExpressions" in s else {})
        for s in properties.get("Steps", [])
    ]
    return {**properties, "Steps": steps}


def _texts(parameters: dict) -> dict:
    return {name[0].lower() + name[1:]: value for name, value in parameters.items()}


_LATEST = Call("delete_recipe_version", lambda pid, p: {"Name": pid, "RecipeVersion": "LATEST_WORKING"})

_RECIPE_JOB = ("Outputs", "RecipeName", "Recipe", "ProjectName", "DataCatalogOutputs", "DatabaseOutputs")


def _profile_job(properties: dict) -> dict:
    location = properties.get("OutputLocation") or {}
    out = without(properties, "Type", *_RECIPE_JOB)
    return {**out, "Configuration": out.pop("ProfileConfiguration", None), "OutputLocation": location}


def _recipe_job(properties: dict) -> dict:
    recipe = properties.get("Recipe") or {}
    out = without(
        properties, "Type", "OutputLocation", "ProfileConfiguration", "ValidationConfigurations", "JobSample", "Recipe", "RecipeName"
    )
    reference = {"Name": recipe.get("Name") or properties.get("RecipeName"), "RecipeVersion": recipe.get("Version")}
    return {**out, **({"RecipeReference": reference} if reference["Name"] else {})}


class _Job(Mapping):
    """Two operations behind one type: which one is meant is in the Type property."""

    def _as(self, properties: dict) -> Mapping:
        kind, arguments = ("recipe_job", _recipe_job) if properties["Type"] == "RECIPE" else ("profile_job", _profile_job)
        return Mapping(
            type=self.type,
            service=self.service,
            create=f"create_{kind}",
            ref=self.ref,
            arguments=arguments,
            update=Call(
                f"update_{kind}",
                lambda pid, p: {**without(arguments(p), "Tags", "DatasetName", "ProjectName", "RecipeReference"), "Name": pid},
            ),
            delete=self.delete,
        )

    def _create(self, logical_id, properties, stack_name):
        return self._as(properties)._create(logical_id, properties, stack_name)

    def _update(self, physical_id, old, new, stack_name, logical_id):
        return self._as(new)._update(physical_id, old, new, stack_name, logical_id)


MAPPINGS = (
    _named("Dataset", "update_dataset"),
    _named("Recipe", "update_recipe", _LATEST, arguments=_recipe),
    _named("Ruleset", "update_ruleset"),
    _named("Project", "update_project"),
    _named("Schedule", "update_schedule"),
    _Job(
        type="AWS::DataBrew::Job",
        service="databrew",
        create="create_profile_job",
        ref=lambda answer, arguments: arguments["Name"],
        delete=deleting("delete_job", "Name"),
        replace=("Name", "Type"),
    ),
)
