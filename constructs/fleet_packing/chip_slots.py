"""Chip slots: the devices that one task owns on every host of a capacity pool."""

from __future__ import annotations

from dataclasses import dataclass

from accelerator_catalog import NeuronInstance
from fleet_packing.errors import PackingError

# Below the kernel's ephemeral range (32768 to 60999), out of which Docker picks dynamic host ports.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
LOCK_PORT_BASE = 31_000
"""Host port that stands for chip 0; chip k is ``LOCK_PORT_BASE + k``."""


@dataclass(frozen=True, kw_only=True)
class ChipSlot:
    """``chip_count`` neighbouring chips from ``first_chip`` on, the same ones on every host."""

    instance: NeuronInstance
    first_chip: int
    chip_count: int

    @property
    def name(self) -> str:
        """``slot3`` for the one that begins with chip 3.

        Slots that come or go before it do not rename it, nor does another number of chips.
        """
        return f"slot{self.first_chip}"

    @property
    def chips(self) -> range:
        """Indices of the chips on the host."""
        return range(self.first_chip, self.first_chip + self.chip_count)

    @property
    def devices(self) -> tuple[str, ...]:
        """Paths of the chips, the same on the host and in the container."""
        return tuple(self.instance.devices[chip] for chip in self.chips)

    @property
    def core_count(self) -> int:
        """NeuronCores of the slot, as the runtime counts them."""
        return self.chip_count * self.instance.logical_cores_per_chip

    @property
    def cores(self) -> str:
        """``NEURON_RT_VISIBLE_CORES``: cores are numbered over the whole host, not the container.

        https://awsdocs-neuron.readthedocs-hosted.com/en/latest/neuron-runtime/nrt-configurable-parameters.html
        """
        first = self.first_chip * self.instance.logical_cores_per_chip
        last = first + self.core_count - 1
        return str(first) if first == last else f"{first}-{last}"

    @property
    def lock_ports(self) -> tuple[int, ...]:
        """Host ports that stand for the chips.

        ECS schedules host ports and not devices. A task that maps the port of each chip it owns
        is therefore never placed where another one, of whatever service, still owns one of them.
        """
        return tuple(LOCK_PORT_BASE + chip for chip in self.chips)


def chip_slots(
    instance: NeuronInstance,
    *,
    chips_per_task: int = 1,
    first_chip: int = 0,
    chips: int | None = None,
) -> tuple[ChipSlot, ...]:
    """The slots of ``chips`` chips (all that follow when None) from ``first_chip`` on.

    Raises PackingError with every problem of the request.
    """
    total = instance.chips
    wanted = total - first_chip if chips is None else chips
    problems: list[str] = []
    if not 0 <= first_chip < total:
        problems.append(
            f"first_chip must be 0 to {total - 1} on {instance.name}, which has"
            f" {_counted(total)}, got {first_chip}"
        )
    elif chips is not None and not 1 <= chips <= total - first_chip:
        problems.append(
            f"chips must be 1 to {total - first_chip} from chip {first_chip} of {instance.name}"
            f" on, which has {_counted(total)}, got {chips}"
        )
    if not 1 <= chips_per_task <= total:
        problems.append(
            f"chips_per_task must be 1 to {total} on {instance.name}, got {chips_per_task}"
        )
    elif not problems and wanted % chips_per_task:
        problems.append(
            f"chips_per_task must divide the {_counted(wanted)} of the service, got"
            f" {chips_per_task}"
        )
    if problems:
        raise PackingError("; ".join(problems))
    return tuple(
        ChipSlot(
            instance=instance,
            first_chip=first_chip + index * chips_per_task,
            chip_count=chips_per_task,
        )
        for index in range(wanted // chips_per_task)
    )


def _counted(chips: int) -> str:
    return f"{chips} chip{'' if chips == 1 else 's'}"
