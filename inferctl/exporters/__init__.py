"""Writers of ONNX files. An exporter is a module with ``export(origin) -> onnx.ModelProto``."""

# What ``weights[].exporter`` in a model file may name.
EXPORTERS = ("inception_v3", "minilm", "resnet50")
