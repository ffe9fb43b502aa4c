"""In which Availability Zones of a region the templates' subnets come to lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inferctl.preflight.templates import Template, reference


def zones_of(
    subnets: Sequence[Any], stack: str, templates: Mapping[str, Template], zones: Sequence[str]
) -> tuple[str, ...]:
    """The zones of ``subnets`` (values in ``stack``); those that nothing says are left out.

    ``zones`` are what ``Fn::GetAZs`` gives in the region, in its order.
    """
    found = [_zone(subnet, stack, templates, zones) for subnet in subnets]
    return tuple(dict.fromkeys(zone for zone in found if zone is not None))


def _zone(
    subnet: Any, stack: str, templates: Mapping[str, Template], zones: Sequence[str]
) -> str | None:
    if isinstance(subnet, Mapping) and "Fn::ImportValue" in subnet:
        return _imported(subnet["Fn::ImportValue"], templates, zones)
    resource = templates[stack].get("Resources", {}).get(reference(subnet) or "", {})
    value = resource.get("Properties", {}).get("AvailabilityZone")
    if isinstance(value, str):
        return value
    selected = value.get("Fn::Select") if isinstance(value, Mapping) else None
    if isinstance(selected, list) and "Fn::GetAZs" in selected[1]:
        position = int(selected[0])
        return zones[position] if position < len(zones) else None
    return None


def _imported(name: object, templates: Mapping[str, Template], zones: Sequence[str]) -> str | None:
    for stack, template in templates.items():
        for output in template.get("Outputs", {}).values():
            if output.get("Export", {}).get("Name") == name:
                return _zone(output["Value"], stack, templates, zones)
    return None
