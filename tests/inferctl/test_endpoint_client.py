"""The client resolves models through the index and says what went wrong."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from inferctl.endpoint_client import EndpointClient, InvocationError
from model_artifacts.index import Index

INDEX: Index = {
    "version": 1,
    "serial": 1,
    "fleet": "f",
    "manifest_digest": "0" * 64,
    "models": {
        "minilm": {
            "current": {
                "digest": "a" * 64,
                "key": "minilm/aaaaaaaaaaaaaaaa.tar.gz",
                "size": 1,
                "target": "cpu",
                "build": "laptop",
                "serving_image": "26.05-py3",
                "report": None,
                "verification": None,
            },
            "previous": None,
        }
    },
    "retired": {},
    "published": 1,
    "owner": "stack/Fleet",
    "requests": [],
    "garbage": [],
}


@pytest.fixture
def client() -> EndpointClient:
    return EndpointClient(
        endpoint="laptop-models",
        bucket="artifacts",
        prefix="laptop-models/",
        region="us-east-1",
        endpoint_url="http://127.0.0.1:1",
    )


def body(data: bytes) -> StreamingBody:
    return StreamingBody(io.BytesIO(data), len(data))


def test_target_model_comes_from_the_index(client: EndpointClient) -> None:
    with Stubber(client._s3) as s3:
        s3.add_response(
            "get_object",
            {"Body": body(json.dumps(INDEX).encode())},
            {"Bucket": "artifacts", "Key": "laptop-models/index.json"},
        )

        assert client.target_model("minilm") == "minilm/aaaaaaaaaaaaaaaa.tar.gz"


def test_unknown_model_is_refused_with_those_there_are(client: EndpointClient) -> None:
    with pytest.raises(InvocationError, match="minilm"):
        client.target_model("bert", INDEX)


def test_index_that_is_damaged_is_named(client: EndpointClient) -> None:
    with Stubber(client._s3) as s3:
        s3.add_response("get_object", {"Body": body(b"[]")})

        with pytest.raises(InvocationError, match=r"s3://artifacts/laptop-models/index\.json"):
            client.index()


def test_missing_index_names_the_object(client: EndpointClient) -> None:
    with Stubber(client._s3) as s3:
        s3.add_client_error("get_object", "NoSuchKey", "gone", 404)

        with pytest.raises(InvocationError, match=r"s3://artifacts/laptop-models/index\.json"):
            client.index()


def test_invoke_sends_target_model_and_returns_the_body(client: EndpointClient) -> None:
    expected: dict[str, Any] = {
        "EndpointName": "laptop-models",
        "TargetModel": "m/1.tar.gz",
        "ContentType": "application/json",
        "Accept": "application/json",
        "Body": b"{}",
    }
    with Stubber(client.runtime) as runtime:
        answer = {"Body": body(b'{"outputs": []}'), "ContentType": "application/json"}
        runtime.add_response("invoke_endpoint", answer, expected)

        assert client.invoke("m/1.tar.gz", b"{}").json() == {"outputs": []}


def test_container_error_becomes_one_message(client: EndpointClient) -> None:
    with Stubber(client.runtime) as runtime:
        runtime.add_client_error("invoke_endpoint", "ModelError", "bad shape", 424)

        with pytest.raises(InvocationError, match="bad shape"):
            client.invoke("m/1.tar.gz", b"{}")


def test_answer_that_is_not_json_is_refused(client: EndpointClient) -> None:
    with Stubber(client.runtime) as runtime:
        runtime.add_response(
            "invoke_endpoint", {"Body": body(b"\x00"), "ContentType": "application/octet-stream"}
        )

        with pytest.raises(InvocationError, match="not JSON but application/octet-stream"):
            client.invoke("m/1.tar.gz", b"{}").json()
