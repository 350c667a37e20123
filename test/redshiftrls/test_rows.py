"""The custom resource of constructs/redshiftrls, and who sees which rows because of it."""

import copy
import json
import uuid

import psycopg
import pytest
from redshift import CATALOG, DataApi

SETUP = """
CREATE SCHEMA sales; CREATE SCHEMA ref;
CREATE TABLE sales.orders (id int, region varchar(10), team int, amount numeric(12,2));
CREATE TABLE sales.refunds (id int, amount numeric(12,2));
CREATE TABLE ref.members (name varchar(64), team int);
INSERT INTO sales.orders VALUES (1, 'EMEA', 1, 10), (2, 'EMEA', 2, 20), (3, 'APAC', 1, 30), (4, 'APAC', 2, 40), (5, NULL, 1, 50);
INSERT INTO sales.refunds VALUES (1, 999.99), (2, 1000), (3, NULL);
INSERT INTO ref.members VALUES ('ana', 1), ('bo', 2);
GRANT USAGE ON SCHEMA sales TO PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA sales TO PUBLIC;
"""
USERS = ["ana", "bo", "carl", 'o"hara; --']  # ana and bo are analysts, carl is nobody in particular
HARA = USERS[3]


@pytest.fixture(scope="module", autouse=True)
def users(postgres):
    """Make the users and the role, which all databases of the server share."""
    with psycopg.connect(postgres) as db:
        db.execute("CREATE ROLE analyst")
        for name in USERS:
            db.execute(psycopg.sql.SQL("CREATE ROLE {} LOGIN").format(psycopg.sql.Identifier(name)))
        db.execute("GRANT analyst TO ana, bo")


class Stack:
    """One custom resource, from its creation to its removal, on a database of its own."""

    def __init__(self, function, dsn):
        self.function, self.dsn, self.api = function, dsn, DataApi(dsn)
        self.desired, self.physical = None, None

    def send(self, request, desired, before=None):
        """Let CloudFormation ask for something, and return its answer."""
        event = {
            "RequestType": request,
            "StackId": "s",
            "RequestId": "r",
            "LogicalResourceId": "Rows",
            "ResponseURL": f"{self.api.url}/answer",
        }
        event["ResourceProperties"] = {"ServiceToken": "t", "Desired": json.dumps(desired)}
        if before is not None:
            event["OldResourceProperties"] = {"ServiceToken": "t", "Desired": json.dumps(before)}
        if self.physical:
            event["PhysicalResourceId"] = self.physical
        self.function.handler(event, None)
        answer = self.api.answers.pop()
        self.physical = answer["PhysicalResourceId"]
        return answer

    def deploy(self, desired):
        """Create or update, and keep what holds after a success."""
        answer = self.send("Update" if self.desired else "Create", desired, self.desired)
        if answer["Status"] == "SUCCESS":
            self.desired = copy.deepcopy(desired)
        return answer

    def sees(self, user, table="sales.orders"):
        """Return the ids of the rows that a user sees."""
        with psycopg.connect(self.dsn, user=user) as db:
            return [row[0] for row in db.execute(f"SELECT id FROM {table} ORDER BY id")]


