"""Thousands of models: in rounds, each asked once, without a list that grows in a message."""

from __future__ import annotations

import pytest

from endpoint_verification.errors import VerificationError
from endpoint_verification.round import Pace
from model_artifacts import Index, IndexEntry, empty_index, sha256_hex
from model_artifacts.index import Artifact
from model_artifacts.s3_index import write_index
from tests.support.fake_endpoint import tensor_answer
from tests.support.fleet_world import PREFIX
from tests.support.verification_world import VerificationWorld

MANY = 2000


def artifact(name: str) -> Artifact:
    digest = sha256_hex(name.encode())
    return Artifact(
        digest=digest,
        key=f"{name}/{digest[:16]}.tar.gz",
        size=1,
        target="cpu",
        build="laptop",
        serving_image="26.05-py3",
        report=None,
        verification=None,
    )


@pytest.fixture
def crowd(world: VerificationWorld) -> VerificationWorld:
    names = [f"m{number}" for number in range(MANY)]
    index: Index = {
        **empty_index(fleet="laptop-models", owner="stack"),
        "models": {name: IndexEntry(current=artifact(name), previous=None) for name in names},
    }
    write_index(world.s3, bucket="artifacts", prefix=PREFIX, index=index, etag=None)
    world.endpoint.answers = {artifact(name)["key"]: tensor_answer(1) for name in names}
    world.endpoint.before["*"] = [world.takes(0.001)] * MANY
    world.pace = Pace(round=0.3, save=0.1, first_pause=0.001, longest_pause=0.002)
    return world


def test_thousands_are_asked_once_each_in_several_rounds(crowd: VerificationWorld) -> None:
    golden = crowd.golden("m0", 1)
    goldens = [
        {**golden, "name": f"m{number}", "digest": artifact(f"m{number}")["digest"]}
        for number in range(MANY)
    ]
    wrong = {f"m{number}" for number in range(0, MANY, 50)}
    for name in wrong:
        crowd.endpoint.answers[artifact(name)["key"]] = tensor_answer(9)

    with pytest.raises(VerificationError) as caught:
        crowd.deploy("one", goldens)  # type: ignore[arg-type]  # copies of a golden

    assert f"40 of {MANY} models differ: model m0: " in str(caught.value)
    assert "; and 35 more" in str(caught.value)
    assert crowd.calls > 1
    assert len(crowd.endpoint.calls) == MANY
    crowd.endpoint.calls.clear()
    for name in wrong:
        crowd.endpoint.answers[artifact(name)["key"]] = tensor_answer(1)

    data = crowd.deploy("two", goldens)  # type: ignore[arg-type]  # copies of a golden

    assert data == {"VerifiedCount": str(MANY), "AskedCount": "40"}
    assert sorted(crowd.endpoint.calls) == sorted(artifact(name)["key"] for name in wrong)
