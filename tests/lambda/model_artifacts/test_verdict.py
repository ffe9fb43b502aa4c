"""Marks in the index, and which artifact serves after them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model_artifacts import Index, IndexEntry, empty_index
from model_artifacts.index import Artifact
from model_artifacts.verdict import Verdict, is_disproven, is_known, is_proven, judged_index

OLD, NEW = "a" * 64, "b" * 64
PASSED = Verdict(digest=NEW, passed=True, golden="g", serving="s")
FAILED = replace(PASSED, passed=False)


def artifact(digest: str, verdict: Verdict | None = None) -> Artifact:
    return Artifact(
        digest=digest,
        key=f"m/{digest[:16]}.tar.gz",
        size=1,
        target="cpu",
        build="laptop",
        serving_image="26.05-py3",
        report=None,
        verification=None if verdict is None else verdict.mark,
    )


def index(current: Artifact, previous: Artifact | None = None) -> Index:
    entry = IndexEntry(current=current, previous=previous)
    return {**empty_index(fleet="f", owner="o"), "serial": 7, "models": {"m": entry}}


def test_a_passed_artifact_is_marked_and_nothing_else_changes() -> None:
    before = index(artifact(NEW))

    after = judged_index(before, {"m": PASSED})

    current = after["models"]["m"]["current"]
    assert is_proven(current) and is_known(current, PASSED)
    assert after["serial"] == 7
    assert before["models"]["m"]["current"]["verification"] is None


def test_a_new_failed_artifact_gives_way_to_the_proven_one() -> None:
    before = index(artifact(NEW), artifact(OLD, replace(PASSED, digest=OLD)))

    after = judged_index(before, {"m": FAILED})

    entry = after["models"]["m"]
    assert entry["current"]["digest"] == OLD
    assert entry["previous"] is not None and is_disproven(entry["previous"])
    assert after["serial"] == 8
    assert judged_index(after, {"m": FAILED}) == after


@pytest.mark.parametrize(
    "previous",
    [None, artifact(OLD), artifact(OLD, replace(FAILED, digest=OLD))],
    ids=["none", "never asked", "failed"],
)
def test_a_failed_artifact_stays_where_nothing_proven_came_before(
    previous: Artifact | None,
) -> None:
    after = judged_index(index(artifact(NEW), previous), {"m": FAILED})

    assert after["models"]["m"]["current"]["digest"] == NEW
    assert after["serial"] == 7


def test_a_failed_artifact_stays_where_the_older_archive_is_lost() -> None:
    old = artifact(OLD, replace(PASSED, digest=OLD))

    after = judged_index(index(artifact(NEW), old), {"m": FAILED}, lost={old["key"]})

    assert after["models"]["m"]["current"]["digest"] == NEW


def test_a_proven_artifact_keeps_serving_and_keeps_its_mark() -> None:
    old = artifact(OLD, replace(PASSED, digest=OLD))
    before = index(artifact(NEW, PASSED), old)

    assert judged_index(before, {"m": FAILED}) == before


def test_what_was_taken_back_serves_again_when_it_passes() -> None:
    old = artifact(OLD, replace(PASSED, digest=OLD))
    taken_back = judged_index(index(artifact(NEW), old), {"m": FAILED})

    after = judged_index(taken_back, {"m": PASSED})

    assert after["models"]["m"]["current"]["digest"] == NEW
    assert is_proven(after["models"]["m"]["current"])
    assert after["serial"] == 9


def test_what_a_person_rolled_back_stays_so() -> None:
    by_hand = index(artifact(OLD), artifact(NEW))

    assert judged_index(by_hand, {"m": PASSED}) == by_hand


def test_models_that_left_meanwhile_are_passed_over() -> None:
    before = index(artifact(NEW))

    assert judged_index(before, {"gone": PASSED}) == before
