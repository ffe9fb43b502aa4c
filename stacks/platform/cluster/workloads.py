"""Rules of workloads and their models: what a kind takes, and what runs on the chips of a pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from accelerator_catalog import NEURON_IMAGES
from stacks.platform.cluster.images import (
    Reach,
    check_catalogued,
    check_image_place,
    check_named,
    check_pull,
    warn_of_legacy,
)
from stacks.platform.cluster.plans import PoolPlan
from stacks.platform.cluster.service_file import OneOffTask, Service
from stacks.platform.cluster.workload_file import Workload, WorkloadPort
from stacks.platform.endpoint.environment import CREDENTIALS
from stacks.platform.findings import Findings
from stacks.platform.messages import did_you_mean
from stacks.platform.problems import ABSENT
from stacks.platform.section import chosen

READY_MADE: Mapping[str, str] = MappingProxyType(
    {
        "tf-serving-neuron": "tensorflow-inference-neuron",
        "torchserve-neuronx": "pytorch-inference-neuronx",
    }
)
"""Image of the catalogue that each ready-made server is."""
READY_MADE_PORTS: Mapping[str, Sequence[WorkloadPort]] = MappingProxyType(
    {
        "tf-serving-neuron": (
            WorkloadPort(name="grpc", port=8500, protocol="grpc"),
            WorkloadPort(name="rest", port=8501),
        ),
        "torchserve-neuronx": (WorkloadPort(name="rest", port=8080),),
    }
)
"""Ports that the ready-made servers listen on."""
_RUNTIME = (
    "https://awsdocs-neuron.readthedocs-hosted.com/en/latest/neuron-runtime/"
    "nrt-configurable-parameters.html"
)
_OTHER_KINDS = "take another pool, or kind: container with an image for its chips"
_CORES = "is set from the chips that the task owns"
RESERVED: Mapping[str, str] = MappingProxyType(
    {
        "AWS_NEURON_VISIBLE_DEVICES": "would map devices beside those that the task owns",
        "NEURON_LOGICAL_NC_CONFIG": "changes how cores are counted, which is set for the host",
        "NEURON_RT_NUM_CORES": "would take any free cores, those of other tasks among them",
        "NEURON_RT_VIRTUAL_CORE_SIZE": "changes how cores are counted, which is set for the host",
        "NEURON_RT_VISIBLE_CORES": _CORES,
    }
)
"""Variables that decide who owns which cores, with why they are not for the file."""
CAPABILITIES = frozenset(
    [
        *("AUDIT_CONTROL", "AUDIT_WRITE", "BLOCK_SUSPEND", "CHOWN", "DAC_OVERRIDE"),
        *("DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE"),
        *("LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN"),
        *("NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID"),
        *("SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT"),
        *("SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "SYSLOG"),
        "WAKE_ALARM",
    ]
)
"""Linux capabilities that ECS adds one by one."""
_CAPABILITIES = (
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KernelCapabilities.html"
)
_FOR_CONTAINERS = (
    *("image", "entry_point", "command", "environment", "ports", "health_check", "capabilities"),
    *("read_only_root", "writable_paths", "stop_timeout_seconds"),
)


def check_workload(
    place: str,
    entry: Service | OneOffTask,
    pool: PoolPlan | None,
    reach: Reach,
    findings: Findings,
) -> Sequence[WorkloadPort]:
    """The ports that the workload listens on; adds what is wrong with it."""
    workload = entry.workload
    inner = f"{place}.workload"
    if workload.kind == "container":
        _check_container(inner, workload, pool, reach, findings)
        if isinstance(entry, Service) and workload.health_check is None:
            findings.refuse(
                f"{inner}.health_check",
                ABSENT,
                rule="is missing; without one, a container whose server died counts as running",
                fix="add health_check: {command: COMMAND}, which fails unless the server answers",
            )
    else:
        _check_ready_made(inner, workload, pool, reach, findings)
    return ports_of(workload)


def ports_of(workload: Workload) -> Sequence[WorkloadPort]:
    """The ports that a workload listens on."""
    return workload.ports if workload.kind == "container" else READY_MADE_PORTS[workload.kind]


def _check_ready_made(
    place: str,
    workload: Workload,
    pool: PoolPlan | None,
    reach: Reach,
    findings: Findings,
) -> None:
    _refuse_keys(place, workload, _FOR_CONTAINERS, "is for kind container", findings)
    if workload.kind != "tf-serving-neuron":
        _refuse_keys(place, workload, ("model_name",), "is for tf-serving-neuron", findings)
    image = NEURON_IMAGES[READY_MADE[workload.kind]]
    check_catalogued(f"{place}.kind", workload.kind, image, pool, findings, fix=_OTHER_KINDS)
    warn_of_legacy(f"{place}.kind", image, reach, findings)
    check_pull(f"{place}.registry", image, workload.registry, reach, findings)


def _check_container(
    place: str,
    workload: Workload,
    pool: PoolPlan | None,
    reach: Reach,
    findings: Findings,
) -> None:
    _refuse_keys(place, workload, ("model_name",), "is for tf-serving-neuron", findings)
    _check_environment(f"{place}.environment", workload, findings)
    _check_ports(f"{place}.ports", workload.ports, findings)
    for position, capability in enumerate(workload.capabilities or ()):
        if capability not in CAPABILITIES:
            near = did_you_mean(capability.upper(), CAPABILITIES)
            findings.refuse(
                f"{place}.capabilities[{position}]",
                capability,
                rule="is not a single Linux capability that ECS knows",
                fix=f"did you mean {near}?" if near else "write one such as SYS_NICE",
                source=_CAPABILITIES,
            )
    name = workload.image
    if name is None:
        findings.refuse(
            f"{place}.image",
            ABSENT,
            rule="is missing, and kind container has no image of its own",
            fix=f"add image: IMAGE, or an id such as {next(iter(NEURON_IMAGES))}",
        )
    elif name in NEURON_IMAGES:
        image = NEURON_IMAGES[name]
        check_catalogued(f"{place}.image", name, image, pool, findings)
        warn_of_legacy(f"{place}.image", image, reach, findings)
        check_pull(f"{place}.registry", image, workload.registry, reach, findings)
    else:
        _refuse_keys(place, workload, ("registry",), "is part of the image's name", findings)
        if check_named(f"{place}.image", name, pool, findings):
            check_image_place(f"{place}.image", name, reach, findings)


def _check_ports(place: str, ports: Sequence[WorkloadPort], findings: Findings) -> None:
    for position, port in enumerate(ports):
        for key in ("name", "port"):
            value = getattr(port, key)
            if value in [getattr(earlier, key) for earlier in ports[:position]]:
                findings.refuse(
                    f"{place}[{position}].{key}",
                    value,
                    rule="is that of an earlier port",
                    fix="give each port its own",
                )
        if port.grpc_services and port.protocol != "grpc":
            findings.refuse(
                f"{place}[{position}].grpc_services",
                port.grpc_services,
                rule=f"belongs to a port of protocol grpc, not {port.protocol}",
                fix="remove it, or write protocol: grpc",
            )


def _check_environment(place: str, workload: Workload, findings: Findings) -> None:
    for name, value in workload.environment.items():
        if name in RESERVED:
            findings.refuse(
                f"{place}.{name}",
                value,
                rule=RESERVED[name],
                fix="remove it; chips_per_task and first_chip say what the task owns",
                source=_RUNTIME,
            )
        elif name in CREDENTIALS:
            findings.refuse(
                f"{place}.{name}",
                ABSENT,
                rule="is a credential, which a template would show to all its readers",
                fix="remove it; the container has the task's role",
            )


def _refuse_keys(
    place: str, workload: Workload, keys: Sequence[str], rule: str, findings: Findings
) -> None:
    for key in keys:
        if chosen(workload, key):
            findings.refuse(f"{place}.{key}", getattr(workload, key), rule=rule, fix="remove it")
