"""A service's settings, as the API has them, on the state that the scheduler works with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .errors import invalid
from .simulator import Breaker, Percents, PlacementStrategy, ProviderShare, ServiceState

Settings = Mapping[str, Any]
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
REPLICA_DEFAULTS = {"maximumPercent": 200, "minimumHealthyPercent": 100}
DAEMON_DEFAULTS = {"maximumPercent": 100, "minimumHealthyPercent": 0}
# without a strategy the tasks of a service are spread over zones
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html
_DEFAULT_STRATEGY = PlacementStrategy(kind="spread", field="attribute:ecs.availability-zone")


def configure(state: ServiceState, settings: Settings) -> None:
    """Bring ``state`` to ``settings``; deployments are another matter."""
    deployment = settings.get("deploymentConfiguration", {})
    defaults = DAEMON_DEFAULTS if state.daemon else REPLICA_DEFAULTS
    maximum = deployment.get("maximumPercent", defaults["maximumPercent"])
    minimum = deployment.get("minimumHealthyPercent", defaults["minimumHealthyPercent"])
    if maximum == minimum == 100:
        raise invalid(
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block"
            " deployments."
        )
    if maximum < 100 or not 0 <= minimum <= 100:
        raise invalid(
            "maximumPercent must be at least 100 and minimumHealthyPercent 0 to 100, got"
            f" {maximum} and {minimum}"
        )
    state.percents = Percents(minimum=minimum, maximum=maximum)
    state.breaker = _breaker(deployment.get("deploymentCircuitBreaker", {}))
    state.shifts = deployment.get("strategy", "ROLLING") != "ROLLING"
    constraints = settings.get("placementConstraints", [])
    state.expressions = expressions_of(constraints)
    state.distinct = is_distinct(constraints)
    state.strategy = strategies_of(settings.get("placementStrategy", [])) or (_DEFAULT_STRATEGY,)
    state.providers = shares_of(settings.get("capacityProviderStrategy", []))
    if "desiredCount" in settings and not state.daemon:
        state.desired = settings["desiredCount"]


def expressions_of(constraints: Sequence[Settings]) -> tuple[str, ...]:
    """The expressions that a container instance must satisfy."""
    return tuple(one["expression"] for one in constraints if one.get("type") == "memberOf")


def is_distinct(constraints: Sequence[Settings]) -> bool:
    """Whether each task of the group needs an instance of its own."""
    return any(one.get("type") == "distinctInstance" for one in constraints)


def strategies_of(strategies: Sequence[Settings]) -> tuple[PlacementStrategy, ...]:
    """Placement strategies in their order."""
    return tuple(
        PlacementStrategy(kind=one.get("type", "random"), field=one.get("field", ""))
        for one in strategies
    )


def shares_of(strategy: Sequence[Settings]) -> tuple[ProviderShare, ...]:
    """Items of a capacity provider strategy."""
    if len(strategy) > 1 and not any(one.get("weight") for one in strategy):
        raise invalid("At least one capacity provider of a strategy must have a weight above 0.")
    return tuple(
        ProviderShare(
            provider=one["capacityProvider"], weight=one.get("weight", 0), base=one.get("base", 0)
        )
        for one in strategy
    )


def _breaker(settings: Settings) -> Breaker | None:
    if not settings.get("enable"):
        return None
    threshold = settings.get("thresholdConfiguration", {})
    return Breaker(
        rollback=settings.get("rollback", False),
        resets=settings.get("resetOnHealthyTask", True),
        kind=threshold.get("type", "BOUNDED_PERCENT"),
        value=threshold.get("value", 50),
    )
