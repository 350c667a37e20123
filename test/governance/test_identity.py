"""The functions of constructs/identitycenter against the local endpoint's IAM and identity store."""

from __future__ import annotations

import importlib.util
import re
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from conftest import PRODUCER, Lake
from program import ROOT

PATH = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
TRUST = '{"Version": "2012-10-17", "Statement": []}'


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """An endpoint on which nothing is deployed."""
    empty = Lake(tmp_path_factory.mktemp("account"))
    empty.do("up")
    yield empty
    empty.do("down")


@pytest.fixture
def function(account: Lake, monkeypatch: pytest.MonkeyPatch):
    """Loads a function's code as its Lambda would see it: its boto3 clients call the endpoint."""

    def load(name: str) -> ModuleType:
        path = ROOT / "constructs" / "identitycenter" / "function" / name
        spec = importlib.util.spec_from_file_location(Path(name).stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        monkeypatch.setattr(module, "boto3", SimpleNamespace(client=account.client))
        return module

    return load


def role(account: Lake, name: str, path: str = PATH) -> str:
    return account.client("iam").create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]


def whole(message: str) -> str:
    """A pattern for this message and no other."""
    return f"^{re.escape(message)}$"


def lookup(permission_set: str, wait: int = 1) -> tuple:
    return "Create", {"PermissionSet": permission_set, "Account": PRODUCER, "Wait": str(wait)}, {}


def test_the_role_is_found_by_its_name_in_whatever_region_path(function, account: Lake) -> None:
    arn = role(account, "AWSReservedSSO_Analyst_0123456789abcdef")
    everywhere = role(account, "AWSReservedSSO_Steward_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/")
    for name in (
        "AWSReservedSSO_Analyst_0123456789abcde",
        "AWSReservedSSO_Analyst_0123456789ABCDEF",
        "AWSReservedSSO_Analyst2_0123456789abcdef",
    ):
        role(account, name)
    role(account, "AWSReservedSSO_Analyst_fedcba9876543210", "/elsewhere/")
    act = function("reserved_role.py").act
    assert act(*lookup("Analyst")) == ("Analyst", {"Arn": arn, "Name": "AWSReservedSSO_Analyst_0123456789abcdef"})
    assert act(*lookup("Steward"))[1]["Arn"] == everywhere


def test_a_permission_sets_name_is_no_pattern(function, account: Lake) -> None:
    role(account, "AWSReservedSSO_AxB_0123456789abcdef")
    with pytest.raises(ValueError, match="no role"):
        function("reserved_role.py").act(*lookup("A.B"))


def test_a_role_that_comes_later_is_waited_for(function, account: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    module, pauses = function("reserved_role.py"), []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            role(account, "AWSReservedSSO_Late_0123456789abcdef")

    monkeypatch.setattr(module.time, "sleep", pause)
    assert module.act(*lookup("Late", wait=60))[1]["Name"] == "AWSReservedSSO_Late_0123456789abcdef"
    assert pauses == [1, 2, 4]


def test_a_role_that_never_comes_is_named_within_the_time(function) -> None:
    begun = time.monotonic()
    said = f"permission set Nobody has no role in account {PRODUCER} after 2 seconds; is it assigned there?"
    with pytest.raises(ValueError, match=whole(said)):
        function("reserved_role.py").act(*lookup("Nobody", wait=2))
    assert time.monotonic() - begun < 5


def test_the_pauses_are_bounded(function, monkeypatch: pytest.MonkeyPatch) -> None:
    module, now, pauses = function("reserved_role.py"), [0.0], []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(module.time, "sleep", pause)
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    with pytest.raises(ValueError, match="after 300 seconds"):
        module.wait_for("Nobody", PRODUCER, 300)
    assert max(pauses) == 30
    assert sum(pauses) <= 300


def test_two_roles_are_an_error_and_never_a_guess(function, account: Lake) -> None:
    arns = sorted(role(account, f"AWSReservedSSO_Twice_{digits}") for digits in ("0000000000000000", "1111111111111111"))
    said = f"permission set Twice has 2 roles in account {PRODUCER}: {', '.join(arns)}; pin the one that is meant"
    with pytest.raises(ValueError, match=whole(said)):
        function("reserved_role.py").act(*lookup("Twice", wait=60))


def test_deleting_a_lookup_asks_for_nothing(function) -> None:
    request, properties, before = lookup("Nobody")
    assert function("reserved_role.py").act("Delete", properties, before) == ("Nobody", {})


@pytest.fixture
def store(account: Lake) -> str:
    return "d-0123456789"


def test_groups_and_users_are_found_by_name(function, account: Lake, store: str) -> None:
    client = account.client("identitystore")
    group = client.create_group(IdentityStoreId=store, DisplayName="Lake analysts")["GroupId"]
    user = client.create_user(IdentityStoreId=store, UserName="anna", DisplayName="Anna", Name={"GivenName": "Anna", "FamilyName": "A"})[
        "UserId"
    ]
    act = function("directory.py").act
    assert act("Create", {"IdentityStore": store, "Kind": "GROUP", "Name": "Lake analysts"}, {}) == ("GROUP:Lake analysts", {"Id": group})
    try:
        assert act("Create", {"IdentityStore": store, "Kind": "USER", "Name": "anna"}, {}) == ("USER:anna", {"Id": user})
    except Exception as error:  # the engine may lack the operation: that is said, not hidden
        if "GetUserId" not in str(error):
            raise
        pytest.skip("*** NOT PROVED: users by name; the local endpoint's identity store has no GetUserId")


def test_a_name_that_nobody_has_is_said(function, store: str) -> None:
    with pytest.raises(ValueError, match=whole("identity store d-0123456789 has no group 'Lake analists'")):
        function("directory.py").act("Create", {"IdentityStore": store, "Kind": "GROUP", "Name": "Lake analists"}, {})
