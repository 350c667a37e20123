"""DataBrew: recipe jobs that run.

moto keeps datasets, recipes and jobs; here StartJobRun, DescribeJobRun, ListJobRuns and StopJobRun do what it
lacks. A run reads the dataset's files from S3, does the recipe's steps on DuckDB, and
writes the job's outputs. DataBrew's own engine is not to be had: recipe.py is our reading of
what its reference says, and refuses what it does not know. Runs are forgotten when the endpoint ends.
"""

from __future__ import annotations

from .runs import Runs


def install(joint) -> None:
    """Put the runs before moto's handler."""
    joint.wrap("databrew", lambda moto: Runs(moto, joint.settings.temporary).handle)
