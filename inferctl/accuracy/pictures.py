"""The files of a set's pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from inferctl.accuracy.annotations import AnnotatedSet
from inferctl.accuracy.errors import AccuracyInputError


def picture_files(annotated: AnnotatedSet, folder: Path) -> Mapping[int, Path]:
    """The file of each picture. Raises AccuracyInputError with all that cannot be read."""
    if not folder.is_dir():
        raise AccuracyInputError(folder, ["is no folder of pictures"])
    files = {picture.id: folder / picture.file_name for picture in annotated.pictures}
    names = {picture.id: picture.file_name for picture in annotated.pictures}
    problems = [
        f"{names[number]} {'cannot be read' if path.is_file() else 'is not there'}"
        for number, path in files.items()
        if not (path.is_file() and os.access(path, os.R_OK))
    ]
    if problems:
        raise AccuracyInputError(folder, problems)
    return files
