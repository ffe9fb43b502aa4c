"""One gRPC channel of its own, and calls with bytes that are encoded once."""

from __future__ import annotations

from typing import Any, Final

import grpc  # type: ignore[import-untyped,unused-ignore]

from load_client.errors import PROTOCOL, TIMEOUT, CallError
from load_client.target import Answer, Payload

_OPTIONS: Final = (
    # without it all channels to one server share one connection
    ("grpc.use_local_subchannel_pool", 1),
    # a load client must not hide a failure behind a second try
    ("grpc.enable_retries", 0),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # the default waits up to 2 minutes after a server that was not up yet
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.enable_http_proxy", 0),
)


class GrpcConnection:
    """Calls one unary method; other methods can be asked in between."""

    def __init__(self, authority: str, *, tls: bool, method: str, timeout_seconds: float) -> None:
        self._authority = authority
        self._timeout = timeout_seconds
        if tls:
            credentials = grpc.ssl_channel_credentials()
            self._channel = grpc.secure_channel(authority, credentials, options=_OPTIONS)
        else:
            self._channel = grpc.insecure_channel(authority, options=_OPTIONS)
        self._send = self._channel.unary_unary(method)

    def call(self, payload: Payload) -> Answer:
        """As `Connection.call`."""
        return self._exchange(self._send, payload.body)

    def ask(self, method: str, message: bytes) -> bytes:
        """Another method's answer; raises `CallError`."""
        return self._exchange(self._channel.unary_unary(method), message).body

    def close(self) -> None:
        """Close the channel; a call that waits ends with an error."""
        self._channel.close()

    def _exchange(self, send: Any, message: bytes) -> Answer:
        try:
            return Answer(send(message, timeout=self._timeout))
        except grpc.RpcError as error:
            raise self._call_error(error) from error
        except ValueError as error:
            # what grpc raises for a channel that was closed by the end of the run
            raise CallError("grpc CANCELLED", f"{self._authority}: {error}") from error

    def _call_error(self, error: Any) -> CallError:
        code = error.code()
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return CallError(
                TIMEOUT, f"no answer from {self._authority} within {self._timeout:g} s"
            )
        return CallError(f"grpc {code.name}", f"{self._authority}: {error.details()}")


def parsed(message_class: Any, data: bytes) -> Any:
    """The message; raises `CallError` of kind ``protocol`` when the bytes are none."""
    message = message_class()
    try:
        message.ParseFromString(data)
    except Exception as error:  # DecodeError of whichever protobuf implementation is in use
        raise CallError(PROTOCOL, f"the answer is no {message.DESCRIPTOR.name}: {error}") from error
    return message
