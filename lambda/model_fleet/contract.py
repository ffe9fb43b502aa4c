"""What the stack and the handlers of ``Custom::ModelFleet`` agree on; imports nothing of ours."""

from typing import Final, TypedDict

RESOURCE_TYPE: Final = "Custom::ModelFleet"
ON_EVENT: Final = "model_fleet.handler.on_event"
IS_COMPLETE: Final = "model_fleet.handler.is_complete"

PACKAGES: Final = ("model_fleet", "model_artifacts", "cfn_resource")
"""Packages of ``lambda/`` that the handlers' asset must hold."""

# Both functions (on_event registers the request in the index) need these, plus decrypt and
# generate-data-key on the artifact bucket's key.
ARTIFACT_OBJECT_ACTIONS: Final = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
)
"""On ``<artifact bucket>/<prefix>*``."""
ARTIFACT_BUCKET_ACTIONS: Final = ("s3:ListBucket", "s3:ListBucketVersions")
"""On the artifact bucket, may be limited with the condition key ``s3:prefix`` to ``<prefix>*``."""
SOURCE_OBJECT_ACTIONS: Final = ("s3:GetObject",)
"""On the source bucket: manifest, source pack and blobs."""


class FleetProperties(TypedDict):
    """The properties of ``Custom::ModelFleet``; CloudFormation delivers every value as a string."""

    ServiceToken: str
    ArtifactBucket: str
    Prefix: str
    """Ends with ``/``; below it lie ``index.json`` and ``<model>/<digest16>.tar.gz``."""
    Fleet: str
    SourceBucket: str
    ManifestKey: str
    ManifestDigest: str
    """SHA-256 of the manifest's bytes, 64 hexadecimal digits."""
    SourcePackKey: str
    Retain: str
    """``"true"`` or ``"false"``: whether Delete leaves everything where it is."""


class FleetAttributes(TypedDict):
    """What ``Fn::GetAtt`` can read once the fleet is published; numbers written as strings."""

    IndexVersion: str
    """``serial`` of the index."""
    ModelCount: str
    PublishedCount: str
    """Models whose archive is not the one that the superseded index served."""
    ReusedCount: str
    """Models that the superseded index served from the same archive."""
