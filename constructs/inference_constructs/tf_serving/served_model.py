"""The model that all servers of the comparison have, and the right to read exactly that."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import IConstruct

from tf_serving_images.contract import (
    MODEL_NAME_VARIABLE,
    MODEL_SHA256_VARIABLE,
    MODEL_URI_VARIABLE,
)

_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([^*?\s]+)")
_ARCHIVES = (".tar.gz", ".tgz")
_INDEX = "/index.json"


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """``uri``: of an archive, of the index that names one, or of a SavedModel's folder.

    ``sha256``: of an archive, as it is stored. ``key_arn``: the KMS key of the bucket.
    """

    name: str
    uri: str
    sha256: str | None = None
    key_arn: str | None = None

    def __post_init__(self) -> None:
        problems: list[str] = []
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", self.name):
            problems.append(f"name must be letters, digits, '_', '.' and '-', got {self.name!r}")
        if _URI.fullmatch(self.uri) is None:
            problems.append(
                f"uri must be s3://bucket/key without '*', '?' and spaces, got {self.uri!r}"
            )
        if self.sha256 is not None and not self.uri.endswith(_ARCHIVES):
            problems.append(f"sha256 belongs to an archive, got one with {self.uri!r}")
        if problems:
            raise ValueError("invalid ServedModel: " + "; ".join(problems))

    @property
    def environment(self) -> Mapping[str, str]:
        """What the servers' start-up code wants to know."""
        checked = {} if self.sha256 is None else {MODEL_SHA256_VARIABLE: self.sha256}
        return {MODEL_NAME_VARIABLE: self.name, MODEL_URI_VARIABLE: self.uri, **checked}

    def readable(self, scope: IConstruct) -> Sequence[str]:
        """ARNs of the objects that servers fetch; one that ends in ``*`` is a folder."""
        return [f"{self._bucket_arn(scope)}/{key}" for key in self._keys]

    def statements(self, scope: IConstruct) -> Sequence[iam.PolicyStatement]:
        """The right to read these, to list a folder, and to decrypt."""
        statements = [
            iam.PolicyStatement(
                sid="ReadModel", actions=["s3:GetObject"], resources=[*self.readable(scope)]
            )
        ]
        if not self._is_archive and not self._is_index:
            statements.append(
                iam.PolicyStatement(
                    sid="ListModel",
                    actions=["s3:ListBucket"],
                    resources=[self._bucket_arn(scope)],
                    conditions={"StringLike": {"s3:prefix": [*self._keys]}},
                )
            )
        if self.key_arn is not None:
            statements.append(
                iam.PolicyStatement(
                    sid="DecryptModel", actions=["kms:Decrypt"], resources=[self.key_arn]
                )
            )
        return statements

    @property
    def _is_archive(self) -> bool:
        return self.uri.endswith(_ARCHIVES)

    @property
    def _is_index(self) -> bool:
        return self.uri.endswith(_INDEX)

    @property
    def _place(self) -> tuple[str, str]:
        bucket, _, key = self.uri.removeprefix("s3://").partition("/")
        return bucket, key

    @property
    def _keys(self) -> Sequence[str]:
        key = self._place[1]
        if self._is_archive:
            return [key]
        if self._is_index:
            # The index names archives below its own folder, each in the model's.
            return [key, f"{key.removesuffix(_INDEX)}/{self.name}/*"]
        return [f"{key.rstrip('/')}/*"]

    def _bucket_arn(self, scope: IConstruct) -> str:
        return Stack.of(scope).format_arn(
            service="s3", region="", account="", resource=self._place[0]
        )
