"""The files of a commit, in a folder of their own, without touching the checkout or git's state."""

from __future__ import annotations

import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

# Nothing that synthesis reads lies here (tests/test_layout.py holds rooms to their imports).
_NEVER_READ = ("docs/", "tests/", "benchmarks/", "inferctl/", "tools/", ".github/", ".ci/")
_NEVER_READ_FILES = ("README.md", "LICENSE", "Makefile", ".pre-commit-config.yaml")


class DiffFailedError(Exception):
    """A side could not be had; ``wrong_input`` where that is for what was given."""

    def __init__(self, message: str, *, wrong_input: bool = False) -> None:
        super().__init__(message)
        self.wrong_input = wrong_input


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One commit by its full id, and what it was called."""

    id: str
    name: str

    @property
    def title(self) -> str:
        """The short id, with the name where that is another."""
        short = self.id[:12]
        return short if self.id.startswith(self.name) else f"{self.name} ({short})"


def find_commit(root: Path, name: str) -> Commit:
    """The commit that ``name`` stands for; raises `DiffFailedError`."""
    try:
        found = _git(
            root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
        )
    except DiffFailedError as error:
        text = f"BASE must be a commit that is there, got {name!r} (fetch it, or see `git log`)"
        raise DiffFailedError(text, wrong_input=True) from error
    return Commit(id=found.decode().strip(), name=name)


def export(root: Path, commit: Commit, folder: Path) -> None:
    """Write the commit's files into ``folder``, which is empty; raises `DiffFailedError`."""
    # the umask decides modes of files, which are part of a model's digest
    packed = _git(root, "-c", "tar.umask=0022", "archive", "--format=tar", commit.id)
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="tar")


def changed_paths(root: Path, commit: Commit) -> frozenset[str]:
    """Every path that differs between the commit and the files here, new ones included."""
    listed = _git(root, "diff", "--name-only", "--no-renames", "-z", commit.id, "--")
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return frozenset(name for name in (listed + new).decode().split("\0") if name)


def is_read_by(platform: str, path: str) -> bool:
    """Whether synthesis of a platform may read a path; no only where that is certain."""
    if path.startswith(_NEVER_READ) or path in _NEVER_READ_FILES:
        return False
    folder, _, name = path.rpartition("/")
    if folder == "platforms" and name.endswith(".yaml"):
        return name == f"{platform}.yaml"
    return True


def _git(root: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    except OSError as error:
        raise DiffFailedError(f"git must be installed: {error}", wrong_input=True) from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise DiffFailedError(f"`git {' '.join(arguments)}` failed: {said}")
    return done.stdout
