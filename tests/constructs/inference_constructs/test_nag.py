"""Finding ids are computed as cdk-nag computes them."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from inference_constructs.nag import wildcard_resource


@pytest.mark.parametrize(
    ("arn", "finding"),
    [
        ("*", "Resource::*"),
        (f"arn:aws:s3:::{cdk.Aws.ACCOUNT_ID}/*", "Resource::arn:aws:s3:::<AWS::AccountId>/*"),
        (cdk.Fn.sub("a-${AWS::Region}/*"), "Resource::a-<AWS::Region>/*"),
        (f"{cdk.Fn.get_att('Bucket', 'Arn').to_string()}/*", "Resource::<Bucket.Arn>/*"),
        (f"{cdk.Fn.import_value('other:Arn')}/*", "Resource::other:Arn/*"),
    ],
)
def test_finding_is_the_flattened_arn(elsewhere: cdk.Stack, arn: str, finding: str) -> None:
    assert wildcard_resource(elsewhere, arn) == f"AwsSolutions-IAM5[{finding}]"


def test_an_arn_that_cdk_nag_would_not_flatten_is_rejected(elsewhere: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"arn must be made of strings, Ref, .* got .*Fn::Select"):
        wildcard_resource(elsewhere, cdk.Fn.select(0, cdk.Fn.get_azs()))
