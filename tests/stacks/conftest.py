"""One synthesis for each platform and session; tests look at the templates as plain dicts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from accelerator_catalog import CPU_INSTANCES, GPU_EC2_INSTANCES
from stacks.application import build_app
from stacks.config import Platform, load_platform
from stacks.platform.compile.check import CompilePlan

ROOT = Path(__file__).resolve().parents[2]
PLATFORMS = Path(__file__).parent / "platforms"
# The partitions beside the commercial one; between them an old image, a host left to SageMaker,
# no way out, no scaling and an image of our own.
CHINA = """
platform: china
region: cn-north-1
account: "111122223333"
endpoint:
  image: {tag: 23.03-py3}
  inference_ami: default
"""
GOVCLOUD = """
platform: gov
region: us-gov-west-1
removal: destroy
network:
  subnets: [isolated]
  nat_gateways: 0
  availability_zones: 3
  flow_logs: off
endpoint:
  image: {kind: extended}
  subnets: isolated
  network_isolation: false
  instance_type: ml.g4dn.xlarge
  scaling: off
"""
COMPILING = """
platform: {name}
region: {region}
endpoint: {{instance_type: ml.g4dn.xlarge, image: {{tag: 25.04-py3}}}}
compile:
  always: true
  images:
    tensorrt: 111122223333.dkr.ecr.{region}.{suffix}/tensorrt:25.04-py3
    neuronx: 111122223333.dkr.ecr.{region}.{suffix}/neuronx:2.9.0
"""
NETWORK_ONLY = """
platform: bare
region: eu-west-1
acknowledge_end_of_life: [elastic-inference]
network:
  elastic_inference_endpoint: true
"""


@dataclass(frozen=True)
class Synthesized:
    """A platform's cloud assembly: its folder, and templates by ``network``, ``models``, …"""

    platform: Platform
    directory: Path
    templates: Mapping[str, dict[str, Any]]

    def resources(self, stack: str, resource_type: str) -> list[dict[str, Any]]:
        """Every resource of one type in one stack."""
        resources = self.templates[stack]["Resources"].values()
        return [resource for resource in resources if resource["Type"] == resource_type]

    def properties(self, stack: str, resource_type: str) -> dict[str, Any]:
        """The properties of the only resource of one type in one stack."""
        (resource,) = self.resources(stack, resource_type)
        return dict(resource["Properties"])


@pytest.fixture(scope="session")
def context() -> dict[str, Any]:
    return dict(json.loads((ROOT / "cdk.json").read_text())["context"])


@pytest.fixture(scope="session")
def synthesize(
    context: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Platform], Synthesized]:
    def synthesize(platform: Platform) -> Synthesized:
        outdir = tmp_path_factory.mktemp(platform.name)
        build_app(platform, context=context, outdir=outdir).synth()
        files = sorted(outdir.glob("*.template.json"))
        templates = {
            file.name.removesuffix(".template.json").removeprefix(f"{platform.name}-"): json.loads(
                file.read_text()
            )
            for file in files
        }
        return Synthesized(platform, outdir, templates)

    return synthesize


@pytest.fixture(scope="session")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Platform]:
    def load(text: str) -> Platform:
        file = tmp_path_factory.mktemp("platforms") / "platform.yaml"
        file.write_text(text)
        return load_platform(file, models_root=ROOT / "models")

    return load


@pytest.fixture(scope="session")
def laptop(synthesize: Callable[[Platform], Synthesized]) -> Synthesized:
    return synthesize(
        load_platform(ROOT / "platforms" / "laptop.yaml", models_root=ROOT / "models")
    )


@pytest.fixture(scope="session")
def prod(synthesize: Callable[[Platform], Synthesized]) -> Synthesized:
    return synthesize(load_platform(ROOT / "platforms" / "prod.yaml", models_root=ROOT / "models"))


@pytest.fixture(scope="session")
def dev(synthesize: Callable[[Platform], Synthesized]) -> Synthesized:
    return synthesize(load_platform(ROOT / "platforms" / "dev.yaml", models_root=ROOT / "models"))


@pytest.fixture(scope="session")
def yolov4(synthesize: Callable[[Platform], Synthesized]) -> Synthesized:
    """A service that serves what the platform's own fleet compiles."""
    return synthesize(
        load_platform(ROOT / "platforms" / "yolov4.yaml", models_root=ROOT / "models")
    )


@pytest.fixture(scope="session")
def gpu_endpoint(synthesize: Callable[[Platform], Synthesized]) -> Synthesized:
    """Two builds of one folder behind one endpoint."""
    return synthesize(
        load_platform(ROOT / "platforms" / "gpu-endpoint.yaml", models_root=ROOT / "models")
    )


@pytest.fixture(scope="session")
def fleet(synthesize: Callable[[Platform], Synthesized]) -> Synthesized:
    return synthesize(load_platform(PLATFORMS / "fleet.yaml", models_root=ROOT / "models"))


