"""Services that serve what the platform's own fleet publishes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from model_artifacts import artifact_key
from stacks.config import Platform
from stacks.platform.cluster.published import served_path

from .conftest import Synthesized

LOOKING = """
platform: looking
region: us-east-1
removal: destroy
acknowledge_end_of_life: [inf1, tensorflow-neuron]
models:
  - {name: yolov4, build: inf1, target: inf1, publish_as: detector}
cluster:
  pools:
    - {name: inf1, instance_type: inf1.6xlarge, max_instances: 2}
    - {name: cpu, instance_type: c5.large, max_instances: 1}
  services:
    - {name: a, pool: inf1, chips: 2, workload: {kind: tf-serving-neuron}, model: {name: detector}}
  tasks:
    - name: look
      pool: cpu
      memory_mib: 1024
      workload: {kind: container, image: registry.example.com/look}
      model: {name: detector}
    - name: infer
      pool: inf1
      first_chip: 2
      workload: {kind: tf-serving-neuron}
      model: {name: detector}
"""


def _manifest(platform: Synthesized) -> dict[str, Any]:
    folder = platform.directory / f"sources.{platform.platform.fleet}"
    return dict(json.loads((folder / "manifest.json").read_bytes()))


def _containers(platform: Synthesized) -> list[dict[str, dict[str, Any]]]:
    """By name, of each task definition that fetches a model."""
    definitions = [
        {one["Name"]: one for one in task["Properties"]["ContainerDefinitions"]}
        for task in platform.resources("cluster", "AWS::ECS::TaskDefinition")
    ]
    return [one for one in definitions if "model-fetch" in one]


def _joined(value: Any) -> str:
    return "".join(part if isinstance(part, str) else "<bucket>" for part in value["Fn::Join"][1])


@pytest.fixture(scope="module")
def looking(
    load: Callable[[str], Platform], synthesize: Callable[[Platform], Synthesized]
) -> Synthesized:
    return synthesize(load(LOOKING))


def test_a_service_names_the_archive_that_the_manifest_publishes(yolov4: Synthesized) -> None:
    (model,) = _manifest(yolov4)["models"]
    (containers,) = _containers(yolov4)

    variables = {v["Name"]: v["Value"] for v in containers["model-fetch"]["Environment"]}
    key = artifact_key("yolov4", model["digest"])
    assert _joined(variables["MODEL_URI"]) == f"s3://<bucket>/yolov4-models/{key}"
    assert variables["MODEL_DIGEST"] == model["digest"]
    assert "--model_base_path=/opt/ml/model/yolov4" in containers["main"]["Command"]
    assert containers["model-fetch"]["StartTimeout"] == 600


def test_the_cluster_is_deployed_after_the_models_and_reads_one_key(yolov4: Synthesized) -> None:
    manifest = json.loads((yolov4.directory / "manifest.json").read_text())["artifacts"]
    (model,) = _manifest(yolov4)["models"]
    policies = {
        statement["Sid"]: statement
        for policy in yolov4.resources("cluster", "AWS::IAM::Policy")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement.get("Sid") in ("ReadModel", "ListModel", "DecryptModel")
    }

    assert "yolov4-models" in manifest["yolov4-cluster"]["dependencies"]
    assert sorted(policies) == ["DecryptModel", "ReadModel"]
    archive = f"yolov4-models/{artifact_key('yolov4', model['digest'])}"
    assert _joined(policies["ReadModel"]["Resource"]) == f"arn:aws:s3:::<bucket>/{archive}"
    assert "Fn::ImportValue" in policies["DecryptModel"]["Resource"]


def test_services_and_tasks_fetch_by_the_published_name(looking: Synthesized) -> None:
    (model,) = _manifest(looking)["models"]
    found = _containers(looking)

    # two chips, the task on the third, and the one without any
    assert len(found) == 4
    assert model["name"] == "detector"
    for containers in found:
        variables = {v["Name"]: v["Value"] for v in containers["model-fetch"]["Environment"]}
        assert _joined(variables["MODEL_URI"]).endswith(artifact_key("detector", model["digest"]))
    memory = sorted(sum(one["Memory"] for one in containers.values()) for containers in found)
    assert memory[0] == 1024
    assert len(set(memory[1:])) == 1


def test_a_platform_whose_services_read_s3_does_not_wait_for_its_models(
    dev: Synthesized,
) -> None:
    manifest = json.loads((dev.directory / "manifest.json").read_text())["artifacts"]

    assert "dev-models" not in manifest["dev-cluster"]["dependencies"]
    assert _containers(dev) == []


def test_tensorflow_serving_is_pointed_at_the_folder_of_versions(yolov4: Synthesized) -> None:
    (model,) = yolov4.platform.models

    assert model.build.compile is not None
    assert model.build.compile.output == "yolov4/1"
    assert served_path("tf-serving-neuron", model) == "yolov4"
    assert served_path("container", model) == ""
