"""A Python-shell job that runs for real, for tests of what starts jobs."""

from __future__ import annotations

import json
import time

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def python_shell_job(aws, name: str, script: str) -> None:
    """Create a job whose script is the given text, with a bucket and a role of its own."""
    bucket = name.replace("_", "-") + "-scripts"
    aws("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    aws("s3").put_object(Bucket=bucket, Key="job.py", Body=script.encode())
    role = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    command = {"Name": "pythonshell", "ScriptLocation": f"s3://{bucket}/job.py", "PythonVersion": "3.9"}
    aws("glue").create_job(Name=name, Role=role, Command=command, MaxCapacity=0.0625)


def until(look, what: str, limit: float = 30):
    """The first true answer of look."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come within {limit} s")
