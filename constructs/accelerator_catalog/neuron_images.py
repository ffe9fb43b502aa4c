"""AWS's Neuron containers: the SDK inside, the cores it serves, and where they are published."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from accelerator_catalog.fact import Fact, known
from accelerator_catalog.neuron_sdks import driver_window
from accelerator_catalog.regions import REGIONS
from accelerator_catalog.registry_accounts import ACCOUNTS, UnknownImageError

PUBLIC_REGISTRY = "public.ecr.aws/neuron"
_NEURON_DLC = "https://github.com/aws-neuron/deep-learning-containers (2026-08-17)"
_DLC = "https://github.com/aws/deep-learning-containers"
_AVAILABLE = f"{_DLC}/blob/master/available_images.md (2026-01)"
_DATA = f"{_DLC}/tree/main/docs/src/data (2026-08-21)"
_ARTICLE = (
    f"{_DLC}/blob/master/tensorflow/inference/docker/1.15/py3/Dockerfile.neuron (2020-12);"
    " SDK: aws-neuron-sdk, src/helperscripts/neuron-releases-manifest.json"
)
_PUBLIC_PARTITIONS = "https://docs.amazonaws.cn/en_us/aws/latest/userguide/services.html"
# Column "Neuron" of the table of regions; General images are in many more.
_NEURON_REGIONS = (
    "us-east-1 us-east-2 us-west-2 ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2"
    " eu-central-1 eu-west-1 eu-west-3 sa-east-1"
)
PRIVATE_REGIONS = frozenset(_NEURON_REGIONS.split())


@dataclass(frozen=True, kw_only=True)
class NeuronImage(Fact):
    """One image.

    ``public`` images are in ECR Public, the others in the registries of ``ACCOUNTS``.
    ``minimum_driver`` and ``refused_from`` bound the host's driver, see ``DriverWindow``.
    ``last_of_its_line``: no newer tag comes. What ``uncertain`` names was inferred.
    """

    id: str
    repository: str
    tag: str
    public: bool
    sdk: str
    core_versions: frozenset[int]
    minimum_driver: str | None
    refused_from: str | None
    last_of_its_line: bool
    uncertain: tuple[str, ...] = ()


def _image(
    repository: str,
    tag: str,
    core_versions: set[int],
    *,
    source: str,
    id_: str | None = None,
    sdk: str | None = None,
    last_of_its_line: bool = True,
    uncertain: tuple[str, ...] = (),
) -> NeuronImage:
    carried = sdk or _sdk_of_tag(tag)
    if carried is None:
        raise ValueError(f"sdk is required, because {tag} does not name one")
    window = driver_window(carried)
    return NeuronImage(
        id=id_ or repository,
        repository=repository,
        tag=tag,
        public=source == _NEURON_DLC,
        sdk=carried,
        core_versions=frozenset(core_versions),
        minimum_driver=window.minimum_driver,
        refused_from=window.refused_from,
        last_of_its_line=last_of_its_line,
        uncertain=uncertain,
        source=source,
    )


def _sdk_of_tag(tag: str) -> str | None:
    match = re.search(r"-sdk([0-9]+(?:\.[0-9]+)+)(?:-|$)", tag)
    return None if match is None else match[1]


_ROWS = (
    # The newest with TensorFlow 1. It has no daemon beside the server, unlike the article's.
    _image(
        "tensorflow-inference-neuron",
        "1.15.5-neuron-py38-sdk2.8.0-ubuntu20.04",
        {1},
        source=_AVAILABLE,
    ),
    # The article's. Its Dockerfile takes whatever SDK was newest, which was 1.10.0 or 1.11.0 while
    # tensorflow-neuron was 1.15.4.
    _image(
        "tensorflow-inference-neuron",
        "1.15.4-neuron-py37-ubuntu18.04",
        {1},
        id_="tensorflow-inference-neuron-1.15.4",
        sdk="1.11.0",
        last_of_its_line=False,
        uncertain=("sdk",),
        source=_ARTICLE,
    ),
    _image(
        "tensorflow-inference-neuron",
        "2.10.1-neuron-py310-sdk2.17.0-ubuntu20.04",
        {1},
        id_="tensorflow-inference-neuron-2.10",
        source=_AVAILABLE,
    ),
    _image(
        "tensorflow-inference-neuronx",
        "2.10.1-neuronx-py310-sdk2.17.0-ubuntu20.04",
        {2},
        source=_DATA,
    ),
    _image(
        "pytorch-inference-neuron",
        "1.13.1-neuron-py310-sdk2.20.2-ubuntu20.04",
        {1},
        source=_NEURON_DLC,
    ),
    _image(
        "pytorch-inference-neuronx",
        "2.9.0-neuronx-py312-sdk2.31.1-ubuntu24.04",
        {2, 3},
        source=_NEURON_DLC,
    ),
    # From 0.21 on only for Trainium2 and later.
    _image(
        "pytorch-inference-vllm-neuronx",
        "0.16.0-neuronx-py312-sdk2.31.1-ubuntu24.04",
        {2, 3},
        source=_NEURON_DLC,
    ),
    _image(
        "huggingface-pytorch-inference-neuronx",
        "2.8.0-transformers4.55.4-neuronx-py310-sdk2.26.0-ubuntu22.04",
        {2, 3},
        last_of_its_line=False,
        uncertain=("core_versions",),
        source=_DATA,
    ),
    _image(
        "huggingface-vllm-inference-neuronx",
        "0.11.0-optimum0.4.5-neuronx-py310-sdk2.26.1-ubuntu22.04",
        {2, 3},
        last_of_its_line=False,
        uncertain=("core_versions",),
        source=_DATA,
    ),
)

NEURON_IMAGES: Mapping[str, NeuronImage] = MappingProxyType({row.id: row for row in _ROWS})


def neuron_image_uri(image: NeuronImage, region: str) -> str:
    """The image's name as hosts in ``region`` pull it.

    Raises UnknownImageError where no registry holds it in the region.
    """
    if region not in REGIONS:
        raise UnknownImageError(
            f"there is no region {region}", f"use one of {known(list(REGIONS))}", image.source
        )
    mirror = f"copy it to your own repository in {region} and name that"
    if image.public:
        if REGIONS[region].partition != "aws":
            raise UnknownImageError(
                f"{image.id} is in the public registry, which {region} does not have",
                mirror,
                _PUBLIC_PARTITIONS,
            )
        return f"{PUBLIC_REGISTRY}/{image.repository}:{image.tag}"
    if region not in PRIVATE_REGIONS:
        raise UnknownImageError(
            f"{image.id} is not published in {region} but in {known(sorted(PRIVATE_REGIONS))}",
            mirror,
            _AVAILABLE,
        )
    registry = f"{ACCOUNTS[region].account}.dkr.ecr.{region}.{REGIONS[region].dns_suffix}"
    return f"{registry}/{image.repository}:{image.tag}"


def sdk_of_image(uri: str) -> str | None:
    """The Neuron SDK in the image, from its tag or from the catalogue; None where neither says."""
    name = uri.partition("@")[0].rpartition("/")[2]
    repository, _, tag = name.partition(":")
    # Tags of one build end in -v1.1.
    tag = re.sub(r"-v[0-9.]+$", "", tag)
    return _sdk_of_tag(tag) or next(
        (row.sdk for row in _ROWS if (row.repository, row.tag) == (repository, tag)), None
    )
