"""The typed properties of one ``Custom::ModelWarmUp``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cfn_resource import PropertyReader
from model_warm_up.contract import RESOURCE_TYPE


@dataclass(frozen=True, kw_only=True)
class WarmUp:
    """The endpoint to call, and where its hot models and their archives are named."""

    endpoint: str
    artifact_bucket: str
    prefix: str
    requests_bucket: str
    requests_key: str


def read_warm_up(properties: Mapping[str, object]) -> WarmUp:
    """What ``properties`` describe; raises `EventError` with every problem."""
    reader = PropertyReader(properties, resource_type=RESOURCE_TYPE)
    endpoint = reader.text("EndpointName")
    artifact_bucket = reader.text("ArtifactBucket")
    prefix = reader.text("Prefix", pattern=r"[^/].*/", rule="a prefix that ends in a slash")
    bucket, key = reader.text("RequestsBucket"), reader.text("RequestsKey")
    reader.finish()
    return WarmUp(
        endpoint=endpoint,
        artifact_bucket=artifact_bucket,
        prefix=prefix,
        requests_bucket=bucket,
        requests_key=key,
    )
