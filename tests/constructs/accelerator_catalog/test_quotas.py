from __future__ import annotations

import re

import pytest

from accelerator_catalog import EC2_INSTANCES, GPU_INSTANCES
from accelerator_catalog.quotas import QUOTAS, Purchase, ec2_quota, endpoint_quota


@pytest.mark.parametrize("purchase", ["on-demand", "spot"])
@pytest.mark.parametrize("name", EC2_INSTANCES)
def test_every_instance_type_of_a_pool_counts_against_a_quota(
    name: str, purchase: Purchase
) -> None:
    quota = ec2_quota(name, purchase)

    assert quota is not None and quota.unit == "vCPUs"
    assert ("Spot" in quota.name) is (purchase == "spot")


@pytest.mark.parametrize(
    ("name", "code", "spot"),
    [
        ("inf1.6xlarge", "L-1945791B", "L-B5D1601B"),
        ("inf2.xlarge", "L-1945791B", "L-B5D1601B"),
        ("trn1.2xlarge", "L-2C3B7624", "L-6B0D517C"),
        ("g4dn.xlarge", "L-DB2E81BA", "L-3819A6DF"),
        ("gr6.4xlarge", "L-DB2E81BA", "L-3819A6DF"),
        ("p4d.24xlarge", "L-417A185B", "L-7212CCBC"),
        ("p5.48xlarge", "L-417A185B", "L-C4BD4855"),
        ("m6i.xlarge", "L-1216C47A", "L-34B43A08"),
        ("t3.micro", "L-1216C47A", "L-34B43A08"),
    ],
)
def test_a_family_has_one_quota_on_demand_and_another_for_spot(
    name: str, code: str, spot: str
) -> None:
    on_demand, by_spot = ec2_quota(name, "on-demand"), ec2_quota(name, "spot")

    assert on_demand is not None and by_spot is not None
    assert (on_demand.code, by_spot.code) == (code, spot)


def test_a_family_that_is_in_no_table_has_no_quota() -> None:
    assert ec2_quota("mac2.metal", "on-demand") is None


@pytest.mark.parametrize("name", GPU_INSTANCES)
def test_every_hosting_type_has_a_quota_of_its_own(name: str) -> None:
    quota = endpoint_quota(name)

    assert quota.name == f"{name} for endpoint usage"
    # no list names this one yet; it is looked up by its name
    assert (quota.code is None) is (name == "ml.p5.4xlarge")


def test_codes_are_well_formed_and_unique() -> None:
    codes = [quota.code for quota in QUOTAS.values() if quota.code is not None]

    assert all(re.fullmatch(r"L-[0-9A-F]{8}", code) for code in codes)
    assert len(set(codes)) == len(codes)


def test_network_quotas_are_those_that_moto_bundles() -> None:
    from moto.servicequotas.resources.default_quotas.vpc import VPC_DEFAULT_QUOTAS

    bundled = {quota["QuotaName"]: quota for quota in VPC_DEFAULT_QUOTAS}
    ours = [quota for quota in QUOTAS.values() if quota.service == "vpc"]

    assert len(ours) == 5
    for quota in ours:
        assert bundled[quota.name]["QuotaCode"] == quota.code
        assert bundled[quota.name]["Value"] == quota.default
