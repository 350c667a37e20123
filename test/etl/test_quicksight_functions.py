"""The Lambda functions of constructs/quicksight: the calls that they make, against the service's own model."""

import importlib.util
import json
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

FOLDER = Path(__file__).parents[2] / "constructs" / "quicksight" / "function"
ARN = "arn:aws:quicksight:eu-west-1:123456789012:"
IDS = {"AwsAccountId": "123456789012", "TopicId": "trades"}


def load(name):
    spec = importlib.util.spec_from_file_location(f"quicksight_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def client():
    return boto3.client("quicksight", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture
def service(client):
    """Answers the calls that a test foretells, in their order; it refuses parameters that the service would."""
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def properties(**want):
    return {"AccountId": IDS["AwsAccountId"], "TopicId": "trades", "Want": json.dumps(want)}


def right(name, *actions):
    return {"Principal": f"{ARN}group/default/{name}", "Actions": [f"quicksight:{a}" for a in actions]}


SCHEDULE = {
    "DatasetArn": f"{ARN}dataset/trades",
    "DatasetName": "Trades",
    "RefreshSchedule": {"IsEnabled": True, "BasedOnSpiceSchedule": True},
}


def test_a_new_topic_gets_its_rights_and_schedules(client, service):
    readers = right("readers", "DescribeTopic")
    service.add_response("update_topic_permissions", {}, {**IDS, "GrantPermissions": [readers]})
    service.add_response("create_topic_refresh_schedule", {}, {**IDS, **SCHEDULE})
    load("topic").topic(client, "Create", properties(Permissions=[readers], Schedules=[SCHEDULE]), {})


def test_what_is_no_longer_wanted_is_taken_away_first(client, service):
    had = [right("owners", "DescribeTopic", "DeleteTopic"), right("leavers", "DescribeTopic")]
    want = [right("owners", "DescribeTopic")]
    service.add_response(
        "update_topic_permissions", {}, {**IDS, "RevokePermissions": [right("owners", "DeleteTopic"), right("leavers", "DescribeTopic")]}
    )
    service.add_response("update_topic_permissions", {}, {**IDS, "GrantPermissions": want})
    service.add_response("delete_topic_refresh_schedule", {}, {**IDS, "DatasetId": "trades"})
    load("topic").topic(client, "Update", properties(Permissions=want), properties(Permissions=had, Schedules=[SCHEDULE]))


def test_a_schedule_that_is_there_is_changed(client, service):
    service.add_client_error("create_topic_refresh_schedule", "ResourceExistsException")
    service.add_response(
        "update_topic_refresh_schedule", {}, {**IDS, "DatasetId": "trades", "RefreshSchedule": SCHEDULE["RefreshSchedule"]}
    )
    load("topic").topic(client, "Update", properties(Schedules=[SCHEDULE]), properties(Schedules=[SCHEDULE]))


def test_a_topic_that_is_gone_can_be_deleted(client, service):
    service.add_client_error("update_topic_permissions", "ResourceNotFoundException")
    load("topic").topic(client, "Delete", properties(Permissions=[right("readers", "DescribeTopic")]), {})


def test_cloudformation_is_told_of_a_failure(client, service, monkeypatch):
    module, told = load("topic"), []
    service.add_client_error("update_topic_permissions", "AccessDeniedException", "not you")
    monkeypatch.setattr(module.boto3, "client", lambda _: client)
    monkeypatch.setattr(
        module.urllib.request, "urlopen", lambda request, timeout: told.append(json.loads(request.data)) or request_closed()
    )
    event = {"RequestType": "Create", "ResponseURL": "http://localhost/", "StackId": "s", "RequestId": "r", "LogicalResourceId": "l"}
    module.handler({**event, "ResourceProperties": properties(Permissions=[right("readers", "DescribeTopic")])}, None)
    assert told[0]["Status"] == "FAILED"
    assert "not you" in told[0]["Reason"]
    assert told[0]["PhysicalResourceId"] == "topic:trades"


def request_closed():
    class Response:
        def close(self):
            pass

    return Response()


@pytest.fixture
def embed(client, monkeypatch):
    for key, value in {
        "ACCOUNT": IDS["AwsAccountId"],
        "USERS": f"{ARN}user/default/",
        "DASHBOARD": "trades",
        "DOMAINS": "https://a.example.com,https://b.example.com",
        "MINUTES": "60",
    }.items():
        monkeypatch.setenv(key, value)
    module = load("embed")
    monkeypatch.setattr(module.boto3, "client", lambda _: client)
    return module


def test_a_reader_gets_bookmarks_state_and_sharing(embed, service):
    on = {"Enabled": True}
    service.add_response(
        "generate_embed_url_for_registered_user",
        {"EmbedUrl": "https://x", "Status": 200, "RequestId": "r"},
        {
            "AwsAccountId": IDS["AwsAccountId"],
            "UserArn": f"{ARN}user/default/app-role/anna@example.com",
            "SessionLifetimeInMinutes": 60,
            "AllowedDomains": ["https://a.example.com", "https://b.example.com"],
            "ExperienceConfiguration": {
                "Dashboard": {
                    "InitialDashboardId": "trades",
                    "FeatureConfigurations": {"StatePersistence": on, "Bookmarks": on, "SharedView": on},
                }
            },
        },
    )
    assert embed.handler({"user": "app-role/anna@example.com"}, None) == {"url": "https://x"}


@pytest.mark.parametrize("user", ["", "*", "a b", "../admin/x y", "anna/"])
def test_what_is_no_name_is_refused(embed, user):
    with pytest.raises(ValueError, match="want the name of a registered user"):
        embed.handler({"user": user}, None)
