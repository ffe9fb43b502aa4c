"""The container of a task definition: what the workload says and what its place adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from constructs import IConstruct

from fleet_packing import FETCH_BUDGET, HostBudget
from inference_constructs.nag import acknowledge

from .model_fetch import (
    MODEL_VOLUME,
    fetch_container,
    model_mount,
    waits_for_fetch,
)
from .packing import NetworkMode
from .task_resources import TaskResources
from .workload import IPC_LOCK, ContainerWorkload
from .workload_archive import ModelArchive

CONTAINER_NAME = "main"
"""The essential container of every task, by which load balancers and overrides name it."""


@dataclass(frozen=True, kw_only=True)
class TaskPlace:
    """What a host gives to one task of it.

    ``devices``: paths, the same on the host and in the container. The runtime counts cores over the
    whole host and would look for the devices under other numbers.
    ``lock_ports``: host ports that stand for chips; nothing listens on them.
    ``neuron``: whether the task owns chips, however it gets them.
    """

    budget: HostBudget
    network_mode: NetworkMode
    log_prefix: str
    devices: Sequence[str] = ()
    lock_ports: Sequence[int] = ()
    neuron: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    requirements: Sequence[ecs.CfnTaskDefinition.ResourceRequirementProperty] = ()


def container_definitions(
    workload: ContainerWorkload, place: TaskPlace, resources: TaskResources
) -> list[ecs.CfnTaskDefinition.ContainerDefinitionProperty]:
    """The definition of the container for one place, and of what fetches its model before."""
    log = _log_configuration(place, resources)
    main = _main_container(workload, place, resources, log)
    if not isinstance(workload.model, ModelArchive) or resources.fetch_image is None:
        return [main]
    fetch = fetch_container(
        workload.model, resources.fetch_image, scope=resources, log_configuration=log
    )
    return [main, fetch]


def _main_container(
    workload: ContainerWorkload,
    place: TaskPlace,
    resources: TaskResources,
    log: ecs.CfnTaskDefinition.LogConfigurationProperty,
) -> ecs.CfnTaskDefinition.ContainerDefinitionProperty:
    region = Stack.of(resources).region
    fetched = isinstance(workload.model, ModelArchive)
    budget = place.budget.beside(FETCH_BUDGET) if fetched else place.budget
    environment = {
        # No SDK finds the region by itself in a container that may not reach the metadata service.
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        **workload.environment,
        **place.environment,
    }
    return ecs.CfnTaskDefinition.ContainerDefinitionProperty(
        name=CONTAINER_NAME,
        image=resources.image.uri,
        essential=True,
        depends_on=[waits_for_fetch()] if fetched else None,
        # A hard limit and the reservation in one: no task can take the memory of its neighbours.
        memory=budget.memory_mib,
        cpu=budget.cpu_units,
        entry_point=list(workload.entry_point) or None,
        command=list(workload.command) or None,
        environment=[
            ecs.CfnTaskDefinition.KeyValuePairProperty(name=name, value=environment[name])
            for name in sorted(environment)
        ],
        port_mappings=_port_mappings(workload, place) or None,
        linux_parameters=_linux_parameters(workload, place),
        resource_requirements=list(place.requirements) or None,
        readonly_root_filesystem=workload.read_only_root,
        mount_points=_mount_points(workload) or None,
        health_check=_health_check(workload),
        stop_timeout=workload.stop_timeout_seconds,
        log_configuration=log,
    )


def task_volumes(
    workload: ContainerWorkload,
) -> list[ecs.CfnTaskDefinition.VolumeProperty] | None:
    """Empty folders for the paths that stay writable and for a fetched model; Docker picks their
    place on the host.
    """
    names = [f"scratch{index}" for index, _ in enumerate(workload.writable_paths)]
    if isinstance(workload.model, ModelArchive):
        names.append(MODEL_VOLUME)
    return [ecs.CfnTaskDefinition.VolumeProperty(name=name) for name in names] or None


def instance_type_constraint(
    name: str,
) -> ecs.CfnTaskDefinition.TaskDefinitionPlacementConstraintProperty:
    """Hosts of one instance type. The attribute is in lower case; ``Inf1.xlarge`` matches none."""
    return ecs.CfnTaskDefinition.TaskDefinitionPlacementConstraintProperty(
        type="memberOf", expression=f"attribute:ecs.instance-type == {name.lower()}"
    )


def acknowledge_environment(task_definition: IConstruct) -> None:
    """The variables of a workload are settings, and cdk-nag cannot tell."""
    acknowledge(
        task_definition,
        {
            "AwsSolutions-ECS2": "The variables say where the model is and which cores the task"
            " owns; they hold no secrets, and ECS offers no other way to set them for a slot."
        },
    )


def _mount_points(
    workload: ContainerWorkload,
) -> list[ecs.CfnTaskDefinition.MountPointProperty]:
    scratch = [
        ecs.CfnTaskDefinition.MountPointProperty(
            source_volume=f"scratch{index}", container_path=path, read_only=False
        )
        for index, path in enumerate(workload.writable_paths)
    ]
    return [*scratch, model_mount()] if isinstance(workload.model, ModelArchive) else scratch


def _log_configuration(
    place: TaskPlace, resources: TaskResources
) -> ecs.CfnTaskDefinition.LogConfigurationProperty:
    return ecs.CfnTaskDefinition.LogConfigurationProperty(
        log_driver="awslogs",
        options={
            "awslogs-group": resources.log_group.log_group_name,
            "awslogs-region": Stack.of(resources).region,
            "awslogs-stream-prefix": place.log_prefix,
            # A log that cannot be delivered must not stop a server that answers.
            "mode": "non-blocking",
            "max-buffer-size": "25m",
        },
    )


def _port_mappings(
    workload: ContainerWorkload, place: TaskPlace
) -> list[ecs.CfnTaskDefinition.PortMappingProperty]:
    dynamic = place.network_mode is NetworkMode.BRIDGE
    return [
        *(
            ecs.CfnTaskDefinition.PortMappingProperty(
                container_port=port.port,
                host_port=0 if dynamic else port.port,
                protocol="tcp",
            )
            for port in workload.ports
        ),
        *(
            ecs.CfnTaskDefinition.PortMappingProperty(
                container_port=port, host_port=port, protocol="tcp"
            )
            for port in place.lock_ports
        ),
    ]


def _linux_parameters(
    workload: ContainerWorkload, place: TaskPlace
) -> ecs.CfnTaskDefinition.LinuxParametersProperty:
    capabilities = workload.capabilities
    if capabilities is None:
        capabilities = frozenset({IPC_LOCK} if place.neuron else ())
    return ecs.CfnTaskDefinition.LinuxParametersProperty(
        # Reaps the children of servers that fork workers and hands SIGTERM on.
        init_process_enabled=True,
        capabilities=ecs.CfnTaskDefinition.KernelCapabilitiesProperty(add=sorted(capabilities))
        if capabilities
        else None,
        devices=[
            ecs.CfnTaskDefinition.DeviceProperty(
                host_path=path, container_path=path, permissions=["read", "write"]
            )
            for path in place.devices
        ]
        or None,
    )


def _health_check(
    workload: ContainerWorkload,
) -> ecs.CfnTaskDefinition.HealthCheckProperty | None:
    health = workload.health
    if health is None:
        return None
    return ecs.CfnTaskDefinition.HealthCheckProperty(
        command=list(health.shell_command),
        interval=health.interval_seconds,
        timeout=health.timeout_seconds,
        retries=health.retries,
        start_period=health.start_period_seconds,
    )
