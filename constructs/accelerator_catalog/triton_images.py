"""SageMaker's Triton images by tag: what is inside, and what the host has to bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from accelerator_catalog.fact import Fact

# Each CUDA major runs on any driver from this branch on (minor-version compatibility).
# https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html
MINIMUM_DRIVER_BY_CUDA = MappingProxyType({11: 450, 12: 525, 13: 580})
_COMPATIBILITY = (
    "https://github.com/triton-inference-server/server/blob/main/docs/introduction/compatibility.md"
)
_NOTES = "https://docs.nvidia.com/deeplearning/triton-inference-server/release-notes"


@dataclass(frozen=True, kw_only=True)
class TritonImage(Fact):
    """One tag of ``sagemaker-tritonserver``.

    ``cuda`` is (major, minor). ``tensorrt``, ``onnxruntime`` and ``dali`` are None where no source
    gives them; what ``uncertain`` names was inferred rather than read. ``forward_compatible`` are
    the older driver branches that the CUDA compatibility package inside the image bridges, on a
    host that mounts it.
    """

    tag: str
    status: Literal["supported", "seed"]
    python: str
    cuda: tuple[int, int]
    tensorrt: str | None
    onnxruntime: str | None
    dali: str | None
    backends: frozenset[str]
    namespacing: bool
    load_race_fixed: bool
    minimum_compute_capability: tuple[int, int]
    forward_compatible: tuple[int, ...]
    uncertain: tuple[str, ...] = ()

    @property
    def version(self) -> tuple[int, int]:
        """(year, month), such as (26, 5)."""
        year, month = self.tag.removesuffix("-py3").split(".")
        return int(year), int(month)

    @property
    def minimum_driver(self) -> int:
        """The oldest NVIDIA driver branch that runs the image's CUDA by itself."""
        return MINIMUM_DRIVER_BY_CUDA[self.cuda[0]]

    @property
    def tensorflow(self) -> bool:
        """True where the TensorFlow backend is still inside."""
        return "tensorflow" in self.backends


_BACKENDS = frozenset({"dali", "fil", "onnxruntime", "openvino", "python", "pytorch", "tensorrt"})


def _image(
    tag: str,
    *,
    cuda: tuple[int, int],
    python: str,
    tensorrt: str | None,
    onnxruntime: str | None = None,
    dali: str | None = None,
    forward_compatible: tuple[int, ...] = (),
    uncertain: tuple[str, ...] = (),
    source: str = _COMPATIBILITY,
) -> TritonImage:
    version = tuple(int(part) for part in tag.removesuffix("-py3").split("."))
    return TritonImage(
        tag=tag,
        status="seed" if version < (23, 4) else "supported",
        python=python,
        cuda=cuda,
        tensorrt=tensorrt,
        onnxruntime=onnxruntime,
        dali=dali,
        # build.py lists TensorFlow in r25.02 and no longer in r25.03.
        backends=_BACKENDS | ({"tensorflow"} if version < (25, 3) else set()),
        namespacing=version >= (23, 4),
        load_race_fixed=version >= (26, 1),
        minimum_compute_capability=(7, 5) if version >= (25, 3) else (6, 0),
        forward_compatible=forward_compatible,
        uncertain=uncertain,
        source=source,
    )


_ROWS = (
    _image(
        "22.10-py3",
        cuda=(11, 8),
        python="3.8",
        tensorrt="8.5 EA",
        source="https://github.com/NVIDIA/TensorRT/issues/2544",
    ),
    _image(
        "23.03-py3",
        cuda=(12, 1),
        python="3.8",
        tensorrt="8.5.3",
        dali="1.31",
        forward_compatible=(450, 470, 510, 515),
        uncertain=("tensorrt", "dali"),
        source=f"{_NOTES}/rel-23-03.html",
    ),
    _image(
        "23.12-py3",
        cuda=(12, 3),
        python="3.10",
        tensorrt="8.6.1",
        forward_compatible=(450, 470, 510),
        source=f"{_NOTES}/rel-23-12.html",
    ),
    _image(
        "24.01-py3",
        cuda=(12, 3),
        python="3.10",
        tensorrt="8.6.1",
        forward_compatible=(470,),
        source=f"{_NOTES}/rel-24-01.html",
    ),
    _image(
        "24.03-py3",
        cuda=(12, 4),
        python="3.10",
        tensorrt="8.6.3",
        uncertain=("cuda",),
    ),
    _image("24.05-py3", cuda=(12, 4), python="3.10", tensorrt="10.0.1.6", dali="1.36"),
    _image(
        "24.09-py3",
        cuda=(12, 6),
        python="3.10",
        tensorrt="10.4.0",
        onnxruntime="1.19.2",
        dali="1.39.0",
        forward_compatible=(470,),
        uncertain=("forward_compatible",),
    ),
    _image(
        "25.04-py3",
        cuda=(12, 9),
        python="3.12",
        tensorrt="10.9.0.34",
        onnxruntime="1.21.0",
        dali="1.47.0",
        source="https://github.com/aws/deep-learning-containers/issues/4990",
    ),
    _image(
        "25.09-py3",
        cuda=(13, 0),
        python="3.12",
        tensorrt="10.13",
        onnxruntime="1.23.0",
        dali="1.51.2",
        uncertain=("tensorrt",),
    ),
    _image(
        "26.03-py3",
        cuda=(13, 2),
        python="3.12",
        tensorrt=None,
        onnxruntime="1.24.2",
        dali="2.0.0",
    ),
    _image(
        "26.04-py3",
        cuda=(13, 2),
        python="3.12",
        tensorrt="10.16",
        onnxruntime="1.24.4",
        uncertain=("cuda", "tensorrt"),
    ),
    _image(
        "26.05-py3",
        cuda=(13, 2),
        python="3.12",
        tensorrt="10.16",
        onnxruntime="1.24.4",
        dali="2.1.0",
        uncertain=("tensorrt",),
        source="https://github.com/aws/deep-learning-containers/pull/6739",
    ),
)

TRITON_IMAGES: Mapping[str, TritonImage] = MappingProxyType({row.tag: row for row in _ROWS})
NEWEST_TRITON_TAG = max(_ROWS, key=lambda row: row.version).tag


def triton_image(tag: str) -> TritonImage:
    """The image with this tag. Raises KeyError where the catalogue has none."""
    return TRITON_IMAGES[tag]
