"""One network as TorchScript and as TensorRT behind one endpoint, as the article of 2023 has it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_folders import SeedSource, build_fleet_sources
from stacks.config import Platform

from .conftest import Synthesized

TWICE = """
platform: twice
region: us-east-1
models:
  - {{name: minilm, build: gpu-onnx{name}}}
"""


def _read(platform: Synthesized, name: str) -> dict[str, Any]:
    folder = platform.directory / f"sources.{platform.platform.fleet}"
    return dict(json.loads((folder / name).read_bytes()))


def test_one_folder_is_published_twice_under_its_own_names(gpu_endpoint: Synthesized) -> None:
    models = {model["name"]: model for model in _read(gpu_endpoint, "manifest.json")["models"]}

    assert {name: model["build"] for name, model in models.items()} == {
        "resnet50-torchscript": "gpu-torchscript-seeded",
        "resnet50-tensorrt": "gpu-tensorrt-seeded",
    }
    assert len({model["digest"] for model in models.values()}) == 2
    assert {model["target"] for model in models.values()} == {"g4dn"}


def test_each_of_the_two_is_verified_under_its_name(gpu_endpoint: Synthesized) -> None:
    goldens = {golden["name"]: golden for golden in _read(gpu_endpoint, "goldens.json")["goldens"]}
    digests = {m["name"]: m["digest"] for m in _read(gpu_endpoint, "manifest.json")["models"]}

    assert {name: golden["digest"] for name, golden in goldens.items()} == digests


def test_the_endpoint_scales_as_the_article_says(gpu_endpoint: Synthesized) -> None:
    target = gpu_endpoint.properties("endpoint", "AWS::ApplicationAutoScaling::ScalableTarget")
    policy = gpu_endpoint.properties("endpoint", "AWS::ApplicationAutoScaling::ScalingPolicy")
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    config = gpu_endpoint.properties("endpoint", "AWS::SageMaker::EndpointConfig")
    (variant,) = config["ProductionVariants"]

    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 5)
    assert tracking["TargetValue"] == 60
    assert tracking["CustomizedMetricSpecification"]["MetricName"] == "GPUUtilization"
    assert (tracking["ScaleInCooldown"], tracking["ScaleOutCooldown"]) == (600, 200)
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.g4dn.4xlarge", 2)


def test_its_weights_need_no_network_and_have_the_published_builds_beside_them(
    gpu_endpoint: Synthesized,
) -> None:
    for model in gpu_endpoint.platform.models:
        (weights,) = model.build.weights
        assert weights.source == SeedSource(seed=0)
        assert weights.sha256 is not None
        published = model.folder.builds[model.build.name.removesuffix("-seeded")]
        assert published.compile == model.build.compile
        assert (published.overlays, published.shapes) == (model.build.overlays, model.build.shapes)
        assert [one.path for one in published.weights] == [weights.path]


@pytest.mark.parametrize("name", ["", ", publish_as: minilm", ", publish_as: sentences"])
def test_a_published_name_changes_where_an_archive_lies_and_not_what_it_is(
    name: str, load: Callable[[str], Platform], tmp_path: Path
) -> None:
    def published(text: str) -> dict[str, Any]:
        platform = load(text)
        sources = build_fleet_sources(
            fleet=platform.fleet,
            prefix=platform.prefix,
            serving_image=platform.serving_image,
            models=[(model.folder, model.build, model.target) for model in platform.models],
            directory=tmp_path,
        )
        (model,) = json.loads(sources.manifest_path.read_bytes())["models"]
        return dict(model)

    plain, named = published(TWICE.format(name="")), published(TWICE.format(name=name))

    assert named == {**plain, "name": "sentences" if "sentences" in name else "minilm"}
