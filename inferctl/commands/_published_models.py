"""``inferctl models status``, ``rollback`` and ``why``: what a deployment serves, and why that."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from inferctl.commands._target import add_target, deployment_of, load, model_named
from inferctl.deployment import NotDeployedError
from inferctl.digest_difference import differences, value_lines
from inferctl.endpoint_client import InvocationError
from inferctl.output import console, errors, table
from inferctl.published_models import (
    CompileFacts,
    Place,
    place_of,
    read_published_manifest,
    read_report,
    read_reports,
    stored_objects,
)
from model_artifacts import (
    Artifact,
    ArtifactsError,
    DocumentError,
    LostRaceError,
    ManifestModel,
    StorageError,
    parse_manifest,
    resolve_target_model,
    rollback_model,
)
from model_artifacts.s3_index import rollback_published_model
from model_compiler.contract import report_key
from model_folders import ModelFileError, build_fleet_sources
from stacks.config import Platform
from stacks.platform.models import PlatformModel

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_COLUMNS = (
    *("model", "target", "digest", "age>", "size>"),
    *("compile s>", "max error>", "serving where"),
)
_DIGITS = 16


def add_actions(actions: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs that ask a deployment."""
    for name, run, text in (
        ("status", _status, "show what the deployed platform publishes"),
        ("rollback", _rollback, "serve the artifact of a model that served before"),
        ("why", _why, "say which input changed a model's digest since it was published"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        if name != "status":
            action.add_argument("name", metavar="NAME")
        add_target(action)
        action.set_defaults(run=_guarded(run))


def _guarded(
    run: Callable[[argparse.Namespace, Platform, Place], int],
) -> Callable[[argparse.Namespace], int]:
    """Exit status 1 when AWS refuses or a race is lost, 2 for what no later try can mend."""

    def guarded(arguments: argparse.Namespace) -> int:
        try:
            platform = load(arguments.platform)
            return run(arguments, platform, place_of(deployment_of(platform)))
        except (InvocationError, StorageError, LostRaceError, DocumentError, OSError) as error:
            errors.print(str(error), markup=False)
            return 1
        except (NotDeployedError, ArtifactsError, ModelFileError) as error:
            errors.print(str(error), markup=False)
            return 2

    return guarded


def _status(_arguments: argparse.Namespace, platform: Platform, place: Place) -> int:
    index = place.index().index
    s3 = place.reading()
    objects = stored_objects(s3, place)
    served = {name: entry["current"] for name, entry in sorted(index["models"].items())}
    reports = read_reports(
        s3,
        place,
        ((name, one) for name, one in served.items() if report_key(name, one["digest"]) in objects),
    )
    now = datetime.now(UTC)
    rows = [
        (
            *_row(name, one, objects, reports.get(name, CompileFacts()), now),
            _where(name, one, platform, place) if one["key"] in objects else "archive gone",
        )
        for name, one in served.items()
    ]
    console.print(table(_COLUMNS, rows))
    return 0


def _row(
    name: str, one: Artifact, objects: Mapping[str, datetime], report: CompileFacts, now: datetime
) -> tuple[str, ...]:
    written = objects.get(one["key"])
    seconds, error = report.seconds, report.max_absolute_error
    return (
        *(name, one["target"], one["digest"][:_DIGITS]),
        "-" if written is None else _age((now - written).total_seconds()),
        f"{one['size'] / 1e6:.1f} MB",
        "-" if seconds is None else f"{seconds:.1f}",
        "-" if error is None else f"{error:.1e}",
    )


def _where(name: str, one: Artifact, platform: Platform, place: Place) -> str:
    """The endpoint, and the services of the cluster that read this model's folder."""
    there: list[str] = []
    endpoint = place.deployment.outputs.get("EndpointName")
    # NeuronCores are the cluster's, an endpoint has GPUs or none
    if endpoint is not None and not one["target"].startswith(("inf", "trn")):
        there.append(f"endpoint {endpoint}")
    folder = f"s3://{place.bucket}/{place.prefix}{name}/"
    services = () if platform.cluster is None else platform.cluster.services
    for service in services:
        model = service.section.model
        if model is None:
            continue
        # by its published name, or by the folder that its archives lie in
        if model.name == name or f"{(model.uri or '').rstrip('/')}/".startswith(folder):
            there.append(f"service {service.name}")
    return ", ".join(there) or "-"


def _age(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(0, int(seconds))} s"


def _rollback(arguments: argparse.Namespace, _platform: Platform, place: Place) -> int:
    name: str = arguments.name
    before = place.index().index
    wanted = resolve_target_model(rollback_model(before, name), name)
    after = rollback_published_model(
        place.writing(), bucket=place.bucket, prefix=place.prefix, model=name
    )
    key = resolve_target_model(after, name)
    if key != wanted:
        # someone rolled back or deployed between the two reads
        errors.print(
            f"{name}: serves {key} now, not {wanted}: someone else changed the index meanwhile"
            f" (look at `inferctl models status`)",
            markup=False,
        )
        return 1
    entry = before["models"].get(name)
    was = "which was retired" if entry is None else f"before it was {entry['current']['key']}"
    console.print(
        f"{name}: serves {key} now, {was} (index {after['serial']})\n"
        "the next deployment of another manifest supersedes this: it serves what the model folder"
        " makes then",
        markup=False,
    )
    return 0


def _why(arguments: argparse.Namespace, platform: Platform, place: Place) -> int:
    name: str = arguments.name
    now = _entry_now(platform, model_named(platform, name))
    index = place.index().index
    resolve_target_model(index, name)  # refuses a model that is not published
    served = index["models"][name]["current"]
    if served["digest"] == now["digest"]:
        console.print(
            f"{name}: no input changed, {now['digest'][:_DIGITS]} is served", markup=False
        )
        return 0
    s3 = place.reading()
    manifest = read_published_manifest(s3, place, index["manifest_digest"])
    entry = None
    if isinstance(manifest, str):
        missing = manifest
    else:
        entry = next((model for model in manifest["models"] if model["name"] == name), None)
        missing = (
            f"manifest {index['manifest_digest'][:_DIGITS]}, which the index names, has"
            f" {entry['digest'][:_DIGITS] if entry else 'no such model'}"
            " (the model was rolled back, and manifests before that are not named anywhere)"
        )
    head = f"{name}: {served['digest'][:_DIGITS]} is served, {now['digest'][:_DIGITS]} would be"
    console.print(f"{head} published from the folder", markup=False)
    if entry is not None and entry["digest"] == served["digest"]:
        _print_lines(differences(entry, now))
        return 0
    report = read_report(s3, place, model=name, digest=served["digest"])
    _print_lines(_kept_differences(served, now, report))
    kept = "target and serving image" if report is None else "target, serving and compiler image"
    errors.print(
        f"files, recipe, precision and shapes cannot be compared: {missing}; only {kept} of what"
        " is served are kept",
        markup=False,
    )
    return 1


def _kept_differences(
    served: Artifact, now: ManifestModel, report: CompileFacts | None
) -> list[str]:
    """What the index and the report alone can tell."""
    lines = [*value_lines("target", served["target"], now["target"])]
    lines += value_lines("serving image", served["serving_image"], now["serving_image"])
    if report is not None:
        lines += value_lines("compiler image", report.compiler_image, now["compiler_image"])
    return lines


def _print_lines(lines: list[str]) -> None:
    for line in lines:
        console.print(f"  {line}", markup=False)


def _entry_now(platform: Platform, model: PlatformModel) -> ManifestModel:
    """What a deployment would publish of one model; raises `ModelFileError`."""
    with tempfile.TemporaryDirectory() as folder:
        sources = build_fleet_sources(
            fleet=platform.fleet,
            prefix=platform.prefix,
            serving_image=platform.serving_image,
            models=[(model.folder, model.build, model.target)],
            directory=Path(folder),
            compiler_images=platform.compiler_images,
        )
        data = sources.manifest_path.read_bytes()
    return parse_manifest(data)["models"][0]
