"""What a reviewer has to know of a change: its kind, its place and one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "refuse": "CloudFormation or the service refuses it in one deployment",
        "destroy": "something is deleted",
        "replace": "something is made anew and the old one deleted",
        "interrupt": "something stops, restarts or starts cold",
        "iam": "someone may do more",
        "network": "something can be reached from, or can reach, more places",
        "protection": "a safeguard is lowered",
        "models": "a served model goes away or is made for something else",
        "capacity": "there is less room than before",
    }
)
"""In the order of a report; each is a gate's name."""
_ORDER = {kind: position for position, kind in enumerate(KINDS)}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One dangerous change. ``resource`` is a logical id, or empty for a whole stack."""

    kind: str
    stack: str
    resource: str
    type: str
    text: str

    @property
    def place(self) -> str:
        """``stack/logical id``, or the stack's name."""
        return f"{self.stack}/{self.resource}" if self.resource else self.stack

    @property
    def order(self) -> tuple[int, str, str, str]:
        """Sorts a report: worst kinds first, then by place."""
        return (_ORDER[self.kind], self.stack, self.resource, self.text)
