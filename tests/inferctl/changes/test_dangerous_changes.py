"""Each kind of dangerous change, made to a synthesized platform, is found and named."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from inferctl.changes.assembly import Assembly
from inferctl.changes.finding import KINDS
from inferctl.changes.platform_changes import platform_changes
from tests.inferctl.changes import (
    cases_interruption,
    cases_lifetimes,
    cases_network,
    cases_permissions,
    cases_safeguards,
    cases_watching,
    cases_workloads,
)
from tests.support.change_cases import Case
from tests.support.template_changes import changed

CASES: tuple[Case, ...] = (
    *cases_lifetimes.CASES,
    *cases_interruption.CASES,
    *cases_permissions.CASES,
    *cases_network.CASES,
    *cases_safeguards.CASES,
    *cases_watching.CASES,
    *cases_workloads.CASES,
)


def test_the_table_is_long_enough_and_names_nothing_twice() -> None:
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)
    # models are no resources: test_models_and_cost.py
    assert {case.kind for case in CASES} == set(KINDS) - {"models"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_dangerous_change_is_found(case: Case, synthesized: Mapping[str, Assembly]) -> None:
    before = synthesized[case.platform]
    if case.first is not None:
        before = changed(before, case.first)

    found = platform_changes(before, changed(before, case.change)).findings

    same_kind = [finding for finding in found if finding.kind == case.kind]
    assert [each for each in same_kind if case.text in each.text], [f.text for f in found]
