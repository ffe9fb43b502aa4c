"""What a preflight is about: one platform, its templates and the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from inferctl.preflight.question import Question
from inferctl.preflight.templates import Template
from stacks.config import Platform

BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """``account`` is the number that answers, None where nobody does; ``now`` is in UTC."""

    platform: Platform
    templates: Mapping[str, Template]
    now: datetime
    account: str | None = None
    acknowledged: frozenset[str] = frozenset()

    @property
    def today(self) -> date:
        """The day of ``now``."""
        return self.now.date()

    def question(self, service: str, operation: str, **arguments: Any) -> Question:
        """A question to the platform's region."""
        return Question(
            service=service,
            operation=operation,
            arguments=arguments,
            region=self.platform.region,
        )
