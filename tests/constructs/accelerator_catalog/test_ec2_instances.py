"""EC2 types agree with AWS's own models, save for the disagreements that are listed here."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from accelerator_catalog import (
    CPU_INSTANCES,
    EC2_INSTANCES,
    GPU_EC2_INSTANCES,
    GPU_INSTANCES,
    NEURON_INSTANCES,
    REGIONS,
    Ec2Instance,
    GpuEc2Instance,
    NeuronInstance,
)

_MOTO = Path(str(files("moto"))) / "ec2/resources"
_CFN_LINT = Path(str(files("cfnlint"))) / (
    "data/schemas/extensions/aws_ec2_instance/instancetype_enum.json"
)
Disagreement = tuple[str, str, object, object]
_NO_CHIPS = "the API data of trn2u has no NeuronInfo"
_NOT_PRICED = "the price list does not have it yet; the regions are those of the offerings"
AGREED: dict[Disagreement, str] = {
    ("trn2.3xlarge", "chip_memory_gib", 96, 512): "the hardware page says 96, 512 is not credible",
    ("trn2.48xlarge", "chip_memory_gib", 96, 512): "the hardware page says 96, as does 1.5 TB",
    ("trn2u.48xlarge", "chip", "Trainium2", None): _NO_CHIPS,
    ("trn2u.48xlarge", "chips", 16, None): _NO_CHIPS,
    ("trn2u.48xlarge", "core_version", 3, None): _NO_CHIPS,
    ("trn2u.48xlarge", "cores_per_chip", 8, None): _NO_CHIPS,
    ("trn2u.48xlarge", "chip_memory_gib", 96, None): _NO_CHIPS,
    ("trn2.3xlarge", "regions", "ap-south-2 ap-southeast-4 sa-east-1", ""): _NOT_PRICED,
    ("trn2u.48xlarge", "regions", "ap-south-2", ""): _NOT_PRICED,
}
_PRICED = "on the price list; moto's offerings are a sample of what one account sees"
_OFFERED = "not on the price list, so that it cannot be relied on"
AGREED_REGIONS = {
    ("inf1.xlarge", "priced", "ap-northeast-3"): _PRICED,
    ("inf1.2xlarge", "priced", "ap-northeast-3"): _PRICED,
    ("inf1.6xlarge", "priced", "ap-northeast-3"): _PRICED,
    ("inf1.24xlarge", "priced", "ap-northeast-3"): _PRICED,
    ("inf1.2xlarge", "priced", "af-south-1"): _PRICED,
    ("trn1.32xlarge", "offered", "ap-south-1"): _OFFERED,
    ("trn1.32xlarge", "offered", "ap-southeast-2"): _OFFERED,
    ("trn1.32xlarge", "offered", "ap-southeast-4"): _OFFERED,
}


@pytest.fixture(scope="module")
def described() -> dict[str, dict[str, Any]]:
    """DescribeInstanceTypes."""
    with gzip.open(_MOTO / "instance_types.json.gz") as file:
        types: dict[str, dict[str, Any]] = json.load(file)
    return types


@pytest.fixture(scope="module")
def priced() -> dict[str, set[str]]:
    """Instance types by region, of the price list."""
    schemas = json.loads(_CFN_LINT.read_text())
    return {
        region: set(schema["enum"])
        for region, schema in schemas.items()
        if isinstance(schema, dict) and region != "all"
    }


def _described_size(row: Ec2Instance, api: dict[str, Any]) -> Iterator[Disagreement]:
    network = api["NetworkInfo"]
    yield row.name, "vcpu", row.vcpu, api["VCpuInfo"]["DefaultVCpus"]
    yield row.name, "memory_gib", row.memory_gib, api["MemoryInfo"]["SizeInMiB"] // 1024
    yield (
        row.name,
        "enis",
        row.enis,
        sum(card["MaximumNetworkInterfaces"] for card in network["NetworkCards"]),
    )


def _described_chips(row: NeuronInstance, api: dict[str, Any]) -> Iterator[Disagreement]:
    device: dict[str, Any] = next(iter(api.get("NeuronInfo", {}).get("NeuronDevices", [])), {})
    cores = device.get("CoreInfo", {})
    memory = device.get("MemoryInfo", {}).get("SizeInMiB")
    yield row.name, "chip", row.chip, device.get("Name")
    yield row.name, "chips", row.chips, device.get("Count")
    yield row.name, "core_version", row.core_version, cores.get("Version")
    yield row.name, "cores_per_chip", row.cores_per_chip, cores.get("Count")
    yield row.name, "chip_memory_gib", row.chip_memory_gib, memory and memory // 1024


def _described_gpus(row: GpuEc2Instance, api: dict[str, Any]) -> Iterator[Disagreement]:
    (gpu,) = api["GpuInfo"]["Gpus"]
    yield row.name, "gpu_count", row.gpu_count, gpu["Count"]
    yield row.name, "gpu", row.gpu, f"{gpu['Manufacturer']} {gpu['Name']}"


def test_sizes_and_regions_are_aws_own_but_for_agreed_disagreements(
    described: dict[str, dict[str, Any]], priced: dict[str, set[str]]
) -> None:
    compared: list[Disagreement] = []
    for row in EC2_INSTANCES.values():
        compared += _described_size(row, described[row.name])
        if isinstance(row, NeuronInstance):
            compared += _described_chips(row, described[row.name])
        if isinstance(row, GpuEc2Instance):
            compared += _described_gpus(row, described[row.name])
        offering = {region for region, names in priced.items() if row.name in names}
        compared.append(
            (row.name, "regions", " ".join(sorted(row.regions)), " ".join(sorted(offering)))
        )
    found = {entry for entry in compared if entry[2] != entry[3]}

    for name, field, ours, theirs in sorted(found, key=str):
        reason = AGREED.get((name, field, ours, theirs), "not agreed")
        print(f"{name} {field}: {ours}, against {theirs} ({reason})")
    assert len(compared) > 280
    assert found == set(AGREED)


def test_types_are_those_of_the_ec2_api() -> None:
    model = botocore.session.get_session().get_service_model("ec2")
    known = set(model.shape_for("InstanceType").enum)  # type: ignore[attr-defined]
    neuron = {name for name in known if name.startswith(("inf", "trn"))}

    assert neuron == set(NEURON_INSTANCES)
    assert known >= set(EC2_INSTANCES)


def test_offerings_are_the_priced_regions_but_for_agreed_disagreements() -> None:
    offering: dict[str, set[str]] = {}
    paths = list((_MOTO / "instance_type_offerings/region").glob("*.json.gz"))
    for path in paths:
        with gzip.open(path) as file:
            for offer in json.load(file):
                offering.setdefault(offer["InstanceType"], set()).add(path.name.split(".")[0])
    listed = {path.name.split(".")[0] for path in paths}

    found: set[tuple[str, str, str]] = set()
    for name, row in EC2_INSTANCES.items():
        ours = row.regions & listed
        found |= {(name, "priced", region) for region in ours - offering[name]}
        found |= {(name, "offered", region) for region in offering[name] - ours}

    for disagreement in sorted(found):
        print(*disagreement, f"({AGREED_REGIONS.get(disagreement, 'not agreed')})")
    assert found == set(AGREED_REGIONS)


def test_regions_are_those_of_the_catalogue() -> None:
    for row in EC2_INSTANCES.values():
        assert row.regions <= set(REGIONS), row.name


def test_families_are_complete_and_kinds_apart() -> None:
    tables = (NEURON_INSTANCES, GPU_EC2_INSTANCES, CPU_INSTANCES)

    assert len(EC2_INSTANCES) == sum(len(table) for table in tables)
    assert {row.family for row in GPU_EC2_INSTANCES.values()} == {"g4dn", "g5", "g6"}
    assert {row.family for row in CPU_INSTANCES.values()} == {"c5", "c6i", "m5", "m6i"}


def test_gpu_types_are_all_hosting_sizes_of_their_families() -> None:
    hosting = {
        name.removeprefix("ml.")
        for name, row in GPU_INSTANCES.items()
        if row.family in ("g4dn", "g5", "g6")
    }

    assert set(GPU_EC2_INSTANCES) == hosting


@pytest.mark.parametrize(
    ("name", "tasks"),
    [
        ("c5.large", 10),
        ("inf2.xlarge", 20),
        ("inf2.48xlarge", 120),
        ("trn1.2xlarge", 19),
        ("trn1n.32xlarge", 242),
        ("g5.xlarge", 6),
        ("m6i.8xlarge", 90),
    ],
)
def test_trunking_gives_the_tasks_of_the_ecs_guide(name: str, tasks: int) -> None:
    assert EC2_INSTANCES[name].trunk_tasks == tasks


@pytest.mark.parametrize("family", ["inf1", "g4dn"])
def test_ecs_does_not_trunk_on_families_that_its_guide_excludes(family: str) -> None:
    rows = [row for row in EC2_INSTANCES.values() if row.family == family]

    assert rows
    assert all(row.trunk_tasks is None for row in rows)


def test_trunking_never_lowers_the_number_of_tasks() -> None:
    for row in EC2_INSTANCES.values():
        if row.trunk_tasks is not None:
            assert row.trunk_tasks > row.enis - 1, row.name
