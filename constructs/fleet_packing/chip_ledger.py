"""Which service or task of a capacity pool owns which chips."""

from __future__ import annotations

from collections.abc import Mapping

from accelerator_catalog import NeuronInstance
from fleet_packing.errors import ChipConflictError, PackingError


class ChipLedger:
    """Every host of a pool is cut up alike, so that one ledger holds for all of them."""

    def __init__(self, pool: str, instance: NeuronInstance) -> None:
        self._pool = pool
        self._instance = instance
        self._owners: dict[str, range] = {}

    @property
    def owners(self) -> Mapping[str, range]:
        """Chips by owner."""
        return dict(self._owners)

    @property
    def free(self) -> tuple[int, ...]:
        """Chips that nobody owns."""
        taken = {chip for chips in self._owners.values() for chip in chips}
        return tuple(chip for chip in range(self._instance.chips) if chip not in taken)

    def claim(self, owner: str, *, first_chip: int, chips: int) -> range:
        """Give ``chips`` chips from ``first_chip`` on to ``owner``.

        Raises PackingError for chips that the instance lacks or an owner that has some already,
        ChipConflictError for chips of somebody else.
        """
        wanted = range(first_chip, first_chip + chips)
        if chips < 1 or first_chip < 0 or wanted.stop > self._instance.chips:
            raise PackingError(
                f"{owner} asks for {shown(wanted)}, and {self._instance.name} of pool"
                f" {self._pool} has {shown(range(self._instance.chips))}"
            )
        if owner in self._owners:
            raise PackingError(f"{owner} owns {shown(self._owners[owner])} of {self._pool} already")
        for other, owned in self._owners.items():
            if wanted.start < owned.stop and owned.start < wanted.stop:
                raise ChipConflictError(
                    f"{owner} asks for {shown(wanted)} of pool {self._pool}, of which {other} owns"
                    f" {shown(owned)}"
                )
        self._owners[owner] = wanted
        return wanted


def shown(chips: range) -> str:
    """``chip 3`` or ``chips 0-3``."""
    if len(chips) == 1:
        return f"chip {chips.start}"
    return f"chips {chips.start}-{chips.stop - 1}" if len(chips) else "no chips"
