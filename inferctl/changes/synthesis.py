"""Both sides' cloud assemblies: made in parallel, and kept for as long as no input changes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from inferctl.changes.assembly import Assembly, empty, read_assembly
from inferctl.changes.trees import (
    Commit,
    DiffFailedError,
    changed_paths,
    export,
    is_read_by,
)
from inferctl.environment import PYTHON, environment

_KEPT = 12
"""Commits whose assemblies stay in the cache."""
_KEPT_EDITS = 40
"""Assemblies of edited trees, of all platforms together, that stay for one commit."""
_LAST_LINES = 15
_KEPT_FILES = "templates, manifests, goldens"
"""What the cache holds of an assembly; another list makes another cache."""
_LONGEST_RUN_SECONDS = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Sides:
    """One platform before and after.

    ``skipped``: nothing that its synthesis reads changed. ``edited``: something did meanwhile, so
    that ``after`` may be of neither state.
    """

    before: Assembly
    after: Assembly
    skipped: bool = False
    edited: bool = False


def synthesize_both(
    root: Path, base: Commit, platforms: Sequence[str], *, cache: Path
) -> dict[str, Sides]:
    """The sides of each platform, by name; raises `DiffFailedError` for a side that fails."""
    kept = cache / f"{base.id}-{_tools_digest(root)}"
    kept.mkdir(parents=True, exist_ok=True)
    # the folder's time says when it was last of use
    os.utime(kept)
    _forget(cache, kept)
    digests = _digests(root, base, platforms)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=cache, prefix="run-")))
        missing = [name for name in platforms if not (kept / name).exists()]
        if missing:
            export(root, base, scratch / "tree")
        new = {
            name: kept / f"{name}.{digest}"
            for name, digest in digests.items()
            if digest and not (kept / f"{name}.{digest}").exists()
        }
        # as many as there are processors: each of them is busy all the time
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            pending = [
                *(
                    pool.submit(_keep, scratch / "tree", name, kept / name, base.title)
                    for name in missing
                ),
                *(
                    pool.submit(_keep, root, name, folder, "this tree")
                    for name, folder in new.items()
                ),
            ]
            for each in pending:
                each.result()
        sides = {name: _sides(kept, name, digest) for name, digest in digests.items()}
        now = _digests(root, base, platforms) if new else digests
        for name in (name for name in new if now[name] != digests[name]):
            sides[name] = replace(sides[name], edited=True)
            shutil.rmtree(new[name])
        return sides


def _digests(root: Path, base: Commit, platforms: Sequence[str]) -> dict[str, str]:
    """What each platform's synthesis reads of this tree and not of the commit; empty for none."""
    changed = sorted(changed_paths(root, base))
    found = {}
    for name in platforms:
        digest = hashlib.sha256()
        read = [path for path in changed if is_read_by(name, path)]
        for path in read:
            file = root / path
            is_file = file.is_file()
            mode = file.stat().st_mode if is_file else 0
            content = hashlib.sha256(file.read_bytes()).hexdigest() if is_file else ""
            digest.update(f"{path}\0{mode}\0{content}\0".encode())
        found[name] = digest.hexdigest()[:24] if read else ""
    return found


def _sides(kept: Path, name: str, digest: str) -> Sides:
    before = _read(kept / name, name)
    if not digest:
        return Sides(before=before, after=before, skipped=True)
    return Sides(before=before, after=_read(kept / f"{name}.{digest}", name))


def _keep(tree: Path, name: str, kept: Path, whose: str) -> None:
    """Synthesize a platform of a tree into the cache, whole or not at all."""
    with tempfile.TemporaryDirectory(dir=kept.parent.parent, prefix="run-") as scratch:
        out, small = Path(scratch) / "out", Path(scratch) / "small"
        small.mkdir()
        if (tree / "platforms" / f"{name}.yaml").exists():
            _synthesize(tree, name, out, whose)
            for path in (out / "manifest.json", *out.glob("*.template.json")):
                shutil.copy2(path, small)
            for path in (*out.glob("sources.*/manifest.json"), *out.glob("*/goldens.json")):
                (small / path.parent.name).mkdir(exist_ok=True)
                shutil.copy2(path, small / path.parent.name)
        try:
            small.rename(kept)
        except OSError:
            # another run of this command was quicker
            if not kept.exists():
                raise


def _read(folder: Path, name: str) -> Assembly:
    return read_assembly(folder, name) if (folder / "manifest.json").exists() else empty(name)


def _synthesize(tree: Path, name: str, out: Path, whose: str) -> None:
    """Run the tree's own app with its own packages; raises `DiffFailedError` with what it said."""
    out.mkdir(parents=True)
    variables = {
        **environment(),
        # precedes the installed project, so that each tree imports its own packages
        "PYTHONPATH": os.pathsep.join(str(tree / folder) for folder in _source_roots(tree, whose)),
        "PLATFORM": name,
        "CDK_OUTDIR": str(out),
        "CDK_VALIDATION": "false",
    }
    variables.pop("CDK_CONTEXT_JSON", None)
    done = subprocess.run(
        [str(PYTHON), "app.py"],
        cwd=tree,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        said = "\n".join("  " + line for line in done.stdout.strip().splitlines()[-_LAST_LINES:])
        text = f"platform {name} of {whose} cannot be synthesized:\n{said}"
        raise DiffFailedError(text, wrong_input=done.returncode == 2)


def _source_roots(tree: Path, whose: str) -> list[str]:
    """Where the tree's packages lie, as its own pyproject.toml says."""
    try:
        project = tomllib.loads((tree / "pyproject.toml").read_text())
        roots: list[str] = project["tool"]["hatch"]["build"]["dev-mode-dirs"]
    except (OSError, ValueError, KeyError) as error:
        text = f"pyproject.toml of {whose} does not say where its packages lie: {error!r}"
        raise DiffFailedError(text) from error
    return roots


def _tools_digest(root: Path) -> str:
    """Other versions of the CDK make other templates of one commit."""
    read = (root / "requirements.txt").read_bytes()
    return hashlib.sha256(_KEPT_FILES.encode() + read).hexdigest()[:12]


def _forget(cache: Path, used: Path) -> None:
    folders = [path for path in cache.iterdir() if not path.name.startswith("run-")]
    for path in cache.glob("run-*"):
        # of a run that was killed
        if time.time() - path.stat().st_mtime > _LONGEST_RUN_SECONDS:
            shutil.rmtree(path, ignore_errors=True)
    newest = sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest[_KEPT:]:
        if path != used:
            shutil.rmtree(path, ignore_errors=True)
    edits = sorted(used.glob("*.*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in edits[_KEPT_EDITS:]:
        shutil.rmtree(path, ignore_errors=True)
