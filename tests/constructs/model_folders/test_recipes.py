"""The recipe of each engine: what it takes, what it refuses, and what its digest follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from accelerator_catalog import GPU_FAMILIES, NEURON_CORES
from model_artifacts import parse_manifest
from model_folders import (
    ENGINES,
    ModelFileError,
    build_fleet_sources,
    compiler_image,
    load_model_folder,
    models_root,
)
from model_folders.recipes import ENGINE_REVISIONS, Engine, target_problem

WriteModel = Callable[..., Path]
VERIFY = {"request": "r.json", "max_absolute_error": 0.1, "minimum_cosine": 0.99}
FILES = {"repository/in": b"i", "repository/load.py": b"l", "repository/cal": b"c", "r.json": b"{}"}
RECIPES: Mapping[str, Mapping[str, Any]] = {
    "tensorrt": {
        "engine": "tensorrt",
        "input": "in",
        "output": "out",
        "precision": "fp16",
        "shapes": {"x": {"min": [1], "opt": [2], "max": [4]}},
        "verify": VERIFY,
    },
    "neuronx": {
        "engine": "neuronx",
        "input": "in",
        "loader": "load.py",
        "output": "out_{batch}",
        "inputs": ["x"],
        "batch_sizes": [1, 4],
        "verify": VERIFY,
    },
    "neuron-tf": {
        "engine": "neuron-tf",
        "input": "in",
        "loader": "load.py",
        "output": "out/1",
        "verify": VERIFY,
    },
    "onnxruntime": {"engine": "onnxruntime", "input": "in", "output": "out", "verify": VERIFY},
}
TARGETS = {"tensorrt": "g5", "neuronx": "inf2", "neuron-tf": "inf1", "onnxruntime": "cpu"}


def _spec(recipe: Mapping[str, Any], target: str, **build: Any) -> str:
    spec = {
        "targets": [target],
        "overlays": ["repository"],
        "precision": "fp32",
        "compile": deepcopy(dict(recipe)),
        **build,
    }
    return yaml.safe_dump({"description": "d", "licence": "MIT", "builds": {"b": spec}})


def _digest(
    path: Path,
    tmp_path: Path,
    *,
    target: str,
    image: str = "26.05-py3",
    name: str = "out",
    compilers: Mapping[Engine, str] | None = None,
) -> str:
    folder = load_model_folder(path)
    sources = build_fleet_sources(
        fleet="f",
        prefix="f/",
        serving_image=image,
        models=[(folder, folder.builds["b"], target)],
        directory=tmp_path / name,
        compiler_images=compilers or {},
    )
    return parse_manifest(sources.manifest_path.read_bytes())["models"][0]["digest"]


@pytest.mark.parametrize("engine", ENGINES)
def test_each_engine_makes_artifacts_for_its_own_targets(
    write_model: WriteModel, tmp_path: Path, engine: str
) -> None:
    target = TARGETS[engine]
    path = write_model(yaml=_spec(RECIPES[engine], target), files=FILES)

    assert len(_digest(path, tmp_path, target=target)) == 64


@pytest.mark.parametrize(
    ("engine", "change", "message"),
    [
        ("tensorrt", {"precision": "int8"}, "must name a calibration cache for precision int8"),
        ("tensorrt", {"calibration": "cal"}, "must name a calibration cache for precision int8"),
        (
            "tensorrt",
            {"precision": "int8", "calibration": "in"},
            r"must name different files, got 'in' twice",
        ),
        ("tensorrt", {"workspace_mib": 0}, "compile.workspace_mib must be >= 1, got 0"),
        ("tensorrt", {"loader": "load.py"}, "compile.loader is no known key"),
        ("neuronx", {"batch_sizes": [1, 1]}, "must not repeat batch_sizes"),
        ("neuronx", {"batch_sizes": []}, "batch_sizes must not be empty"),
        ("neuronx", {"inputs": ["x", "x"]}, "must not repeat inputs"),
        ("neuronx", {"output": "out"}, r"must have \{batch\} in output, because there are 2"),
        ("neuronx", {"auto_cast": "some"}, "auto_cast must be 'none', 'matmult' or 'all', got"),
        ("neuronx", {"auto_cast_type": "int8"}, "auto_cast_type must be 'bf16', 'fp16' or 'tf32'"),
        ("neuronx", {"optimization_level": 4}, "optimization_level must be 1, 2 or 3, got 4"),
        ("neuronx", {"loader": "in"}, "must name different files, got 'in' twice"),
        ("neuronx", {"shapes": {}}, "compile.shapes is no known key"),
        ("neuron-tf", {"no_fuse_ops": ["^bad"]}, "no_fuse_ops.0. must be the beginning of an op"),
        ("neuron-tf", {"compiler_args": ["a b"]}, "compiler_args.0. must be one argument without"),
        ("neuron-tf", {"batch_size": 0}, "compile.batch_size must be >= 1"),
        ("neuron-tf", {"minimum_operator_share": 2}, "minimum_operator_share must be <= 1"),
        ("onnxruntime", {"optimization": "most"}, "must be 'basic', 'extended' or 'all', got"),
        ("onnxruntime", {"precision": "fp32"}, "compile.precision is no known key"),
        ("onnxruntime", {"output": "in"}, "must name different files, got 'in' twice"),
        ("onnxruntime", {"verify": None}, "compile.verify must be a mapping"),
        (
            "onnxruntime",
            {"verify": {**VERIFY, "minimum_cosine": 0}},
            "verify.minimum_cosine must be > 0",
        ),
        (
            "onnxruntime",
            {"verify": {"request": "r.json", "max_absolute_error": 0.1}},
            r"compile.verify.minimum_cosine is required",
        ),
        ("onnxruntime", {"verify": {**VERIFY, "reqest": "r"}}, "did you mean request"),
        ("onnxruntime", {"engine": "onnx"}, "compile.engine must be one of tensorrt, neuronx, neu"),
    ],
)
def test_a_wrong_recipe_is_refused(
    write_model: WriteModel, engine: str, change: Mapping[str, Any], message: str
) -> None:
    path = write_model(yaml=_spec({**RECIPES[engine], **change}, TARGETS[engine]), files=FILES)

    with pytest.raises(ModelFileError, match=message) as caught:
        load_model_folder(path)

    place = f"{path / 'model.yaml'}: builds.b.compile"
    assert all(problem.startswith(place) for problem in caught.value.problems)


def test_a_recipe_without_engine_is_told_which_there_are(write_model: WriteModel) -> None:
    recipe = {key: value for key, value in RECIPES["onnxruntime"].items() if key != "engine"}
    path = write_model(yaml=_spec(recipe, "cpu"), files=FILES)

    with pytest.raises(ModelFileError, match=r"compile.engine is required \(add one of tensorrt,"):
        load_model_folder(path)


@pytest.mark.parametrize(
    ("engine", "target", "message"),
    [
        ("tensorrt", "cpu", "a TensorRT engine runs on a GPU only"),
        ("tensorrt", "inf2", "a TensorRT engine runs on a GPU only"),
        ("neuronx", "inf1", "a neuronx compile makes files for inf2, trn1, trn1n, trn2 only"),
        ("neuron-tf", "inf2", "a neuron-tf compile makes files for inf1 only"),
        ("onnxruntime", "g5", "an onnxruntime compile makes files for a CPU only"),
    ],
)
def test_an_engine_is_refused_for_what_it_cannot_make(
    write_model: WriteModel, engine: str, target: str, message: str
) -> None:
    path = write_model(yaml=_spec(RECIPES[engine], target), files=FILES)

    with pytest.raises(ModelFileError, match=f"must not name target {target}, because {message}"):
        load_model_folder(path)


def test_targets_are_those_of_the_catalogue() -> None:
    neuron = {target for core in NEURON_CORES.values() for target in core.compile_targets}

    assert all(target_problem("tensorrt", (family,)) is None for family in GPU_FAMILIES)
    assert all(target_problem("tensorrt", (target,)) is not None for target in neuron)
    assert all(
        (target_problem("neuronx", (target,)) is None)
        != (target_problem("neuron-tf", (target,)) is None)
        for target in neuron
        if target != "trn3"
    )


@pytest.mark.parametrize("engine", ["neuronx", "neuron-tf"])
def test_a_loader_must_be_a_file_of_the_build(write_model: WriteModel, engine: str) -> None:
    recipe = {**RECIPES[engine], "loader": "other.py"}
    folder = load_model_folder(write_model(yaml=_spec(recipe, TARGETS[engine]), files=FILES))

    with pytest.raises(ModelFileError, match="compile must read only files of the build, got 'oth"):
        folder.source_files(folder.builds["b"])


CHANGES: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "precision": ({"precision": "fp32"}, {}),
    "shapes": ({"shapes": {"x": {"min": [1], "opt": [2], "max": [8]}}}, {}),
    "workspace": ({"workspace_mib": 100}, {}),
    "output": ({"output": "out2"}, {}),
    "tolerance": ({"verify": {**VERIFY, "max_absolute_error": 0.2}}, {}),
    "build precision": ({}, {"precision": "fp16"}),
    "build shapes": ({}, {"shapes": {"x": [3]}}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_digest_follows_the_recipe_and_the_build(
    write_model: WriteModel, tmp_path: Path, change: str
) -> None:
    recipe, build = CHANGES[change]
    one = write_model("one", yaml=_spec(RECIPES["tensorrt"], "g5"), files=FILES)
    other = write_model(
        "other", yaml=_spec({**RECIPES["tensorrt"], **recipe}, "g5", **build), files=FILES
    )

    assert _digest(one, tmp_path, target="g5") != _digest(other, tmp_path, target="g5")


def test_the_digest_follows_images_targets_requests_and_revisions(
    write_model: WriteModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = _spec(RECIPES["tensorrt"], "g5", targets=["g5", "g6"])
    path = write_model(yaml=spec, files=FILES)

    digests = [_digest(path, tmp_path, target="g5"), _digest(path, tmp_path, target="g5")]
    digests.append(_digest(path, tmp_path, target="g6"))
    digests.append(_digest(path, tmp_path, target="g5", image="24.09-py3"))
    (path / "r.json").write_bytes(b"{ }")
    digests.append(_digest(path, tmp_path, target="g5"))
    monkeypatch.setattr(
        "model_folders.fleet_sources.ENGINE_REVISIONS", {**ENGINE_REVISIONS, "tensorrt": 2}
    )
    digests.append(_digest(path, tmp_path, target="g5"))

    assert digests[0] == digests[1]
    assert len(set(digests)) == 5


def test_the_digest_does_not_follow_where_the_request_lies_in_the_pack(
    write_model: WriteModel, tmp_path: Path
) -> None:
    path = write_model("m", yaml=_spec(RECIPES["tensorrt"], "g5"), files=FILES)
    other = write_model(
        "n", yaml=_spec(RECIPES["tensorrt"], "g5"), files={**FILES, "repository/x": b"x" * 99}
    )
    folders = [load_model_folder(p) for p in (path, other)]

    sources = build_fleet_sources(
        fleet="f",
        prefix="f/",
        serving_image="26.05-py3",
        models=[(folder, folder.builds["b"], "g5") for folder in folders],
        directory=tmp_path / "both",
    )

    models = parse_manifest(sources.manifest_path.read_bytes())["models"]
    assert models[0]["digest"] == _digest(path, tmp_path, target="g5")


def test_an_image_in_place_of_the_compilers_own_is_another_input(
    write_model: WriteModel, tmp_path: Path
) -> None:
    path = write_model(yaml=_spec(RECIPES["neuronx"], "inf2"), files=FILES)
    own = _digest(path, tmp_path, target="inf2")
    images: list[dict[Engine, str]] = [
        {"neuronx": "mine:1"},
        {"neuronx": "mine:2"},
        {"tensorrt": "mine:1"},
    ]
    named = [_digest(path, tmp_path, target="inf2", compilers=compilers) for compilers in images]

    assert named[2] == own
    assert len({own, *named[:2]}) == 3


def test_the_neuron_compilers_tags_do_not_follow_the_serving_image() -> None:
    for engine in ENGINES:
        changes = compiler_image(engine, "a") != compiler_image(engine, "b")
        assert changes == (engine == "tensorrt")


def test_every_recipe_of_this_checkout_has_its_request() -> None:
    engines = set()
    for path in sorted(models_root().iterdir()):
        folder = load_model_folder(path)
        for build in folder.builds.values():
            if build.compile is not None:
                engines.add(build.compile.engine)
                request = folder.verification_request(build)
                assert request is not None and request.size < 1_000_000

    assert engines == set(ENGINES)
