"""Which machines a platform compiles on, and when it has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from accelerator_catalog import CPU_INSTANCES
from stacks.config import Compile, Platform, load_platform
from stacks.construct_props import network_props
from stacks.platform.compile.check import CompilePlace, check_compile, endpoints_of_compilers
from stacks.platform.findings import Findings

_MODELS = Path(__file__).parent / "wrong_platforms" / "models"
_HEAD = "platform: test\nregion: us-east-1\n"
_TENSORRT = "models: [{name: text, build: gpu-tensorrt}]\n"


def _load(text: str, folder: Path) -> Platform:
    path = folder / "platform.yaml"
    path.write_text(text, encoding="utf-8")
    return load_platform(path, models_root=_MODELS)


def test_platform_without_recipes_has_no_machinery(tmp_path: Path) -> None:
    assert _load(f"{_HEAD}endpoint: {{}}\nmodels: [{{name: text}}]\n", tmp_path).compile is None
    assert _load(f"{_HEAD}compile: {{spot: false}}\n", tmp_path).compile is None
    assert _load(f"{_HEAD}compile: off\n", tmp_path).compile is None


def test_machinery_that_was_asked_for_has_no_machines_without_recipes(tmp_path: Path) -> None:
    plan = _load(f"{_HEAD}compile: {{always: true}}\n", tmp_path).compile

    assert plan is not None
    assert (dict(plan.engines), dict(plan.instances)) == ({}, {})


@pytest.mark.parametrize("family", ["g4dn", "g5", "g6"])
def test_tensorrt_compiles_on_the_endpoints_own_family(family: str, tmp_path: Path) -> None:
    plan = _load(
        f"{_HEAD}endpoint: {{instance_type: ml.{family}.xlarge}}\n{_TENSORRT}", tmp_path
    ).compile

    assert plan is not None
    assert dict(plan.engines) == {"tensorrt": (family,)}
    assert plan.queue_of("tensorrt") == family
    names = [instance.name for instance in plan.instances[family]]
    assert names == [f"{family}.2xlarge", f"{family}.4xlarge"]


def test_build_without_a_compile_is_preferred_where_none_is_named(tmp_path: Path) -> None:
    on_g5 = _load(
        f"{_HEAD}endpoint: {{instance_type: ml.g5.xlarge}}\nmodels: [{{name: text}}]\n", tmp_path
    )
    on_g6 = _load(
        f"{_HEAD}endpoint: {{instance_type: ml.g6.xlarge}}\nmodels: [{{name: text}}]\n", tmp_path
    )

    assert on_g5.models[0].build.name == "gpu-onnx"
    assert on_g6.models[0].build.name == "gpu-tensorrt"


def test_neuron_compiles_on_plain_hosts_for_what_a_pool_loads(tmp_path: Path) -> None:
    platform = _load(
        f"{_HEAD}models: [{{name: text, target: trn1}}]\n"
        "cluster: {pools: [{name: inf2, instance_type: inf2.xlarge}]}\n",
        tmp_path,
    )

    plan = platform.compile
    assert plan is not None
    assert dict(plan.engines) == {"neuronx": ("trn1",)}
    assert plan.queue_of("neuronx") == "cpu"
    assert [instance.name for instance in plan.instances["cpu"]] == ["m6i.4xlarge", "m5.4xlarge"]


def test_embedded_aws_compiles_for_the_cpu(tmp_path: Path) -> None:
    platform = _load(f"{_HEAD}deploy_to: embedded\nmodels: [{{name: laptop-compiled}}]\n", tmp_path)

    assert platform.compile is not None
    assert dict(platform.compile.engines) == {"onnxruntime": ("cpu",)}
    assert platform.models[0].build.name == "laptop"


def test_region_without_the_newer_type_gets_the_older_one(tmp_path: Path) -> None:
    region = "ap-southeast-4"
    assert region in CPU_INSTANCES["m5.4xlarge"].regions - CPU_INSTANCES["m6i.4xlarge"].regions
    place = CompilePlace(region=region, network=None, deploy_to="aws", serving_tag=None)
    embedded = _load(f"{_HEAD}deploy_to: embedded\nmodels: [{{name: laptop-compiled}}]\n", tmp_path)

    plan = check_compile(Compile(), embedded.models, place, Findings(tmp_path))

    assert plan is not None
    assert [instance.name for instance in plan.instances["cpu"]] == ["m5.4xlarge"]


@pytest.mark.parametrize(
    "image",
    [
        "nvcr.io/nvidia/tensorrt:26.05-py3",
        "111122223333.dkr.ecr.us-east-1.amazonaws.com/tensorrt:26.05-mine",
    ],
)
def test_image_of_the_servers_release_is_accepted(image: str, tmp_path: Path) -> None:
    platform = _load(
        f"{_HEAD}endpoint: {{}}\n{_TENSORRT}compile: {{images: {{tensorrt: '{image}'}}}}\n",
        tmp_path,
    )

    assert platform.compile is not None
    assert platform.compile.section.images["tensorrt"] == image


def test_isolated_hosts_get_the_endpoints_that_they_call(tmp_path: Path) -> None:
    text = (
        f"{_HEAD}network: {{subnets: [isolated], nat_gateways: 0}}\n"
        f"endpoint: {{subnets: isolated}}\n{_TENSORRT}"
    )
    platform = _load(f"{text}compile: {{subnets: isolated}}\n", tmp_path)

    needed = {"ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "logs"}
    assert set(endpoints_of_compilers(platform.compile)) == needed
    assert needed <= set(network_props(platform).interface_endpoints)
    private = _load(f"{_HEAD}endpoint: {{}}\n{_TENSORRT}", tmp_path)
    assert endpoints_of_compilers(private.compile) == ()
