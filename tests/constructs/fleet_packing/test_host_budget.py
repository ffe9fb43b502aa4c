"""As many tasks fit on a host as it has chips, and not one more."""

from __future__ import annotations

import pytest

from accelerator_catalog import EC2_INSTANCES, NEURON_INSTANCES
from fleet_packing import DAEMON_BUDGET, HostBudget, PackingError, host_budget

# What ECS says an 8 GiB and a 16 GiB instance registered, MiB; the agent adds nothing to reserve.
_MOST_REGISTERED = 0.98


@pytest.mark.parametrize("name", NEURON_INSTANCES)
def test_one_task_a_chip_fits_and_one_more_does_not(name: str) -> None:
    instance = NEURON_INSTANCES[name]
    share = host_budget(instance).share(chips=1, of=instance.chips)
    nominal = instance.memory_gib * 1024

    assert share.memory_mib * instance.chips + DAEMON_BUDGET.memory_mib <= nominal * 0.94
    assert share.memory_mib * (instance.chips + 1) > nominal * _MOST_REGISTERED
    assert share.cpu_units * instance.chips + DAEMON_BUDGET.cpu_units <= instance.vcpu * 1024
    assert share.cpu_units * (instance.chips + 1) > instance.vcpu * 1024


@pytest.mark.parametrize("name", EC2_INSTANCES)
def test_every_instance_type_leaves_something_for_tasks(name: str) -> None:
    budget = host_budget(EC2_INSTANCES[name])

    assert budget.memory_mib >= 1024
    assert budget.cpu_units >= 1024


def test_shares_of_all_chips_make_no_more_than_the_whole() -> None:
    budget = HostBudget(memory_mib=1000, cpu_units=999)

    assert budget.share(chips=2, of=3) == HostBudget(memory_mib=666, cpu_units=666)
    assert budget.share(chips=3, of=3) == budget


@pytest.mark.parametrize("chips", [0, 5])
def test_a_share_of_chips_that_are_not_there_is_refused(chips: int) -> None:
    with pytest.raises(PackingError, match=rf"chips must be 1 to 4, got {chips}"):
        HostBudget(memory_mib=1000, cpu_units=1000).share(chips=chips, of=4)
