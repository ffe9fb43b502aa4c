"""A manifest is taken as a whole or refused with everything that is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from model_artifacts import (
    DocumentError,
    ManifestFile,
    ManifestModel,
    parse_index,
    parse_manifest,
    sha256_hex,
)
from model_artifacts.manifest import manifest_digest
from tests.support.fleet_world import any_model


def any_file(path: str = "minilm/config.pbtxt") -> ManifestFile:
    return ManifestFile(path=path, mode=0o644, sha256="0" * 64, size=1, offset=0)


def any_manifest(**changes: Any) -> dict[str, Any]:
    manifest = {
        "version": 1,
        "fleet": "laptop-models",
        "prefix": "laptop-models/",
        "models": [any_model("minilm", [any_file(), any_file("minilm/1/x")])],
    }
    return {**manifest, **changes}


def parse(manifest: object) -> object:
    return parse_manifest(json.dumps(manifest).encode(), name="m.json")


def test_valid_manifest_is_returned_with_unknown_fields() -> None:
    manifest = any_manifest(comment="from a newer release")

    assert parse(manifest) == manifest


def test_fleet_without_models_is_valid() -> None:
    assert parse(any_manifest(models=[])) == any_manifest(models=[])


def test_digest_is_that_of_the_bytes() -> None:
    assert manifest_digest(b"{}") == sha256_hex(b"{}")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "$.version must be 1, got 2 (written by another release"),
        ({"version": True}, "$.version must be a whole number, got True"),
        ({"fleet": None}, "$.fleet must be a string, got None"),
        ({"prefix": "laptop"}, "$.prefix must end with '/' and not begin with it, got 'laptop'"),
        ({"prefix": "/"}, "$.prefix must end with '/' and not begin with it, got '/'"),
        ({"models": {}}, "$.models must be a list, got {}"),
        ({"models": [3]}, "$.models[0] must be an object, got int"),
        (
            {"models": [any_model("a", [any_file()])] * 2},
            "$.models must have unique names, repeated: a",
        ),
    ],
)
def test_wrong_manifest_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(any_manifest(**changes))

    assert message in str(caught.value)
    assert str(caught.value).startswith("m.json: ")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "a/b"}, "$.models[0] (a/b).name must be 1 to 128 letters"),
        ({"name": "x" * 129}, ".name must be 1 to 128 letters"),
        ({"digest": "A" * 64}, ".digest must be 64 lower-case hexadecimal digits"),
        ({"digest": "0" * 64}, ".digest must be the digest of its inputs, "),
        ({"target": "g5"}, ".digest must be the digest of its inputs, "),
        ({"files": []}, ".files must not be empty"),
        ({"recipe": "tensorrt"}, ".recipe must be an object or null, got 'tensorrt'"),
        ({"shapes": 3}, ".shapes must be an object or a list or null, got 3"),
        ({"golden": None}, ".golden must be an object, got None"),
        ({"golden": {"path": "r.json"}}, ".golden.sha256 is required"),
        ({"golden": {**any_file(), "blob": "r"}}, ".golden must have either offset or blob, got"),
    ],
)
def test_wrong_model_is_refused(changes: dict[str, Any], message: str) -> None:
    model = {**any_model("minilm", [any_file()]), **changes}

    with pytest.raises(DocumentError) as caught:
        parse(any_manifest(models=[model]))

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": "../x"}, "path must be relative, with '/' and without '.', '..' or empty"),
        ({"mode": 0o600}, ".files[0].mode must be 420 (0o644) or 493 (0o755), got 384"),
        ({"size": -1}, ".files[0].size must be at least 0, got -1"),
        ({"offset": -1}, ".files[0].offset must be at least 0, got -1"),
        ({"sha256": "beef"}, ".files[0].sha256 must be 64 lower-case hexadecimal digits"),
        ({"blob": "x.onnx"}, ".files[0] must have either offset or blob, got"),
    ],
)
def test_wrong_file_is_refused(changes: dict[str, Any], message: str) -> None:
    file: Any = {**any_file(), **changes}

    with pytest.raises(DocumentError) as caught:
        parse(any_manifest(models=[any_model("minilm", [file])]))

    assert message in str(caught.value)


def test_the_request_to_verify_with_travels_beside_the_files() -> None:
    model: ManifestModel = {**any_model("minilm", [any_file()]), "golden": any_file()}

    read = parse_manifest(json.dumps(any_manifest(models=[model])).encode())

    assert read["models"][0].get("golden") == any_file()


def test_every_problem_is_reported_at_once() -> None:
    model = any_model("minilm", [any_file()])
    del model["target"]  # type: ignore[misc]  # that is what is wrong with it
    other: Any = {**any_file(), "mode": 1}

    with pytest.raises(DocumentError) as caught:
        parse(any_manifest(prefix="x", models=[model, any_model("other", [other])]))

    assert caught.value.problems == (
        "$.prefix must end with '/' and not begin with it, got 'x'",
        "$.models[0].target is required",
        "$.models[1] (other).files[0].mode must be 420 (0o644) or 493 (0o755), got 1",
    )


def test_text_that_is_not_json_is_refused() -> None:
    with pytest.raises(DocumentError, match=r"m\.json: must be JSON: Expecting"):
        parse_manifest(b"{", name="m.json")


@pytest.mark.parametrize("parse", [parse_manifest, parse_index])
def test_text_that_is_nested_too_deeply_is_refused(parse: Callable[..., object]) -> None:
    with pytest.raises(DocumentError, match=r"m\.json: must be JSON: maximum recursion depth"):
        parse(b"[" * 100_000, name="m.json")
