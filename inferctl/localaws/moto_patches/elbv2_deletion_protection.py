"""moto deletes a load balancer whose deletion protection is on.

AWS answers OperationNotPermitted, and so a stack with a protected load balancer cannot be deleted
(docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch


def _delete(original: Any) -> Callable[[Any, str], None]:
    def delete_load_balancer(self: Any, arn: str) -> None:
        from moto.elbv2.exceptions import ELBClientError

        balancer = self.load_balancers.get(arn)
        if balancer is not None and balancer.attrs["deletion_protection.enabled"] == "true":
            raise ELBClientError(
                "OperationNotPermitted",
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
            )
        original(self, arn)

    return delete_load_balancer


# "elb": moto serves both generations of load balancers under this name
PATCHES = (Patch("elb", "moto.elbv2.models:ELBv2Backend", "delete_load_balancer", _delete),)
