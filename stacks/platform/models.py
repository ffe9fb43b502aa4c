"""Rules of the models list against the model folders, and the choice of each model's build."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from accelerator_catalog import GPU_FAMILIES, core_version_of_target
from model_folders import Build, ModelFileError, ModelFolder, load_model_folder
from model_folders.recipes import Engine
from stacks.platform.file import ModelEntry
from stacks.platform.findings import Findings
from stacks.platform.messages import did_you_mean


@dataclass(frozen=True, kw_only=True)
class Serving:
    """What the models are for, and what can be compiled.

    ``family`` is the endpoint's GPU family, None where unknown. ``neuron_cores`` are the
    generations in the cluster's pools, None where those could not be read. ``compile_problem``
    says why a build with a recipe of that engine cannot be made for a target, None where it can.
    """

    deploy_to: Literal["embedded", "aws"]
    family: str | None
    neuron_cores: frozenset[int] | None
    compile_problem: Callable[[Engine, str], str | None]


@dataclass(frozen=True, kw_only=True)
class PlatformModel:
    """One model to publish: its folder, the build of its archive and what that is built for.

    ``name`` is what it is published as, which is the folder's name here, too.
    ``max_request_bytes`` is the largest request body that clients send.
    """

    name: str
    folder: ModelFolder
    build: Build
    target: str
    max_request_bytes: int


def check_models(
    entries: Sequence[tuple[int, ModelEntry]],
    models_root: Path,
    serving: Serving,
    findings: Findings,
) -> tuple[PlatformModel, ...]:
    """The models without problems, in file order. ``entries`` carry their place in the file."""
    models: list[PlatformModel] = []
    seen: dict[str, int] = {}
    for position, entry in entries:
        place = f"models[{position}]"
        name = entry.published_name
        if name in seen:
            _refuse_twice(place, entry, seen[name], findings)
            continue
        seen[name] = position
        model = _model(place, entry, models_root, serving, findings)
        if model is not None:
            models.append(model)
    return tuple(models)


def _refuse_twice(place: str, entry: ModelEntry, earlier: int, findings: Findings) -> None:
    if entry.publish_as is not None:
        findings.refuse(
            f"{place}.publish_as",
            entry.publish_as,
            rule=f"is what models[{earlier}] is published as",
            fix="choose another name",
        )
        return
    findings.refuse(
        f"{place}.name",
        entry.name,
        rule=f"is the same model as models[{earlier}]",
        fix="remove one, or publish another build of the folder with publish_as: NAME",
    )


def _model(
    place: str, entry: ModelEntry, models_root: Path, serving: Serving, findings: Findings
) -> PlatformModel | None:
    folder = _folder(place, entry.name, models_root, findings)
    target = _target(place, entry, serving, findings)
    if folder is None or target is None:
        return None
    build = _build(place, entry, folder, target, serving, findings)
    if build is None:
        return None
    _check_locks(place, folder, build, findings)
    try:
        folder.overlay_files(build)
    except ModelFileError as error:
        _refuse_folder(place, entry.name, error, findings)
        return None
    _check_request(place, entry, folder, build, findings)
    return PlatformModel(
        name=entry.published_name,
        folder=folder.published_as(entry.published_name),
        build=build,
        target=target,
        max_request_bytes=entry.max_request_bytes,
    )


def _folder(place: str, name: str, models_root: Path, findings: Findings) -> ModelFolder | None:
    path = models_root / name
    if not path.is_dir():
        there = sorted(file.parent.name for file in models_root.glob("*/model.yaml"))
        near = did_you_mean(name, there)
        findings.refuse(
            f"{place}.name",
            name,
            rule=f"has no folder {path}",
            fix=f"did you mean {near}?" if near else f"the models are {', '.join(there) or 'none'}",
        )
        return None
    try:
        return load_model_folder(path)
    except ModelFileError as error:
        _refuse_folder(place, name, error, findings)
        return None


def _refuse_folder(place: str, name: str, error: ModelFileError, findings: Findings) -> None:
    for problem in error.problems:
        findings.refuse(
            f"{place}.name", name, rule=f"has a wrong folder: {problem}", fix="correct that file"
        )


def _target(place: str, entry: ModelEntry, serving: Serving, findings: Findings) -> str | None:
    embedded = serving.deploy_to == "embedded"
    default = "cpu" if embedded else serving.family
    target = default if entry.target is None else entry.target
    if target is None or target == default:
        return target
    generation = core_version_of_target(target)
    if generation is not None:
        return _neuron_target(place, target, generation, serving, findings)
    if target != "cpu" and target not in GPU_FAMILIES:
        near = did_you_mean(target, ["cpu", *GPU_FAMILIES])
        findings.refuse(
            f"{place}.target",
            target,
            rule="is not cpu or a GPU family",
            fix=f"did you mean {near}?" if near else f"use one of cpu, {', '.join(GPU_FAMILIES)}",
        )
        return None
    if embedded:
        findings.refuse(
            f"{place}.target",
            target,
            rule="is a GPU family, and the embedded AWS serves on the CPU",
            fix="use cpu",
        )
        return None
    if target != "cpu" and serving.family is not None:
        findings.refuse(
            f"{place}.target",
            target,
            rule=f"is not the GPU family of the endpoint, which is {serving.family}",
            fix=f"use {serving.family}, or change endpoint.instance_type",
        )
        return None
    if target == "cpu" and serving.family is not None:
        findings.warn(f"{place}.target", f"{entry.published_name} will not use the endpoint's GPU")
    return target


def _neuron_target(
    place: str, target: str, generation: int, serving: Serving, findings: Findings
) -> str | None:
    if serving.deploy_to == "embedded":
        findings.refuse(
            f"{place}.target",
            target,
            rule="is a Neuron family, and the embedded AWS serves on the CPU",
            fix="use cpu",
        )
        return None
    if serving.neuron_cores is not None and generation not in serving.neuron_cores:
        findings.refuse(
            f"{place}.target",
            target,
            rule="is what no pool of the cluster loads",
            fix=f"add a pool of {target} instances, or choose another target",
        )
        return None
    return target


def _build(
    place: str,
    entry: ModelEntry,
    folder: ModelFolder,
    target: str,
    serving: Serving,
    findings: Findings,
) -> Build | None:
    builds = folder.builds
    fitting = [build for build in builds.values() if target in build.targets]
    ready = [build for build in fitting if build.compile is None]
    problems = {
        build.name: None
        if build.compile is None
        else serving.compile_problem(build.compile.engine, target)
        for build in fitting
    }
    there = ", ".join(f"{b.name} ({', '.join(b.targets)})" for b in builds.values())
    instead = (
        f"use build {ready[0].name}, which serves {target} without one"
        if ready
        else f"add a build for {target} without compile to {folder.model_file}"
    )
    if entry.build is None:
        made = [*ready, *(build for build in fitting if problems[build.name] is None)]
        if made:
            return made[0]
        findings.refuse(
            f"{place}.name",
            entry.name,
            rule=f"has no build for {target}"
            if not fitting
            else f"has only builds for {target}"
            f" that need a compile, which {problems[fitting[0].name]}",
            fix=f"the builds are {there}" if not fitting else instead,
        )
        return None
    build = builds.get(entry.build)
    if build is None:
        near = did_you_mean(entry.build, builds)
        findings.refuse(
            f"{place}.build",
            entry.build,
            rule=f"is not a build of {entry.name}",
            fix=f"did you mean {near}?" if near else f"the builds are {there}",
        )
        return None
    if target not in build.targets:
        findings.refuse(
            f"{place}.build",
            entry.build,
            rule=f"is for {', '.join(build.targets)}, and the target is {target}",
            fix=f"use build {ready[0].name}" if ready else f"the builds are {there}",
        )
        return None
    problem = problems[build.name]
    if build.compile is not None and problem is not None:
        findings.refuse(
            f"{place}.build",
            entry.build,
            rule=f"needs a compile ({build.compile.engine}), which {problem}",
            fix=instead,
        )
        return None
    return build


def _check_request(
    place: str, entry: ModelEntry, folder: ModelFolder, build: Build, findings: Findings
) -> None:
    golden = folder.golden(build)
    size = 0 if golden is None else (folder.path / golden.request).stat().st_size
    if golden is not None and size > entry.max_request_bytes:
        findings.refuse(
            f"{place}.max_request_bytes",
            entry.max_request_bytes,
            rule=f"is less than the {size:,} bytes of the golden request, {golden.request}",
            fix="raise it, or write a smaller request",
        )


def _check_locks(place: str, folder: ModelFolder, build: Build, findings: Findings) -> None:
    for weights in build.weights:
        if weights.sha256 is None:
            findings.refuse(
                f"{place}.name",
                folder.name,
                rule=f"has unlocked weights, {weights.path} of build {build.name}",
                fix=f"run `inferctl models lock {folder.name} --build {build.name}`",
            )
