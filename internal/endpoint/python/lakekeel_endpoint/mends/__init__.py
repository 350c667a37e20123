"""What an upstream engine does otherwise than AWS, mended from outside.

Each module changes the behaviour of one ministack service and says why. When
a new upstream version does it by itself, its module is deleted.
"""

from __future__ import annotations

from . import athena, cloudformation, disk, eks, eventbridge, glue, rds, routing, s3, stepfunctions

__all__ = ["install", "routing"]


def install(joint) -> None:
    """Put every mend in place."""
    glue.install(joint)
    athena.install(joint)
    cloudformation.install(joint)
    eventbridge.install()
    s3.install(joint)
    disk.install(joint)
    rds.install(joint)
    eks.install()
    stepfunctions.install()
