"""Whose request is served: account and region, which every definition and run belongs to."""

from __future__ import annotations

from ministack.core.responses import get_account_id, get_region


class Scope:
    """The account and region of the request, or of the task that a request started.

    They are context variables: a task inherits them from what created it.
    """

    def account(self) -> str:
        return get_account_id()

    def region(self) -> str:
        return get_region()

    def __call__(self) -> str:
        return f"{self.account()}/{self.region()}"
