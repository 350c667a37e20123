"""Redshift Serverless: namespaces and work groups are records; they run no query."""

from ..mapping import Mapping, deleting, updating


def _mapping(noun: str) -> Mapping:
    key = f"{noun.lower()}Name"
    return Mapping(
        type=f"AWS::RedshiftServerless::{noun}",
        service="redshift-serverless",
        create=f"create_{noun.lower()}",
        ref=lambda answer, arguments: arguments[key],
        attributes=lambda answer, arguments: _attributes(noun, answer),
        update=updating(f"update_{noun.lower()}", noun + "Name"),
        delete=deleting(f"delete_{noun.lower()}", key),
        replace=(noun + "Name",),
    )


def _attributes(noun: str, answer: dict) -> dict:
    """GetAtt speaks of Namespace.NamespaceArn and so on."""
    described = answer.get(noun.lower(), {})
    return {f"{noun}.{k[0].upper()}{k[1:]}": v for k, v in described.items() if isinstance(v, (str, int))}


MAPPINGS = (_mapping("Namespace"), _mapping("Workgroup"))
