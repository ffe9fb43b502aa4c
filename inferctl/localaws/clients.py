"""boto3 clients that talk to the embedded AWS and to nothing else."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

ACCOUNT = "123456789012"
DEFAULT_REGION = "us-east-1"
# a synchronous Invoke answers when the function ends, after fifteen minutes at most
# (docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
_READ_TIMEOUT_SECONDS = {"lambda": 15 * 60 + 30}

_endpoint: list[str] = []
_creating = threading.Lock()


class EndpointNotSetError(RuntimeError):
    """A client was asked for before the embedded AWS had an address."""


def set_endpoint(url: str) -> None:
    """Point every client made from now on at ``url`` (``http://localhost:<port>``)."""
    _endpoint[:] = [url]
    _client.cache_clear()


def endpoint_url() -> str:
    """What `set_endpoint` was given last; raises `EndpointNotSetError`."""
    if not _endpoint:
        raise EndpointNotSetError("set_endpoint() was not called")
    return _endpoint[0]


def client(service: str, region: str = DEFAULT_REGION) -> Any:
    """A cached, thread-safe client of ``service``; raises `EndpointNotSetError`."""
    if not _endpoint:
        raise EndpointNotSetError("set_endpoint() was not called")
    # boto3's default session is not thread-safe while a client is being made
    with _creating:
        return _client(service, region)


@lru_cache(maxsize=64)
def _client(service: str, region: str) -> Any:
    # the stubs know services by literal names, and here the name is a variable
    session: Any = boto3.session.Session()
    return session.client(
        service,
        region_name=region,
        endpoint_url=_endpoint[0],
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(
            retries={"mode": "standard", "max_attempts": 1},
            read_timeout=_READ_TIMEOUT_SECONDS.get(service, 60),
            max_pool_connections=32,
            proxies={},
            s3={"addressing_style": "path"},
        ),
    )
