"""A stand-in for the Redshift Data API, in front of a real PostgreSQL.

Statements about row-level security are taken apart with the tokens of sqlglot's Redshift
dialect by the grammar of Redshift's documentation, and nothing else is let through. What they
say is kept in tables behind views with the names and columns of Redshift's own (SVV_RLS_*),
and put in force as PostgreSQL's policies: restrictive for AND, permissive for OR. A batch is
one real transaction. Requests and answers go through botocore, which checks their shapes.
"""

import http.server
import json
import threading
import uuid

import psycopg
import sqlglot
from sqlglot import exp

CATALOG = """
CREATE SCHEMA redshift;
CREATE TABLE redshift.policy (polname text PRIMARY KEY, polalias text, polatts text, polqual text);
CREATE TABLE redshift.lookup (polname text REFERENCES redshift.policy ON DELETE CASCADE, relation text, PRIMARY KEY (polname, relation));
CREATE TABLE redshift.relation (relschema text, relname text, is_rls_on boolean DEFAULT false,
    conjunction text DEFAULT 'and', PRIMARY KEY (relschema, relname));
CREATE TABLE redshift.attached (polname text REFERENCES redshift.policy, relschema text, relname text, granteekind text, grantee text,
    PRIMARY KEY (polname, relschema, relname, granteekind, grantee));
CREATE VIEW redshift.svv_rls_policy AS SELECT current_database() AS poldb, * FROM redshift.policy;
CREATE VIEW redshift.svv_rls_attached_policy AS SELECT * FROM redshift.attached;
CREATE VIEW redshift.svv_rls_relation AS
    SELECT current_database() AS datname, relschema, relname, is_rls_on, conjunction AS rls_conjunction_type FROM redshift.relation;
"""


class Fault(Exception):
    """What Redshift would say of a statement."""


class Words:
    """The words of one statement, from left to right."""

    def __init__(self, sql):
        self.sql, self.at = sql, 0
        self.tokens = sqlglot.tokenize(sql, read="redshift")

    def take(self, *words):
        """Return whether the next words are these, and step over them if they are."""
        following = self.tokens[self.at : self.at + len(words)]
        if [t.text.upper() for t in following] != list(words) or any(self._quoted(t) for t in following):
            return False
        self.at += len(words)
        return True

    def want(self, *words):
        if not self.take(*words):
            near = self.tokens[self.at].text if self.at < len(self.tokens) else "end of input"
            raise Fault(f'syntax error at or near "{near}": want {" ".join(words)}')

    def name(self):
        """Return an identifier. Redshift folds quoted ones to lower case, too."""
        token = self.tokens[self.at]
        if not self._quoted(token) and not token.text.isidentifier():
            raise Fault(f'syntax error at or near "{token.text}": want a name')
        self.at += 1
        return token.text.lower()

    def relation(self):
        schema = self.name()
        self.want(".")
        return schema, self.name()

    def bracket(self):
        """Return the text in the brackets that come next."""
        self.want("(")
        first, depth = self.tokens[self.at], 1
        while depth:
            depth += {"(": 1, ")": -1}.get(self.tokens[self.at].text, 0)
            self.at += 1
        return self.sql[first.start : self.tokens[self.at - 1].start]

    def grantees(self):
        found = []
        while True:
            if self.take("PUBLIC"):
                found.append(("public", "public"))
            else:
                found.append(("role" if self.take("ROLE") else "user", self.name()))
            if not self.take(","):
                return found

    def end(self):
        if self.at < len(self.tokens):
            raise Fault(f'syntax error at or near "{self.tokens[self.at].text}": want the end of the statement')

    def _quoted(self, token):
        return self.sql[token.start] == '"'


