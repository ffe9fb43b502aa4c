"""Models by their manifests, instances, quotas and money before and after."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from inferctl.changes.assembly import Assembly, empty
from inferctl.changes.gates import Gates, WrongGateError, breaches, parse_gates
from inferctl.changes.monthly_cost import monthly_cost
from inferctl.changes.pack import cost_line, headline
from inferctl.changes.platform_changes import platform_changes
from tests.support.template_changes import changed, put

_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"


def with_models(side: Assembly, change: Any) -> Assembly:
    """A copy of one side whose only manifest is changed."""
    ((fleet, manifest),) = side.manifests.items()
    models = copy.deepcopy(manifest["models"])
    return replace(side, manifests={fleet: {**manifest, "models": change(models)}})


def test_removed_model_is_a_danger_and_an_added_one_is_none(
    synthesized: Mapping[str, Assembly],
) -> None:
    whole = synthesized["laptop"]
    less = with_models(whole, lambda models: models[1:])

    removed, added = platform_changes(whole, less), platform_changes(less, whole)

    assert [(f.kind, f.text) for f in removed.findings] == [
        ("models", "model inception is served no more")
    ]
    assert added.findings == ()
    assert headline(added) == "1 model added"


def test_changed_model_says_which_input_differs(synthesized: Mapping[str, Assembly]) -> None:
    before = synthesized["laptop"]

    def change(models: Any) -> Any:
        models[0]["files"][0]["sha256"] = "0" * 64
        models[0]["precision"] = "fp16"
        return models

    (found,) = platform_changes(before, with_models(before, change)).models

    assert (found.name, found.action) == ("inception", "changed")
    assert found.texts[0].startswith("file ") and "sha256" in found.texts[0]
    assert found.texts[1] == "precision: fp32 -> fp16"


def test_model_for_another_target_and_one_without_golden_are_dangers(
    synthesized: Mapping[str, Assembly],
) -> None:
    def verified(models: Any) -> Any:
        models[1]["golden"] = models[1]["files"][0]
        return models

    def change(models: Any) -> Any:
        models[0]["target"] = "g5"
        del models[1]["golden"]
        return models

    before = with_models(synthesized["laptop"], verified)

    found = platform_changes(before, with_models(before, change)).findings

    assert [(f.kind, f.text.partition(":")[0]) for f in found] == [
        ("protection", "model minilm is not verified any more"),
        ("models", "model inception is made for g5, not cpu"),
    ]


def test_monthly_cost_adds_up_what_is_paid_by_the_hour(
    synthesized: Mapping[str, Assembly],
) -> None:
    cost = monthly_cost(synthesized["prod"])
    lines = {line.what: line for line in cost.lines}

    # the arithmetic of the facts: ml.g4dn.4xlarge, two to five; a NAT gateway in each zone
    assert lines["ml.g4dn.4xlarge"].lowest == Decimal("1.505") * 730 * 2
    assert lines["ml.g4dn.4xlarge"].highest == Decimal("1.505") * 730 * 5
    assert lines["nat-gateway"].lowest == Decimal("0.045") * 730 * 2
    assert lines["public-ipv4-address"].minimum == 2
    assert cost.lowest == sum(line.lowest for line in cost.lines)
    assert cost.unpriced == ()


def test_another_region_has_no_price_and_says_so(synthesized: Mapping[str, Assembly]) -> None:
    side = synthesized["prod"]
    far = replace(side, regions=dict.fromkeys(side.regions, "eu-west-1"))

    cost = monthly_cost(far)

    assert cost.lines == () and "ml.g4dn.4xlarge in eu-west-1" in cost.unpriced
    changes = platform_changes(side, far)
    (text,) = breaches(Gates(cost_percent=Decimal(10)), [changes])
    assert "no limit can be held" in text
    # stacks of the same names in another region are others, and the old ones stay
    moved = [f.place for f in changes.findings if "is made anew and empty in eu-west-1" in f.text]
    assert moved == sorted(side.templates)


def test_capacity_shows_instances_and_quotas(synthesized: Mapping[str, Assembly]) -> None:
    before = synthesized["prod"]

    changes = platform_changes(before, changed(before, put(_TARGET, "MaxCapacity", 8)))

    (fleet,) = changes.fleets
    assert fleet.before is not None and fleet.after is not None
    assert (fleet.before.maximum, fleet.after.maximum) == (5, 8)
    grown = {quota.name: (quota.before, quota.after) for quota in changes.quotas}
    # a blue/green update runs both fleets
    assert grown["ml.g4dn.4xlarge for endpoint usage"] == (10, 16)
    assert "at most)" in cost_line(changes)


def test_cost_gate_compares_minimum_and_maximum(synthesized: Mapping[str, Assembly]) -> None:
    before = synthesized["prod"]
    # schedules stay, and the highest of all is what counts
    changes = platform_changes(before, changed(before, put(_TARGET, "MaxCapacity", 6)))

    assert [*breaches(parse_gates("cost=50%"), [changes])] == []
    (text,) = breaches(parse_gates("cost=10%"), [changes])
    assert text.startswith("cost: platform prod costs $") and "at its maximum" in text


def test_kind_gate_counts_its_findings(synthesized: Mapping[str, Assembly]) -> None:
    before = synthesized["prod"]
    changes = platform_changes(before, changed(before, put(_TARGET, "MinCapacity", 1)))

    assert [*breaches(parse_gates("iam,network"), [changes])] == []
    assert [*breaches(parse_gates("capacity"), [changes])] == [
        "capacity: 1 finding in platform prod"
    ]
    assert [*breaches(parse_gates("all"), [changes])] == ["capacity: 1 finding in platform prod"]


def test_wrong_gates_are_told_all_at_once() -> None:
    with pytest.raises(WrongGateError) as caught:
        parse_gates("replce,cost=ten%,iam")

    assert len(caught.value.problems) == 2
    assert "did you mean replace?" in caught.value.problems[0]
    assert "did you mean cost=10%?" in caught.value.problems[1]


def test_new_platform_and_one_that_is_gone(synthesized: Mapping[str, Assembly]) -> None:
    side = synthesized["prod"]

    new, gone = platform_changes(empty("prod"), side), platform_changes(side, empty("prod"))

    assert headline(new).startswith("new platform, ")
    assert "stays" in headline(gone)
    assert {f.kind for f in gone.findings if f.kind == "destroy"} == {"destroy"}
