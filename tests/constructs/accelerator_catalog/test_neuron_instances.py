"""Neuron types have the chips, cores and device paths that tasks are written for."""

from __future__ import annotations

import pytest

from accelerator_catalog import NEURON_CORES, NEURON_INSTANCES, core_version_of_target

# The article's table, with the two inf2 sizes corrected:
# type, vCPU, GiB, chips, cores, last device, chip memory in GiB.
_ARTICLE = [
    ("inf1.xlarge", 4, 8, 1, 4, "/dev/neuron0", 8),
    ("inf1.2xlarge", 8, 16, 1, 4, "/dev/neuron0", 8),
    ("inf1.6xlarge", 24, 48, 4, 16, "/dev/neuron3", 32),
    ("inf1.24xlarge", 96, 192, 16, 64, "/dev/neuron15", 128),
    ("inf2.xlarge", 4, 16, 1, 2, "/dev/neuron0", 32),
    ("inf2.8xlarge", 32, 128, 1, 2, "/dev/neuron0", 32),
    ("inf2.24xlarge", 96, 384, 6, 12, "/dev/neuron5", 192),
    ("inf2.48xlarge", 192, 768, 12, 24, "/dev/neuron11", 384),
    ("trn1.2xlarge", 8, 32, 1, 2, "/dev/neuron0", 32),
    ("trn1.32xlarge", 128, 512, 16, 32, "/dev/neuron15", 512),
    ("trn1n.32xlarge", 128, 512, 16, 32, "/dev/neuron15", 512),
]


@pytest.mark.parametrize(
    ("name", "vcpu", "memory", "chips", "cores", "last_device", "chip_memory"), _ARTICLE
)
def test_type_of_the_articles_table_has_its_devices_and_cores(
    name: str, vcpu: int, memory: int, chips: int, cores: int, last_device: str, chip_memory: int
) -> None:
    row = NEURON_INSTANCES[name]

    assert (row.vcpu, row.memory_gib) == (vcpu, memory)
    assert row.chips == chips
    assert row.core_count == cores
    assert row.devices == tuple(f"/dev/neuron{index}" for index in range(chips))
    assert row.devices[-1] == last_device
    assert row.accelerator_memory_gib == chip_memory


def test_articles_wrong_inf2_sizes_are_corrected() -> None:
    # The article has 8 vCPU for inf2.xlarge: a task that asks for them is never placed there.
    assert NEURON_INSTANCES["inf2.xlarge"].vcpu == 4
    # And 64 GiB for inf2.8xlarge.
    assert NEURON_INSTANCES["inf2.8xlarge"].memory_gib == 128


def test_every_type_of_the_article_is_there() -> None:
    families = {"inf1", "inf2", "trn1", "trn1n"}

    names = {name for name, row in NEURON_INSTANCES.items() if row.family in families}
    assert names == {row[0] for row in _ARTICLE}


@pytest.mark.parametrize(
    ("name", "chips", "cores"),
    [("trn2.3xlarge", 1, 4), ("trn2.48xlarge", 16, 64), ("trn2u.48xlarge", 16, 64)],
)
def test_trainium2_joins_its_cores_in_pairs(name: str, chips: int, cores: int) -> None:
    row = NEURON_INSTANCES[name]

    assert row.chips == chips
    assert row.cores_per_chip == 2 * row.logical_cores_per_chip
    assert row.core_count == cores


def test_cores_are_not_joined_elsewhere() -> None:
    for row in NEURON_INSTANCES.values():
        if row.core_version < 3:
            assert row.cores_per_chip == row.logical_cores_per_chip, row.name


def test_chips_are_those_of_their_core_generation() -> None:
    for row in NEURON_INSTANCES.values():
        assert row.chip in NEURON_CORES[row.core_version].chips, row.name


@pytest.mark.parametrize(
    ("target", "version"),
    [("inf1", 1), ("inf2", 2), ("trn1", 2), ("trn1n", 2), ("trn2", 3), ("g5", None), ("", None)],
)
def test_generation_of_a_compile_target(target: str, version: int | None) -> None:
    assert core_version_of_target(target) == version


def test_families_of_a_generation_are_compile_targets_of_it() -> None:
    for row in NEURON_INSTANCES.values():
        # Artifacts for the ultra server are compiled for trn2.
        family = row.family.replace("trn2u", "trn2")
        assert core_version_of_target(family) == row.core_version


def test_ecs_schedules_devices_of_every_generation_but_the_first() -> None:
    managed = {version: row.managed_instances for version, row in NEURON_CORES.items()}

    assert managed == {1: False, 2: True, 3: True}
