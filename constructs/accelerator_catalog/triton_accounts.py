"""Which account's registry holds a Triton image in a region, and the image's full name."""

from __future__ import annotations

from accelerator_catalog.fact import known
from accelerator_catalog.regions import REGIONS
from accelerator_catalog.registry_accounts import (
    ACCOUNTS,
    RegistryAccount,
    UnknownImageError,
    accounts,
)
from accelerator_catalog.triton_images import TRITON_IMAGES, TritonImage

TRITON_REPOSITORY = "sagemaker-tritonserver"
FIRST_NEW_ACCOUNTS = (23, 12)
LAST_CHINA = (25, 4)
_LEGACY_SOURCE = (
    "https://github.com/aws/amazon-sagemaker-examples/blob/main/multi-model-endpoints/mme-on-gpu/"
    "cv/resnet50_mme_with_gpu.ipynb"
)
_SDK = "sagemaker-core 2.27.0, image_uri_config/sagemaker-tritonserver.json"
_DLC = "https://aws.github.io/deep-learning-containers/reference/region_availability/"


LEGACY_ACCOUNTS = accounts(
    _LEGACY_SOURCE,
    "us-east-1=785573368785 us-east-2=007439368137 us-west-1=710691900526 us-west-2=301217895009"
    " eu-west-1=802834080501 eu-west-2=205493899709 eu-west-3=254080097072"
    " eu-north-1=601324751636 eu-south-1=966458181534 eu-central-1=746233611703"
    " ap-east-1=110948597952 ap-south-1=763008648453 ap-northeast-1=941853720454"
    " ap-northeast-2=151534178276 ap-southeast-1=324986816169 ap-southeast-2=355873309152"
    " cn-northwest-1=474822919863 cn-north-1=472730292857 sa-east-1=756306329178"
    " ca-central-1=464438896020 me-south-1=836785723513 af-south-1=774647643957",
)


def triton_account(region: str, image: TritonImage) -> RegistryAccount:
    """The account whose registry holds the image in the region. Raises UnknownImageError."""
    if region not in REGIONS:
        raise UnknownImageError(
            f"SageMaker has no region {region}", f"use one of {known(list(REGIONS))}", _DLC
        )
    legacy = image.version < FIRST_NEW_ACCOUNTS
    table = LEGACY_ACCOUNTS if legacy else ACCOUNTS
    if region not in table:
        raise UnknownImageError(
            f"{image.tag} is not published in {region}",
            "use 23.12-py3 or later",
            _LEGACY_SOURCE,
        )
    if REGIONS[region].partition == "aws-cn" and image.version > LAST_CHINA:
        raise UnknownImageError(
            f"{image.tag} is not published in {region}",
            "use 25.04-py3, the last tag in China",
            _SDK,
        )
    return table[region]


def triton_image_uri(region: str, tag: str, *, account: str | None = None) -> str:
    """``<account>.dkr.ecr.<region>.<suffix>/sagemaker-tritonserver:<tag>``.

    ``account`` replaces the catalogue's registry. Raises UnknownImageError where the tag or the
    region is unknown, or no registry holds the tag in the region.
    """
    if tag not in TRITON_IMAGES:
        raise UnknownImageError(
            f"there is no image {tag}", f"use one of {known(list(TRITON_IMAGES))}", _SDK
        )
    if account is None:
        account = triton_account(region, TRITON_IMAGES[tag]).account
    elif region not in REGIONS:
        raise UnknownImageError(
            f"SageMaker has no region {region}", f"use one of {known(list(REGIONS))}", _DLC
        )
    suffix = REGIONS[region].dns_suffix
    return f"{account}.dkr.ecr.{region}.{suffix}/{TRITON_REPOSITORY}:{tag}"
