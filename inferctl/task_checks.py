"""Whether a one-off task can run where it is asked for, before ECS is asked to start anything."""

from __future__ import annotations

import difflib
import re

from accelerator_catalog import EC2_INSTANCES, NeuronInstance
from inferctl.task_definitions import DefinitionView

_CHIP = re.compile(r"/dev/neuron\d+")


def instance_type_problem(given: str) -> str | None:
    """Why no host carries this type, whatever its case; None where the catalogue knows it."""
    name = given.lower()
    if name in EC2_INSTANCES:
        return None
    family = [known for known in EC2_INSTANCES if known.split(".")[0] == name.split(".")[0]]
    near = family or difflib.get_close_matches(name, EC2_INSTANCES, n=3)
    known = f"it knows {', '.join(near)}" if near else "`inferctl catalog` lists it"
    return f"--instance-type {given!r} is not in the catalogue ({known})"


def definition_problems(definition: DefinitionView, instance_type: str | None) -> list[str]:
    """Why no host of ``instance_type``, None for any, ever runs a task of the definition."""
    problems = []
    if definition.network_mode == "awsvpc":
        problems.append(
            f"{definition.name} has network mode awsvpc and needs subnets, which run-task does not"
            " give; call `aws ecs run-task --network-configuration ...`"
        )
    if instance_type is None:
        return problems
    if definition.instance_types and instance_type not in definition.instance_types:
        problems.append(
            f"{definition.name} runs on {' and '.join(definition.instance_types)} only, by its own"
            f" placement constraint, not on {instance_type}"
        )
    instance = EC2_INSTANCES.get(instance_type)
    if instance is None:
        return problems
    there = instance.devices if isinstance(instance, NeuronInstance) else ()
    lacking = [
        device for device in definition.devices if _CHIP.fullmatch(device) and device not in there
    ]
    if lacking:
        has = f"{len(there)} chip{'' if len(there) == 1 else 's'}" if there else "no Neuron chip"
        problems.append(
            f"{definition.name} maps {', '.join(lacking)}, and {instance_type} has {has}"
        )
    return problems
