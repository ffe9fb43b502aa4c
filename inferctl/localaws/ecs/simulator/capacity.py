"""Managed scaling: how many instances of a group the tasks of its capacity provider need.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .daemons import new_daemon, wants
from .fleet import Fleet
from .host import Host, HostType, standard_attributes
from .placement import why_not
from .service import ServiceState


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A capacity provider's group; ``step`` is the most that one scaling adds."""

    provider: str
    type: HostType
    size: int
    minimum: int
    maximum: int
    step: int = 10_000
    target_percent: int = 100
    zones: Sequence[str] = ("a",)
    trunking: bool = False
    managed: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The size that the group should have, and hosts that it can give up to get there."""

    size: int
    released: tuple[Host, ...] = ()


def plan(fleet: Fleet, pool: Pool, services: Iterable[ServiceState]) -> Plan:
    """What managed scaling does next with ``pool``.

    Instances with nothing but daemons count as empty. ECS counts by CPU, memory, ports, interfaces
    and constraints, and so does this: chips count for nothing.
    """
    hosts = [host for host in fleet.hosts.values() if host.provider == pool.provider]
    idle = [host for host in hosts if host.idle]
    busy = len(hosts) - len(idle)
    needed = len(_imagined(fleet, pool, [one for one in services if one.daemon]))
    wanted = -(-(busy + needed) * 100 // pool.target_percent)
    size = max(pool.minimum, min(wanted, pool.maximum, pool.size + pool.step))
    if size >= pool.size or needed:
        return Plan(size=max(size, pool.size))
    released = tuple(reversed(idle))[: pool.size - size]
    return Plan(size=pool.size - len(released), released=released)


def _imagined(fleet: Fleet, pool: Pool, daemons: Sequence[ServiceState]) -> list[Host]:
    """New hosts, as many as the waiting tasks fill.

    What the group cannot grow by counts too: its idle hosts stay while a task waits that fits none
    of them.
    """
    hosts: list[Host] = []
    for task in fleet.waiting:
        if task.provider != pool.provider:
            continue
        # a copy: the task itself goes on waiting
        copy = replace(task)
        host = next((one for one in hosts if why_not(one, copy) is None), None)
        if host is None and len(hosts) < pool.maximum:
            host = _imagine(fleet, pool, len(hosts), daemons)
            if why_not(host, copy) is not None:
                continue
            hosts.append(host)
        if host is not None:
            host.admit(copy)
    return hosts


def _imagine(fleet: Fleet, pool: Pool, number: int, daemons: Sequence[ServiceState]) -> Host:
    zone = pool.zones[number % len(pool.zones)]
    host = Host(
        id=f"new-{number}",
        instance_id=f"i-new{number}",
        type=pool.type,
        zone=zone,
        registered=fleet.now(),
        interfaces=pool.type.task_interfaces(trunking=pool.trunking),
        provider=pool.provider,
        managed=pool.managed,
        attributes=standard_attributes(pool.type, zone=zone),
    )
    for service in daemons:
        daemon = new_daemon(fleet, service)
        if wants(service, host) and why_not(host, daemon) is None:
            host.admit(daemon)
    return host
