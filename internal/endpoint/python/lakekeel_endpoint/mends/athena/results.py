"""The result of a query as an object in S3, where GetQueryExecution says that it is."""

from __future__ import annotations

from urllib.parse import urlsplit
from xml.etree import ElementTree

from ministack.services import athena, s3


async def save(query_id: str) -> None:
    """Write the result, or let the query fail with the reason why it could not be written."""
    execution = athena._executions[query_id]
    place = urlsplit(execution["ResultConfiguration"]["OutputLocation"])
    body = as_csv(execution["_results"]).encode()
    headers = {"content-type": "text/csv", "content-length": str(len(body))}
    status, _, answer = s3._put_object(place.netloc, place.path.lstrip("/"), body, headers)
    if status >= 300:
        execution["Status"].update(State="FAILED", StateChangeReason=f"The result was not written to s3://{place.netloc}: {_said(answer)}")


def as_csv(result: dict) -> str:
    """Athena's form of CSV: every value in quotes, null as nothing at all."""
    lines = [result["columns"], *result["rows"]]
    return "".join(",".join(_field(value) for value in line) + "\n" for line in lines)


def _field(value) -> str:
    return "" if value is None else '"' + athena._datum_text(value).replace('"', '""') + '"'


def _said(answer: bytes) -> str:
    """S3's own words."""
    try:
        error = ElementTree.fromstring(answer)
        return f"{error.findtext('Code')}: {error.findtext('Message')}"
    except ElementTree.ParseError:
        return "S3 refused it"
