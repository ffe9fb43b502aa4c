"""The fault matrix of publication: whatever breaks, three things hold.

The index never names a missing object (looked at after every write of the index and every
deletion), what it named before goes on being served, and repeating the event converges.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from model_fleet.errors import FleetError
from tests.support.fleet_world import FleetWorld, Release, index_of
from tests.support.publication_faults import CASES, INDEX

WEIGHTS = "encoder/1/model.onnx"


def first_release(world: FleetWorld) -> Release:
    """Two versions before the one under test, so that there is garbage to collect."""
    for content in (b"older", b"old"):
        release = world.release(
            {
                "changes": {"config.pbtxt": content, "1/model.py": b"pass"},
                "stays": {"config.pbtxt": b"stays"},
                "leaves": {"config.pbtxt": b"leaves"},
            }
        )
        world.run(world.event("update", release, request=content.decode()))
    return release


def second_release(world: FleetWorld) -> Release:
    return world.release(
        {
            "changes": {"config.pbtxt": b"new", "1/model.py": b"pass"},
            "stays": {"config.pbtxt": b"stays"},
            "comes": {"config.pbtxt": b"comes", WEIGHTS: Random(0).randbytes(200_000)},
        },
        blobs=[WEIGHTS],
    )


@pytest.mark.parametrize("name", CASES)
def test_publication_survives(world: FleetWorld, name: str) -> None:
    first_release(world)
    before = index_of(world)
    event = world.event("update", second_release(world))
    case = CASES[name]
    world.faults = [replace(case.fault)]

    if case.message is None:
        world.run(event)
    else:
        with pytest.raises((FleetError, SystemExit), match=case.message):
            world.run(event)
    fired = world.faults[0].fired
    world.faults = []

    after = index_of(world)
    assert fired > 0
    assert after["models"] == before["models"] or set(after["models"]) == {
        "changes",
        "stays",
        "comes",
    }
    world.assert_sound()
    assert world.open_uploads() == 0
    first = world.run(event)
    again = world.run(event)
    assert (
        first
        == again
        == {
            "IsComplete": True,
            "Data": {
                "IndexVersion": "3",
                "ModelCount": "3",
                "PublishedCount": "2",
                "ReusedCount": "1",
            },
        }
    )
    index = index_of(world)
    named = {INDEX} | {
        artifact["key"]
        for part in (index["models"], index["retired"])
        for entry in part.values()
        for artifact in (entry["current"], entry["previous"])
        if artifact is not None
    }
    assert world.stored() == named, "nothing but what the index names is left"
    world.assert_sound()
