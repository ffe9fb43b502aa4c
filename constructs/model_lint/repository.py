"""The plain description that the rules look at: files, target, serving image, golden request."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

ImageKind = Literal["stock", "extended", "laptop"]


@dataclass(frozen=True, kw_only=True)
class RepositoryFile:
    """One file of an archive.

    ``size`` in bytes and ``digest`` (SHA-256, hex) are None when the file is not made yet;
    ``open`` is None when its bytes cannot be read here, such as weights that nobody exported.
    """

    path: str
    size: int | None
    digest: str | None = None
    open: Callable[[], BinaryIO] | None = field(default=None, compare=False)

    def read(self, limit: int) -> bytes | None:
        """At most ``limit`` bytes from the start; None when they are not to be had."""
        if self.open is None:
            return None
        try:
            with self.open() as stream:
                return stream.read(limit)
        except OSError:
            return None

    @classmethod
    def of(cls, path: str, content: bytes) -> RepositoryFile:
        """A file held in memory."""
        return cls(path=path, size=len(content), open=lambda: io.BytesIO(content))


@dataclass(frozen=True, kw_only=True)
class ServingImage:
    """What the rules must know of the Triton image; None where nobody published the fact."""

    tag: str
    kind: ImageKind
    backends: frozenset[str] | None = None
    python: str | None = None
    tensorrt: str | None = None
    namespacing: bool = True

    @property
    def release(self) -> tuple[int, int] | None:
        """Year and month of the tag: (26, 5) for ``26.05-py3``."""
        year, _, month = self.tag.partition("-")[0].partition(".")
        return (int(year), int(month)) if year.isdecimal() and month.isdecimal() else None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A compile: ``output`` is made from ``input``; (min, opt, max) shapes, batch first."""

    input: str
    output: str
    shapes: Mapping[str, tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]]


@dataclass(frozen=True, kw_only=True)
class Repository:
    """One archive as Triton will see it. ``target`` is ``cpu`` or a GPU family."""

    files: Mapping[str, RepositoryFile]
    target: str
    image: ServingImage
    build_targets: tuple[str, ...] = ()
    recipe: Recipe | None = None
    request: RepositoryFile | None = None
    answer: RepositoryFile | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
