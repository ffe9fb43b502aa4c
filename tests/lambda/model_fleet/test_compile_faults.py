"""The fault matrix of compilation: whatever breaks, five things hold.

The index never names a missing object, what it named before goes on being served until the whole
new manifest is there, no execution, job or upload is left over, a failure names the model, the
step and the log, and the next deployment of the same manifest succeeds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from model_fleet.errors import FleetError
from tests.support.compile_faults import CASES
from tests.support.compile_world import CompileWorld, compile_world
from tests.support.fleet_world import index_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NEW = {"compiled": b"new", "packaged": b"new", "stays": b"stays"}


@pytest.fixture
def world(s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> CompileWorld:
    return compile_world(s3, monkeypatch)


def test_the_matrix_is_as_large_as_it_should_be() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("name", CASES)
def test_compilation_survives(world: CompileWorld, name: str) -> None:
    world.publish({"compiled": b"old", "packaged": b"old", "stays": b"stays"}, "old")
    before = index_of(world)
    executions = set(world.fake.executions)
    event = world.event("update", release := world.two(NEW), request="faulty")
    case = CASES[name]
    case.arrange(world)
    if name == "queue that the machine does not know":
        event = world.event("update", release, request="faulty")

    if case.message is None:
        result = world.run(event)
        assert result["IsComplete"]
    else:
        with pytest.raises((FleetError, SystemExit)) as caught:
            world.run(event)
        assert re.search(case.message, str(caught.value)), str(caught.value)
        if isinstance(caught.value, FleetError):
            assert "(log: log group /aws/lambda/fleet" in str(caught.value)
            assert "\n" not in str(caught.value)
    faults = [*world.faults, *world.fake.faults, *world.package_faults, *world.failure_faults]
    assert all(fault.fired for fault in faults)
    for each in (world.faults, world.fake.faults, world.package_faults, world.failure_faults):
        each.clear()

    after = index_of(world)
    assert after["models"] == before["models"] or set(after["models"]) == set(NEW)
    assert (after["models"] == before["models"]) == (after["manifest_digest"] != release.digest)
    world.meanwhile()
    world.assert_quiet()

    world.compilers = CompileWorld(world.s3).compilers
    again = world.run(world.event("update", release, request="repaired"))

    assert again == {
        "IsComplete": True,
        "Data": {
            "IndexVersion": "2",
            "ModelCount": "3",
            "PublishedCount": "2",
            "ReusedCount": "1",
        },
    }
    assert set(world.fake.executions) > executions
    report = index_of(world)["models"]["compiled"]["current"]["report"]
    assert report in world.stored()
    world.assert_quiet()
