"""``inferctl diff``: what this tree deploys differently than a commit, judged, without AWS."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inferctl.changes.gates import WrongGateError, breaches, parse_gates
from inferctl.changes.markdown import markdown_report
from inferctl.changes.million_cost import MillionCost, million_costs
from inferctl.changes.pack import Pack
from inferctl.changes.platform_changes import PlatformChanges, platform_changes
from inferctl.changes.synthesis import Sides, synthesize_both
from inferctl.changes.terminal import terminal_report
from inferctl.changes.trees import Commit, DiffFailedError, changed_paths, find_commit
from inferctl.environment import CACHE, ROOT
from inferctl.output import console, errors
from load_client.errors import InputError
from model_artifacts import ArtifactsError

_MOST_REPORTS = 2
_PACKAGES = ("requirements.txt", "package-lock.json")


def add_parser(verbs: Any) -> None:
    """``inferctl diff BASE [--platform NAME] [--markdown FILE] [--fail-on GATES]``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "diff",
        help="what this tree deploys differently than a commit",
        description="Synthesizes the platforms of BASE and of this tree, uncommitted changes"
        " included, and says what a deployment would add, replace, destroy, interrupt, open and"
        " cost. Needs no AWS credentials.",
        epilog="Exit status: 0 compared, 1 a gate of --fail-on is not passed or a side cannot be"
        " synthesized, 2 bad input.",
    )
    parser.add_argument("base", metavar="BASE", help="a commit, such as HEAD or origin/main")
    parser.add_argument(
        "--platform", action="append", default=[], metavar="NAME", help="only this one"
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write a comment there")
    parser.add_argument(
        "--fail-on",
        default="",
        metavar="GATES",
        help="kinds of dangers and cost=N%%, such as replace,destroy,iam,cost=10%%; or all",
    )
    parser.add_argument(
        "--report",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="a load report, for the cost per million; a second one is for this tree alone",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 compared, 1 a gate is not passed, 2 bad input."""
    try:
        gates = parse_gates(arguments.fail_on)
        if len(arguments.report) > _MOST_REPORTS:
            raise InputError([f"one or two reports say a cost, got {len(arguments.report)}"])
        base = find_commit(ROOT, arguments.base)
        names = chosen_platforms(ROOT, base, arguments.platform)
        sides = synthesize_both(ROOT, base, names, cache=CACHE / "diff")
        compared = tuple(platform_changes(each.before, each.after) for each in sides.values())
        pack = Pack(
            base=base.title,
            platforms=compared,
            millions=_millions(sides, compared, arguments.report),
            breaches=tuple(breaches(gates, compared)),
            notes=(*_notes(ROOT, base), *_edited(sides)),
        )
    except (WrongGateError, InputError) as error:
        errors.print("\n".join(error.problems), markup=False)
        return 2
    except DiffFailedError as error:
        errors.print(str(error), markup=False)
        return 2 if error.wrong_input else 1
    except ArtifactsError as error:
        errors.print(str(error), markup=False)
        return 1
    for part in terminal_report(pack):
        console.print(part)
    if arguments.markdown is not None:
        try:
            arguments.markdown.write_text(markdown_report(pack))
        except OSError as error:
            errors.print(f"{arguments.markdown}: {error.strerror}", markup=False)
            return 2
    return 1 if pack.breaches else 0


def chosen_platforms(root: Path, base: Commit, names: Sequence[str]) -> list[str]:
    """The platforms of either side, or those asked for; raises `DiffFailedError`."""
    listed = subprocess.run(
        ["git", "ls-tree", "--name-only", base.id, "platforms/"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [*map(Path, listed.stdout.splitlines()), *(root / "platforms").glob("*.yaml")]
    there = sorted({path.stem for path in paths if path.suffix == ".yaml"})
    wrong = sorted(set(names) - set(there))
    if wrong:
        text = f"--platform must be one of {', '.join(there)}, got {', '.join(wrong)}"
        raise DiffFailedError(text, wrong_input=True)
    return sorted(set(names)) or there


def _millions(
    sides: dict[str, Sides], compared: Sequence[PlatformChanges], reports: Sequence[Path]
) -> tuple[tuple[str, tuple[MillionCost, ...]], ...]:
    if not reports:
        return ()
    changed = [each.platform for each in compared if not each.is_empty]
    return tuple(
        (name, million_costs(sides[name].before, sides[name].after, reports)) for name in changed
    )


def _notes(root: Path, base: Commit) -> tuple[str, ...]:
    """What a reader has to know of how the two sides were made."""
    differing = sorted(changed_paths(root, base) & set(_PACKAGES))
    if not differing:
        return ()
    names = " and ".join(differing)
    return (
        f"{names} changed: both sides were synthesized with this tree's packages, so what other"
        " versions of the CDK alone change is not shown.",
    )


def _edited(sides: dict[str, Sides]) -> tuple[str, ...]:
    names = ", ".join(name for name, each in sides.items() if each.edited)
    text = f"Files changed while {names} was synthesized: run this again."
    return (text,) if names else ()


if __name__ == "__main__":
    options = argparse.ArgumentParser(prog="python -m inferctl.commands.diff")
    add_parser(options.add_subparsers())
    given = options.parse_args(["diff", *sys.argv[1:]])
    sys.exit(given.run(given))
