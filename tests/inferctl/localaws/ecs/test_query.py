from __future__ import annotations

import pytest

from inferctl.localaws.ecs.simulator import Fleet, QueryError, matches, parse

from .fleets import add_host, spec

TYPE = "attribute:ecs.instance-type"


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        (f"{TYPE} == inf2.xlarge", True),
        (f"{TYPE}==inf2.xlarge", True),
        (f"{TYPE} equals inf2.xlarge", True),
        (f"{TYPE} == Inf2.xlarge", False),
        (f"{TYPE} != inf2.xlarge", False),
        (f"{TYPE} not_equals inf1.xlarge", True),
        (f"{TYPE} in [inf1.xlarge, inf2.xlarge]", True),
        (f"{TYPE} in [inf1.xlarge]", False),
        (f"{TYPE} not_in [inf1.xlarge]", True),
        (f"{TYPE} !in [inf1.xlarge,inf2.xlarge]", False),
        (f"{TYPE} =~ inf2.*", True),
        (f"{TYPE} =~ inf", False),
        (f"{TYPE} matches (inf1|inf2)\\..+", True),
        (f"{TYPE} !~ inf1.*", True),
        (f"{TYPE} exists", True),
        (f"{TYPE} !exists", False),
        ("attribute:stack exists", False),
        ("attribute:stack not_exists", True),
        ("attribute:stack == prod", False),
        ("attribute:stack != prod", True),
        (f"{TYPE} =~ inf2.* and attribute:ecs.availability-zone == a", True),
        (f"{TYPE} =~ inf1.* or attribute:ecs.availability-zone == a", True),
        (f"{TYPE} =~ inf1.* || attribute:ecs.availability-zone == b", False),
        (f"!({TYPE} == inf1.xlarge) && attribute:ecs.os-type == linux", True),
        (f"not({TYPE} == inf2.xlarge)", False),
        (f"({TYPE} == x or {TYPE} == inf2.xlarge) and not attribute:stack exists", True),
        (f"{TYPE} == x or {TYPE} == inf2.xlarge and attribute:stack exists", False),
        ("agentConnected == true", True),
        ("agentVersion >= 1.9.0", True),
        ("agentVersion < 1.9.0", False),
        ("runningTasksCount == 1", True),
        ("runningTasksCount > 1", False),
        ("registeredAt >= 2018-02-18T22:28:28+00:00", True),
        ("task:group == family:other", True),
        ("not(task:group == family:other)", False),
    ],
)
def test_expression_selects(expression: str, selected: bool) -> None:
    fleet = Fleet()
    host = add_host(fleet, "inf2.xlarge")
    fleet.place(fleet.add_task(spec(), "family:other"))

    assert matches(expression, host.subject) is selected


def test_instances_are_selected_by_their_id() -> None:
    fleet = Fleet()
    host, other = add_host(fleet, "inf2.xlarge"), add_host(fleet, "inf2.xlarge")

    assert matches(f"ec2InstanceId in [{host.instance_id}]", host.subject)
    assert not matches(f"ec2InstanceId == {host.instance_id}", other.subject)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        TYPE,
        "instance-type == inf2.xlarge",
        f"{TYPE} is inf2.xlarge",
        f"{TYPE} ==",
        f"{TYPE} in inf2.xlarge",
        f"{TYPE} in [inf2.xlarge",
        f"({TYPE} == inf2.xlarge",
        f"{TYPE} == inf2.xlarge)",
        f"{TYPE} == inf2.xlarge and",
        f"{TYPE} == inf2.xlarge inf1.xlarge",
        f"{TYPE} =~ inf[",
        f"{TYPE} =~",
        "; drop",
    ],
)
def test_what_is_not_of_the_language_is_refused(expression: str) -> None:
    with pytest.raises(QueryError, match="Invalid expression"):
        parse(expression)