def columns(text):
    """Return the columns of a WITH clause, as Redshift shows them."""
    create = sqlglot.parse_one(f"CREATE TABLE t ({text})", read="redshift")
    names = {"VARCHAR": "character varying", "INT": "integer", "DECIMAL": "numeric"}
    found = []
    for column in create.find_all(exp.ColumnDef):
        kind = column.kind.sql(dialect="redshift")
        name, bracket, size = kind.partition("(")
        found.append({"colname": column.name.lower(), "type": names.get(name, name.lower()) + bracket + size.replace(" ", "")})
    return found


def predicate(text):
    """Return a predicate, taken apart."""
    tree = sqlglot.parse_one(text, read="redshift")
    if not isinstance(tree, exp.Condition):
        raise Fault(f"argument of USING must be a condition, and is {text}")
    return tree


def shown(using):
    """Return a predicate as Redshift shows it in its views, with every name in quotes."""
    return using.sql(dialect="redshift", identify=True)


class Redshift:
    """Statements about row-level security, put in force on a connection to PostgreSQL."""

    def __init__(self, connection):
        self.db = connection

    def run(self, sql):
        """Run one statement, and return its rows if it has any."""
        if sql.startswith("SELECT "):
            return self.db.execute(sql.replace("%", "%%")).fetchall()
        words = Words(sql)
        for start, act in self._grammar().items():
            if words.take(*start.split()):
                act(words)
                return None
        raise Fault(f"not a statement about row-level security: {sql}")

    def _grammar(self):
        return {
            "CREATE RLS POLICY": self.create,
            "ALTER RLS POLICY": self.alter,
            "DROP RLS POLICY": self.drop,
            "ATTACH RLS POLICY": self.attach,
            "DETACH RLS POLICY": self.detach,
            "GRANT SELECT ON": self.grant,
            "REVOKE SELECT ON": self.revoke,
            "ALTER TABLE": self.switch,
        }

    def create(self, words):
        name, of, alias = words.name(), [], ""
        if words.take("WITH"):
            of = columns(words.bracket())
            alias = words.name() if words.take("AS") else ""
        words.want("USING")
        using = predicate(words.bracket())
        words.end()
        self.db.execute(
            "INSERT INTO redshift.policy VALUES (%s, %s, %s, %s)",
            (name, alias, json.dumps(of), using.sql(dialect="redshift", identify=True)),
        )

    def alter(self, words):
        name = self._policy(words)
        words.want("USING")
        using = predicate(words.bracket())
        words.end()
        self.db.execute("UPDATE redshift.policy SET polqual = %s WHERE polname = %s", (shown(using), name))
        for table in self.db.execute("SELECT DISTINCT relschema, relname FROM redshift.attached WHERE polname = %s", (name,)).fetchall():
            self.enforce(*table)

    def drop(self, words):
        name = self._policy(words)
        words.end()
        if self.db.execute("SELECT 1 FROM redshift.attached WHERE polname = %s", (name,)).fetchall():
            raise Fault(f"cannot drop RLS policy {name} because it is attached to a relation")
        self.db.execute("DELETE FROM redshift.policy WHERE polname = %s", (name,))

    def attach(self, words):
        name = self._policy(words)
        words.want("ON")
        table = self._relation(words)
        words.want("TO")
        grantees = words.grantees()
        words.end()
        self._fits(name, table)
        for grantee in grantees:
            self._known(*grantee)
            self.db.execute("INSERT INTO redshift.attached VALUES (%s, %s, %s, %s, %s)", (name, *table, *grantee))
        self.enforce(*table)

    def detach(self, words):
        name = self._policy(words)
        words.want("ON")
        table = self._relation(words)
        words.want("FROM")
        for grantee in words.grantees():
            gone = self.db.execute(
                "DELETE FROM redshift.attached WHERE (polname, relschema, relname, granteekind, grantee) = (%s, %s, %s, %s, %s)",
                (name, *table, *grantee),
            )
            if gone.rowcount != 1:
                raise Fault(f"RLS policy {name} is not attached to {table} for {grantee}")
        words.end()
        self.enforce(*table)

    def grant(self, words):
        table = self._relation(words)
        words.want("TO", "RLS", "POLICY")
        name = self._policy(words)
        words.end()
        self.db.execute("INSERT INTO redshift.lookup VALUES (%s, %s) ON CONFLICT DO NOTHING", (name, self._sql(*table)))

    def revoke(self, words):
        table = self._relation(words)
        words.want("FROM", "RLS", "POLICY")
        name = self._policy(words)
        words.end()
        self.db.execute("DELETE FROM redshift.lookup WHERE polname = %s AND relation = %s", (name, self._sql(*table)))

    def switch(self, words):
        table = self._relation(words)
        words.want("ROW", "LEVEL", "SECURITY")
        on, conjunction = not words.take("OFF"), "and"
        if on:
            words.want("ON")
            if words.take("CONJUNCTION", "TYPE"):
                conjunction = "or" if words.take("OR") else words.want("AND") or "and"
        words.end()
        self.db.execute(
            "INSERT INTO redshift.relation VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (relschema, relname) DO UPDATE SET is_rls_on = excluded.is_rls_on, conjunction = excluded.conjunction",
            (*table, on, conjunction),
        )
        self.enforce(*table)

    def enforce(self, schema, name):
        """Make PostgreSQL's policies of a table what the catalog says."""
        table = self._sql(schema, name)
        for (policy,) in self.db.execute(
            "SELECT policyname FROM pg_policies WHERE (schemaname, tablename) = (%s, %s)", (schema, name)
        ).fetchall():
            self.db.execute(f"DROP POLICY {self._sql(policy)} ON {table}")
        row = self.db.execute("SELECT is_rls_on, conjunction FROM redshift.relation WHERE (relschema, relname) = (%s, %s)", (schema, name))
        on, conjunction = row.fetchone() or (False, "and")
        self.db.execute(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} ROW LEVEL SECURITY")
        attached = self.db.execute(
            "SELECT polname, granteekind, grantee, polalias, polqual FROM redshift.attached JOIN redshift.policy USING (polname)"
            " WHERE (relschema, relname) = (%s, %s) ORDER BY 1, 2, 3",
            (schema, name),
        ).fetchall()
        for i, (policy, kind, grantee, alias, qualifier) in enumerate(attached):
            to = "PUBLIC" if kind == "public" else self._sql(grantee)
            self._open_lookups(policy, to)
            using = self._on(qualifier, alias, name)
            if conjunction == "and":  # PostgreSQL's restrictive policies narrow what a permissive one lets through
                self.db.execute(f"CREATE POLICY base{i} ON {table} FOR SELECT TO {to} USING (true)")
            kind = "RESTRICTIVE" if conjunction == "and" else "PERMISSIVE"
            self.db.execute(f"CREATE POLICY p{i} ON {table} AS {kind} FOR SELECT TO {to} USING ({using})".replace("%", "%%"))

    def _open_lookups(self, policy, to):
        # In Redshift the policy may read the lookup table; PostgreSQL asks whether the user may.
        for (lookup,) in self.db.execute("SELECT relation FROM redshift.lookup WHERE polname = %s", (policy,)).fetchall():
            self.db.execute(f"GRANT USAGE ON SCHEMA {lookup.partition('.')[0]} TO {to}")
            self.db.execute(f"GRANT SELECT ON {lookup} TO {to}")

    @staticmethod
    def _on(qualifier, alias, table):
        """Return a predicate of Redshift as one of PostgreSQL on a table."""
        tree = predicate(qualifier)
        for column in tree.find_all(exp.Column):
            if alias and column.table == alias:
                column.set("table", exp.to_identifier(table, quoted=True))
            if column.name == "current_user" and not column.table:
                column.replace(exp.CurrentUser())
        return tree.sql(dialect="postgres")

    def _policy(self, words):
        name = words.name()
        if not self.db.execute("SELECT 1 FROM redshift.policy WHERE polname = %s", (name,)).fetchall():
            raise Fault(f'RLS policy "{name}" does not exist')
        return name

    def _relation(self, words):
        words.take("TABLE")
        schema, name = words.relation()
        if not self.db.execute(
            "SELECT 1 FROM information_schema.tables WHERE (table_schema, table_name) = (%s, %s)", (schema, name)
        ).fetchall():
            raise Fault(f'relation "{schema}.{name}" does not exist')
        return schema, name

    def _fits(self, policy, table):
        """Refuse a policy whose columns the table has not, or whose alias differs from the others'."""
        alias, of = self.db.execute("SELECT polalias, polatts FROM redshift.policy WHERE polname = %s", (policy,)).fetchone()
        has = {
            name
            for (name,) in self.db.execute(
                "SELECT column_name FROM information_schema.columns WHERE (table_schema, table_name) = (%s, %s)", table
            )
        }
        for column in json.loads(of):
            if column["colname"] not in has:
                raise Fault(f'column "{column["colname"]}" of RLS policy {policy} is not in {table[1]}')
        others = self.db.execute(
            "SELECT DISTINCT polalias FROM redshift.attached JOIN redshift.policy USING (polname) WHERE (relschema, relname) = (%s, %s)",
            table,
        ).fetchall()
        if any(other != alias for (other,) in others):
            raise Fault(f"all RLS policies on {table[1]} must have the same alias")

    def _known(self, kind, name):
        if kind != "public" and not self.db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchall():
            raise Fault(f'{kind} "{name}" does not exist')

    def _sql(self, *names):
        return psycopg.sql.Identifier(*names).as_string(self.db)


