"""Make in the stand-in for AWS what the stack makes in an account: the table of the lease and the secret."""

import json
import secrets
import sys
import time

import boto3


def main(endpoint, table, secret, admin_password):
    """Wait until the endpoint answers, then create both."""
    where = {"endpoint_url": endpoint, "region_name": "eu-west-1"}
    dynamodb = boto3.client("dynamodb", **where)
    for _ in range(300):
        try:
            dynamodb.list_tables()
            break
        except Exception:  # noqa: BLE001, whatever it is, it is not up yet
            time.sleep(0.1)
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    fields = {"database_password": secrets.token_urlsafe(24), "admin_password": admin_password, "node_key": secrets.token_hex(32)}
    boto3.client("secretsmanager", **where).create_secret(Name=secret, SecretString=json.dumps(fields))


if __name__ == "__main__":
    main(*sys.argv[1:])
