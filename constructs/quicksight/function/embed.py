"""A URL that shows a dashboard to one registered user inside another page.

The Lambda function of constructs/quicksight's EmbeddedDashboard; boto3 only. The caller says
{"user": NAME} and answers for who that is; it gets {"url": URL}, good for five minutes and one use.
"""

import os
import re

import boto3

USER = re.compile(r"[\w.@+=,-]+(/[\w.@+=,-]+)*")  # a role's session is ROLE/SESSION


def handler(event, _context):
    user = event.get("user", "")
    if not USER.fullmatch(user):
        raise ValueError(f"user is {user!r}; want the name of a registered user")
    on = {"Enabled": True}
    answer = boto3.client("quicksight").generate_embed_url_for_registered_user(
        AwsAccountId=os.environ["ACCOUNT"],
        UserArn=os.environ["USERS"] + user,
        SessionLifetimeInMinutes=int(os.environ["MINUTES"]),
        AllowedDomains=os.environ["DOMAINS"].split(","),
        ExperienceConfiguration={
            "Dashboard": {
                "InitialDashboardId": os.environ["DASHBOARD"],
                # Bookmarks are kept in the state, so they need its persistence.
                "FeatureConfigurations": {"StatePersistence": on, "Bookmarks": on, "SharedView": on},
            }
        },
    )
    return {"url": answer["EmbedUrl"]}
