import pytest
from botocore.exceptions import ClientError

from inferctl.localaws.app import LocalAws
from inferctl.localaws.moto_patches.cloudtrail_lookup_events import PATCHES
from inferctl.localaws.moto_patches.patch import reverted

pytestmark = pytest.mark.server


def test_moto_still_has_no_lookup_events(local_aws: LocalAws) -> None:
    cloudtrail = local_aws.client("cloudtrail")

    with reverted(*PATCHES), pytest.raises(ClientError, match="NotImplemented"):
        cloudtrail.lookup_events()


def test_patched_it_has_no_events(local_aws: LocalAws) -> None:
    assert local_aws.client("cloudtrail").lookup_events()["Events"] == []
