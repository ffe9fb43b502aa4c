"""The part of TensorFlow Serving's protocol that a client of Predict needs.

Field numbers: tensorflow/core/framework/tensor.proto, tensor_shape.proto and types.proto of
github.com/tensorflow/tensorflow; tensorflow_serving/apis/predict.proto, model.proto,
get_model_status.proto and status.proto of github.com/tensorflow/serving. Oneofs are left out: only
one of their fields is ever set here.
"""

from __future__ import annotations

from typing import Final

from load_client.protocol_buffers import message_classes

PREDICT: Final = "/tensorflow.serving.PredictionService/Predict"
GET_MODEL_STATUS: Final = "/tensorflow.serving.ModelService/GetModelStatus"
AVAILABLE: Final = 30
STATES: Final = {
    0: "UNKNOWN",
    10: "START",
    20: "LOADING",
    AVAILABLE: "AVAILABLE",
    40: "UNLOADING",
    50: "END",
}

_CLASSES = message_classes(
    "load_client.tf_serving",
    {
        "Dim": {"size": (1, "int64"), "name": (2, "string")},
        "TensorShape": {"dim": (2, "repeated Dim"), "unknown_rank": (3, "bool")},
        "Tensor": {
            "dtype": (1, "int32"),
            "tensor_shape": (2, "TensorShape"),
            "version_number": (3, "int32"),
            "tensor_content": (4, "bytes"),
            "float_val": (5, "repeated float"),
            "double_val": (6, "repeated double"),
            "int_val": (7, "repeated int32"),
            "string_val": (8, "repeated bytes"),
            "scomplex_val": (9, "repeated float"),
            "int64_val": (10, "repeated int64"),
            "bool_val": (11, "repeated bool"),
            "dcomplex_val": (12, "repeated double"),
            "half_val": (13, "repeated int32"),
            "uint32_val": (16, "repeated uint32"),
            "uint64_val": (17, "repeated uint64"),
        },
        "Version": {"value": (1, "int64")},
        "ModelSpec": {
            "name": (1, "string"),
            "version": (2, "Version"),
            "signature_name": (3, "string"),
            "version_label": (4, "string"),
        },
        "PredictRequest": {
            "model_spec": (1, "ModelSpec"),
            "inputs": (2, "map Tensor"),
            "output_filter": (3, "repeated string"),
        },
        "PredictResponse": {"outputs": (1, "map Tensor"), "model_spec": (2, "ModelSpec")},
        "Status": {"error_code": (1, "int32"), "error_message": (2, "string")},
        "VersionStatus": {"version": (1, "int64"), "state": (2, "int32"), "status": (3, "Status")},
        "StatusRequest": {"model_spec": (1, "ModelSpec")},
        "StatusResponse": {"model_version_status": (1, "repeated VersionStatus")},
    },
)
Tensor = _CLASSES["Tensor"]
PredictRequest = _CLASSES["PredictRequest"]
PredictResponse = _CLASSES["PredictResponse"]
StatusRequest = _CLASSES["StatusRequest"]
StatusResponse = _CLASSES["StatusResponse"]
