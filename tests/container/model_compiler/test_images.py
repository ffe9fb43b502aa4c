"""The images hold what the project pins, and are tagged as artifacts' digests say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from model_folders.compilers import (
    NEURON_CC,
    NEURONX_IMAGE,
    ONNXRUNTIME,
    TENSORFLOW_NEURON,
    compiler_image,
)
from model_folders.recipes import ENGINES

ROOT = Path(__file__).resolve().parents[3]
CONTAINER = ROOT / "container"
PACKAGE = CONTAINER / "model_compiler" / "model_compiler"
IMAGES = ("tensorrt_compiler", "neuronx_compiler", "neuron_tf_compiler")
VENDORS = {"tensorrt", "torch", "torch_neuronx", "neuronxcc", "tensorflow", "onnxruntime"}


def _dockerfile(image: str) -> str:
    return (CONTAINER / image / "Dockerfile").read_text()


def test_requirements_are_those_of_the_checkout() -> None:
    project = (ROOT / "requirements.txt").read_text().splitlines()
    pins = [
        line
        for line in (CONTAINER / "model_compiler/requirements.txt").read_text().splitlines()
        if not line.startswith("#")
    ]

    assert [pin for pin in pins if pin not in project] == []
    assert f"onnxruntime=={ONNXRUNTIME}" in pins


@pytest.mark.parametrize("image", IMAGES)
def test_each_image_takes_the_shared_packages_in(image: str) -> None:
    text = _dockerfile(image)

    assert "COPY lambda/model_artifacts /opt/model_compiler/packages/model_artifacts" in text
    assert "COPY container/model_compiler/model_compiler /opt/model_compiler/packages/" in text
    assert "MODEL_COMPILER_ENGINE_PYTHON=" in text
    assert text.rstrip().endswith('CMD ["python", "-m", "model_compiler"]')


@pytest.mark.parametrize("image", IMAGES)
def test_everything_that_an_image_is_built_on_is_pinned(image: str) -> None:
    text = _dockerfile(image)
    arguments = dict(re.findall(r"^ARG (\w+)=(\S+)$", text, re.M))
    bases = re.findall(r"^FROM (\S+)", text, re.M)

    for base in bases:
        name = re.sub(r"\$\{(\w+)\}", lambda found: arguments.get(found[1], "GIVEN"), base)
        assert name == "GIVEN" or re.search(r":[0-9][\w.-]+$", name), base
    assert ":latest" not in text


def test_the_tensorrt_image_is_built_on_the_serving_image() -> None:
    assert "ARG BASE_IMAGE\n" in _dockerfile("tensorrt_compiler")
    assert compiler_image("tensorrt", "24.09-py3") == "24.09-py3"


def test_the_neuron_images_have_the_versions_of_the_digest() -> None:
    uri = f"ARG BASE_IMAGE=public.ecr.aws/neuron/{NEURONX_IMAGE.repository}:{NEURONX_IMAGE.tag}"
    assert uri in _dockerfile("neuronx_compiler").splitlines()
    text = _dockerfile("neuron_tf_compiler")
    assert f"ARG TENSORFLOW_NEURON={TENSORFLOW_NEURON}\n" in text
    assert f"ARG NEURON_CC={NEURON_CC}\n" in text
    tag = compiler_image("neuron-tf", "26.05-py3")
    assert TENSORFLOW_NEURON in tag and NEURON_CC in tag


def test_each_engine_has_an_image_of_its_own() -> None:
    tags = [compiler_image(engine, "26.05-py3") for engine in ENGINES]

    assert len(set(tags)) == len(ENGINES)


def test_no_vendors_sdk_is_imported_outside_the_workers() -> None:
    imported = {
        (path.relative_to(PACKAGE).as_posix(), name)
        for path in PACKAGE.rglob("*.py")
        for name in _imports(path) & VENDORS
    }

    assert {path for path, _ in imported} == {
        "workers/neuron_tf_worker.py",
        "workers/neuronx_worker.py",
        "workers/onnx_worker.py",
    }


@pytest.mark.parametrize("worker", ["neuronx_worker", "neuron_tf_worker"])
def test_workers_of_the_other_python_import_nothing_of_ours(worker: str) -> None:
    path = PACKAGE / "workers" / f"{worker}.py"

    assert not _imports(path) & {"model_compiler", "model_artifacts"}
    # Python 3.7, in which TensorFlow 1.15 lives, has no newer syntax than this
    ast.parse(path.read_text(), feature_version=(3, 7))


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names
