"""What holds for every folder in ``models/``."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from accelerator_catalog import core_version_of_target
from model_folders import load_model_folder, models_root

MODELS = sorted(path.parent for path in models_root().glob("*/model.yaml"))
BUILDS = [
    (path, name)
    for path in MODELS
    for name, build in load_model_folder(path).builds.items()
    # TensorFlow Serving and TorchServe read no config.pbtxt
    if all(core_version_of_target(target) is None for target in build.targets)
]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.name)
def test_a_model_has_a_laptop_build_that_is_locked_and_verified(path: Path) -> None:
    folder = load_model_folder(path)
    build = folder.select_build("laptop", "cpu")

    assert folder.source_files(build)
    assert folder.golden(build) is not None


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.name)
def test_no_file_in_a_model_folder_exceeds_a_megabyte(path: Path) -> None:
    sizes = {file: file.stat().st_size for file in path.rglob("*") if file.is_file()}

    assert max(sizes.values()) <= 1024 * 1024


@pytest.mark.parametrize(("path", "name"), BUILDS, ids=lambda value: getattr(value, "name", value))
def test_every_config_is_read_by_tritons_schema_and_named_as_its_folder(
    path: Path, name: str
) -> None:
    folder = load_model_folder(path)
    files = folder.overlay_files(folder.builds[name])

    configs = [file for file in files if file.path.endswith("config.pbtxt")]

    assert configs
    for file in configs:
        text = file.location.read_text(encoding="utf-8")
        config = text_format.Parse(text, model_config_pb2.ModelConfig())
        assert file.path == f"{config.name}/config.pbtxt"


def test_all_laptop_builds_run_onnx_by_the_same_file() -> None:
    runners = [
        path
        for path in models_root().glob("*/builds/laptop/*/1/model.py")
        if "onnxruntime" in path.read_text(encoding="utf-8")
    ]

    assert len(runners) == len(MODELS)
    assert len({path.read_bytes() for path in runners}) == 1
