"""Properties that ministack's own provisioner of a type drops, applied through the API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Completion:
    """What remains to be done after ministack created or updated a resource."""

    type: str  # e.g. "AWS::S3::Bucket"
    apply: Callable[[str, dict, dict], None]  # (physical id, properties, the properties before: {} on creation)
    properties: tuple[str, ...]  # what it applies; for the coverage and the reader
    delete: Callable[[str, dict], None] | None = None  # (physical id, properties), in place of ministack's delete

    def around(self, handlers: dict) -> dict:
        """ministack's handlers of the type, each followed by what remains."""
        create, update = handlers["create"], handlers.get("update")

        def create_wholly(logical_id, properties, stack_name):
            physical_id, attributes = create(logical_id, properties, stack_name)
            self.apply(physical_id, properties, {})
            return physical_id, attributes

        def update_wholly(physical_id, old, new, *rest):
            new_id, attributes = update(physical_id, old, new, *rest)
            self.apply(new_id, new, old)
            return new_id, attributes

        whole = {**handlers, "create": create_wholly}
        if update:
            whole["update"] = update_wholly
        if self.delete:
            whole["delete"] = self.delete
        return whole
