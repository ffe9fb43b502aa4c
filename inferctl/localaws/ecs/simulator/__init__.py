"""ECS on EC2 without ECS: where tasks go, how services roll, when capacity grows. No I/O.

Neuron devices are no scheduling resource here either: the simulator only remembers which task owns
which, so that a test can ask for chips with two owners.
"""

from .capacity import Plan, Pool, plan
from .deployments import begin, resume, say
from .fleet import Fleet, owns
from .host import Host, HostType, registered_memory_mib, standard_attributes
from .placement import PlacementStrategy, Refusal
from .query import QueryError, matches, parse
from .reconcile import reconcile, report, settle
from .service import Breaker, Deployment, Percents, ProviderShare, ServiceState, share_of
from .task import PortMapping, Task, TaskSpec

__all__ = [
    "Breaker",
    "Deployment",
    "Fleet",
    "Host",
    "HostType",
    "Percents",
    "PlacementStrategy",
    "Plan",
    "Pool",
    "PortMapping",
    "ProviderShare",
    "QueryError",
    "Refusal",
    "ServiceState",
    "Task",
    "TaskSpec",
    "begin",
    "matches",
    "owns",
    "parse",
    "plan",
    "reconcile",
    "registered_memory_mib",
    "report",
    "resume",
    "say",
    "settle",
    "share_of",
    "standard_attributes",
]
