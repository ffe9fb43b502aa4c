"""The model's folder on disk: a version is there whole or not at all."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from tf_serving_start.contract import MODEL_VERSION

# neither is a number, so that the server takes them for no version
_STAGING = ".fetch-"
_LOCK = ".lock"
_ORIGIN = ".origin"
_SAVED_MODELS = ("saved_model.pb", "saved_model.pbtxt")
_SHOWN = 5


class PlaceError(Exception):
    """What was fetched cannot be served, or what is there is not ours to replace."""


def place_model(model_folder: Path, origin: str, fill: Callable[[Path], None]) -> bool:
    """Have the model of ``origin`` in ``model_folder``; False when it was there already.

    ``fill`` writes it below the folder that it is given. Containers may share ``model_folder``: the
    first one fetches, the others wait and find the model. Raises `PlaceError` and what ``fill``
    raises, and leaves nothing of a failed attempt; what a killed one left goes with the next.
    """
    version = model_folder / MODEL_VERSION
    model_folder.mkdir(parents=True, exist_ok=True)
    with _alone_in(model_folder):
        for left in model_folder.glob(f"{_STAGING}*"):
            shutil.rmtree(left)
        if version.exists() and _origin(version) == origin:
            return False
        with tempfile.TemporaryDirectory(prefix=_STAGING, dir=model_folder) as name:
            staging = Path(name)
            fetched = staging / "fetched"
            fetched.mkdir()
            fill(fetched)
            model = _saved_model(fetched, origin)
            (model / _ORIGIN).write_text(origin)
            if version.exists():
                version.rename(staging / "replaced")
            model.rename(version)
    return True


@contextmanager
def _alone_in(model_folder: Path) -> Generator[None]:
    # the kernel lets go of the lock with the process, however that ends
    with (model_folder / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _origin(version: Path) -> str:
    try:
        return (version / _ORIGIN).read_text()
    except FileNotFoundError:
        raise PlaceError(
            f"{version} holds a model that was not fetched from S3: start without MODEL_URI to"
            " serve it, or take it away"
        ) from None


def _saved_model(fetched: Path, origin: str) -> Path:
    """The folder of the one SavedModel, which archives of a Triton repository have further down."""
    files = sorted(path for path in fetched.rglob("*") if path.is_file())
    found = sorted({path.parent for path in files if path.name in _SAVED_MODELS})
    if not found:
        raise PlaceError(
            f"{origin} holds no SavedModel: none of its {len(files)} files is a {_SAVED_MODELS[0]}"
        )
    if len(found) > 1:
        folders = ", ".join(str(path.relative_to(fetched)) for path in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise PlaceError(f"{origin} must hold one SavedModel, got {folders}{more}")
    return found[0]
