"""The life of a fleet, event by event, as CloudFormation and the Provider framework drive it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_artifacts import resolve_target_model, rollback_model
from model_artifacts.index import Index
from model_artifacts.s3_index import load_index, write_index
from model_fleet.errors import FleetError
from tests.support.faulty_s3 import Fault
from tests.support.fleet_world import (
    EVENTS,
    PREFIX,
    FleetWorld,
    any_release,
    index_of,
)

BUCKET = {"bucket": "artifacts", "prefix": PREFIX}


def test_create_publishes_every_model_and_returns_strings(world: FleetWorld) -> None:
    event = world.event("create", any_release(world, b"one", "resnet50"))

    physical_id = world.on_event(event)
    result = world.is_complete(event)

    assert physical_id == "artifacts/laptop-models/"
    assert result == {
        "IsComplete": True,
        "Data": {
            "IndexVersion": "1",
            "ModelCount": "2",
            "PublishedCount": "2",
            "ReusedCount": "0",
        },
    }
    target = resolve_target_model(index_of(world), "minilm")
    head = world.s3.head_object(Bucket="artifacts", Key=f"{PREFIX}{target}")
    assert head["ContentLength"] == index_of(world)["models"]["minilm"]["current"]["size"]


def test_update_keeps_the_artifact_before_and_collects_the_one_before_that(
    world: FleetWorld,
) -> None:
    targets: list[str] = []
    for number, content in enumerate((b"one", b"two", b"three")):
        world.run(world.event("update", any_release(world, content), request=str(number)))
        targets.append(resolve_target_model(index_of(world), "minilm"))

    assert world.stored() == {"index.json", targets[1], targets[2]}
    rolled_back = rollback_model(index_of(world), "minilm")
    assert resolve_target_model(rolled_back, "minilm") == targets[1]


def test_removed_model_is_retired_for_one_version_and_then_collected(world: FleetWorld) -> None:
    world.run(world.event("create", any_release(world, b"one", "gone")))
    gone = resolve_target_model(index_of(world), "gone")

    world.run(world.event("update", any_release(world, b"two"), request="second"))
    assert set(index_of(world)["retired"]) == {"gone"}
    assert gone in world.stored()

    world.run(world.event("update", any_release(world, b"three"), request="third"))
    assert index_of(world)["retired"] == {}
    assert gone not in world.stored()


def test_rollback_of_a_stack_publishes_the_old_manifest_without_making_archives(
    world: FleetWorld,
) -> None:
    old, new = any_release(world, b"one", "gone"), any_release(world, b"two", "new")
    world.run(world.event("create", old))
    before = index_of(world)["models"]
    world.run(world.event("update", new, request="forward"))
    world.faults = [Fault(operation="put_object", key=".tar.gz", nth=0)]

    world.run(world.event("update", old, request="back"))

    after = index_of(world)
    assert {name: entry["current"] for name, entry in after["models"].items()} == {
        name: entry["current"] for name, entry in before.items()
    }
    assert set(after["retired"]) == {"new"}


def test_failing_model_among_good_ones_leaves_the_index_and_is_named(world: FleetWorld) -> None:
    world.run(world.event("create", any_release(world, b"one")))
    before = index_of(world)["models"]
    release = world.release(
        {"bad": {"1/model.onnx": b"weights"}, "minilm": {"config.pbtxt": b"two"}},
        blobs=["1/model.onnx"],
    )
    blob = release.manifest["models"][0]["files"][0].get("blob", "")
    world.s3.delete_object(Bucket="sources", Key=blob)

    with pytest.raises(FleetError) as caught:
        world.run(world.event("update", release))

    assert str(caught.value) == (
        "1 of 2 models failed, the index is unchanged: model bad: package failed:"
        f" s3://sources/{blob} does not exist"
        " (log: log group /aws/lambda/fleet, stream 2026/11/21/[$LATEST]0123)"
    )
    assert index_of(world)["models"] == before


def test_message_of_many_failures_names_the_first_and_counts_all_within_the_limit(
    world: FleetWorld,
) -> None:
    names = [f"model-{number:03}-{'x' * 80}" for number in range(20)]
    release = world.release({name: {"1/w": name.encode()} for name in names}, blobs=["1/w"])
    for model in release.manifest["models"]:
        world.s3.delete_object(Bucket="sources", Key=model["files"][0].get("blob", ""))

    with pytest.raises(FleetError) as caught:
        world.run(world.event("create", release))

    message = str(caught.value)
    assert message.startswith("20 of 20 models failed")
    assert names[0] in message
    assert len(message.encode()) <= 3000
    assert "\n" not in message


def test_message_of_what_json_makes_longer_fits_into_the_response(world: FleetWorld) -> None:
    names = {f'"\\{number:02}' * 20: {"1/x": b"x"} for number in range(20)}

    with pytest.raises(FleetError) as caught:
        world.run(world.event("create", world.release(names)))

    assert len(str(caught.value).encode()) > 2000
    assert len(json.dumps(str(caught.value), ensure_ascii=False).encode()) <= 3002


def test_compile_recipe_without_compile_fleet_names_model_and_build(world: FleetWorld) -> None:
    release = world.release({"minilm": {"1/x": b"x"}}, recipes={"minilm": {"engine": "tensorrt"}})

    with pytest.raises(FleetError, match=r"model minilm: compile failed: build 'laptop' needs"):
        world.run(world.event("create", release))


def test_manifest_of_another_prefix_is_refused(world: FleetWorld) -> None:
    release = world.release({"minilm": {"1/x": b"x"}}, fleet="other", prefix="other/")

    with pytest.raises(FleetError) as caught:
        world.run(world.event("create", release))

    assert "$.fleet must be the property Fleet, 'laptop-models', got 'other'" in str(caught.value)
    assert "$.prefix must be the property Prefix, 'laptop-models/', got" in str(caught.value)


def test_wrong_properties_are_reported_all_at_once(world: FleetWorld) -> None:
    event = world.event("create", any_release(world), Prefix="/bad", Retain="True")
    del event["ResourceProperties"]["SourcePackKey"]

    with pytest.raises(FleetError) as caught:
        world.on_event(event)

    assert str(caught.value).startswith(
        "invalid Custom::ModelFleet: Prefix must be folder names, each followed by '/', got '/bad';"
        " SourcePackKey is required; Retain must be 'true' or 'false', got 'True' (log:"
    )


@pytest.mark.parametrize("kind", ["create", "update", "delete"])
def test_recorded_event_is_accepted_as_it_is(world: FleetWorld, kind: str) -> None:
    event: dict[str, Any] = json.loads((EVENTS / f"{kind}.json").read_text())

    assert world.on_event(event) == "artifacts/laptop-models/"


def test_index_written_by_a_newer_release_is_refused(world: FleetWorld) -> None:
    event = world.event("create", any_release(world))
    world.run(event)
    stored = load_index(world.s3, **BUCKET)
    newer: Index = {**stored.index, "version": 2}
    write_index(world.s3, **BUCKET, index=newer, etag=stored.etag)

    with pytest.raises(FleetError, match=r"\$\.version must be 1, got 2"):
        world.run(world.event("update", any_release(world, b"two")))
