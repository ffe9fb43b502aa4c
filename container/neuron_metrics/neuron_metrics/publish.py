"""PutMetricData, which may fail without ending the daemon."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from neuron_metrics.contract import NAMESPACE

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
_DATA_PER_CALL = 1000
# standard mode tries throttled calls again, with growing pauses
_CONFIG = Config(
    connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 5}
)

log = logging.getLogger(__name__)


def cloudwatch_client(region: str) -> Any:
    """A client with the retries that a daemon wants."""
    return boto3.session.Session().client("cloudwatch", region_name=region, config=_CONFIG)


def publish(client: Any, data: list[dict[str, Any]]) -> bool:
    """Send ``data`` with the time of now; False, and a line in the log, where it was refused."""
    now = datetime.now(UTC)
    for start in range(0, len(data), _DATA_PER_CALL):
        batch = [{**datum, "Timestamp": now} for datum in data[start : start + _DATA_PER_CALL]]
        try:
            client.put_metric_data(Namespace=NAMESPACE, MetricData=batch)
        except (ClientError, BotoCoreError) as error:
            log.error("%d values are lost: %s", len(batch), error)
            return False
    return True
