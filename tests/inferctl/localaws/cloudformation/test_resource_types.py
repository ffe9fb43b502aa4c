"""Every emulated type: created, changed in place or replaced, and deleted, against moto."""

from __future__ import annotations

from typing import Any

import pytest

from inferctl.localaws.cloudformation.resources import RESOURCE_TYPES, is_custom

from . import (
    cases_account,
    cases_balancing,
    cases_batch,
    cases_compute,
    cases_ec2,
    cases_ecs,
    cases_serving,
)
from .conftest import Stacks
from .parts import Case

CASES = [
    *cases_ec2.CASES,
    *cases_serving.CASES,
    *cases_account.CASES,
    *cases_compute.CASES,
    *cases_balancing.CASES,
    *cases_batch.CASES,
    *cases_ecs.CASES,
]


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{index}-{case[0]['Type']}" for index, case in enumerate(CASES)]
)
def test_type_is_created_changed_and_deleted_without_leftovers(stacks: Stacks, case: Case) -> None:
    subject, needs, change, replaces = case
    before = set(stacks.service.leftovers().unowned)

    def template(more: dict[str, Any]) -> dict[str, Any]:
        properties = {**subject.get("Properties", {}), **more}
        return {"Resources": {**needs, "Subject": {**subject, "Properties": properties}}}

    assert stacks.create("types", template({}))["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(
        "types"
    )
    physical_id = stacks.physical_id("types", "Subject")
    if change:
        assert stacks.update("types", template(change))["StackStatus"] == "UPDATE_COMPLETE", (
            stacks.reasons("types")
        )
        assert "DELETE_FAILED" not in [status for _, status in stacks.events("types")]
        assert (stacks.physical_id("types", "Subject") != physical_id) is replaces
        # and back again: a rollback goes this way
        assert stacks.update("types", template({}))["StackStatus"] == "UPDATE_COMPLETE", (
            stacks.reasons("types")
        )
        assert "DELETE_FAILED" not in [status for _, status in stacks.events("types")], (
            stacks.reasons("types")
        )
    deleted = stacks.delete("types")
    assert deleted["StackStatus"] == "DELETE_COMPLETE", deleted["StackStatusReason"]
    assert set(stacks.service.leftovers().unowned) == before


def test_every_emulated_type_is_tested() -> None:
    tested = {case[0]["Type"] for case in CASES}

    assert {kind for kind in RESOURCE_TYPES if not is_custom(kind)} == tested
