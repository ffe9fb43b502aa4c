"""What serving needs to know from the rest of the embedded AWS: endpoints, and objects in S3."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol


@dataclass(frozen=True, kw_only=True)
class EndpointSpec:
    """One endpoint with its configuration and model, as created through the SageMaker API."""

    name: str
    config_name: str
    model_name: str
    model_data_url: str
    image: str
    environment: Mapping[str, str] = field(default_factory=dict)
    instance_type: str
    instance_count: int
    variant_name: str
    model_cache: bool
    multi_model: bool


class EndpointDirectory(Protocol):
    """Finds endpoints that are in service."""

    def lookup(self, name: str) -> EndpointSpec | None: ...


class ObjectNotFound(Exception):
    """No object at the URL."""


class ObjectStore(Protocol):
    """Reads objects by ``s3://bucket/key``; both methods raise `ObjectNotFound`."""

    def open(self, url: str) -> AbstractContextManager[BinaryIO]: ...

    def size(self, url: str) -> int: ...
