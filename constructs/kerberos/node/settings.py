"""What a node is told: one JSON file without secrets, and the paths that follow from it."""

import dataclasses
import ipaddress
import json
import re
from pathlib import Path

# Ports of a node. 88 and 749 are the ways in; the others are for the nodes themselves, but health.
KDC, ADMIN = 88, 749
KRB5KDC, GATE, IPROP, PEERS, KPROPD, HEALTH = 1088, 1749, 1750, 1751, 754, 8088
KADMIND, KPASSWD = 2749, 2464  # no one's but the gate's

# Both names of the one administrator: the one that EMR takes, and ours.
ADMINISTRATORS = ("kadmin/admin", "admin/admin")


class Refused(Exception):
    """Settings, secrets or a state folder that this node cannot work with."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """One node. Times are in the unit that the name ends with."""

    name: str  # of the node, never used twice: the instance's id
    address: str  # IPv4, as the other nodes reach it
    realm: str
    domain: str
    table: str  # DynamoDB, hash key "id"
    cluster: str  # prefix of this KDC's items in the table
    secrets: tuple  # ids in Secrets Manager; their JSON documents are merged
    state: Path  # everything a node keeps; never shared
    log: Path
    region: str = ""  # if empty, that of the environment
    backup: str = ""  # shared folder of the dumps; if empty, there are none
    backup_minutes: int = 60
    lease_seconds: int = 5
    lockout: bool = False  # true: each login writes its time and its failures
    metrics: str = ""  # CloudWatch namespace; if empty, nothing is measured
    group: str = ""  # the stack's, not read here
    log_group: str = ""  # read by install.sh alone

    @classmethod
    def read(cls, path):
        """The settings in a file; raises Refused with every fault."""
        return cls.of(_object(path))

    @classmethod
    def of(cls, given):
        """The settings in a JSON object."""
        fields = {field.name: field for field in dataclasses.fields(cls)}
        faults = [f"{name} is not a setting; want one of {', '.join(fields)}" for name in given if name not in fields]
        faults += [f"{name} is missing" for name, field in fields.items() if field.default is dataclasses.MISSING and name not in given]
        faults += [
            f"{name} is {json.dumps(given[name])}; want {want}"
            for name, (good, want) in _WANT.items()
            if name in given and not good(given[name])
        ]
        if faults:
            raise Refused("\n".join(faults))
        given = {**given, "secrets": tuple(given["secrets"]), "state": Path(given["state"]), "log": Path(given["log"])}
        return cls(**given)

    def path(self, name):
        """A file of this node's state."""
        return self.state / name

    @property
    def backups(self):
        """The folder of this KDC's dumps, or None."""
        return Path(self.backup) / self.cluster if self.backup else None


def _object(path):
    try:
        given = json.loads(Path(path).read_text())
    except (OSError, ValueError) as err:
        raise Refused(f"{path}: {err}") from None
    if not isinstance(given, dict):
        raise Refused(f"{path}: want one JSON object")
    return given


def _matches(pattern):
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is_address(value):
    try:
        return isinstance(value, str) and bool(ipaddress.IPv4Address(value))
    except ValueError:
        return False


def _within(low, high):
    return lambda value: type(value) is int and low <= value <= high


_WANT = {
    "name": (_matches(r"[A-Za-z0-9-]{1,64}"), "1 to 64 of letters, digits and -"),
    "address": (_is_address, "an IPv4 address"),
    "realm": (_matches(r"[A-Z0-9][A-Z0-9.-]*"), "a realm in capitals"),
    "domain": (_matches(r"[a-z0-9][a-z0-9.-]*"), "a domain in small letters"),
    "table": (_matches(r"[A-Za-z0-9_.-]{3,255}"), "the name of a DynamoDB table"),
    "cluster": (_matches(r"[a-z0-9-]{1,24}"), "1 to 24 of a-z, 0-9 and -"),
    "secrets": (
        lambda value: isinstance(value, list) and value != [] and all(isinstance(v, str) and v for v in value),
        "a list of secrets' ids",
    ),
    "state": (_matches(r"/.+"), "an absolute path"),
    "log": (_matches(r"/.+"), "an absolute path"),
    "backup": (_matches(r"(/.+)?"), "an absolute path, or nothing"),
    "backup_minutes": (_within(1, 1440), "1 to 1440"),
    "lease_seconds": (_within(2, 60), "2 to 60"),
    "lockout": (lambda value: type(value) is bool, "true or false"),
}


@dataclasses.dataclass(frozen=True)
class Client:
    """The proxy of a machine that is no node, such as one of an EMR cluster."""

    upstreams: tuple  # HOST:PORT of the balancer; more than one is tried in turn
    admin_upstreams: tuple
    listen: str = "127.0.0.1"

    @classmethod
    def read(cls, path):
        """The settings in a file that says "client": true."""
        given = {name: value for name, value in _object(path).items() if name != "client"}
        wrong = set(given) - {"upstreams", "admin_upstreams", "listen"}
        if wrong or not given.get("upstreams") or not given.get("admin_upstreams"):
            raise Refused(f"{path}: want upstreams and admin_upstreams, each a list of HOST:PORT, and perhaps listen")
        return cls(tuple(given["upstreams"]), tuple(given["admin_upstreams"]), given.get("listen", cls.listen))


def is_client(path):
    """Whether a file of settings is that of a client's proxy."""
    return _object(path).get("client") is True
