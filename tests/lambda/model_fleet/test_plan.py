"""Which models are reused, packaged or compiled, and how much memory a big plan takes."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime

from model_artifacts import (
    Garbage,
    Manifest,
    ManifestFile,
    artifact_key,
    canonical_json,
    empty_index,
    parse_manifest,
)
from model_artifacts.garbage import StoredArchive
from model_artifacts.succession import succeeding_index
from model_fleet.plan import Action, plan
from tests.support.fleet_world import any_model

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def any_file(path: str = "config.pbtxt", size: int = 1) -> ManifestFile:
    return ManifestFile(path=path, mode=0o644, sha256="0" * 64, size=size, offset=0)


def any_archive(key: str, version_id: str = "v1") -> StoredArchive:
    return StoredArchive(key=key, version_id=version_id, size=1, last_modified=NOW)


def test_every_model_gets_the_action_it_needs_and_the_biggest_come_first() -> None:
    there = any_model("there", [any_file()])
    small = any_model("small", [any_file(size=2)])
    big = any_model("big", [any_file(size=3)])
    engine = any_model("engine", [any_file()], recipe={"engine": "tensorrt"})
    manifest = Manifest(version=1, fleet="f", prefix="f/", models=[there, small, big, engine])
    key = artifact_key("there", there["digest"])

    steps = plan(manifest, empty_index(fleet="f", owner="o"), {key: any_archive(key)})

    assert [(step.model["name"], step.action) for step in steps] == [
        ("big", Action.PACKAGE),
        ("small", Action.PACKAGE),
        ("there", Action.REUSE),
        ("engine", Action.COMPILE),
    ]
    assert not any(step.replace for step in steps)


def test_archive_in_the_garbage_is_replaced_but_a_newer_version_of_it_is_reused() -> None:
    model = any_model("minilm", [any_file()])
    manifest = Manifest(version=1, fleet="f", prefix="f/", models=[model])
    key = artifact_key("minilm", model["digest"])
    index = empty_index(fleet="f", owner="o")
    index["garbage"] = [Garbage(key=key, version_id="v1")]

    [doomed] = plan(manifest, index, {key: any_archive(key, "v1")})
    [fresh] = plan(manifest, index, {key: any_archive(key, "v2")})

    assert (doomed.action, doomed.replace) == (Action.PACKAGE, True)
    assert (fresh.action, fresh.replace) == (Action.REUSE, False)


def test_planning_and_indexing_take_a_few_kilobytes_per_model() -> None:
    files = [any_file(path) for path in ("config.pbtxt", "1/model.py", "1/model.onnx")]
    manifest = Manifest(
        version=1,
        fleet="f",
        prefix="f/",
        models=[any_model(f"model-{number:05}", files) for number in range(5_000)],
    )
    data = canonical_json(manifest)  # type: ignore[arg-type]  # a TypedDict of JSON values
    del manifest

    tracemalloc.start()
    parsed = parse_manifest(data)
    index = empty_index(fleet="f", owner="o")
    steps = plan(parsed, index, {})
    stored = {step.key: any_archive(step.key) for step in steps}
    published = succeeding_index(
        index, manifest=parsed, manifest_digest="0" * 64, owner="o", stored=stored, now=NOW
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(published["models"]) == 5_000
    # 3 kB per model; the function has 1,769 MiB, and room for 20,000 models many times over
    assert peak / 5_000 < 6_000
