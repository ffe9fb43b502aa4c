"""Addresses of servers, ``[NAME=]PROTOCOL://HOST:PORT``, as targets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from load_client.encoding import Encoding
from load_client.errors import InputError
from load_client.http_connection import HttpPlace
from load_client.sagemaker import AwsPlace, SageMaker, target_model_of
from load_client.target import Target
from load_client.tf_serving_grpc import TfServingGrpc
from load_client.tf_serving_rest import TfServingRest
from load_client.v2_grpc import V2Grpc
from load_client.v2_http import V2Http

PORTS = {"tf-serving-grpc": 8500, "tf-serving-rest": 8501, "v2-http": 8000, "v2-grpc": 8001}
SAGEMAKER = "sagemaker"
_NAME = re.compile(r"([\w. -]+)=(.+)")
_BESIDES = re.compile(r"[^!-~]|[?#]")
"""What a path or a host cannot hold as it is, and the parts of a URL that have no meaning here."""
_S3 = re.compile(r"s3://([a-z0-9.-]{3,63})/(.*)")


@dataclass(frozen=True, kw_only=True)
class ServerAddress:
    """One server; ``host`` is the endpoint's name for SageMaker."""

    name: str
    protocol: str
    host: str
    port: int
    tls: bool
    path: str


@dataclass(frozen=True, kw_only=True)
class TargetOptions:
    """What the protocols need besides the address; each takes what it knows."""

    model: str
    version: int | None = None
    signature: str = "serving_default"
    encoding: Encoding | None = None
    timeout_seconds: float = 60.0
    region: str | None = None
    endpoint_url: str | None = None
    artifacts: str | None = None
    target_model: str | None = None


def parse_address(text: str) -> ServerAddress:
    """The address; raises `InputError`. Without a name the address is the name."""
    named = _NAME.fullmatch(text)
    name, address = (named[1], named[2]) if named and "://" not in named[1] else (text, text)
    try:
        url = urlsplit(address)
    except ValueError as error:
        raise InputError([f"server {text!r} is no address: {error}"]) from error
    protocol, plus, suffix = url.scheme.partition("+")
    known = [*PORTS, SAGEMAKER]
    if protocol not in known or (plus and (suffix != "tls" or protocol == SAGEMAKER)):
        some = ", ".join(f"{each}://" for each in known)
        raise InputError([f"server {text!r} must begin with one of {some} (+tls for TLS)"])
    try:
        port = url.port
    except ValueError as error:
        raise InputError([f"server {text!r} has no valid port: {error}"]) from error
    if not url.hostname:
        raise InputError([f"server {text!r} names no host"])
    try:
        url.hostname.encode("idna")
    except UnicodeError as error:
        raise InputError([f"server {text!r} names no valid host: {error}"]) from error
    if url.username is not None or _BESIDES.search(address):
        raise InputError([f"server {text!r} must be [NAME=]PROTOCOL://HOST:PORT/PATH"])
    path = url.path.rstrip("/")
    if path and protocol in (TfServingGrpc.kind, V2Grpc.kind):
        raise InputError([f"server {text!r}: gRPC has no paths, so {path!r} must go"])
    host = url.netloc if protocol == SAGEMAKER else url.hostname
    return ServerAddress(
        name=name,
        protocol=protocol,
        host=host,
        port=PORTS.get(protocol, 443) if port is None else port,
        tls=suffix == "tls",
        path=path,
    )


def target_of(address: ServerAddress, options: TargetOptions) -> Target:
    """The target; raises `InputError` when options are missing or the index has not the model."""
    if address.protocol == SAGEMAKER:
        return _sagemaker(address, options)
    place = HttpPlace(host=address.host, port=address.port, tls=address.tls, path=address.path)
    model, version, seconds = options.model, options.version, options.timeout_seconds
    if address.protocol == TfServingGrpc.kind:
        return TfServingGrpc(
            place=place,
            model=model,
            version=version,
            signature=options.signature,
            timeout_seconds=seconds,
        )
    if address.protocol == TfServingRest.kind:
        return TfServingRest(
            place=place,
            model=model,
            version=version,
            signature=options.signature,
            timeout_seconds=seconds,
        )
    if address.protocol == V2Grpc.kind:
        return V2Grpc(place=place, model=model, version=version, timeout_seconds=seconds)
    encoding = options.encoding or Encoding.BINARY
    return V2Http(
        place=place, model=model, version=version, encoding=encoding, timeout_seconds=seconds
    )


def bucket_and_key(text: str, option: str) -> tuple[str, str]:
    """``s3://bucket/key``; raises `InputError` naming the option."""
    found = _S3.fullmatch(text)
    if found is None:
        raise InputError([f"{option} must be s3://bucket/prefix/, got {text!r}"])
    return found[1], found[2]


def _sagemaker(address: ServerAddress, options: TargetOptions) -> Target:
    if options.region is None:
        raise InputError(["sagemaker:// needs --region"])
    aws = AwsPlace(region=options.region, endpoint_url=options.endpoint_url)
    target_model = options.target_model
    if target_model is None and options.artifacts is not None:
        bucket, prefix = bucket_and_key(options.artifacts, "--artifacts")
        target_model = target_model_of(aws, bucket=bucket, prefix=prefix, model=options.model)
    return SageMaker(
        aws=aws,
        endpoint=address.host,
        model=options.model,
        target_model=target_model,
        encoding=options.encoding or Encoding.JSON,
        timeout_seconds=options.timeout_seconds,
    )
