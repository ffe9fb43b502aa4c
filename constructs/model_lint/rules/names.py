"""LAY, continued: file names and sizes that go wrong on the way into or out of an archive."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from model_lint.archive import Archive
from model_lint.repository import RepositoryFile
from model_lint.rule import Finding, error, warning
from model_lint.sources import REPOSITORY_DOC

LAY009 = error(
    "LAY009",
    "unsafe path",
    why="A path that leaves the archive, or holds control characters or backslashes, is refused or"
    " misread by what unpacks it.",
    source="https://docs.python.org/3/library/tarfile.html#tarfile.data_filter",
    fix="rename the file with letters, digits, '.', '_' and '-'",
)
LAY010 = warning(
    "LAY010",
    "odd characters in a path",
    why="Spaces and characters outside ASCII are written differently by file systems and by the"
    " platform's logs.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html",
    fix="rename the file with letters, digits, '.', '_' and '-'",
)
LAY011 = error(
    "LAY011",
    "paths that differ only in case",
    why="A checkout on macOS or Windows keeps one of the two, so the archive depends on the"
    " machine that made it.",
    source="https://git-scm.com/docs/git-config#Documentation/git-config.txt-coreignoreCase",
    fix="rename one of the files",
)
LAY012 = error(
    "LAY012",
    "empty file",
    why="An empty config or model file never loads; it is usually a lost download.",
    source=REPOSITORY_DOC,
    fix="restore the file's content, or delete it",
)
LAY014 = warning(
    "LAY014",
    "stray file",
    why="Caches and editors' files change the archive's digest, so equal models are published"
    " twice and endpoints download them again.",
    source="https://git-scm.com/docs/gitignore",
    fix="delete the file, and keep it out of the folder",
)
LAY015 = warning(
    "LAY015",
    "huge label file",
    why="Triton reads a label file into memory for every model that names it; this big it is"
    " probably not one label a line.",
    source=REPOSITORY_DOC,
    fix="write one label a line, and nothing else",
)
LARGEST_LABEL_FILE = 1024 * 1024
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")
_PLAIN = re.compile(r"[A-Za-z0-9._/+=@,-]+")
_STRAY = re.compile(
    r"(^|/)(__pycache__/|\.git/|\.DS_Store$|Thumbs\.db$|\.idea/|\.vscode/)|\.pyc$|~$"
)
_MODEL_FILES = (".plan", ".onnx", ".pt", ".py", ".dali", ".graphdef", ".pbtxt", ".pb", ".xml")


def check(archive: Archive) -> Iterator[Finding]:
    """Findings about single files."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for path, file in archive.repository.files.items():
        spellings[path.casefold()].append(path)
        yield from _path(path)
        if file.size == 0 and path.endswith(_MODEL_FILES) and not path.endswith("__init__.py"):
            yield Finding(rule=LAY012, path=path, message=f"{path} is empty")
    for paths in spellings.values():
        if len(paths) > 1:
            yield Finding(
                rule=LAY011, path=paths[-1], message=f"{' and '.join(paths)} differ only in case"
            )
    yield from _labels(archive)


def _path(path: str) -> Iterator[Finding]:
    parts = path.split("/")
    if (
        _UNSAFE.search(path)
        or path.startswith("/")
        or any(part in ("", ".", "..") for part in parts)
    ):
        yield Finding(rule=LAY009, path=path, message=f"{path!r} is not a safe path in an archive")
    elif not _PLAIN.fullmatch(path):
        odd = sorted(set(_PLAIN.sub("", path)))
        yield Finding(
            rule=LAY010, path=path, message=f"the path holds {', '.join(repr(c) for c in odd)}"
        )
    if _STRAY.search(path):
        yield Finding(rule=LAY014, path=path, message=f"{path} is no part of a model")


def _labels(archive: Archive) -> Iterator[Finding]:
    for model in archive.models.values():
        outputs = () if model.message is None else model.message.output
        for name in sorted({str(output.label_filename) for output in outputs}):
            file = model.files.get(name)
            if file is not None and _bytes(file) > LARGEST_LABEL_FILE:
                yield model.file_finding(
                    LAY015,
                    name,
                    f"the label file has {_bytes(file):,} B, more than {LARGEST_LABEL_FILE:,} B",
                )


def _bytes(file: RepositoryFile) -> int:
    return 0 if file.size is None else file.size
