"""RDS for MySQL: a real MariaDB behind an instance that a template asks for."""

from __future__ import annotations

import json
import shutil
import socket

import pymysql
import pytest

from stacks import StackFailed, delete, deploy

MISSING = "*** NOT PROVED: databases of RDS need MariaDB's server (apt-get install mariadb-server)"
pytestmark = pytest.mark.skipif(not shutil.which("mariadbd", path="/usr/sbin:/usr/libexec:/usr/local/sbin"), reason=MISSING)

PASSWORD = 'it\'s a \\ "secret"; --'


def template(**properties) -> dict:
    instance = {
        "Engine": "mysql",
        "DBInstanceClass": "db.t4g.micro",
        "AllocatedStorage": "20",
        "DBName": "DBDEV",
        "MasterUsername": "admin",
        "MasterUserPassword": "{{resolve:secretsmanager:rds-secret:SecretString:password}}",
        **properties,
    }
    outputs = {name: {"Value": {"Fn::GetAtt": ["Database", f"Endpoint.{name}"]}} for name in ("Address", "Port")}
    return {"Resources": {"Database": {"Type": "AWS::RDS::DBInstance", "Properties": instance}}, "Outputs": outputs}


@pytest.fixture
def secret(aws):
    aws("secretsmanager").create_secret(Name="rds-secret", SecretString=json.dumps({"username": "admin", "password": PASSWORD}))
    yield
    aws("secretsmanager").delete_secret(SecretId="rds-secret", ForceDeleteWithoutRecovery=True)


def connect(outputs, password=PASSWORD):
    return pymysql.connect(host=outputs["Address"], port=int(outputs["Port"]), user="admin", password=password, database="DBDEV")


def test_an_instance_answers_and_goes_with_its_stack(aws, secret):
    outputs = deploy(aws, "rds", template())
    with connect(outputs) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (a INT)")
        cursor.execute("INSERT INTO t VALUES (1)")
        connection.commit()
        cursor.execute("SELECT user FROM mysql.user WHERE user = 'root'")
        assert cursor.fetchall() == ()
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        connect(outputs, "wrong")
    described = aws("rds").describe_db_instances()["DBInstances"][0]
    assert described["Endpoint"]["Port"] == int(outputs["Port"])

    assert deploy(aws, "rds", template(BackupRetentionPeriod=7)) == outputs  # an update in place keeps the data
    with connect(outputs) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT a FROM t")
        assert cursor.fetchall() == ((1,),)

    delete(aws, "rds")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((outputs["Address"], int(outputs["Port"])), timeout=5)


def test_a_database_survives_a_restart_that_keeps_the_state(start, tmp_path):
    first = start("--persist")
    outputs = deploy(first.client, "rds", template(MasterUserPassword=PASSWORD))
    with connect(outputs) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (a INT)")
    first.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((outputs["Address"], int(outputs["Port"])), timeout=5)
    again = start("--persist")
    endpoint = again.client("rds").describe_db_instances()["DBInstances"][0]["Endpoint"]
    with connect(endpoint) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        assert cursor.fetchall() == (("t",),)
    again.stop()


def test_another_engine_is_a_record(aws, secret):
    outputs = deploy(aws, "rds-postgres", template(Engine="postgres"))
    assert outputs["Address"].endswith(".rds.amazonaws.com")
    delete(aws, "rds-postgres")


def test_a_database_that_cannot_be_made_fails_the_stack(aws, secret):
    with pytest.raises(StackFailed, match="MariaDB does not make user 'admin' and database"):
        deploy(aws, "rds-bad", template(DBName="no such `name` because it is far too long " + "x" * 64))
    assert aws("rds").describe_db_instances()["DBInstances"] == []