class DataApi:
    """The three calls of the Data API that the function makes, over HTTP."""

    def __init__(self, dsn):
        self.dsn, self.batches, self.answers = dsn, {}, []
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                operation = self.headers["X-Amz-Target"].partition(".")[2]
                self._answer(getattr(api, operation)(body))

            def do_PUT(self):  # CloudFormation's answer box
                api.answers.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self._answer({})

            def _answer(self, body):
                text = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def BatchExecuteStatement(self, body):  # noqa: N802, the API's name
        name = str(uuid.uuid4())
        batch = self.batches[name] = {"Id": name, "Status": "FINISHED", "sqls": body["Sqls"], "rows": []}
        try:
            with psycopg.connect(self.dsn) as connection:
                connection.execute("SET search_path = redshift")
                redshift = Redshift(connection)
                batch["rows"] = [redshift.run(sql) for sql in body["Sqls"]]
        except (Fault, psycopg.Error, sqlglot.errors.SqlglotError) as error:
            batch.update(Status="FAILED", Error=f"ERROR: {error}")
        return {"Id": name}

    def DescribeStatement(self, body):  # noqa: N802
        batch = self.batches[body["Id"]]
        described = {key: batch[key] for key in ("Id", "Status", "Error") if key in batch}
        described["SubStatements"] = [
            {"Id": f"{body['Id']}:{i + 1}", "HasResultSet": rows is not None} for i, rows in enumerate(batch["rows"])
        ]
        return described

    def GetStatementResult(self, body):  # noqa: N802
        batch, _, number = body["Id"].partition(":")
        rows = self.batches[batch]["rows"][int(number) - 1]
        start = int(body.get("NextToken", 0))
        page = {"Records": [[_field(value) for value in row] for row in rows[start : start + 2]]}  # two a page, so that paging is real
        if start + 2 < len(rows):
            page["NextToken"] = str(start + 2)
        return page

    def statements(self):
        """Return what was run since the last call, but for what only reads."""
        found = [sql for batch in self.batches.values() for sql in batch["sqls"] if not sql.startswith("SELECT ")]
        self.batches.clear()
        return found


def _field(value):
    if value is None:
        return {"isNull": True}
    return {"booleanValue": value} if isinstance(value, bool) else {"stringValue": value}
