"""The stock CDK CLI against the endpoint: bootstrap, deploy, change, destroy, refusal."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import assembly
import pytest
from conftest import ACCOUNT, REGION, ROOT

import stacks


def cli() -> str | None:
    """The CDK CLI that set-up installed, or the one that LAKEKEEL_CDK names."""
    home = Path(os.environ.get("LAKEKEEL_HOME", ROOT / ".lakekeel"))
    return shutil.which(os.environ.get("LAKEKEEL_CDK") or home / "node" / "node_modules" / ".bin" / "cdk")


pytestmark = pytest.mark.skipif(cli() is None, reason="no CDK CLI; `make setup` installs it, or LAKEKEEL_CDK names one")

FUNCTION = """
import boto3

def handler(event, context):
    if event["RequestType"] != "Delete":
        boto3.client("s3").put_object(Bucket=event["ResourceProperties"]["Bucket"], Key="made.txt", Body=b"by a custom resource")
    elif event["ResourceProperties"]["Bucket"]:
        boto3.client("s3").delete_object(Bucket=event["ResourceProperties"]["Bucket"], Key="made.txt")
    return {"PhysicalResourceId": "made"}
"""


class Cdk:
    """The CLI in an environment of its own."""

    def __init__(self, endpoint, folder: Path):
        self._folder = folder
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CDK_HOME": str(folder / "cdk"),
            "CDK_DISABLE_VERSION_CHECK": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "NODE_NO_WARNINGS": "1",
            "AWS_ENDPOINT_URL": endpoint.url,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess:
        (self._folder / "cdk").mkdir(exist_ok=True)
        return subprocess.run(
            [cli(), "--no-notices", *arguments],
            env=self._environment,
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
        )


@pytest.fixture(scope="module")
def cdk(endpoint, tmp_path_factory):
    run = Cdk(endpoint, tmp_path_factory.mktemp("cdk"))
    done = run("bootstrap", f"aws://{ACCOUNT}/{REGION}")
    assert done.returncode == 0, done.stdout
    return run


def covid_like(code: bytes, timeout: int = 10) -> dict:
    """The kinds of resources that the Covid-19 stack has."""
    name = "Case-Covid"
    role = {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": ["glue.amazonaws.com", "lambda.amazonaws.com"]}, "Action": "sts:AssumeRole"}
            ],
        }
    }
    database = {"Ref": "Db"}
    return {
        "Resources": {
            "Key": ("AWS::KMS::Key", {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}, "EnableKeyRotation": True}),
            "Alias": ("AWS::KMS::Alias", {"AliasName": "alias/case-covid", "TargetKeyId": {"Ref": "Key"}}),
            "Bucket": (
                "AWS::S3::Bucket",
                {
                    "BucketName": "case-covid-data",
                    "BucketEncryption": {
                        "ServerSideEncryptionConfiguration": [
                            {
                                "ServerSideEncryptionByDefault": {
                                    "SSEAlgorithm": "aws:kms",
                                    "KMSMasterKeyID": {"Fn::GetAtt": ["Key", "Arn"]},
                                },
                                "BucketKeyEnabled": True,
                            }
                        ]
                    },
                    "VersioningConfiguration": {"Status": "Enabled"},
                    "LifecycleConfiguration": {
                        "Rules": [
                            {
                                "Id": "old",
                                "Status": "Enabled",
                                "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                            }
                        ]
                    },
                    "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "RestrictPublicBuckets": True},
                    "Tags": [{"Key": "team", "Value": "lake"}],
                },
            ),
            "Policy": (
                "AWS::S3::BucketPolicy",
                {
                    "Bucket": {"Ref": "Bucket"},
                    "PolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Deny",
                                "Principal": "*",
                                "Action": "s3:*",
                                "Resource": "*",
                                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                            }
                        ],
                    },
                },
            ),
            "Role": ("AWS::IAM::Role", role),
            "Security": (
                "AWS::Glue::SecurityConfiguration",
                {
                    "Name": "case-covid",
                    "EncryptionConfiguration": {
                        "S3Encryptions": [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": {"Fn::GetAtt": ["Key", "Arn"]}}]
                    },
                },
            ),
            "Db": ("AWS::Glue::Database", {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": {"Name": "casecoviddb"}}),
            "Workflow": ("AWS::Glue::Workflow", {"Name": "Case_Covid"}),
            "Job": (
                "AWS::Glue::Job",
                {
                    "Name": "case_j",
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Command": {"Name": "pythonshell", "ScriptLocation": "s3://case-covid-data/j.py", "PythonVersion": "3.9"},
                    "Timeout": timeout,
                    "SecurityConfiguration": {"Ref": "Security"},
                },
            ),
            "Crawler": (
                "AWS::Glue::Crawler",
                {
                    "Name": "case_c",
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "DatabaseName": database,
                    "Targets": {"S3Targets": [{"Path": "s3://case-covid-data/in/"}]},
                },
            ),
            "Start": (
                "AWS::Glue::Trigger",
                {
                    "Name": "case_start",
                    "Type": "SCHEDULED",
                    "Schedule": "cron(0 10 1 * ? *)",
                    "StartOnCreation": True,
                    "WorkflowName": {"Ref": "Workflow"},
                    "Actions": [{"JobName": {"Ref": "Job"}}],
                },
            ),
            "Next": (
                "AWS::Glue::Trigger",
                {
                    "Name": "case_next",
                    "Type": "CONDITIONAL",
                    "StartOnCreation": True,
                    "WorkflowName": {"Ref": "Workflow"},
                    "Actions": [{"CrawlerName": {"Ref": "Crawler"}}],
                    "Predicate": {
                        "Logical": "AND",
                        "Conditions": [{"JobName": {"Ref": "Job"}, "State": "SUCCEEDED", "LogicalOperator": "EQUALS"}],
                    },
                },
            ),
            "Log": ("AWS::Logs::LogGroup", {"LogGroupName": "/case/covid", "RetentionInDays": 30}),
            "Maker": (
                "AWS::Lambda::Function",
                {
                    "Runtime": "python3.12",
                    "Handler": "index.handler",
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Code": {"S3Bucket": f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}", "S3Key": assembly.asset_key(code, ".zip")},
                    "Timeout": 60,
                },
            ),
            "Made": ("Custom::Made", {"ServiceToken": {"Fn::GetAtt": ["Maker", "Arn"]}, "Bucket": {"Ref": "Bucket"}}),
            "Rule": (
                "AWS::Events::Rule",
                {"EventPattern": {"source": ["Covid19 workflow"]}, "Targets": [{"Id": "log", "Arn": {"Fn::GetAtt": ["Log", "Arn"]}}]},
            ),
        },
        "name": name,
    }


def as_template(described: dict) -> dict:
    return {
        "Resources": {k: {"Type": t, "Properties": p} for k, (t, p) in described["Resources"].items()},
        "Outputs": {"Bucket": {"Value": {"Ref": "Bucket"}}},
    }


def test_a_stack_like_ours_deploys_changes_and_goes(cdk, aws, tmp_path):
    code = assembly.zipped(tmp_path / "code.zip", index=_answering(FUNCTION))
    app = assembly.write(tmp_path / "out", {"Case-Covid": as_template(covid_like(code))}, ACCOUNT, REGION, {"code.zip": code})

    done = cdk("deploy", "--app", str(app), "--require-approval", "never", "Case-Covid")
    assert done.returncode == 0, done.stdout
    s3, glue = aws("s3"), aws("glue")
    assert s3.get_object(Bucket="case-covid-data", Key="made.txt")["Body"].read() == b"by a custom resource"
    rule = s3.get_bucket_encryption(Bucket="case-covid-data")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["BucketKeyEnabled"] is True
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket="case-covid-data")["Rules"][0]
    assert lifecycle["NoncurrentVersionExpiration"]["NoncurrentDays"] == 30
    assert {"Key": "team", "Value": "lake"} in s3.get_bucket_tagging(Bucket="case-covid-data")["TagSet"]
    assert s3.get_public_access_block(Bucket="case-covid-data")["PublicAccessBlockConfiguration"]["RestrictPublicBuckets"] is True
    states = {n: glue.get_trigger(Name=n)["Trigger"]["State"] for n in ("case_start", "case_next")}
    assert states == {"case_start": "ACTIVATED", "case_next": "ACTIVATED"}

    app = assembly.write(tmp_path / "out", {"Case-Covid": as_template(covid_like(code, timeout=20))}, ACCOUNT, REGION, {"code.zip": code})
    done = cdk("deploy", "--app", str(app), "--require-approval", "never", "Case-Covid")
    assert done.returncode == 0, done.stdout
    assert glue.get_job(JobName="case_j")["Job"]["Timeout"] == 20

    s3.put_object(Bucket="case-covid-data", Key="kept.txt", Body=b"x")
    done = cdk("destroy", "--app", str(app), "--force", "Case-Covid")
    assert done.returncode != 0, "a bucket with objects must not be deleted"
    assert "not empty" in done.stdout
    _empty(s3, "case-covid-data")
    stacks.delete(aws, "Case-Covid")
    assert "case-covid-data" not in [b["Name"] for b in s3.list_buckets()["Buckets"]]


def _answering(source: str) -> str:
    """A custom resource's function with the reply to CloudFormation that cfn-response would send."""
    return (
        source.replace("def handler(", "def work(")
        + """
import json, urllib.request

def handler(event, context):
    answer = {k: event[k] for k in ("StackId", "RequestId", "LogicalResourceId")}
    try:
        answer |= {"Status": "SUCCESS", **work(event, context)}
    except Exception as error:
        answer |= {"Status": "FAILED", "Reason": str(error), "PhysicalResourceId": "failed"}
    request = urllib.request.Request(event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT", headers={"content-type": ""})
    urllib.request.urlopen(request)
"""
    )


def _empty(s3, bucket: str) -> None:
    listed = s3.list_object_versions(Bucket=bucket)
    for item in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
        s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])


def test_a_type_that_nothing_backs_fails_by_name(cdk, tmp_path):
    template = stacks.resources(Filter=("AWS::Synthetics::Canary", {"Name": "f"}), Ok=("AWS::SNS::Topic", {}))
    app = assembly.write(tmp_path / "out", {"Case-Refused": template}, ACCOUNT, REGION)

    done = cdk("deploy", "--app", str(app), "--require-approval", "never", "Case-Refused")

    assert done.returncode != 0
    assert "AWS::Synthetics::Canary" in done.stdout
    assert "--record-unknown" in done.stdout
