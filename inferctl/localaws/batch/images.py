"""What runs on this machine in place of a container image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inferctl.environment import ROOT

# folders of container/ whose package can run without its image
_PROGRAMS = ("model_compiler", "tensorrt_compiler", "neuronx_compiler", "neuron_tf_compiler")
_SHARED = (ROOT / "container/model_compiler", ROOT / "lambda")


class UnknownImageError(LookupError):
    """Nothing on this machine stands for the image; the message says what would."""


@dataclass(frozen=True, kw_only=True)
class LocalImage:
    """``python_path`` holds the packages of the image's own; ``command`` is its default one."""

    python_path: tuple[Path, ...]
    command: tuple[str, ...] = ()


def local_image(uri: str) -> LocalImage:
    """What stands for the image ``uri``, by the last part of its repository's name."""
    repository = uri.partition("@")[0].rpartition("/")[2].partition(":")[0]
    for name in _PROGRAMS:
        folder = ROOT / "container" / name
        if repository.replace("-", "_").endswith(name) and folder.is_dir():
            path = tuple(dict.fromkeys((folder, *_SHARED)))
            return LocalImage(python_path=path, command=("python", "-m", "model_compiler"))
    known = ", ".join(_PROGRAMS)
    raise UnknownImageError(
        f"the embedded AWS pulls no images; repositories whose names end in {known} run from this"
        f" checkout, got {uri}"
    )
