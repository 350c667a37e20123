"""Make the Kubernetes objects of a CloudFormation resource, and remove them with it.

A Lambda function: standard library and botocore only, both part of the runtime. The
resource's property Manifests is a JSON list of Kubernetes objects, in the order in which
they are made. Environment:

    CLUSTER   name of the EKS cluster, which the token is for
    ENDPOINT  https:// URL of its API server
    CA        certificate authority of the API server, PEM in base64
    KINDS     JSON list of "apiVersion/Kind": all that may be asked for

Objects carry the annotation OWNER with the id of the resource that made them. One that
exists and has another owner is neither changed nor removed, so two resources that name
the same object fail at the second, and its rollback leaves the first alone.
"""

import base64
import json
import os
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request

OWNER = "lakekeel.io/owner"
MANAGER = "lakekeel"
SPARE_MS = 20_000  # kept for the answer to CloudFormation, in milliseconds
ENTRY_SECONDS = 90  # how long a 401 or 403 may only mean that an access entry is not known everywhere yet
TOKEN_SECONDS = 60  # how long the signed URL in a token is valid; EKS takes at most 15 minutes


class Refused(Exception):
    """The API server, or a rule here, says no. The text is for whoever deploys."""


def token():
    """Return a bearer token: a signed call of STS that EKS makes to learn who we are."""
    import botocore.session
    from botocore.signers import RequestSigner

    session = botocore.session.get_session()
    region = os.environ["AWS_REGION"]
    client = session.create_client("sts", region_name=region)
    signer = RequestSigner(
        client.meta.service_model.service_id, region, "sts", "v4", session.get_credentials(), session.get_component("event_emitter")
    )
    request = {
        "method": "GET",
        "url": f"{client.meta.endpoint_url}/?Action=GetCallerIdentity&Version=2011-06-15",
        "body": {},
        "headers": {"x-k8s-aws-id": os.environ["CLUSTER"]},
        "context": {},
    }
    url = signer.generate_presigned_url(request, region_name=region, expires_in=TOKEN_SECONDS, operation_name="")
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


class Api:
    """The API server, asked again while it is busy or does not know us yet."""

    def __init__(self, deadline):
        """Take the time.monotonic() after which nothing is tried again."""
        self.deadline = deadline
        self.known = time.monotonic() + ENTRY_SECONDS
        self.warnings = []
        self._resources = {}
        certificate = base64.b64decode(os.environ["CA"]).decode()
        self._tls = ssl.create_default_context(cadata=certificate)
        # Python 3.13 wants an Authority Key Identifier, which the certificates of EKS have not.
        self._tls.verify_flags &= ~ssl.VERIFY_X509_STRICT

    def call(self, method, path, body=None):
        """Return the answer's object, or None if there is no such thing."""
        pause = 0.5
        while True:
            status, answer = self._once(method, path, body)
            if status == 404:
                return None
            if status < 300:
                return answer
            stranger = status in (401, 403) and time.monotonic() < self.known
            # The server answers 500 to a field that it does not know, which no waiting mends.
            busy = status in (409, 429) or status >= 500 and "not declared in schema" not in str(answer)
            if not (stranger or busy) or time.monotonic() + pause > self.deadline:
                raise Refused(f"{method} {path}: {status} {answer.get('message') or answer}")
            time.sleep(pause)
            pause = min(pause * 2, 8)

    def _once(self, method, path, body):
        request = urllib.request.Request(os.environ["ENDPOINT"] + path, method=method)
        request.add_header("Authorization", "Bearer " + token())
        request.add_header("Accept", "application/json")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/apply-patch+yaml" if method == "PATCH" else "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30, context=self._tls) as answer:
                self.warnings += answer.headers.get_all("Warning") or []
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, _json(error.read())
        except (urllib.error.URLError, TimeoutError) as error:
            return 599, {"message": str(error)}

    def path(self, manifest):
        """Return the path of the object, by what the server says of its kind."""
        version, kind, meta = manifest["apiVersion"], manifest["kind"], manifest["metadata"]
        base = ("/apis/" if "/" in version else "/api/") + version
        if base not in self._resources:
            self._resources[base] = (self.call("GET", base) or {}).get("resources", [])
        for resource in self._resources[base]:
            if resource["kind"] == kind and "/" not in resource["name"]:
                within = f"/namespaces/{meta['namespace']}" if resource["namespaced"] else ""
                return f"{base}{within}/{resource['name']}/{meta['name']}"
        raise Refused(f"the cluster knows no {kind} of {version}; is the add-on that brings it installed?")


