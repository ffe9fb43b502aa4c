"""Values of a template whose intrinsic functions name the account and the region only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PLACEHOLDER = re.compile(r"\$\{([^!}][^}]*)\}")


def pseudo_parameters(
    *, region: str, partition: str, suffix: str, account: str | None
) -> dict[str, str]:
    """What ``AWS::Region`` and its like stand for; the account only where it is known."""
    values = {"AWS::Region": region, "AWS::Partition": partition, "AWS::URLSuffix": suffix}
    return values if account is None else {**values, "AWS::AccountId": account}


def resolved(value: object, pseudo: Mapping[str, str]) -> str | None:
    """The text that ``value`` is when deployed; None where that is known only then."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    (function, argument), *_ = value.items()
    if function == "Ref":
        return pseudo.get(str(argument))
    if function == "Fn::Join":
        return _joined(argument, pseudo)
    if function == "Fn::Sub" and isinstance(argument, str):
        return _substituted(argument, pseudo)
    return None


def _joined(argument: Any, pseudo: Mapping[str, str]) -> str | None:
    separator, parts = argument
    texts = [resolved(part, pseudo) for part in parts]
    known = [text for text in texts if text is not None]
    return separator.join(known) if len(known) == len(texts) else None


def _substituted(text: str, pseudo: Mapping[str, str]) -> str | None:
    names = _PLACEHOLDER.findall(text)
    if any(name not in pseudo for name in names):
        return None
    return _PLACEHOLDER.sub(lambda match: pseudo[match[1]], text)
