"""The server's command line, and becoming the server."""

from __future__ import annotations

import os
import signal
from typing import NoReturn

from tf_serving_start.settings import Settings


def server_command(settings: Settings) -> list[str]:
    """What to run. The server reads none of our variables itself, so that each becomes a flag.

    Flags: github.com/tensorflow/serving, tensorflow_serving/model_servers/main.cc, in 1.13.1 as in
    2.19.1.
    """
    command = [
        settings.server,
        f"--port={settings.grpc_port}",
        f"--rest_api_port={settings.rest_port}",
        f"--model_name={settings.model_name}",
        f"--model_base_path={settings.model_folder}",
    ]
    for flag, value in (
        ("tensorflow_intra_op_parallelism", settings.intra_op_threads),
        ("tensorflow_inter_op_parallelism", settings.inter_op_operations),
        ("per_process_gpu_memory_fraction", settings.gpu_memory_fraction),
    ):
        if value is not None:
            command.append(f"--{flag}={value}")
    return [*command, *settings.arguments]


def become_server(settings: Settings) -> NoReturn:
    """Replace this process, so that signals and the exit status are the server's."""
    # Python ignores these two, and what is ignored stays so in the program that follows
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    command = server_command(settings)
    os.execv(command[0], command)
