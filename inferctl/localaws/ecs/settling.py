"""Bringing a cluster to rest: instances, tasks, managed scaling and targets follow each other."""

from __future__ import annotations

from typing import Any

from .managed_instances import launch, release
from .simulator import Host, HostType, Pool, plan, report, settle, standard_attributes
from .store import CapacityProvider, Cluster, Region, new_id, now
from .surroundings import Group, GroupInstance, Surroundings
from .targets import follow_tasks

# each round of a settling cluster starts or stops something; one that does not end is a mistake
_ROUNDS = 1000
TRUNKING = "awsvpcTrunking"


def settle_cluster(region: Region, cluster: Cluster, services: Surroundings) -> None:
    """Return when nothing moves any more; what is stuck says so in its events."""
    for _ in range(_ROUNDS):
        changed = _sync(region, cluster, services)
        changed |= settle(cluster.fleet, cluster.states)
        changed |= _scale(region, cluster, services)
        if not changed:
            break
    report(cluster.fleet, cluster.states)
    _protect(region, cluster, services)
    follow_tasks(cluster, services)


def group_name(provider: CapacityProvider) -> str | None:
    """The Auto Scaling group of a capacity provider, which names it by ARN or name."""
    settings = provider.body.get("autoScalingGroupProvider")
    if settings is None:
        return None
    arn: str = settings["autoScalingGroupArn"]
    return arn.rpartition("autoScalingGroupName/")[2]


def providers_of(region: Region, cluster: Cluster) -> list[CapacityProvider]:
    """The cluster's capacity providers that exist."""
    return [region.providers[name] for name in cluster.providers if name in region.providers]


def _sync(region: Region, cluster: Cluster, services: Surroundings) -> bool:
    """Instances that came into service register, those that left are gone.

    An instance stays registered when its capacity provider is taken from the cluster, as it does
    on AWS, where its agent knows nothing of that.
    """
    by_group = {group_name(one): one.name for one in providers_of(region, cluster)}
    by_group.pop(None, None)
    known = {host.instance_id: host for host in cluster.fleet.hosts.values() if not host.managed}
    names = {name for name in by_group if name} | {
        host.group for host in known.values() if host.group
    }
    groups = services.groups(names)
    present: dict[str, tuple[GroupInstance, Group | None]] = {
        instance.id: (instance, group) for group in groups.values() for instance in group.instances
    }
    present |= {instance.id: (instance, None) for instance in services.singles(cluster.name)}
    lost = [host for identifier, host in known.items() if identifier not in present]
    for host in lost:
        cluster.fleet.remove_host(host.id)
    joined = [
        (instance, group)
        for instance, group in present.values()
        if instance.id not in known and (group is None or group.name in by_group)
    ]
    for instance, group in joined:
        host = _join(region, instance, group, services)
        host.provider = None if group is None else by_group[group.name]
        cluster.fleet.add_host(host)
    return bool(lost or joined)


def _join(
    region: Region, instance: GroupInstance, group: Group | None, services: Surroundings
) -> Host:
    kind = services.host_type(instance.type)
    ami = services.ami(instance.id)
    return Host(
        id=new_id(),
        instance_id=instance.id,
        type=kind,
        zone=instance.zone,
        registered=now(),
        interfaces=kind.task_interfaces(trunking=trunking(region)),
        group=None if group is None else group.name,
        attributes=standard_attributes(kind, zone=instance.zone, ami=ami),
    )


def trunking(region: Region) -> bool:
    """Whether instances that register now get trunk interfaces."""
    return region.account.get(TRUNKING) == "enabled"


def _scale(region: Region, cluster: Cluster, services: Surroundings) -> bool:
    changed = False
    for provider in providers_of(region, cluster):
        if provider.managed:
            changed |= launch(cluster, provider, zone=f"{region.name}a", trunking=trunking(region))
            changed |= release(cluster, provider)
            continue
        scaling = provider.body["autoScalingGroupProvider"].get("managedScaling", {})
        group = services.groups([group_name(provider) or ""]).get(group_name(provider) or "")
        if group is None or group.type is None or scaling.get("status") != "ENABLED":
            continue
        pool = _pool(region, provider, group, services.host_type(group.type))
        wanted = plan(cluster.fleet, pool, cluster.states)
        if wanted.size > group.desired:
            services.set_desired(group.name, wanted.size)
            changed = True
        for host in () if _holds_on(cluster, provider) else wanted.released:
            services.terminate(host.instance_id)
            changed = True
    return changed


def _pool(region: Region, provider: CapacityProvider, group: Group, kind: HostType) -> Pool:
    scaling: dict[str, Any] = provider.body["autoScalingGroupProvider"]["managedScaling"]
    return Pool(
        provider=provider.name,
        type=kind,
        size=group.desired,
        minimum=group.minimum,
        maximum=group.maximum,
        step=scaling.get("maximumScalingStepSize", 10_000),
        target_percent=scaling.get("targetCapacity", 100),
        zones=group.zones,
        trunking=trunking(region),
    )


def _protects(provider: CapacityProvider) -> bool:
    settings = provider.body.get("autoScalingGroupProvider", {})
    return bool(settings.get("managedTerminationProtection") == "ENABLED")


def _holds_on(cluster: Cluster, provider: CapacityProvider) -> bool:
    """Whether protected instances outlive the last service, which has just been deleted.

    ECS takes their protection away when it scales in, after 15 minutes without need; a stack that
    is deleted has failed at the group by then.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-termination-protection.html
    """
    return cluster.winding_down and _protects(provider)


def _protect(region: Region, cluster: Cluster, services: Surroundings) -> None:
    """Managed termination protection: instances with tasks are protected, empty ones are not."""
    for provider in providers_of(region, cluster):
        if not _protects(provider):
            continue
        group = services.groups([group_name(provider) or ""]).get(group_name(provider) or "")
        hosts = {host.instance_id: host for host in cluster.fleet.hosts.values()}
        for protected in (True,) if cluster.winding_down else (True, False):
            changed = [
                one.id
                for one in (group.instances if group else ())
                if one.id in hosts
                and hosts[one.id].idle is not protected
                and one.protected is not protected
            ]
            if changed and group is not None:
                services.protect(group.name, changed, protected=protected)
