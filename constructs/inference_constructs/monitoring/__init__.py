"""Dashboards and alarms."""

from .monitoring import Monitoring
from .props import MonitoringProps, Thresholds, WatchedCluster, WatchedEndpoint

__all__ = [
    "Monitoring",
    "MonitoringProps",
    "Thresholds",
    "WatchedCluster",
    "WatchedEndpoint",
]
