"""AWS Signature Version 4 for a request that is sent again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from load_client.errors import CallError

RENEW_SECONDS = 60.0
"""AWS takes a signature for 5 minutes; docs.aws.amazon.com/IAM/latest/UserGuide
/reference_sigv-signing-elements.html. Signing each call anew costs about 0.2 ms."""
NO_CREDENTIALS = "NoCredentials"


@dataclass(kw_only=True)
class Signer:
    """Signs with credentials that botocore refreshes; shared by all workers."""

    credentials: Any
    region: str
    service: str = "sagemaker"
    clock: Callable[[], float] = field(default=time.monotonic)

    def sign(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> dict[str, str]:
        """The headers with their signature; raises `CallError` without credentials."""
        if self.credentials is None:
            raise CallError(NO_CREDENTIALS, "no AWS credentials were found")
        request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
        frozen = self.credentials.get_frozen_credentials()
        SigV4Auth(frozen, self.service, self.region).add_auth(request)
        return dict(request.headers.items())
