"""How many tasks with their own interface a host takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accelerator_catalog import EC2_INSTANCES
from fleet_packing import awsvpc_task_limit


@pytest.mark.parametrize(("name", "limit"), [("inf1.24xlarge", 10), ("inf2.xlarge", 3)])
def test_without_trunking_the_host_keeps_one_interface(name: str, limit: int) -> None:
    assert awsvpc_task_limit(EC2_INSTANCES[name], trunking=False) == limit


def test_trunking_takes_what_the_catalogue_knows() -> None:
    instance = EC2_INSTANCES["inf1.24xlarge"]

    assert awsvpc_task_limit(replace(instance, trunk_tasks=54), trunking=True) == 54
    assert awsvpc_task_limit(replace(instance, trunk_tasks=None), trunking=True) == 10
