"""The Lambda function behind constructs/lake, on real buckets, answering a real ResponseURL."""

import hashlib
import http.server
import json
import threading

import index
import pytest


@pytest.fixture
def answer():
    """A function that calls a handler as CloudFormation does, and returns what that is told."""
    told = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            told.append((self.headers["Content-Type"], json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def call(handler, request, **properties):
        event = {
            "RequestType": request,
            "ResponseURL": f"http://127.0.0.1:{server.server_port}/",
            "StackId": "s",
            "RequestId": "r",
            "LogicalResourceId": "l",
            "ResourceProperties": properties,
        }
        handler(event, None)
        kind, answer = told.pop()
        assert kind == "", "a presigned URL of S3 takes no other content type"
        assert (answer["StackId"], answer["RequestId"], answer["LogicalResourceId"]) == ("s", "r", "l")
        return answer

    yield call
    server.shutdown()
    server.server_close()


def file(lake, text, key):
    """An asset in the bucket, and its entry in Files."""
    lake.put("assets/a", text)
    return {"FromBucket": lake.bucket, "FromKey": "assets/a", "Key": key, "Sha256": hashlib.sha256(text.encode()).hexdigest()}


def body(lake, key):
    return lake.s3.get_object(Bucket=lake.bucket, Key=key)["Body"].read().decode()


def test_place_copies_what_it_has_compared(lake, answer):
    told = answer(index.on_place, "Create", Bucket=lake.bucket, Files=[file(lake, "print(1)\n", "scripts/1/a.py")])

    assert (told["Status"], told["Data"]) == ("SUCCESS", {"Bucket": lake.bucket})
    assert body(lake, "scripts/1/a.py") == "print(1)\n"


def test_place_refuses_an_asset_with_another_content(lake, answer):
    entry = file(lake, "print(1)\n", "scripts/1/a.py")
    lake.put("assets/a", "print(2)\n")
    told = answer(index.on_place, "Create", Bucket=lake.bucket, Files=[entry])

    assert told["Status"] == "FAILED"
    assert told["Reason"].startswith(f"ValueError: s3://{lake.bucket}/assets/a has SHA-256 ")
    assert lake.keys("scripts/") == []


def test_an_update_adds_and_a_delete_leaves(lake, answer):
    first = answer(index.on_place, "Create", Bucket=lake.bucket, Files=[file(lake, "1", "scripts/1/a.py")])
    second = answer(index.on_place, "Update", Bucket=lake.bucket, Files=[file(lake, "2", "scripts/2/a.py")])
    answer(index.on_place, "Delete", Bucket=lake.bucket, Files=[])

    assert first["PhysicalResourceId"] == second["PhysicalResourceId"], "another id would make CloudFormation delete the former one"
    assert lake.keys("scripts/") == ["scripts/1/a.py", "scripts/2/a.py"]


def test_sample_data_is_put_only_where_there_is_none(lake, answer):
    lake.put("raw/orders/own.csv", "mine")
    folders = ["raw/items/", "raw/orders/"]
    sample = [file(lake, "id\n1\n", "raw/items/sample.csv")]
    told = answer(index.on_place, "Create", Bucket=lake.bucket, IfEmpty=folders, Files=sample)

    assert told["Status"] == "SUCCESS"
    assert lake.keys("raw/") == ["raw/orders/own.csv"]

    lake.s3.delete_object(Bucket=lake.bucket, Key="raw/orders/own.csv")
    answer(index.on_place, "Update", Bucket=lake.bucket, IfEmpty=folders, Files=sample)
    assert lake.keys("raw/") == ["raw/items/sample.csv"]


def test_a_missing_asset_is_told_not_waited_for(lake, answer):
    entry = {"FromBucket": lake.bucket, "FromKey": "assets/none", "Key": "scripts/1/a.py", "Sha256": "0"}
    told = answer(index.on_place, "Create", Bucket=lake.bucket, Files=[entry])

    assert told["Status"] == "FAILED"
    assert told["Reason"].startswith("NoSuchKey: ")


@pytest.fixture
def versions(lake):
    """A versioned bucket with an old version and a delete marker; a function that counts what is in it."""
    lake.s3.put_bucket_versioning(Bucket=lake.bucket, VersioningConfiguration={"Status": "Enabled"})
    for text in ("1", "2"):
        lake.put("a", text)
    lake.s3.delete_object(Bucket=lake.bucket, Key="a")

    def count():
        found = lake.s3.list_object_versions(Bucket=lake.bucket)
        return len(found.get("Versions", []) + found.get("DeleteMarkers", []))

    assert count() == 3
    return count


def tag(lake, value):
    tags = [{"Key": index.DESTROY_TAG, "Value": value}]
    lake.s3.put_bucket_tagging(Bucket=lake.bucket, Tagging={"TagSet": tags})


def test_empty_deletes_every_version_of_a_tagged_bucket(lake, versions, answer):
    tag(lake, "true")
    for request in ("Create", "Update"):
        answer(index.on_empty, request, Bucket=lake.bucket)
        assert versions() == 3

    assert answer(index.on_empty, "Delete", Bucket=lake.bucket)["Status"] == "SUCCESS"
    assert versions() == 0


def test_empty_leaves_a_bucket_whose_tag_was_taken_away(lake, versions, answer):
    assert answer(index.on_empty, "Delete", Bucket=lake.bucket)["Status"] == "SUCCESS"
    tag(lake, "false")
    assert answer(index.on_empty, "Delete", Bucket=lake.bucket)["Status"] == "SUCCESS"
    assert versions() == 3


def test_empty_takes_a_bucket_that_is_gone_for_empty(aws, answer):
    assert answer(index.on_empty, "Delete", Bucket="no-such-bucket")["Status"] == "SUCCESS"
