"""What security groups let through, and whether one rule lets through all that another does."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from inferctl.changes.assembly import Assembly, Key
from inferctl.changes.references import References
from inferctl.preflight.templates import number

_ALL_PORTS = (0, 65535)
_SOURCES = (
    *("CidrIp", "CidrIpv6", "SourceSecurityGroupId", "DestinationSecurityGroupId"),
    *("SourcePrefixListId", "DestinationPrefixListId", "SourceSecurityGroupName"),
)
# CDK writes this rule to say that nothing may leave
_NOWHERE = "255.255.255.255/32"


@dataclass(frozen=True, kw_only=True)
class SecurityRule:
    """One rule of one group: ``peer`` is an address range or another group."""

    group: Key
    direction: Literal["in", "out"]
    protocol: str
    ports: tuple[float, float]
    peer: str

    @property
    def text(self) -> str:
        """``tcp 443 from 10.0.0.0/16``."""
        low, high = self.ports
        ports = f"{low:.0f}" if low == high else f"{low:.0f}-{high:.0f}"
        said = "everything" if self.protocol == "-1" else f"{self.protocol} {ports}"
        return f"{said} {'from' if self.direction == 'in' else 'to'} {self.peer}"

    @property
    def is_open(self) -> bool:
        """Whether the peer is the whole internet."""
        return self.peer in ("0.0.0.0/0", "::/0")

    @property
    def is_from_outside(self) -> bool:
        """Whether the peer is neither a group nor a range of private addresses."""
        try:
            return not ipaddress.ip_network(self.peer, strict=False).is_private
        except ValueError:
            return self.peer.startswith("pl-")

    def covers(self, other: SecurityRule) -> bool:
        """Whether it lets through whatever ``other`` does."""
        return (
            (self.group, self.direction) == (other.group, other.direction)
            and self.protocol in (other.protocol, "-1")
            and (self.protocol == "-1" or _inside(other.ports, self.ports))
            and _peer_inside(other.peer, self.peer)
        )


def security_rules(side: Assembly, references: References) -> Iterator[SecurityRule]:
    """Every rule, whether it stands in its group or alone."""
    inline = {"SecurityGroupIngress": "in", "SecurityGroupEgress": "out"}
    for key, properties in side.of_type("AWS::EC2::SecurityGroup"):
        for name, direction in inline.items():
            for rule in properties.get(name, []):
                yield from _rule(key, direction, rule, key[0], references)
        if "SecurityGroupEgress" not in properties:
            # EC2 lets everything out of a group that says nothing of it
            yield from _rule(
                key, "out", {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}, key[0], references
            )
    for name, direction in inline.items():
        for key, properties in side.of_type(f"AWS::EC2::{name}"):
            group = references.one(key[0], properties.get("GroupId"))
            named = (key[0], references.text(key[0], properties.get("GroupId")))
            yield from _rule(group or named, direction, properties, key[0], references)


def _rule(
    group: Key, direction: str, rule: Mapping[str, Any], stack: str, references: References
) -> Iterator[SecurityRule]:
    peer = next((references.text(stack, rule[name]) for name in _SOURCES if name in rule), "?")
    if peer == _NOWHERE:
        return
    protocol = str(rule.get("IpProtocol", "-1"))
    low = number(rule.get("FromPort"), default=_ALL_PORTS[0])
    high = number(rule.get("ToPort"), default=_ALL_PORTS[1])
    ports = _ALL_PORTS if protocol == "-1" or low < 0 else (low, high)
    yield SecurityRule(
        group=group,
        direction="in" if direction == "in" else "out",
        protocol={"6": "tcp", "17": "udp", "1": "icmp"}.get(protocol, protocol),
        ports=ports,
        peer=peer,
    )


def _inside(inner: tuple[float, float], outer: tuple[float, float]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _peer_inside(inner: str, outer: str) -> bool:
    if inner == outer:
        return True
    try:
        small = ipaddress.ip_network(inner, strict=False)
        large = ipaddress.ip_network(outer, strict=False)
    except ValueError:
        return False
    return small.version == large.version and small.subnet_of(large)  # type: ignore[arg-type]
