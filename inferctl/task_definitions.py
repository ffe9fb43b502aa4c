"""What a task definition says of hosts: chips, ports and instance types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_CHIP = re.compile(r"/dev/neuron(\d+)")
_INSTANCE_TYPE = re.compile(r"attribute:ecs\.instance-type\s*==\s*([\w.-]+)")


@dataclass(frozen=True, kw_only=True)
class DefinitionView:
    """``instance_types`` are those that the definition's own constraints allow; empty for any."""

    family: str
    revision: int
    network_mode: str
    devices: tuple[str, ...]
    all_devices: bool
    host_ports: tuple[int, ...]
    instance_types: tuple[str, ...]

    @property
    def name(self) -> str:
        """``family:revision``."""
        return f"{self.family}:{self.revision}"

    @property
    def chips(self) -> tuple[int, ...]:
        """Indices of the Neuron chips among the devices."""
        found = (_CHIP.fullmatch(device) for device in self.devices)
        return tuple(sorted(int(match[1]) for match in found if match))


def read_definition(described: Mapping[str, Any]) -> DefinitionView:
    """From the ``taskDefinition`` of DescribeTaskDefinition."""
    containers: list[dict[str, Any]] = described.get("containerDefinitions", [])
    mode = described.get("networkMode", "bridge")
    mappings = [port for container in containers for port in container.get("portMappings", [])]
    ports = [
        port.get("hostPort") or (port.get("containerPort", 0) if mode == "host" else 0)
        for port in mappings
    ]
    constraints = [
        _INSTANCE_TYPE.fullmatch(constraint.get("expression", "").strip())
        for constraint in described.get("placementConstraints", [])
    ]
    return DefinitionView(
        family=described["family"],
        revision=described["revision"],
        network_mode=mode,
        devices=tuple(
            device["hostPath"]
            for container in containers
            for device in container.get("linuxParameters", {}).get("devices", [])
        ),
        all_devices=any(
            requirement["type"] == "NeuronDevice"
            for container in containers
            for requirement in container.get("resourceRequirements", [])
        ),
        host_ports=() if mode == "awsvpc" else tuple(port for port in ports if port),
        instance_types=tuple(match[1] for match in constraints if match),
    )


def ranges(numbers: Iterable[int]) -> str:
    """``0-3, 6``; empty for none."""
    ordered = sorted(set(numbers))
    starts = [number for number in ordered if number - 1 not in ordered]
    ends = [number for number in ordered if number + 1 not in ordered]
    return ", ".join(
        str(start) if start == end else f"{start}-{end}"
        for start, end in zip(starts, ends, strict=True)
    )
