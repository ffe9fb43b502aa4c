"""What a fleet has published: its index, the archives and reports beside it, and its manifest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from inferctl.deployment import Deployment, NotDeployedError, aws_client
from inferctl.endpoint_client import InvocationError
from model_artifacts import Artifact, Manifest, StorageError, manifest_digest, parse_manifest
from model_artifacts.s3_calls import is_missing, storage_errors
from model_artifacts.s3_index import StoredIndex, load_index
from model_artifacts.s3_reader import read_object
from model_compiler.contract import report_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_FLEET_TYPE: Final = "Custom::ModelFleet"
_READERS: Final = 16
_READING = Config(retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=_READERS)
# a write whose answer got lost and that botocore repeats looks like a lost race
_WRITING = Config(retries={"mode": "standard", "total_max_attempts": 1})


@dataclass(frozen=True, kw_only=True)
class CompileFacts:
    """What a table shows of a report; None where the report does not say it."""

    seconds: float | None = None
    max_absolute_error: float | None = None
    compiler_image: str | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a deployment publishes, and the clients for it."""

    deployment: Deployment
    bucket: str
    prefix: str

    def reading(self) -> S3Client:
        """A client of S3 that tries again."""
        return self._client(_READING)

    def writing(self) -> S3Client:
        """A client of S3 that tries each call once, for conditional writes."""
        return self._client(_WRITING)

    def index(self) -> StoredIndex:
        """The index; raises `ArtifactsError`."""
        return load_index(self.reading(), bucket=self.bucket, prefix=self.prefix)

    def _client(self, config: Config) -> S3Client:
        client: S3Client = aws_client(
            "s3", region=self.deployment.region, url=self.deployment.url, config=config
        )
        return client


def place_of(deployment: Deployment) -> Place:
    """Where the platform's models are; raises `NotDeployedError` when it publishes none."""
    try:
        return Place(
            deployment=deployment,
            bucket=deployment.outputs["ArtifactBucket"],
            prefix=deployment.outputs["Prefix"],
        )
    except KeyError as error:
        text = f"platform {deployment.platform} is deployed without the output {error}"
        raise NotDeployedError(f"{text}: it publishes no models") from error


def stored_objects(s3: S3Client, place: Place) -> dict[str, datetime]:
    """When each object below the prefix was written, by its key without the prefix.

    Raises `StorageError`.
    """
    objects: dict[str, datetime] = {}
    with storage_errors(f"listing s3://{place.bucket}/{place.prefix}"):
        for page in s3.get_paginator("list_objects_v2").paginate(
            Bucket=place.bucket, Prefix=place.prefix
        ):
            for item in page.get("Contents", []):
                objects[item["Key"].removeprefix(place.prefix)] = item["LastModified"]
    return objects


def read_reports(
    s3: S3Client, place: Place, artifacts: Iterable[tuple[str, Artifact]]
) -> dict[str, CompileFacts]:
    """The reports that are there, by model; raises `StorageError`."""
    wanted = list(artifacts)

    def read(item: tuple[str, Artifact]) -> CompileFacts | None:
        return read_report(s3, place, model=item[0], digest=item[1]["digest"])

    with ThreadPoolExecutor(_READERS) as pool:
        found = pool.map(read, wanted)
        return {
            model: facts
            for (model, _), facts in zip(wanted, found, strict=True)
            if facts is not None
        }


def read_report(s3: S3Client, place: Place, *, model: str, digest: str) -> CompileFacts | None:
    """What the report of one artifact says, None where there is none; raises `StorageError`."""
    key = f"{place.prefix}{report_key(model, digest)}"
    try:
        data, _ = read_object(s3, bucket=place.bucket, key=key)
    except StorageError as error:
        if is_missing(error):
            return None
        raise
    try:
        report: object = json.loads(data)
    except ValueError:
        return None
    image = _part(report, "compiler_image")
    return CompileFacts(
        seconds=_number(_part(_part(report, "seconds"), "compile")),
        max_absolute_error=_number(_part(_part(report, "verification"), "max_absolute_error")),
        compiler_image=image if isinstance(image, str) else None,
    )


def read_published_manifest(s3: S3Client, place: Place, digest: str) -> Manifest | str:
    """The manifest with that digest, or why it cannot be had.

    It is an asset of the models stack, named by its digest. Raises `InvocationError` when
    CloudFormation refuses, `StorageError` when S3 does, `DocumentError` for a wrong manifest.
    """
    stack = f"{place.deployment.platform}-models"
    properties = fleet_properties(place.deployment, stack)
    bucket, key = properties.get("SourceBucket"), properties.get("ManifestKey")
    deployed = properties.get("ManifestDigest")
    if not (isinstance(bucket, str) and isinstance(key, str) and isinstance(deployed, str)):
        return f"the template of stack {stack} does not say where its manifest is"
    key = key.replace(deployed, digest)
    where = f"s3://{bucket}/{key}"
    try:
        data, _ = read_object(s3, bucket=bucket, key=key)
    except StorageError as error:
        if is_missing(error):
            return f"the manifest {where} does not exist any more"
        raise
    if manifest_digest(data) != digest:
        return f"{where} is not the manifest that the index names"
    return parse_manifest(data, name=where)


def fleet_properties(deployment: Deployment, stack: str) -> dict[str, object]:
    """The model fleet's properties in the deployed template; raises `InvocationError`."""
    client = aws_client("cloudformation", region=deployment.region, url=deployment.url)
    try:
        template: Any = client.get_template(StackName=stack)["TemplateBody"]
        arn: str = client.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
    except (ClientError, BotoCoreError) as error:
        raise InvocationError(f"stack {stack} cannot be read: {error}") from error
    _, partition, _, region, account, *_ = arn.split(":")
    values = {"AccountId": account, "Region": region, "Partition": partition}
    for resource in _values(_part(template, "Resources")):
        if _part(resource, "Type") == _FLEET_TYPE:
            properties = _part(resource, "Properties")
            if isinstance(properties, Mapping):
                return {name: _resolved(value, values) for name, value in properties.items()}
    return {}


def _resolved(value: object, values: Mapping[str, str]) -> object:
    """What ``Fn::Sub`` of the pseudo parameters gives; everything else stays as it is."""
    text = _part(value, "Fn::Sub")
    if not isinstance(text, str):
        return value
    for name, known in values.items():
        text = text.replace(f"${{AWS::{name}}}", known)
    return text


def _part(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else None


def _values(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, Mapping) else ()


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
