"""Routing: which names in a credential scope are AWS services.

For a scope that it does not implement, ministack reads all of botocore's some
four hundred models once to find out: ten seconds during which nothing else is
answered. The services that the joint adds need no such search.
"""

from __future__ import annotations

from collections.abc import Set

from ministack.core import router


def install(added: Set[str]) -> None:
    """Know the added services at once."""
    search = router._is_aws_service_name
    router._is_aws_service_name = lambda scope: scope in added or search(scope)
