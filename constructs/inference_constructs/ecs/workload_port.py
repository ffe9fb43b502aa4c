"""A port that a workload listens on, and how a load balancer asks it for its health."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

PORTS = range(1, 65536)


class PortProtocol(Enum):
    """What is spoken on a port."""

    HTTP = "http"
    GRPC = "grpc"


@dataclass(frozen=True, kw_only=True)
class WorkloadPort:
    """``port``: where the container listens, and the port of a network load balancer's listener.

    ``health_path``: what a load balancer asks for. A gRPC server without a health service answers
    any path with status 12, UNIMPLEMENTED, and is alive; a load balancer that cannot speak gRPC
    only opens a connection there.
    ``healthy_codes``: the answers that count, by default 200 of HTTP, 0 and 12 of gRPC.
    ``grpc_services``: full names, by which an application load balancer tells gRPC from REST on its
    one port; without them it goes by the content type, which says ``application/grpc``.
    """

    name: str
    port: int
    protocol: PortProtocol = PortProtocol.HTTP
    health_path: str | None = None
    healthy_codes: str | None = None
    grpc_services: Sequence[str] = ()

    def __post_init__(self) -> None:
        problems: list[str] = []
        if self.port not in PORTS:
            problems.append(f"port must be {PORTS[0]} to {PORTS[-1]}, got {self.port}")
        if not re.fullmatch(r"[A-Za-z0-9-]*[A-Za-z0-9][A-Za-z0-9-]*", self.name):
            problems.append(f"name must be letters, digits and hyphens, got {self.name!r}")
        if self.health_path is not None and not self.health_path.startswith("/"):
            problems.append(
                f"health_path must start with '/', got {self.health_path!r}"
                f" (did you mean {'/' + self.health_path!r}?)"
            )
        if self.grpc_services and self.protocol is not PortProtocol.GRPC:
            problems.append(
                f"grpc_services belong to a port of protocol grpc, got {self.protocol.value}"
            )
        if problems:
            raise ValueError("invalid WorkloadPort: " + "; ".join(problems))

    @property
    def resolved_health_path(self) -> str:
        """The path given, or the default of the protocol."""
        if self.health_path is not None:
            return self.health_path
        return "/AWS.ALB/healthcheck" if self.protocol is PortProtocol.GRPC else "/"

    @property
    def resolved_healthy_codes(self) -> str:
        """The codes given, or the default of the protocol."""
        if self.healthy_codes is not None:
            return self.healthy_codes
        return "0,12" if self.protocol is PortProtocol.GRPC else "200"
