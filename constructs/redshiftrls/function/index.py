"""Bring the row-level security of a Redshift database to what a template says.

The Lambda function behind the custom resource of constructs/redshiftrls; boto3 only. Its
property Desired is JSON:

    {"policies": [{"name", "columns": [[name, type]], "alias", "using", "lookups": [[schema, table]]}],
     "tables": [{"schema", "name", "conjunction": "and" | "or", "open_on_removal", "attach": [[policy, kind, grantee]]}]}

It reads what there is, and applies the difference as one batch of the Data API, which is one
transaction: what fails leaves the former policies in force. It touches the policies and
tables that Desired names, now or in the version before, and no others.
"""

import json
import os
import time
import urllib.request

import boto3

BATCH = 40  # statements in one transaction: BatchExecuteStatement takes no more
SECONDS = 780  # how long the database may take; the function has 15 minutes

READ = [
    "SELECT polname, polalias, polatts, polqual FROM svv_rls_policy WHERE poldb = current_database()",
    "SELECT relschema, relname, polname, granteekind, grantee FROM svv_rls_attached_policy",
    "SELECT relschema, relname, is_rls_on, rls_conjunction_type FROM svv_rls_relation WHERE datname = current_database()",
]

# The names that Redshift itself shows for types:
# https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html
TYPES = {
    "int2": "smallint",
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float": "double precision",
    "float8": "double precision",
    "decimal": "numeric",
    "bool": "boolean",
    "char": "character",
    "nchar": "character",
    "bpchar": "character",
    "varchar": "character varying",
    "nvarchar": "character varying",
    "text": "character varying",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
    "timetz": "time with time zone",
}


class Refused(Exception):
    """The change is not made. The text is for whoever deploys."""


def quoted(*names):
    """Return a name, or schema.table, that SQL takes for nothing else."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def grantee(kind, name):
    """Return whom a policy is attached to, as ATTACH and DETACH want it."""
    return {"public": "PUBLIC", "role": f"ROLE {quoted(name)}", "user": quoted(name)}[kind]


def canonical(kind):
    """Return a column's type as Redshift shows it: varchar(10) is character varying(10)."""
    name, bracket, size = kind.lower().partition("(")
    return TYPES.get(name.strip(), name.strip()) + bracket + size.replace(" ", "")


def shape(policy):
    """Return what ALTER RLS POLICY cannot change of a wanted policy."""
    return policy["alias"], [(name, canonical(kind)) for name, kind in policy["columns"]]


class State:
    """What the database has, by the names that policies and tables have there."""

    def __init__(self, policies, attached, relations):
        """Take the rows of READ."""
        self.shapes, self.predicates = {}, {}
        for name, alias, columns, predicate in policies:
            self.shapes[name] = (alias or "", [(c["colname"], canonical(c["type"])) for c in json.loads(columns or "[]")])
            self.predicates[name] = predicate
        self.attached = set()
        for schema, table, policy, kind, name in attached:
            public = kind == "public" or name == "public" and kind != "role"
            self.attached.add((policy, schema, table, "public" if public else kind, "" if public else name))
        self.tables = {(schema, table): (on, conjunction.strip().lower()) for schema, table, on, conjunction in relations}


def create(policy):
    """Return the statement that makes a policy."""
    columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in policy["columns"])
    alias = f" AS {quoted(policy['alias'])}" if policy["alias"] else ""
    of = f" WITH ({columns}){alias}" if columns else ""
    return f"CREATE RLS POLICY {quoted(policy['name'])}{of} USING ({policy['using']})"


def attachments(desired):
    """Return all that is to be attached, one for each policy, table and grantee."""
    return {(policy, t["schema"], t["name"], kind, name) for t in desired["tables"] for policy, kind, name in t["attach"]}


def grouped(attached):
    """Gather attachments of one policy on one table, so that they are one statement."""
    groups = {}
    for policy, schema, table, kind, name in sorted(attached):
        groups.setdefault((policy, schema, table), []).append(grantee(kind, name))
    for (policy, schema, table), names in groups.items():
        yield quoted(policy), quoted(schema, table), ", ".join(names)


def lookups(desired):
    """Return the tables that policies may read, as pairs with the policy."""
    return {(p["name"], *table) for p in desired["policies"] for table in p["lookups"]}


