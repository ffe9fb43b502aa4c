from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from inferctl.preflight.account import NobodyToAsk
from inferctl.preflight.end_of_life import check
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.subject import Subject

NOBODY = NobodyToAsk(Outcome.TO_DO, "offline")


def found(subject: Subject, what: str) -> Finding:
    (finding,) = (each for each in check(subject, NOBODY) if what in each.value)
    return finding


def on(subject: Subject, year: int, month: int, day: int) -> Subject:
    return replace(subject, now=datetime(year, month, day, 23, tzinfo=UTC))


# pytorch-inference-neuronx ended on 2026-08-17
@pytest.mark.parametrize(
    ("today", "acknowledged", "outcome", "when"),
    [
        ((2026, 5, 18), False, Outcome.PASSED, "2026-08-17, 91 days from now"),
        ((2026, 5, 19), False, Outcome.FAILED, "2026-08-17, 90 days from now"),
        ((2026, 5, 19), True, Outcome.TO_DO, "2026-08-17, 90 days from now, acknowledged"),
        ((2026, 8, 18), False, Outcome.FAILED, "2026-08-17, 1 days ago"),
        ((2026, 8, 18), True, Outcome.TO_DO, "2026-08-17, 1 days ago, acknowledged"),
    ],
)
def test_what_ends_within_ninety_days_fails_unless_it_is_acknowledged(
    dev: Subject, today: tuple[int, int, int], acknowledged: bool, outcome: Outcome, when: str
) -> None:
    subject = on(dev, *today)
    if not acknowledged:
        subject = replace(subject, acknowledged=frozenset())

    finding = found(subject, "pytorch-inference-neuronx")
    assert finding.outcome is outcome
    assert finding.value == f"pytorch-inference-neuronx (last image: SDK 2.31.1): {when}"
    assert finding.rule == "must not end within 90 days"
    if outcome is Outcome.FAILED:
        assert "add pytorch-inference-neuronx to acknowledge_end_of_life in" in finding.fix


def test_a_legacy_part_without_a_date_is_left_to_a_person(dev: Subject) -> None:
    finding = found(dev, "Inferentia1")

    assert finding.outcome is Outcome.TO_DO
    assert finding.value.endswith("legacy, no date published")
    assert finding.fix == "use Inf2 or Trn1"


@pytest.mark.parametrize(
    ("today", "outcome"),
    [
        ((2028, 1, 30), Outcome.PASSED),
        ((2028, 1, 31), Outcome.TO_DO),
        ((2028, 5, 1), Outcome.TO_DO),
        # Lambda refuses new functions from this day
        ((2028, 6, 1), Outcome.FAILED),
    ],
)
def test_a_runtime_of_lambda_fails_once_it_is_refused(
    prod: Subject, today: tuple[int, int, int], outcome: Outcome
) -> None:
    assert found(on(prod, *today), "nodejs24.x").outcome is outcome


def test_every_part_is_told_once(dev: Subject) -> None:
    values = [finding.value.split(":")[0] for finding in check(dev, NOBODY)]

    assert len(values) == len(set(values)) == 5


def instance(**properties: Any) -> dict[str, Any]:
    return {"Resources": {"Host": {"Type": "AWS::EC2::Instance", "Properties": properties}}}


def test_elastic_inference_fails_however_well_that_is_known(subject_with: Any) -> None:
    template = instance(
        InstanceType="c5.large", ElasticInferenceAccelerators=[{"Type": "eia2.medium"}]
    )
    subject = replace(subject_with(s=template), acknowledged=frozenset({"elastic-inference"}))

    finding = found(subject, "Elastic Inference")
    assert (finding.outcome, finding.place) == (Outcome.FAILED, "s/Host")
    assert "refused from 2024-04-01" in finding.value
    assert finding.fix == "use a shared GPU (NVIDIA MPS) or an Inferentia2 instance"


def test_host_images_of_amazon_linux_2_ended(subject_with: Any) -> None:
    template = instance(InstanceType="c5.large") | {
        "Parameters": {
            "Image": {
                "Default": "/aws/service/ecs/optimized-ami/amazon-linux-2/inf/recommended/image_id"
            }
        }
    }

    finding = found(subject_with(s=template), "al2-inf")
    assert finding.outcome is Outcome.FAILED
    assert "2026-06-30, 144 days ago" in finding.value


@pytest.mark.parametrize("name", ["ml.p3.2xlarge", "ml.p2.xlarge"])
def test_old_hosting_families_are_told(subject_with: Any, name: str) -> None:
    template = {
        "Resources": {
            "Config": {
                "Type": "AWS::SageMaker::EndpointConfig",
                "Properties": {"ProductionVariants": [{"VariantName": "A", "InstanceType": name}]},
            }
        }
    }

    assert found(subject_with(s=template), "hosting").outcome is Outcome.TO_DO
