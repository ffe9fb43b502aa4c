"""The index: what it resolves, what follows it, and what becomes garbage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from model_artifacts import (
    DocumentError,
    Garbage,
    Index,
    Manifest,
    ManifestFile,
    ManifestModel,
    NoPreviousArtifactError,
    UnknownModelError,
    artifact_key,
    empty_index,
    named_artifacts,
    parse_index,
    resolve_target_model,
    rollback_model,
    serialise_index,
)
from model_artifacts.garbage import UNNAMED_AGE, StoredArchive
from model_artifacts.succession import succeeding_index
from tests.support.fleet_world import any_model

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FRESH = NOW - timedelta(minutes=1)


def model(name: str, content: int, **changes: str) -> ManifestModel:
    file = ManifestFile(path="x", mode=0o644, sha256=f"{content:064x}", size=1, offset=0)
    made = any_model(name, [file])
    made.update(changes)  # type: ignore[typeddict-item]  # only fields that exist
    return made


def key(name: str, content: int) -> str:
    return artifact_key(name, model(name, content)["digest"])


def stored(*keys: str, modified: datetime = FRESH, version: str = "v1") -> dict[str, StoredArchive]:
    return {
        item: StoredArchive(key=item, version_id=version, size=7, last_modified=modified)
        for item in keys
    }


def publish(index: Index, archives: dict[str, StoredArchive], *models: ManifestModel) -> Index:
    return succeeding_index(
        index,
        manifest=Manifest(version=1, fleet="f", prefix="f/", models=list(models)),
        manifest_digest="1" * 64,
        owner="stack",
        stored=archives,
        now=NOW,
    )


EMPTY = empty_index(fleet="f", owner="stack")
A1, A2, A3, B1 = key("a", 1), key("a", 2), key("a", 3), key("b", 1)
FIRST = publish(EMPTY, stored(A1, B1), model("a", 1), model("b", 1))
SECOND = publish(FIRST, stored(A1, A2, B1), model("a", 2), model("b", 1))


def test_index_survives_writing_and_reading() -> None:
    assert parse_index(serialise_index(SECOND)) == SECOND


def test_index_with_only_the_required_fields_is_read() -> None:
    data = b'{"version":1,"serial":3,"fleet":"f","manifest_digest":"","models":{}}'

    index = parse_index(data)

    assert (index["serial"], index["retired"], index["requests"]) == (3, {}, [])


def test_broken_index_is_refused_with_every_problem() -> None:
    data = (
        b'{"version":2,"serial":1,"fleet":"f","manifest_digest":"","models":{"a":{"current":{}}}}'
    )

    with pytest.raises(DocumentError) as caught:
        parse_index(data)

    assert caught.value.problems == (
        "$.version must be 1, got 2",
        "$.models.a.previous is required",
    )


def test_target_model_is_the_current_key() -> None:
    assert resolve_target_model(SECOND, "a") == A2


def test_unknown_model_error_names_the_models_there_are() -> None:
    with pytest.raises(UnknownModelError, match="'c' is not published in fleet f, published: a, b"):
        resolve_target_model(SECOND, "c")


def test_succession_counts_and_keeps_one_artifact_before() -> None:
    entry = SECOND["models"]["a"]

    assert (SECOND["serial"], SECOND["published"]) == (2, 1)
    assert entry["current"]["key"] == A2
    assert entry["previous"] == FIRST["models"]["a"]["current"]
    assert SECOND["models"]["b"] == FIRST["models"]["b"]


def test_artifact_that_stays_keeps_its_report_and_takes_a_new_build_name() -> None:
    FIRST_WITH_REPORT = parse_index(serialise_index(FIRST))
    FIRST_WITH_REPORT["models"]["b"]["current"]["report"] = {"seconds": 3}

    after = publish(FIRST_WITH_REPORT, stored(A1, B1), model("a", 1), model("b", 1, build="new"))

    assert after["models"]["b"]["current"]["report"] == {"seconds": 3}
    assert after["models"]["b"]["current"]["build"] == "new"
    assert after["published"] == 0


def test_going_back_swaps_current_and_previous() -> None:
    back = publish(SECOND, stored(A1, A2, B1), model("a", 1), model("b", 1))

    assert back["models"]["a"]["current"]["key"] == A1
    assert back["models"]["a"]["previous"] == SECOND["models"]["a"]["current"]
    assert back["garbage"] == []


def test_removed_model_is_retired_and_comes_back_from_there() -> None:
    without = publish(SECOND, stored(A1, A2, B1), model("a", 2))
    again = publish(without, stored(A1, A2, B1), model("a", 2), model("b", 1))

    assert set(without["retired"]) == {"b"}
    assert again["models"]["b"]["current"] == SECOND["models"]["b"]["current"]
    assert again["retired"] == {}


def test_older_archive_that_is_gone_is_no_longer_named() -> None:
    after = publish(SECOND, stored(A2), model("a", 2))

    assert after["models"]["a"]["previous"] is None
    assert after["retired"] == {}
    assert {artifact["key"] for artifact in named_artifacts(after)} == {A2}


def test_what_the_superseded_index_named_is_garbage_at_once() -> None:
    third = publish(SECOND, stored(A1, A2, A3, B1), model("a", 3), model("b", 1))

    assert third["garbage"] == [Garbage(key=A1, version_id="v1")]


@pytest.mark.parametrize(
    ("age", "collected"),
    [(UNNAMED_AGE, False), (UNNAMED_AGE + timedelta(seconds=1), True), (timedelta(0), False)],
)
def test_what_no_index_named_is_garbage_after_a_day(age: timedelta, collected: bool) -> None:
    archives = stored(A1, A2, B1) | stored("c/0123456789abcdef.tar.gz", modified=NOW - age)

    after = publish(SECOND, archives, model("a", 2), model("b", 1))

    assert bool(after["garbage"]) is collected


def test_garbage_that_could_not_be_deleted_stays_garbage_but_a_newer_version_does_not() -> None:
    third = publish(SECOND, stored(A1, A2, A3, B1), model("a", 3), model("b", 1))
    models = (model("a", 3), model("b", 1))

    same = publish(third, stored(A1, A2, A3, B1), *models)
    newer = publish(third, stored(A2, A3, B1) | stored(A1, version="v2"), *models)

    assert same["garbage"] == [Garbage(key=A1, version_id="v1")]
    assert newer["garbage"] == []


def test_nothing_is_collected_in_a_bucket_without_versions() -> None:
    archives = stored(A1, A2, A3, B1, version="null")

    assert publish(SECOND, archives, model("a", 3), model("b", 1))["garbage"] == []


def test_rollback_serves_the_previous_artifact_and_twice_the_first_again() -> None:
    once = rollback_model(SECOND, "a")
    twice = rollback_model(once, "a")

    assert resolve_target_model(once, "a") == A1
    assert twice["models"] == SECOND["models"]
    assert (once["serial"], twice["serial"]) == (3, 4)
    assert resolve_target_model(SECOND, "a") == A2, "the given index is left as it was"


def test_rollback_takes_a_model_out_of_retirement() -> None:
    without = publish(SECOND, stored(A1, A2, B1), model("a", 2))

    back = rollback_model(without, "b")

    assert resolve_target_model(back, "b") == B1
    assert back["retired"] == {}


def test_rollback_without_previous_artifact_is_refused() -> None:
    with pytest.raises(NoPreviousArtifactError, match="model b cannot be rolled back: b/"):
        rollback_model(SECOND, "b")


def test_rollback_of_unknown_model_is_refused() -> None:
    with pytest.raises(UnknownModelError, match="'c' is not published"):
        rollback_model(SECOND, "c")
