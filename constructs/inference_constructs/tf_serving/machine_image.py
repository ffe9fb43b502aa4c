"""The image of an instance, without a look-up: CloudFormation resolves it, never the synthesis."""

from __future__ import annotations

from aws_cdk import aws_ssm as ssm
from constructs import Construct

DEEP_LEARNING_AMI = (
    "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-amazon-linux-2023"
    "/latest/ami-id"
)
"""The Deep Learning AMI of Amazon Linux 2023, with Python 3.12:
docs.aws.amazon.com/dlami/latest/devguide/find-dlami-id.html"""


def image_id(scope: Construct, construct_id: str, image: str) -> str:
    """``image`` is an AMI id, or an SSM parameter with ``:VERSION`` or without.

    Without a version each deployment takes the newest, and replaces the instance where that is
    another one.
    """
    if not image.startswith("/"):
        return image
    name, colon, version = image.partition(":")
    if colon:
        # A template parameter takes no version:
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html
        return f"{{{{resolve:ssm:{name}:{version}}}}}"
    return ssm.StringParameter.from_string_parameter_attributes(
        scope,
        construct_id,
        parameter_name=name,
        value_type=ssm.ParameterValueType.AWS_EC2_IMAGE_ID,
    ).string_value
