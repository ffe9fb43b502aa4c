"""Which Neuron SDKs run on an instance type, and which host drivers their runtimes work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from accelerator_catalog.ecs_amis import EcsAmi, host_driver
from accelerator_catalog.fact import Fact
from accelerator_catalog.neuron_cores import NEURON_CORES
from accelerator_catalog.neuron_instances import NeuronInstance

_SDK = "https://github.com/aws-neuron/aws-neuron-sdk/blob/master"
_RUNTIME_1 = f"{_SDK}/about-neuron/announcements/neuron2.x/neuron-rtd-eol.rst"
_RUNTIME_2 = f"{_SDK}/archive/appnotes/neuron1x/introducing-libnrt.rst"
_RUNTIME_NOTES = f"{_SDK}/release-notes/components/runtime.rst"

# The release that brought a family: release-notes/prev/rn.rst of the repository above, and
# about-neuron/announcements/neuron2.x/neuron230-packages-changes.rst for trn1.
FIRST_SDKS: Mapping[str, str] = MappingProxyType(
    {
        "inf2": "2.8.0",
        "trn1": "2.3.0",
        "trn1n": "2.9.0",
        "trn2": "2.21.0",
        "trn2u": "2.21.0",
    }
)


@dataclass(frozen=True, kw_only=True)
class DriverWindow(Fact):
    """Host drivers for the runtimes of ``first_sdk`` and later, up to the next row.

    ``refused_from`` is the first driver that turns those runtimes away, None while none does.
    """

    first_sdk: str
    minimum_driver: str
    refused_from: str | None


DRIVER_WINDOWS: tuple[DriverWindow, ...] = (
    # neuron-rtd, a daemon beside the model server; the driver of SDK 2.3 is 2.5.41.
    DriverWindow(first_sdk="1.0", minimum_driver="1.0", refused_from="2.5", source=_RUNTIME_1),
    DriverWindow(
        first_sdk="1.16.0",
        minimum_driver="2.1",
        refused_from="2.29",
        source=f"{_RUNTIME_2}; {_RUNTIME_NOTES}",
    ),
    # Runtime 2.32.
    DriverWindow(
        first_sdk="2.30.0", minimum_driver="2.27", refused_from="2.29", source=_RUNTIME_NOTES
    ),
    # Runtime 2.33.
    DriverWindow(
        first_sdk="2.31.0", minimum_driver="2.27", refused_from=None, source=_RUNTIME_NOTES
    ),
)


def driver_window(sdk: str) -> DriverWindow:
    """The host drivers that the runtime of ``sdk`` works with."""
    rows = [row for row in DRIVER_WINDOWS if parts(row.first_sdk) <= parts(sdk)]
    return rows[-1] if rows else DRIVER_WINDOWS[0]


def sdk_problem(sdk: str, instance: NeuronInstance) -> str | None:
    """Why no container with ``sdk`` runs on ``instance``, or None where one may."""
    first = FIRST_SDKS.get(instance.family)
    last = NEURON_CORES[instance.core_version].last_sdk
    if first is not None and parts(sdk) < parts(first):
        return f"SDK {sdk} is older than {first}, the first for {instance.family}"
    if last is not None and parts(sdk) > parts(last):
        return f"SDK {sdk} is newer than {last}, the last for {instance.family}"
    return None


def driver_of_host_problem(sdk: str, driver: str) -> str | None:
    """Why the runtime of ``sdk`` does not start over a host's ``driver``, or None where it does."""
    window = driver_window(sdk)
    if parts(driver) < parts(window.minimum_driver):
        return f"SDK {sdk} needs a Neuron driver from {window.minimum_driver} on, got {driver}"
    if window.refused_from is not None and parts(driver) >= parts(window.refused_from):
        return f"SDK {sdk} works with Neuron drivers below {window.refused_from} only, got {driver}"
    return None


def neuron_host_problem(sdk: str, ami: EcsAmi, instance: NeuronInstance) -> str | None:
    """Why a container with ``sdk`` does not start on ``instance`` booted from ``ami``."""
    driver = host_driver(ami, instance)
    if driver is None:
        return f"{ami.id} has no Neuron driver"
    last = NEURON_CORES[instance.core_version].last_driver
    if last is not None and parts(driver)[:2] > parts(last):
        return f"{ami.id} has Neuron driver {driver}, and {last} is the last for {instance.family}"
    problem = driver_of_host_problem(sdk, driver)
    return None if problem is None else f"{problem} from {ami.id} on {instance.name}"


def parts(version: str) -> tuple[int, ...]:
    """``2.20.2`` as (2, 20, 2)."""
    return tuple(int(part) for part in version.split("."))
