"""``inferctl models``: the model folders and their weights, and what a deployment serves."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from inferctl.commands._published_models import add_actions
from model_folders import (
    Build,
    ModelFileError,
    ModelFolder,
    WeightsFile,
    is_cached,
    load_model_folder,
    models_root,
)

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from rich.console import Console
    from rich.status import Status

    from inferctl.exporters.fetch import Progress


def add_parser(verbs: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``inferctl models`` with its verbs."""
    parser = verbs.add_parser(
        "models", help="list models, make or pin weights, see and change what is served"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, run, text in (
        ("list", run_list, "show every build and whether its weights are there"),
        ("prepare", run_prepare, "make the weights files that are missing"),
        ("lock", run_lock, "export the weights and write their sha256 and size to model.yaml"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("names", nargs="+" if name == "lock" else "*", metavar="NAME")
        action.add_argument("--build", help="only the builds of this name")
        action.add_argument("--models", type=Path, default=models_root(), metavar="FOLDER")
        action.set_defaults(run=run)
    add_actions(actions)


def run_list(arguments: argparse.Namespace) -> int:
    """Print a table of builds; 2 if a model folder is wrong."""
    from rich.table import Table

    folders, problems = _load(arguments.models, arguments.names)
    table = Table("model", "build", "targets", "compile", "weights", box=None)
    for folder, build in _builds(folders, arguments.build):
        engine = build.compile.engine if build.compile is not None else "-"
        states = ", ".join(_state(weights) for weights in build.weights) or "none needed"
        table.add_row(folder.name, build.name, ", ".join(build.targets), engine, states)
    _console(sys.stdout).print(table)
    return _report(problems)


def run_prepare(arguments: argparse.Namespace) -> int:
    """Make missing weights; without ``--build``, of the builds that the laptop's cpu target uses.

    Status 0 if all are there, 1 if one could not be made, 2 if a model folder is wrong.
    """
    folders, problems = _load(arguments.models, arguments.names)
    wanted: dict[str, tuple[str, WeightsFile]] = {}
    for folder, build in _builds(folders, arguments.build):
        if arguments.build is None and "cpu" not in build.targets:
            continue
        for weights in build.weights:
            if weights.sha256 is None:
                problems.append(
                    f"{folder.model_file}: builds.{build.name}.weights must be locked, got null"
                    f" for {weights.path!r} (run `inferctl models lock {folder.name}"
                    f" --build {build.name}`)"
                )
            elif not is_cached(weights):
                wanted.setdefault(weights.sha256, (folder.name, weights))
    if problems:
        return _report(problems)
    if not wanted:
        print("weights: nothing to do")
        return 0
    return _prepare(list(wanted.values()))


def run_lock(arguments: argparse.Namespace) -> int:
    """Export anew and pin; status as of ``prepare``."""
    from inferctl.exporters.lock import lock_model
    from inferctl.exporters.origin import ExportError

    folders, problems = _load(arguments.models, arguments.names)
    if problems:
        return _report(problems)
    console = _console(sys.stderr)
    for folder in folders:
        builds = [build for _, build in _builds([folder], arguments.build)]
        try:
            with console.status(f"locking {folder.name}") as status:
                changes = lock_model(folder, builds, _progress(status, f"locking {folder.name}"))
        except ExportError as error:
            return _report([f"{folder.model_file}: {error}"], status=1)
        for change in changes:
            print(change)
    return 0


def _prepare(wanted: Sequence[tuple[str, WeightsFile]]) -> int:
    # onnx and numpy take longer to import than all else that a run without work does.
    from inferctl.exporters.origin import ExportError
    from inferctl.exporters.weights import prepare_weights

    console = _console(sys.stderr)
    failures: list[str] = []
    for number, (model, weights) in enumerate(wanted, start=1):
        head = f"weights {number}/{len(wanted)}: {model} {weights.path}"
        try:
            with console.status(head) as status:
                made = prepare_weights(weights, _progress(status, head))
        except ExportError as error:
            failures.append(f"{model}: {weights.path}: {error}")
        else:
            print(f"{head}: {made.size / 1e6:.1f} MB, {made.path.name}")
    return _report(failures, status=1)


def _load(root: Path, names: Sequence[str]) -> tuple[list[ModelFolder], list[str]]:
    paths = [root / name for name in names]
    if not names:
        paths = sorted(file.parent for file in root.glob("*/model.yaml"))
    folders: list[ModelFolder] = []
    problems: list[str] = []
    for path in paths:
        try:
            folders.append(load_model_folder(path))
        except ModelFileError as error:
            problems.extend(error.problems)
    return folders, problems


def _builds(
    folders: Sequence[ModelFolder], name: str | None
) -> Iterator[tuple[ModelFolder, Build]]:
    for folder in folders:
        for build in folder.builds.values():
            if name is None or build.name == name:
                yield folder, build


def _state(weights: WeightsFile) -> str:
    if weights.sha256 is None or weights.size is None:
        return "not locked"
    made = "made" if is_cached(weights) else "not made yet"
    seeded = ", random" if hasattr(weights.source, "seed") else ""
    return f"{weights.size / 1e6:.1f} MB {made}{seeded}"


def _progress(status: Status, head: str) -> Progress:
    def show(done: int, total: int | None) -> None:
        whole = "" if total is None else f" of {total / 1e6:.0f}"
        status.update(f"{head}: {done / 1e6:.0f}{whole} MB")

    return show


def _console(stream: IO[str]) -> Console:
    from rich.console import Console

    return Console(file=stream)


def _report(problems: Sequence[str], *, status: int = 2) -> int:
    for problem in problems:
        print(problem, file=sys.stderr)
    return status if problems else 0
