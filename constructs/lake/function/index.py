"""What CloudFormation cannot do with objects: put files into a bucket, and empty it.

Lambda functions behind the custom resources of constructs/lake; boto3 only. The file is
put into the template as it is, so it must stay below 4096 characters.
"""

import base64
import hashlib
import json
import urllib.request

import boto3
from botocore.exceptions import ClientError

DESTROY_TAG = "lakekeel:destroy-data"  # on a bucket whose data both keys give free


def place(s3, request, properties):
    """Copy Files into Bucket, unless there are objects below one of IfEmpty.

    A file is compared with its SHA-256 when it is read, and S3 does so when it is written.
    Nothing is ever removed: a job that is running may need its script.
    """
    if request == "Delete":
        return
    bucket = properties["Bucket"]
    for prefix in properties.get("IfEmpty", []):
        if s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("Contents"):
            print(f"s3://{bucket}/{prefix} has data: nothing is put")
            return
    for file in properties["Files"]:
        body = s3.get_object(Bucket=file["FromBucket"], Key=file["FromKey"])["Body"].read()
        digest = hashlib.sha256(body)
        if digest.hexdigest() != file["Sha256"]:
            source = f"s3://{file['FromBucket']}/{file['FromKey']}"
            raise ValueError(f"{source} has SHA-256 {digest.hexdigest()}; want {file['Sha256']}")
        checksum = base64.b64encode(digest.digest()).decode()
        s3.put_object(Bucket=bucket, Key=file["Key"], Body=body, ChecksumSHA256=checksum)
        print(f"put s3://{bucket}/{file['Key']}: {len(body)} bytes")


def empty(s3, request, properties):
    """Delete every version in Bucket when the stack deletes it.

    The tag is asked for because this resource is also deleted when a key is taken
    back; then CloudFormation has taken the tag away already, and the data stays.
    """
    if request != "Delete":
        return
    bucket = properties["Bucket"]
    try:
        tags = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]}
        if tags.get(DESTROY_TAG) != "true":
            print(f"s3://{bucket} is not tagged {DESTROY_TAG}: nothing is deleted")
            return
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = page.get("Versions", []) + page.get("DeleteMarkers", [])
            keys = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
            left = keys and s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True}).get("Errors")
            if left:
                raise ValueError(f"cannot delete s3://{bucket}/{left[0]['Key']}: {left[0]['Message']}")
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchBucket", "NoSuchTagSet"):
            raise


def answered(event, act):
    """Act, and tell CloudFormation how it went: without an answer it would wait for an hour."""
    properties = event["ResourceProperties"]
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    answer["PhysicalResourceId"] = f"{act.__name__}:{properties['Bucket']}"
    try:
        act(boto3.client("s3"), event["RequestType"], properties)
        answer.update(Status="SUCCESS", Data={"Bucket": properties["Bucket"]})
    except Exception as error:
        answer.update(Status="FAILED", Reason=f"{type(error).__name__}: {error}"[:1000])
    print(json.dumps(answer))
    body = json.dumps(answer).encode()
    headers = {"Content-Type": "", "Content-Length": str(len(body))}
    request = urllib.request.Request(event["ResponseURL"], data=body, headers=headers, method="PUT")
    urllib.request.urlopen(request, timeout=30).close()


def on_place(event, _context):
    answered(event, place)


def on_empty(event, _context):
    answered(event, empty)
