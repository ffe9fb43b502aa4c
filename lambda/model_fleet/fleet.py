"""The typed properties of one ``Custom::ModelFleet``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cfn_resource import PropertyReader, ResourceEvent
from model_fleet.contract import RESOURCE_TYPE
from model_fleet.errors import FleetError

_PREFIX: Final = r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*/"
_PREFIX_RULE: Final = "folder names, each followed by '/'"
_DIGEST: Final = r"[0-9a-f]{64}"
_DIGEST_RULE: Final = "64 lower-case hexadecimal digits"


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where a fleet publishes; its text is the resource's physical id."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"{self.bucket}/{self.prefix}"


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """What Create and Update should publish, and where."""

    name: str
    location: Location
    source_bucket: str
    manifest_key: str
    manifest_digest: str
    source_pack_key: str
    retain: bool


@dataclass(frozen=True, kw_only=True)
class Removal:
    """What Delete should remove."""

    name: str
    location: Location
    retain: bool


def read_fleet(properties: Mapping[str, object]) -> Fleet:
    """The fleet that ``properties`` describe; raises `EventError` with every problem."""
    reader = PropertyReader(properties, resource_type=RESOURCE_TYPE)
    fleet = Fleet(
        name=reader.text("Fleet"),
        location=Location(
            bucket=reader.text("ArtifactBucket"),
            prefix=reader.text("Prefix", pattern=_PREFIX, rule=_PREFIX_RULE),
        ),
        source_bucket=reader.text("SourceBucket"),
        manifest_key=reader.text("ManifestKey"),
        manifest_digest=reader.text("ManifestDigest", pattern=_DIGEST, rule=_DIGEST_RULE),
        source_pack_key=reader.text("SourcePackKey"),
        retain=reader.boolean("Retain"),
    )
    reader.finish()
    return fleet


def read_removal(event: ResourceEvent) -> Removal:
    """What a Delete event removes: the place comes from the physical id, which never changes.

    Raises `EventError` and `FleetError`.
    """
    reader = PropertyReader(event.properties, resource_type=RESOURCE_TYPE)
    name, retain = reader.text("Fleet"), reader.boolean("Retain")
    reader.finish()
    physical_id = event.physical_resource_id or ""
    bucket, slash, prefix = physical_id.partition("/")
    if not (bucket and slash and prefix.endswith("/")):
        raise FleetError(
            f"PhysicalResourceId must be '<bucket>/<prefix>/', got {physical_id!r}:"
            " nothing was removed"
        )
    return Removal(name=name, location=Location(bucket=bucket, prefix=prefix), retain=retain)


def owner_of(event: ResourceEvent) -> str:
    """Who publishes: a stack created again under its old name is another owner."""
    return f"{event.stack_id}#{event.logical_resource_id}"
