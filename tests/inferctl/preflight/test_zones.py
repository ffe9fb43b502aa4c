from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from inferctl.preflight.account import NobodyToAsk
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.subject import Subject
from inferctl.preflight.zones import check
from tests.support.stubbed_account import Answers, stubbed_account

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")


def answers(
    offered: Mapping[str, tuple[str, ...]],
    *,
    default: tuple[str, ...] = (),
    closed: tuple[str, ...] = (),
) -> Answers:
    return {
        "DescribeInstanceTypeOfferings": {
            "InstanceTypeOfferings": [
                {"InstanceType": name, "Location": zone, "LocationType": "availability-zone"}
                for name, zones in offered.items()
                for zone in zones
            ]
        },
        "DescribeAvailabilityZones": {
            "AvailabilityZones": [
                {"ZoneName": zone, "State": "unavailable" if zone in closed else "available"}
                # in no order that may be relied on
                for zone in reversed(ZONES)
            ]
        },
        "DescribeSubnets": {"Subnets": [{"AvailabilityZone": zone} for zone in default]},
    }


EVERYWHERE = {
    name: ZONES
    for name in ("inf1.6xlarge", "inf2.xlarge", "trn1.2xlarge", "m6i.2xlarge", "g4dn.xlarge")
}


def finding(subject: Subject, place: str, given: Answers) -> Finding:
    (found,) = (each for each in check(subject, stubbed_account(given)) if place in each.place)
    return found


def test_types_that_every_zone_offers_pass(dev: Subject) -> None:
    findings = check(dev, stubbed_account(answers(EVERYWHERE)))

    assert {each.outcome for each in findings} == {Outcome.PASSED}
    assert len(findings) == 5
    # the first two zones, because the network has two
    assert findings[0].value == "offered in us-east-1a, us-east-1b"


def test_a_type_in_none_of_the_zones_fails_and_says_where_it_is(dev: Subject) -> None:
    given = answers(EVERYWHERE | {"trn1.2xlarge": ("us-east-1c",)})

    found = finding(dev, "trn1", given)
    assert found.outcome is Outcome.FAILED
    assert found.value == "not offered in us-east-1a, us-east-1b"
    assert found.rule == "the zones of its subnets must offer trn1.2xlarge"
    assert found.fix == ("have subnets in us-east-1c (network.availability_zones), or another type")
    assert found.command is not None and '"Values": ["trn1.2xlarge"]' in found.command


def test_a_type_in_one_zone_of_two_is_left_to_a_person(dev: Subject) -> None:
    found = finding(dev, "inf1", answers(EVERYWHERE | {"inf1.6xlarge": ("us-east-1b",)}))

    assert found.outcome is Outcome.TO_DO
    assert found.value == "offered in us-east-1b, not in us-east-1a"


def test_a_type_that_the_region_does_not_have_fails(dev: Subject) -> None:
    found = finding(dev, "inf2", answers(EVERYWHERE | {"inf2.xlarge": ()}))

    assert found.outcome is Outcome.FAILED
    assert found.fix == "choose another type, or a region other than us-east-1"


def test_what_sagemaker_offers_where_is_only_guessed_from_ec2(dev: Subject) -> None:
    there = finding(dev, "dev-endpoint", answers(EVERYWHERE))
    gone = finding(dev, "dev-endpoint", answers(EVERYWHERE | {"g4dn.xlarge": ()}))

    assert there.value == "offered in us-east-1a, us-east-1b by EC2 (SageMaker lists no zones)"
    assert gone.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("given", "zones"),
    [
        (answers(EVERYWHERE, default=("us-east-1c", "us-east-1b")), "us-east-1b, us-east-1c"),
        (answers(EVERYWHERE, closed=("us-east-1a",)), "us-east-1b, us-east-1c"),
    ],
)
def test_zones_are_those_that_cloudformation_would_choose(
    dev: Subject, given: Answers, zones: str
) -> None:
    assert finding(dev, "inf1", given).value == f"offered in {zones}"


def test_one_of_several_types_is_enough(subject_with: Any) -> None:
    subject = subject_with(
        s={
            "Resources": {
                "Queue": {
                    "Type": "AWS::Batch::ComputeEnvironment",
                    "Properties": {
                        "ComputeResources": {
                            "InstanceTypes": ["g4dn.2xlarge", "g5.2xlarge"],
                            "Subnets": [{"Ref": "Subnet"}],
                        }
                    },
                },
                "Subnet": {
                    "Type": "AWS::EC2::Subnet",
                    "Properties": {"AvailabilityZone": "us-east-1b"},
                },
            }
        }
    )

    found = finding(subject, "Queue", answers({"g5.2xlarge": ("us-east-1b",)}))
    assert (found.outcome, found.value) == (Outcome.PASSED, "offered in us-east-1b")
    assert "one of g4dn.2xlarge, g5.2xlarge" in found.rule


def test_without_an_account_every_source_is_on_the_checklist(fleet: Subject) -> None:
    findings = check(fleet, NobodyToAsk(Outcome.TO_DO, "offline"))

    assert {each.outcome for each in findings} == {Outcome.TO_DO}
    assert [each.place.split("/")[1][:12] for each in findings] == [
        *("Clusterinf1l", "Clusterinf2G", "Clustertrn1G", "ClustergpuGr", "ManagedPoolP"),
    ]


def test_one_answer_that_is_missing_is_enough_to_know_nothing(dev: Subject) -> None:
    given = {name: answer for name, answer in answers(EVERYWHERE).items() if "Subnets" not in name}

    findings = check(dev, stubbed_account(given))
    assert {each.value for each in findings} == {"no permission for ec2:DescribeSubnets"}


def test_a_platform_without_instances_asks_nothing(subject_with: Any) -> None:
    asked: list[str] = []

    assert check(subject_with(s={"Resources": {}}), stubbed_account({}, asked)) == ()
    assert asked == []
