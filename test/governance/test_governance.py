"""After a deployment the services say what `lakekeel access` printed, no more and no less."""

from __future__ import annotations

import time
from pathlib import Path

from conftest import CONSUMER, PRODUCER, Lake
from service import actual, printed

STACKS = {"Local-Governance": PRODUCER, "Local-GovernanceResearch": CONSUMER}


def same(lake: Lake) -> set:
    """Compare the two sets, and return them."""
    said, is_ = printed(lake), actual(lake, PRODUCER, CONSUMER)
    assert said == is_, f"only printed: {said - is_}\nonly at the services: {is_ - said}"
    return said


def test_the_services_say_what_was_printed(lake: Lake) -> None:
    facts = same(lake)
    assert {kind for kind, *_ in facts} == {"administrator", "grant", "tag", "link"}
    analyst = [f for f in facts if f[0] == "grant" and f[2].endswith("/Local-LakeAnalyst") and f[8] == "SELECT" and f[1] == PRODUCER]
    assert [(f[3], f[4], f[6]) for f in analyst] == [("covid19db", "neherlab_denormalized", "country = 'Italy'")]
    assert analyst[0][5].startswith("all but acute_care, ")


def test_the_comparison_sees_one_more_and_one_fewer(lake: Lake) -> None:
    client = lake.client("lakeformation")
    grant = {
        "Principal": {"DataLakePrincipalIdentifier": f"arn:aws:iam::{PRODUCER}:role/Local-LakeAnalyst"},
        "Resource": {"Database": {"CatalogId": PRODUCER, "Name": "covid19db"}},
    }
    client.grant_permissions(**grant, Permissions=["ALTER"])
    assert {f[8] for f in actual(lake, PRODUCER, CONSUMER) - printed(lake)} == {"ALTER"}
    client.revoke_permissions(**grant, Permissions=["ALTER", "DESCRIBE"])
    assert [f[8] for f in printed(lake) - actual(lake, PRODUCER, CONSUMER)] == ["DESCRIBE"]
    client.grant_permissions(**grant, Permissions=["DESCRIBE"])
    same(lake)


def test_nothing_is_open_to_every_policy_any_more(lake: Lake) -> None:
    granted = lake.client("lakeformation").list_permissions()["PrincipalResourcePermissions"]
    assert "IAM_ALLOWED_PRINCIPALS" not in {g["Principal"]["DataLakePrincipalIdentifier"] for g in granted}


def test_the_published_data_is_registered_with_its_own_role(lake: Lake) -> None:
    location = f"arn:aws:s3:::neherlab-denormalized-dataset-{PRODUCER}-eu-west-1/neherlab_denormalized/"
    registered = lake.client("lakeformation").describe_resource(ResourceArn=location)["ResourceInfo"]
    name = registered["RoleArn"].rsplit("/", 1)[-1]
    document = lake.client("iam").get_role_policy(RoleName=name, PolicyName="Data")["PolicyDocument"]
    actions = sorted(a for s in document["Statement"] for a in s["Action"])
    assert actions == ["kms:Decrypt", "kms:DescribeKey", "s3:GetObject", "s3:ListBucket"]


def updated(lake: Lake) -> dict:
    described = {
        name: lake.client("cloudformation", account).describe_stacks(StackName=name)["Stacks"][0] for name, account in STACKS.items()
    }
    return {name: (stack["StackStatus"], stack.get("LastUpdatedTime")) for name, stack in described.items()}


def test_a_second_deployment_changes_nothing(lake: Lake) -> None:
    before = updated(lake)
    lake.deploy()
    assert updated(lake) == before


def test_removing_a_grant_removes_just_it(lake: Lake, tmp_path: Path) -> None:
    before = same(lake)
    lake.say(
        '      consumers:\n        - name: Research\n          account: "210987654321"\n',
        '      consumers:\n        - name: Research\n          account: "210987654321"\n          database: research\n',
    )
    kept = tmp_path / "before"
    Path(lake.assembly).rename(kept)
    lake.deploy()
    after = same(lake)
    assert {(f[0], f[1], f[3], f[8]) for f in before - after} == {
        ("link", CONSUMER, "covid19db_shared", ""),
        ("grant", CONSUMER, "covid19db_shared", "DESCRIBE"),
    }
    assert {f[3] for f in after - before} == {"research"}
    told = lake.do("access", lake.assembly, "--against", str(kept))
    assert "2 newly allowed, 2 taken away" in told
    lake.say()
    lake.deploy()
    assert same(lake) == before


