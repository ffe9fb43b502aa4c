"""Nobody gets a chip that somebody has."""

from __future__ import annotations

import pytest

from accelerator_catalog import NEURON_INSTANCES
from fleet_packing import ChipConflictError, ChipLedger, PackingError


@pytest.fixture
def ledger() -> ChipLedger:
    return ChipLedger("inferentia2", NEURON_INSTANCES["inf2.24xlarge"])


def test_claimed_chips_are_no_longer_free(ledger: ChipLedger) -> None:
    ledger.claim("resnet", first_chip=0, chips=4)
    ledger.claim("bert", first_chip=5, chips=1)

    assert ledger.owners == {"resnet": range(4), "bert": range(5, 6)}
    assert ledger.free == (4,)


def test_a_chip_of_somebody_else_is_refused(ledger: ChipLedger) -> None:
    ledger.claim("resnet", first_chip=0, chips=4)

    with pytest.raises(ChipConflictError) as caught:
        ledger.claim("bert", first_chip=3, chips=2)

    assert (
        str(caught.value)
        == "bert asks for chips 3-4 of pool inferentia2, of which resnet owns chips 0-3"
    )
    assert "bert" not in ledger.owners


@pytest.mark.parametrize(("first_chip", "chips"), [(5, 2), (6, 1), (-1, 1), (0, 0)])
def test_chips_that_the_host_lacks_are_refused(
    ledger: ChipLedger, first_chip: int, chips: int
) -> None:
    with pytest.raises(PackingError, match=r"pool inferentia2 has chips 0-5$"):
        ledger.claim("resnet", first_chip=first_chip, chips=chips)


def test_an_owner_claims_once(ledger: ChipLedger) -> None:
    ledger.claim("resnet", first_chip=0, chips=1)

    with pytest.raises(PackingError, match="resnet owns chip 0 of inferentia2 already"):
        ledger.claim("resnet", first_chip=1, chips=1)
