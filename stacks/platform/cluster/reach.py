"""Rules of how services are reached: load balancers, certificates, interfaces and host ports."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from accelerator_catalog import REGIONS
from fleet_packing import LOCK_PORT_BASE, ChipSlot, awsvpc_task_limit
from stacks.platform.cluster.plans import PoolPlan, ServicePlan
from stacks.platform.cluster.service_file import LoadBalancer, Service
from stacks.platform.cluster.workload_file import WorkloadPort
from stacks.platform.file import Network
from stacks.platform.findings import Findings
from stacks.platform.problems import ABSENT

_GRPC = (
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
    "load-balancer-target-groups.html"
)
_CERTIFICATES = (
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
    "https-listener-certificates.html"
)
_INTERFACES = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-eni.html"
)
_HOST_PORTS = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html"
# The agent's, Docker's and SSH's, and the range out of which Docker picks for other tasks.
_AGENT_PORTS = (22, 2375, 2376, 51_678, 51_679, 51_680)
_DYNAMIC_PORTS = range(32_768, 61_000)


def check_load_balancer(
    place: str,
    balancer: LoadBalancer,
    ports: Sequence[WorkloadPort],
    region: str,
    network: Network | None,
    findings: Findings,
) -> None:
    """Adds why ``balancer`` cannot publish ``ports``."""
    names = [port.name for port in ports]
    published = [port for port in ports if balancer.ports is None or port.name in balancer.ports]
    for position, name in enumerate(balancer.ports or ()):
        if name not in names:
            findings.refuse(
                f"{place}.ports[{position}]",
                name,
                rule="is not a port of the workload",
                fix=f"the ports are {', '.join(names)}" if names else "give the workload ports",
            )
    if not names:
        findings.refuse(
            place,
            ABSENT,
            rule="has nothing to publish, because the workload has no ports",
            fix="add workload.ports, or write load_balancer: off",
        )
    if balancer.kind == "alb":
        _check_alb(place, balancer, published, findings)
    if balancer.public and balancer.certificate_arn is None:
        findings.refuse(
            f"{place}.certificate_arn",
            ABSENT,
            rule="is missing, and what the internet reaches is encrypted",
            fix="add the ARN of an ACM certificate, or write public: false",
            source=_CERTIFICATES,
        )
    if balancer.public and network is not None and "public" not in network.subnets:
        findings.refuse(
            f"{place}.public",
            True,
            rule="needs public subnets, and this network has none",
            fix="add public to network.subnets, or write public: false",
        )
    if balancer.certificate_arn is not None:
        _check_certificate(f"{place}.certificate_arn", balancer.certificate_arn, region, findings)
    for position, block in enumerate(balancer.clients or ()):
        try:
            ipaddress.IPv4Network(block)
        except ValueError as error:
            findings.refuse(
                f"{place}.clients[{position}]",
                block,
                rule=f"is not an IPv4 block: {error}",
                fix="write a block such as 10.0.0.0/16",
            )


def _check_alb(
    place: str, balancer: LoadBalancer, published: Sequence[WorkloadPort], findings: Findings
) -> None:
    for protocol in ("http", "grpc"):
        same = [port.name for port in published if port.protocol == protocol]
        if len(same) > 1:
            findings.refuse(
                f"{place}.ports",
                ABSENT,
                rule=f"publishes {' and '.join(same)}, and behind the one listener of an alb there"
                f" is room for one {protocol} port",
                fix=f"write ports: [{same[0]}], or kind: nlb",
            )
    grpc = [port.name for port in published if port.protocol == "grpc"]
    if grpc and balancer.certificate_arn is None:
        others = [port.name for port in published if port.protocol != "grpc"]
        findings.refuse(
            f"{place}.certificate_arn",
            ABSENT,
            rule=f"is missing, and an alb speaks gRPC (port {grpc[0]}) over HTTPS only",
            fix=f"add one, or write {f'ports: [{others[0]}] or ' if others else ''}kind: nlb",
            source=_GRPC,
        )


def _check_certificate(place: str, arn: str, region: str, findings: Findings) -> None:
    match = re.fullmatch(
        r"arn:(aws(?:-[a-z]+)*):(acm|iam):([a-z0-9-]*):[0-9]{12}:(?:certificate/[0-9A-Za-z-]+"
        r"|server-certificate/[\w+=,.@/-]+)",
        arn,
    )
    if match is None or (match[2] == "acm") != (match[3] != ""):
        findings.refuse(
            place,
            arn,
            rule="is not the ARN of a certificate",
            fix="write arn:aws:acm:REGION:ACCOUNT:certificate/ID",
            source=_CERTIFICATES,
        )
    elif region in REGIONS and (
        match[1] != REGIONS[region].partition or match[3] not in ("", region)
    ):
        findings.refuse(
            place,
            arn,
            rule=f"is not of {region}, where the load balancer is",
            fix=f"request or import it in {region}",
            source=_CERTIFICATES,
        )


def check_ports(
    place: str,
    service: Service,
    pool: PoolPlan,
    slots: Sequence[ChipSlot],
    ports: Sequence[WorkloadPort],
    findings: Findings,
) -> None:
    """Adds ports that the host needs for something else, or that several slots would share."""
    inner = f"{place}.workload.ports"
    if service.packing == "managed-instances":
        if service.network_mode not in (None, "awsvpc"):
            findings.refuse(
                f"{place}.network_mode",
                service.network_mode,
                rule="is not a network of managed instances",
                fix="write awsvpc, or remove it",
            )
        return
    mode = service.resolved_network_mode
    chips = 0 if pool.neuron is None else pool.neuron.chips
    locks = range(LOCK_PORT_BASE, LOCK_PORT_BASE + chips)
    for position, port in enumerate(ports):
        rule = None
        if port.port in locks:
            rule = f"is a host port that stands for chip {port.port - LOCK_PORT_BASE}"
        elif mode == "host" and port.port in _AGENT_PORTS:
            rule = "is in use on every host, by SSH, Docker or the ECS agent"
        elif mode == "host" and port.port in _DYNAMIC_PORTS:
            rule = "is in the range out of which hosts pick ports for other tasks"
        if rule is not None:
            findings.refuse(
                f"{inner}[{position}].port",
                port.port,
                rule=rule,
                fix="write another, such as 8080",
                source=_HOST_PORTS,
            )
    if mode == "host" and len(slots) > 1 and ports:
        findings.refuse(
            f"{place}.network_mode",
            "host",
            rule=f"has port {ports[0].port} once, and each host carries {len(slots)} slots",
            fix="write bridge, or packing: whole-instance",
            source=_HOST_PORTS,
        )


def check_shared_hosts(
    services: Sequence[tuple[str, ServicePlan, Sequence[WorkloadPort]]],
    *,
    trunking: bool,
    findings: Findings,
) -> None:
    """Adds what services of one pool take from each other: host ports and interfaces."""
    ports: dict[tuple[str, int], str] = {}
    tasks: dict[str, int] = {}
    for place, service, listens in services:
        pool, mode = service.pool, service.section.resolved_network_mode
        if pool.managed:
            continue
        if mode == "host":
            for port in listens:
                owner = ports.setdefault((pool.name, port.port), place)
                if owner != place:
                    findings.refuse(
                        f"{place}.network_mode",
                        "host",
                        rule=f"takes host port {port.port} of pool {pool.name}, which {owner} has",
                        fix="write bridge, or choose another port",
                        source=_HOST_PORTS,
                    )
        if mode != "awsvpc":
            continue
        limit = awsvpc_task_limit(pool.instance, trunking=trunking)
        before = tasks.get(pool.name, 0)
        tasks[pool.name] = before + len(service.slots)
        if before <= limit < tasks[pool.name]:
            trunks = pool.instance.trunk_tasks is not None and not trunking
            fix = "write bridge, or more chips_per_task"
            findings.refuse(
                f"{place}.network_mode",
                "awsvpc",
                rule=f"puts {tasks[pool.name]} tasks with an interface each on"
                f" {pool.instance.name}, which takes {limit}",
                fix=f"{fix}, or cluster.awsvpc_trunking: true" if trunks else fix,
                source=_INTERFACES,
            )
