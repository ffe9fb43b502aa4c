"""Deletion, and whom a prefix belongs to."""

from __future__ import annotations

import pytest

from model_fleet.errors import FleetError
from tests.support.faulty_s3 import Fault, answer
from tests.support.fleet_world import (
    PREFIX,
    FleetWorld,
    any_release,
    index_of,
)

REBUILT = "arn:aws:cloudformation:us-east-1:123456789012:stack/laptop-models/another"


def test_archive_that_may_be_deleted_at_any_moment_is_made_anew(world: FleetWorld) -> None:
    for number, content in enumerate((b"one", b"two")):
        world.run(world.event("update", any_release(world, content), request=str(number)))
    world.faults = [Fault(operation="delete_objects", error=answer("SlowDown", 503), nth=0)]
    world.run(world.event("update", any_release(world, b"three"), request="2"))
    doomed = index_of(world)["garbage"]
    assert len(doomed) == 1

    world.run(world.event("update", any_release(world, b"one"), request="3"))
    world.s3.delete_objects(
        Bucket="artifacts",
        Delete={
            "Objects": [
                {"Key": f"{PREFIX}{item['key']}", "VersionId": item["version_id"]}
                for item in doomed
            ]
        },
    )

    assert index_of(world)["models"]["minilm"]["current"]["key"] == doomed[0]["key"]
    world.assert_sound()


def test_prefix_of_another_fleet_is_refused_and_left_alone(world: FleetWorld) -> None:
    world.run(world.event("create", any_release(world)))
    before = index_of(world)

    with pytest.raises(FleetError, match="belongs to fleet 'laptop-models', not 'intruder'"):
        world.on_event(world.event("create", any_release(world), "second", Fleet="intruder"))
    world.run(world.event("delete", any_release(world), "third", Fleet="intruder"))

    assert index_of(world) == before


def test_delete_removes_every_version_and_nothing_else(world: FleetWorld) -> None:
    releases = [any_release(world, content) for content in (b"one", b"two", b"three")]
    for number, release in enumerate(releases):
        world.run(world.event("update", release, request=str(number)))
    kept = [f"{PREFIX}notes.txt", "laptop-models-2/minilm/0123456789abcdef.tar.gz"]
    for key in kept:
        world.s3.put_object(Bucket="artifacts", Key=key, Body=b"")

    event = world.event("delete", releases[-1])
    assert world.on_event(event) == "artifacts/laptop-models/"
    assert world.is_complete(event) == {"IsComplete": True}

    assert sorted(world.versions()) == sorted(kept)
    assert world.run(event) == {"IsComplete": True}


def test_delete_honours_retain(world: FleetWorld) -> None:
    release = any_release(world)
    world.run(world.event("create", release, Retain="true"))
    versions = sorted(world.versions())

    world.run(world.event("delete", release, Retain="true"))

    assert sorted(world.versions()) == versions


def test_delete_of_a_prefix_that_is_gone_succeeds_and_leaves_nothing(world: FleetWorld) -> None:
    world.run(world.event("delete", any_release(world)))

    assert world.versions() == []


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("operation", "nth"),
    [("put_object", 1), ("put_object", 2), ("delete_objects", 1), ("delete_objects", 2)],
)
def test_killed_delete_is_finished_by_the_next(
    world: FleetWorld, operation: str, nth: int, after: bool
) -> None:
    release = any_release(world)
    world.run(world.event("create", release))
    event = world.event("delete", release)
    world.faults = [
        Fault(operation=operation, nth=nth, after=after, error=lambda: SystemExit("killed"))
    ]

    with pytest.raises(SystemExit):
        world.run(event)
    world.assert_sound()
    world.faults = []
    world.run(event)

    assert world.versions() == []


def test_late_publication_does_not_bring_a_deleted_fleet_back(world: FleetWorld) -> None:
    release = any_release(world)
    create = world.event("create", release)
    world.on_event(create)
    other = FleetWorld(world.s3)
    world.faults = [
        Fault(
            operation="get_object",
            key=".pack",
            action=lambda: other.run(world.event("delete", release)) and None,
        )
    ]

    for _ in range(2):
        with pytest.raises(FleetError, match="was deleted after this request began"):
            world.is_complete(create)

    assert world.versions() == []


def test_late_delete_of_an_older_stack_leaves_the_new_one(world: FleetWorld) -> None:
    release = any_release(world)
    world.run(world.event("create", release, Retain="true"))
    adopted = world.event("create", release, "second") | {"StackId": REBUILT}
    world.run(adopted)
    before = sorted(world.stored())

    world.run(world.event("delete", release))
    assert sorted(world.stored()) == before

    world.run(world.event("delete", release, "fourth") | {"StackId": REBUILT})
    assert world.versions() == []


def test_changed_prefix_replaces_and_the_old_one_is_cleaned(world: FleetWorld) -> None:
    old = any_release(world)
    world.run(world.event("create", old))
    new = world.release({"minilm": {"1/x": b"x"}}, prefix="moved/")
    update = world.event("update", new, Prefix="moved/")

    assert world.on_event(update) == "artifacts/moved/"
    world.is_complete(update | {"PhysicalResourceId": "artifacts/moved/"})
    world.run(world.event("delete", old))

    assert world.index("moved/") is not None
    assert {key.split("/")[0] for key in world.versions()} == {"moved"}
