"""The typed properties of a verification."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from cfn_resource import PropertyReader, ResourceEvent
from endpoint_verification.contract import (
    RESOURCE_TYPE,
    SERVICE_RESOURCE_TYPE,
    ServicePlace,
)
from endpoint_verification.errors import VerificationError
from endpoint_verification.golden_source import GoldenPlace

_DIGEST: Final = r"[0-9a-f]{64}"
_DIGEST_RULE: Final = "64 lower-case hexadecimal digits"
_COUNT: Final = r"[1-9][0-9]{0,3}"
_COUNT_RULE: Final = "a whole number from 1 to 9999"


@dataclass(frozen=True, kw_only=True)
class EndpointToVerify:
    """An endpoint, its models' index and the goldens."""

    endpoint: str
    serving: str
    bucket: str
    prefix: str
    goldens: GoldenPlace
    parallel: int
    timeout_minutes: int


@dataclass(frozen=True, kw_only=True)
class ServicesToVerify:
    """Services by name, and the goldens."""

    services: Mapping[str, ServicePlace]
    goldens: GoldenPlace
    timeout_minutes: int


def read_endpoint(properties: Mapping[str, object]) -> EndpointToVerify:
    """What ``properties`` describe; raises `EventError` with every problem."""
    reader = PropertyReader(properties, resource_type=RESOURCE_TYPE)
    endpoint = EndpointToVerify(
        endpoint=reader.text("EndpointName"),
        serving=reader.text("Serving", pattern=_DIGEST, rule=_DIGEST_RULE),
        bucket=reader.text("ArtifactBucket"),
        prefix=reader.text("Prefix", pattern=".+/", rule="a folder ending in '/'"),
        goldens=_goldens(reader),
        parallel=_count(reader, "ParallelCalls"),
        timeout_minutes=_count(reader, "TimeoutMinutes"),
    )
    reader.finish()
    return endpoint


def read_services(properties: Mapping[str, object]) -> ServicesToVerify:
    """What ``properties`` describe; raises `EventError` with every problem."""
    reader = PropertyReader(properties, resource_type=SERVICE_RESOURCE_TYPE)
    text = reader.text("Services")
    goldens, minutes = _goldens(reader), _count(reader, "TimeoutMinutes")
    reader.finish()
    try:
        services: object = json.loads(text)
    except ValueError as error:
        raise VerificationError(f"Services must be JSON: {error}") from error
    return ServicesToVerify(
        services=cast("dict[str, ServicePlace]", services),
        goldens=goldens,
        timeout_minutes=minutes,
    )


def request_key(event: ResourceEvent) -> str:
    """What tells this request from all others of any stack."""
    return f"{event.stack_id}#{event.request_id}"


def _goldens(reader: PropertyReader) -> GoldenPlace:
    return GoldenPlace(
        bucket=reader.text("SourceBucket"),
        key=reader.text("GoldensKey"),
        digest=reader.text("GoldensDigest", pattern=_DIGEST, rule=_DIGEST_RULE),
        pack_key=reader.text("GoldenPackKey"),
    )


def _count(reader: PropertyReader, name: str) -> int:
    text = reader.text(name, pattern=_COUNT, rule=_COUNT_RULE)
    return int(text) if text.isdecimal() else 1
