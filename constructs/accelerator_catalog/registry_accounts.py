"""Which account's registry holds AWS's deep learning images in a region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from accelerator_catalog.fact import Fact

_SDK = "sagemaker-core 2.27.0, image_uri_config/sagemaker-tritonserver.json"
_DLC = "https://aws.github.io/deep-learning-containers/reference/region_availability/"
_GOVCLOUD = "https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-sagemaker.html"


class UnknownImageError(LookupError):
    """No registry holds this tag in this region: ``rule`` says why, ``fix`` what to use."""

    def __init__(self, rule: str, fix: str, source: str) -> None:
        super().__init__(f"{rule}; {fix} ({source})")
        self.rule, self.fix, self.source = rule, fix, source


@dataclass(frozen=True, kw_only=True)
class RegistryAccount(Fact):
    """The account in one region.

    ``uncertain`` where the account is right but no source shows the repository in it.
    """

    region: str
    account: str
    uncertain: bool = False


def accounts(source: str, text: str, *, uncertain: bool = False) -> Mapping[str, RegistryAccount]:
    """Rows by region of ``region=account`` words."""
    pairs = (word.split("=") for word in text.split())
    return MappingProxyType(
        {
            region: RegistryAccount(
                region=region, account=account, uncertain=uncertain, source=source
            )
            for region, account in pairs
        }
    )


_SHARED = (
    "us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 sa-east-1 eu-west-1 eu-west-2 eu-west-3"
    " eu-central-1 eu-north-1 ap-south-1 ap-northeast-1 ap-northeast-2 ap-southeast-1"
    " ap-southeast-2"
)
ACCOUNTS: Mapping[str, RegistryAccount] = MappingProxyType(
    {
        **accounts(
            f"{_SDK}; {_DLC}", " ".join(f"{region}=763104351884" for region in _SHARED.split())
        ),
        **accounts(
            f"{_SDK}; {_DLC}",
            "af-south-1=626614931356 ap-east-1=871362719292 ap-east-2=975050140332"
            " ap-northeast-3=364406365360 ap-south-2=772153158452 ap-southeast-3=907027046896"
            " ap-southeast-4=457447274322 ap-southeast-5=550225433462 ap-southeast-6=633930458069"
            " ap-southeast-7=590183813437 ca-west-1=204538143572 eu-central-2=380420809688"
            " eu-south-1=692866216735 eu-south-2=503227376785 il-central-1=780543022126"
            " me-central-1=914824155844 me-south-1=217643126080 mx-central-1=637423239942",
        ),
        **accounts(_SDK, "cn-north-1=727897471807 cn-northwest-1=727897471807"),
        **accounts(
            _GOVCLOUD, "us-gov-west-1=442386744353 us-gov-east-1=446045086412", uncertain=True
        ),
    }
)
