"""CodeConnections, under its present and its former name.

A connection stays PENDING, as on AWS until somebody completes it in the console.
"""

from ..mapping import Mapping, deleting


def _mapping(rtype: str, service: str) -> Mapping:
    return Mapping(
        type=rtype,
        service=service,
        create="create_connection",
        ref=lambda answer, arguments: answer["ConnectionArn"],
        attributes=lambda answer, arguments: {
            "ConnectionArn": answer["ConnectionArn"],
            "ConnectionStatus": "PENDING",
            "OwnerAccountId": answer["ConnectionArn"].split(":")[4],
        },
        delete=deleting("delete_connection", "ConnectionArn"),
    )


MAPPINGS = (
    _mapping("AWS::CodeStarConnections::Connection", "codestar-connections"),
    _mapping("AWS::CodeConnections::Connection", "codeconnections"),
)
