"""Rules of the compile section: what this platform can compile, on which machines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from accelerator_catalog import GPU_EC2_INSTANCES, Ec2Instance, core_version_of_target
from model_folders.recipes import Engine
from stacks.platform.cluster.network import ENDPOINTS
from stacks.platform.compile.file import Compile
from stacks.platform.compile.instance_types import PLANS, check_cpu_types, check_gpu_types
from stacks.platform.file import Network
from stacks.platform.findings import Findings
from stacks.platform.models import PlatformModel

CPU_QUEUE: Final = "cpu"
_RELEASE: Final = re.compile(r"(\d\d\.\d\d)(?!\d)")
# What hosts in isolated subnets call; jobs reach S3 through the gateway endpoint.
_HOST_ENDPOINTS: Final = ("ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "logs")


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What the platform could compile; ``section`` is None with ``compile: off``."""

    section: Compile | None
    deploy_to: Literal["embedded", "aws"]

    def problem(self, engine: Engine, target: str) -> str | None:
        """Why no model can be compiled so, in the words of a rule; None where it can."""
        if self.section is None:
            return "this platform does not do"
        embedded = self.deploy_to == "embedded"
        if engine == "onnxruntime":
            return None if embedded else "only the embedded AWS does"
        if embedded:
            return "the embedded AWS does not do"
        if engine == "tensorrt" and target not in _gpu_families():
            return f"no EC2 instance of the catalogue does for {target}"
        return None


@dataclass(frozen=True, kw_only=True)
class CompilePlan:
    """The compile section with what is compiled: targets of each engine that a recipe names.

    ``instances`` are by queue: the GPU family's name, or ``cpu``.
    """

    section: Compile
    engines: Mapping[Engine, tuple[str, ...]]
    instances: Mapping[str, tuple[Ec2Instance, ...]] = field(default_factory=dict)

    def queue_of(self, engine: Engine) -> str:
        """TensorRT compiles on the GPU that serves, the others on any CPU."""
        return self.engines[engine][0] if engine == "tensorrt" else CPU_QUEUE


@dataclass(frozen=True, kw_only=True)
class CompilePlace:
    """What the rules know of the rest of the file; None for what could not be read."""

    region: str
    network: Network | None
    deploy_to: Literal["embedded", "aws"]
    serving_tag: str | None


def check_compile(
    section: Compile | None,
    models: Sequence[PlatformModel],
    place: CompilePlace,
    findings: Findings,
) -> CompilePlan | None:
    """The plan; None where nothing compiles and nobody asked for the machinery."""
    if section is None:
        return None
    _check_release(section, place, findings)
    engines: dict[Engine, tuple[str, ...]] = {}
    for model in models:
        if model.build.compile is not None:
            engine = model.build.compile.engine
            engines[engine] = tuple(sorted({*engines.get(engine, ()), model.target}))
    families = engines.get("tensorrt", ())
    instances: dict[str, tuple[Ec2Instance, ...]] = {}
    named = check_gpu_types(section, families, place.region, findings)
    if families:
        instances[families[0]] = named
    processors = check_cpu_types(section, place.region, findings)
    if set(engines) - {"tensorrt"}:
        instances[CPU_QUEUE] = processors
    if not engines and not section.always:
        return None
    if instances and place.network is not None:
        _check_place(section, place.network, findings)
    return CompilePlan(section=section, engines=engines, instances=instances)


def endpoints_of_compilers(plan: CompilePlan | None) -> tuple[str, ...]:
    """Interface endpoints that compile hosts in isolated subnets need; none in private ones."""
    if plan is None or not plan.instances or plan.section.subnets != "isolated":
        return ()
    return _HOST_ENDPOINTS


def is_neuron(target: str) -> bool:
    """Whether ``target`` is a family of Neuron instances."""
    return core_version_of_target(target) is not None


def _gpu_families() -> set[str]:
    return {instance.family for instance in GPU_EC2_INSTANCES.values()}


def _check_release(section: Compile, place: CompilePlace, findings: Findings) -> None:
    """A plan loads in the very TensorRT that built it, which the image's release stands for."""
    image = section.images.get("tensorrt")
    if image is None or place.serving_tag is None:
        return
    wanted = _RELEASE.match(place.serving_tag)
    _, _, tag = image.rpartition("/")[2].partition("@")[0].partition(":")
    found = _RELEASE.match(tag)
    if wanted is None or (found is not None and found[1] == wanted[1]):
        return
    findings.refuse(
        "compile.images.tensorrt",
        image,
        rule=f"is not of release {wanted[1]}, and the server's TensorRT loads plans of its own"
        " version only",
        fix=f"use an image whose tag begins with {wanted[1]}, or change endpoint.image.tag",
        source=PLANS,
    )


def _check_place(section: Compile, network: Network, findings: Findings) -> None:
    key = "compile.subnets"
    if section.subnets not in network.subnets:
        findings.refuse(
            key,
            section.subnets,
            rule=f"is not a kind of subnet of this network, which has {', '.join(network.subnets)}",
            fix=f"add {section.subnets} to network.subnets, or choose another",
        )
    if section.subnets != "isolated":
        return
    if not network.s3_gateway_endpoint:
        findings.refuse(
            key,
            section.subnets,
            rule="has no way to images and models, which are in S3, without its gateway endpoint",
            fix="write network.s3_gateway_endpoint: true",
            source=ENDPOINTS,
        )
    if network.interface_endpoints is not None:
        missing = [name for name in _HOST_ENDPOINTS if name not in network.interface_endpoints]
        if missing:
            findings.refuse(
                "network.interface_endpoints",
                network.interface_endpoints,
                rule=f"lacks {', '.join(missing)}, without which isolated hosts compile nothing",
                fix="add them, or write auto",
                source=ENDPOINTS,
            )
