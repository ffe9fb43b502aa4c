"""The platform file: read, checked against the catalogue and the model folders, and typed.

``python -m stacks.config --write-schema`` rewrites ``platforms/schema.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from accelerator_catalog import (
    END_OF_LIFE,
    GPU_INSTANCES,
    NEURON_INSTANCES,
    NEWEST_TRITON_TAG,
    GpuInstance,
    TritonImage,
    triton_image_uri,
)
from model_folders.recipes import Engine
from stacks.platform.cluster.check import Surroundings, check_cluster
from stacks.platform.cluster.file import Cluster
from stacks.platform.cluster.plans import ClusterPlan
from stacks.platform.cluster.published import PublishedModels
from stacks.platform.comparison.check import check_comparison
from stacks.platform.comparison.file import Comparison
from stacks.platform.comparison.plans import ComparisonPlan
from stacks.platform.compile.check import CompilePlace, CompilePlan, Offer, check_compile
from stacks.platform.compile.file import Compile
from stacks.platform.endpoint.check import check_instance, check_placement, check_volume
from stacks.platform.endpoint.deployment import check_deployment
from stacks.platform.endpoint.environment import check_environment
from stacks.platform.endpoint.image import check_image, check_triple
from stacks.platform.endpoint.scaling import check_scaling
from stacks.platform.endpoint.verification import check_verification
from stacks.platform.endpoint.warm_up import check_warm_up
from stacks.platform.file import (
    DEFAULT_INSTANCE_TYPE,
    Endpoint,
    FlowLogs,
    Image,
    ModelEntry,
    Network,
    PlatformFile,
    Scaling,
    Schedule,
)
from stacks.platform.findings import Findings
from stacks.platform.identity import check_identity
from stacks.platform.models import PlatformModel, Serving, check_models
from stacks.platform.monitoring.check import check_monitoring
from stacks.platform.monitoring.file import Monitoring
from stacks.platform.network import check_network
from stacks.platform.problems import PlatformFileError, Problem
from stacks.platform.schema import SCHEMA_PATH, schema_main, schema_text
from stacks.platform.sections import TypedFile, read_sections
from stacks.platform.yaml_file import read_platform_yaml

# Models without an endpoint are made for the default endpoint's GPU.
_DEFAULT_FAMILY = GPU_INSTANCES[DEFAULT_INSTANCE_TYPE].family


@dataclass(frozen=True, kw_only=True)
class EndpointPlan:
    """The endpoint section with what the catalogue says about it.

    ``image_uri`` is the stock image, which the extended one builds on.
    ``inference_ami_version`` is None where the property stays unset.
    """

    name: str
    section: Endpoint
    instance: GpuInstance
    image: TritonImage
    image_uri: str
    inference_ami_version: str | None


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A platform file without problems.

    ``fleet`` is also the endpoint's name, ``prefix`` (``<fleet>/``) the place of its artifacts.
    ``warnings`` are whole sentences for the operator.
    """

    path: Path
    name: str
    deploy_to: Literal["embedded", "aws"]
    region: str
    account: str | None
    removal: Literal["destroy", "retain"]
    network: Network
    endpoint: EndpointPlan | None
    models: tuple[PlatformModel, ...]
    warnings: tuple[str, ...]
    cluster: ClusterPlan | None = None
    comparison: ComparisonPlan | None = None
    monitoring: Monitoring | None = None
    compile: CompilePlan | None = None
    """None where nothing is compiled and no state machine was asked for."""

    @property
    def fleet(self) -> str:
        """Name of the model fleet: the endpoint's, which is ``<platform>-models`` by default."""
        return f"{self.name}-models" if self.endpoint is None else self.endpoint.name

    @property
    def prefix(self) -> str:
        """S3 key prefix of the fleet's artifacts, ending in a slash."""
        return f"{self.fleet}/"

    @property
    def compiler_images(self) -> Mapping[Engine, str]:
        """Images that compile in place of an engine's own."""
        return {} if self.compile is None else self.compile.section.images

    @property
    def serving_image(self) -> str:
        """Image tag the artifacts are made for; the newest where no endpoint says otherwise."""
        return NEWEST_TRITON_TAG if self.endpoint is None else self.endpoint.image.tag


def load_platform(path: Path, *, models_root: Path) -> Platform:
    """The checked platform. Raises PlatformFileError with every problem of the file."""
    findings = Findings(path)
    raw, problems = read_platform_yaml(path)
    findings.problems += problems
    if raw is None:
        raise PlatformFileError(findings.problems)
    typed = read_sections(path, raw)
    findings.problems += typed.problems
    checked = _check(typed, models_root, findings)
    if typed.file.endpoint is not None and not typed.file.models:
        findings.warn("models", "the list is empty: the endpoint will have nothing to serve")
    if findings.problems:
        raise PlatformFileError(findings.problems)
    file = typed.file
    return Platform(
        path=path,
        name=file.platform,
        deploy_to=file.deploy_to,
        region=file.region,
        account=file.account,
        removal=file.removal,
        network=file.network,
        endpoint=checked.endpoint,
        models=checked.models,
        warnings=tuple(findings.warnings),
        cluster=checked.cluster,
        comparison=checked.comparison,
        compile=checked.compile,
        monitoring=file.monitoring,
    )


@dataclass(frozen=True, kw_only=True)
class _Checked:
    """The sections as planned, which are of use where there are no problems."""

    endpoint: EndpointPlan | None
    models: tuple[PlatformModel, ...]
    cluster: ClusterPlan | None
    comparison: ComparisonPlan | None
    compile: CompilePlan | None


