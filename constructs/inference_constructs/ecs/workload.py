"""What a task runs: a container, described without the host that it will run on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .workload_archive import ModelArchive
from .workload_health import ContainerHealth
from .workload_image import WorkloadImage
from .workload_model import ModelSource
from .workload_port import WorkloadPort

IPC_LOCK = "IPC_LOCK"
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KernelCapabilities.html, less ALL,
# which is as good as a privileged container.
_KNOWN = (
    "AUDIT_CONTROL AUDIT_WRITE BLOCK_SUSPEND CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID"
    " IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN"
    " NET_BIND_SERVICE NET_BROADCAST NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT"
    " SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME"
    " SYS_TTY_CONFIG SYSLOG WAKE_ALARM"
)
CAPABILITIES = frozenset(_KNOWN.split())
VISIBLE_CORES = "NEURON_RT_VISIBLE_CORES"
LOGICAL_CORES = "NEURON_LOGICAL_NC_CONFIG"
_OURS = {
    VISIBLE_CORES: "the slot decides which cores a task owns",
    LOGICAL_CORES: "the catalogue counts cores by it",
    "NEURON_RT_VIRTUAL_CORE_SIZE": "the catalogue counts cores by it",
    "AWS_NEURON_VISIBLE_DEVICES": "the agent would map devices beside those of the slot",
}


@dataclass(frozen=True, kw_only=True)
class ContainerWorkload:
    """Any image.

    ``entry_point``, ``command``: without them, those of the image.
    ``health``: how ECS sees that the server lives; a service demands it, a task that ends by itself
    needs none.
    ``model``: what tasks may read of S3; without it they read nothing. An archive is fetched for
    them and lies in ``workload_archive.MODEL_FOLDER``.
    ``capabilities``: on top of Docker's own. Without it, IPC_LOCK for a task that owns chips, whose
    runtime pins memory for them (all that AWS's example for Inf1 adds), and none for others.
    ``read_only_root``: whether the container's own file system stays as it was built; then
    ``writable_paths`` are empty folders on the host that go with the task.
    ``stop_timeout_seconds``: how long a server may finish what it has after SIGTERM, and how long
    its load balancer lets requests run out before.
    """

    image: WorkloadImage
    ports: Sequence[WorkloadPort] = ()
    entry_point: Sequence[str] = ()
    command: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    health: ContainerHealth | None = None
    model: ModelSource | ModelArchive | None = None
    capabilities: frozenset[str] | None = None
    read_only_root: bool = True
    writable_paths: Sequence[str] = ("/tmp",)
    stop_timeout_seconds: int = 30

    def __post_init__(self) -> None:
        problems: list[str] = []
        for what, values in (
            ("names", [port.name for port in self.ports]),
            ("numbers", [port.port for port in self.ports]),
        ):
            if len(set(values)) != len(values):
                problems.append(f"ports must have distinct {what}, got {values}")
        problems += [
            f"environment must leave out {name} ({why}), got {self.environment[name]!r}"
            for name, why in _OURS.items()
            if name in self.environment
        ]
        if unknown := sorted((self.capabilities or frozenset()) - CAPABILITIES):
            problems.append(
                f"capabilities must be single ones that ECS knows, got {', '.join(unknown)}"
            )
        problems += [
            f"writable_paths must be absolute and not the root, got {path!r}"
            for path in self.writable_paths
            if not path.startswith("/") or not path.strip("/")
        ]
        if len(set(self.writable_paths)) != len(self.writable_paths):
            problems.append(f"writable_paths must be distinct, got {[*self.writable_paths]}")
        if not 2 <= self.stop_timeout_seconds <= 3600:
            problems.append(
                f"stop_timeout_seconds must be 2 to 3600, got {self.stop_timeout_seconds}"
            )
        if problems:
            raise ValueError("invalid ContainerWorkload: " + "; ".join(problems))

    def container(self) -> ContainerWorkload:
        """Itself."""
        return self


class Workload(Protocol):
    """Anything that says which container it is."""

    def container(self) -> ContainerWorkload:
        """The container, complete but for what its place on a host adds."""
        ...