@pytest.fixture(scope="session")
def monitored_compiling(synthesize: Any, load: Any) -> Any:
    """A state machine, and an endpoint that caches nothing."""
    return synthesize(
        load(
            "platform: watched\nregion: cn-north-1\ncompile: {always: true}\nmonitoring: {}\n"
            "endpoint: {model_cache: disabled, image: {tag: 25.04-py3}}\n"
        )
    )


@pytest.fixture(scope="session")
def rollouts(synthesize: Callable[[Platform], Synthesized]) -> Synthesized:
    """Guarded updates and hot models."""
    return synthesize(load_platform(PLATFORMS / "rollouts.yaml", models_root=ROOT / "models"))


@pytest.fixture(scope="session")
def china_fleet(synthesize: Callable[[Platform], Synthesized]) -> Synthesized:
    return synthesize(load_platform(PLATFORMS / "china-fleet.yaml", models_root=ROOT / "models"))


@pytest.fixture(scope="session")
def verified_services(synthesize: Callable[[Platform], Synthesized]) -> Synthesized:
    """Two services that are asked after each deployment."""
    file = PLATFORMS / "verified-services.yaml"
    return synthesize(load_platform(file, models_root=ROOT / "models"))


@pytest.fixture(scope="session")
def comparison(synthesize: Callable[[Platform], Synthesized]) -> Synthesized:
    """A GPU that two servers share."""
    file = ROOT / "platforms" / "comparison.yaml"
    return synthesize(load_platform(file, models_root=ROOT / "models"))


@pytest.fixture(scope="session")
def elastic_inference(synthesize: Callable[[Platform], Synthesized]) -> Synthesized:
    """The comparison as the article has it."""
    file = PLATFORMS / "elastic-inference.yaml"
    return synthesize(load_platform(file, models_root=ROOT / "models"))


@pytest.fixture(scope="session")
def china_comparison(synthesize: Callable[[Platform], Synthesized]) -> Synthesized:
    """A GPU for one server."""
    file = PLATFORMS / "china-comparison.yaml"
    return synthesize(load_platform(file, models_root=ROOT / "models"))


@pytest.fixture(scope="session")
def china(
    synthesize: Callable[[Platform], Synthesized], load: Callable[[str], Platform]
) -> Synthesized:
    return synthesize(load(CHINA))


def _compiling(platform: Platform) -> Platform:
    """The platform as if its models had recipes of two engines."""
    assert platform.compile is not None
    plan = CompilePlan(
        section=platform.compile.section,
        engines={"tensorrt": ("g4dn",), "neuronx": ("inf2", "trn1")},
        instances={
            "g4dn": (GPU_EC2_INSTANCES["g4dn.2xlarge"], GPU_EC2_INSTANCES["g4dn.4xlarge"]),
            "cpu": (CPU_INSTANCES["m6i.4xlarge"],),
        },
    )
    return replace(platform, compile=plan)


@pytest.fixture(scope="session")
def compiling(
    synthesize: Callable[[Platform], Synthesized], load: Callable[[str], Platform]
) -> Synthesized:
    """Named as the fleet of `tests.support.fleet_world`."""
    text = COMPILING.format(name="laptop", region="us-east-1", suffix="amazonaws.com")
    return synthesize(_compiling(load(text)))


@pytest.fixture(scope="session")
def china_compiling(
    synthesize: Callable[[Platform], Synthesized], load: Callable[[str], Platform]
) -> Synthesized:
    text = COMPILING.format(name="china-compiling", region="cn-north-1", suffix="amazonaws.com.cn")
    return synthesize(_compiling(load(text)))


@pytest.fixture(scope="session")
def packaging(
    synthesize: Callable[[Platform], Synthesized], load: Callable[[str], Platform]
) -> Synthesized:
    """The state machine without a compiler."""
    text = "platform: packaging\nregion: us-east-1\nendpoint: {}\ncompile: {always: true}\n"
    return synthesize(load(text))


@pytest.fixture(scope="session")
def govcloud(
    synthesize: Callable[[Platform], Synthesized], load: Callable[[str], Platform]
) -> Synthesized:
    return synthesize(load(GOVCLOUD))


@pytest.fixture(scope="session")
def network_only(
    synthesize: Callable[[Platform], Synthesized], load: Callable[[str], Platform]
) -> Synthesized:
    return synthesize(load(NETWORK_ONLY))


@pytest.fixture(
    scope="session",
    params=[
        "laptop",
        "dev",
        "prod",
        "china",
        "govcloud",
        "network_only",
        "fleet",
        "china_fleet",
        "verified_services",
        "comparison",
        "elastic_inference",
        "china_comparison",
        "compiling",
        "china_compiling",
        "packaging",
        "rollouts",
    ],
)
def any_platform(request: pytest.FixtureRequest) -> Synthesized:
    """Each of the platforms above."""
    synthesized: Synthesized = request.getfixturevalue(request.param)
    return synthesized
