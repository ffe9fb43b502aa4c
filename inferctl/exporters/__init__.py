"""Writers of weights files: a module with ``export(origin)``, an ONNX model or a file's bytes."""

# What ``weights[].exporter`` in a model file may name.
EXPORTERS = (
    "inception_v3",
    "minilm",
    "resnet50",
    "resnet50_torchscript",
    "yolov4",
    "yolov4_darknet",
)
