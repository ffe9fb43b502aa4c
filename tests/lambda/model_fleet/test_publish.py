"""Publications that meet: late events, races, calls that run out of time."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from functools import partial
from threading import Event

import pytest

from model_artifacts import resolve_target_model
from model_artifacts.s3_index import rollback_published_model
from model_fleet.errors import FleetError
from tests.support.faulty_s3 import Fault
from tests.support.fleet_world import (
    PREFIX,
    Context,
    FleetWorld,
    any_release,
    index_of,
)

BUCKET = {"bucket": "artifacts", "prefix": PREFIX}


def spend(context: Context, seconds: float) -> None:
    context.seconds -= seconds


@dataclass
class Countdown(Context):
    """Every look at the clock costs time."""

    cost: float = 0.0

    def get_remaining_time_in_millis(self) -> int:
        self.seconds -= self.cost
        return super().get_remaining_time_in_millis()


def test_repeated_event_changes_nothing_and_answers_the_same(world: FleetWorld) -> None:
    event = world.event("create", any_release(world))
    first = world.run(event)
    versions = sorted(world.versions())

    assert world.run(event) == first
    assert sorted(world.versions()) == versions


def test_late_event_of_an_older_update_does_not_roll_back(world: FleetWorld) -> None:
    world.run(world.event("create", any_release(world, b"one")))
    late = world.event("update", any_release(world, b"two"), request="second")
    world.on_event(late)
    world.run(world.event("update", any_release(world, b"three"), request="third"))
    before = index_of(world)

    with pytest.raises(FleetError, match="a newer request took over"):
        world.is_complete(late)
    world.on_event(late)
    with pytest.raises(FleetError, match="a newer request took over"):
        world.is_complete(late)

    assert index_of(world) == before


def test_newer_request_stops_an_older_one_that_is_writing_its_index(world: FleetWorld) -> None:
    older = world.event("update", any_release(world, b"one"), request="older")
    newer = world.event("update", any_release(world, b"two"), request="newer")
    world.on_event(older)
    other = FleetWorld(world.s3)
    world.faults = [
        Fault(operation="put_object", key="index.json", action=lambda: other.run(newer) and None)
    ]

    with pytest.raises(FleetError, match="a newer request took over"):
        world.is_complete(older)

    assert index_of(world)["manifest_digest"] == newer["ResourceProperties"]["ManifestDigest"]


def test_publication_keeps_an_operators_rollback_that_came_in_between(world: FleetWorld) -> None:
    for content in (b"one", b"two"):
        world.run(
            world.event("update", any_release(world, content, "resnet50"), request=content.decode())
        )
    event = world.event("update", any_release(world, b"two", "resnet50", "new"), request="third")
    world.on_event(event)
    world.faults = [
        Fault(
            operation="put_object",
            key="index.json",
            action=lambda: rollback_published_model(world.s3, **BUCKET, model="minilm") and None,
        )
    ]

    result = world.is_complete(event)

    assert result["IsComplete"]
    assert index_of(world)["serial"] == 4, "published after the rollback, not over it"
    world.assert_sound()


def test_publication_of_many_models_goes_on_over_several_calls(world: FleetWorld) -> None:
    models = [f"model-{number:02}" for number in range(30)]
    event = world.event("create", any_release(world, b"one", *models))
    world.on_event(event)

    results: list[bool] = []
    while not any(results):
        context = Context(seconds=840)
        world.faults = [
            Fault(operation="put_object", key=".tar.gz", nth=0, action=partial(spend, context, 100))
        ]
        assert index_of(world)["models"] == {}
        results.append(world.is_complete(event, context)["IsComplete"])

    # from 840 s down to the last 60 s, 100 s each: 8 archives, and up to 3 begun before
    assert 3 <= len(results) <= 4
    assert len(index_of(world)["models"]) == 31


def test_manifest_without_models_is_published_and_retires_what_there_was(
    world: FleetWorld,
) -> None:
    world.run(world.event("create", any_release(world)))
    event = world.event("update", world.release({}), request="none")

    result = world.run(event)

    assert result.get("Data", {}).get("ModelCount") == "0"
    assert index_of(world)["models"] == {}
    assert list(index_of(world)["retired"]) == ["minilm"]
    assert world.run(event) == result


def test_empty_files_and_paths_beyond_ascii_are_packed(world: FleetWorld) -> None:
    files = {"a/empty": b"", "a/größe 北.txt": b"x", f"{'long/' * 40}file": b"y"}

    world.run(world.event("create", world.release({"minilm": files})))

    target = resolve_target_model(index_of(world), "minilm")
    body = world.s3.get_object(Bucket="artifacts", Key=f"{PREFIX}{target}")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        found = {
            member.name: archive.extractfile(member).read()  # type: ignore[union-attr]  # a file
            for member in archive
        }
    assert found == files


def test_model_too_big_for_one_call_fails_instead_of_looping(world: FleetWorld) -> None:
    event = world.event("create", any_release(world))
    world.on_event(event)

    reason = "the time of one call ran out, with 4 bytes of sources"
    with pytest.raises(FleetError, match=f"model minilm: package failed: {reason}"):
        world.is_complete(event, Countdown(cost=300))


@pytest.mark.parametrize(("large_bytes", "at_once"), [(4, 1), (5, 3)])
def test_large_archives_are_made_one_after_the_other(
    world: FleetWorld, monkeypatch: pytest.MonkeyPatch, large_bytes: int, at_once: int
) -> None:
    monkeypatch.setattr("model_fleet.package._LARGE_BYTES", large_bytes)
    running: list[int] = []
    seen: list[int] = []

    def read() -> None:
        running.append(1)
        seen.append(len(running))
        Event().wait(0.05)
        running.pop()

    world.faults = [Fault(operation="get_object", key=".onnx", nth=0, action=read)]
    models = {f"model-{number}": {"1/w": f"{number:04}".encode()} for number in range(3)}

    world.run(world.event("create", world.release(models, blobs=["1/w"])))

    assert (len(seen), max(seen)) == (3, at_once)


def test_lost_archive_is_made_again_by_the_next_manifest(world: FleetWorld) -> None:
    world.run(world.event("create", any_release(world)))
    target = resolve_target_model(index_of(world), "minilm")
    world.s3.delete_object(Bucket="artifacts", Key=f"{PREFIX}{target}")

    broken = FleetWorld(world.s3, guarded=False)
    broken.run(world.event("update", any_release(world, b"one", "new")))

    assert target in world.stored()
    world.assert_sound()
