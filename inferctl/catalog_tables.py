"""The tables of ``inferctl catalog``: one function a kind, from facts to cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from accelerator_catalog import (
    CPU_INSTANCES,
    EC2_PRICES,
    ECS_AMIS,
    END_OF_LIFE,
    GPU_EC2_INSTANCES,
    HOSTING_PRICES,
    NEURON_IMAGES,
    NEURON_INSTANCES,
    Ec2Instance,
    Ec2Price,
    HostingPrice,
    NeuronImage,
    UnknownImageError,
    neuron_image_uri,
)
from accelerator_catalog.fact import Fact

Row = tuple[Fact, tuple[str, ...]]
_Host = TypeVar("_Host", bound=Ec2Instance)
_HOST_COLUMNS = ("vCPU>", "GiB>", "tasks>", "regions>", "USD/h>")


@dataclass(frozen=True, kw_only=True)
class CatalogTable:
    """One table. ``rows`` gets a region or None; ``regional`` is False where that changes nothing.

    Columns whose name ends in ``>`` are right-aligned. "tasks" counts those in ``awsvpc`` mode,
    without and with ENI trunking.
    """

    columns: tuple[str, ...]
    rows: Callable[[str | None], Iterator[Row]]
    regional: bool = True


def _neuron(region: str | None) -> Iterator[Row]:
    for row in _offered(NEURON_INSTANCES.values(), region):
        last = row.chips - 1
        yield (
            row,
            (
                row.name,
                row.chip,
                str(row.chips),
                row.devices[0] + (f"-{last}" if last else ""),
                f"{row.core_count} v{row.core_version}",
                str(row.accelerator_memory_gib),
                *_host(row, region),
            ),
        )


def _gpu(region: str | None) -> Iterator[Row]:
    for row in _offered(GPU_EC2_INSTANCES.values(), region):
        memory = row.gpu_count * row.gpu_memory_gib
        yield row, (row.name, row.gpu, str(row.gpu_count), str(memory), *_host(row, region))


def _cpu(region: str | None) -> Iterator[Row]:
    for row in _offered(CPU_INSTANCES.values(), region):
        yield row, (row.name, *_host(row, region))


def _images(region: str | None) -> Iterator[Row]:
    for row in NEURON_IMAGES.values():
        cores = ", ".join(f"v{version}" for version in sorted(row.core_versions))
        driver = f"{row.minimum_driver} on"
        if row.refused_from is not None:
            driver = f"{row.minimum_driver} to below {row.refused_from}"
        sdk = f"{'~' if 'sdk' in row.uncertain else ''}{row.sdk}"
        yield row, (row.id, sdk, cores, driver, _name(row, region))


def _amis(_: str | None) -> Iterator[Row]:
    for row in ECS_AMIS.values():
        yield (
            row,
            (
                row.id,
                ", ".join(sorted(row.runs)),
                _known(row.neuron_driver),
                _known(row.neuron_driver_inf1),
                str(row.root_gib),
                _known(row.end_of_life),
                row.parameter,
            ),
        )


def _end_of_life(_: str | None) -> Iterator[Row]:
    for row in END_OF_LIFE.values():
        dates = (_known(row.closed), _known(row.ended))
        yield row, (row.id, row.status, *dates, row.what.rstrip(","), row.replacement)


def _prices(region: str | None) -> Iterator[Row]:
    for table in (EC2_PRICES, HOSTING_PRICES):
        for row in table.values():
            if region in (None, row.region):
                yield row, (row.instance_type, row.region, _usd(row))


TABLES: Mapping[str, CatalogTable] = MappingProxyType(
    {
        "neuron": CatalogTable(
            columns=(
                *("type", "chip", "chips>", "devices", "cores", "chip GiB>"),
                *_HOST_COLUMNS,
            ),
            rows=_neuron,
        ),
        "gpu": CatalogTable(
            columns=("type", "GPU", "GPUs>", "GPU GiB>", *_HOST_COLUMNS), rows=_gpu
        ),
        "cpu": CatalogTable(columns=("type", *_HOST_COLUMNS), rows=_cpu),
        "images": CatalogTable(
            columns=("id", "SDK", "cores", "host driver", "image"), rows=_images
        ),
        "amis": CatalogTable(
            columns=(
                *("id", "runs", "Neuron driver", "on Inf1", "root GiB>", "end of life"),
                "SSM parameter",
            ),
            rows=_amis,
            regional=False,
        ),
        "end-of-life": CatalogTable(
            columns=("id", "status", "closed", "ended", "what", "use instead"),
            rows=_end_of_life,
            regional=False,
        ),
        "prices": CatalogTable(columns=("type", "region", "USD/h>"), rows=_prices),
    }
)


def _offered(rows: Iterable[_Host], region: str | None) -> Iterator[_Host]:
    return (row for row in rows if region is None or region in row.regions)


def _host(row: Ec2Instance, region: str | None) -> tuple[str, ...]:
    price = EC2_PRICES.get(row.name)
    if price is not None and region not in (None, price.region):
        price = None
    return (
        str(row.vcpu),
        str(row.memory_gib),
        f"{row.enis - 1}/{_known(row.trunk_tasks)}",
        str(len(row.regions)),
        "-" if price is None else _usd(price),
    )


def _name(image: NeuronImage, region: str | None) -> str:
    if region is None:
        return f"{image.repository}:{image.tag}"
    try:
        return neuron_image_uri(image, region)
    except UnknownImageError as error:
        return f"none ({error.fix})"


def _usd(price: Ec2Price | HostingPrice) -> str:
    return f"{'~' if price.uncertain else ''}{price.usd_per_hour}"


def _known(value: object) -> str:
    return "-" if value is None else str(value)
