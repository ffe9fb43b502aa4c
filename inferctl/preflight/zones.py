"""The zones of the platform's subnets offer the instance types that start there."""

from __future__ import annotations

from collections.abc import Mapping

from inferctl.preflight.account import Asks
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.instances import InstanceSource, instance_sources
from inferctl.preflight.question import Question, Unanswered
from inferctl.preflight.subject import Subject
from inferctl.preflight.subnet_zones import zones_of

NAME = "zones"


def check(subject: Subject, account: Asks) -> tuple[Finding, ...]:
    """One finding for each source of instances."""
    sources = instance_sources(subject.templates)
    if not sources:
        return ()
    types = sorted({name for source in sources for name in _ec2_types(source)})
    offered, *answers = account.ask([_question(subject, types), *_zone_questions(subject)])
    unanswered = next((each for each in (offered, *answers) if isinstance(each, Unanswered)), None)
    if unanswered is not None or isinstance(offered, Unanswered):
        assert unanswered is not None
        return tuple(_unanswered(subject, each, unanswered) for each in sources)
    by_type: dict[str, set[str]] = {}
    for row in offered["InstanceTypeOfferings"]:
        by_type.setdefault(row["InstanceType"], set()).add(row["Location"])
    zones = _zones(*(answer for answer in answers if not isinstance(answer, Unanswered)))
    return tuple(_finding(subject, each, by_type, zones) for each in sources)


def _ec2_types(source: InstanceSource) -> list[str]:
    return [name.removeprefix("ml.") for name in source.types]


def _question(subject: Subject, types: list[str]) -> Question:
    return subject.question(
        "ec2",
        "DescribeInstanceTypeOfferings",
        LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": types}],
    )


def _zone_questions(subject: Subject) -> list[Question]:
    """What ``Fn::GetAZs`` goes by: the zones, and where default subnets are.

    docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html
    """
    return [
        subject.question(
            "ec2",
            "DescribeAvailabilityZones",
            Filters=[{"Name": "zone-type", "Values": ["availability-zone"]}],
        ),
        subject.question(
            "ec2", "DescribeSubnets", Filters=[{"Name": "default-for-az", "Values": ["true"]}]
        ),
    ]


def _zones(
    described: dict[str, list[dict[str, str]]], subnets: dict[str, list[dict[str, str]]]
) -> list[str]:
    """In order: those with a default subnet, or all where none has one."""
    names = sorted(
        zone["ZoneName"]
        for zone in described["AvailabilityZones"]
        if zone.get("State") == "available"
    )
    default = {subnet["AvailabilityZone"] for subnet in subnets["Subnets"]}
    return [name for name in names if name in default] or names


def _unanswered(subject: Subject, source: InstanceSource, answer: Unanswered) -> Finding:
    return Finding(
        check=NAME,
        outcome=answer.outcome,
        place=source.place,
        value=answer.reason,
        rule=_rule(source),
        fix="see that the zones of its subnets are among those listed",
        command=_question(subject, _ec2_types(source)).command,
    )


def _finding(
    subject: Subject,
    source: InstanceSource,
    by_type: Mapping[str, set[str]],
    zones: list[str],
) -> Finding:
    names = _ec2_types(source)
    wanted = zones_of(source.subnets, source.stack, subject.templates, zones) or tuple(zones)
    anywhere = sorted(set().union(*(by_type.get(name, set()) for name in names)))
    offering = [zone for zone in wanted if zone in anywhere]
    outcome, fix = Outcome.PASSED, ""
    value = (
        f"offered in {', '.join(offering)}" if offering else f"not offered in {', '.join(wanted)}"
    )
    if not offering:
        # EC2's list is only a hint for SageMaker, which publishes none
        outcome = Outcome.UNKNOWN if source.hosted else Outcome.FAILED
        fix = _elsewhere(anywhere, subject)
    elif len(offering) < len(wanted):
        outcome = Outcome.TO_DO
        value += f", not in {', '.join(zone for zone in wanted if zone not in offering)}"
        fix = "expect all its instances in one place, or choose another type"
    if source.hosted:
        value += " by EC2 (SageMaker lists no zones)"
    return Finding(
        check=NAME,
        outcome=outcome,
        place=source.place,
        value=value,
        rule=_rule(source),
        fix=fix,
        command=_question(subject, _ec2_types(source)).command,
    )


def _rule(source: InstanceSource) -> str:
    types = source.types[0] if len(source.types) == 1 else f"one of {', '.join(source.types)}"
    return f"the zones of its subnets must offer {types}"


def _elsewhere(anywhere: list[str], subject: Subject) -> str:
    if not anywhere:
        return f"choose another type, or a region other than {subject.platform.region}"
    return f"have subnets in {' or '.join(anywhere)} (network.availability_zones), or another type"
