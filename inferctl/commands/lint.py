"""``inferctl lint``: will these models serve?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from accelerator_catalog import NEWEST_TRITON_TAG, core_version_of_target
from model_folders import Build, ModelFileError, ModelFolder, load_model_folder, models_root
from model_lint import Finding, ImageKind, Severity, lint_fleet
from model_lint.output import as_github, as_json, as_text, count, summary

Selection = tuple[ModelFolder, Build, str]
_STYLES = {"error": "red", "warning": "yellow"}


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb ``lint``."""
    parser = verbs.add_parser(
        "lint",
        help="check that model folders will serve",
        description="Checks every build of the model folders (all of models/ by default), or what a"
        " platform file publishes. Exit status: 0 clean, 1 errors, 2 unusable input.",
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="MODEL_DIR")
    parser.add_argument("--platform", type=Path, help="a platform file, such as platforms/dev.yaml")
    parser.add_argument("--format", choices=("text", "json", "github"), default="text")
    parser.add_argument("--strict", action="store_true", help="warnings fail too")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Lint and print; returns the exit status."""
    if arguments.platform is not None and arguments.folders:
        return _unusable(["name MODEL_DIRs or --platform, not both"])
    try:
        if arguments.platform is not None:
            models, findings = _platform(arguments.platform)
        else:
            models, findings = _folders(arguments.folders)
    except ModelFileError as error:
        return _unusable(error.problems)
    except OSError as error:
        return _unusable([f"{error.filename}: {error.strerror} (make it readable)"])
    findings = _distinct(findings)
    _print(findings, models, arguments.format)
    failing = findings if arguments.strict else [f for f in findings if f.is_error]
    return 1 if failing else 0


def _folders(paths: Sequence[Path]) -> tuple[int, list[Finding]]:
    """Every build for each of its targets, in the newest image."""
    if not paths:
        root = models_root()
        paths = sorted(path.parent for path in root.glob("*/model.yaml")) if root.is_dir() else []
        if not paths:
            raise ModelFileError([f"{root}: must hold model folders (create one)"])
        here = Path.cwd()
        paths = [p.relative_to(here) if p.is_relative_to(here) else p for p in paths]
    problems: list[str] = []
    by_kind: dict[ImageKind, list[Selection]] = {"laptop": [], "extended": []}
    for path in dict.fromkeys(paths):
        try:
            folder = load_model_folder(path)
        except ModelFileError as error:
            problems.extend(error.problems)
            continue
        for build in folder.builds.values():
            for target in build.targets:
                # Triton serves no Neuron build: TensorFlow Serving and TorchServe do.
                if core_version_of_target(target) is not None:
                    continue
                kind: ImageKind = "laptop" if target == "cpu" else "extended"
                by_kind[kind].append((folder, build, target))
    findings: list[Finding] = []
    for kind, selections in by_kind.items():
        for selection in selections:
            try:
                findings += lint_fleet([selection], image_tag=NEWEST_TRITON_TAG, image_kind=kind)
            except ModelFileError as error:
                problems.extend(error.problems)
    if problems:
        raise ModelFileError(list(dict.fromkeys(problems)))
    return len(dict.fromkeys(paths)), findings


def _platform(path: Path) -> tuple[int, list[Finding]]:
    """What a platform publishes, in its own image. Raises ModelFileError for a wrong file."""
    from stacks.config import PlatformFileError, load_platform
    from stacks.model_checks import platform_findings

    try:
        platform = load_platform(path, models_root=models_root())
    except PlatformFileError as error:
        raise ModelFileError([str(error)]) from None
    return len(platform.models), list(platform_findings(platform))


def _distinct(findings: Iterable[Finding]) -> list[Finding]:
    """One finding where several builds or targets of a model share it, ordered by model."""
    return sorted(dict.fromkeys(findings), key=lambda finding: str(finding.model))


def _print(findings: Sequence[Finding], models: int, output: str) -> None:
    if output == "json":
        print(as_json(findings, models))
    elif output == "github":
        for line in as_github(findings):
            print(line)
        print(summary(findings, models))
    elif sys.stdout.isatty():
        _print_in_colour(findings, models)
    else:
        for line in as_text(findings, models):
            print(line)


def _print_in_colour(findings: Sequence[Finding], models: int) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in as_text(findings, models):
        text = Text(line)
        for severity, style in _STYLES.items():
            text.highlight_regex(rf"^    {severity} [A-Z]{{3}}[0-9]{{3}}", f"bold {style}")
        text.highlight_regex(r"^    fix:.*", "dim")
        text.highlight_regex(r"^\S+$", "bold")
        console.print(text)
    if not findings:
        return
    worst = "red" if count(findings, Severity.ERROR) else "yellow"
    console.print(Text("docs/lint-rules.md explains every rule", style=worst))


def _unusable(problems: Sequence[str]) -> int:
    for problem in problems:
        print(problem, file=sys.stderr)
    return 2
