"""Rules of a service's verification: who answers, where, and the files that say what."""

from __future__ import annotations

from collections.abc import Sequence

from stacks.platform.cluster.service_file import Service
from stacks.platform.cluster.verification_file import ServiceVerification
from stacks.platform.cluster.workload_file import WorkloadPort
from stacks.platform.findings import Findings
from stacks.platform.problems import ABSENT


def check_service_verification(
    place: str,
    service: Service,
    verification: ServiceVerification,
    ports: Sequence[WorkloadPort],
    deploy_to: str,
    findings: Findings,
) -> None:
    """Adds what keeps the verification from asking, or from knowing the answer."""
    _check_reach(place, service, verification, ports, deploy_to, findings)
    for key in ("request", "answer"):
        name = getattr(verification, key)
        path = findings.path.parent / name
        if not path.is_file():
            findings.refuse(
                f"{place}.{key}",
                name,
                rule=f"has no file {path}",
                fix="write it, or correct the path, which begins at the platform file",
            )


def _check_reach(
    place: str,
    service: Service,
    verification: ServiceVerification,
    ports: Sequence[WorkloadPort],
    deploy_to: str,
    findings: Findings,
) -> None:
    if deploy_to == "embedded":
        findings.refuse(
            place,
            ABSENT,
            rule="asks a container, and the embedded AWS only simulates those of ECS",
            fix="write verification: off",
        )
    balancer = service.load_balancer
    if balancer is None:
        findings.refuse(
            place, ABSENT, rule="asks at a load balancer", fix="add load_balancer: {...}"
        )
        return
    if balancer.public:
        findings.refuse(
            place,
            ABSENT,
            rule="asks from inside the VPC, and the load balancer faces the internet",
            fix="write load_balancer.public: false, or verification: off",
        )
    if service.hosts.start == 0:
        findings.refuse(
            place,
            ABSENT,
            rule="asks a service that may run on no host",
            fix="write min_instances: 1 or more, or verification: off",
        )
    published = [port for port in ports if balancer.ports is None or port.name in balancer.ports]
    spoken = [port.name for port in published if port.protocol == "http"]
    if ports and verification.port is None and not spoken:
        findings.refuse(
            place,
            ABSENT,
            rule="asks over HTTP, and no published port speaks it",
            fix="publish one in load_balancer.ports, or write verification: off",
        )
    elif ports and verification.port is not None and verification.port not in spoken:
        findings.refuse(
            f"{place}.port",
            verification.port,
            rule="is not a published port that speaks HTTP",
            fix=f"use {' or '.join(spoken)}" if spoken else "publish one in load_balancer.ports",
        )
