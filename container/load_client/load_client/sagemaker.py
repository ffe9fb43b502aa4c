"""A SageMaker endpoint, on AWS or on an embedded AWS (``endpoint_url``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from load_client import v2_json
from load_client.encoding import Encoding
from load_client.errors import CallError, InputError
from load_client.http_connection import HttpPlace, header
from load_client.http_json import JSON
from load_client.sagemaker_connection import SageMakerConnection
from load_client.signing import Signer
from load_client.target import Answer, Connection, Payload, Readiness
from load_client.tensors import Array, Tensors
from model_artifacts.errors import ArtifactsError
from model_artifacts.index import resolve_target_model
from model_artifacts.s3_index import load_index

BINARY = "application/vnd.sagemaker-triton.binary+json;json-header-size="
_HEADER_SIZE = re.compile(r"json-header-size=(\d+)")


@dataclass(frozen=True, kw_only=True)
class AwsPlace:
    """A region of AWS, or the address of an embedded one, which takes any credentials."""

    region: str
    endpoint_url: str | None = None

    def client(self, service: str) -> Any:
        """A boto3 client that retries for itself; the measured calls do not go through it."""
        config = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard"})
        return self._session.client(
            service, region_name=self.region, endpoint_url=self.endpoint_url, config=config
        )

    @cached_property
    def credentials(self) -> Any:
        """Refreshable credentials; None when there are none."""
        return self._session.get_credentials()

    @cached_property
    def _session(self) -> Any:
        if self.endpoint_url is None:
            return boto3.session.Session()
        return boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test")


def target_model_of(aws: AwsPlace, *, bucket: str, prefix: str, model: str) -> str:
    """What serves ``model`` now, by the index; raises `InputError`."""
    try:
        index = load_index(aws.client("s3"), bucket=bucket, prefix=prefix).index
        return resolve_target_model(index, model)
    except (ArtifactsError, BotoCoreError) as error:
        raise InputError([str(error)]) from error


@dataclass(frozen=True, kw_only=True)
class SageMaker:
    """``target_model`` None calls an endpoint that serves one model."""

    kind: ClassVar[str] = "sagemaker"
    aws: AwsPlace
    endpoint: str
    model: str
    target_model: str | None = None
    encoding: Encoding = Encoding.JSON
    timeout_seconds: float = 60.0

    @property
    def address(self) -> str:
        """As `Target.address`."""
        return f"{self.kind}://{self.endpoint}"

    def connect(self) -> Connection:
        """As `Target.connect`."""
        return SageMakerConnection(
            self._place,
            self._signer,
            endpoint=self.endpoint,
            target_model=self.target_model,
            timeout_seconds=self.timeout_seconds,
        )

    def encode(self, inputs: Tensors) -> Payload:
        """As `Target.encode`."""
        if self.encoding is Encoding.JSON:
            return Payload(v2_json.encode_json(inputs), JSON)
        body, size = v2_json.encode_binary(inputs)
        return Payload(body, f"{BINARY}{size}")

    def decode(self, answer: Answer) -> dict[str, Array]:
        """As `Target.decode`."""
        size = _HEADER_SIZE.search(header(answer.head, "Content-Type"))
        return v2_json.decode(answer.body, int(size[1]) if size else None)

    def ready(self) -> Readiness:
        """``DescribeEndpoint`` until InService; a model is loaded by its first call."""
        try:
            answer = self.aws.client("sagemaker").describe_endpoint(EndpointName=self.endpoint)
        except ClientError as error:
            raise CallError(error.response["Error"]["Code"], str(error)) from error
        except BotoCoreError as error:
            raise CallError(type(error).__name__, str(error)) from error
        status = answer["EndpointStatus"]
        reason = answer.get("FailureReason", "")
        return Readiness(status == "InService", f"endpoint is {status} {reason}".strip())

    @cached_property
    def _place(self) -> HttpPlace:
        url = urlsplit(self.aws.client("sagemaker-runtime").meta.endpoint_url)
        tls = url.scheme == "https"
        return HttpPlace(
            host=url.hostname or "",
            port=url.port or (443 if tls else 80),
            tls=tls,
            path=url.path.rstrip("/"),
        )

    @cached_property
    def _signer(self) -> Signer:
        return Signer(credentials=self.aws.credentials, region=self.aws.region)
