"""Rules of the monitoring section: there is something to watch, and somebody who may be told."""

from __future__ import annotations

import re

from accelerator_catalog import REGIONS
from stacks.platform.file import PlatformFile
from stacks.platform.findings import Findings
from stacks.platform.monitoring.file import Monitoring
from stacks.platform.section import chosen

_TOPIC = re.compile(r"arn:([a-z-]+):sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}")
_ACTIONS = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html"
_OF_THE_ENDPOINT: tuple[str, ...] = ("cache_hit_percent", "evictions_per_hour", "client_metrics")


def check_monitoring(
    section: Monitoring, file: PlatformFile, broken: frozenset[str], findings: Findings
) -> None:
    """Adds what is wrong with ``monitoring``, as far as the sections not in ``broken`` say."""
    if not broken & {"endpoint", "models", "cluster"}:
        _check_subject(section, file, findings)
    for key in ("error_percent", "cache_hit_percent"):
        value: float = getattr(section, key)
        if value > 100:
            findings.refuse(
                f"monitoring.{key}", value, rule="is more than 100 percent", fix="write 100 or less"
            )
    if not section.runbooks.endswith("/"):
        findings.refuse(
            "monitoring.runbooks",
            section.runbooks,
            rule="does not end with a slash, and file names follow it",
            fix=f"write {section.runbooks}/",
        )
    if section.topic_arn is not None:
        _check_topic(
            section, section.topic_arn, "" if "region" in broken else file.region, findings
        )


def _check_subject(section: Monitoring, file: PlatformFile, findings: Findings) -> None:
    if file.endpoint is None and not file.models and file.cluster is None:
        findings.refuse(
            "monitoring",
            section.model_dump(),
            rule="has nothing to watch: there is no endpoint, no model and no cluster",
            fix="write monitoring: off",
        )
        return
    if file.endpoint is None:
        why, keys = "describes an endpoint, and there is none", _OF_THE_ENDPOINT
    elif file.endpoint.model_cache == "disabled":
        why, keys = "describes a cache, and model_cache is disabled", _OF_THE_ENDPOINT[:2]
    else:
        return
    for key in keys:
        if chosen(section, key):
            findings.refuse(f"monitoring.{key}", getattr(section, key), rule=why, fix="remove it")


def _check_topic(section: Monitoring, arn: str, region: str, findings: Findings) -> None:
    place = "monitoring.topic_arn"
    match = _TOPIC.fullmatch(arn)
    if match is None:
        findings.refuse(
            place,
            arn,
            rule="is not the ARN of an SNS topic",
            fix="write one such as arn:aws:sns:us-east-1:111122223333:alarms",
        )
    elif region in REGIONS and (match[1], match[2]) != (REGIONS[region].partition, region):
        findings.refuse(
            place,
            arn,
            rule=f"is not of {region}, and alarms tell topics of their own region only",
            fix=f"make a topic in {region}",
            source=_ACTIONS,
        )
    if section.emails:
        findings.refuse(
            "monitoring.emails",
            section.emails,
            rule="is for the topic that is made here, and topic_arn names another",
            fix="subscribe its entries to that topic, or remove topic_arn",
        )
