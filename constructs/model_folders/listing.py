"""Lists the files of a folder as an archive will hold them, refusing what would not be safe."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Iterable
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
# No rule about paths applies to such a name, wherever it stands.
_plain_name = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*").fullmatch


class Listed(NamedTuple):
    """One file: its path in the archive, its place on disk, and its status."""

    path: str
    location: str
    status: os.stat_result


def is_own_folder(folder: Path, path: str) -> bool:
    """Whether ``path`` below ``folder`` is a folder that no link leads to."""
    place = str(folder)
    for part in path.split("/"):
        place = f"{place}/{part}"
        try:
            if not stat.S_ISDIR(os.lstat(place).st_mode):
                return False
        except (OSError, ValueError):
            return False
    return True


def list_files(folder: str, *, inside: Path, problems: list[str]) -> list[Listed]:
    """Every file below ``folder``, unsorted; what is unsafe goes to ``problems`` instead.

    A link to a file is read as that file if it stays inside ``inside`` (the model folder).
    """
    found: list[Listed] = []
    waiting = [(folder, "")]
    while waiting:
        place, prefix = waiting.pop()
        try:
            entries = list(os.scandir(place))
        except OSError as error:
            problems.append(f"{place} must be readable, got {error.strerror} (check its mode)")
            continue
        for entry in entries:
            if _ignored(entry.name):
                continue
            path = prefix + entry.name
            problem = None if _plain_name(entry.name) else path_problem(path)
            if problem is None and entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, f"{path}/"))
                continue
            if problem is None and not entry.is_file(follow_symlinks=False):
                problem = _problem_of_no_file(entry, inside)
            if problem is None:
                found.append(Listed(path, entry.path, entry.stat()))
            else:
                problems.append(f"{entry.path} {problem}")
    return found


def _problem_of_no_file(entry: os.DirEntry[str], inside: Path) -> str | None:
    if not entry.is_symlink():
        return "must be a file, a folder or a link to a file (remove it)"
    target, home = os.path.realpath(entry.path), str(inside.resolve())
    if os.path.commonpath((target, home)) != home:
        return f"must not link out of the model folder, got {target!r} (copy the file)"
    if not entry.is_file():
        return f"must link to an existing file, got {target!r} (copy it, or remove the link)"
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
