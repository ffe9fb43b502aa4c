"""A small world for ``Custom::EndpointVerification``: published models, goldens, an endpoint."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from endpoint_verification.handler import IsCompleteResult, is_complete, on_event
from endpoint_verification.round import Pace
from golden_answers import Golden, GoldenFile
from model_artifacts import (
    Index,
    IndexMissingError,
    Manifest,
    ManifestFile,
    artifact_key,
    empty_index,
    sha256_hex,
)
from model_artifacts.garbage import StoredArchive
from model_artifacts.s3_index import load_index, write_index
from model_artifacts.succession import succeeding_index
from tests.support.fake_endpoint import ENDPOINT, REQUEST, FakeEndpoint, tensor_answer
from tests.support.faulty_s3 import Fault, FaultyS3
from tests.support.fleet_world import PREFIX, Context, any_model
from tests.support.memory_s3 import MemoryS3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EVENTS = Path(__file__).parents[1] / "lambda" / "endpoint_verification" / "events"
PROGRESS = f"{PREFIX}verification/{ENDPOINT}.json"
SERVING = "5e" * 32
QUICK = Pace(round=5, save=0.02, first_pause=0.001, longest_pause=0.002, patience=60)
MANY = 30
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class VerificationWorld:
    """One endpoint over one fleet; each `deploy` verifies what was published before."""

    s3: S3Client = field(default_factory=lambda: MemoryS3().as_client())
    endpoint: FakeEndpoint = field(default_factory=FakeEndpoint)
    faults: list[Fault] = field(default_factory=list[Fault])
    clock: float = 1_000_000.0
    """Time of day; the framework looks every 10 seconds."""
    ticks: float = 0.0
    """Time that calls take; it passes when a test or a pause says so."""
    pace: Pace = QUICK
    context: Context = field(default_factory=Context)
    calls: int = 0
    """Of `is_complete`."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def takes(self, seconds: float) -> Callable[[], None]:
        """For `FakeEndpoint.before`: an answer after some time."""
        return lambda: self._tick(seconds)

    def publish(self, **models: float) -> None:
        """Publish archives that answer these numbers, as the fleet's handler would."""
        listed = [
            any_model(name, [ManifestFile(path="1/x", mode=0o644, sha256=digest, size=1)])
            for name, value in models.items()
            for digest in [sha256_hex(f"{name} {value}".encode())]
        ]
        manifest = Manifest(version=1, fleet="laptop-models", prefix=PREFIX, models=listed)
        for model in listed:
            key = artifact_key(model["name"], model["digest"])
            self.s3.put_object(Bucket="artifacts", Key=f"{PREFIX}{key}", Body=b"archive")
            self.endpoint.answers[key] = tensor_answer(models[model["name"]])
        try:
            stored = load_index(self.s3, bucket="artifacts", prefix=PREFIX)
            before, etag = stored.index, stored.etag
        except IndexMissingError:
            before, etag = empty_index(fleet="laptop-models", owner="stack"), None
        after = succeeding_index(
            before,
            manifest=manifest,
            manifest_digest="0" * 64,
            owner="stack",
            stored={key: StoredArchive(key, "null", 1, _LONG_AGO) for key in self.endpoint.answers},
            now=_LONG_AGO,
        )
        write_index(self.s3, bucket="artifacts", prefix=PREFIX, index=after, etag=etag)

    def golden(self, name: str, value: float, **changes: Any) -> Golden:
        """The golden of a model that should answer ``value``."""
        golden = Golden(
            name=name,
            protocol="kserve-v2",
            digest=self.index["models"][name]["current"]["digest"],
            path="",
            request=self._file(REQUEST),
            answer=self._file(tensor_answer(value)),
            max_absolute_error=0.01,
            minimum_cosine=None,
            latency_ms=None,
            attempts=3,
        )
        return {**golden, **changes}  # type: ignore[typeddict-item]  # changes are its keys

    def properties(self, goldens: Sequence[Golden], **changes: str) -> dict[str, str]:
        """Upload the goldens; the properties that name them."""
        body = json.dumps({"version": 1, "goldens": list(goldens)}).encode()
        digest = sha256_hex(body)
        self.s3.put_object(Bucket="sources", Key=f"{digest}.json", Body=body)
        return {"GoldensKey": f"{digest}.json", "GoldensDigest": digest, **changes}

    def event(
        self, properties: Mapping[str, str], request: str = "one", kind: str = "update"
    ) -> dict[str, Any]:
        """A recorded event with these properties."""
        event: dict[str, Any] = json.loads((EVENTS / f"{kind}.json").read_text())
        event["ResourceProperties"] |= properties
        event["RequestId"] = request
        return event

    def start(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """`on_event`; the event as the framework gives it to `is_complete`."""
        result = on_event(
            deepcopy(event),
            self.context,
            s3=self.client,
            stacks=self.endpoint,
            now=lambda: self.clock,
        )
        return {**event, **result}

    def look(self, event: Mapping[str, Any]) -> IsCompleteResult:
        """One call of `is_complete`."""
        self.calls += 1
        return is_complete(
            deepcopy(event),
            self.context,
            s3=self.client,
            runtime=self.endpoint,
            pace=replace(self.pace, clock=lambda: self.ticks, sleep=self._sleep),
            now=lambda: self.clock,
        )

    def run(self, event: Mapping[str, Any]) -> dict[str, str]:
        """What the framework does: one `on_event`, then `is_complete` until it is."""
        started = self.start(event)
        for _ in range(MANY):
            result = self.look(started)
            if result["IsComplete"]:
                return {name: str(value) for name, value in result.get("Data", {}).items()}
            self.clock += 10
        raise AssertionError(f"not complete after {MANY} calls")

    def deploy(self, request: str, goldens: Sequence[Golden], **changes: str) -> dict[str, str]:
        """Verify with these goldens."""
        return self.run(self.event(self.properties(goldens, **changes), request))

    def key(self, name: str) -> str:
        """The archive that serves a model now."""
        return self.index["models"][name]["current"]["key"]

    def mark(self, name: str) -> Any:
        """The ``verification`` of the artifact that serves a model now."""
        return self.index["models"][name]["current"]["verification"]

    @property
    def index(self) -> Index:
        return load_index(self.s3, bucket="artifacts", prefix=PREFIX).index

    @property
    def client(self) -> S3Client:
        """S3 with this world's faults."""
        return FaultyS3(self.s3, lambda: None, self.faults).as_client()

    @property
    def progress(self) -> dict[str, Any]:
        """What is stored of the newest request."""
        found = self.s3.get_object(Bucket="artifacts", Key=PROGRESS)
        stored: dict[str, Any] = json.loads(found["Body"].read())
        return stored

    def _tick(self, seconds: float) -> None:
        with self._lock:
            self.ticks += seconds

    def _sleep(self, seconds: float) -> None:
        self._tick(seconds)
        # let those who have something to do go on
        time.sleep(0.0002)

    def _file(self, content: bytes) -> GoldenFile:
        digest = sha256_hex(content)
        self.s3.put_object(Bucket="sources", Key=f"{digest}.blob", Body=content)
        return GoldenFile(sha256=digest, size=len(content), blob=f"{digest}.blob")
