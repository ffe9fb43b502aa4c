"""LAY: directories, version folders and model files of an archive."""

from __future__ import annotations

from collections.abc import Iterator

from model_lint.archive import Archive, Model
from model_lint.backends import default_files
from model_lint.rule import Finding, error, warning
from model_lint.sources import REPOSITORY_DOC, SAGEMAKER_SERVER

LAY001 = error(
    "LAY001",
    "no model directory",
    why="SageMaker unpacks the archive and Triton loads its top-level directories; there is none"
    " with a config.pbtxt.",
    source=SAGEMAKER_SERVER,
    fix="put <model>/config.pbtxt and <model>/1/<file> into the repository folder",
)
LAY002 = error(
    "LAY002",
    "models below a parent folder",
    why="Triton looks for models at the root of the archive only; a parent folder makes the load"
    " fail with 400.",
    source=SAGEMAKER_SERVER,
    fix="name the folder itself as the overlay, so that its contents are at the root",
)
LAY003 = error(
    "LAY003",
    "config.pbtxt at the archive's root",
    why="The front end takes the whole archive for one model named 'model', and only under a path"
    " without hyphens; the directories beside it are not served.",
    source=SAGEMAKER_SERVER,
    fix="move the config and its version folder into a directory named after the model",
)
LAY004 = warning(
    "LAY004",
    "directory without config.pbtxt",
    why="Triton would guess the configuration from the model file, so nothing here can be checked;"
    " a directory that is no model is dead weight in every download.",
    source=REPOSITORY_DOC,
    fix="write the config.pbtxt, or move the directory into the version folder that reads it",
)
LAY005 = error(
    "LAY005",
    "no version folder",
    why="A model without a numeric version folder has no version to load.",
    source=REPOSITORY_DOC,
    fix="put the model file into <model>/1/",
)
LAY006 = error(
    "LAY006",
    "ensemble without version folder",
    why="An ensemble has no model file and still needs a version folder; git and tar lose an empty"
    " one, and a load that fails for it turns /ping to 400.",
    source=SAGEMAKER_SERVER,
    fix="add an empty file <ensemble>/1/.keep",
)
LAY007 = error(
    "LAY007",
    "model file missing",
    why="The backend opens one file by name in the version folder, and it is not there.",
    source=REPOSITORY_DOC,
    fix="rename the file, or name it in default_model_filename",
)
LAY008 = warning(
    "LAY008",
    "folder looks like a version, and is not",
    why="Triton ignores folders whose names are not plain numbers or start with zero.",
    source=REPOSITORY_DOC,
    fix="name the version folder 1",
)
LAY013 = warning(
    "LAY013",
    "more than five models in one archive",
    why="The front end warns about more than five directories: every member is loaded and unloaded"
    " together, so one call pays for all.",
    source=SAGEMAKER_SERVER,
    fix="merge members, or split the archive in two",
)
_MOST_DIRECTORIES = 5


def check(archive: Archive) -> Iterator[Finding]:
    """Findings about the archive's shape."""
    if "config.pbtxt" in archive.root_files:
        yield Finding(
            rule=LAY003,
            path="config.pbtxt",
            message="config.pbtxt lies at the root of the archive, outside every model directory",
        )
    elif not any(model.config for model in archive.models.values()):
        yield from _nothing_to_load(archive)
        return
    directories = [name for name in archive.models if not name.startswith(".")]
    if len(directories) > _MOST_DIRECTORIES:
        yield Finding(
            rule=LAY013,
            path=directories[_MOST_DIRECTORIES],
            message=f"the archive has {len(directories)} top-level directories, at most"
            f" {_MOST_DIRECTORIES} are advised: {', '.join(directories)}",
        )
    for model in archive.models.values():
        yield from _model(model)


def _nothing_to_load(archive: Archive) -> Iterator[Finding]:
    parents: dict[str, list[str]] = {}
    for directory, model in archive.models.items():
        for path in model.files:
            parts = path.split("/")
            if len(parts) == 2 and parts[1] == "config.pbtxt":
                parents.setdefault(directory, []).append(parts[0])
    for parent, models in parents.items():
        yield Finding(
            rule=LAY002,
            path=parent,
            message=f"{', '.join(models)} lie below the folder {parent}, not at the root of the"
            " archive",
        )
    if not parents:
        yield Finding(
            rule=LAY001,
            path=".",
            message=f"no directory has a config.pbtxt ({len(archive.repository.files)} files"
            " in the archive)",
        )


def _model(model: Model) -> Iterator[Finding]:
    if model.config is None:
        yield Finding(
            rule=LAY004,
            path=model.directory,
            message=f"{model.directory} has no config.pbtxt",
        )
        return
    folders = sorted({path.partition("/")[0] for path in model.files if "/" in path})
    for folder in folders:
        plain = folder.lstrip("vV").replace(".", "")
        if folder not in model.versions and plain.isdecimal():
            yield model.file_finding(
                LAY008, folder, f"{folder} is no version folder for Triton (a plain number is)"
            )
    if not model.versions:
        if model.is_ensemble:
            yield model.finding(LAY006, f"the ensemble {model.directory} has no version folder")
        else:
            yield model.finding(LAY005, f"the model {model.directory} has no version folder")
        return
    yield from _model_file(model)


def _model_file(model: Model) -> Iterator[Finding]:
    if model.message is None or model.backend is None or model.is_ensemble:
        return
    wanted = default_files(model.message, model.backend)
    for version in model.versions if wanted else ():
        # A SavedModel is a folder, so a name counts when anything lies below it too.
        there = {path.split("/")[1] for path in model.files if path.startswith(f"{version}/")}
        if not there.intersection(wanted):
            yield model.file_finding(
                LAY007,
                version,
                f"the {model.backend} backend opens {' or '.join(wanted)} in {model.directory}/"
                f"{version}, which holds {', '.join(sorted(there))}",
            )
