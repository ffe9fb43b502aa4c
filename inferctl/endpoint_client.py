"""Calls one multi-model endpoint: model name in, answer out, ``TargetModel`` from the index."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from model_artifacts.errors import ArtifactsError
from model_artifacts.index import Index, parse_index, resolve_target_model

JSON = "application/json"
# a cold load may take 60 s before SageMaker answers 429, which the retries then cover
# docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
_CONFIG = Config(read_timeout=70, retries={"mode": "standard", "max_attempts": 5})


class InvocationError(Exception):
    """The endpoint or the index refused; the message is fit to print."""


@dataclass(frozen=True)
class Answer:
    """A body as the container sent it, with the seconds the caller waited."""

    body: bytes
    content_type: str
    seconds: float

    def json(self) -> dict[str, Any]:
        """The KServe v2 answer; raises `InvocationError` when it is not JSON."""
        try:
            value: dict[str, Any] = json.loads(self.body)
        except ValueError as error:
            raise InvocationError(f"the answer is not JSON but {self.content_type}") from error
        return value


class EndpointClient:
    """One endpoint, on AWS or on the embedded AWS (``endpoint_url``)."""

    def __init__(
        self,
        *,
        endpoint: str,
        bucket: str,
        prefix: str,
        region: str,
        endpoint_url: str | None = None,
    ) -> None:
        session = boto3.session.Session()
        test = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        keys: dict[str, Any] = test if endpoint_url else {}
        place = {"region_name": region, "endpoint_url": endpoint_url, **keys}
        self.endpoint = endpoint
        self.runtime = session.client("sagemaker-runtime", config=_CONFIG, **place)
        self._s3 = session.client("s3", config=_CONFIG, **place)
        self._bucket, self._prefix = bucket, prefix

    def index(self) -> Index:
        """What is published; raises `InvocationError` when there is no index."""
        key = f"{self._prefix}index.json"
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise InvocationError(f"s3://{self._bucket}/{key} cannot be read: {error}") from error
        try:
            return parse_index(body, name=f"s3://{self._bucket}/{key}")
        except ArtifactsError as error:
            raise InvocationError(str(error)) from error

    def target_model(self, model: str, index: Index | None = None) -> str:
        """The archive that serves ``model`` now; raises `InvocationError` naming what there is."""
        try:
            return resolve_target_model(self.index() if index is None else index, model)
        except ArtifactsError as error:
            raise InvocationError(str(error)) from error

    def invoke(self, target_model: str, body: bytes, content_type: str = JSON) -> Answer:
        """One call; raises `InvocationError` with what the platform or the container said."""
        started = time.perf_counter()
        try:
            response = self.runtime.invoke_endpoint(
                EndpointName=self.endpoint,
                TargetModel=target_model,
                ContentType=content_type,
                Accept=content_type,
                Body=body,
            )
            payload = response["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise InvocationError(str(error)) from error
        return Answer(payload, response["ContentType"], time.perf_counter() - started)
