"""What one account has in one region, and how its parts refer to each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .errors import exists, not_found
from .model import BY_NOUN, KINDS, VERSIONED, Kind

_ARN = re.compile(r"arn:[^:]+:quicksight:([^:]*):([^:]*):([^/]+)/(.+)")


@dataclass
class Asset:
    """One resource, as the requests that made it said."""

    kind: Kind
    id: str
    arn: str
    parent: str  # id of the data set of a refresh schedule, else ""
    fields: dict  # members of its creation, changed by its updates; of the newest version
    created: float  # Unix time
    updated: float
    status: str = "CREATION_SUCCESSFUL"
    versions: list[dict] = field(default_factory=list)  # the fields of each version, oldest first
    published: int = 1  # the version that readers see, from 1
    permissions: dict[str, list[str]] = field(default_factory=dict)  # principal -> actions
    tags: dict[str, str] = field(default_factory=dict)
    members: list[str] = field(default_factory=list)  # of a folder: ARNs
    refresh: dict = field(default_factory=dict)  # of a data set: DataSetRefreshProperties
    schedules: dict[str, dict] = field(default_factory=dict)  # of a topic: by id of the data set

    def change(self, fields: dict, now: float) -> None:
        """Lay the members of an update over those known; members that a definition leaves out are gone."""
        kept = {k: v for k, v in self.fields.items() if k in _LASTING}
        self.fields = {**kept, **fields}
        self.updated = now
        self.status = "UPDATE_SUCCESSFUL"
        if self.kind.noun in VERSIONED:
            self.versions.append(self.fields)

    def shown(self, version: int = 0) -> dict:
        """The members of a version; of the published one if it is not said."""
        if self.kind.noun not in VERSIONED:
            return self.fields
        number = version or self.published
        if not 1 <= number <= len(self.versions):
            raise not_found(f"Version {number} of {self.kind.noun.lower()} {self.id}")
        return self.versions[number - 1]


# Members that updates do not have, or need not say again.
_LASTING = ("Type", "Credentials", "FolderType", "ParentFolderArn", "SharingModel", "UseAs", "LinkEntities", "LinkSharingConfiguration")


@dataclass
class Scope:
    """One account in one region."""

    account: str
    region: str
    partition: str
    assets: dict[tuple[str, str, str], Asset] = field(default_factory=dict)
    jobs: dict[tuple[str, str], object] = field(default_factory=dict)  # bundle jobs, by direction and id
    now: float = 0.0  # when the request came
    url: str = ""  # where this endpoint answers

    def arn(self, kind: Kind, identity: str, parent: str = "") -> str:
        """The ARN of a resource here; a schedule's is below its data set's."""
        below = f"dataset/{parent}/" if parent else ""
        return self.of(f"{below}{kind.arn}/{identity}")

    def of(self, resource: str) -> str:
        """The ARN of anything of QuickSight here, by type and id."""
        return f"arn:{self.partition}:quicksight:{self.region}:{self.account}:{resource}"

    def add(self, kind: Kind, identity: str, fields: dict, parent: str = "") -> Asset:
        """A new asset; ResourceExistsException if there is one of that id."""
        key = (kind.noun, parent, identity)
        if key in self.assets:
            raise exists(f"{kind.noun} {identity}")
        asset = Asset(kind, identity, self.arn(kind, identity, parent), parent, fields, self.now, self.now, versions=[fields])
        self.assets[key] = asset
        return asset

    def get(self, kind: Kind, identity: str, parent: str = "") -> Asset:
        """The asset; ResourceNotFoundException if there is none."""
        found = self.assets.get((kind.noun, parent, identity))
        if found is None:
            raise not_found(f"{kind.noun} {identity}")
        return found

    def remove(self, asset: Asset) -> None:
        """Take an asset away, from folders too, and what belongs to it with it."""
        del self.assets[(asset.kind.noun, asset.parent, asset.id)]
        for other in list(self.assets.values()):
            if asset.arn in other.members:
                other.members.remove(asset.arn)
            if asset.kind.noun == "DataSet" and other.parent == asset.id:
                self.remove(other)

    def every(self, kind: Kind, parent: str = "") -> list[Asset]:
        """The assets of a kind, oldest first."""
        return [a for (noun, of, _), a in self.assets.items() if noun == kind.noun and of == parent]

    def at(self, arn: str) -> Asset:
        """The asset with an ARN; ResourceNotFoundException if it is elsewhere or nowhere."""
        for asset in self.assets.values():
            if asset.arn == arn:
                return asset
        raise not_found(arn)

    def schedules(self, data_set: str) -> list[Asset]:
        """The refresh schedules of a data set."""
        return self.every(BY_NOUN["RefreshSchedule"], data_set)

    def folders(self, arn: str) -> list[Asset]:
        """The folders that a resource stands in."""
        return [f for f in self.every(BY_NOUN["Folder"]) if arn in f.members]


def parts(arn: str) -> tuple[str, str, Kind, str] | None:
    """Region, account, kind and id of an ARN of an asset; None for any other text."""
    match = _ARN.fullmatch(arn) if isinstance(arn, str) else None
    kind = match and next((k for k in KINDS if k.arn == match[3]), None)
    return (match[1], match[2], kind, match[4]) if kind and "/" not in match[4] else None


def references(value) -> Iterator[str]:
    """The ARNs of assets below a value, in order, each once."""
    yield from dict.fromkeys(_walk(value))


def _walk(value) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner)
    elif isinstance(value, str) and parts(value):
        yield value
