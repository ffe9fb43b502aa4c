"""The typed ``monitoring`` section of the platform file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.platform.section import Count, Section, Switch

# InvokeEndpoint waits no longer.
# docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
LONGEST_ANSWER_MS = 60_000

Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
AboveZero = Annotated[float, Field(gt=0)]


class Monitoring(Section):
    """A dashboard of everything that serves, and alarms that say why and what to do."""

    latency_ms: Annotated[int, Field(strict=True, ge=1, le=LONGEST_ANSWER_MS)] = 1000
    """What 99 answers in 100 keep below, of each model server."""
    error_percent: AboveZero = 1.0
    """Calls answered with a 5xx that are too many, percent."""
    cache_hit_percent: AboveZero = 90.0
    """Calls that find their model loaded; fewer are too few, percent."""
    evictions_per_hour: Count = 60
    """Models taken out of memory for others; more are too many."""
    client_metrics: Switch = False
    """Whether callers of the endpoint write the records of ``lambda/model_metrics``, which alone
    tell its models apart."""
    emails: tuple[Email, ...] = ()
    """Who is told of alarms; SNS asks each to confirm."""
    topic_arn: str | None = None
    """An SNS topic of yours that is told instead; one is made when absent."""
    runbooks: str = "docs/runbooks/"
    """What stands before a runbook's file name in alarms, such as the address of your repository's
    folder."""
