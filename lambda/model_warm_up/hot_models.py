"""Which archive to ask for each hot model, and with what."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from model_artifacts import INDEX_NAME, UnknownModelError, parse_index, resolve_target_model
from model_artifacts.errors import ArtifactsError
from model_artifacts.s3_reader import read_object
from model_warm_up.contract import HotRequests
from model_warm_up.errors import WarmUpError
from model_warm_up.warm_up import WarmUp

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, kw_only=True)
class HotModel:
    """``target`` is the archive that serves it now, None where the index does not name it."""

    name: str
    target: str | None
    body: bytes


def read_hot_models(s3: S3Client, warm_up: WarmUp) -> tuple[HotModel, ...]:
    """The models in the order of the platform file; raises `WarmUpError`."""
    try:
        data, _ = read_object(s3, bucket=warm_up.requests_bucket, key=warm_up.requests_key)
        written, _ = read_object(
            s3, bucket=warm_up.artifact_bucket, key=f"{warm_up.prefix}{INDEX_NAME}"
        )
        index = parse_index(written)
    except ArtifactsError as error:
        raise WarmUpError(f"the hot models of {warm_up.endpoint} are not known: {error}") from error
    models: list[HotModel] = []
    for request in cast("HotRequests", json.loads(data))["models"]:
        try:
            target = resolve_target_model(index, request["name"])
        except UnknownModelError:
            target = None
        body = request["body"].encode("utf-8")
        models.append(HotModel(name=request["name"], target=target, body=body))
    return tuple(models)
