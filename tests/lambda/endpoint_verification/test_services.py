"""ECS services over HTTP: both protocols, a real server on this machine, everything that breaks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from pytest_socket import enable_socket, socket_allow_hosts

from endpoint_verification.errors import VerificationError
from endpoint_verification.http_target import HttpTarget
from endpoint_verification.round import Pace
from endpoint_verification.service_handler import is_complete, on_event
from golden_answers import Golden, GoldenFile, Protocol, request_path
from model_artifacts import sha256_hex
from tests.support.fake_endpoint import FakeEndpoint
from tests.support.faulty_s3 import Fault, FaultyS3, answer
from tests.support.fleet_world import Context
from tests.support.memory_s3 import MemoryS3
from tests.support.verification_world import EVENTS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Answer = Callable[[str, bytes], tuple[int, bytes]]
QUICK = Pace(round=2, save=0.02, first_pause=0.01, longest_pause=0.02, patience=30)


class Services:
    """One server for all, and the handlers that ask it."""

    def __init__(self, s3: S3Client, url: str) -> None:
        self.s3 = s3
        self.url = url
        self.calls: list[str] = []
        self.answer: Answer = lambda _path, _body: (500, b"no answer yet")
        self.stacks = FakeEndpoint()
        self.clock = 1_000_000.0
        self.goldens: list[Golden] = []
        self.pace = QUICK

    def ask_for(
        self, name: str, protocol: Protocol, answer: object, *, latency_ms: int | None = None
    ) -> None:
        """One more golden."""
        self.goldens.append(
            Golden(
                name=name,
                protocol=protocol,
                digest="",
                path=request_path(protocol, name),
                request=self._file(b'{"instances": [1]}'),
                answer=self._file(json.dumps(answer).encode()),
                max_absolute_error=0.01,
                minimum_cosine=None,
                latency_ms=latency_ms,
                attempts=2,
            )
        )

    def run(self, kind: str = "update", **changes: str) -> dict[str, str]:
        """What the framework does."""
        event = self.event(kind, **changes)
        started = {**event, **on_event(event, Context(), stacks=self.stacks, now=self._now)}
        for _ in range(20):
            result = is_complete(
                started,
                Context(),
                s3=self.s3,
                ask=HttpTarget(timeout_seconds=2).ask,
                pace=self.pace,
                now=self._now,
            )
            if result["IsComplete"]:
                return {name: str(value) for name, value in result.get("Data", {}).items()}
            self.clock += 60
        raise AssertionError("not complete")

    def event(self, kind: str, **changes: str) -> dict[str, Any]:
        """A recorded event about these services."""
        event: dict[str, Any] = json.loads((EVENTS / f"{kind}.json").read_text())
        body = json.dumps({"version": 1, "goldens": self.goldens}).encode()
        digest = sha256_hex(body)
        self.s3.put_object(Bucket="sources", Key=f"{digest}.json", Body=body)
        places = {each["name"]: {"url": self.url, "revision": "task:1"} for each in self.goldens}
        event["ResourceProperties"] = {
            "ServiceToken": "arn",
            "Services": json.dumps(places),
            "SourceBucket": "sources",
            "GoldensKey": f"{digest}.json",
            "GoldensDigest": digest,
            "GoldenPackKey": "unused",
            "TimeoutMinutes": "5",
            **changes,
        }
        return event

    def _now(self) -> float:
        return self.clock

    def _file(self, content: bytes) -> GoldenFile:
        digest = sha256_hex(content)
        self.s3.put_object(Bucket="sources", Key=f"{digest}.blob", Body=content)
        return GoldenFile(sha256=digest, size=len(content), blob=f"{digest}.blob")


@pytest.fixture
def services() -> Iterator[Services]:
    enable_socket()
    socket_allow_hosts(["127.0.0.1"])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            world.calls.append(self.path)
            status, answer = world.answer(self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        world = Services(MemoryS3().as_client(), f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield world
        server.shutdown()
        thread.join()


TF = {"predictions": [[0.25, 0.75]]}
KSERVE = {"outputs": [{"name": "y", "shape": [1], "data": [3]}]}


def test_services_of_both_protocols_pass_at_their_own_paths(services: Services) -> None:
    services.ask_for("resnet50", "tf-serving-rest", TF)
    services.ask_for("triton", "kserve-v2", KSERVE)
    answers = {
        "/v1/models/resnet50:predict": TF,
        "/v2/models/triton/infer": KSERVE,
    }
    services.answer = lambda path, _body: (200, json.dumps(answers[path]).encode())

    assert services.run() == {"VerifiedCount": "2", "AskedCount": "2"}

    assert sorted(services.calls) == sorted(answers)


def test_a_wrong_service_is_named_with_element_and_tolerance(services: Services) -> None:
    services.ask_for("resnet50", "tf-serving-rest", TF)
    services.answer = lambda _path, _body: (200, b'{"predictions": [[0.25, 0.5]]}')

    with pytest.raises(VerificationError) as caught:
        services.run()

    assert str(caught.value).startswith(
        "1 of 1 services differ: service resnet50: output predictions[0, 1] is 0.5, golden is 0.75:"
        " differs by 0.25, allowed is 0.01 (log: "
    )


def test_a_late_service_fails_by_its_bound(services: Services) -> None:
    services.ask_for("resnet50", "tf-serving-rest", TF, latency_ms=20)

    def slow(_path: str, _body: bytes) -> tuple[int, bytes]:
        time.sleep(0.05)
        return 200, json.dumps(TF).encode()

    services.answer = slow

    with pytest.raises(VerificationError, match="ms at best of 2 warm calls, 20 ms are allowed"):
        services.run()


@pytest.mark.parametrize("status", [404, 429, 502, 503])
def test_a_model_that_still_loads_is_asked_again(status: int, services: Services) -> None:
    services.ask_for("resnet50", "tf-serving-rest", TF)
    services.answer = lambda _path, _body: (
        (200, json.dumps(TF).encode()) if len(services.calls) > 3 else (status, b"loading")
    )

    assert services.run()["VerifiedCount"] == "1"

    assert len(services.calls) == 4


def test_a_refused_request_fails_with_the_servers_words(services: Services) -> None:
    services.ask_for("resnet50", "tf-serving-rest", TF)
    services.answer = lambda _path, _body: (400, b'{"error": "input rank"}')

    with pytest.raises(VerificationError, match=r'predict answered 400: {"error": "input rank"}'):
        services.run()

    assert len(services.calls) == 1


def test_nobody_at_the_address_meets_the_time_limit(services: Services) -> None:
    services.ask_for("resnet50", "tf-serving-rest", TF)
    services.url = "http://127.0.0.1:1"
    services.pace = replace(QUICK, round=0.05)

    with pytest.raises(VerificationError) as caught:
        services.run(TimeoutMinutes="1")

    assert "1 of 1 services were not verified within 1 minutes" in str(caught.value)
    assert "ConnectionRefusedError" in str(caught.value) or "refused" in str(caught.value)


def test_a_busy_s3_is_asked_again(services: Services) -> None:
    services.ask_for("resnet50", "tf-serving-rest", TF)
    services.answer = lambda _path, _body: (200, json.dumps(TF).encode())
    busy = Fault(operation="get_object", key=".json", error=answer("SlowDown", 503))
    services.s3 = FaultyS3(services.s3, lambda: None, [busy]).as_client()

    assert services.run()["VerifiedCount"] == "1"

    assert busy.fired == 1


def test_a_service_that_the_properties_lack_is_named(services: Services) -> None:
    services.ask_for("resnet50", "tf-serving-rest", TF)

    with pytest.raises(VerificationError, match="Services must hold 'resnet50'"):
        services.run(Services="{}")


@pytest.mark.parametrize("skipped", ["delete", "rollback"])
def test_deletion_and_rollback_ask_nothing(skipped: str, services: Services) -> None:
    services.ask_for("resnet50", "tf-serving-rest", TF)
    if skipped == "rollback":
        services.stacks.stacks = "UPDATE_ROLLBACK_IN_PROGRESS"

    assert services.run("delete" if skipped == "delete" else "update")["AskedCount"] == "0"

    assert services.calls == []
