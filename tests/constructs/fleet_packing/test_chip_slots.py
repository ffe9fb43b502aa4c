"""Slots cut a host's chips up without gap or overlap, on every Neuron instance type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerator_catalog import NEURON_INSTANCES
from fleet_packing import LOCK_PORT_BASE, PackingError, chip_slots

_instances = st.sampled_from([*NEURON_INSTANCES.values()])


@given(_instances, st.data())
def test_slots_own_every_chip_once(instance, data) -> None:  # type: ignore[no-untyped-def]
    divisors = [n for n in range(1, instance.chips + 1) if instance.chips % n == 0]
    per_task = data.draw(st.sampled_from(divisors))

    slots = chip_slots(instance, chips_per_task=per_task)

    assert [path for slot in slots for path in slot.devices] == [
        f"/dev/neuron{chip}" for chip in range(instance.chips)
    ]
    assert [slot.name for slot in slots] == [
        f"slot{chip}" for chip in range(0, instance.chips, per_task)
    ]
    assert len({port for slot in slots for port in slot.lock_ports}) == instance.chips


@given(_instances, st.data())
def test_slots_see_every_core_of_the_host_once(instance, data) -> None:  # type: ignore[no-untyped-def]
    divisors = [n for n in range(1, instance.chips + 1) if instance.chips % n == 0]

    slots = chip_slots(instance, chips_per_task=data.draw(st.sampled_from(divisors)))

    seen = [core for slot in slots for core in _cores(slot.cores)]
    assert seen == list(range(instance.chips * instance.logical_cores_per_chip))
    assert all(len(_cores(slot.cores)) == slot.core_count for slot in slots)


def _cores(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


@pytest.mark.parametrize(
    ("instance_type", "first_chip", "cores"),
    [
        # chips 12 and 13 of inf1.24xlarge: 4 cores a chip, numbered over the host
        ("inf1.24xlarge", 12, "48-51"),
        ("inf1.24xlarge", 13, "52-55"),
        ("inf2.24xlarge", 5, "10-11"),
        ("trn1.32xlarge", 15, "30-31"),
        ("trn2.48xlarge", 1, "4-7"),
    ],
)
def test_cores_are_numbered_over_the_host(instance_type: str, first_chip: int, cores: str) -> None:
    (slot,) = chip_slots(NEURON_INSTANCES[instance_type], first_chip=first_chip, chips=1)

    assert slot.cores == cores


def test_lock_ports_stay_below_the_ports_that_docker_hands_out() -> None:
    most = max(instance.chips for instance in NEURON_INSTANCES.values())

    assert LOCK_PORT_BASE + most < 32_768


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"chips_per_task": 2},
            "chips_per_task must be 1 to 1 on inf2.xlarge, got 2",
        ),
        (
            {"first_chip": 1},
            "first_chip must be 0 to 0 on inf2.xlarge, which has 1 chip, got 1",
        ),
        (
            {"chips": 2},
            "chips must be 1 to 1 from chip 0 of inf2.xlarge on, which has 1 chip, got 2",
        ),
        (
            {"first_chip": 3, "chips_per_task": 0},
            "first_chip must be 0 to 0 on inf2.xlarge, which has 1 chip, got 3; "
            "chips_per_task must be 1 to 1 on inf2.xlarge, got 0",
        ),
    ],
)
def test_what_the_host_lacks_is_refused(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(PackingError) as caught:
        chip_slots(NEURON_INSTANCES["inf2.xlarge"], **arguments)

    assert str(caught.value) == message


def test_slots_that_leave_a_remainder_are_refused() -> None:
    with pytest.raises(PackingError) as caught:
        chip_slots(NEURON_INSTANCES["inf2.24xlarge"], chips_per_task=4)

    assert str(caught.value) == "chips_per_task must divide the 6 chips of the service, got 4"
