"""Every row of the catalogue names its source, and agrees with what AWS's own models say."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import botocore.session
import pytest
from botocore.model import ServiceModel

from accelerator_catalog import (
    DRIVER_WINDOWS,
    EC2_INSTANCES,
    EC2_PRICES,
    ECS_AMIS,
    END_OF_LIFE,
    GPU_FAMILIES,
    GPU_INSTANCES,
    HOSTING_PRICES,
    INFERENCE_AMI_VERSIONS,
    INFERENCE_AMIS,
    NEURON_CORES,
    NEURON_IMAGES,
    NEWEST_TRITON_TAG,
    REGIONS,
    TRITON_IMAGES,
    MultiModelSupport,
    regions_offering,
    single_gpu_alternative,
)
from accelerator_catalog.fact import Fact
from accelerator_catalog.registry_accounts import ACCOUNTS
from accelerator_catalog.triton_accounts import LEGACY_ACCOUNTS

_CFN_LINT_HOSTING = Path(str(files("cfnlint"))) / (
    "data/schemas/extensions/aws_sagemaker_hosting/instancetype_enum.json"
)


@pytest.fixture(scope="module")
def sagemaker() -> ServiceModel:
    return botocore.session.get_session().get_service_model("sagemaker")


def _enum(model: ServiceModel, shape: str) -> set[str]:
    return set(model.shape_for(shape).enum)  # type: ignore[attr-defined]


def _rows() -> Iterable[Fact]:
    for table in (
        EC2_INSTANCES,
        EC2_PRICES,
        ECS_AMIS,
        END_OF_LIFE,
        GPU_FAMILIES,
        GPU_INSTANCES,
        HOSTING_PRICES,
        NEURON_CORES,
        NEURON_IMAGES,
        REGIONS,
        TRITON_IMAGES,
        ACCOUNTS,
        LEGACY_ACCOUNTS,
    ):
        yield from table.values()
    yield from INFERENCE_AMIS
    yield from DRIVER_WINDOWS


def test_every_row_has_a_source_and_a_date() -> None:
    rows = list(_rows())

    assert len(rows) > 250
    assert [row for row in rows if not row.source.strip()] == []
    assert [row for row in rows if row.checked.year < 2026] == []


def test_keys_are_the_names_of_their_rows() -> None:
    assert all(name == row.name for name, row in GPU_INSTANCES.items())
    assert all(tag == row.tag for tag, row in TRITON_IMAGES.items())
    assert all(id_ == row.id for id_, row in END_OF_LIFE.items())
    assert all(name == row.instance_type for name, row in HOSTING_PRICES.items())
    assert all(region == row.region for region, row in ACCOUNTS.items())
    assert all(name == row.name for name, row in EC2_INSTANCES.items())
    assert all(name == row.instance_type for name, row in EC2_PRICES.items())
    assert all(id_ == row.id for id_, row in ECS_AMIS.items())
    assert all(id_ == row.id for id_, row in NEURON_IMAGES.items())
    assert all(version == row.version for version, row in NEURON_CORES.items())


def test_instance_types_are_those_of_the_sagemaker_api(sagemaker: ServiceModel) -> None:
    known = _enum(sagemaker, "ProductionVariantInstanceType")
    families = tuple(f"ml.{family}." for family in GPU_FAMILIES)

    assert set(GPU_INSTANCES) == {name for name in known if name.startswith(families)}


def test_host_images_are_those_of_the_sagemaker_api(sagemaker: ServiceModel) -> None:
    known = _enum(sagemaker, "ProductionVariantInferenceAmiVersion")

    assert set(INFERENCE_AMI_VERSIONS) == {name for name in known if "-gpu-" in name}


def test_host_images_are_those_that_cfn_lint_accepts() -> None:
    schemas = _CFN_LINT_HOSTING.parents[2] / "resources"
    accepting = [
        path.name
        for path in schemas.glob("*.json")
        if all(f'"{version}"' in path.read_text() for version in INFERENCE_AMI_VERSIONS)
    ]

    assert accepting


def test_regions_of_an_instance_type_are_those_of_the_price_list() -> None:
    listed: dict[str, list[str]] = {
        region: schema["enum"]
        for region, schema in json.loads(_CFN_LINT_HOSTING.read_text()).items()
        if isinstance(schema, dict)
    }

    for instance in GPU_INSTANCES.values():
        offering = {region for region, names in listed.items() if instance.name in names}
        assert regions_offering(instance) == offering, instance.name


def test_regions_are_those_of_the_sagemaker_service() -> None:
    session = botocore.session.get_session()

    for partition in ("aws", "aws-cn", "aws-us-gov"):
        ours = {row.name for row in REGIONS.values() if row.partition == partition}
        assert ours == set(session.get_available_regions("sagemaker", partition))


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("us-east-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("us-gov-west-1", "amazonaws.com"),
    ],
)
def test_registry_names_end_in_the_suffix_of_the_partition(region: str, suffix: str) -> None:
    assert REGIONS[region].dns_suffix == suffix


def test_no_instance_with_several_gpus_supports_multi_model_endpoints() -> None:
    several = [row for row in GPU_INSTANCES.values() if row.gpu_count > 1]

    assert {row.multi_model for row in several} == {MultiModelSupport.UNSUPPORTED}


def test_listed_instances_are_those_of_the_multi_model_page() -> None:
    listed = {
        row.name for row in GPU_INSTANCES.values() if row.multi_model is MultiModelSupport.LISTED
    }

    sizes = ("xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge")
    assert listed == {
        "ml.p2.xlarge",
        "ml.p3.2xlarge",
        *(f"ml.g4dn.{size}" for size in sizes),
        *(f"ml.g5.{size}" for size in sizes),
    }


@pytest.mark.parametrize(
    ("several", "single"),
    [
        ("ml.g5.12xlarge", "ml.g5.4xlarge"),
        ("ml.p3.8xlarge", "ml.p3.2xlarge"),
        ("ml.p4d.24xlarge", "ml.g5.4xlarge"),
        ("ml.p5.48xlarge", "ml.p5.4xlarge"),
    ],
)
def test_alternative_to_several_gpus_stays_in_the_family_where_it_can(
    several: str, single: str
) -> None:
    assert single_gpu_alternative(GPU_INSTANCES[several]).name == single


def test_reference_instance_is_priced_as_the_article_says() -> None:
    price = HOSTING_PRICES["ml.g4dn.4xlarge"]

    assert float(price.usd_per_hour) * 8760 == pytest.approx(13_184, abs=1)
    assert not price.uncertain


def test_local_nvme_follows_the_instance_storage() -> None:
    assert GPU_INSTANCES["ml.g4dn.4xlarge"].local_nvme
    assert not GPU_INSTANCES["ml.p3.2xlarge"].local_nvme


def test_newest_tag_is_the_latest_version() -> None:
    assert NEWEST_TRITON_TAG == "26.05-py3"
    assert TRITON_IMAGES[NEWEST_TRITON_TAG].version == max(
        row.version for row in TRITON_IMAGES.values()
    )


@pytest.mark.parametrize(
    ("tag", "tensorflow", "namespacing", "race_fixed", "capability", "driver"),
    [
        ("22.10-py3", True, False, False, (6, 0), 450),
        ("23.03-py3", True, False, False, (6, 0), 525),
        ("24.09-py3", True, True, False, (6, 0), 525),
        ("25.04-py3", False, True, False, (7, 5), 525),
        ("25.09-py3", False, True, False, (7, 5), 580),
        ("26.05-py3", False, True, True, (7, 5), 580),
    ],
)
def test_image_says_what_it_holds_and_needs(
    tag: str,
    tensorflow: bool,
    namespacing: bool,
    race_fixed: bool,
    capability: tuple[int, int],
    driver: int,
) -> None:
    image = TRITON_IMAGES[tag]

    assert image.tensorflow is tensorflow
    assert image.namespacing is namespacing
    assert image.load_race_fixed is race_fixed
    assert image.minimum_compute_capability == capability
    assert image.minimum_driver == driver


def test_notice_names_the_dates_and_the_replacement() -> None:
    assert END_OF_LIFE["elastic-inference"].notice == (
        "Amazon Elastic Inference closed to new customers on 2023-04-15 and ended on 2024-04-01;"
        " use a shared GPU (NVIDIA MPS) or an Inferentia2 instance"
    )
    assert END_OF_LIFE["inf1"].notice.endswith("is legacy; use Inf2 or Trn1")


@pytest.mark.parametrize(
    ("id_", "status", "ended"),
    [
        ("al2-ecs-ami", "dead", "2026-06-30"),
        ("neuron-runtime-1", "dead", "2022-10-10"),
        ("tensorflow-neuron", "legacy", "2024-09-16"),
        ("tensorflow-neuronx", "legacy", "2026-04-09"),
        ("pytorch-inference-neuronx", "legacy", "2026-08-17"),
    ],
)
def test_what_ended_on_neuron_has_its_day(id_: str, status: str, ended: str) -> None:
    row = END_OF_LIFE[id_]

    assert row.status == status
    assert f" ended on {ended}; use " in row.notice


def test_every_ec2_price_is_of_a_known_type_in_a_region_that_has_it() -> None:
    for price in EC2_PRICES.values():
        assert price.region in EC2_INSTANCES[price.instance_type].regions


def test_price_of_the_benchmark_host_is_todays_and_certain() -> None:
    price = EC2_PRICES["inf1.2xlarge"]

    # The article's 1.362 USD a million images comes from the launch price, 0.584 USD an hour.
    assert float(price.usd_per_hour) * 2 / 856_000 * 1e6 == pytest.approx(0.846, abs=0.001)
    assert not price.uncertain
