from __future__ import annotations

from typing import Any

import pytest

from inferctl.task_definitions import ranges, read_definition


def described(**more: Any) -> dict[str, Any]:
    return {"family": "f", "revision": 2, "containerDefinitions": [], **more}


def containers(*mappings: dict[str, int]) -> dict[str, Any]:
    return {"containerDefinitions": [{"name": "main", "portMappings": list(mappings)}]}


@pytest.mark.parametrize(
    ("mode", "ports"), [("bridge", (8500,)), ("host", (8500, 80)), ("awsvpc", ())]
)
def test_host_ports_are_those_that_ecs_must_find_free(mode: str, ports: tuple[int, ...]) -> None:
    mapped = containers({"containerPort": 9000, "hostPort": 8500}, {"containerPort": 80})

    assert read_definition(described(networkMode=mode, **mapped)).host_ports == ports


@pytest.mark.parametrize(
    ("expression", "types"),
    [
        ("attribute:ecs.instance-type == inf1.xlarge", ("inf1.xlarge",)),
        (" attribute:ecs.instance-type==inf2.8xlarge ", ("inf2.8xlarge",)),
        ("attribute:ecs.instance-type in [inf1.xlarge, inf1.2xlarge]", ()),
        ("not(attribute:ecs.instance-type == inf1.xlarge)", ()),
        ("attribute:ecs.os-type == linux", ()),
    ],
)
def test_instance_type_is_read_from_the_one_form_that_pins_it(
    expression: str, types: tuple[str, ...]
) -> None:
    constraint = {"type": "memberOf", "expression": expression}

    assert read_definition(described(placementConstraints=[constraint])).instance_types == types


def test_chips_are_counted_and_other_devices_are_not() -> None:
    devices = [{"hostPath": f"/dev/{name}"} for name in ("neuron10", "neuron2", "fuse")]
    container = {"name": "main", "linuxParameters": {"devices": devices}}

    view = read_definition(described(containerDefinitions=[container]))

    assert view.chips == (2, 10)
    assert view.name == "f:2"


@pytest.mark.parametrize(
    ("numbers", "text"),
    [((), ""), ((3,), "3"), ((1, 0, 2), "0-2"), ((0, 2, 3, 7, 7), "0, 2-3, 7")],
)
def test_numbers_are_shown_as_ranges(numbers: tuple[int, ...], text: str) -> None:
    assert ranges(numbers) == text
