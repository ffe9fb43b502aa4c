"""The compile section as the constructs take it: queues, targets and the images' foundations."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from stacks.compile_props import compile_props
from stacks.config import Platform, load_platform

_MODELS = Path(__file__).parent / "wrong_platforms" / "models"
_TEXT = """
platform: test
region: us-east-1
endpoint: {instance_type: ml.g5.xlarge, image: {tag: 25.04-py3}}
models: [{name: text, build: gpu-tensorrt}]
compile: {max_jobs: 3, spot: false, volume_gib: 100, timeout_minutes: 30}
"""
_NEURON = """
platform: test
region: us-east-1
models: [{name: text, target: inf2}]
cluster: {pools: [{name: inf2, instance_type: inf2.xlarge}]}
"""
_EMBEDDED = """
platform: test
region: us-east-1
deploy_to: embedded
models: [{name: laptop-compiled}]
"""


@pytest.fixture
def load_test(tmp_path: Path) -> Callable[[str], Platform]:
    def load_test(text: str) -> Platform:
        file = tmp_path / "platform.yaml"
        file.write_text(text)
        return load_platform(file, models_root=_MODELS)

    return load_test


def _bound(platform: Platform, context: dict[str, Any], folder: Path) -> tuple[Any, dict[str, Any]]:
    """The props, and the Docker images that their compilers are built from."""
    app = cdk.App(
        context=context, outdir=str(folder / "out"), builtin_cloud_formation_validation=False
    )
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(region=platform.region))
    vpc = ec2.Vpc(stack, "Vpc")
    assert platform.compile is not None
    props = compile_props(platform, platform.compile, vpc=vpc)
    for compiler in props.compilers:
        compiler.image.bind(stack)
    app.synth()
    assets = json.loads((folder / "out" / "Stack.assets.json").read_text())
    return props, assets.get("dockerImages", {})


def test_tensorrt_is_built_on_the_very_image_that_serves(
    load_test: Callable[[str], Platform], context: dict[str, Any], tmp_path: Path
) -> None:
    platform = load_test(_TEXT)
    props, images = _bound(platform, context, tmp_path)

    assert platform.endpoint is not None
    (image,) = images.values()
    assert image["source"]["dockerBuildArgs"] == {"BASE_IMAGE": platform.endpoint.image_uri}
    (queue,) = props.queues
    assert (queue.name, queue.max_jobs, queue.spot, queue.volume_gib) == ("g5", 3, False, 100)
    (compiler,) = props.compilers
    assert (compiler.engine, compiler.targets, compiler.queue) == ("tensorrt", ("g5",), "g5")
    assert compiler.timeout_minutes == 30


def test_neuron_is_built_on_the_image_that_the_digest_names(
    load_test: Callable[[str], Platform], context: dict[str, Any], tmp_path: Path
) -> None:
    props, images = _bound(load_test(_NEURON), context, tmp_path)

    (image,) = images.values()
    assert image["source"]["dockerFile"] == "container/neuronx_compiler/Dockerfile"
    assert ":2.9.0-neuronx-" in image["source"]["dockerBuildArgs"]["BASE_IMAGE"]
    assert [queue.name for queue in props.queues] == ["cpu"]


def test_embedded_platform_builds_no_image(
    load_test: Callable[[str], Platform], context: dict[str, Any], tmp_path: Path
) -> None:
    props, images = _bound(load_test(_EMBEDDED), context, tmp_path)

    assert images == {}
    assert [compiler.engine for compiler in props.compilers] == ["onnxruntime"]
