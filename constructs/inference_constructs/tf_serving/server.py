"""One model server of the comparison: a container of the task, before it has an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tf_serving_images import TfServingImage
from tf_serving_images.contract import ENTRY_POINT, GRPC_PORT_VARIABLE, REST_PORT_VARIABLE


@dataclass(frozen=True, kw_only=True)
class ModelServer:
    """``name`` is the container's; ``label`` is what the client's report calls the server.

    ``port_offset`` moves both ports of the image, for servers that have one image in common.
    ``requirement``: what ECS reserves for the container, as a template has it.
    """

    name: str
    label: str
    image: TfServingImage
    port_offset: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    entry_point: Sequence[str] = ENTRY_POINT
    requirement: Mapping[str, Any] | None = None

    @property
    def grpc_port(self) -> int:
        """In bridge mode of the host, too."""
        return self.image.grpc_port + self.port_offset

    @property
    def rest_port(self) -> int:
        """In bridge mode of the host, too."""
        return self.image.rest_port + self.port_offset

    @property
    def variables(self) -> Mapping[str, str]:
        """What the image sets, said again where a reader of the task looks, with its ports."""
        return {
            **self.image.environment,
            **self.environment,
            GRPC_PORT_VARIABLE: str(self.grpc_port),
            REST_PORT_VARIABLE: str(self.rest_port),
        }