def test_wider_access_fails_the_gate_and_narrower_does_not(lake: Lake) -> None:
    gate = ("access", lake.assembly, "--against", "deployed", "--stage", "Local", "--fail-if-wider")
    assert lake.try_(*gate).status == 0
    lake.say("country: Italy", "country: Spain")
    lake.do("cdk", "--", "synth", "--quiet", "-c", "stage=Local", "-c", f"config={lake.config}", "--output", lake.assembly)
    told = lake.try_(*gate)
    assert told.status == 1
    assert [line[:2] for line in told.out.splitlines()] == ["+ ", "- ", "1 "]
    assert "where country = 'Spain'" in told.out.splitlines()[0]
    lake.say()
    lake.deploy()


def admins(lake: Lake) -> set[str]:
    listed = lake.client("lakeformation").get_data_lake_settings()["DataLakeSettings"]["DataLakeAdmins"]
    return {a["DataLakePrincipalIdentifier"].rsplit("/", 1)[-1] for a in listed}


def test_renaming_an_administrator_breaks_no_later_deployment(lake: Lake) -> None:
    """Two deployments: the second one deletes the role that the first made, and a third still works."""
    iam, client = lake.client("iam"), lake.client("lakeformation")
    trust = '{"Version": "2012-10-17", "Statement": []}'
    for name in ("Successor", "SomebodyElse"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    settings = client.get_data_lake_settings()["DataLakeSettings"]
    others = [f"arn:aws:iam::{PRODUCER}:role/{name}" for name in ("SomebodyElse", "DeletedLongAgo")]
    settings["DataLakeAdmins"] += [{"DataLakePrincipalIdentifier": arn} for arn in others]
    client.put_data_lake_settings(DataLakeSettings=settings)
    deployer = f"cdk-hnb659fds-cfn-exec-role-{PRODUCER}-eu-west-1"
    assert admins(lake) == {"Local-LakeAdmin", deployer, "SomebodyElse", "DeletedLongAgo"}

    lake.say("country: Italy", f"country: Italy\n      adminRole: arn:aws:iam::{PRODUCER}:role/Successor")
    lake.deploy()
    # Ours is replaced, another's is kept, and what IAM does not know any more is off the list.
    assert admins(lake) == {"Successor", deployer, "SomebodyElse"}
    assert "Local-LakeAdmin" not in {role["RoleName"] for role in iam.list_roles()["Roles"]}

    lake.say()
    lake.deploy()
    assert admins(lake) == {"Local-LakeAdmin", deployer, "SomebodyElse"}
    listed = client.get_data_lake_settings()["DataLakeSettings"]
    listed["DataLakeAdmins"] = [a for a in listed["DataLakeAdmins"] if a["DataLakePrincipalIdentifier"] not in others]
    client.put_data_lake_settings(DataLakeSettings=listed)
    same(lake)


def test_an_interrupted_deployment_is_finished_by_the_next(tmp_path: Path) -> None:
    """The program and the endpoint are ended in the middle of the grants; the same command again finishes."""
    lake = Lake(tmp_path / "home")
    lake.do("up", "--persist")
    try:
        program = lake.start("deploy", "Local", "--", "-c", f"config={lake.config}")
        end = time.monotonic() + 120
        while len(lake.client("lakeformation").list_permissions()["PrincipalResourcePermissions"]) < 5:
            assert time.monotonic() < end, "no grant came"
            assert program.poll() is None, "the deployment was not caught in the middle"
            time.sleep(0.02)
        program.terminate()
        lake.do("down")
        program.communicate()
        lake.do("up", "--persist")
        status = lake.client("cloudformation").describe_stacks(StackName="Local-Governance")["Stacks"][0]["StackStatus"]
        assert status == "ROLLBACK_FAILED", "the endpoint ended when the stack was complete"
        lake.deploy()
        same(lake)
    finally:
        lake.do("down")