def _json(text):
    try:
        return json.loads(text)
    except ValueError:
        return {"message": text[:500].decode(errors="replace")}


def title(manifest):
    """Name an object for a person."""
    meta = manifest["metadata"]
    return f"{manifest['kind']} {meta.get('namespace', '')}/{meta['name']}".replace(" /", " ")


def identity(manifest):
    """Say which object a manifest is about."""
    meta = manifest["metadata"]
    return manifest["apiVersion"].rpartition("/")[0], manifest["kind"], meta.get("namespace", ""), meta["name"]


def owner_of(found):
    """Return the id of the resource that made an object, or None."""
    return found["metadata"].get("annotations", {}).get(OWNER)


def apply(api, manifest, owner):
    """Make the object as the manifest says, or change it, unless it is somebody else's."""
    path = api.path(manifest)
    found = api.call("GET", path)
    if found is not None and owner_of(found) != owner:
        raise Refused(f"{title(manifest)} exists and belongs to {owner_of(found) or 'nobody here'}; it is left as it is")
    meta = manifest["metadata"]
    owned = {**manifest, "metadata": {**meta, "annotations": {**meta.get("annotations", {}), OWNER: owner}}}
    if api.call("PATCH", f"{path}?fieldManager={MANAGER}&force=true&fieldValidation=Strict", owned) is None:
        raise Refused(f"{title(manifest)}: its namespace does not exist")


def remove(api, manifest, owner):
    """Remove the object and wait until it is gone, unless it is somebody else's."""
    try:
        path = api.path(manifest)
    except Refused as reason:  # the kind went before its objects: so did they
        print(reason)
        return
    found = api.call("GET", path)
    if found is None or owner_of(found) != owner:
        return
    api.call("DELETE", path)
    while api.call("GET", path) is not None:
        if time.monotonic() > api.deadline:
            raise Refused(f"{title(manifest)} is still being removed; delete the stack again later")
        time.sleep(1)


def manifests_of(properties):
    """Return the objects of a resource's properties."""
    return json.loads(properties.get("Manifests", "[]"))


def check_kinds(manifests):
    """Refuse kinds that are not this function's to make."""
    allowed = json.loads(os.environ["KINDS"])
    for manifest in manifests:
        kind = f"{manifest['apiVersion']}/{manifest['kind']}"
        if kind not in allowed:
            raise Refused(f"{title(manifest)}: {kind} is not among {', '.join(allowed)}")


def change(event, owner, api):
    """Do what CloudFormation asks for."""
    wanted = [] if event["RequestType"] == "Delete" else manifests_of(event["ResourceProperties"])
    if event["RequestType"] == "Delete":
        before = manifests_of(event["ResourceProperties"])
    else:
        before = manifests_of(event.get("OldResourceProperties", {}))
    check_kinds(wanted)
    for manifest in wanted:
        apply(api, manifest, owner)
    kept = {identity(manifest) for manifest in wanted}
    for manifest in reversed(before):
        if identity(manifest) not in kept:
            remove(api, manifest, owner)


def answer(event, owner, reason):
    """Tell CloudFormation how it went; no reason is success."""
    body = {
        "Status": "FAILED" if reason else "SUCCESS",
        "Reason": reason[:1000],
        "PhysicalResourceId": owner,
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    request = urllib.request.Request(event["ResponseURL"], data=json.dumps(body).encode(), method="PUT")
    request.add_header("Content-Type", "")
    urllib.request.urlopen(request, timeout=15).close()


def handler(event, context):
    """Entry point of the function."""
    stack = event["StackId"].rpartition("/")[2]
    owner = event.get("PhysicalResourceId") or f"{event['LogicalResourceId']}.{stack}"
    deadline = time.monotonic() + (context.get_remaining_time_in_millis() - SPARE_MS) / 1000
    api = Api(deadline)
    reason = ""
    try:
        change(event, owner, api)
    except Exception as error:  # noqa: BLE001 - whatever it is, CloudFormation must hear of it or waits an hour
        reason = f"{type(error).__name__}: {error}" if not isinstance(error, Refused) else str(error)
        print(reason)
    for warning in api.warnings:
        print(warning)
    answer(event, owner, reason)
