"""PYB: Python models, their imports, their environments, and what they do when they load."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

from model_lint.archive import Archive, Model
from model_lint.python_source import LARGEST_SOURCE, PythonSource, Spot, read_python
from model_lint.repository import ImageKind
from model_lint.rule import Finding, Rule, error, warning
from model_lint.sources import PYTHON_BACKEND, issue

PYB001 = error(
    "PYB001",
    "model.py does not parse",
    why="The stub fails to import it, the load fails, and /ping may stay 400 afterwards.",
    source=PYTHON_BACKEND,
    fix="correct the text at this place",
)
PYB002 = error(
    "PYB002",
    "no class TritonPythonModel",
    why="The Python backend instantiates exactly this class.",
    source=PYTHON_BACKEND,
    fix="name the class TritonPythonModel",
)
PYB003 = error(
    "PYB003",
    "TritonPythonModel has no execute",
    why="The backend calls execute(requests) for every batch.",
    source=PYTHON_BACKEND,
    fix="define execute(self, requests), one InferenceResponse a request in the same order",
)
PYB004 = error(
    "PYB004",
    "execution environment outside the model",
    why="On a multi-model endpoint the archive is unpacked under a path nobody knows before, so"
    " only $$TRITON_MODEL_DIRECTORY finds the environment.",
    source=PYTHON_BACKEND,
    fix='write "$$TRITON_MODEL_DIRECTORY/<env>"',
)
PYB005 = error(
    "PYB005",
    "execution environment missing",
    why="The stub does not start without the environment that the config names.",
    source=PYTHON_BACKEND,
    fix="add it to the model's directory, or delete the parameter",
)
PYB006 = warning(
    "PYB006",
    "packed execution environment",
    why="Triton unpacks it at every load, a minute or more, and never deletes it, so the disk fills"
    " as models come and go.",
    source=issue("triton-inference-server/server", 8840),
    fix="ship the environment as a folder (from 23.07), or use the extended image",
)
PYB007 = error(
    "PYB007",
    "environment of another Python",
    why="The interpreter's minor version must be the stub's: 3.10 up to 24.09, 3.12 from 25.04.",
    source=issue("triton-inference-server/server", 7121),
    fix="build the environment in the container of the same image tag",
)
PYB008 = error(
    "PYB008",
    "import that the image lacks",
    why="The load fails with ModuleNotFoundError at the first call, long after the deployment.",
    source=PYTHON_BACKEND,
    fix="use image kind extended, ship an environment, or put the module beside model.py",
)
PYB009 = error(
    "PYB009",
    "model files fetched from a hub",
    why="Under network isolation the download fails, and without it every cold load waits for it.",
    source=issue("triton-inference-server/server", 8080),
    fix="put the files into the version folder and load them by path with local_files_only=True",
)
PYB010 = warning(
    "PYB010",
    "network call while loading",
    why="An isolated endpoint has no network, and elsewhere the remote end decides whether the"
    " model loads.",
    source="https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html",
    fix="put what it fetches into the archive",
)
PYB011 = error(
    "PYB011",
    "model called from Python is not loaded",
    why="SageMaker loads the ensemble and its members only; a callee that is no member answers"
    " with an error.",
    source=issue("triton-inference-server/server", 5452),
    fix="make the callee a step of the ensemble",
)
_ENVIRONMENT = re.compile(r"\$\$TRITON_MODEL_DIRECTORY/(?P<path>.+)")
_MINOR = re.compile(r"(^|/)lib/python(3\.\d+)/")
_STOCK = frozenset({"numpy", "triton_python_backend_utils", "c_python_backend_utils"})
# What our own images add to the stock one; a test compares them with what they install.
ADDED: dict[ImageKind, frozenset[str]] = {
    "stock": frozenset(),
    "extended": frozenset({"PIL", "tokenizers"}),
    "laptop": frozenset({"onnxruntime", "PIL", "tokenizers"}),
}


def check(archive: Archive) -> Iterator[Finding]:
    """Findings about Python models."""
    for model in archive.models.values():
        if model.backend == "python":
            environment = yield from _environment(archive, model)
            for version in model.versions:
                yield from _source(archive, model, version, environment)


def _environment(archive: Archive, model: Model) -> Generator[Finding, None, bool]:
    """Findings about EXECUTION_ENV_PATH; returns whether the model has an environment."""
    assert model.message is not None
    parameter = model.message.parameters.get("EXECUTION_ENV_PATH")
    if parameter is None:
        return False
    value, place = str(parameter.string_value), ("parameters", "=EXECUTION_ENV_PATH")
    match = _ENVIRONMENT.fullmatch(value)
    if match is None or ".." in value.split("/"):
        yield model.finding(PYB004, f"EXECUTION_ENV_PATH is {value!r}", *place)
        return True
    path = match["path"].rstrip("/")
    below = [name for name in model.files if name.startswith(f"{path}/")]
    if path not in model.files and not below:
        yield model.finding(PYB005, f"{model.directory}/{path} is not in the archive", *place)
    if path in model.files:
        yield model.finding(PYB006, f"{model.directory}/{path} is unpacked at each load", *place)
    python = archive.repository.image.python
    minors = {match[2] for match in map(_MINOR.search, below) if match is not None}
    if python is not None and minors and ".".join(python.split(".")[:2]) not in minors:
        yield model.finding(
            PYB007,
            f"the environment has Python {', '.join(sorted(minors))}, image"
            f" {archive.repository.image.tag} has {python}",
            *place,
        )
    return True


def _source(
    archive: Archive, model: Model, version: str, has_environment: bool
) -> Iterator[Finding]:
    assert model.message is not None
    path = f"{version}/{model.message.default_model_filename or 'model.py'}"
    file = model.files.get(path)
    content = None if file is None else file.read(LARGEST_SOURCE)
    if not content:
        return
    source = read_python(content)
    if source.problem is not None:
        yield _at(model, path, PYB001, source.problem.what, source.problem)
        return
    if source.model_class is None:
        yield model.file_finding(PYB002, path, "no class TritonPythonModel at the top level")
    elif not source.has_execute:
        yield _at(model, path, PYB003, "TritonPythonModel has no execute", source.model_class)
    if not has_environment:
        yield from _imports(archive, model, version, source, path)
    for spot in source.hub_loads:
        yield _at(model, path, PYB009, f"{spot.what} asks a hub for the files", spot)
    for spot in source.network_calls:
        yield _at(model, path, PYB010, f"{spot.what} is called while the model loads", spot)
    yield from _calls(archive, model, source, path)


def _imports(
    archive: Archive, model: Model, version: str, source: PythonSource, path: str
) -> Iterator[Finding]:
    kind = archive.repository.image.kind
    beside = {
        name.removeprefix(f"{version}/").partition("/")[0].removesuffix(".py")
        for name in model.files
        if name.endswith(".py")
    }
    for spot in source.imports:
        if spot.what not in _STOCK | ADDED[kind] | beside:
            yield _at(model, path, PYB008, f"{spot.what} is not in the {kind} image", spot)


def _calls(archive: Archive, model: Model, source: PythonSource, path: str) -> Iterator[Finding]:
    loaded = {
        str(step.model_name)
        for ensemble in archive.ensembles
        for step in (ensemble.message.ensemble_scheduling.step if ensemble.message else ())
    }
    for spot in source.model_calls:
        if spot.what not in loaded:
            state = "not loaded with it" if archive.model(spot.what) else "not in the archive"
            yield _at(model, path, PYB011, f"calls model {spot.what!r}, which is {state}", spot)


def _at(model: Model, path: str, rule: Rule, message: str, spot: Spot) -> Finding:
    return Finding(
        rule=rule,
        path=f"{model.directory}/{path}",
        message=message,
        line=spot.line,
        column=spot.column,
    )
