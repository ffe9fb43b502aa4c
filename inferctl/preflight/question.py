"""One read of AWS: as a call of boto3, as a command of the AWS CLI and as an IAM action."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name

from inferctl.preflight.finding import Outcome

# https://docs.aws.amazon.com/service-authorization/latest/reference/list_servicequotas.html
_IAM_PREFIX = {"service-quotas": "servicequotas"}


@dataclass(frozen=True, kw_only=True)
class Question:
    """``operation`` is named as in the API, ``GetServiceQuota``."""

    service: str
    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    region: str

    @property
    def method(self) -> str:
        """The method of a boto3 client."""
        return xform_name(self.operation)

    @property
    def action(self) -> str:
        """What an IAM policy calls it."""
        return f"{_IAM_PREFIX.get(self.service, self.service)}:{self.operation}"

    @property
    def command(self) -> str:
        """The same for a shell."""
        words = ["aws", self.service, self.method.replace("_", "-")]
        for name, value in self.arguments.items():
            words.append(f"--{xform_name(name).replace('_', '-')}")
            words += _words(value)
        return shlex.join([*words, "--region", self.region])

    @property
    def key(self) -> str:
        """Equal for equal questions."""
        return json.dumps([self.service, self.operation, self.arguments, self.region], default=str)


@dataclass(frozen=True, kw_only=True)
class Unanswered:
    """Why there is no answer; ``code`` is that of AWS's error, empty where AWS said nothing."""

    outcome: Outcome
    reason: str
    code: str = ""


Answer = dict[str, Any] | Unanswered


def _words(value: object) -> list[str]:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return [*value]
    if isinstance(value, list | dict):
        return [json.dumps(value)]
    return [str(value)]
