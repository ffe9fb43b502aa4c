"""What a container of ``container/tf_serving_*`` is told and how it is asked for its health.

``container/tf_serving_start`` is a Docker context of its own and repeats the constants in
``tf_serving_start/contract.py``; a test holds the two equal.
"""

from __future__ import annotations

MODEL_NAME_VARIABLE = "MODEL_NAME"
"""Required; also the model's folder, its name in the index and its name for clients."""
MODEL_URI_VARIABLE = "MODEL_URI"
"""``s3://bucket/key.tar.gz``, ``s3://bucket/prefix/index.json`` (the artifact that serves
MODEL_NAME) or ``s3://bucket/folder`` of a SavedModel. Not needed where the image has the model."""
MODEL_SHA256_VARIABLE = "MODEL_SHA256"
"""SHA-256 of the archive as it is stored; unchecked without it. Only with an archive's URI."""
MODEL_BASE_PATH_VARIABLE = "MODEL_BASE_PATH"
GRPC_PORT_VARIABLE = "GRPC_PORT"
REST_PORT_VARIABLE = "REST_PORT"
INTRA_OP_VARIABLE = "TENSORFLOW_INTRA_OP_PARALLELISM"
INTER_OP_VARIABLE = "TENSORFLOW_INTER_OP_PARALLELISM"
"""Threads of one operation, and operations at a time; the server decides where they are unset."""
GPU_MEMORY_FRACTION_VARIABLE = "GPU_MEMORY_FRACTION"
"""More than 0, up to 1: the share of the GPU's memory that the process takes when it starts.
Without it TensorFlow takes nearly all, and a second server on the GPU finds none."""
REGION_VARIABLE = "AWS_REGION"
"""Required with MODEL_URI: unlike Fargate, ECS on EC2 does not tell a task its region."""
SERVER_VARIABLE = "MODEL_SERVER"
"""Set by the images: the program to start."""

DEFAULT_MODEL_BASE_PATH = "/models"
"""Also the only place that must be writable where the root file system is not."""
MODEL_VERSION = "1"

ENTRY_POINT = ("/opt/python/bin/python3", "-I", "-m", "tf_serving_start")
"""Ends as the server: it becomes the server. Its arguments follow the server's own.

As process 1 the server ignores SIGTERM (github.com/tensorflow/serving/issues/1853), and every stop
takes the whole stop timeout: set ``initProcessEnabled``."""
HEALTH_COMMAND = ("/opt/python/bin/python3", "-I", "-m", "tf_serving_start.health")
"""Succeeds when a version of the model is AVAILABLE. ECS ignores the ``HEALTHCHECK`` of an image,
so that the task definition must name this one."""
HEALTH_TIMEOUT_SECONDS = 5
"""ECS should wait as long; the command itself gives up a second earlier and says why."""

USER_ID = 10001
"""One for all images: NVIDIA MPS serves the processes of one user at a time
(manpages.ubuntu.com, nvidia-cuda-mps-control)."""
