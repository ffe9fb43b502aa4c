"""Regions of SageMaker hosting, their partitions and their DNS suffixes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from accelerator_catalog.fact import Fact

Partition = Literal["aws", "aws-cn", "aws-us-gov"]
_SOURCE = "botocore 1.44.5, endpoints.json, service api.sagemaker"
_DNS_SUFFIX: Mapping[Partition, str] = {
    "aws": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-us-gov": "amazonaws.com",
}


@dataclass(frozen=True, kw_only=True)
class Region(Fact):
    """One region. ``elastic_inference`` is True where its containers were published (2022).

    ``zones``: how many Availability Zones every account has there; AWS promises three.
    docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
    """

    name: str
    partition: Partition
    elastic_inference: bool
    zones: int = 3

    @property
    def dns_suffix(self) -> str:
        """The suffix of registry and service names, such as ``amazonaws.com.cn``."""
        return _DNS_SUFFIX[self.partition]


_ELASTIC_INFERENCE = frozenset(
    ["us-east-1", "us-east-2", "us-west-2", "ap-northeast-1", "ap-northeast-2", "eu-west-1"]
)
_MORE_ZONES = {"us-east-1": 6, "us-west-2": 4, "ap-northeast-2": 4}
_BY_PARTITION: Mapping[Partition, str] = {
    "aws": "af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1"
    " ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5"
    " ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1"
    " eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1"
    " mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2",
    "aws-cn": "cn-north-1 cn-northwest-1",
    "aws-us-gov": "us-gov-east-1 us-gov-west-1",
}

REGIONS: Mapping[str, Region] = MappingProxyType(
    {
        name: Region(
            name=name,
            partition=partition,
            elastic_inference=name in _ELASTIC_INFERENCE,
            zones=_MORE_ZONES.get(name, 3),
            source=_SOURCE,
        )
        for partition, names in _BY_PARTITION.items()
        for name in names.split()
    }
)
