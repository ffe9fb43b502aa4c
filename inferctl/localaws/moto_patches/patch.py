"""A replacement of one attribute of moto that can be taken back, so that tests can compare."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_MISSING = object()
_lock = threading.RLock()


class Patch:
    """Replaces ``attribute`` of ``target`` (``module:object``) when ``service`` is first used.

    ``service`` is moto's name of the service. ``replacement`` gets the original, None if moto has
    no such attribute, and returns what takes its place.
    """

    def __init__(
        self, service: str, target: str, attribute: str, replacement: Callable[[Any], Any]
    ) -> None:
        self.service = service
        self._target = target
        self._attribute = attribute
        self._replacement = replacement
        self._original: Any = None
        self._applied = False
        self._held_back = False

    def apply(self) -> None:
        """Safe to repeat."""
        with _lock:
            if self._applied or self._held_back:
                return
            owner = self._owner()
            self._original = vars(owner).get(self._attribute, _MISSING)
            original = None if self._original is _MISSING else self._original
            setattr(owner, self._attribute, self._replacement(original))
            self._applied = True

    def revert(self) -> None:
        """Put back what moto has."""
        with _lock:
            if not self._applied:
                return
            if self._original is _MISSING:
                delattr(self._owner(), self._attribute)
            else:
                setattr(self._owner(), self._attribute, self._original)
            self._applied = False

    def _owner(self) -> Any:
        module, _, name = self._target.partition(":")
        owner = importlib.import_module(module)
        return getattr(owner, name) if name else owner


@contextmanager
def reverted(*patches: Patch) -> Iterator[None]:
    """moto as it is without ``patches``, inside the block, also where it is used first there."""
    for patch in patches:
        patch.revert()
        patch._held_back = True
    try:
        yield
    finally:
        for patch in patches:
            patch._held_back = False
            patch.apply()
