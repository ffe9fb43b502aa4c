"""What one can do with an endpoint, be it made here or elsewhere: call it and watch it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from .endpoint_metrics import EndpointMetrics

VARIANT_NAME = "AllTraffic"


class InvocableEndpoint(Construct, EndpointMetrics):
    """An endpoint that can be invoked; grants and metrics, whoever owns it."""

    @property
    def variant_name(self) -> str:
        """The name of the one production variant. A multi-model endpoint has one."""
        return VARIANT_NAME

    @property
    @abstractmethod
    def endpoint_arn(self) -> str:
        """The endpoint's ARN."""

    def grant_invoke(
        self, grantee: iam.IGrantable, *, target_models: Sequence[str] | None = None
    ) -> iam.Grant:
        """Let ``grantee`` invoke this endpoint: all models, or those that ``target_models`` match.

        ``target_models``: patterns over ``TargetModel``, the archive's key below the prefix, with
        ``*`` and ``?`` as in IAM; ``minilm/*`` is every version of one model. ValueError for an
        empty list, which would forbid everything, and for patterns that no TargetModel can match.
        """
        conditions = None
        if target_models is not None:
            if not target_models:
                raise ValueError(
                    "target_models must name at least one pattern, got none (leave it out to allow"
                    " every model)"
                )
            # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
            wrong = [t for t in target_models if not 0 < len(t) <= 1024 or t.startswith("/")]
            if wrong:
                raise ValueError(
                    "target_models must hold 1 to 1024 characters each and not start with '/',"
                    f" got {wrong!r}"
                )
            conditions = {"StringLike": {"sagemaker:TargetModel": list(target_models)}}
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["sagemaker:InvokeEndpoint"],
            resource_arns=[self.endpoint_arn],
            conditions=conditions,
            scope=self,
        )


class ImportedEndpoint(InvocableEndpoint):
    """An endpoint that exists already. Made by ``MultiModelEndpoint.from_endpoint_name``."""

    def __init__(
        self, scope: Construct, construct_id: str, *, endpoint_name: str, endpoint_arn: str
    ) -> None:
        super().__init__(scope, construct_id)
        self._endpoint_name = endpoint_name
        self._endpoint_arn = endpoint_arn

    @property
    def endpoint_arn(self) -> str:
        """The endpoint's ARN."""
        return self._endpoint_arn

    @property
    def endpoint_name(self) -> str:
        """The endpoint's name."""
        return self._endpoint_name
