"""moto gives a network load balancer the ARN of an application load balancer.

On AWS it says ``loadbalancer/net/``; names of CloudWatch dimensions are cut out of it
(docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch


def _create(original: Any) -> Callable[..., Any]:
    def create_load_balancer(self: Any, *, tags: Any = None, **given: Any) -> Any:
        balancer = original(self, tags=None, **given)
        if balancer.type == "network":
            del self.load_balancers[balancer.arn]
            balancer.arn = balancer.arn.replace(":loadbalancer/app/", ":loadbalancer/net/")
            self.load_balancers[balancer.arn] = balancer
        self.tagging_service.tag_resource(balancer.arn, tags)
        return balancer

    return create_load_balancer


# "elb": moto serves both generations of load balancers under this name
PATCHES = (Patch("elb", "moto.elbv2.models:ELBv2Backend", "create_load_balancer", _create),)
