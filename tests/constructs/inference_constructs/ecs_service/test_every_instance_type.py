"""For each type of the article's table: devices, cores and reservations of every slot."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.constructs.inference_constructs.ecs_service.support import (
    container_of,
    resources,
    variables_of,
)

# type: chips, cores of a chip, MiB and CPU units of a chip's share, MiB and CPU units of the host.
TABLE: Mapping[str, tuple[int, int, int, int, int, int]] = {
    "inf1.xlarge": (1, 4, 7125, 3904, 8192, 4096),
    "inf1.2xlarge": (1, 4, 14825, 8000, 16384, 8192),
    "inf1.6xlarge": (4, 4, 11406, 6096, 49152, 24576),
    "inf1.24xlarge": (16, 4, 11514, 6132, 196608, 98304),
    "inf2.xlarge": (1, 2, 14825, 3904, 16384, 4096),
    "inf2.8xlarge": (1, 2, 122632, 32576, 131072, 32768),
    "inf2.24xlarge": (6, 2, 61508, 16352, 393216, 98304),
    "inf2.48xlarge": (12, 2, 61555, 16368, 786432, 196608),
    "trn1.2xlarge": (1, 2, 30226, 8000, 32768, 8192),
    "trn1.32xlarge": (16, 2, 30765, 8180, 524288, 131072),
}
_HASH = re.compile(r"[0-9a-f]{64}")


def _tasks(template: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Task definitions in the order of the chips that they own."""
    return sorted(resources(template, "AWS::ECS::TaskDefinition").values(), key=_lock_ports)


def _lock_ports(task: Mapping[str, Any]) -> list[int]:
    return [m["HostPort"] for m in container_of(task)["PortMappings"] if m["HostPort"] != 0]


@pytest.mark.parametrize("size", TABLE)
def test_each_slot_owns_one_chip_under_its_own_path(
    every_type: Mapping[str, dict[str, Any]], size: str
) -> None:
    chips, cores, *_ = TABLE[size]

    tasks = _tasks(every_type[size])

    assert len(tasks) == chips
    for chip, task in enumerate(tasks):
        assert container_of(task)["LinuxParameters"]["Devices"] == [
            {
                "HostPath": f"/dev/neuron{chip}",
                "ContainerPath": f"/dev/neuron{chip}",
                "Permissions": ["read", "write"],
            }
        ]
        environment = variables_of(task)
        first = chip * cores
        assert environment["NEURON_RT_VISIBLE_CORES"] == f"{first}-{first + cores - 1}"
        assert "NEURON_LOGICAL_NC_CONFIG" not in environment
        assert _lock_ports(task) == [31000 + chip]


@pytest.mark.parametrize("size", TABLE)
def test_reservations_fill_a_host_so_that_one_task_more_does_not_fit(
    every_type: Mapping[str, dict[str, Any]], size: str
) -> None:
    chips, _, memory, cpu, host_memory, host_cpu = TABLE[size]

    containers = [container_of(task) for task in _tasks(every_type[size])]

    assert {container["Memory"] for container in containers} == {memory}
    assert {container["Cpu"] for container in containers} == {cpu}
    assert chips * memory < host_memory
    assert chips * cpu < host_cpu
    # The agent registers all of a host's CPU, and less than its memory.
    assert (chips + 1) * cpu > host_cpu


@pytest.mark.parametrize("size", TABLE)
def test_tasks_are_held_to_their_type_in_lower_case_and_to_one_a_host(
    every_type: Mapping[str, dict[str, Any]], size: str
) -> None:
    template = every_type[size]
    services = list(resources(template, "AWS::ECS::Service").values())

    for task in _tasks(template):
        assert task["PlacementConstraints"] == [
            {"Type": "memberOf", "Expression": f"attribute:ecs.instance-type == {size}"}
        ]
    assert len(services) == TABLE[size][0]
    for service in services:
        assert service["PlacementConstraints"] == [{"Type": "distinctInstance"}]
    assert len({json.dumps(service["TaskDefinition"]) for service in services}) == len(services)


@pytest.mark.parametrize("size", TABLE)
def test_template(
    every_type: Mapping[str, dict[str, Any]], size: str, snapshot: SnapshotAssertion
) -> None:
    template = every_type[size]
    services = [r for r in template["Resources"].values() if r["Type"] == "AWS::ECS::Service"]
    tasks = _tasks(template)

    shown = {
        "first task": tasks[0],
        "first service": services[0],
        "slots": [
            {
                "devices": [d["HostPath"] for d in container["LinuxParameters"]["Devices"]],
                "cores": variables_of(task)["NEURON_RT_VISIBLE_CORES"],
                "lock ports": _lock_ports(task),
                "memory": container["Memory"],
                "cpu": container["Cpu"],
            }
            for task, container in ((task, container_of(task)) for task in tasks)
        ],
    }
    masked = json.loads(_HASH.sub("<hash>", json.dumps(shown)))
    assert masked == snapshot(extension_class=JSONSnapshotExtension)
