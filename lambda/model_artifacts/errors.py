"""What can go wrong with artifacts, as types; every message is fit to be shown as it is."""

from __future__ import annotations

from collections.abc import Iterable


class ArtifactsError(Exception):
    """Base of everything that this package raises on purpose."""


class DocumentError(ArtifactsError):
    """A manifest or index breaks its format; ``problems`` holds every finding."""

    def __init__(self, document: str, problems: Iterable[str]) -> None:
        self.document = document
        self.problems = tuple(problems)
        super().__init__(f"{document}: " + "; ".join(self.problems))


class ArchiveError(ArtifactsError):
    """An archive cannot be written from the members that were given."""


class SourceMismatchError(ArchiveError):
    """A member's bytes are not the ones that its digest and size promise."""


class SourceMissingError(ArchiveError):
    """A member's bytes are not where they should be."""


class UnknownModelError(ArtifactsError):
    """The index does not publish this model."""


class NoPreviousArtifactError(ArtifactsError):
    """A model cannot be rolled back, because nothing was published before its current artifact."""


class IndexMissingError(ArtifactsError):
    """Nothing was ever published below this prefix, or it was deleted."""


class LostRaceError(ArtifactsError):
    """Someone else changed the index between our read and our write; nothing was written."""


class StorageError(ArtifactsError):
    """Amazon S3 refused a call; ``transient`` says whether the same call may succeed later."""

    def __init__(self, message: str, *, code: str, transient: bool) -> None:
        self.code = code
        self.transient = transient
        super().__init__(message)
