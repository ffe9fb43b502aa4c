"""The words of a workload section turned into what the constructs run."""

from __future__ import annotations

from accelerator_catalog import NEURON_IMAGES
from inference_constructs.ecs import (
    ContainerHealth,
    ContainerWorkload,
    ModelArchive,
    ModelSource,
    PortProtocol,
    TfServingNeuron,
    TorchServeNeuronx,
    Workload,
    WorkloadImage,
    WorkloadPort,
)

from .platform.cluster.plans import ServicePlan, TaskPlan
from .platform.cluster.workload_file import Workload as WorkloadSection
from .published_fleet import PublishedFleet


def workload(plan: ServicePlan | TaskPlan, fleet: PublishedFleet | None) -> Workload:
    """What a service or a task runs; ``fleet`` is what the platform publishes, if anything."""
    entry = plan.section
    section = entry.workload
    model = _model(plan, fleet)
    if section.kind == "container":
        return _container(section, model)
    assert model is not None, "the rules refuse a ready-made server without a model"
    if section.kind == "tf-serving-neuron":
        return TfServingNeuron(
            model_name=entry.name if section.model_name is None else section.model_name,
            model=model,
            registry=section.registry,
            load_seconds=section.resolved_load_seconds,
        )
    return TorchServeNeuronx(
        model=model, registry=section.registry, load_seconds=section.resolved_load_seconds
    )


def _container(
    section: WorkloadSection, model: ModelSource | ModelArchive | None
) -> ContainerWorkload:
    name = section.image
    assert name is not None, "the rules refuse a container without an image"
    check = section.health_check
    return ContainerWorkload(
        image=WorkloadImage.catalogued(name, registry=section.registry)
        if name in NEURON_IMAGES
        else WorkloadImage.of(name),
        ports=[
            WorkloadPort(
                name=port.name,
                port=port.port,
                protocol=PortProtocol(port.protocol),
                health_path=port.health_path,
                healthy_codes=port.healthy_codes,
                grpc_services=port.grpc_services,
            )
            for port in section.ports
        ],
        entry_point=section.entry_point,
        command=section.command,
        environment=section.environment,
        health=None
        if check is None
        else ContainerHealth(
            command=check.command,
            load_seconds=section.resolved_load_seconds,
            timeout_seconds=check.timeout_seconds,
        ),
        model=model,
        capabilities=None if section.capabilities is None else frozenset(section.capabilities),
        read_only_root=section.read_only_root,
        writable_paths=section.writable_paths if section.read_only_root else (),
        stop_timeout_seconds=section.stop_timeout_seconds,
    )


def _model(
    plan: ServicePlan | TaskPlan, fleet: PublishedFleet | None
) -> ModelSource | ModelArchive | None:
    section, model = plan.section.workload, plan.section.model
    if plan.model is not None:
        assert fleet is not None, "a platform with models has a fleet"
        return fleet.archive(plan.model, kind=section.kind, seconds=section.resolved_load_seconds)
    if model is None:
        return None
    assert model.uri is not None and model.compiled_for is not None, "the rules want both"
    return ModelSource(uri=model.uri, compiled_for=model.compiled_for, key_arn=model.key_arn)