def _check(typed: TypedFile, models_root: Path, findings: Findings) -> _Checked:
    """Applies the rules whose sections could be read; one broken section hides no other's."""
    file, broken = typed.file, typed.broken
    check_identity(file, broken, findings)
    # No rule of a region or an acknowledgement applies where that could not be read.
    region = "" if "region" in broken else file.region
    acknowledged = frozenset(
        END_OF_LIFE if "acknowledge_end_of_life" in broken else file.acknowledge_end_of_life
    )
    if "network" not in broken:
        check_network(file.network, region, acknowledged, findings)
    endpoint: EndpointPlan | None = None
    family: str | None = None
    if file.endpoint is not None:
        network = None if "network" in broken else file.network
        instance = check_instance(file.endpoint, region, acknowledged, findings)
        image = check_image(file.endpoint, region, findings)
        version = _check_endpoint(file.endpoint, network, instance, image, findings)
        family = None if instance is None else instance.family
        if instance is not None and image is not None and not findings.problems:
            endpoint = _plan(file, file.endpoint, instance, image, version)
    elif "endpoint" not in broken:
        family = _DEFAULT_FAMILY
    models: tuple[PlatformModel, ...] = ()
    compiling: CompilePlan | None = None
    if "deploy_to" not in broken:
        offer = Offer(section=file.compile, deploy_to=file.deploy_to)
        serving = Serving(
            deploy_to=file.deploy_to,
            family=family,
            neuron_cores=_neuron_cores(typed),
            compile_problem=offer.problem,
        )
        models = check_models(typed.models, models_root, serving, findings)
        around_compilers = CompilePlace(
            region=region,
            network=None if "network" in broken else file.network,
            deploy_to=file.deploy_to,
            serving_tag=_serving_tag(file, broken),
        )
        compiling = check_compile(file.compile, models, around_compilers, findings)
    if file.endpoint is not None and file.endpoint.verification is not None:
        check_verification(file.endpoint, file.endpoint.verification, models, findings)
    if file.endpoint is not None and "models" not in broken:
        check_warm_up(file.endpoint, file.models, models, findings)
    if file.monitoring is not None:
        check_monitoring(file.monitoring, file, broken, findings)
    around = Surroundings(
        region=region,
        network=None if "network" in broken else file.network,
        acknowledged=acknowledged,
        deploy_to=file.deploy_to,
        removal=file.removal,
        published=PublishedModels(
            listed=None
            if "models" in broken
            else frozenset(entry.published_name for _, entry in typed.models),
            read={model.name: model for model in models},
            embedded=file.deploy_to == "embedded",
        ),
    )
    return _Checked(
        endpoint=endpoint,
        models=models,
        cluster=None if typed.cluster is None else check_cluster(typed.cluster, around, findings),
        comparison=None
        if file.comparison is None
        else check_comparison(file.comparison, around, findings),
        compile=compiling,
    )


def _neuron_cores(typed: TypedFile) -> frozenset[int] | None:
    """Generations of NeuronCores in the cluster's pools; None where those could not be read."""
    if typed.cluster is None:
        return None if "cluster" in typed.broken else frozenset()
    if "pools" in typed.cluster.broken:
        return None
    types = {pool.instance_type for _, pool in typed.cluster.pools}
    return frozenset(NEURON_INSTANCES[name].core_version for name in types & set(NEURON_INSTANCES))


def _serving_tag(file: PlatformFile, broken: frozenset[str]) -> str | None:
    if "endpoint" in broken:
        return None
    return NEWEST_TRITON_TAG if file.endpoint is None else file.endpoint.image.tag


def _check_endpoint(
    endpoint: Endpoint,
    network: Network | None,
    instance: GpuInstance | None,
    image: TritonImage | None,
    findings: Findings,
) -> str | None:
    """The InferenceAmiVersion to set; checks what the parts that could be read allow."""
    if network is not None:
        check_placement(endpoint, network, findings)
    check_environment(endpoint, findings)
    if endpoint.scaling is not None:
        check_scaling(endpoint, endpoint.scaling, findings)
    if endpoint.deployment is not None:
        check_deployment(endpoint, endpoint.deployment, findings)
    if instance is not None:
        check_volume(endpoint, instance, findings)
    if instance is None or image is None:
        return None
    return check_triple(endpoint, image, instance, findings)


def _plan(
    file: PlatformFile,
    section: Endpoint,
    instance: GpuInstance,
    image: TritonImage,
    version: str | None,
) -> EndpointPlan:
    return EndpointPlan(
        name=f"{file.platform}-models" if section.name is None else section.name,
        section=section,
        instance=instance,
        image=image,
        image_uri=triton_image_uri(file.region, image.tag, account=section.image.account),
        inference_ami_version=version,
    )


__all__ = [
    "SCHEMA_PATH",
    "Cluster",
    "ClusterPlan",
    "Comparison",
    "ComparisonPlan",
    "Compile",
    "CompilePlan",
    "Endpoint",
    "EndpointPlan",
    "FlowLogs",
    "Image",
    "ModelEntry",
    "Monitoring",
    "Network",
    "Platform",
    "PlatformFile",
    "PlatformFileError",
    "PlatformModel",
    "Problem",
    "Scaling",
    "Schedule",
    "load_platform",
    "schema_text",
]

if __name__ == "__main__":
    raise SystemExit(schema_main())
