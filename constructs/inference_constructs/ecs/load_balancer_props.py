"""How clients reach a service, checked before anything is built."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from aws_cdk import Token

from .workload_port import PortProtocol, WorkloadPort

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/register-multiple-targetgroups.html
_MOST_TARGET_GROUPS = 5


class LoadBalancerKind(Enum):
    """What stands before the tasks."""

    ALB = "alb"
    """Application load balancer: each request goes to the task with the fewest in flight."""
    NLB = "nlb"
    """Network load balancer: each connection stays with one task. A gRPC client keeps one for all
    its calls, so that few clients leave tasks idle; it has to open several and share them out."""


@dataclass(frozen=True, kw_only=True)
class LoadBalancerProps:
    """``public``: reached from the internet instead of from inside the VPC.

    ``certificate_arn``: of ACM; without it, traffic to the load balancer is not encrypted. Its name
    is your own: clients need a DNS record for it that points to the load balancer.
    ``ports``: names of the workload's ports to publish; without it, all of them.
    ``clients``: CIDR blocks that may connect; without it, the VPC, or anyone where ``public``.
    """

    kind: LoadBalancerKind = LoadBalancerKind.ALB
    public: bool = False
    certificate_arn: str | None = None
    ports: Sequence[str] | None = None
    clients: Sequence[str] | None = None

    def __post_init__(self) -> None:
        problems: list[str] = []
        if self.public and self.certificate_arn is None:
            problems.append(
                "certificate_arn must be given where public is set: what is reached from the"
                " internet is encrypted"
            )
        for name, values in (("ports", self.ports), ("clients", self.clients)):
            if values is not None and not values:
                problems.append(f"{name} must name at least one, got none (leave it out for all)")
        arn = self.certificate_arn
        if arn is not None and not Token.is_unresolved(arn) and not arn.startswith("arn:"):
            problems.append(f"certificate_arn must be an ARN, got {arn!r}")
        problems += [
            f"clients must be IPv4 blocks such as 10.0.0.0/16, got {block!r}"
            for block in self.clients or ()
            if not Token.is_unresolved(block) and not _is_block(block)
        ]
        if problems:
            raise ValueError("invalid LoadBalancerProps: " + "; ".join(problems))

    def published(self, ports: Sequence[WorkloadPort]) -> list[WorkloadPort]:
        """The ports of the workload that clients reach."""
        return [port for port in ports if self.ports is None or port.name in self.ports]

    def problems(self, ports: Sequence[WorkloadPort]) -> list[str]:
        """Why this load balancer cannot publish the ports of a workload."""
        names = [port.name for port in ports]
        problems = [
            f"ports of load_balancer must be ports of the workload ({', '.join(names) or 'none'}),"
            f" got {name!r}"
            for name in self.ports or ()
            if name not in names
        ]
        published = self.published(ports)
        if not problems and not published:
            problems.append("load_balancer needs a workload with ports, got none")
        if self.kind is LoadBalancerKind.ALB:
            problems += self._application_problems(published)
        elif len(published) > _MOST_TARGET_GROUPS:
            problems.append(
                f"load_balancer nlb publishes at most {_MOST_TARGET_GROUPS} ports, the target"
                f" groups that a service may have, got {len(published)} (choose by ports)"
            )
        return problems

    def _application_problems(self, published: Sequence[WorkloadPort]) -> list[str]:
        problems: list[str] = []
        for protocol in PortProtocol:
            same = [port.name for port in published if port.protocol is protocol]
            if len(same) > 1:
                problems.append(
                    f"load_balancer alb publishes one {protocol.value} port, got"
                    f" {', '.join(same)} (choose by ports, or take nlb)"
                )
        grpc = [port.name for port in published if port.protocol is PortProtocol.GRPC]
        if grpc and self.certificate_arn is None:
            # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
            problems.append(
                f"port {grpc[0]} speaks gRPC, for which an alb needs an HTTPS listener: give"
                " load_balancer a certificate_arn, leave the port out of its ports, or take nlb"
            )
        return problems


def _is_block(text: str) -> bool:
    try:
        ipaddress.IPv4Network(text)
    except ValueError:
        return False
    return "/" in text
