"""moto's ModifyListener refuses TLS, drops ALPN policies and forgets further certificates.

Those that AddListenerCertificates added for SNI stay on AWS when the default one changes
(docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyListener.html).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .elbv2_grpc_listeners import require_https
from .patch import Patch

_ALSO = ("TLS", "UDP", "TCP_UDP")


def _respond(original: Any) -> Callable[[Any], Any]:
    def modify_listener(self: Any) -> Any:
        answer = original(self)
        alpn = self._get_param("AlpnPolicy")
        if alpn is not None:
            answer.result["Listeners"][0].alpn_policy = alpn
        return answer

    return modify_listener


def _modify(original: Any) -> Callable[..., Any]:
    def modify_listener(
        self: Any,
        arn: str,
        port: Any = None,
        protocol: str | None = None,
        ssl_policy: str | None = None,
        certificates: list[dict[str, Any]] | None = None,
        actions: list[dict[str, Any]] | None = None,
    ) -> Any:
        listener = self.describe_listeners(load_balancer_arn=None, listener_arns=[arn])[0]
        further = listener.certificates[1:]
        is_tls = (protocol or listener.protocol) == "TLS"
        if certificates and is_tls:
            _require_certificate(self, certificates[0]["CertificateArn"])
        require_https(self, protocol or listener.protocol, actions or [])
        known = None if protocol in _ALSO else protocol
        modified = original(self, arn, port, known, ssl_policy, certificates or [], actions or [])
        if protocol in _ALSO:
            modified.protocol = protocol
        if certificates:
            first = certificates[0]["CertificateArn"]
            modified.certificate = first
            modified.certificates = [first, *(item for item in further if item != first)]
        return modified

    return modify_listener


def _require_certificate(backend: Any, arn: str) -> None:
    from moto.elbv2.exceptions import ELBClientError

    if not backend._certificate_exists(certificate_arn=arn):
        raise ELBClientError("CertificateNotFound", f"Certificate {arn} not found")


# "elb": moto serves both generations of load balancers under this name
PATCHES = (
    Patch("elb", "moto.elbv2.responses:ELBV2Response", "modify_listener", _respond),
    Patch("elb", "moto.elbv2.models:ELBv2Backend", "modify_listener", _modify),
)
