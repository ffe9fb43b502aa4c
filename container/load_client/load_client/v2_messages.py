"""The part of the KServe v2 gRPC protocol that a client needs; tensors travel as raw bytes.

Source: github.com/kserve/open-inference-protocol specification/protocol/open_inference_grpc.proto
"""

from __future__ import annotations

from typing import Final

from load_client.protocol_buffers import message_classes

MODEL_INFER: Final = "/inference.GRPCInferenceService/ModelInfer"
MODEL_READY: Final = "/inference.GRPCInferenceService/ModelReady"

_CLASSES = message_classes(
    "load_client.v2",
    {
        "Contents": {
            "bool_contents": (1, "repeated bool"),
            "int_contents": (2, "repeated int32"),
            "int64_contents": (3, "repeated int64"),
            "uint_contents": (4, "repeated uint32"),
            "uint64_contents": (5, "repeated uint64"),
            "fp32_contents": (6, "repeated float"),
            "fp64_contents": (7, "repeated double"),
            "bytes_contents": (8, "repeated bytes"),
        },
        "Tensor": {
            "name": (1, "string"),
            "datatype": (2, "string"),
            "shape": (3, "repeated int64"),
            "contents": (5, "Contents"),
        },
        "InferRequest": {
            "model_name": (1, "string"),
            "model_version": (2, "string"),
            "inputs": (5, "repeated Tensor"),
            "raw_input_contents": (7, "repeated bytes"),
        },
        "InferResponse": {
            "model_name": (1, "string"),
            "model_version": (2, "string"),
            "outputs": (5, "repeated Tensor"),
            "raw_output_contents": (6, "repeated bytes"),
        },
        "ReadyRequest": {"name": (1, "string"), "version": (2, "string")},
        "ReadyResponse": {"ready": (1, "bool")},
    },
)
InferRequest = _CLASSES["InferRequest"]
InferResponse = _CLASSES["InferResponse"]
ReadyRequest = _CLASSES["ReadyRequest"]
ReadyResponse = _CLASSES["ReadyResponse"]
