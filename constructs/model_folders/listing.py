"""Lists the files of a folder as an archive will hold them, refusing what would not be safe."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from model_folders.paths import path_problem

# What interpreters, editors and file managers leave behind.
IGNORED = (
    "__pycache__", "*.pyc", "*.pyo", ".DS_Store", "._*", "Thumbs.db", "desktop.ini",
    "*~", "*.swp", "*.swo", ".#*", "#*#", "*.bak", "*.orig", ".idea", ".vscode", ".git",
    ".gitignore", ".ipynb_checkpoints", ".mypy_cache", ".ruff_cache",
)  # fmt: skip
_ignored = re.compile("|".join(fnmatch.translate(pattern) for pattern in IGNORED)).match


class Listed(NamedTuple):
    """One file: its path in the archive, its place on disk, and its status."""

    path: str
    location: str
    status: os.stat_result


def list_files(folder: Path, *, inside: Path, problems: list[str]) -> list[Listed]:
    """Every file below ``folder``, unsorted; what is unsafe goes to ``problems`` instead.

    A link to a file is read as that file if it stays inside ``inside`` (the model folder).
    """
    return list(_walk(str(folder), "", str(inside.resolve()), problems))


def _walk(folder: str, prefix: str, inside: str, problems: list[str]) -> Iterator[Listed]:
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        problems.append(f"{folder} must be readable, got {error.strerror} (check its mode)")
        return
    for entry in entries:
        if _ignored(entry.name):
            continue
        path = prefix + entry.name
        problem = _entry_problem(entry, path, inside)
        if problem is not None:
            problems.append(f"{entry.path} {problem}")
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, f"{path}/", inside, problems)
        else:
            yield Listed(path, entry.path, entry.stat())


def _entry_problem(entry: os.DirEntry[str], path: str, inside: str) -> str | None:
    problem = path_problem(path)
    if problem is not None:
        return problem
    if entry.is_symlink():
        target = os.path.realpath(entry.path)
        if os.path.commonpath((target, inside)) != inside:
            return f"must not link out of the model folder, got {target!r} (copy the file)"
        if not entry.is_file():
            return f"must link to an existing file, got {target!r} (copy it, or remove the link)"
        return None
    if not entry.is_dir() and not entry.is_file():
        return "must be a file, a folder or a link to a file (remove it)"
    return None


def clashes(paths: Iterable[str]) -> list[str]:
    """Problems of paths that are one place on a file system that ignores case.

    Also finds a path that is a file in one overlay and a folder in another.
    """
    problems: list[str] = []
    spelled: dict[str, str] = {}
    files: set[str] = set()
    folders: set[str] = set()
    for path in paths:
        files.add(path)
        parent = path
        while parent and spelled.setdefault(parent.casefold(), parent) == parent:
            parent = parent.rpartition("/")[0]
            if parent in folders:
                break
            folders.add(parent)
        else:
            if parent:
                problems.append(
                    f"{parent} must differ from {spelled[parent.casefold()]} in more than case"
                    " (rename one)"
                )
    problems.extend(
        f"{path} must be either a file or a folder in all overlays (rename one)"
        for path in sorted(files & folders)
    )
    return sorted(set(problems))
