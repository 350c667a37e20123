"""CodeCommit: repositories are kept and described; git does not reach them."""

from ..mapping import Call, Mapping


def _attributes(answer: dict, arguments: dict) -> dict:
    metadata = answer["repositoryMetadata"]
    return {
        "Arn": metadata["Arn"],
        "Name": metadata["repositoryName"],
        "CloneUrlHttp": metadata.get("cloneUrlHttp", ""),
        "CloneUrlSsh": metadata.get("cloneUrlSsh", ""),
    }


MAPPINGS = (
    Mapping(
        type="AWS::CodeCommit::Repository",
        service="codecommit",
        create="create_repository",
        arguments=lambda p: {k: p[k] for k in ("RepositoryName", "RepositoryDescription", "Tags", "KmsKeyId") if k in p},
        ref=lambda answer, arguments: answer["repositoryMetadata"]["repositoryId"],
        attributes=_attributes,
        delete=Call("delete_repository", lambda pid, p: {"RepositoryName": p["RepositoryName"]}),
    ),
)
