"""Permissions taken apart: one action on one resource by one principal, each comparable."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from inferctl.changes.references import References

# The CDK names what it uploads by its digest: new code is no new permission.
_ASSET = re.compile(r"\b[0-9a-f]{64}\b")
Conditions = tuple[tuple[str, frozenset[str]], ...]
"""Tests that all have to hold: key and operator, and the values of which one has to match."""
_NEGATED = ("NotAction", "NotResource", "NotPrincipal")


@dataclass(frozen=True, kw_only=True)
class Permission:
    """``principal`` is empty in a policy of a role.

    ``negated`` holds a statement that says what it does not mean; such are equal or not.
    """

    effect: str
    action: str
    resource: str
    principal: str = ""
    conditions: Conditions = ()
    negated: str = ""

    def covers(self, other: Permission) -> bool:
        """Whether this one says at least what ``other`` says, both allowing or both denying."""
        return (
            self.effect == other.effect
            and self.negated == other.negated
            and _matches(self.action.lower(), other.action.lower())
            and _matches(self.resource, other.resource)
            and self.principal in (other.principal, "*")
            and _conditions_cover(self.conditions, dict(other.conditions))
        )

    @property
    def condition(self) -> str:
        """``aws:SourceArn ArnLike a or b``."""
        return "; ".join(
            f"{test} {' or '.join(sorted(values))}" for test, values in self.conditions
        )

    @property
    def is_wildcard(self) -> bool:
        """Whether it is for every action of a service, every resource, or everyone.

        In a policy of a resource, ``*`` is the resource that the policy belongs to.
        """
        if self.conditions or self.effect != "Allow":
            return False
        whole = self.resource == "*" and not self.principal
        return self.action.endswith("*") or whole or self.principal == "*"


def permissions(document: Any, stack: str, references: References) -> Iterator[Permission]:
    """Every permission of a policy document."""
    if not isinstance(document, Mapping):
        return
    for statement in _listed(document.get("Statement", [])):
        if not isinstance(statement, Mapping):
            continue
        effect = str(statement.get("Effect", "Allow"))
        conditions = tuple(_conditions(statement.get("Condition", {}), stack, references))
        negated = {name: statement[name] for name in _NEGATED if name in statement}
        words = "" if not negated else references.text(stack, negated)
        for principal in _principals(statement.get("Principal"), stack, references):
            for action in _listed(statement.get("Action", "*")):
                for resource in _listed(statement.get("Resource", "*")):
                    yield Permission(
                        effect=effect,
                        action=references.text(stack, action),
                        resource=_ASSET.sub("<asset>", references.text(stack, resource)),
                        principal=principal,
                        conditions=conditions,
                        negated=words,
                    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _principals(value: Any, stack: str, references: References) -> list[str]:
    if value is None:
        return [""]
    if isinstance(value, Mapping) and not {"Ref", "Fn::GetAtt", "Fn::Sub"} & set(value):
        found = [
            f"{kind} {references.text(stack, name)}"
            for kind, names in value.items()
            for name in _listed(names)
        ]
        return ["*" if name == "AWS *" else name for name in found]
    return [references.text(stack, value)]


def _conditions(
    value: Any, stack: str, references: References
) -> Iterator[tuple[str, frozenset[str]]]:
    if not isinstance(value, Mapping):
        yield references.text(stack, value), frozenset()
        return
    for operator, tests in sorted(value.items()):
        for key, allowed in sorted(tests.items()) if isinstance(tests, Mapping) else ():
            texts = frozenset(references.text(stack, item) for item in _listed(allowed))
            yield f"{key} {operator}", texts


def _conditions_cover(wide: Conditions, narrow: Mapping[str, frozenset[str]]) -> bool:
    """Whether all that passes the tests of ``narrow`` passes those of ``wide``."""
    return all(
        test in narrow and _values_cover(test, values, narrow[test]) for test, values in wide
    )


def _values_cover(test: str, wide: frozenset[str], narrow: frozenset[str]) -> bool:
    if "Not" in test.split()[-1]:
        return wide <= narrow
    if "Like" in test.split()[-1]:
        return all(any(_matches(pattern, value) for pattern in wide) for value in narrow)
    return narrow <= wide


def _matches(pattern: str, text: str) -> bool:
    if pattern == text:
        return True
    return any(mark in pattern for mark in "*?") and bool(_pattern(pattern).fullmatch(text))


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    # a ? of one character does not cover a * of many
    marks = {"*": ".*", "?": "[^*]"}
    parts = (marks.get(part, re.escape(part)) for part in re.split(r"([*?])", text))
    return re.compile("".join(parts), re.DOTALL)
