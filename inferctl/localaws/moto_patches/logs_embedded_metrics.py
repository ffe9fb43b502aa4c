"""moto keeps log lines in CloudWatch's embedded metric format as text, and no metric comes of them.

On AWS whatever reaches CloudWatch Logs in that form becomes metrics. A line that is not quite in it
stays a line, there as here.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from .patch import Patch

_MARK = '"_aws"'
_Data = tuple[str, list[dict[str, Any]]]


def _put_log_events(original: Any) -> Callable[..., Any]:
    def put_log_events(
        self: Any, log_group_name: str, log_stream_name: str, log_events: list[dict[str, Any]]
    ) -> Any:
        answer = original(self, log_group_name, log_stream_name, log_events)
        for event in log_events:
            for namespace, data in _metrics(str(event.get("message", ""))):
                _cloudwatch(self).put_metric_data(namespace, data)
        return answer

    return put_log_events


def _cloudwatch(logs: Any) -> Any:
    from moto.cloudwatch.models import cloudwatch_backends

    return cloudwatch_backends[logs.account_id][logs.region_name]


def _metrics(message: str) -> Iterator[_Data]:
    """Namespace and data of each directive of one line."""
    if _MARK not in message:
        return
    try:
        document = json.loads(message)
        directives = document["_aws"]["CloudWatchMetrics"]
        stamp = document["_aws"]["Timestamp"] / 1000
        # moto compares with times that know no zone
        moment = datetime.fromtimestamp(stamp, UTC).replace(tzinfo=None)
        found = [
            (str(directive["Namespace"]), list(_data(document, directive, moment)))
            for directive in directives
        ]
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return
    yield from ((namespace, data) for namespace, data in found if data)


def _data(
    document: Mapping[str, Any], directive: Mapping[str, Any], moment: datetime
) -> Iterator[dict[str, Any]]:
    """One datum for each metric and set of dimensions."""
    for names in directive["Dimensions"]:
        dimensions = [{"Name": name, "Value": str(document[name])} for name in names]
        for metric in directive["Metrics"]:
            value = document[metric["Name"]]
            yield {
                "MetricName": metric["Name"],
                "Dimensions": dimensions,
                "Values": [float(one) for one in (value if isinstance(value, list) else [value])],
                "Unit": metric.get("Unit", "None"),
                "Timestamp": moment,
            }


PATCHES = (Patch("logs", "moto.logs.models:LogsBackend", "put_log_events", _put_log_events),)
