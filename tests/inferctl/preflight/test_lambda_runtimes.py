from __future__ import annotations

import json
from importlib.resources import files

import pytest

from inferctl.preflight.lambda_runtimes import LAMBDA_RUNTIMES
from inferctl.preflight.subject import Subject

LIFECYCLE = json.loads(
    files("cfnlint").joinpath("data/AdditionalSpecs/LmbdRuntimeLifecycle.json").read_text()
)


@pytest.mark.parametrize("name", LAMBDA_RUNTIMES)
def test_the_dates_are_those_that_cfn_lint_bundles(name: str) -> None:
    row = LAMBDA_RUNTIMES[name]

    assert row.deprecated.isoformat() == LIFECYCLE[name]["deprecated"]
    assert row.create_block.isoformat() == LIFECYCLE[name]["create-block"]


def test_every_runtime_of_the_platforms_has_its_dates(prod: Subject, dev: Subject) -> None:
    used = {
        resource["Properties"]["Runtime"]
        for subject in (prod, dev)
        for template in subject.templates.values()
        for resource in template["Resources"].values()
        if "Runtime" in resource.get("Properties", {})
    }

    assert used and used <= LAMBDA_RUNTIMES.keys()
