"""``python -m tf_serving_start``: exit status of the server; before it 1 no model, 2 settings."""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType

from model_artifacts import ArtifactsError
from tf_serving_start.fetch import fetch, resolve, s3_client
from tf_serving_start.place import PlaceError, place_model
from tf_serving_start.server import become_server
from tf_serving_start.settings import Settings, SettingsError, read_settings

log = logging.getLogger("tf_serving_start")


class StopRequestedError(BaseException):
    """SIGTERM or SIGINT; no ``except Exception`` on its way may hold it up."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def main() -> int:
    """Have the model in its place, then become the server."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s"
    )
    try:
        settings = read_settings(os.environ, sys.argv[1:])
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    # process 1 of a container ignores what it has no handler for
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        have_model(settings)
        become_server(settings)
    except StopRequestedError as stop:
        log.info("stopped before the server was started")
        return 128 + stop.number
    except (ArtifactsError, PlaceError, OSError) as error:
        log.error("%s", error)
    return 1


def have_model(settings: Settings) -> None:
    """The model in its place; raises `ArtifactsError`, `PlaceError` and `OSError`."""
    if settings.source is None:
        log.info("the model of the image is served")
        return
    s3 = s3_client(settings.region)
    source = resolve(s3, settings.source, settings.model_name)
    origin = source.uri if source.sha256 is None else f"{source.uri} {source.sha256}"
    log.info("fetching %s", source.uri)
    placed = place_model(settings.model_folder, origin, lambda folder: fetch(s3, source, folder))
    log.info("%s the model in %s", "placed" if placed else "found", settings.model_folder)


def _stop(number: int, _frame: FrameType | None) -> None:
    # the first one is enough; a second must not cut the cleaning up short
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, signal.SIG_IGN)
    raise StopRequestedError(number)


if __name__ == "__main__":
    sys.exit(main())
