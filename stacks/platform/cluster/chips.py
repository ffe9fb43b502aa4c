"""Who owns which chips: the slots of every service and task, and no chip twice in a pool."""

from __future__ import annotations

from collections.abc import Mapping

from accelerator_catalog import NeuronInstance
from fleet_packing import ChipLedger, ChipSlot, PackingError, chip_slots
from stacks.platform.cluster.hosts import ECS_NEURON
from stacks.platform.cluster.plans import PoolPlan
from stacks.platform.cluster.service_file import OneOffTask, Service
from stacks.platform.findings import Findings
from stacks.platform.section import chosen

_CHIP_KEYS = ("chips_per_task", "first_chip", "chips")


def check_service_chips(
    place: str,
    service: Service,
    pool: PoolPlan,
    ledgers: Mapping[str, ChipLedger],
    findings: Findings,
) -> tuple[ChipSlot, ...]:
    """The slots of the service on each host; none where ECS hands out whole hosts."""
    if pool.neuron is None:
        findings.refuse(
            f"{place}.pool",
            service.pool,
            rule=f"has no chips ({pool.instance.name}), and services own chips",
            fix="name a pool of Neuron instances, or move it to cluster.tasks",
            source=ECS_NEURON,
        )
        return ()
    if (service.packing == "managed-instances") != pool.managed:
        managed = "managed-instances" if pool.managed else "ec2"
        findings.refuse(
            f"{place}.packing",
            service.packing,
            rule=f"does not go with pool {pool.name}, whose capacity is {managed}",
            fix="write packing: managed-instances"
            if pool.managed
            else "write chip-slots or whole-instance, or name a pool of managed-instances",
            source=ECS_NEURON,
        )
        return ()
    if service.packing != "chip-slots":
        _refuse_chip_keys(place, service, f"packing {service.packing} owns all chips", findings)
    if pool.managed:
        return ()
    if service.packing == "whole-instance":
        slots = chip_slots(pool.neuron, chips_per_task=pool.neuron.chips)
    else:
        slots = _slots(place, service, pool.neuron, service.chips, findings)
    _claim(place, service.name, slots, ledgers[pool.name], findings)
    return slots


def check_task_chips(
    place: str,
    task: OneOffTask,
    pool: PoolPlan,
    ledgers: Mapping[str, ChipLedger],
    findings: Findings,
) -> ChipSlot | None:
    """The slot of the task; None on an ordinary pool."""
    if pool.managed:
        findings.refuse(
            f"{place}.pool",
            task.pool,
            rule="is managed-instances, which services use; a one-off task says which chips it"
            " owns",
            fix="name a pool whose capacity is ec2",
            source=ECS_NEURON,
        )
        return None
    if pool.neuron is None:
        _refuse_chip_keys(place, task, f"{pool.instance.name} has no chips", findings)
        return None
    slots = _slots(place, task, pool.neuron, task.chips_per_task, findings)
    _claim(place, task.name, slots, ledgers[pool.name], findings)
    return slots[0] if slots else None


def _slots(
    place: str,
    entry: Service | OneOffTask,
    instance: NeuronInstance,
    chips: int | None,
    findings: Findings,
) -> tuple[ChipSlot, ...]:
    counted = f"{instance.chips} chip{'' if instance.chips == 1 else 's'}"
    left = instance.chips - entry.first_chip
    wanted = left if chips is None else chips
    if left < 1:
        numbers = f"0 to {instance.chips - 1}" if instance.chips > 1 else "0"
        findings.refuse(
            f"{place}.first_chip",
            entry.first_chip,
            rule=f"is not on the host: {instance.name} has {counted}, numbered {numbers}",
            fix=f"write {numbers}",
            source=ECS_NEURON,
        )
        return ()
    if wanted > left or entry.chips_per_task > wanted:
        beyond = wanted > left
        rest = f", {left} of them from chip {entry.first_chip} on" if entry.first_chip else ""
        findings.refuse(
            f"{place}.{'chips' if beyond and isinstance(entry, Service) else 'chips_per_task'}",
            wanted if beyond else entry.chips_per_task,
            rule=f"is more than the {wanted} of the service"
            if not beyond and chips is not None
            else f"is more than the host has: {instance.name} has {counted}{rest}",
            fix=f"write {min(wanted, left)} or less",
            source=ECS_NEURON,
        )
        return ()
    if wanted % entry.chips_per_task:
        divisors = [str(number) for number in range(1, wanted + 1) if wanted % number == 0]
        findings.refuse(
            f"{place}.chips_per_task",
            entry.chips_per_task,
            rule=f"does not divide the {wanted} chips of the service",
            fix=f"write one of {', '.join(divisors)}, or give it another number of chips",
        )
        return ()
    return chip_slots(
        instance, chips_per_task=entry.chips_per_task, first_chip=entry.first_chip, chips=wanted
    )


def _claim(
    place: str,
    owner: str,
    slots: tuple[ChipSlot, ...],
    ledger: ChipLedger,
    findings: Findings,
) -> None:
    if not slots or owner in ledger.owners:
        return
    first, count = slots[0].first_chip, sum(slot.chip_count for slot in slots)
    try:
        ledger.claim(owner, first_chip=first, chips=count)
    except PackingError as error:
        free = ", ".join(map(str, ledger.free))
        findings.refuse(
            f"{place}.first_chip",
            first,
            rule=f"takes chips that have an owner: {error}",
            fix=f"give {owner} some of the free chips {free}, or the owner fewer"
            if free
            else "give the owner fewer chips, or take another pool",
            source=ECS_NEURON,
        )


def _refuse_chip_keys(
    place: str, entry: Service | OneOffTask, reason: str, findings: Findings
) -> None:
    for key in _CHIP_KEYS:
        if key in type(entry).model_fields and chosen(entry, key):
            findings.refuse(
                f"{place}.{key}",
                getattr(entry, key),
                rule=f"does not apply: {reason}",
                fix="remove it",
                source=ECS_NEURON,
            )