@pytest.fixture
def stack(function, postgres, monkeypatch):
    """Return a stack on a fresh database, with the Data API in front of it."""
    name = "d" + uuid.uuid4().hex
    with psycopg.connect(postgres, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")
    dsn = postgres.replace("dbname=postgres", f"dbname={name}")
    with psycopg.connect(dsn) as db:
        db.execute(CATALOG + SETUP)
    stack = Stack(function, dsn)
    for key, value in {
        "AWS_ENDPOINT_URL": stack.api.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "CONNECTION": json.dumps({"Database": name, "ClusterIdentifier": "analytics"}),
    }.items():
        monkeypatch.setenv(key, value)
    yield stack
    stack.api.server.shutdown()
    stack.api.server.server_close()
    with psycopg.connect(postgres, autocommit=True) as db:
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def wanted(desired):
    """Return what the template asks for, to be changed at will."""
    return json.loads(desired)


def policy(wanted, name):
    return next(p for p in wanted["policies"] if p["name"] == name)


def test_each_user_sees_the_rows_of_his_policies(stack, wanted):
    assert stack.deploy(wanted)["Status"] == "SUCCESS"
    assert {user: stack.sees(user) for user in USERS} == {
        "ana": [1],  # EMEA and her team: policies are combined with AND
        "bo": [2],
        "carl": [],  # no policy is for him
        HARA: [1, 2],  # only the one for the region
    }
    assert stack.sees("carl", "sales.refunds") == [1]  # 1000 is not below 1000, nor is NULL


def test_policies_combined_with_or(stack, wanted):
    wanted["tables"][0]["conjunction"] = "or"
    assert stack.deploy(wanted)["Status"] == "SUCCESS"
    assert stack.sees("ana") == [1, 2, 3, 5]
    wanted["tables"][0]["conjunction"] = "and"
    assert stack.deploy(wanted)["Status"] == "SUCCESS"
    assert stack.sees("ana") == [1]


def test_names_are_quoted(stack, wanted):
    stack.deploy(wanted)
    ran = stack.api.statements()
    assert 'ATTACH RLS POLICY "emea" ON "sales"."orders" TO ROLE "analyst", "o""hara; --"' in ran
    assert 'CREATE RLS POLICY "own team" WITH ("team" integer) AS "t" USING (' + policy(wanted, "own team")["using"] + ")" in ran


def test_a_lookup_table_is_read_by_the_policies_that_were_granted_it(stack, wanted):
    policy(wanted, "own team")["lookups"] = []
    stack.deploy(wanted)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stack.sees("ana")
    policy(wanted, "own team")["lookups"] = [["ref", "members"]]
    stack.api.statements()
    stack.deploy(wanted)
    assert stack.api.statements() == ['GRANT SELECT ON "ref"."members" TO RLS POLICY "own team"']


def test_without_a_change_nothing_is_run(stack, wanted):
    stack.deploy(wanted)
    stack.api.statements()
    assert stack.deploy(wanted)["Status"] == "SUCCESS"
    assert stack.api.statements() == []


def test_a_change_is_only_the_difference(stack, wanted):
    stack.deploy(wanted)
    stack.api.statements()
    policy(wanted, "emea")["using"] = "t.region = 'APAC'"
    wanted["tables"][0]["attach"].remove(["emea", "user", HARA])
    assert stack.deploy(wanted)["Status"] == "SUCCESS"
    assert stack.api.statements() == [
        'DETACH RLS POLICY "emea" ON "sales"."orders" FROM "o""hara; --"',
        "ALTER RLS POLICY \"emea\" USING (t.region = 'APAC')",
    ]
    assert (stack.sees("ana"), stack.sees(HARA)) == ([3], [])


def test_other_columns_make_the_policy_anew(stack, wanted):
    stack.deploy(wanted)
    policy(wanted, "emea").update(
        columns=[["region", "varchar(10)"], ["amount", "numeric(12,2)"]], using="t.region = 'EMEA' AND t.amount > 15"
    )
    assert stack.deploy(wanted)["Status"] == "SUCCESS"
    assert (stack.sees("bo"), stack.sees("ana"), stack.sees(HARA)) == ([2], [], [2])


def test_a_lookup_that_is_no_longer_read(stack, wanted):
    stack.deploy(wanted)
    stack.api.statements()
    policy(wanted, "own team").update(using="t.team = 1", lookups=[])
    assert stack.deploy(wanted)["Status"] == "SUCCESS"
    assert stack.api.statements() == [
        'REVOKE SELECT ON "ref"."members" FROM RLS POLICY "own team"',
        'ALTER RLS POLICY "own team" USING (t.team = 1)',
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda w: w["tables"][1].update(name="rufunds"), 'relation "sales.rufunds" does not exist'),
        (lambda w: w["tables"][0]["attach"].append(["emea", "role", "nobody"]), 'role "nobody" does not exist'),
        (lambda w: policy(w, "emea").update(columns=[["land", "text"]]), 'column "land" of RLS policy emea is not in orders'),
        (lambda w: policy(w, "emea").update(using="t.land = 'EMEA'"), "column orders.land does not exist"),
        (lambda w: policy(w, "emea").update(using="t.region = = 'EMEA'"), "Required keyword"),
        (lambda w: policy(w, "emea").update(using="t.team"), "must be type boolean"),
    ],
    ids=["table", "role", "column of the clause", "column of the predicate", "syntax", "no predicate"],
)
def test_what_fails_leaves_the_former_policies_in_force(stack, wanted, change, says):
    stack.deploy(wanted)
    before = {user: stack.sees(user) for user in USERS}
    policy(wanted, "small")["using"] = "amount < 10"  # a part that would do
    change(wanted)
    answer = stack.deploy(wanted)
    assert answer["Status"] == "FAILED"
    assert says in answer["Reason"]
    assert "the former policies are in force" in answer["Reason"]
    assert {user: stack.sees(user) for user in USERS} == before
    assert stack.sees("carl", "sales.refunds") == [1]


