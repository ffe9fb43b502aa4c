"""A container instance and what it still has to give."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from accelerator_catalog import Ec2Instance, NeuronInstance

from .task import HostPort, PortMapping, Task, TaskSpec

# SSH, the Docker ports and the agent's
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
RESERVED_PORTS = (22, 2375, 2376, 51678, 51679, 51680)
EPHEMERAL_PORTS = range(32768, 61000)
AGENT_VERSION = "1.108.3"


def registered_memory_mib(memory_gib: float) -> int:
    """What the agent registers of an instance's memory, which the kernel has cut before.

    It reports the system's total memory, less than the nominal size by an amount that depends on
    kernel and type; 3 % and 100 MiB are taken for it.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/memory-management.html
    """
    return int(memory_gib * 1024 * 0.97) - 100


@dataclass(frozen=True, kw_only=True)
class HostType:
    """An instance type as the scheduler sees it; ``core_version`` is None without Neuron."""

    name: str
    vcpu: int
    memory_mib: int
    enis: int
    trunk_tasks: int | None = None
    devices: tuple[str, ...] = ()
    core_version: int | None = None

    @classmethod
    def of(cls, instance: Ec2Instance) -> HostType:
        """From a row of the catalogue."""
        neuron = instance if isinstance(instance, NeuronInstance) else None
        return cls(
            name=instance.name,
            vcpu=instance.vcpu,
            memory_mib=registered_memory_mib(instance.memory_gib),
            enis=instance.enis,
            trunk_tasks=instance.trunk_tasks,
            devices=neuron.devices if neuron else (),
            core_version=neuron.core_version if neuron else None,
        )

    def task_interfaces(self, *, trunking: bool) -> int:
        """Tasks with an interface of their own that fit; the host keeps one interface.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-eni.html
        """
        if trunking and self.trunk_tasks is not None:
            return self.trunk_tasks
        return self.enis - 1


def standard_attributes(kind: HostType, *, zone: str, ami: str | None = None) -> dict[str, str]:
    """What every container instance has, the instance type in lower case.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html
    """
    attributes = {
        "ecs.availability-zone": zone,
        "ecs.cpu-architecture": "x86_64",
        "ecs.instance-type": kind.name,
        "ecs.os-type": "linux",
        "ecs.os-family": "LINUX",
    }
    return attributes if ami is None else {**attributes, "ecs.ami-id": ami}


@dataclass(kw_only=True, eq=False)
class Host:
    """``id`` is the container instance's, ``instance_id`` the EC2 instance's.

    ``provider`` is the capacity provider, ``group`` what it was launched by. ``tasks`` are all that
    have not stopped.
    """

    id: str
    instance_id: str
    type: HostType
    zone: str
    registered: datetime
    interfaces: int
    provider: str | None = None
    group: str | None = None
    managed: bool = False
    draining: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    used_cpu: int = 0
    used_memory_mib: int = 0
    used_interfaces: int = 0
    used_ports: set[HostPort] = field(default_factory=set)

    @property
    def cpu(self) -> int:
        """Registered CPU units."""
        return self.type.vcpu * 1024

    @property
    def free_cpu(self) -> int:
        """CPU units that no task reserves."""
        return self.cpu - self.used_cpu

    @property
    def free_memory_mib(self) -> int:
        """Memory that no task reserves."""
        return self.type.memory_mib - self.used_memory_mib

    @property
    def idle(self) -> bool:
        """Whether nothing but daemons runs there."""
        return all(task.daemon for task in self.tasks.values())

    def subject(self, name: str) -> frozenset[str] | None:
        """The values of a subject of the cluster query language, None for what does not exist."""
        if name.startswith("attribute:"):
            value = self.attributes.get(name.removeprefix("attribute:"))
            return None if value is None else frozenset({value})
        if name == "task:group":
            return frozenset(task.group for task in self.tasks.values() if task.alive) or None
        return {
            "agentConnected": frozenset({"true"}),
            "agentVersion": frozenset({AGENT_VERSION}),
            "ec2InstanceId": frozenset({self.instance_id}),
            "registeredAt": frozenset({self.registered.isoformat()}),
            "runningTasksCount": frozenset({str(len(self.tasks))}),
        }.get(name)

    def port_is_free(self, port: int, protocol: str) -> bool:
        """Whether no task holds it and the host itself does not."""
        return port not in RESERVED_PORTS and (port, protocol) not in self.used_ports

    def admit(self, task: Task) -> None:
        """Give ``task`` what it asks for; placement has checked that it is there."""
        task.bindings = self._bind(task.spec)
        task.host = self
        self.tasks[task.id] = task
        self._account(task, 1)
        self.used_ports.update((one.host_port, one.protocol) for one in task.bindings)

    def release(self, task: Task) -> None:
        """Take back what ``task`` had."""
        del self.tasks[task.id]
        self._account(task, -1)
        self.used_ports.difference_update((one.host_port, one.protocol) for one in task.bindings)

    def _account(self, task: Task, sign: int) -> None:
        self.used_cpu += sign * task.spec.cpu
        self.used_memory_mib += sign * task.spec.memory_mib
        self.used_interfaces += sign * int(task.spec.awsvpc)

    def _bind(self, spec: TaskSpec) -> tuple[PortMapping, ...]:
        if spec.awsvpc:
            return ()
        taken: set[HostPort] = set()
        bound: list[PortMapping] = []
        for mapping in spec.ports:
            port = mapping.host_port or next(
                port
                for port in EPHEMERAL_PORTS
                if self.port_is_free(port, mapping.protocol)
                and (port, mapping.protocol) not in taken
            )
            taken.add((port, mapping.protocol))
            bound.append(
                PortMapping(
                    container=mapping.container,
                    container_port=mapping.container_port,
                    host_port=port,
                    protocol=mapping.protocol,
                )
            )
        return tuple(bound)
