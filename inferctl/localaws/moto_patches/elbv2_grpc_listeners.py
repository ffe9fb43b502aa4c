"""moto forwards from any listener to a gRPC target group; AWS only from HTTPS ones.

The only listener protocol that a target group of protocol version gRPC supports is HTTPS:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch

_Actions = list[dict[str, Any]]


def require_https(backend: Any, protocol: str, actions: _Actions) -> None:
    """Raise what AWS answers where ``actions`` lead to a gRPC target group otherwise."""
    from moto.elbv2.exceptions import InvalidConfigurationRequest

    for action in actions:
        for arn in backend._get_target_group_arns_from(action_data=action):
            group = backend.target_groups.get(arn)
            if group is not None and group.protocol_version == "GRPC" and protocol != "HTTPS":
                raise InvalidConfigurationRequest(
                    f"Listener protocol '{protocol}' is not supported with a target group with"
                    " the protocol-version 'GRPC'"
                )


def _create_listener(original: Any) -> Callable[..., Any]:
    def create_listener(self: Any, *, protocol: str, actions: _Actions, **more: Any) -> Any:
        require_https(self, protocol, actions)
        return original(self, protocol=protocol, actions=actions, **more)

    return create_listener


def _create_rule(original: Any) -> Callable[..., Any]:
    def create_rule(self: Any, *, listener_arn: str, actions: _Actions, **more: Any) -> Any:
        listener = self.describe_listeners(None, [listener_arn])[0]
        require_https(self, listener.protocol, actions)
        return original(self, listener_arn=listener_arn, actions=actions, **more)

    return create_rule


def _modify_rule(original: Any) -> Callable[..., Any]:
    def modify_rule(self: Any, *, rule_arn: str, actions: _Actions, **more: Any) -> Any:
        listener_arn = rule_arn.replace(":listener-rule/", ":listener/").rpartition("/")[0]
        listener = self.describe_listeners(None, [listener_arn])[0]
        require_https(self, listener.protocol, actions)
        return original(self, rule_arn=rule_arn, actions=actions, **more)

    return modify_rule


_BACKEND = "moto.elbv2.models:ELBv2Backend"
# "elb": moto serves both generations of load balancers under this name
PATCHES = (
    Patch("elb", _BACKEND, "create_listener", _create_listener),
    Patch("elb", _BACKEND, "create_rule", _create_rule),
    Patch("elb", _BACKEND, "modify_rule", _modify_rule),
)