def test_removal_detaches_drops_and_leaves_closed(stack, wanted):
    stack.deploy(wanted)
    stack.api.statements()
    assert stack.send("Delete", wanted)["Status"] == "SUCCESS"
    ran = stack.api.statements()
    assert [sql.split()[0] for sql in ran] == ["DETACH"] * 3 + ["DROP"] * 3 + ["ALTER"]
    assert stack.sees("ana") == []  # still on, with no policy: nobody sees a row
    assert stack.sees("ana", "sales.refunds") == [1, 2, 3]  # OpenOnRemoval
    assert stack.send("Delete", wanted)["Status"] == "SUCCESS"  # again
    assert stack.api.statements() == []


def test_a_table_taken_out_of_the_template(stack, wanted):
    stack.deploy(wanted)
    wanted["tables"].pop()
    wanted["policies"].pop()
    assert stack.deploy(wanted)["Status"] == "SUCCESS"
    assert (stack.sees("carl", "sales.refunds"), stack.sees("ana")) == ([1, 2, 3], [1])


def test_somebody_elses_policy_is_neither_changed_nor_dropped(stack, wanted):
    theirs = copy.deepcopy(wanted)
    policy(theirs, "emea")["columns"] = [["id", "integer"]]
    policy(theirs, "emea")["using"] = "t.id = 3"
    Stack(stack.function, stack.dsn).send("Create", theirs)
    answer = stack.deploy(wanted)
    assert answer["Status"] == "FAILED"
    assert "RLS policy emea exists with other columns or another alias" in answer["Reason"]
    assert stack.send("Delete", wanted)["Status"] == "SUCCESS"  # CloudFormation deletes what it failed to create
    assert stack.sees(HARA) == [3]


def test_a_creation_that_was_not_acknowledged_is_taken_up(stack, wanted):
    assert stack.deploy(wanted)["Status"] == "SUCCESS"
    again = Stack(stack.function, stack.dsn)
    policy(wanted, "emea")["using"] = "t.region = 'APAC'"
    assert again.deploy(wanted)["Status"] == "SUCCESS"
    assert stack.sees(HARA) == [3, 4]


def test_too_much_for_one_transaction(stack, wanted):
    wanted["policies"] += [{**wanted["policies"][2], "name": f"p{i}"} for i in range(41)]
    answer = stack.deploy(wanted)
    assert "and one transaction of the Data API 40; make it in several" in answer["Reason"]
    assert stack.api.statements() == []
