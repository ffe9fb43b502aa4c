"""The typed properties of one ``Custom::ModelFleet``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from cfn_resource import PropertyReader, ResourceEvent
from model_fleet.contract import RESOURCE_TYPE, Compiler
from model_fleet.errors import FleetError

_PREFIX: Final = r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*/"
_PREFIX_RULE: Final = "folder names, each followed by '/'"
_DIGEST: Final = r"[0-9a-f]{64}"
_DIGEST_RULE: Final = "64 lower-case hexadecimal digits"
_MACHINE: Final = r"arn:[a-z-]+:states:[a-z0-9-]+:\d{12}:stateMachine:[^:]+"
_SECONDS: Final = r"[1-9][0-9]{0,3}"
_SECONDS_RULE: Final = "whole seconds"
_MACHINE_RULE: Final = "the ARN of a state machine"


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
    time_limit_seconds: int | None = None
    """How long CloudFormation waits for one request, None where nobody said."""
    machine: str | None = None
    """The state machine of the compile fleet, None where the platform has none."""
    compilers: Mapping[str, Compiler] = field(default_factory=dict[str, Compiler])
    """By engine and target."""


@dataclass(frozen=True, kw_only=True)
class Removal:
    """What Delete should remove."""

    name: str
    location: Location
    retain: bool
    machine: str | None = None


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
        time_limit_seconds=_time_limit(reader, properties),
        machine=_machine(reader, properties),
        compilers=_compilers(properties),
    )
    reader.finish()
    return fleet


def read_removal(event: ResourceEvent) -> Removal:
    """What a Delete event removes: the place comes from the physical id, which never changes.

    Raises `EventError` and `FleetError`.
    """
    reader = PropertyReader(event.properties, resource_type=RESOURCE_TYPE)
    name, retain = reader.text("Fleet"), reader.boolean("Retain")
    machine = _machine(reader, event.properties)
    reader.finish()
    physical_id = event.physical_resource_id or ""
    bucket, slash, prefix = physical_id.partition("/")
    if not (bucket and slash and prefix.endswith("/")):
        raise FleetError(
            f"PhysicalResourceId must be '<bucket>/<prefix>/', got {physical_id!r}:"
            " nothing was removed"
        )
    return Removal(
        name=name,
        location=Location(bucket=bucket, prefix=prefix),
        retain=retain,
        machine=machine,
    )


def owner_of(event: ResourceEvent) -> str:
    """Who publishes: a stack created again under its old name is another owner."""
    return f"{event.stack_id}#{event.logical_resource_id}"


def _time_limit(reader: PropertyReader, properties: Mapping[str, object]) -> int | None:
    if "TimeLimitSeconds" not in properties:
        return None
    text = reader.text("TimeLimitSeconds", pattern=_SECONDS, rule=_SECONDS_RULE)
    return int(text) if text.isdigit() else None


def _machine(reader: PropertyReader, properties: Mapping[str, object]) -> str | None:
    if "StateMachineArn" not in properties:
        return None
    return reader.text("StateMachineArn", pattern=_MACHINE, rule=_MACHINE_RULE)


def _compilers(properties: Mapping[str, object]) -> Mapping[str, Compiler]:
    """What our own stack wrote; anything else is a mistake of ours, and fails as one."""
    text = properties.get("Compilers", "{}")
    try:
        given: object = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise FleetError(f"invalid {RESOURCE_TYPE}: Compilers must be a JSON object, got {text!r}")
    return cast("dict[str, Compiler]", given)
