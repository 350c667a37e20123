"""Publish a DataBrew recipe: CloudFormation makes and changes its working version, but jobs run published ones."""

import boto3


def act(request, properties, before):
    databrew, name = boto3.client("databrew"), properties["Recipe"]
    if request == "Delete":
        forget(databrew, name)
    else:
        databrew.publish_recipe(Name=name)
    return name, {}


def forget(databrew, name):
    """Delete the published versions: the working one, which CloudFormation deletes, must be the last."""
    try:
        pages = databrew.get_paginator("list_recipe_versions").paginate(Name=name)
        versions = [recipe["RecipeVersion"] for page in pages for recipe in page["Recipes"]]
        for version in versions:
            databrew.delete_recipe_version(Name=name, RecipeVersion=version)
    except databrew.exceptions.ResourceNotFoundException:
        pass