def plan(state, before, desired, adopting):
    """Return the statements that lead from the state to what is desired, in their order.

    The version before says which policies and tables are this resource's own.
    """
    wanted = {p["name"]: p for p in desired["policies"]}
    own = {p["name"] for p in before["policies"]} | set(wanted)
    renewed = {name for name, p in wanted.items() if name in state.shapes and state.shapes[name] != shape(p)}
    if adopting and renewed:
        name = min(renewed)
        raise Refused(f"RLS policy {name} exists with other columns or another alias; drop it, or give this one another name")
    gone = {name for name in own if name in state.shapes and name not in wanted}
    target = attachments(desired)
    kept = {a for a in state.attached & target if a[0] not in renewed}
    removed = {a for a in state.attached if a[0] in own} - kept

    statements = [f"DETACH RLS POLICY {policy} ON {table} FROM {names}" for policy, table, names in grouped(removed)]
    statements += [
        f"REVOKE SELECT ON {quoted(*table)} FROM RLS POLICY {quoted(name)}"
        for name, *table in sorted(lookups(before) - lookups(desired))
        if name in wanted and name in state.shapes
    ]
    statements += [f"DROP RLS POLICY {quoted(name)}" for name in sorted(gone | renewed)]
    made = {name for name in wanted if name not in state.shapes or name in renewed}
    former = {p["name"]: p["using"] for p in before["policies"]}
    for name, policy in wanted.items():
        if name in made:
            statements.append(create(policy))
        elif policy["using"] not in (former.get(name), state.predicates[name]):
            statements.append(f"ALTER RLS POLICY {quoted(name)} USING ({policy['using']})")
    granted = {grant for grant in lookups(before) if grant[0] not in made}
    statements += [f"GRANT SELECT ON {quoted(*table)} TO RLS POLICY {quoted(name)}" for name, *table in sorted(lookups(desired) - granted)]
    statements += [f"ATTACH RLS POLICY {policy} ON {table} TO {names}" for policy, table, names in grouped(target - kept)]
    return statements + switches(state, before, desired)


def switches(state, before, desired):
    """Return the statements that turn row-level security on, and off where that was allowed."""
    statements = []
    named = {(t["schema"], t["name"]): t for t in desired["tables"]}
    for table, t in named.items():
        if state.tables.get(table) != (True, t["conjunction"]):
            statements.append(f"ALTER TABLE {quoted(*table)} ROW LEVEL SECURITY ON CONJUNCTION TYPE {t['conjunction'].upper()}")
    for t in before["tables"]:
        table = (t["schema"], t["name"])
        if table not in named and t["open_on_removal"] and state.tables.get(table, (False, ""))[0]:
            statements.append(f"ALTER TABLE {quoted(*table)} ROW LEVEL SECURITY OFF")
    return statements


class Database:
    """One database behind the Data API."""

    def __init__(self, client, connection, deadline):
        """Take a redshift-data client, what every batch says of where it runs, and time.monotonic() at the end."""
        self.client, self.connection, self.deadline = client, connection, deadline

    def run(self, statements):
        """Run statements as one transaction, and return the rows of each that has any."""
        batch = self.client.batch_execute_statement(**self.connection, Sqls=statements, StatementName="lakekeel")["Id"]
        pause = 0.1
        while True:
            described = self.client.describe_statement(Id=batch)
            if described["Status"] in ("FINISHED", "FAILED", "ABORTED"):
                break
            if time.monotonic() > self.deadline:
                self.client.cancel_statement(Id=batch)
                raise Refused(f"the database did not end the transaction in {SECONDS} s; it was cancelled")
            time.sleep(pause)
            pause = min(2 * pause, 2)
        if described["Status"] != "FINISHED":
            raise Refused(f"{described.get('Error', described['Status'])}; the former policies are in force")
        return [self._rows(s["Id"]) for s in described["SubStatements"] if s.get("HasResultSet")]

    def _rows(self, statement):
        pages = self.client.get_paginator("get_statement_result").paginate(Id=statement)
        return [[_value(field) for field in record] for page in pages for record in page["Records"]]


def _value(field):
    (kind, value), *_ = field.items()
    return None if kind == "isNull" else value


def bring(database, request, before, desired):
    """Read, compare, apply. Return the statements that were run."""
    state = State(*database.run(READ))
    statements = plan(state, before, desired, request == "Create")
    if len(statements) > BATCH:
        raise Refused(f"the change takes {len(statements)} statements, and one transaction of the Data API {BATCH}; make it in several")
    if statements:
        database.run(statements)
    return statements


NOTHING = {"policies": [], "tables": []}

# The physical id once a transaction has gone through. CloudFormation also deletes what it
# failed to create; then nothing here is ours, and a policy of that name is somebody else's.
MADE = "row-level-security"


def act(event):
    """Do what CloudFormation asks for."""
    request = event["RequestType"]
    desired = json.loads(event["ResourceProperties"]["Desired"])
    before = NOTHING
    if request == "Update":
        before = json.loads(event["OldResourceProperties"]["Desired"])
    if request == "Delete":
        before, desired = desired, NOTHING
    database = Database(boto3.client("redshift-data"), json.loads(os.environ["CONNECTION"]), time.monotonic() + SECONDS)
    for statement in bring(database, request, before, desired):
        print(statement)


def handler(event, _context):
    """Act, and tell CloudFormation how it went: without an answer it would wait for an hour."""
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    answer["PhysicalResourceId"] = event.get("PhysicalResourceId", "nothing")
    try:
        if event["RequestType"] != "Delete" or event["PhysicalResourceId"] == MADE:
            act(event)
        answer.update(Status="SUCCESS", PhysicalResourceId=MADE)
    except Exception as error:
        answer.update(Status="FAILED", Reason=f"{type(error).__name__}: {error}"[:1000])
    print(json.dumps(answer))
    body = json.dumps(answer).encode()
    headers = {"Content-Type": "", "Content-Length": str(len(body))}
    request = urllib.request.Request(event["ResponseURL"], data=body, headers=headers, method="PUT")
    urllib.request.urlopen(request, timeout=30).close()
