"""docs/embedded-aws.md names what there is."""

from __future__ import annotations

import re

from inferctl.environment import ROOT
from inferctl.localaws.cloudformation.resources import RESOURCE_TYPES
from inferctl.localaws.serving.limits import _VARIABLES

PAGE = (ROOT / "docs/embedded-aws.md").read_text("utf-8")
TESTS = ROOT / "tests/inferctl/localaws"
_SERVICES = {
    "Application Auto Scaling": "ApplicationAutoScaling",
    "Auto Scaling": "AutoScaling",
    "Elastic Load Balancing": "ElasticLoadBalancingV2",
    "EventBridge": "Events",
    "Step Functions": "StepFunctions",
}


def test_every_resource_type_is_in_the_table_and_no_other() -> None:
    table = PAGE.partition("| service | resource types |")[2].partition("\n\n")[0]
    rows = [row.split("|")[1:3] for row in table.splitlines() if row.startswith("| ")]

    assert {
        f"AWS::{_SERVICES.get(service.strip(), service.strip())}::{name}"
        for service, names in rows
        for name in re.findall(r"`(\w+)`", names)
    } == set(RESOURCE_TYPES)


def test_every_variable_is_named() -> None:
    assert set(re.findall(r"LOCALAWS_\w+", PAGE)) == set(_VARIABLES)


def test_every_test_that_is_named_exists() -> None:
    files = {path.stem: path for path in TESTS.rglob("test_*.py")}
    files |= {path.stem: path for path in (TESTS.parent / "commands").glob("test_local.py")}
    files |= {path.stem: path for path in (TESTS.parent / "toolchain").glob("test_*.py")}
    for name, words in re.findall(r"(test_\w+)(?:::(\w+))?`", PAGE):
        assert name in files, name
        assert words in files[name].read_text("utf-8"), f"{name}::{words}"
