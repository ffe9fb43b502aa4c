"""ENS: which directory is the ensemble, and which models it is made of."""

from __future__ import annotations

from collections.abc import Iterator

from model_lint.archive import ENSEMBLE_TEXT, Archive, Model
from model_lint.rule import Finding, error, warning
from model_lint.sources import CONFIG_DOC, ENSEMBLE_UTILS, MODEL_CONFIG, SAGEMAKER_SERVER

STEP = ("ensemble_scheduling", 0, "step")

ENS001 = error(
    "ENS001",
    "several models and no ensemble",
    why="Without an ensemble the front end serves whichever directory it reads last.",
    source=SAGEMAKER_SERVER,
    fix='add one model with platform: "ensemble", or keep one directory',
)
ENS002 = error(
    "ENS002",
    "several ensembles",
    why="The front end serves the ensemble that it reads last, in no defined order.",
    source=SAGEMAKER_SERVER,
    fix="keep one ensemble an archive, and write the inner one's steps into it",
)
ENS003 = error(
    "ENS003",
    "the front end does not see the ensemble",
    why='It searches the config\'s text for platform: "ensemble" and does not parse it: a space'
    " before the colon or single quotes hide an ensemble, a comment makes one up.",
    source=SAGEMAKER_SERVER,
    fix='write exactly platform: "ensemble" in the ensemble, and nowhere else',
)
ENS004 = error(
    "ENS004",
    "member missing",
    why="A step names a model that is not in the archive; the load fails, or takes a namesake from"
    " another archive.",
    source=ENSEMBLE_UTILS,
    fix="correct model_name, or add the model's directory",
)
ENS005 = warning(
    "ENS005",
    "model without a step",
    why="No step uses it, so it is downloaded and never loaded.",
    source=SAGEMAKER_SERVER,
    fix="delete the directory, or add its step",
)
ENS016 = error(
    "ENS016",
    "instance_group on an ensemble",
    why="An ensemble runs nothing itself, and Triton refuses to load one with instance groups.",
    source=CONFIG_DOC,
    fix="move instance_group to the members",
)
ENS017 = error(
    "ENS017",
    "ensemble and steps do not go together",
    why='platform: "ensemble" needs ensemble_scheduling with at least one step, and only it may'
    " have one.",
    source=MODEL_CONFIG,
    fix="add the steps, or correct platform",
)
ENS019 = error(
    "ENS019",
    "step asks for a version that is not there",
    why="model_version -1 means the newest; any other number must be a version folder.",
    source=CONFIG_DOC,
    fix="write model_version: -1",
)
ENS020 = error(
    "ENS020",
    "two members of one name",
    why="Steps find models by name; Triton refuses a repository in which a name is not unique.",
    source=SAGEMAKER_SERVER,
    fix="give each config its directory's name, or none",
)


def check(archive: Archive) -> Iterator[Finding]:
    """Findings about the choice of the ensemble and its members."""
    yield from _which(archive)
    yield from _same_names(archive)
    for model in archive.models.values():
        yield from _text(model)
        if model.message is not None:
            yield from _shape(model)
    for ensemble in archive.ensembles:
        yield from _members(archive, ensemble)


def _which(archive: Archive) -> Iterator[Finding]:
    configured = [name for name, model in archive.models.items() if model.config is not None]
    if len(archive.ensembles) > 1:
        names = [model.directory for model in archive.ensembles]
        for model in archive.ensembles[1:]:
            yield model.finding(
                ENS002, f"{len(names)} ensembles in one archive: {', '.join(names)}", "platform"
            )
    unparsed = any(model.config and model.config.problem for model in archive.models.values())
    if not archive.ensembles and len(configured) > 1 and not unparsed:
        yield Finding(
            rule=ENS001,
            path=".",
            message=f"none of {', '.join(configured)} is an ensemble",
        )


def _text(model: Model) -> Iterator[Finding]:
    if model.config is None or model.message is None:
        return
    match = ENSEMBLE_TEXT.search(model.config.text)
    if model.is_ensemble and match is None:
        yield model.finding(
            ENS003, 'the text platform: "ensemble" does not occur in this ensemble', "platform"
        )
    elif not model.is_ensemble and match is not None:
        before = model.config.text[: match.start()]
        yield Finding(
            rule=ENS003,
            path=model.config_path,
            message=f'{model.directory} is no ensemble, and its text holds platform: "ensemble"',
            line=before.count("\n") + 1,
            column=match.start() - (before.rfind("\n") + 1) + 1,
        )


def _same_names(archive: Archive) -> Iterator[Finding]:
    owners: dict[str, str] = {}
    for directory, model in archive.models.items():
        name = str(model.message.name) if model.message is not None else ""
        owner = owners.setdefault(name or directory, directory)
        if owner != directory:
            yield model.finding(
                ENS020, f"{owner} and {directory} are both named {name or directory!r}", "name"
            )


def _shape(model: Model) -> Iterator[Finding]:
    message = model.message
    assert message is not None
    has_steps = bool(message.ensemble_scheduling.step)
    if model.is_ensemble and not has_steps:
        yield model.finding(ENS017, f"the ensemble {model.directory} has no steps", "platform")
    elif message.HasField("ensemble_scheduling") and not model.is_ensemble:
        yield model.finding(
            ENS017,
            f"{model.directory} has ensemble_scheduling and is no ensemble",
            "ensemble_scheduling",
        )
    if model.is_ensemble and message.instance_group:
        yield model.finding(
            ENS016, f"the ensemble {model.directory} has an instance_group", "instance_group", 0
        )


def _members(archive: Archive, ensemble: Model) -> Iterator[Finding]:
    assert ensemble.message is not None
    used = {ensemble.directory}
    for index, step in enumerate(ensemble.message.ensemble_scheduling.step):
        name = str(step.model_name)
        used.add(name)
        member = archive.model(name)
        if member is None:
            there = ", ".join(other for other in archive.models if other != ensemble.directory)
            yield ensemble.finding(
                ENS004,
                f"step {index} names {name!r}, the archive has {there or 'no other model'}",
                *STEP,
                index,
                "model_name",
            )
        elif step.model_version > 0 and str(step.model_version) not in member.versions:
            yield ensemble.finding(
                ENS019,
                f"step {index} asks for version {step.model_version} of {name}, the folders are"
                f" {', '.join(member.versions) or 'none'}",
                *STEP,
                index,
                "model_version",
            )
    for directory, model in archive.models.items():
        if directory not in used and model.config is not None and not model.is_ensemble:
            yield model.finding(ENS005, f"no step of {ensemble.directory} uses {directory}")
