"""Whether the cluster fits into one stack, counted before anything is built."""

from __future__ import annotations

from collections.abc import Sequence

from stacks.platform.cluster.file import Cluster
from stacks.platform.cluster.plans import ClusterPlan, PoolPlan, ServicePlan
from stacks.platform.cluster.service_file import LoadBalancer
from stacks.platform.cluster.workload_file import WorkloadPort
from stacks.platform.cluster.workloads import ports_of
from stacks.platform.findings import Findings
from stacks.platform.problems import ABSENT

MOST_RESOURCES = 500
_LIMITS = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
)
# Upper bounds of what the constructs make; a test holds them against the templates.
_CLUSTER = 20
_POOL = 9
_DAEMON = 8
_MANAGED_POOL = 9
_SHARED_BY_SLOTS = 5
_ACCESS_LOG = 2
_TASK = 6
_VERIFICATION = 20
_VERIFIED = 2


def check_size(plan: ClusterPlan, removal: str, findings: Findings) -> None:
    """Adds that CloudFormation would refuse the stack."""
    count = resources_of(plan, removal)
    if count <= MOST_RESOURCES:
        return
    largest = max(plan.services, key=lambda service: _service(service, removal), default=None)
    findings.refuse(
        "cluster",
        ABSENT,
        rule=f"makes a stack of about {count} resources, and CloudFormation takes {MOST_RESOURCES}",
        fix="move some of it to another platform file"
        if largest is None
        else f"raise chips_per_task of services such as {largest.name}, which has"
        f" {len(largest.slots)} slots, or move some to another platform file",
        source=_LIMITS,
    )


def resources_of(plan: ClusterPlan, removal: str) -> int:
    """About how many resources the stack has, never fewer than it does."""
    return (
        _CLUSTER
        + sum(_pool(pool, plan.section) for pool in plan.pools)
        + sum(_service(service, removal) for service in plan.services)
        + _TASK * len(plan.tasks)
        + _verification(plan)
    )


def _verification(plan: ClusterPlan) -> int:
    verified = sum(service.section.verification is not None for service in plan.services)
    return _VERIFICATION + _VERIFIED * verified if verified else 0


def _pool(pool: PoolPlan, cluster: Cluster) -> int:
    if pool.managed:
        return _MANAGED_POOL
    detector = pool.neuron is not None and cluster.problem_detector is not None
    return _POOL + _DAEMON * (detector + pool.section.core_metrics)


def _service(service: ServicePlan, removal: str) -> int:
    section = service.section
    scaling = section.scaling
    targets = 0 if scaling is None else 1 if scaling.metric is None else 2
    own_interfaces = section.resolved_network_mode == "awsvpc"
    balancer = section.load_balancer
    return (
        _SHARED_BY_SLOTS
        + (2 + targets) * max(1, len(service.slots))
        + own_interfaces
        + (0 if balancer is None else _balancer(balancer, ports_of(section.workload), removal))
    )


def _balancer(balancer: LoadBalancer, ports: Sequence[WorkloadPort], removal: str) -> int:
    """Two for itself and its group; for each port a group of targets, a listener or rule, and two
    rules of security groups.
    """
    published = [port for port in ports if balancer.ports is None or port.name in balancer.ports]
    return 2 + 4 * len(published) + (_ACCESS_LOG if removal == "retain" else 0)
