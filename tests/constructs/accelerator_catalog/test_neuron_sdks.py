"""SDKs, host drivers and instance types go together, or the catalogue says why not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accelerator_catalog import (
    DRIVER_WINDOWS,
    ECS_AMIS,
    NEURON_CORES,
    NEURON_INSTANCES,
    driver_of_host_problem,
    driver_window,
    host_driver,
    neuron_host_problem,
    sdk_problem,
)
from accelerator_catalog.neuron_sdks import FIRST_SDKS, parts


@pytest.mark.parametrize(
    ("sdk", "name", "problem"),
    [
        ("2.20.2", "inf1.xlarge", None),
        ("2.20", "inf1.xlarge", None),
        ("1.11.0", "inf1.xlarge", None),
        ("2.20.3", "inf1.xlarge", "SDK 2.20.3 is newer than 2.20.2, the last for inf1"),
        ("2.21.0", "inf1.24xlarge", "SDK 2.21.0 is newer than 2.20.2, the last for inf1"),
        ("2.31.1", "inf1.6xlarge", "SDK 2.31.1 is newer than 2.20.2, the last for inf1"),
        ("2.31.1", "inf2.xlarge", None),
        ("2.8.0", "inf2.xlarge", None),
        ("2.7.0", "inf2.xlarge", "SDK 2.7.0 is older than 2.8.0, the first for inf2"),
        ("2.9.0", "trn1n.32xlarge", None),
        ("2.8.0", "trn1n.32xlarge", "SDK 2.8.0 is older than 2.9.0, the first for trn1n"),
        ("2.20.2", "trn2.48xlarge", "SDK 2.20.2 is older than 2.21.0, the first for trn2"),
        ("2.33.0", "trn2.3xlarge", None),
    ],
)
def test_sdk_on_an_instance_type(sdk: str, name: str, problem: str | None) -> None:
    assert sdk_problem(sdk, NEURON_INSTANCES[name]) == problem


def test_versions_are_compared_as_numbers() -> None:
    assert parts("2.8.0") < parts("2.20")
    assert sdk_problem("2.9.1", NEURON_INSTANCES["inf1.xlarge"]) is None


@pytest.mark.parametrize(
    ("sdk", "driver", "problem"),
    [
        ("2.30.0", "2.26.10.0", "SDK 2.30.0 needs a Neuron driver from 2.27 on, got 2.26.10.0"),
        ("2.30.0", "2.27.4.0", None),
        ("2.30.0", "2.28.0.0", None),
        ("2.30.0", "2.29", "SDK 2.30.0 works with Neuron drivers below 2.29 only, got 2.29"),
        ("2.29.1", "2.26.10.0", None),
        ("2.26.1", "2.31.7.0", "SDK 2.26.1 works with Neuron drivers below 2.29 only, got"),
        ("2.31.1", "2.31.7.0", None),
        ("2.31.1", "2.21", "SDK 2.31.1 needs a Neuron driver from 2.27 on, got 2.21"),
        ("1.11.0", "2.21", "SDK 1.11.0 works with Neuron drivers below 2.5 only, got 2.21"),
        ("1.11.0", "1.3.2.0", None),
        ("1.16.0", "1.3.2.0", "SDK 1.16.0 needs a Neuron driver from 2.1 on, got 1.3.2.0"),
        ("2.20.2", "2.21", None),
    ],
)
def test_runtime_of_an_sdk_over_a_host_driver(sdk: str, driver: str, problem: str | None) -> None:
    found = driver_of_host_problem(sdk, driver)

    assert found == problem if problem is None else (found or "").startswith(problem)


def test_windows_follow_one_another() -> None:
    firsts = [parts(row.first_sdk) for row in DRIVER_WINDOWS]

    assert firsts == sorted(firsts)
    for row in DRIVER_WINDOWS:
        assert driver_window(row.first_sdk) is row
        if row.refused_from is not None:
            assert parts(row.minimum_driver) < parts(row.refused_from)
    assert DRIVER_WINDOWS[-1].refused_from is None
    assert driver_window("0.9") is DRIVER_WINDOWS[0]


@pytest.mark.parametrize(
    ("sdk", "ami", "name", "problem"),
    [
        ("2.31.1", "al2023-neuron", "inf2.xlarge", None),
        ("2.31.1", "al2023-neuron", "trn1.2xlarge", None),
        ("2.20.2", "al2023-neuron", "inf1.xlarge", None),
        ("2.8.0", "al2023-neuron", "inf1.xlarge", None),
        (
            "1.11.0",
            "al2023-neuron",
            "inf1.xlarge",
            "SDK 1.11.0 works with Neuron drivers below 2.5 only, got 2.21 from al2023-neuron on"
            " inf1.xlarge",
        ),
        (
            "2.26.1",
            "al2023-neuron",
            "inf2.8xlarge",
            "SDK 2.26.1 works with Neuron drivers below 2.29 only, got 2.31 from al2023-neuron on"
            " inf2.8xlarge",
        ),
        (
            "2.31.1",
            "al2-inf",
            "inf2.xlarge",
            "SDK 2.31.1 needs a Neuron driver from 2.27 on, got 2.17 from al2-inf on inf2.xlarge",
        ),
        ("2.20.2", "al2023", "inf1.xlarge", "al2023 has no Neuron driver"),
        ("2.31.1", "al2023-gpu", "inf2.xlarge", "al2023-gpu has no Neuron driver"),
    ],
)
def test_container_on_a_host_booted_from_an_image(
    sdk: str, ami: str, name: str, problem: str | None
) -> None:
    assert neuron_host_problem(sdk, ECS_AMIS[ami], NEURON_INSTANCES[name]) == problem


def test_no_maintained_host_image_gives_inf1_a_driver_beyond_its_last() -> None:
    last = NEURON_CORES[1].last_driver

    assert last == "2.24"
    driver = host_driver(ECS_AMIS["al2023-neuron"], NEURON_INSTANCES["inf1.xlarge"])
    assert driver is not None
    assert parts(driver) <= parts(last)


def test_driver_beyond_the_last_of_a_generation_is_refused() -> None:
    newer = replace(ECS_AMIS["al2023-neuron"], neuron_driver_inf1="2.25.1")
    patched = replace(newer, neuron_driver_inf1="2.24.13.0")

    assert neuron_host_problem("2.20.2", newer, NEURON_INSTANCES["inf1.xlarge"]) == (
        "al2023-neuron has Neuron driver 2.25.1, and 2.24 is the last for inf1"
    )
    assert neuron_host_problem("2.20.2", patched, NEURON_INSTANCES["inf1.xlarge"]) is None


def test_every_family_but_the_first_says_which_sdk_brought_it() -> None:
    families = {row.family for row in NEURON_INSTANCES.values()}

    assert set(FIRST_SDKS) == families - {"inf1"}
