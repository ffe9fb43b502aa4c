"""moto's state machines call other services on MOTO_PORT, with a new client for every call.

The port is 5000 unless an environment variable of the whole process says otherwise, proxies from
the environment are obeyed even for localhost, and clients come from boto3's default session, which
is not safe in the interpreter's threads. Ours come from `inferctl.localaws.clients`.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from inferctl.localaws import clients

from .patch import Patch


def _boto3(_original: Any) -> SimpleNamespace:
    def client(*, service_name: str, region_name: str, **_settings: Any) -> Any:
        return clients.client(service_name, region_name)

    return SimpleNamespace(client=client)


PATCHES = (
    Patch("stepfunctions", "moto.stepfunctions.parser.asl.utils.boto_client", "boto3", _boto3),
)
