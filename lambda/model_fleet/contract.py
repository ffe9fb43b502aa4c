"""What the stack and the handlers of ``Custom::ModelFleet`` agree on; imports nothing of ours."""

from typing import Final, NotRequired, TypedDict

RESOURCE_TYPE: Final = "Custom::ModelFleet"
ON_EVENT: Final = "model_fleet.handler.on_event"
IS_COMPLETE: Final = "model_fleet.handler.is_complete"
PACKAGE_HANDLER: Final = "model_fleet.package_handler.handler"
FAILURE_HANDLER: Final = "model_fleet.failure_handler.handler"

PACKAGES: Final = ("model_fleet", "model_artifacts", "cfn_resource")
"""Packages of ``lambda/`` that the handlers' asset must hold."""

# Both functions (on_event registers the request in the index) need these, plus decrypt and
# generate-data-key on the artifact bucket's key.
ARTIFACT_OBJECT_ACTIONS: Final = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:AbortMultipartUpload",
    "s3:DeleteObjectVersion",
)
"""On ``<artifact bucket>/<prefix>*``."""
ARTIFACT_BUCKET_ACTIONS: Final = ("s3:ListBucketVersions",)
"""On the artifact bucket, limited with the condition key ``s3:prefix`` to ``<prefix>*``."""
MISSING_OBJECT_ACTIONS: Final = ("s3:ListBucket",)
"""On the artifact bucket, limited to ``<prefix>*`` where a prefix is given: without it S3 answers
403 instead of 404 to whoever reads an object that is not there, and that request has no prefix."""
SOURCE_OBJECT_ACTIONS: Final = ("s3:GetObject",)
"""On the source bucket: manifest, source pack and blobs."""

MACHINE_ACTIONS: Final = ("states:StartExecution", "states:ListExecutions")
"""On the state machine, where the platform has one."""
EXECUTION_ACTIONS: Final = ("states:DescribeExecution", "states:StopExecution")
"""On the executions of the state machine."""
PACKAGE_OBJECT_ACTIONS: Final = ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload")
"""`PACKAGE_HANDLER`, on ``<artifact bucket>/<prefix>*``, with the key's actions as above."""
FAILURE_OBJECT_ACTIONS: Final = ("s3:GetObject", "s3:PutObject")
"""`FAILURE_HANDLER`, on ``<artifact bucket>/<prefix>work/*``, with the key's actions as above."""

JOB_LOG_GROUP: Final = "JOB_LOG_GROUP"
"""Variable of `FAILURE_HANDLER`: the log group of the compile jobs."""
PACKAGE_LOG_GROUP: Final = "PACKAGE_LOG_GROUP"
"""Variable of `FAILURE_HANDLER`: the log group of `PACKAGE_HANDLER`."""

WORK_FOLDER: Final = "work/"
"""Below the prefix: lists of work, the record of the newest execution, and failures."""
REPORT_FOLDER: Final = "reports/"
"""Below the prefix: ``<model>/<digest16>.json``, which a compiler writes before the archive."""

PACKAGE_IN_PLACE: Final = 32
"""Missing archives that `IS_COMPLETE` makes itself; of more, the state machine makes all."""
PACKAGE_BATCH: Final = 100
"""Archives that one call of `PACKAGE_HANDLER` is asked for."""

LEFT: Final = "left"
"""In what `PACKAGE_HANDLER` returns: how many items another call has to go on with."""

WORK_FIELDS: Final = (
    "fleet",
    "bucket",
    "prefix",
    "source_bucket",
    "manifest_key",
    "manifest_digest",
    "source_pack_key",
    "packages_key",
    "compiles_key",
    "work_prefix",
)
"""Texts in the input of an execution; beside them ``packages`` and ``compiles`` count items."""
JOB_VARIABLES: Final = {
    "MODEL_COMPILER_BUCKET": "bucket",
    "MODEL_COMPILER_PREFIX": "prefix",
    "MODEL_COMPILER_SOURCE_BUCKET": "source_bucket",
    "MODEL_COMPILER_MANIFEST_KEY": "manifest_key",
    "MODEL_COMPILER_MANIFEST_DIGEST": "manifest_digest",
    "MODEL_COMPILER_SOURCE_PACK_KEY": "source_pack_key",
    "MODEL_COMPILER_WORK_PREFIX": "work_prefix",
    "MODEL_COMPILER_MODEL": "model",
    "MODEL_COMPILER_DIGEST": "digest",
}
"""Environment of a compile job: fields of the execution's input, then of the item."""


class Compiler(TypedDict):
    """Where models of one engine and one target are compiled."""

    queue: str
    """The name of the queue in the state machine's choice, such as ``g5``."""
    job_definition: str
    timeout_seconds: int
    """Of one attempt."""


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
    TimeLimitSeconds: NotRequired[str]
    """How long CloudFormation waits in all; shortly before, the fleet says what is missing."""
    StateMachineArn: NotRequired[str]
    """Absent where the platform has no compile fleet."""
    Compilers: NotRequired[str]
    """JSON: ``<engine>/<target>`` to `Compiler`. Comes with ``StateMachineArn``."""


class FleetAttributes(TypedDict):
    """What ``Fn::GetAtt`` can read once the fleet is published; numbers written as strings."""

    IndexVersion: str
    """``serial`` of the index."""
    ModelCount: str
    PublishedCount: str
    """Models whose archive is not the one that the superseded index served."""
    ReusedCount: str
    """Models that the superseded index served from the same archive."""
