"""moto keeps health checks that were switched off running, and drops changed gRPC codes.

It also refuses the longest deregistration delay, and names load balancers that a target group no
longer serves, each once for every rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .patch import Patch

_DELAY = "deregistration_delay.timeout_seconds"
# docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
_LONGEST_DELAY = 3600


def _create(original: Any) -> Callable[[Any], Any]:
    def create_target_group(self: Any) -> Any:
        answer = original(self)
        if self._get_param("HealthCheckEnabled") is not None:
            group = answer.result["TargetGroups"][0]
            group.health_check_enabled = self._get_bool_param("HealthCheckEnabled")
        return answer

    return create_target_group


def _modify(original: Any) -> Callable[[Any], Any]:
    def modify_target_group(self: Any) -> Any:
        answer = original(self)
        codes = self._get_param("Matcher.GrpcCode")
        if codes is not None:
            answer.result["TargetGroups"][0].matcher = {"GrpcCode": codes}
        return answer

    return modify_target_group


def _modify_attributes(original: Any) -> Callable[[Any, str, dict[str, Any]], None]:
    def modify_target_group_attributes(
        self: Any, target_group_arn: str, attributes: dict[str, Any]
    ) -> None:
        given = dict(attributes)
        longest = str(given.get(_DELAY)) == str(_LONGEST_DELAY)
        if longest:
            del given[_DELAY]
        original(self, target_group_arn, given)
        if longest:
            self.target_groups[target_group_arn].attributes[_DELAY] = str(_LONGEST_DELAY)

    return modify_target_group_attributes


def _load_balancer_arns(_original: Any) -> property:
    def load_balancer_arns(self: Any) -> list[str]:
        from moto.elbv2.models import elbv2_backends

        backend = elbv2_backends[self.account_id][self.region_name]
        return [
            arn
            for arn, balancer in backend.load_balancers.items()
            if self.arn in _forwarded(backend, balancer)
        ]

    return property(load_balancer_arns, lambda _self, _arns: None)


def _forwarded(backend: Any, balancer: Any) -> Iterator[str]:
    for listener in balancer.listeners.values():
        for rule in listener.rules.values():
            for action in rule.actions:
                yield from backend._get_target_group_arns_from(action_data=action.data)


_RESPONSE = "moto.elbv2.responses:ELBV2Response"
_MODELS = "moto.elbv2.models"
# "elb": moto serves both generations of load balancers under this name
PATCHES = (
    Patch("elb", _RESPONSE, "create_target_group", _create),
    Patch("elb", _RESPONSE, "modify_target_group", _modify),
    Patch(
        "elb",
        f"{_MODELS}:ELBv2Backend",
        "modify_target_group_attributes",
        _modify_attributes,
    ),
    Patch("elb", f"{_MODELS}:FakeTargetGroup", "load_balancer_arns", _load_balancer_arns),
)
