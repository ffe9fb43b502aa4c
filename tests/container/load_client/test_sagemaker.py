"""The SageMaker target: signed like botocore, TargetModel by the index, the platform's errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials

from load_client.addresses import TargetOptions, parse_address, target_of
from load_client.encoding import Encoding
from load_client.errors import CallError, InputError
from load_client.sagemaker import AwsPlace, SageMaker
from load_client.sagemaker_connection import SageMakerConnection, platform_error
from load_client.signing import RENEW_SECONDS, Signer
from load_client.target import Answer, Payload
from tests.container.load_client.scripted_server import Request, ScriptedServer, answer, serving

INPUTS = {"INPUT0": np.ones((1, 2), np.float32)}
TARGET = "resnet/aaaaaaaaaaaaaaaa.tar.gz"
ARTIFACT = {
    "digest": "a" * 64,
    "key": TARGET,
    "size": 1,
    "target": "cpu",
    "build": "laptop",
    "serving_image": "26.05-py3",
    "report": None,
    "verification": None,
}
INDEX = {
    "version": 1,
    "serial": 1,
    "fleet": "f",
    "manifest_digest": "0" * 64,
    "models": {"resnet": {"current": ARTIFACT, "previous": None}},
}


def echo(request: Request) -> bytes:
    if "/index.json" in request.path:
        return answer(json.dumps(INDEX).encode(), headers={"ETag": '"e"'})
    if request.headers.get("x-amz-target") == "SageMaker.DescribeEndpoint":
        return answer(b'{"EndpointStatus": "InService"}')
    size = request.headers["content-type"].partition("json-header-size=")[2]
    end = int(size) if size else len(request.body)
    given = json.loads(request.body[:end])
    header = json.dumps({"outputs": given["inputs"]}).encode()
    kind = request.headers["content-type"].partition("=")[0] + (f"={len(header)}" if size else "")
    return answer(header + request.body[end:], headers={"Content-Type": kind})


def target(server: ScriptedServer, **options: Any) -> SageMaker:
    aws = AwsPlace(region="eu-west-1", endpoint_url=server.url)
    return SageMaker(aws=aws, endpoint="models", model="resnet", timeout_seconds=5, **options)


@pytest.mark.parametrize("encoding", Encoding)
def test_inputs_come_back(encoding: Encoding) -> None:
    with serving(echo) as server:
        subject = target(server, target_model=TARGET, encoding=encoding)
        connection = subject.connect()

        outputs = subject.decode(connection.call(subject.encode(INPUTS)))
        connection.close()

        request = server.requests[0]
    assert outputs["INPUT0"].tolist() == [[1, 1]]
    assert request.line == "POST /endpoints/models/invocations HTTP/1.1"
    assert request.headers["x-amzn-sagemaker-target-model"] == TARGET
    if encoding is Encoding.BINARY:
        kind = "application/vnd.sagemaker-triton.binary+json;json-header-size="
        assert request.headers["content-type"].startswith(kind)
        assert request.headers["accept"] == request.headers["content-type"]


def test_an_endpoint_of_one_model_gets_no_target_model() -> None:
    with serving(echo) as server:
        subject = target(server)
        connection = subject.connect()
        connection.call(subject.encode(INPUTS))
        connection.close()

        assert "x-amzn-sagemaker-target-model" not in server.requests[0].headers


def test_the_signature_is_botocores_own() -> None:
    with serving(echo) as server:
        subject = target(server, target_model=TARGET)
        connection = subject.connect()
        connection.call(subject.encode(INPUTS))
        connection.close()
        request = server.requests[0]
        url = f"{server.url}/endpoints/models/invocations"

    sent = request.headers
    signed = sent["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    again = AWSRequest(
        method="POST",
        url=url,
        data=request.body,
        headers={name: sent[name] for name in signed if name not in ("host", "x-amz-date")},
    )
    again.context["timestamp"] = sent["x-amz-date"]
    again.headers["X-Amz-Date"] = sent["x-amz-date"]
    signer = SigV4Auth(ReadOnlyCredentials("test", "test", None), "sagemaker", "eu-west-1")
    signature = signer.signature(
        signer.string_to_sign(again, signer.canonical_request(again)), again
    )
    assert sent["authorization"].endswith(f"Signature={signature}")
    assert {"content-type", "host", "x-amzn-sagemaker-target-model"} <= set(signed)


def signing_connection(
    server: ScriptedServer, clock: Callable[[], float], credentials: Any
) -> SageMakerConnection:
    signer = Signer(credentials=credentials, region="us-east-1", clock=clock)
    return SageMakerConnection(
        server.place, signer, endpoint="models", target_model=None, timeout_seconds=5
    )


def test_a_signature_is_renewed_after_a_minute_with_the_credentials_of_then() -> None:
    now = SimpleNamespace(seconds=0.0)
    credentials = Credentials("first", "secret", "token")
    payload = Payload(b'{"inputs": []}', "application/json")
    with serving(echo) as server:
        connection = signing_connection(server, lambda: now.seconds, credentials)
        connection.call(payload)
        credentials.access_key, credentials.token = "second", "other"
        connection.call(payload)
        now.seconds = RENEW_SECONDS
        connection.call(payload)
        connection.close()

        used = [request.headers["authorization"].split("/")[0] for request in server.requests]
        assert server.connections == 1
    assert [text.rpartition("=")[2] for text in used] == ["first", "first", "second"]
    assert server.requests[2].headers["x-amz-security-token"] == "other"


def test_without_credentials_the_call_fails_and_says_so() -> None:
    with serving(echo) as server:
        connection = signing_connection(server, lambda: 0.0, None)
        with pytest.raises(CallError, match="no AWS credentials") as caught:
            connection.call(Payload(b"{}", "application/json"))

    assert caught.value.kind == "NoCredentials"


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind", "text"),
    [
        (
            424,
            "x-amzn-errortype: ModelError",
            b'{"Message": "Received server error (500)", "OriginalStatusCode": 500}',
            "ModelError",
            r"Received server error \(500\)",
        ),
        (
            400,
            "x-amzn-ErrorType: ThrottlingException:http://internal.amazon.com/",
            b'{"message": "Rate exceeded"}',
            "ThrottlingException",
            "Rate exceeded",
        ),
        (400, "A: b", b'{"__type": "ns#ValidationError"}', "ValidationError", "ValidationError"),
        (413, "A: b", b"too large", "http 413", "too large"),
        (503, "A: b", b"[]", "http 503", "503"),
    ],
)
def test_errors_have_the_platforms_code(
    status: int, headers: str, body: bytes, kind: str, text: str
) -> None:
    error = platform_error(status, Answer(body, f"HTTP/1.1 {status} X\r\n{headers}".encode()))

    assert error.kind == kind
    with pytest.raises(CallError, match=text):
        raise error


def test_a_failed_call_raises_the_platforms_error() -> None:
    reply = answer(
        b'{"Message": "loading"}', 429, headers={"x-amzn-errortype": "ModelNotReadyException"}
    )
    with serving(lambda _: reply) as server:
        connection = signing_connection(server, lambda: 0.0, Credentials("a", "b"))
        with pytest.raises(CallError, match="loading") as caught:
            connection.call(Payload(b"{}", "application/json"))
        connection.close()

    assert caught.value.kind == "ModelNotReadyException"


def options(server: ScriptedServer, **changes: Any) -> TargetOptions:
    values = {
        "model": "resnet",
        "region": "eu-west-1",
        "endpoint_url": server.url,
        "artifacts": "s3://artifacts/models/",
    }
    return TargetOptions(**(values | changes))


def test_the_target_model_comes_from_the_index() -> None:
    with serving(echo) as server:
        found = target_of(parse_address("sagemaker://models"), options(server))

        assert "/models/index.json" in server.requests[0].path
    assert isinstance(found, SageMaker)
    assert (found.endpoint, found.target_model) == ("models", TARGET)


def test_a_model_that_is_not_published_is_named_with_those_that_are() -> None:
    with serving(echo) as server, pytest.raises(InputError, match="'bert' is not published"):
        target_of(parse_address("sagemaker://models"), options(server, model="bert"))


def test_ready_means_in_service() -> None:
    with serving(echo) as server:
        found = target(server).ready()

    assert (found.ready, found.detail) == (True, "endpoint is InService")


def test_an_endpoint_that_does_not_exist_is_an_error_to_ask_again() -> None:
    reply = answer(
        b'{"__type": "ValidationException", "message": "Could not find endpoint"}',
        400,
        headers={"Content-Type": "application/x-amz-json-1.1"},
    )
    with (
        serving(lambda _: reply) as server,
        pytest.raises(CallError, match="Could not find endpoint") as caught,
    ):
        target(server).ready()

    assert caught.value.kind == "ValidationException"


def test_the_real_service_is_reached_over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    places = []

    class Seen(SageMakerConnection):
        def __init__(self, place: Any, signer: Any, **named: Any) -> None:
            super().__init__(place, signer, **named)
            places.append(place)

    monkeypatch.setattr("load_client.sagemaker.SageMakerConnection", Seen)
    SageMaker(aws=AwsPlace(region="eu-west-1"), endpoint="models", model="m").connect()

    assert places[0].authority == "runtime.sagemaker.eu-west-1.amazonaws.com"
    assert (places[0].port, places[0].tls) == (443, True)
