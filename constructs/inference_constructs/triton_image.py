"""The container image that serves: AWS's Triton image, stock or with our Python packages on top."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Stack, Token
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from constructs import Construct

from accelerator_catalog import TRITON_IMAGES, triton_image_uri

_EXTENDED_CONTEXT = Path(__file__).resolve().parents[2] / "container" / "triton_models"


@dataclass(frozen=True, kw_only=True)
class ImageConfig:
    """``uri`` is what the container runs, ``repository_arn`` the ECR repository it comes from."""

    uri: str
    repository_arn: str


class ServingImage(ABC):
    """An image for a Triton endpoint. Resolved by region and tag from the catalogue."""

    def __init__(self, tag: str, registry_account: str | None) -> None:
        if tag not in TRITON_IMAGES:
            raise ValueError(f"tag must be one of {', '.join(TRITON_IMAGES)}, got {tag!r}")
        self.tag = tag
        self._registry_account = registry_account

    @staticmethod
    def stock(tag: str, *, registry_account: str | None = None) -> ServingImage:
        """The image as AWS publishes it; ``registry_account`` is for a copy in another account."""
        return _StockImage(tag, registry_account)

    @staticmethod
    def extended(tag: str, *, registry_account: str | None = None) -> ServingImage:
        """The stock image plus the packages that our Python models import.

        Built by the CLI at deployment from ``container/triton_models``; synthesis needs no Docker.
        """
        return _ExtendedImage(tag, registry_account)

    @abstractmethod
    def bind(self, scope: Construct) -> ImageConfig:
        """The image for the region of ``scope``'s stack."""

    def _stock_uri(self, scope: Construct) -> str:
        region = Stack.of(scope).region
        if Token.is_unresolved(region):
            raise ValueError(
                "the stack needs a region known at synthesis: the account that owns the Triton"
                " image differs from region to region (set env=Environment(region=...))"
            )
        return triton_image_uri(region, self.tag, account=self._registry_account)


class _StockImage(ServingImage):
    def bind(self, scope: Construct) -> ImageConfig:
        uri = self._stock_uri(scope)
        registry, _, repository = uri.partition("/")
        return ImageConfig(
            uri=uri,
            repository_arn=Stack.of(scope).format_arn(
                service="ecr",
                account=registry.split(".")[0],
                resource="repository",
                resource_name=repository.rpartition(":")[0],
            ),
        )


class _ExtendedImage(ServingImage):
    def bind(self, scope: Construct) -> ImageConfig:
        asset = ecr_assets.DockerImageAsset(
            scope,
            "ExtendedImage",
            directory=str(_EXTENDED_CONTEXT),
            build_args={"BASE_IMAGE": self._stock_uri(scope)},
            platform=ecr_assets.Platform.LINUX_AMD64,
            asset_name="triton-models",
        )
        return ImageConfig(uri=asset.image_uri, repository_arn=asset.repository.repository_arn)


def grant_pull(role: iam.Role, image: ImageConfig) -> None:
    """Let ``role`` pull this image and no other."""
    role.add_to_policy(
        iam.PolicyStatement(
            sid="PullImage",
            actions=[
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            resources=[image.repository_arn],
        )
    )
    role.add_to_policy(
        # GetAuthorizationToken takes no resource:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
        iam.PolicyStatement(
            sid="LogInToRegistry", actions=["ecr:GetAuthorizationToken"], resources=["*"]
        )
    )
