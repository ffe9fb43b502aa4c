"""moto breaks when a key is deleted while another call lists the bucket.

It copies the keys before it goes through them, but looks each one up again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .patch import Patch

_STORE = "moto.s3.utils:_VersionedKeyStore"


def _iterlists(_original: Any) -> Callable[[Any], Iterator[tuple[str, list[Any]]]]:
    def iterlists(self: Any) -> Iterator[tuple[str, list[Any]]]:
        # the copy is a plain dict, whose values are the lists of versions
        for key, versions in self._self_iterable().items():
            if held := list(versions):
                yield key, held

    return iterlists


def _items(_original: Any) -> Callable[[Any], Iterator[tuple[str, Any]]]:
    def items(self: Any) -> Iterator[tuple[str, Any]]:
        for key, versions in self.iterlists():
            yield key, versions[-1]

    return items


def _values(_original: Any) -> Callable[[Any], Iterator[Any]]:
    def values(self: Any) -> Iterator[Any]:
        for _, versions in self.iterlists():
            yield versions[-1]

    return values


PATCHES = (
    Patch("s3", _STORE, "iterlists", _iterlists),
    Patch("s3", _STORE, "items", _items),
    Patch("s3", _STORE, "values", _values),
)
