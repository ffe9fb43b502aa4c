"""What a task asks of a container instance, and a task."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .host import Host
    from .placement import PlacementStrategy, Refusal

HostPort = tuple[int, str]
"""A port of a host and its protocol."""


@dataclass(frozen=True, kw_only=True)
class PortMapping:
    """``host_port`` 0 asks for any port of the ephemeral range."""

    container: str
    container_port: int
    host_port: int = 0
    protocol: str = "tcp"


@dataclass(frozen=True, kw_only=True)
class TaskSpec:
    """One revision of a task definition, as far as placement and ownership of chips go.

    ``devices`` are paths on the host; ``all_neuron_devices`` is ``NeuronDevice=ALL``, exclusive and
    on managed instances only. ``fails`` is why containers of it end at once.
    """

    arn: str
    family: str
    cpu: int = 0
    memory_mib: int = 0
    ports: tuple[PortMapping, ...] = ()
    awsvpc: bool = False
    devices: tuple[str, ...] = ()
    all_neuron_devices: bool = False
    expressions: tuple[str, ...] = ()
    fails: str | None = None


@dataclass(kw_only=True, eq=False)
class Task:
    """``status`` is the last status; a task that stops keeps all it has until it is STOPPED.

    ``expressions``, ``distinct`` and ``strategy`` are those of the service or of the run, beside
    the expressions of the definition.
    """

    id: str
    spec: TaskSpec
    group: str
    created: datetime
    deployment: str | None = None
    provider: str | None = None
    expressions: tuple[str, ...] = ()
    distinct: bool = False
    strategy: tuple[PlacementStrategy, ...] = ()
    daemon: bool = False
    host: Host | None = None
    status: str = "PROVISIONING"
    desired: str = "RUNNING"
    bindings: tuple[PortMapping, ...] = ()
    refusal: Refusal | None = None
    started: datetime | None = None
    stopping: datetime | None = None
    stopped: datetime | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    details: dict[str, object] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """Whether it is meant to run; placement constraints look at this, not at the status."""
        return self.desired == "RUNNING"

    @property
    def waiting(self) -> bool:
        """Whether it still looks for a host."""
        return self.alive and self.host is None

    @property
    def running(self) -> bool:
        """Whether it runs and is meant to."""
        return self.alive and self.status == "RUNNING"
