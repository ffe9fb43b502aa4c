"""Which entries to give up so that a new one fits: least recently used first, never one in use."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass


@dataclass
class _Entry:
    size: int
    pins: int


class LruLedger:
    """Counts entries and bytes against a budget; does no I/O and takes no lock.

    A pinned entry is in use and is never chosen as a victim. Pinning makes an entry the most
    recently used one. An entry larger than the whole budget is admitted once nothing else is
    left: whether it works is for the container to say.
    """

    def __init__(self, *, max_entries: int, max_bytes: int) -> None:
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def total_bytes(self) -> int:
        return sum(entry.size for entry in self._entries.values())

    def names(self) -> list[str]:
        """Least recently used first."""
        return list(self._entries)

    def pins(self, name: str) -> int:
        return self._entries[name].pins

    def size(self, name: str) -> int:
        return self._entries[name].size

    def reserve(self, name: str, size: int) -> list[str] | None:
        """Adds ``name``, pinned once, and returns the entries given up for it, already removed.

        None, and no change, while room could only be made by giving up an entry in use.
        """
        if name in self._entries:
            raise ValueError(f"{name!r} is already in the ledger")
        victims: list[str] = []
        count, total = len(self._entries), self.total_bytes
        for candidate, entry in self._entries.items():
            if count < self.max_entries and total + size <= self.max_bytes:
                break
            if entry.pins == 0:
                victims.append(candidate)
                count, total = count - 1, total - entry.size
        fits = count < self.max_entries and total + size <= self.max_bytes
        if not fits and count > 0:
            return None
        for victim in victims:
            del self._entries[victim]
        self._entries[name] = _Entry(size=size, pins=1)
        return victims

    def pin(self, name: str, times: int = 1) -> None:
        """Marks ``name`` as in use by ``times`` more callers."""
        self._entries[name].pins += times
        self._entries.move_to_end(name)

    def unpin(self, name: str) -> None:
        entry = self._entries[name]
        if entry.pins == 0:
            raise ValueError(f"{name!r} is not pinned")
        entry.pins -= 1

    def resize(self, name: str, size: int) -> None:
        self._entries[name].size = size

    def remove(self, name: str) -> None:
        self._entries.pop(name, None)

    def give_up_one(self, *, besides: str) -> str | None:
        """Removes and returns the least recently used entry that is not in use."""
        for name, entry in self._entries.items():
            if entry.pins == 0 and name != besides:
                del self._entries[name]
                return name
        return None

    def over_budget(self) -> list[str]:
        """Removes and returns what must go for the rest to fit, as far as nothing uses it."""
        victims: list[str] = []
        for name, entry in list(self._entries.items()):
            if len(self._entries) <= self.max_entries and self.total_bytes <= self.max_bytes:
                break
            if entry.pins == 0:
                del self._entries[name]
                victims.append(name)
        return victims
