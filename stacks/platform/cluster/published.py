"""Rules of services that serve what the platform itself publishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from accelerator_catalog import NEURON_CORES, NeuronInstance, core_version_of_target
from stacks.platform.cluster.workload_file import Model
from stacks.platform.findings import Findings
from stacks.platform.messages import did_you_mean
from stacks.platform.models import PlatformModel
from stacks.platform.section import chosen

_OWN_KEYS = ("uri", "compiled_for", "key_arn")


@dataclass(frozen=True, kw_only=True)
class PublishedModels:
    """``listed`` are the names in ``models``, None where that could not be read; ``read`` those of
    them without problems."""

    listed: frozenset[str] | None
    read: Mapping[str, PlatformModel]
    embedded: bool


def check_published_model(
    place: str,
    kind: str,
    model: Model,
    instance: NeuronInstance | None,
    published: PublishedModels,
    findings: Findings,
) -> PlatformModel | None:
    """The model of ``model.name``; ``kind`` is the workload's, ``instance`` the host's if it has
    chips."""
    name = model.name
    assert name is not None
    for key in _OWN_KEYS:
        if chosen(model, key):
            findings.refuse(
                f"{place}.{key}",
                getattr(model, key),
                rule="follows from the published model",
                fix="remove it, or remove name",
            )
    place = f"{place}.name"
    if published.embedded:
        findings.refuse(
            place,
            name,
            rule="is fetched by an image built with Docker, which the embedded AWS does not run",
            fix="write uri and compiled_for, or deploy_to: aws",
        )
        return None
    found = published.read.get(name)
    if found is None:
        _refuse_unknown(place, name, instance, published, findings)
        return None
    if instance is not None:
        _check_target(place, found, instance, findings)
    _check_kind(place, kind, found, findings)
    return found


def served_path(kind: str, model: PlatformModel) -> str:
    """What of the archive a server of that kind is pointed at; empty for all of it.

    TensorFlow Serving looks for versions in a folder; the recipe says where it writes one.
    """
    recipe = model.build.compile
    if kind != "tf-serving-neuron" or recipe is None:
        return ""
    parent = PurePosixPath(recipe.output).parent
    return "" if parent == PurePosixPath(".") else str(parent)


def _refuse_unknown(
    place: str,
    name: str,
    instance: NeuronInstance | None,
    published: PublishedModels,
    findings: Findings,
) -> None:
    if published.listed is None or name in published.listed:
        return
    near = did_you_mean(name, published.listed)
    target = "TARGET" if instance is None else _targets(instance)[0]
    findings.refuse(
        place,
        name,
        rule="is not a model of this platform",
        fix=f"did you mean {near}?"
        if near
        else f"add {{name: {name}, target: {target}}} to models",
    )


def _check_target(
    place: str, model: PlatformModel, instance: NeuronInstance, findings: Findings
) -> None:
    version = core_version_of_target(model.target)
    if version == instance.core_version:
        return
    cores = "no NeuronCore loads" if version is None else f"is for NeuronCore-v{version}"
    findings.refuse(
        place,
        model.name,
        rule=f"is built for {model.target}, which {cores}; {instance.name} has"
        f" NeuronCore-v{instance.core_version}",
        fix=f"publish a build for {' or '.join(_targets(instance))}, beside it with publish_as:"
        " NAME, or name another pool",
        source=NEURON_CORES[instance.core_version].source,
    )


def _check_kind(place: str, kind: str, model: PlatformModel, findings: Findings) -> None:
    recipe = model.build.compile
    problem: str | None = None
    if kind == "tf-serving-neuron":
        if recipe is None or recipe.engine != "neuron-tf":
            problem = "no SavedModel, which TensorFlow Serving loads"
        elif not PurePosixPath(recipe.output).name.isdigit():
            problem = f"{recipe.output}, and TensorFlow Serving loads folders that are a number"
    elif kind == "torchserve-neuronx" and not any(
        file.path.endswith(".mar") for file in model.folder.overlay_files(model.build)
    ):
        problem = "no .mar archive, which TorchServe loads"
    if problem is not None:
        findings.refuse(
            place,
            model.name,
            rule=f"is published from build {model.build.name}, which makes {problem}",
            fix=f"name a build for {kind}, or take kind: container with a server for it",
        )


def _targets(instance: NeuronInstance) -> list[str]:
    return list(NEURON_CORES[instance.core_version].compile_targets)
