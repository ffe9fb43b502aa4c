"""TLS, as the real service speaks it: the certificate is checked, calls share one connection."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from load_client.errors import CallError
from load_client.http_connection import HttpConnection, HttpPlace
from tests.container.load_client.scripted_server import answer


def write_certificate(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1, valid for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(addresses, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return write_certificate(tmp_path)


@pytest.fixture
def place(certificate: Path) -> Iterator[HttpPlace]:
    """A server that answers three requests on one connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with context.wrap_socket(connection, server_side=True) as stream:
                for _ in range(3):
                    stream.recv(65536)
                    stream.sendall(answer(b"sealed" * 20_000))

    thread = Thread(target=serve)
    thread.start()
    yield HttpPlace(host="127.0.0.1", port=listening.getsockname()[1], tls=True)
    with suppress(OSError):
        listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(5)


def test_calls_share_one_sealed_connection(
    place: HttpPlace, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    connection = HttpConnection(place, timeout_seconds=5)
    request = place.request("GET", "/", {})

    bodies = [connection.exchange(request)[1].body for _ in range(3)]
    connection.close()

    assert bodies == [b"sealed" * 20_000] * 3


def test_a_certificate_that_nobody_vouches_for_is_refused(place: HttpPlace) -> None:
    connection = HttpConnection(place, timeout_seconds=5)

    with pytest.raises(CallError, match="CERTIFICATE_VERIFY_FAILED") as caught:
        connection.exchange(place.request("GET", "/", {}))

    assert caught.value.kind == "connect"
