"""The names on both sides of the daemon are one set of names."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from fleet_packing import core_metrics
from neuron_metrics import contract
from neuron_metrics.settings import read_settings

ROOT = Path(__file__).resolve().parents[3]
CONTEXT = ROOT / "container" / "neuron_metrics"


def names(module: ModuleType) -> dict[str, object]:
    return {name: value for name, value in vars(module).items() if name.isupper()}


def test_the_image_repeats_every_constant_of_the_constructs() -> None:
    assert names(contract) == names(core_metrics)
    assert len(names(contract)) == 13


@pytest.mark.parametrize(("cores_per_chip", "expected"), [(4, {0, 1, 2, 3}), (1, {0})])
def test_owners_that_a_construct_writes_are_read_as_host_global_cores(
    cores_per_chip: int, expected: set[int]
) -> None:
    chips = {"resnet": range(1), "bert": range(2, 4)}

    settings = read_settings(
        {
            core_metrics.CLUSTER_VARIABLE: "fleet",
            core_metrics.POOL_VARIABLE: "inf1",
            core_metrics.REGION_VARIABLE: "us-east-1",
            core_metrics.OWNERS_VARIABLE: core_metrics.owners_value(
                chips, cores_per_chip=cores_per_chip
            ),
        }
    )

    assert settings.owners == {
        "bert": frozenset(range(2 * cores_per_chip, 4 * cores_per_chip)),
        "resnet": expected,
    }


def test_the_image_has_the_boto3_that_the_tests_run_with() -> None:
    (pinned,) = re.findall(r"^boto3==\S+", (CONTEXT / "requirements.txt").read_text(), re.M)

    assert re.search(rf"^{re.escape(pinned)}\b", (ROOT / "requirements.in").read_text(), re.M)


def test_the_image_is_built_from_its_own_folder_alone() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+)", (CONTEXT / "Dockerfile").read_text(), re.M)

    assert {"neuron_metrics", "requirements.txt"} == set(copied)
    assert all((CONTEXT / name).exists() for name in copied)
