"""Managed instances: ECS launches what a waiting task needs and drops what is empty.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ManagedInstances.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from accelerator_catalog import (
    EC2_INSTANCES,
    NEURON_CORES,
    CpuInstance,
    Ec2Instance,
    GpuEc2Instance,
    NeuronInstance,
)

from .simulator import Host, HostType, placement, standard_attributes
from .store import CapacityProvider, Cluster, new_id, now

_ACCELERATORS = ("acceleratorManufacturers", "acceleratorNames", "acceleratorCount")


def launch(cluster: Cluster, provider: CapacityProvider, *, zone: str, trunking: bool) -> bool:
    """Launch the smallest fitting instance for the first task that waits; whether there was one."""
    fleet = cluster.fleet
    for task in fleet.waiting:
        if task.provider != provider.name:
            continue
        for instance in _candidates(provider):
            host = _host(instance, provider, zone=zone, trunking=trunking)
            if placement.why_not(host, task) is None:
                fleet.add_host(host)
                return True
    return False


def release(cluster: Cluster, provider: CapacityProvider) -> bool:
    """Terminate instances of the provider that hold nothing; whether there were any."""
    empty = [
        host
        for host in cluster.fleet.hosts.values()
        if host.managed and host.provider == provider.name and host.idle
    ]
    waiting = any(task.provider == provider.name for task in cluster.fleet.waiting)
    for host in [] if waiting else empty:
        cluster.fleet.remove_host(host.id)
    return bool(empty) and not waiting


def _candidates(provider: CapacityProvider) -> Iterator[Ec2Instance]:
    settings = provider.body["managedInstancesProvider"]["instanceLaunchTemplate"]
    required = settings.get("instanceRequirements", {})
    by_size = sorted(EC2_INSTANCES.values(), key=lambda one: (one.vcpu, one.memory_gib, one.name))
    return (instance for instance in by_size if _fits(instance, required))


def _fits(instance: Ec2Instance, required: Mapping[str, Any]) -> bool:
    """By the requirements that tell sizes and accelerators apart; the others narrow nothing here.

    Inferentia (the first) is for the EC2 launch type only.
    """
    if isinstance(instance, NeuronInstance):
        if not NEURON_CORES[instance.core_version].managed_instances:
            return False
        maker, name, number = "amazon-web-services", instance.chip.lower(), instance.chips
    elif isinstance(instance, GpuEc2Instance):
        maker, name, number = "nvidia", instance.gpu.lower(), instance.gpu_count
    else:
        maker, name, number = "", "", 0
    allowed = required.get("allowedInstanceTypes")
    asks = allowed is not None or any(key in required for key in _ACCELERATORS)
    return (
        (isinstance(instance, CpuInstance) or asks)
        and (allowed is None or _listed(instance, allowed))
        and not _listed(instance, required.get("excludedInstanceTypes", []))
        and maker in required.get("acceleratorManufacturers", [maker])
        and name in required.get("acceleratorNames", [name])
        and _within(number, required.get("acceleratorCount", {}))
        and _within(instance.vcpu, required.get("vCpuCount", {}))
        and _within(instance.memory_gib * 1024, required.get("memoryMiB", {}))
    )


def _listed(instance: Ec2Instance, patterns: list[str]) -> bool:
    return any(fnmatchcase(instance.name, pattern) for pattern in patterns)


def _within(number: int, limits: Mapping[str, int]) -> bool:
    return limits.get("min", number) <= number <= limits.get("max", number)


def _host(instance: Ec2Instance, provider: CapacityProvider, *, zone: str, trunking: bool) -> Host:
    kind, identifier = HostType.of(instance), new_id()
    return Host(
        id=identifier,
        instance_id=f"i-{identifier[:17]}",
        type=kind,
        zone=zone,
        registered=now(),
        interfaces=kind.task_interfaces(trunking=trunking),
        provider=provider.name,
        managed=True,
        attributes=standard_attributes(kind, zone=zone),
    )
